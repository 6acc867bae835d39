"""Who pays when goods prove fake, and how much: the legal ledger, by profile of the law.

It knows prices and roles. What anybody knew, said or deserved is the moral ledger's, in
:mod:`portreeve.commerce.promoters`; neither module knows the other.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from portreeve.commerce.ledger import Account, Entry, Posting
from portreeve.commerce.money import Money, MoneyError
from portreeve.commerce.rulebook import Head, Key, Reader, Table, read_rules, required
from portreeve.policy import Words
from portreeve.policy.reading import key_place
from portreeve.policy.source import Map, Node

Role = Literal["maker", "operator", "anchor", "platform"]
ROLES: tuple[Role, ...] = ("maker", "operator", "anchor", "platform")
Pays = Literal["always", "never", "seller_disclosed", "seller_undisclosed"]
PAYS: dict[Pays, frozenset[bool]] = {
    "always": frozenset({True, False}),
    "never": frozenset(),
    "seller_disclosed": frozenset({True}),
    "seller_undisclosed": frozenset({False}),
}
"""When somebody pays: for which answers to whether the room showed who sells."""


@dataclass(frozen=True)
class Ground:
    """A rule with its clause, its words, and where it was read."""

    clause: str
    because: Words
    source: str


@dataclass(frozen=True)
class Multiple(Ground):
    """So many times the price, and at least so much."""

    times: int
    least: Money | None = None

    def of(self, paid: Money) -> Money:
        """What it comes to."""
        owed = paid * self.times
        return owed if self.least is None else max(owed, self.least)


@dataclass(frozen=True)
class Party(Ground):
    """Whether a role pays."""

    pays: Pays


@dataclass(frozen=True)
class Profile:
    """What one law says."""

    name: str
    title: Words
    refund: Multiple
    damages: Multiple
    parties: dict[Role, Party]

    def payer(self, *, disclosed: bool) -> Role:
        """Who pays. ``disclosed``: the room showed who sells when the order was placed."""
        return next(role for role in ROLES if disclosed in PAYS[self.parties[role].pays])


@dataclass(frozen=True)
class Proof:
    """A kind of proof that goods are fake."""

    clause: str
    title: Words


@dataclass(frozen=True)
class LiabilityRules:
    """Every profile, and what counts as proof."""

    head: Head
    proofs: dict[str, Proof]
    profiles: dict[str, Profile]


@dataclass(frozen=True)
class Owed:
    """What one order costs, and whom."""

    payer: Role
    refund: Money
    damages: Money

    @property
    def total(self) -> Money:
        """Both together."""
        return self.refund + self.damages


def owed(profile: Profile, paid: Money, *, disclosed: bool) -> Owed:
    """What is owed for one order of goods that proved fake.

    Raises:
        MoneyError: the order was paid in another currency than the profile reckons in.

    >>> cream = Money.parse("99.00 CNY")
    >>> story = owed(liability_rules().profiles["default"], cream, disclosed=False)
    >>> story.payer, str(story.refund), str(story.damages), str(story.total)
    ('maker', '99.00 CNY', '500.00 CNY', '599.00 CNY')
    >>> owed(liability_rules().profiles["cn-2022"], cream, disclosed=False).payer
    'operator'
    """
    refund, damages = profile.refund.of(paid), profile.damages.of(paid)
    return Owed(profile.payer(disclosed=disclosed), refund, damages)


def claim(key: str, found: Owed, payer: str, buyer: str) -> Entry:
    """The entry of a claim: what the payer owes is what the buyer is to get.

    ``payer`` and ``buyer`` are accounts of the host.
    """
    return Entry(
        key,
        "goods proved fake",
        tuple(
            Posting(account, money)
            for account, money in (
                (Account("owes", payer), -found.total),
                (Account("refund_due", buyer), found.refund),
                (Account("damages_due", buyer), found.damages),
            )
            if money
        ),
    )


_GROUND = (
    required("clause", "the clause it stands in"),
    required("because", "the reason"),
    required("source", "where it was read"),
)
_MULTIPLE = Table(
    "multiple",
    "What is paid",
    (*_GROUND, required("times", "times the price"), Key("least", "sum", "at least so much")),
)
_PARTY = Table("party", "A party", (*_GROUND, required("pays", f"when it pays: {', '.join(PAYS)}")))
_PARTIES = Table("parties", "The parties", tuple(required(role, "") for role in ROLES))
_PROFILE = Table(
    "profile",
    "A profile",
    tuple(required(name, "") for name in ("title", "refund", "damages", "parties")),
)
_PROOF = Table("proof", "A kind of proof", (required("clause", ""), required("title", "")))


@functools.cache
def liability_rules(folder: Path | None = None) -> LiabilityRules:
    """The profiles of ``liability.yaml``.

    Raises:
        PolicyError: the file has errors; in a profile, for instance, nobody pays, or two do.
    """
    keys = (
        required("proofs", "what counts as proof"),
        required("profiles", "who pays, by law"),
    )
    return read_rules("liability", keys, _build, folder)


def _build(reader: Reader, root: Map, head: Head) -> LiabilityRules | None:
    proofs = {
        key.value: _proof(reader, node) for key, node in reader.named(root.get("proofs"), "proof")
    }
    profiles = {
        key.value: _profile(reader, key.value, node)
        for key, node in reader.named(root.get("profiles"), "profile")
    }
    kept = {name: one for name, one in profiles.items() if one is not None}
    kinds = {name: one for name, one in proofs.items() if one is not None}
    return LiabilityRules(head, kinds, kept)


def _proof(reader: Reader, node: Node) -> Proof | None:
    found = reader.table(node, _PROOF)
    if found is None:
        return None
    clause, title = reader.text(found.get("clause")), reader.words(found.get("title"))
    return None if clause is None or title is None else Proof(clause, title)


def _profile(reader: Reader, name: str, node: Node) -> Profile | None:
    found = reader.table(node, _PROFILE)
    if found is None:
        return None
    title = reader.words(found.get("title"))
    refund, damages = (_multiple(reader, found.get(key)) for key in ("refund", "damages"))
    parties = _parties(reader, found)
    if title is None or refund is None or damages is None or parties is None:
        return None
    return Profile(name, title, refund, damages, parties)


def _multiple(reader: Reader, node: Node | None) -> Multiple | None:
    found = None if node is None else reader.table(node, _MULTIPLE)
    if found is None:
        return None
    ground = _ground(reader, found)
    times = reader.whole(found.get("times"), 1, "a number of times")
    least = _sum(reader, found.get("least"))
    if ground is None or times is None:
        return None
    return Multiple(ground.clause, ground.because, ground.source, times, least)


def _parties(reader: Reader, profile: Map) -> dict[Role, Party] | None:
    node = profile.get("parties")
    found = None if node is None else reader.table(node, _PARTIES)
    if found is None:
        return None
    parties = {role: _party(reader, found.get(role)) for role in ROLES}
    complete = {role: one for role, one in parties.items() if one is not None}
    if len(complete) < len(ROLES):
        return None
    for disclosed, when in ((True, "shows"), (False, "does not show")):
        paying = [role for role, one in complete.items() if disclosed in PAYS[one.pays]]
        if len(paying) != 1:
            reader.problems.add(
                "P007",
                f"where the room {when} who sells, {' and '.join(paying) or 'nobody'} would pay",
                key_place(profile, "parties"),
                "Let exactly one party pay, whether the seller is disclosed or not.",
            )
    return complete


def _party(reader: Reader, node: Node | None) -> Party | None:
    found = None if node is None else reader.table(node, _PARTY)
    if found is None:
        return None
    ground = _ground(reader, found)
    pays = reader.choice(found.get("pays"), PAYS, "when a party pays")
    if ground is None or pays is None:
        return None
    known: dict[str, Pays] = {one: one for one in PAYS}
    return Party(ground.clause, ground.because, ground.source, known[pays])


def _ground(reader: Reader, found: Map) -> Ground | None:
    clause, because = reader.text(found.get("clause")), reader.words(found.get("because"))
    source = reader.text(found.get("source"), "where it was read")
    if clause is None or because is None or source is None:
        return None
    return Ground(clause, because, source)


def _sum(reader: Reader, node: Node | None) -> Money | None:
    text = reader.text(node, "a sum of money")
    if text is None or node is None:
        return None
    try:
        return Money.parse(text)
    except MoneyError as error:
        help = "Write the sum and its currency, such as 500.00 CNY."
        reader.problems.add("P007", str(error), node.span, help)
        return None
