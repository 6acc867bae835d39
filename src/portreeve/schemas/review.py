"""Reviewing: the queues at a glance, the next case, what is like it, who else reads it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, field

from portreeve.model import Surface, Verdict
from portreeve.schemas.base import Answer, Request
from portreeve.schemas.cases import Case, CaseQueue, CaseRecord, CaseState, Note
from portreeve.schemas.screening import Text


class QueueState(Answer, frozen=True, kw_only=True):
    """How a queue stands."""

    queue: Annotated[CaseQueue, Meta(description="the queue")]
    open: Annotated[int, Meta(description="cases that wait for a decision")]
    free: Annotated[int, Meta(description="those of them that nobody holds")]
    mine: Annotated[int, Meta(description="those that whoever asks holds")]
    overdue: Annotated[int, Meta(description="those that should have been decided by now")]
    oldest: Annotated[datetime | None, Meta(description="when the oldest was opened")]
    due: Annotated[datetime | None, Meta(description="when the first is due")]


class Suspicion(Answer, frozen=True, kw_only=True):
    """A rule that held for an item of a case, in the words of the policy."""

    rule: Annotated[str, Meta(description="the rule")]
    clause: Annotated[str, Meta(description="the clause it enforces; empty for a sanction")]
    because: Annotated[Text | None, Meta(description="the policy's words; null without any")]


class WaitingCase(Case, frozen=True, kw_only=True):
    """A case in a queue, with what is suspected; no content."""

    surface: Annotated[Surface | None, Meta(description="where its first item appears")]
    goods_category: Annotated[str | None, Meta(description="goods or service")]
    goods_tier: Annotated[str | None, Meta(description="tier of the goods")]
    machine: Annotated[
        Verdict | None, Meta(description="the verdict of the decision on its first item")
    ]
    suspected: Annotated[
        list[Suspicion], Meta(description="the rules that held for its first item, strongest first")
    ]


class NextCase(Request, frozen=True, kw_only=True):
    """Which case to be given next."""

    queue: Annotated[CaseQueue | None, Meta(description="of one queue only")] = None
    network: Annotated[str | None, Meta(description="of one network only")] = None
    black_in_a_row: Annotated[
        int | None,
        Meta(description="at most so many cases of black goods one after the other", ge=1, le=1000),
    ] = None


class NextAnswer(Answer, frozen=True, kw_only=True):
    """The next case, claimed; or why there is none."""

    case: Annotated[CaseRecord | None, Meta(description="the case, held for 15 minutes")]
    skipped: Annotated[
        int, Meta(description="free cases left that whoever asks gave back within 8 hours")
    ] = 0
    rest: Annotated[
        bool, Meta(description="only black goods are left, and the limit in a row is reached")
    ] = False


class TakeBack(Request, frozen=True, kw_only=True):
    """Take the decision of a case back."""

    reason: Annotated[Note, Meta(description="why; kept sealed, for reviewers")]


class SimilarCase(Answer, frozen=True, kw_only=True):
    """Another case that is like one, or of the same account."""

    id: Annotated[str, Meta(description="the case")]
    likeness: Annotated[
        float | None,
        Meta(description="share of the text in common, estimated, 0 to 1; null: same account only"),
    ]
    state: Annotated[CaseState, Meta(description="open or decided")]
    queue: Annotated[CaseQueue, Meta(description="its queue")]
    opened: Annotated[datetime, Meta(description="when it was opened")]
    decided: Annotated[datetime | None, Meta(description="when it was decided")]
    decided_by: Annotated[str | None, Meta(description="by whom")]
    verdict: Annotated[Verdict | None, Meta(description="what was decided")]
    same_account: Annotated[bool, Meta(description="of the account whose case it is compared with")]


class PastDecision(Answer, frozen=True, kw_only=True):
    """A decision on an account, without content."""

    id: Annotated[str, Meta(description="the decision")]
    item: Annotated[str, Meta(description="the item")]
    surface: Annotated[Surface, Meta(description="where it appears")]
    decided: Annotated[datetime, Meta(description="when")]
    verdict: Annotated[Verdict, Meta(description="the verdict")]
    clauses: Annotated[list[str], Meta(description="the clauses it enforces")]
    goods_tier: Annotated[str | None, Meta(description="tier of the goods")]
    by: Annotated[str, Meta(description="screen, or the reviewer")]
    undone: Annotated[datetime | None, Meta(description="when it was undone")]


class Pace(Answer, frozen=True, kw_only=True):
    """How somebody has worked of late."""

    since: Annotated[
        datetime | None,
        Meta(description="since when they decide without a break; null after five minutes' pause"),
    ]
    decided: Annotated[int, Meta(description="cases decided since then")]
    black_in_a_row: Annotated[
        int, Meta(description="cases of black goods decided one after the other, up to now")
    ]


class OwnDecision(Answer, frozen=True, kw_only=True):
    """A case that somebody decided."""

    case: Annotated[str, Meta(description="the case")]
    queue: Annotated[CaseQueue, Meta(description="its queue")]
    decided: Annotated[datetime, Meta(description="when")]
    verdict: Annotated[Verdict, Meta(description="what was decided")]


class Measured(Answer, frozen=True, kw_only=True):
    """The signals that the machine measured of an item when it decided."""

    decision: Annotated[str, Meta(description="the decision of the machine")]
    policy: Annotated[str, Meta(description="policy name and version that it was decided by")]
    signals: Annotated[
        dict[str, str | float | int | bool | None],
        Meta(description="every signal by name; empty when the log has none of it"),
    ] = field(default_factory=dict)
