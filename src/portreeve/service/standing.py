"""What accounts may do: the sanctions in force, and how they follow from the strikes that count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Protocol

import sqlalchemy as sa

from portreeve.enforcement.ladder import Imposed, Key, Strike, replay
from portreeve.enforcement.windows import Window, difference, union
from portreeve.policy import Policy
from portreeve.policy.parts import Ladder
from portreeve.service.bulk import Event, announce_all, fetch_in
from portreeve.store import Transaction, micros, moment, new_id
from portreeve.store.tables import enforcement

_LOCK = 0x706F727472656576  # "portreev"
_PORTREEVE = "portreeve"


class PolicyBook(Protocol):
    """Finds any stored policy version by its label, such as acquaintance@2014-06."""

    def named(self, label: str) -> Policy:
        """The policy."""


class InForce(NamedTuple):
    """A sanction that restricts an account now."""

    id: str
    network: str
    kind: str
    ends: datetime | None


def sanctions_in_force(
    connection: sa.Connection, accounts: Iterable[str], time: datetime
) -> dict[str, list[InForce]]:
    """What restricts accounts at a time; accounts that are free are left out. One query.

    The row of a sanction may be closed a moment after its end: only ``begins`` and ``ends`` count.
    """
    s = enforcement.sanctions.c
    statement = sa.select(s.account, s.id, s.network, s.kind, s.begins, s.ends).where(s.open)
    found: dict[str, list[InForce]] = {}
    for row in fetch_in(connection, statement, s.account, accounts):
        if row["begins"] <= time and (row["ends"] is None or time < row["ends"]):
            one = InForce(row["id"], row["network"], row["kind"], row["ends"])
            found.setdefault(row["account"], []).append(one)
    return found


def lock(tx: Transaction) -> None:
    """Wait until no other transaction changes standings; held until this one ends.

    A transaction that locks other rows too takes this lock first, so that none waits for another in
    a ring. SQLite has one writer at a time anyway.
    """
    if tx.connection.dialect.name == "postgresql":
        tx.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))


def try_lock(tx: Transaction) -> bool:
    """As :func:`lock`, but False at once when another transaction has it."""
    if tx.connection.dialect.name != "postgresql":
        return True
    return bool(tx.execute(sa.select(sa.func.pg_try_advisory_xact_lock(_LOCK))).scalar())


@dataclass
class Recomputed:
    """What recomputing found: rows of the table ``sanctions``, and windows of followers."""

    started: list[dict[str, Any]] = field(default_factory=list)
    reversed: list[dict[str, Any]] = field(default_factory=list)
    lapsed: list[dict[str, Any]] = field(default_factory=list)
    """Rows of what a person had lifted before, whose cause is gone too; they stay lifted."""
    restored: dict[str, tuple[Window, ...]] = field(default_factory=dict)
    followers_restored: int = 0


def recompute(
    tx: Transaction, accounts: Iterable[str], policies: PolicyBook, by: str = _PORTREEVE
) -> Recomputed:
    """Make the sanctions of accounts what their strikes say, and announce each difference.

    The caller holds :func:`lock`. ``by``: who caused it, noted with what is reversed.
    """
    listed = sorted(set(accounts))
    if not listed:
        return Recomputed()
    strikes = _strikes(tx, listed)
    rows = _ladder_rows(tx, listed)
    ladders = _ladders(strikes.values(), policies)
    done = Recomputed()
    now = _now(tx, strikes)
    moved: list[tuple[str, tuple[Window, ...]]] = []
    before = _windows(rows)
    for account, network in sorted(strikes.keys() | rows.keys()):
        of, known = strikes.get((account, network), []), rows.get((account, network), [])
        lifted = {_key(row): row["ended"] for row in known if row["outcome"] == "lifted"}
        wanted = {one.key: one for one in replay(of, ladders, now, lifted)}
        present = {_key(row) for row in known}
        decisions = {strike.id: strike.decision for strike in of}
        done.started += [
            _row(tx, account, network, one, decisions[one.key.strike], now)
            for one in wanted.values()
            if one.key not in present
        ]
        for row in known:
            one = wanted.get(_key(row))
            if one is None:
                gone = done.lapsed if row["outcome"] == "lifted" else done.reversed
                gone.append(dict(row))
            elif _spans(one.windows) != row["windows"]:
                moved.append((row["id"], one.windows))
    _write(tx, done, moved, by)
    _tell(tx, done)
    _tell_followers(tx, before, _windows(_ladder_rows(tx, before.keys() | _disgorged(done))), done)
    return done


def _now(tx: Transaction, strikes: Mapping[Any, Sequence[Strike]]) -> datetime:
    """The time now; never before a strike was given, by a transaction that began later, or by the
    clock of another machine."""
    return max([tx.time, *(strike.given for of in strikes.values() for strike in of)])


@dataclass(frozen=True, slots=True)
class _Given(Strike):
    decision: str = ""


Rows = dict[tuple[str, str], list[sa.RowMapping]]
"""Rows of one kind by account and network."""


def _strikes(tx: Transaction, accounts: Iterable[str]) -> dict[tuple[str, str], list[_Given]]:
    s = enforcement.strikes.c
    statement = sa.select(enforcement.strikes).where(s.withdrawn.is_(None))
    found: dict[tuple[str, str], list[_Given]] = defaultdict(list)
    for row in fetch_in(tx.connection, statement, s.account, accounts):
        shown = Window(row["shown_from"], row["shown_until"]) if row["shown_from"] else None
        names = ("id", "item", "ladder", "policy", "count", "given", "expires", "seq", "decision")
        found[row["account"], row["network"]].append(
            _Given(**{name: row[name] for name in names}, shown=shown)
        )
    return found


def _ladder_rows(tx: Transaction, accounts: Iterable[str]) -> Rows:
    """What ladders brought, but for what was reversed."""
    s = enforcement.sanctions.c
    statement = sa.select(enforcement.sanctions).where(
        s.strike.is_not(None), sa.or_(s.outcome.is_(None), s.outcome != "reversed")
    )
    found: Rows = defaultdict(list)
    for row in fetch_in(tx.connection, statement, s.account, accounts):
        found[row["account"], row["network"]].append(row)
    return found


def _ladders(
    strikes: Iterable[Sequence[Strike]], policies: PolicyBook
) -> dict[tuple[str, str], Ladder]:
    wanted = {(strike.policy, strike.ladder) for of in strikes for strike in of}
    found = {}
    for policy, name in wanted:
        ladder = policies.named(policy).ladders.get(name)
        if ladder is not None:
            found[policy, name] = ladder
    return found


def _key(row: Mapping[Any, Any]) -> Key:
    return Key(row["strike"], row["step"], row["kind"])


def _row(
    tx: Transaction, account: str, network: str, one: Imposed, decision: str, now: datetime
) -> dict[str, Any]:
    over = one.ends is not None and one.ends <= now
    return {
        "id": new_id("san"), "account": account, "network": network, "kind": one.kind,
        "ladder": one.ladder, "step": one.key.step, "strike": one.key.strike,
        "decision": decision, "windows": _spans(one.windows), "begins": one.begins,
        "ends": one.ends, "open": one.runs_at(now), "imposed": tx.time,
        "imposed_by": _PORTREEVE, "outcome": "expired" if over else None,
        "ended": one.ends if over else None, "ended_by": _PORTREEVE if over else None,
    }  # fmt: skip


def _write(
    tx: Transaction, done: Recomputed, moved: list[tuple[str, tuple[Window, ...]]], by: str
) -> None:
    s = enforcement.sanctions
    if done.started:
        tx.execute(sa.insert(s), done.started)
    if done.reversed:
        tx.execute(
            sa.update(s)
            .where(s.c.id == sa.bindparam("sanction"))
            .values(outcome="reversed", open=False, ended=tx.time, ended_by=by),
            [{"sanction": row["id"]} for row in done.reversed],
        )
    if moved:
        tx.execute(
            sa.update(s)
            .where(s.c.id == sa.bindparam("sanction"))
            .values(windows=sa.bindparam("spans")),
            [{"sanction": id, "spans": _spans(windows)} for id, windows in moved],
        )


def _tell(tx: Transaction, done: Recomputed) -> None:
    """What begins is told unless it is over already; what is reversed always, and first: what
    begins may take its place."""
    announce_all(
        tx,
        [
            *(sanction_event("sanction.lifted", row, outcome="reversed") for row in done.reversed),
            *(
                sanction_event("sanction.started", row)
                for row in done.started
                if row["outcome"] is None
            ),
        ],
    )


def sanction_event(type: str, row: Mapping[Any, Any], **more: Any) -> Event:
    """What hosts are told of a sanction."""
    names = ("account", "network", "kind", "ladder", "step", "decision", "begins", "ends")
    return type, row["id"], {name: row[name] for name in names} | more


# --- followers --------------------------------------------------------------------------------


def _spans(windows: Iterable[Window]) -> list[list[int]] | None:
    return [[micros(w.begins), micros(w.ends)] for w in windows] or None


def _windows(rows: Rows) -> dict[str, tuple[Window, ...]]:
    """When followers were won whom a disgorge in force took back, by account."""
    found: dict[str, list[Window]] = defaultdict(list)
    for (account, _), of in rows.items():
        for row in of:
            if row["kind"] == "disgorge" and row["outcome"] is None:
                spans = row["windows"] or []
                found[account] += [Window(moment(a), moment(b)) for a, b in spans]
    return {account: union(windows) for account, windows in found.items()}


def _disgorged(done: Recomputed) -> set[str]:
    return {row["account"] for row in done.started if row["kind"] == "disgorge"}


def _tell_followers(
    tx: Transaction,
    before: Mapping[str, tuple[Window, ...]],
    after: Mapping[str, tuple[Window, ...]],
    done: Recomputed,
) -> None:
    events: list[Event] = []
    for account in sorted(before.keys() | after.keys()):
        old, new = before.get(account, ()), after.get(account, ())
        for type, windows in (
            ("followers.disgorge", difference(new, old)),
            ("followers.restore", difference(old, new)),
        ):
            if windows:
                won = followers_won(tx.connection, account, windows)
                spans = [{"from": w.begins, "until": w.ends} for w in windows]
                events.append((type, account, {"windows": spans, "followers": won}))
                if type == "followers.restore":
                    done.restored[account] = windows
                    done.followers_restored += won
    announce_all(tx, events)


def followers_won(connection: sa.Connection, account: str, windows: Iterable[Window]) -> int:
    """How many followers an account got during windows, by its relation events."""
    r = enforcement.relations.c
    within = [sa.and_(r.time >= w.begins, r.time < w.ends) for w in windows]
    if not within:
        return 0
    counted = sa.select(sa.func.count()).where(
        r.account == account, r.kind == "follower_added", sa.or_(*within)
    )
    return int(connection.execute(counted).scalar_one())


def followers_taken(connection: sa.Connection, account: str) -> int:
    """How many followers of an account are taken back by what is in force."""
    s = enforcement.sanctions.c
    rows = connection.execute(
        sa.select(enforcement.sanctions).where(
            s.account == account, s.kind == "disgorge", s.outcome.is_(None)
        )
    )
    windows = _windows({(account, ""): list(rows.mappings())})
    return followers_won(connection, account, windows.get(account, ()))
