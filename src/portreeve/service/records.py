"""Writing decisions: accounts, items, decisions, contents and signals, in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from portreeve.enforcement.consequences import DOWN
from portreeve.schemas.screening import Stage
from portreeve.service.judged import Judged, content_bytes
from portreeve.service.reasons import SANCTION_RULE
from portreeve.service.remembering_names import account_numbers
from portreeve.store import Transaction, micros, moment
from portreeve.store.log import pack
from portreeve.store.rows import insert_rows, rows_by_key
from portreeve.store.statements import insert_missing, upsert
from portreeve.store.tables.core import accounts, batches, contents, decisions, items
from portreeve.store.vault import NOBODY, Vault

_SCREEN = "screen"
_DECISION = (
    "id", "item", "revision", "account", "network", "surface", "stage", "decided", "verdict",
    "lawful", "permitted", "rules", "clauses", "promotion", "intent", "recruits",
    "goods_category", "goods_tier", "policy", "batch", "supersedes", "by", "grade", "followed",
)  # fmt: skip
_ITEM = (
    "id", "network", "surface", "account", "parent", "audience", "standing", "licence", "time",
    "revision", "digest", "state", "hidden_by", "decision", "received", "updated", "submitted",
)  # fmt: skip
_CONTENT = ("decision", "item", "account", "sealed", "stored")
_BATCH = sa.insert(batches)
_ENCODE = msgspec.json.Encoder().encode


class Kept(NamedTuple):
    """What the table of items says of one."""

    id: str
    network: str
    account: str | None
    revision: int
    digest: str
    decision: str
    state: str
    received: int
    submitted: int


class Written(NamedTuple):
    """What became of one submission.

    ``decision`` is None when nothing was written: ``repeated`` names the decision that stands, or
    the item was changed after this submission came, or its id is taken on the network ``taken``,
    by another account if ``foreign``.
    """

    decision: str | None
    revision: int
    repeated: str | None = None
    taken: str | None = None
    decided: datetime | None = None
    foreign: bool = False


@dataclass(frozen=True)
class Lot:
    """Judged submissions with what the records need besides.

    ``stages`` and ``accepted`` have one element per submission; ``network``: the policy's name.
    """

    judged: Judged
    network: str
    stages: list[Stage]
    accepted: list[datetime]

    def ids(self) -> list[str]:
        """The items' names as text."""
        return [str(s.id) for s in self.judged.submissions]


class Recorder:
    """Writes decisions; one for the process, since it remembers which accounts are known."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._known: set[str] = set()

    def write(
        self,
        tx: Transaction,
        lot: Lot,
        *,
        by: str = _SCREEN,
        instead_of: Mapping[str, str] | None = None,
        audited: Mapping[str, Any],
    ) -> list[Written]:
        """Write what is new of a lot; one answer per submission.

        An item with the content that it has already is not decided again. Of several submissions
        of one item in a lot the first is written; the others are told its decision, or are left
        for another lot when their content differs (``revision`` 0).

        ``instead_of``: what is stored is decided again; by item the decision to take the place of.
        Items that are not named, were deleted or decided otherwise meanwhile are left as they are.
        """
        found = rows_by_key(tx.connection, items, Kept._fields, lot.ids(), lock=True)
        kept = {row[0]: Kept._make(row) for row in found}
        digests = [
            self._vault.digest(s.account or NOBODY, content_bytes(s))
            for s in lot.judged.submissions
        ]
        if instead_of is None:
            answers, fresh = _sorted_out(lot, kept, digests)
        else:
            answers, fresh = _unchanged(lot, kept, instead_of)
        if fresh:
            self._write_fresh(tx, lot, fresh, answers, kept, digests, by, audited)
        return [answer for answer in answers if answer is not None]

    def _write_fresh(
        self,
        tx: Transaction,
        lot: Lot,
        fresh: list[int],
        answers: list[Written | None],
        kept: Mapping[str, Kept],
        digests: list[str],
        by: str,
        audited: Mapping[str, Any],
    ) -> None:
        judged, now = lot.judged, micros(tx.time)
        ids = lot.ids()
        named = [judged.ids[at] for at in fresh]
        for at, name in zip(fresh, named, strict=True):
            before = kept.get(ids[at])
            answers[at] = Written(name, _revision(before, digests[at]), decided=tx.time)
        self._meet(tx, [s.account for s in judged.submissions if s.account])
        batch = tx.execute(
            _BATCH,
            {
                "rows": len(fresh),
                "decided": tx.time,
                "columns": judged.packed
                if len(fresh) == len(ids)
                else pack(named, [ids[at] for at in fresh], judged.signals[fresh]),
            },
        ).inserted_primary_key[0]  # type: ignore[index]
        rows = [
            _decision(lot, at, answers[at], kept.get(ids[at]), batch, now, by)  # type: ignore[arg-type]
            for at in fresh
        ]
        insert_rows(tx, decisions, _DECISION, rows)
        self._write_items(tx, lot, fresh, named, kept, digests)
        owners = [judged.submissions[at].account or NOBODY for at in fresh]
        sealed = self._vault.seal_many(tx, owners, [judged.content[at] for at in fresh], named)
        insert_rows(
            tx,
            contents,
            _CONTENT,
            [
                (name, ids[at], owner, seal, now)
                for name, at, owner, seal in zip(named, fresh, owners, sealed, strict=True)
            ],
        )
        digest = hashlib.sha256(_ENCODE(rows)).hexdigest()
        tx.audit(
            by if by != _SCREEN else "portreeve",
            "items.screened",
            f"batch:{batch}",
            decisions=len(fresh),
            sha256=digest,
            policy=judged.policy.label,
            **audited,
        )

    def _meet(self, tx: Transaction, given: Sequence[str]) -> None:
        """Note accounts that were never heard of."""
        unknown = sorted(set(given) - self._known)
        if unknown:
            numbered = zip(unknown, account_numbers(self._vault, unknown), strict=True)
            insert_missing(
                tx, accounts,
                [{"id": id, "first_seen": tx.time, "number": number} for id, number in numbered],
            )  # fmt: skip
            tx.then(self._remember(unknown))

    def _remember(self, met: Sequence[str]) -> Callable[[], None]:
        def remember() -> None:
            if len(self._known) > _MOST_KNOWN:
                self._known.clear()
            self._known.update(met)

        return remember

    def _write_items(
        self,
        tx: Transaction,
        lot: Lot,
        fresh: list[int],
        named: list[str],
        kept: Mapping[str, Kept],
        digests: list[str],
    ) -> None:
        new: list[tuple[Any, ...]] = []
        edits: list[tuple[Any, ...]] = []
        now = micros(tx.time)
        hides = _hidden_parents(tx, {s.parent for s in lot.judged.submissions if s.parent})
        for at, decision in zip(fresh, named, strict=True):
            s = lot.judged.submissions[at]
            before = kept.get(str(s.id))
            row = (
                str(s.id), lot.network, s.surface.value, s.account, s.parent, s.audience,
                s.standing, s.licence, None if s.time is None else micros(s.time),
                _revision(before, digests[at]), digests[at], lot.judged.state(at),
                hides.get(s.parent or ""), decision, before.received if before else now, now,
                micros(lot.accepted[at]),
            )  # fmt: skip
            (edits if before else new).append(row)
        insert_rows(tx, items, _ITEM, sorted(new, key=itemgetter(0)))
        if edits:
            upsert(tx, items, [_typed(row) for row in edits])


_MOST_KNOWN = 500_000
_MOMENTS = ("time", "received", "updated", "submitted")


def _typed(row: tuple[Any, ...]) -> dict[str, Any]:
    """A raw row as SQLAlchemy takes it."""
    values = dict(zip(_ITEM, row, strict=True))
    for name in _MOMENTS:
        values[name] = None if values[name] is None else moment(values[name])
    return values


def _hidden_parents(tx: Transaction, parents: set[str]) -> dict[str, str]:
    """By parent that is down, or hidden itself, the decision that took it down."""
    if not parents:
        return {}
    found = rows_by_key(
        tx.connection, items, ("id", "state", "decision", "hidden_by"), sorted(parents)
    )
    hides = {row[0]: row[2] if row[1] in DOWN else row[3] for row in map(tuple, found)}
    return {id: decision for id, decision in hides.items() if decision is not None}


def _revision(before: Kept | None, digest: str) -> int:
    """Which revision of an item a submission is."""
    if before is None:
        return 1
    return before.revision if _is_same(before, digest) else before.revision + 1


def _is_same(before: Kept, digest: str) -> bool:
    return before.digest == digest and before.state != "deleted"


def _sorted_out(
    lot: Lot, kept: Mapping[str, Kept], digests: list[str]
) -> tuple[list[Written | None], list[int]]:
    """What is known of each submission already, and the places of those to be written."""
    submissions = lot.judged.submissions
    answers: list[Written | None] = [None] * len(digests)
    fresh: list[int] = []
    first: dict[str, int] = {}
    for at, (id, digest) in enumerate(zip(lot.ids(), digests, strict=True)):
        before = kept.get(id)
        if id in first:
            same = digests[first[id]] == digest
            answers[at] = Written(None, 0, id if same else None)
        elif before is not None and before.network != lot.network:
            answers[at] = Written(None, before.revision, taken=before.network)
        elif before is not None and before.account not in (None, submissions[at].account):
            # an account could else get rid of what it did, or lay it at another's door
            answers[at] = Written(None, before.revision, taken=before.network, foreign=True)
        elif before is not None and _stands(before, digest, lot, at):
            answers[at] = Written(None, before.revision, before.decision)
        else:
            first[id] = at
            fresh.append(at)
    return answers, fresh


def _unchanged(
    lot: Lot, kept: Mapping[str, Kept], instead_of: Mapping[str, str]
) -> tuple[list[Written | None], list[int]]:
    """As :func:`_sorted_out`, for what is stored: the places of items that stand as they did."""
    answers: list[Written | None] = []
    fresh: list[int] = []
    for at, id in enumerate(lot.ids()):
        before = kept.get(id)
        if before is None or before.state == "deleted" or before.decision != instead_of.get(id):
            answers.append(Written(None, 0))
        else:
            answers.append(None)
            fresh.append(at)
    return answers, fresh


def _stands(before: Kept, digest: str, lot: Lot, at: int) -> bool:
    """Whether an item's decision stands: its content is the same, or this comes too late.

    What was spooled may be older than what the host sent since; that alone counts, not when either
    was decided.
    """
    if lot.stages[at] == "late" and before.submitted > micros(lot.accepted[at]):
        return True
    return _is_same(before, digest)


def _decision(
    lot: Lot, at: int, written: Written, before: Kept | None, batch: int, now: int, by: str
) -> tuple[Any, ...]:
    judged = lot.judged
    s = judged.submissions[at]
    rules, clauses = judged.rules[at], judged.clauses[at]
    return (
        written.decision, str(s.id), written.revision, s.account, lot.network, s.surface.value,
        lot.stages[at], now, judged.verdict[at], judged.lawful[at], judged.permitted[at],
        _ENCODE(rules).decode() if rules else "[]", _ENCODE(clauses).decode() if clauses else "[]",
        judged.promotion[at], judged.intent[at], judged.recruits[at], judged.goods_category[at],
        judged.goods_tier[at], judged.policy.label, batch, before.decision if before else None, by,
        "attested_public", _nothing_follows(judged, at) and before is None,
    )  # fmt: skip


def _nothing_follows(judged: Judged, at: int) -> bool:
    """Whether a decision has no consequence: it appears, and no rule that holds gives a strike."""
    if judged.verdict[at] not in _APPEARS:
        return False
    rules = judged.rules[at]
    return not rules or not any(
        judged.policy.rule(name).strike for name in rules if not name.startswith(SANCTION_RULE)
    )


_APPEARS = ("allow", "label")
