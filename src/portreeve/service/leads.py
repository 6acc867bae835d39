"""Where short links lead, told by no more than is needed to judge it.

A lead is the host, and of the path at most the one word that makes it a place of another class than
its host: who follows links learns addresses that may name a person, and these are not kept.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Self

import msgspec

from portreeve.links import Unwrapped
from portreeve.links.web_address import normal_form
from portreeve.schemas.screening import Submission
from portreeve.signals.hosts import target

HIDING = "shortener"
"""The class of places whose links hide where they lead."""
_WORD = re.compile(r"[^/?&=._#:-]+(?:[._-][^/?&=._#:-]+)*")
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*:")


class LedSubmission(Submission, frozen=True, kw_only=True):
    """A submission whose short links were followed."""

    leads: list[str] = msgspec.field(default_factory=list)

    @classmethod
    def of(cls, submission: Submission, leads: Sequence[str]) -> Self:
        """A submission with where its short links lead."""
        said = {name: getattr(submission, name) for name in Submission.__struct_fields__}
        return cls(**said, leads=list(leads))


def leads_of(submission: Submission) -> list[str]:
    """Where a submission's short links lead; nothing where none was followed."""
    return submission.leads if isinstance(submission, LedSubmission) else []


def attached(submission: Submission) -> list[str]:
    """The links to be judged: those attached to a submission, and where short ones lead."""
    return [*submission.links, *leads_of(submission)]


def lead(answer: Unwrapped) -> str | None:
    """Where a followed link leads; None where nothing is known of that.

    What was not asked for where it stands, such as an app's own scheme, is told as well; a page of
    the shortener's own tells nothing.

    >>> lead(Unwrapped(url="http://t.cn/a", target="https://shop.example.com/u/ann?kanjia=1"))
    'shop.example.com/kanjia'
    >>> lead(Unwrapped(url="http://t.cn/a", refusal="scheme", refused_at="weixin://dl/ann"))
    'weixin://'
    """
    url = answer.target or answer.refused_at
    if url is None or normal_form(url) is None or (answer.target is None and url == answer.url):
        return None
    scheme = _SCHEME.match(url)
    if scheme and scheme[0] not in ("http:", "https:"):
        return f"{scheme[0]}//"
    address = url.partition("//")[2].lower()
    found = target(address)
    if found.host_class == HIDING:
        return None
    if found.host is None or target(found.host).host_class == found.host_class:
        return found.host
    words = dict.fromkeys(_WORD.findall(address.partition("/")[2]))
    parts = (part for word in words for part in (word, *re.split(r"[._-]", word)))
    told = (f"{found.host}/{part}" for part in parts)
    return next((one for one in told if target(one).host_class == found.host_class), found.host)
