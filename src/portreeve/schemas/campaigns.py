"""Campaigns: accounts that act together, who is above whom, and a decision on all of them at once.

Nothing here is content: handles and links are told by memory's keyed numbers.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, field

from portreeve.model import Surface, Tier, Verdict
from portreeve.schemas.base import Answer, HostName, NetworkName, Paging, Request
from portreeve.schemas.enforcement import Words
from portreeve.schemas.screening import ItemState

Role = Literal["leader", "agent", "member"]
"""``leader`` of a tree, ``agent`` under one, ``member`` of a campaign without a place in a tree."""
KeyKind = Literal["contact", "link", "share_code", "qr", "picture", "near_copy"]
KeyState = Literal["quiet", "joining", "hub"]
ActKind = Literal["warn", "strike", "suspend", "ban"]

CAMPAIGN = r"^c-[0-9a-f]{16}$(?!\n)"
"""How campaigns are named."""


class CampaignQuery(Paging, frozen=True, kw_only=True):
    """Which campaigns to list."""

    network: Annotated[
        NetworkName | None, Meta(description="whose; the service's default network")
    ] = None
    least: Annotated[int, Meta(description="of so many accounts at least", ge=2)] = 2
    refer: Annotated[bool, Meta(description="only those with a tree that the law has referred")] = (
        False
    )


class InNetwork(Request, frozen=True, kw_only=True):
    """In which network to look."""

    network: Annotated[
        NetworkName | None, Meta(description="which; the service's default network")
    ] = None


class Campaign(Answer, frozen=True, kw_only=True):
    """Accounts that act together."""

    id: Annotated[str, Meta(description="its name: that of whichever account came first, hashed")]
    network: Annotated[str, Meta(description="the network")]
    accounts: Annotated[int, Meta(description="how many accounts it has")]
    posts: Annotated[int, Meta(description="how many of their posts trade")]
    selling: Annotated[int, Meta(description="how many of them sell")]
    recruiting: Annotated[int, Meta(description="how many recruit")]
    first: Annotated[datetime, Meta(description="the time of its first post")]
    last: Annotated[datetime, Meta(description="the time of its latest post")]
    near_copies: Annotated[int, Meta(description="groups of near copies that join")]
    trees: Annotated[int, Meta(description="how many trees of agents it has")]
    largest_tree: Annotated[int, Meta(description="people in the largest")]
    levels: Annotated[int, Meta(description="most levels of a tree; 0 without trees")]
    refer: Annotated[
        bool, Meta(description="a tree has the levels and the people from which it is referred")
    ]
    case: Annotated[str | None, Meta(description="its case, the latest")] = None
    case_open: Annotated[bool, Meta(description="the case waits for a decision")] = False
    decision: Annotated[
        str | None, Meta(description="the latest decision on the whole that was not undone")
    ] = None


class CampaignAccount(Answer, frozen=True, kw_only=True):
    """An account of a campaign, and its place in a tree."""

    place: Annotated[int, Meta(description="its number in this answer, from 0; links name it")]
    account: Annotated[str | None, Meta(description="its name; null when it is not on record")]
    role: Annotated[Role, Meta(description="leader of a tree, agent under one, or member")]
    posts: Annotated[int, Meta(description="how many of its posts trade")]
    selling: Annotated[int, Meta(description="how many of them sell")]
    recruiting: Annotated[int, Meta(description="how many recruit")]
    first: Annotated[datetime, Meta(description="its first post")]
    last: Annotated[datetime, Meta(description="its latest post")]
    tree: Annotated[int | None, Meta(description="the number of its tree; null for none")] = None
    level: Annotated[int | None, Meta(description="its level from 1, the leader's")] = None
    below: Annotated[int, Meta(description="how many are under it")] = 0
    upline: Annotated[str | None, Meta(description="who is above it")] = None
    upline_place: Annotated[
        int | None, Meta(description="the place of its upline in this answer")
    ] = None
    confidence: Annotated[
        float | None, Meta(description="that it is this upline, and nobody else")
    ] = None
    copies: Annotated[int | None, Meta(description="how many of the upline's posts it copied")] = (
        None
    )
    copied: Annotated[int | None, Meta(description="how many posts it copied in all")] = None
    handles: Annotated[
        int | None, Meta(description="how many of the upline's handles it shows")
    ] = None
    lag_seconds: Annotated[float | None, Meta(description="how soon it copies, on average")] = None
    restricted: Annotated[
        list[str], Meta(description="kinds of sanctions that restrict it now")
    ] = field(default_factory=list)


class CampaignKey(Answer, frozen=True, kw_only=True):
    """What accounts of a campaign show: a handle, a link, a group of near copies."""

    place: Annotated[int, Meta(description="its number in this answer, from 0; links name it")]
    key: Annotated[str, Meta(description="memory's keyed number of it, 16 hex digits")]
    kind: Annotated[KeyKind, Meta(description="what it is")]
    state: Annotated[
        KeyState,
        Meta(description="joining; quiet: too few posts trade; hub: too many show it to join"),
    ]
    accounts: Annotated[int, Meta(description="how many accounts show it, here and elsewhere")]
    posts: Annotated[int, Meta(description="how many posts do")]
    trading: Annotated[int, Meta(description="how many of these trade")]


class CampaignLink(Answer, frozen=True, kw_only=True):
    """An account shows a key."""

    account: Annotated[int, Meta(description="place of the account")]
    key: Annotated[int, Meta(description="place of the key")]
    posts: Annotated[int, Meta(description="how many of its posts show it")]
    first: Annotated[datetime, Meta(description="when first")]


class CampaignTree(Answer, frozen=True, kw_only=True):
    """A tree of agents."""

    tree: Annotated[int, Meta(description="its number; accounts name it")]
    leader: Annotated[str | None, Meta(description="who is above all")]
    people: Annotated[int, Meta(description="how many, the leader counted")]
    levels: Annotated[int, Meta(description="how many levels, the leader's counted")]
    trading: Annotated[float, Meta(description="share of its copied posts that trade")]
    confidence: Annotated[float, Meta(description="of its edges, on average")]
    refer: Annotated[bool, Meta(description="it has the levels and people to be referred")]


class CampaignPost(Answer, frozen=True, kw_only=True):
    """A post of a campaign's account that sells, recruits or fell under a rule; without content."""

    item: Annotated[str, Meta(description="the item")]
    account: Annotated[str, Meta(description="who published it")]
    time: Annotated[datetime, Meta(description="when, as the host said, or when it was received")]
    surface: Annotated[Surface, Meta(description="where it appears")]
    state: Annotated[ItemState, Meta(description="its state now")]
    decision: Annotated[str, Meta(description="the decision in force")]
    verdict: Annotated[Verdict, Meta(description="its verdict")]
    rules: Annotated[list[str], Meta(description="rules that hold")]
    promotion: Annotated[float | None, Meta(description="probability that it sells")]
    recruits: Annotated[
        bool,
        Meta(description="it has words of recruiting, or of a downline, as memory counts them"),
    ]
    goods_tier: Annotated[Tier | None, Meta(description="tier of the goods")]


class CampaignDay(Answer, frozen=True, kw_only=True):
    """A day of a campaign, in UTC."""

    day: Annotated[str, Meta(description="the date, such as 2014-06-01")]
    posts: Annotated[int, Meta(description="its posts")]
    accounts: Annotated[int, Meta(description="accounts that posted")]
    joined: Annotated[int, Meta(description="accounts that posted for the first time")]


class CampaignSpread(Answer, frozen=True, kw_only=True):
    """How far a campaign reaches on a surface."""

    surface: Annotated[Surface, Meta(description="where")]
    posts: Annotated[int, Meta(description="its posts there")]
    standing: Annotated[int, Meta(description="of them, those that people see now")]


class CampaignAct(Request, frozen=True, kw_only=True):
    """What befalls accounts.

    A warning, suspension or ban is a sanction by hand. A strike comes from the account's newest
    post that stands: it is removed under the rules named, and the ladder counts it.
    """

    kind: Annotated[ActKind, Meta(description="what")]
    days: Annotated[
        Annotated[float, Meta(gt=0, le=3660)] | None,
        Meta(description="for how many days; suspend needs it, nothing else has it"),
    ] = None


class DecideCampaign(Request, frozen=True, kw_only=True):
    """A decision on a whole campaign."""

    network: Annotated[
        NetworkName | None, Meta(description="which network; the service's default")
    ] = None
    reason: Annotated[Words, Meta(description="why; the accounts read it in their notices")]
    leader: Annotated[
        CampaignAct | None, Meta(description="what befalls the leaders of its trees")
    ] = None
    others: Annotated[
        CampaignAct | None, Meta(description="what befalls all who are no leader")
    ] = None
    everybody: Annotated[
        CampaignAct | None, Meta(description="what befalls all; then `leader` and `others` do not")
    ] = None
    take_down: Annotated[
        bool,
        Meta(
            description="remove their posts that sell or recruit, and those that one of `rules` "
            "held for"
        ),
    ] = False
    rules: Annotated[
        list[str],
        Meta(
            description="rules of the policy in force that the posts break; needed for strikes and "
            "for taking down",
            max_length=100,
        ),
    ] = field(default_factory=list)
    spare: Annotated[
        list[HostName], Meta(description="accounts that nothing befalls", max_length=10_000)
    ] = field(default_factory=list)
    accounts: Annotated[
        int | None,
        Meta(description="how many accounts were seen; refused if it has other ones meanwhile"),
    ] = None


class CampaignDecision(Answer, frozen=True, kw_only=True):
    """What was decided of a whole campaign."""

    id: Annotated[str, Meta(description="unguessable name; an undo names it")]
    network: Annotated[str, Meta(description="the network")]
    campaign: Annotated[str, Meta(description="the campaign")]
    by: Annotated[str, Meta(description="who decided")]
    decided: Annotated[datetime, Meta(description="when")]
    leader: Annotated[CampaignAct | None, Meta(description="what befell the leaders")]
    others: Annotated[CampaignAct | None, Meta(description="what befell the others")]
    take_down: Annotated[bool, Meta(description="posts were removed")]
    rules: Annotated[list[str], Meta(description="the rules that they break")]
    spared: Annotated[list[str], Meta(description="accounts that were spared")]
    accounts: Annotated[int, Meta(description="how many accounts something befell")]
    posts: Annotated[int, Meta(description="how many posts were removed")]
    sanctions: Annotated[int, Meta(description="how many sanctions were imposed by hand")]
    cases: Annotated[list[str], Meta(description="cases that were decided along")]
    undone: Annotated[datetime | None, Meta(description="when it was undone")]
    undone_by: Annotated[str | None, Meta(description="by whom")]
    reason: Annotated[str | None, Meta(description="why; null once erased")]


class UndoCampaign(Request, frozen=True, kw_only=True):
    """The wish to undo a decision on a whole campaign."""

    reason: Annotated[Words, Meta(description="why; the accounts read it in their notices")]


class CampaignUndone(Answer, frozen=True, kw_only=True):
    """What undoing a decision on a campaign reversed."""

    id: Annotated[str, Meta(description="the decision on the campaign")]
    campaign: Annotated[str, Meta(description="the campaign")]
    posts: Annotated[int, Meta(description="decisions on posts that were undone")]
    sanctions: Annotated[int, Meta(description="sanctions by hand that were reversed")]
    left: Annotated[int, Meta(description="decisions and sanctions that others had undone before")]
    cases: Annotated[list[str], Meta(description="cases that wait again")]


class ReferralMade(Answer, frozen=True, kw_only=True):
    """That a referral file was made of a campaign."""

    made: Annotated[datetime, Meta(description="when")]
    by: Annotated[str, Meta(description="who made it")]
    trees: Annotated[int, Meta(description="how many trees it told of")]
    people: Annotated[int, Meta(description="how many accounts it held")]
    posts: Annotated[int, Meta(description="how many posts it named")]


class CampaignRecord(Campaign, frozen=True, kw_only=True):
    """A campaign with all that makes it one."""

    members: Annotated[
        list[CampaignAccount], Meta(description="its accounts, by tree and level; 2,000 at most")
    ]
    keys: Annotated[list[CampaignKey], Meta(description="what joins the members, or is a hub")]
    links: Annotated[
        list[CampaignLink], Meta(description="which member shows which key; 20,000 at most")
    ]
    forest: Annotated[list[CampaignTree], Meta(description="its trees, the largest first")]
    items: Annotated[list[CampaignPost], Meta(description="its newest posts, 500 at most")]
    days: Annotated[list[CampaignDay], Meta(description="its timeline, of its newest 5,000 posts")]
    spread: Annotated[list[CampaignSpread], Meta(description="where these posts appear")]
    decisions: Annotated[
        list[CampaignDecision], Meta(description="decisions on the whole, the newest first")
    ]
    referrals: Annotated[
        list[ReferralMade],
        Meta(description="referral files that were made of it, the newest 20 first"),
    ]


class WhyQuery(Request, frozen=True, kw_only=True):
    """How two accounts of a campaign are joined."""

    network: Annotated[
        NetworkName | None, Meta(description="which network; the service's default")
    ] = None
    one: Annotated[HostName, Meta(description="an account")]
    other: Annotated[HostName, Meta(description="another")]


class JoinStep(Answer, frozen=True, kw_only=True):
    """Two accounts that a key joins."""

    account: Annotated[str | None, Meta(description="an account")]
    other: Annotated[str | None, Meta(description="the next on the way")]
    kind: Annotated[KeyKind, Meta(description="what joins them")]
    key: Annotated[str, Meta(description="memory's keyed number of it")]
    shared: Annotated[int, Meta(description="for near copies: how many groups they share")]


class Hub(Answer, frozen=True, kw_only=True):
    """What too many accounts show to join them: a hotline, an official account."""

    key: Annotated[str, Meta(description="memory's keyed number of it")]
    kind: Annotated[KeyKind, Meta(description="what it is")]
    accounts: Annotated[int, Meta(description="how many accounts show it")]
    posts: Annotated[int, Meta(description="how many posts do")]


class ReferCampaign(InNetwork, frozen=True, kw_only=True):
    """The wish for the file on a campaign's trees."""


class ReferralPost(Answer, frozen=True, kw_only=True):
    """A post as a referral names it: what it said is given out by evidence alone."""

    item: Annotated[str, Meta(description="the item")]
    account: Annotated[str, Meta(description="who published it")]
    time: Annotated[datetime, Meta(description="when")]
    verdict: Annotated[Verdict, Meta(description="the verdict in force")]
    rules: Annotated[list[str], Meta(description="rules that hold")]


class Referral(Answer, frozen=True, kw_only=True):
    """The file on a campaign's trees for an authority, with what speaks for them; no content."""

    campaign: Annotated[str, Meta(description="the campaign")]
    network: Annotated[str, Meta(description="the network")]
    made: Annotated[datetime, Meta(description="when the file was made")]
    made_by: Annotated[str, Meta(description="by whom")]
    policy: Annotated[str, Meta(description="the policy in force then")]
    caution: Annotated[str, Meta(description="what the figures can show, and what they cannot")]
    caution_zh: Annotated[str, Meta(description="the same in Chinese")]
    trees: Annotated[list[CampaignTree], Meta(description="the trees that are referred")]
    people: Annotated[
        list[CampaignAccount], Meta(description="everybody in them, with the edge to the upline")
    ]
    posts: Annotated[list[ReferralPost], Meta(description="their posts, the newest 5,000")]
    decisions: Annotated[
        list[CampaignDecision], Meta(description="what was decided of the campaign")
    ]


class TrajectoryPeriod(Answer, frozen=True, kw_only=True):
    """What an account sold in a while."""

    begins: Annotated[
        datetime | None, Meta(description="the first moment; null: all that was before")
    ]
    counts: Annotated[list[int], Meta(description="selling posts of each tier, as in `tiers`")]


class Trajectory(Answer, frozen=True, kw_only=True):
    """An account's goods over time, and whether it slides towards worse ones."""

    account: Annotated[str, Meta(description="the account")]
    network: Annotated[str, Meta(description="the network")]
    tiers: Annotated[list[str], Meta(description="tiers of goods, the harmless first")]
    watched: Annotated[str, Meta(description="a slide is a rise of this tier and those above it")]
    period_seconds: Annotated[int, Meta(description="how long a period is")]
    periods: Annotated[
        list[TrajectoryPeriod],
        Meta(description="periods that are remembered, the oldest first; none when nothing is"),
    ]
    alarmed: Annotated[datetime | None, Meta(description="when the alarm of a slide was raised")]
    black: Annotated[datetime | None, Meta(description="when the first black goods were offered")]
