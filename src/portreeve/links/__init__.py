"""Links of posts: found in texts, and followed to where they lead, behind a guard.

Nothing is asked unless somebody calls :class:`~portreeve.links.unwrap.Unwrapper`: extraction reads
texts only. Of what is computed on posts, this package alone speaks to the network.
"""

from portreeve.links.extract import FoundLink, extract
from portreeve.links.memo import Memo
from portreeve.links.refusals import REFUSALS, Refusal
from portreeve.links.unwrap import Hop, Limits, Unwrapped, Unwrapper

__all__ = [
    "REFUSALS",
    "FoundLink",
    "Hop",
    "Limits",
    "Memo",
    "Refusal",
    "Unwrapped",
    "Unwrapper",
    "extract",
]
