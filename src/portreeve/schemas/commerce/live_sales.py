"""Live sales: roles, disclosure, orders, proofs of fakes, and the two ledgers beside each other."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from portreeve.schemas.base import Answer, HostName, NetworkName, Paging, Request
from portreeve.schemas.commerce.ledger import Amount, Currency, Minor
from portreeve.schemas.enforcement import Words
from portreeve.schemas.screening import Text

Moment = Annotated[datetime, Meta(tz=True)]
Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,99}$(?!\n)")]
"""A name that a file of rules defines."""
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]

MOST_PEOPLE = 2_000_000_000


class LiveSaleFacts(Request, frozen=True, kw_only=True):
    """Goods that a live room offers. One account may have several roles."""

    network: Annotated[
        NetworkName | None, Meta(description="whose law applies; the service's default network")
    ] = None
    room: Annotated[HostName, Meta(description="the live room")]
    operator: Annotated[HostName, Meta(description="who runs the room")]
    anchor: Annotated[HostName, Meta(description="who presents, the marketer")]
    maker: Annotated[HostName, Meta(description="who makes the goods")]
    platform: Annotated[HostName, Meta(description="who carries the broadcast")]
    currency: Annotated[Currency, Meta(description="what is paid in")]


class LiveSale(LiveSaleFacts, Answer, frozen=True, kw_only=True):
    """Goods that a live room offers, as they were registered."""

    id: Annotated[str, Meta(description="the host's own name of it")]
    network: Annotated[str, Meta(description="whose law applies")]
    registered: Annotated[datetime, Meta(description="when it was registered")]


class LiveSaleQuery(Paging, frozen=True, kw_only=True):
    """Which live sales."""

    room: Annotated[HostName | None, Meta(description="only of this live room")] = None


class LiveSaleCount(LiveSale, frozen=True, kw_only=True):
    """A live sale, and what came of it."""

    orders: Annotated[int, Meta(description="how many orders there are")]
    fakes: Annotated[int, Meta(description="of how many the goods proved fake")]


class SellerShown(Request, frozen=True, kw_only=True):
    """That the room clearly shows who sells, and that it does not sell itself."""

    seller: Annotated[HostName, Meta(description="who sells, as shown")]
    begins: Annotated[Moment, Meta(description="from when it is shown")]
    ends: Annotated[Moment | None, Meta(description="until when; null while it is shown")] = None


class Disclosure(SellerShown, Answer, frozen=True, kw_only=True):
    """When a room showed who sells."""

    id: Annotated[str, Meta(description="its unguessable id")]


class Praise(Request, frozen=True, kw_only=True):
    """Praise of the goods in the room: who, when, and how many saw it; never what was said."""

    id: Annotated[HostName, Meta(description="the host's own name of it")]
    account: Annotated[HostName, Meta(description="who praised the goods")]
    time: Annotated[Moment, Meta(description="when")]
    reach: Annotated[int, Meta(description="how many saw it", ge=0, le=MOST_PEOPLE)]


class Telling(Request, frozen=True, kw_only=True):
    """Something that a promoter was told of the goods, by its kind."""

    id: Annotated[HostName, Meta(description="the host's own name of it")]
    account: Annotated[HostName, Meta(description="who was told")]
    kind: Annotated[Name, Meta(description="what, as policies/commerce/promoters.yaml names it")]
    time: Annotated[Moment, Meta(description="when")]


class NewOrder(Request, frozen=True, kw_only=True):
    """An order that a promotion led to."""

    id: Annotated[HostName, Meta(description="the host's own name of it")]
    promotion: Annotated[HostName, Meta(description="the promotion that led to it")]
    buyer: Annotated[HostName, Meta(description="who ordered")]
    time: Annotated[Moment, Meta(description="when")]
    paid: Annotated[Minor, Meta(description="what was paid, in minor units")]


class ProofOfFake(Request, frozen=True, kw_only=True):
    """Proof that the goods of some orders are fake. The document stays with the host."""

    orders: Annotated[
        list[HostName], Meta(description="the orders", min_length=1, max_length=1_000)
    ]
    proof: Annotated[Name, Meta(description="its kind, as policies/commerce/liability.yaml says")]
    digest: Annotated[Digest, Meta(description="SHA-256 of the document, in hex")]
    found: Annotated[Moment, Meta(description="when it was found")]


class Harm(Answer, frozen=True, kw_only=True):
    """A proof that was filed."""

    id: Annotated[str, Meta(description="its unguessable id")]
    sale: Annotated[str, Meta(description="the live sale")]
    orders: Annotated[list[str], Meta(description="the orders whose goods it proves fake")]
    proof: Annotated[str, Meta(description="its kind")]
    digest: Annotated[str, Meta(description="SHA-256 of the document, in hex")]
    found: Annotated[datetime, Meta(description="when it was found")]
    filed: Annotated[datetime, Meta(description="when it was filed")]
    withdrawn: Annotated[datetime | None, Meta(description="when it was taken back")]


class HarmWithdrawal(Request, frozen=True, kw_only=True):
    """Why a proof is taken back."""

    reason: Annotated[Words, Meta(description="why; a promoter who was sanctioned reads it")]


class Step(Answer, frozen=True, kw_only=True):
    """One chain from promotion over order to harm."""

    promotion: Annotated[str, Meta(description="the promotion")]
    promoter: Annotated[str, Meta(description="who praised the goods")]
    promoted: Annotated[datetime, Meta(description="when")]
    reach: Annotated[int, Meta(description="how many saw it")]
    order: Annotated[str, Meta(description="the order that it led to")]
    buyer: Annotated[str, Meta(description="who ordered")]
    ordered: Annotated[datetime, Meta(description="when")]
    seller_shown: Annotated[bool, Meta(description="the room showed then who sells")]
    harm: Annotated[str | None, Meta(description="the proof that it was fake; null: none")]
    proof: Annotated[str | None, Meta(description="the kind of that proof")]
    found: Annotated[datetime | None, Meta(description="when that was found")]


class Trace(Answer, frozen=True, kw_only=True):
    """Every order of a live sale with what led to it and what came of it."""

    sale: Annotated[LiveSale, Meta(description="the live sale")]
    disclosures: Annotated[list[Disclosure], Meta(description="when the room showed who sells")]
    steps: Annotated[list[Step], Meta(description="the orders, the oldest first")]


class Claim(Answer, frozen=True, kw_only=True):
    """What one order costs, and whom."""

    order: Annotated[str, Meta(description="the order")]
    buyer: Annotated[str, Meta(description="who gets it")]
    profile: Annotated[str, Meta(description="the profile of the law")]
    paid: Annotated[Amount, Meta(description="what was paid")]
    refund: Annotated[Amount, Meta(description="the price that is paid back")]
    damages: Annotated[Amount, Meta(description="what is paid beside it")]
    role: Annotated[str, Meta(description="the role that pays")]
    payer: Annotated[str, Meta(description="the account that pays")]
    entry: Annotated[
        str | None, Meta(description="key of its entry in the ledger; null in a what-if")
    ]


class ClaimQuery(Paging, frozen=True, kw_only=True):
    """Which claims."""

    payer: Annotated[HostName | None, Meta(description="only what this account owes")] = None
    withdrawn: Annotated[
        bool | None, Meta(description="only those that were taken back, or only those that hold")
    ] = None


class ListedClaim(Answer, frozen=True, kw_only=True):
    """A claim of a buyer, of whatever live sale."""

    id: Annotated[str, Meta(description="its id, and the key of its entry in the ledger")]
    sale: Annotated[str, Meta(description="the live sale")]
    room: Annotated[str, Meta(description="the live room")]
    order: Annotated[str, Meta(description="the order")]
    buyer: Annotated[str, Meta(description="who gets it")]
    profile: Annotated[str, Meta(description="the profile of the law")]
    role: Annotated[str, Meta(description="the role that pays")]
    payer: Annotated[str, Meta(description="the account that pays")]
    refund: Annotated[Amount, Meta(description="the price that is paid back")]
    damages: Annotated[Amount, Meta(description="what is paid beside it")]
    filed: Annotated[datetime, Meta(description="when its proof was filed")]
    withdrawn: Annotated[datetime | None, Meta(description="when it was taken back")]


class Duty(Answer, frozen=True, kw_only=True):
    """What a role owes in all, and why."""

    role: Annotated[str, Meta(description="maker, operator, anchor or platform")]
    account: Annotated[str, Meta(description="who has the role")]
    owes: Annotated[Amount, Meta(description="in all; 0 for who owes nothing")]
    clause: Annotated[str, Meta(description="the clause")]
    because: Annotated[Text, Meta(description="the reason")]
    source: Annotated[str, Meta(description="where the rule was read, and whether it is verified")]


class LegalLedger(Answer, frozen=True, kw_only=True):
    """Who pays whom by law. It knows nothing of what anybody knew."""

    profile: Annotated[str, Meta(description="the profile of the law")]
    title: Annotated[Text, Meta(description="what it says, in short")]
    claims: Annotated[list[Claim], Meta(description="one for each order that proved fake")]
    duties: Annotated[list[Duty], Meta(description="every role, those that owe nothing too")]


class Heard(Answer, frozen=True, kw_only=True):
    """Something that a promoter had been told."""

    kind: Annotated[str, Meta(description="what")]
    title: Annotated[Text, Meta(description="in words")]
    time: Annotated[datetime, Meta(description="when")]


class Answerable(Answer, frozen=True, kw_only=True):
    """What a promoter answers for."""

    account: Annotated[str, Meta(description="who praised the goods")]
    knowledge: Annotated[str, Meta(description="what they knew when they spoke")]
    clause: Annotated[str, Meta(description="the clause")]
    because: Annotated[Text, Meta(description="the reason")]
    heard: Annotated[list[Heard], Meta(description="what they were told, and when")]
    promotions: Annotated[
        list[str], Meta(description="their promotions that led to an order that proved fake")
    ]
    people: Annotated[int, Meta(description="how many saw what they said with that knowledge")]
    reach: Annotated[str, Meta(description="the band of it: few, many or mass")]
    reach_clause: Annotated[str, Meta(description="the clause of the band")]
    consequence: Annotated[
        Literal["none", "warn", "limit", "mute", "suspend", "ban"],
        Meta(description="what the rules say follows"),
    ]
    days: Annotated[int | None, Meta(description="for how long, where it lasts for a time")]
    sanction: Annotated[
        str | None, Meta(description="the sanction that was imposed for it; null: none yet")
    ]


class MoralLedger(Answer, frozen=True, kw_only=True):
    """What promoters answer for, by knowledge and reach. It has no money in it."""

    rules: Annotated[str, Meta(description="name and version of the rules")]
    promoters: Annotated[list[Answerable], Meta(description="whoever led buyers to a fake")]


class TwoLedgers(Answer, frozen=True, kw_only=True):
    """The two ledgers of a live sale beside each other. Neither is reckoned from the other."""

    sale: Annotated[LiveSale, Meta(description="the live sale")]
    legal: Annotated[LegalLedger, Meta(description="who pays whom")]
    moral: Annotated[MoralLedger, Meta(description="what promoters answer for")]


class ProfileQuery(Request, frozen=True, kw_only=True):
    """By which law."""

    profile: Annotated[
        Name | None,
        Meta(
            description="show the legal ledger as this profile would have it, without any effect; "
            "as it stands if not given"
        ),
    ] = None


class LiabilityProfile(Answer, frozen=True, kw_only=True):
    """A profile of the law that there is."""

    name: Annotated[str, Meta(description="its name")]
    title: Annotated[Text, Meta(description="what it says, in short")]


class ProofKind(Answer, frozen=True, kw_only=True):
    """What counts as proof that goods are fake."""

    name: Annotated[str, Meta(description="its name")]
    clause: Annotated[str, Meta(description="the clause")]
    title: Annotated[Text, Meta(description="in words")]


class LiabilityTerms(Answer, frozen=True, kw_only=True):
    """The profiles of the law, and what counts as proof."""

    rules: Annotated[str, Meta(description="name and version")]
    profiles: Annotated[list[LiabilityProfile], Meta(description="every profile")]
    proofs: Annotated[list[ProofKind], Meta(description="every kind of proof")]


class KnowledgeLevel(Answer, frozen=True, kw_only=True):
    """How much a promoter can have known."""

    name: Annotated[str, Meta(description="its name")]
    clause: Annotated[str, Meta(description="the clause")]
    because: Annotated[Text, Meta(description="the reason")]


class ReachBand(Answer, frozen=True, kw_only=True):
    """How many people a promoter can have reached."""

    name: Annotated[str, Meta(description="its name")]
    clause: Annotated[str, Meta(description="the clause")]
    at_least: Annotated[int, Meta(description="from how many people on")]


class GradedConsequence(Answer, frozen=True, kw_only=True):
    """What follows from a knowledge and a reach."""

    knowledge: Annotated[str, Meta(description="the level of knowledge")]
    reach: Annotated[str, Meta(description="the band of reach")]
    consequence: Annotated[
        Literal["none", "warn", "limit", "mute", "suspend", "ban"],
        Meta(description="what follows"),
    ]
    days: Annotated[int | None, Meta(description="for how long, where it lasts for a time")]


class PromoterTerms(Answer, frozen=True, kw_only=True):
    """What promoters of fakes answer for, as a table."""

    rules: Annotated[str, Meta(description="name and version")]
    knowledge: Annotated[list[KnowledgeLevel], Meta(description="from none to most")]
    reach: Annotated[list[ReachBand], Meta(description="from few to most")]
    consequences: Annotated[
        list[GradedConsequence], Meta(description="never milder for more of either")
    ]


class Sanctioning(Request, frozen=True, kw_only=True):
    """That the promoters of a live sale are to be sanctioned as the moral ledger says."""

    reason: Annotated[Words, Meta(description="why; they read it in their notice")]
