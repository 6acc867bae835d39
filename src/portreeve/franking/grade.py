"""How far evidence can be relied on."""

from __future__ import annotations

import enum
import functools


@functools.total_ordering
class EvidenceGrade(enum.Enum):
    """How far the content of a report can be relied on; grades can be compared.

    >>> EvidenceGrade.attested_public > EvidenceGrade.franked > EvidenceGrade.reporters_claim
    True
    >>> EvidenceGrade.reporters_claim.automatic
    False
    """

    reporters_claim = "reporters_claim"
    franked = "franked"
    attested_public = "attested_public"

    @property
    def meaning(self) -> str:
        return _MEANINGS[self]

    @property
    def automatic(self) -> bool:
        """Whether anything may follow without a person; from a mere claim nothing may."""
        return self > EvidenceGrade.reporters_claim

    def __lt__(self, other: EvidenceGrade) -> bool:
        rising = list(EvidenceGrade)
        return rising.index(self) < rising.index(other)


_MEANINGS = {
    EvidenceGrade.reporters_claim: "somebody says so, with a screenshot or in words; "
    "a person must look into it, and nothing automatic may follow",
    EvidenceGrade.franked: "the recipient of a private message opened it, and its stamp proves "
    "that the platform delivered exactly this",
    EvidenceGrade.attested_public: "the platform itself published it on a governed surface, "
    "and holds what it published",
}
