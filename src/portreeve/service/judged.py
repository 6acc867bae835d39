"""Submissions judged: from what hosts send to decisions, in memory, nothing written yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import polars as pl
import pyarrow as pa

from portreeve.engine import Assessed, assess, judge
from portreeve.memory.memory import told_to
from portreeve.memory.traces import RECRUITING
from portreeve.model import CONTENT_FIELDS, Item, Verdict
from portreeve.policy import Policy
from portreeve.schemas.screening import ItemState, Submission
from portreeve.service.leads import attached, leads_of
from portreeve.service.reasons import SANCTION_RULE, ReasonBook, reach_of
from portreeve.service.registers import Registers
from portreeve.store import new_ids
from portreeve.store.log import pack

_LISTED = (
    "verdict", "lawful", "permitted", "rules", "clauses", "promotion", "intent",
    "goods_category", "goods_tier",
)  # fmt: skip
_STATES: dict[str, ItemState] = {
    "allow": "published", "label": "published", "limit": "published", "hold": "held",
    "refuse": "refused", "remove": "removed",
}  # fmt: skip


Remember = Callable[[Sequence[Submission], Assessed, Sequence[Policy]], pl.DataFrame | None]
"""Tells what is remembered of submissions, for some policies; see
:meth:`portreeve.service.remembering.Remembering.remember`."""


@dataclass(frozen=True)
class Judged:
    """Submissions decided by one policy.

    Lists have one element per submission. ``content``: what is to be sealed, as JSON; ``answer``:
    the fields of the answer that the engine knows, as JSON without its opening brace;
    ``signals``: every signal as columns; ``ids``: names for the decisions; ``packed``: names and
    signals as the decision log takes them; ``shadow``: verdict and rules of the shadow version.
    """

    policy: Policy
    submissions: list[Submission]
    verdict: list[str]
    lawful: list[bool]
    permitted: list[bool]
    rules: list[list[str]]
    clauses: list[list[str]]
    promotion: list[float | None]
    intent: list[str | None]
    recruits: list[bool]
    goods_category: list[str | None]
    goods_tier: list[str | None]
    reach: list[float | None]
    content: list[bytes]
    answer: list[bytes]
    signals: pl.DataFrame
    ids: list[str]
    packed: bytes
    shadow: list[tuple[str, list[str]]] | None = None

    def state(self, at: int) -> ItemState:
        """What is to be done with an item."""
        return _STATES[self.verdict[at]]


def judge_all(
    submissions: Sequence[Submission],
    book: ReasonBook,
    *,
    published: bool,
    barred: Mapping[int, tuple[str, Verdict]],
    registers: Registers,
    shadow: Policy | None = None,
    remember: Remember | None = None,
    pictured: pl.DataFrame | None = None,
) -> Judged:
    """Judge submissions, all before or all after publication.

    ``barred``: place of a submission -> the sanction of its account and the least verdict that this
    asks for; ``registers``: what is known of accounts, for items that do not say; ``remember``:
    tells what memory knows of them; ``pictured``: signals of their pictures that cannot be measured
    on the item.
    """
    given, policy = list(submissions), book.policy
    assessed = measure(given, registers)
    asking = [policy] if shadow is None else [policy, shadow]
    told = None if remember is None else remember(given, assessed, asking)
    remembered = _given(policy, told, pictured)
    decisions, signals = judge(assessed, policy, remembered, published=published)
    if barred:
        decisions = _with_sanctions(decisions, barred, published=published)
    listed: dict[str, list[Any]] = {name: decisions[name].to_list() for name in _LISTED}
    content = pl.DataFrame(
        [
            *(assessed.items.get_column(name) for name in CONTENT_FIELDS),
            *(decisions.get_column(name) for name in ("contacts", "prices", "evidence")),
            decisions.get_column("links").alias("hosts"),
            pl.Series("category", [s.category for s in given], dtype=pl.String),
            # by way of Arrow: polars would make a series of its own of every list
            pl.Series("pictures", pa.array([s.pictures for s in given], pa.large_list(_TEXT))),
        ]
    )
    if any(leads := [len(leads_of(s)) for s in given]):
        content = content.with_columns(pl.Series("leads", leads))
    reasons = [book.json(rules) for rules in listed["rules"]]
    lines = json_lines(pl.DataFrame([c for c in decisions.get_columns() if c.name != "id"]))
    answers = [
        b'"reasons":%b,%b' % (reason, line[1:]) for reason, line in zip(reasons, lines, strict=True)
    ]
    return Judged(
        policy=policy,
        submissions=given,
        **listed,
        recruits=_recruits(signals),
        reach=[
            reach_of(policy, rules) if verdict == "limit" else None
            for verdict, rules in zip(listed["verdict"], listed["rules"], strict=True)
        ],
        content=json_lines(content),
        answer=answers,
        signals=signals,
        ids=(ids := new_ids("dec", len(given))),
        packed=pack(ids, [str(s.id) for s in given], signals),
        shadow=None
        if shadow is None
        else shadow_verdicts(
            assessed,
            shadow,
            published=published,
            barred=barred,
            remembered=_given(shadow, told, pictured),
        ),
    )


def _recruits(signals: pl.DataFrame) -> list[bool]:
    """Of each item whether it has words of recruiting, as memory counts them."""
    words, more = (signals.get_column(name).to_numpy() for name in RECRUITING)
    found: list[bool] = ((words > 0) | (more > 0)).tolist()
    return found


def _given(
    policy: Policy, told: pl.DataFrame | None, pictured: pl.DataFrame | None
) -> pl.DataFrame | None:
    """What a policy is told beside what is measured: of memory, and of pictures."""
    remembered = None if told is None else told_to(policy, told)
    if remembered is None or pictured is None:
        return pictured if remembered is None else remembered
    return remembered.hstack(pictured.get_columns())


def measure(submissions: Sequence[Submission], registers: Registers) -> Assessed:
    """What is known of submissions: their signals, and what is known of their accounts."""
    return registers.completed(assess(as_items(submissions, registers)), submissions)


def as_items(submissions: Sequence[Submission], known: Registers) -> pl.DataFrame:
    """Submissions as the engine's columns; ids are their places. By way of Arrow: it is quicker."""
    texts = {
        "surface": [s.surface.value for s in submissions],
        "account": [s.account for s in submissions],
        "audience": [s.audience for s in submissions],
        "standing": [known.standing(s) for s in submissions],
        "licence": [s.licence or "none" for s in submissions],
        "text": [s.text for s in submissions],
    }
    arrays = {name: pa.array(values, _TEXT) for name, values in texts.items()}
    arrays["id"] = pa.array(range(len(submissions)), pa.int64())
    arrays["time"] = pa.array([s.time for s in submissions], pa.timestamp("us", "UTC"))
    arrays["links"] = pa.array([attached(s) for s in submissions], pa.large_list(_TEXT))
    arrays["disclosed"] = pa.array([s.disclosed for s in submissions], pa.bool_())
    arrays["codes"] = pa.array([s.codes for s in submissions], pa.large_list(_TEXT))
    arrays["picture_text"] = pa.array([s.picture_text for s in submissions], _TEXT)
    return pl.DataFrame(
        pa.RecordBatch.from_arrays([arrays[name] for name in _FIELDS], names=list(_FIELDS))
    )


_TEXT = pa.large_string()
_FIELDS = Item.__struct_fields__


def json_lines(frame: pl.DataFrame) -> list[bytes]:
    """Each row as a JSON object. Of many rows polars writes them quicker, of few msgspec."""
    if len(frame) <= _FEW:
        names = frame.columns
        return [_ENCODE(dict(zip(names, row, strict=True))) for row in frame.rows()]
    return frame.write_ndjson().encode().split(b"\n")[: len(frame)]


_FEW = 64
_ENCODE = msgspec.json.Encoder().encode


def shadow_verdicts(
    assessed: Assessed,
    policy: Policy,
    *,
    published: bool,
    barred: Mapping[int, tuple[str, Verdict]],
    remembered: pl.DataFrame | None = None,
) -> list[tuple[str, list[str]]]:
    """Verdict and rules of a version that decides beside the one in force.

    The same sanctions of accounts count: they are no difference between the versions.
    """
    decisions, _ = judge(assessed, policy, remembered, published=published)
    if barred:
        decisions = _with_sanctions(decisions, barred, published=published)
    return list(zip(decisions["verdict"].to_list(), decisions["rules"].to_list(), strict=True))


def _with_sanctions(
    decisions: pl.DataFrame, barred: Mapping[int, tuple[str, Verdict]], *, published: bool
) -> pl.DataFrame:
    """Decisions at least as strict as the sanctions of the accounts ask for."""
    verdicts, rules, clauses, permitted = (
        decisions[name].to_list() for name in ("verdict", "rules", "clauses", "permitted")
    )
    for at, (kind, least) in barred.items():
        rules[at] = [f"{SANCTION_RULE}{kind}", *rules[at]]
        clauses[at] = ["", *clauses[at]]
        if least.rank > Verdict(verdicts[at]).rank:
            is_over = least is Verdict.refuse and published
            verdicts[at] = Verdict.remove.value if is_over else least.value
        permitted[at] = permitted[at] and least is not Verdict.refuse
    return decisions.with_columns(
        pl.Series("verdict", verdicts, dtype=pl.String),
        pl.Series("rules", rules, dtype=pl.List(pl.String)),
        pl.Series("clauses", clauses, dtype=pl.List(pl.String)),
        pl.Series("permitted", permitted, dtype=pl.Boolean),
    )


def content_bytes(submission: Submission) -> bytes:
    """What tells one revision of an item from another: its content and declarations."""
    s = submission
    declared = () if s.category is None else (s.category,)
    if s.pictures:  # what is read in them is read again, and is no edit
        shown: tuple[object, ...] = (s.pictures,)
    else:
        shown = (s.codes, s.picture_text) if s.codes or s.picture_text else ()
    return msgspec.json.encode((s.text, s.links, s.disclosed, *declared, *shown))
