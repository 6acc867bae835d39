"""What a version or a draft would change of stored posts, in figures and in samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal
from urllib.parse import urlencode

import msgspec
from markupsafe import Markup

from portreeve.console import charts
from portreeve.console.desk import Desk
from portreeve.console.policy_words import LANGUAGES, version_path
from portreeve.console.routes import Pages
from portreeve.http.call import Reply
from portreeve.model import TIERS, Surface
from portreeve.report.words import SURFACES, TIER_WORDS
from portreeve.report.words import VERDICTS as NAMES
from portreeve.schemas.access import Scope
from portreeve.schemas.policies import PreviewOrder
from portreeve.service.errors import ServiceError
from portreeve.service.policy_comparison import VERDICTS, Comparison, Part
from portreeve.service.policy_difference import DifferenceSample, Subject

pages = Pages("differences")

SIZES = (500, 2_000, 10_000)
"""How many of the newest posts are looked at."""

_MOST_GROUPS = 60

Size = Literal[500, 2000, 10000]


class DifferenceQuery(msgspec.Struct, frozen=True, kw_only=True):
    """How many posts are looked at, and which part of what was found is shown."""

    size: Size = 2000
    surface: Surface | None = None
    tier: str | None = None
    language: Literal["zh", "other", "none"] | None = None
    before: str | None = None
    after: str | None = None
    rule: str | None = None

    @property
    def part(self) -> Part:
        """The part that is shown."""
        return Part(self.surface, self.tier, self.language, self.before, self.after, self.rule)

    def with_(self, **changes: Any) -> str:
        """The address of another part."""
        values = msgspec.to_builtins(msgspec.structs.replace(self, **changes))
        return "?" + urlencode({name: value for name, value in values.items() if value})


@pages.get(
    "/console/policies/{name}/{version}/difference",
    Scope.policies_propose,
    Scope.policies_approve,
)
def show_difference(desk: Desk, name: str, version: str, query: DifferenceQuery) -> Reply:
    """What a version would change: by surface, tier and language, over the newest stored posts."""
    subject = desk.service.differences.version(name, version)
    return _page(desk, subject, query, version_path(f"{name}@{version}"))


@pages.post(
    "/console/policies/{name}/{version}/difference",
    Scope.policies_propose,
    Scope.policies_approve,
)
def read_difference(desk: Desk, name: str, version: str, form: DifferenceQuery) -> Reply:
    """Samples of a difference, to be read; the reading is in the audit log."""
    subject = desk.service.differences.version(name, version)
    return _page(desk, subject, form, version_path(f"{name}@{version}"), read=True)


@pages.get("/console/drafts/{id}/difference", Scope.policies_propose)
def show_draft_difference(desk: Desk, id: str, query: DifferenceQuery) -> Reply:
    """What a draft would change, before it is proposed."""
    return _page(desk, _drafted(desk, id), query, f"/console/drafts/{id}")


@pages.post("/console/drafts/{id}/difference", Scope.policies_propose)
def read_draft_difference(desk: Desk, id: str, form: DifferenceQuery) -> Reply:
    """Samples of a draft's difference, to be read; the reading is in the audit log."""
    return _page(desk, _drafted(desk, id), form, f"/console/drafts/{id}", read=True)


def _drafted(desk: Desk, id: str) -> Subject:
    draft = desk.service.drafts.get(desk.actor, id)
    return desk.service.differences.draft(desk.actor, id, draft.network)


def _page(
    desk: Desk, subject: Subject, query: DifferenceQuery, path: str, *, read: bool = False
) -> Reply:
    differences, order = desk.service.differences, PreviewOrder(limit=query.size)
    whole = differences.compare(desk.actor, subject, order)
    comparison = whole.part(query.part)
    samples: Sequence[DifferenceSample] | None = None
    refused: ServiceError | None = None
    if read:
        try:
            samples = differences.samples(desk.actor, subject, order, query.part)
        except ServiceError as error:
            refused = error
    return desk.page(
        "differences/difference.html.j2",
        subject=subject,
        whole=whole,
        shown=comparison,
        query=query,
        path=path,
        is_draft=path.startswith("/console/drafts/"),
        flows=_flows(desk, comparison, query),
        groups=comparison.groups(_MOST_GROUPS),
        agreement=comparison.agreement(),
        samples=samples,
        refused=refused,
        sizes=SIZES,
        filters=_filters(desk, whole, query),
        version_path=version_path,
        LANGUAGES=LANGUAGES,
    )


def _flows(desk: Desk, comparison: Comparison, query: DifferenceQuery) -> Markup:
    """From each verdict to each, every cell a link to its part."""
    return charts.matrix(
        desk.t("From verdict to verdict", "结果的变化"),
        [desk.t(NAMES[name].en, NAMES[name].zh) for name in VERDICTS],
        comparison.flows(),
        heads=(desk.t("in force", "现行"), desk.t("new", "新版")),
        links=[
            [query.with_(before=before, after=after) for after in VERDICTS] for before in VERDICTS
        ],
    )


def _filters(
    desk: Desk, whole: Comparison, query: DifferenceQuery
) -> list[tuple[str, str, list[tuple[str, str]], str]]:
    """The choices of the filter: name, words, options of which there are some, the one chosen."""
    there = {name: set(whole.frame[name].fill_null("none")) for name in ("surface", "tier")}
    every = ("", desk.t("all", "全部"))
    surfaces = [(s.value, _named(desk, s)) for s in Surface if s in there["surface"]]
    tiers = [(t, _tier(desk, t)) for t in (*TIERS, "none") if t in there["tier"]]
    languages = [(name, desk.t(words.en, words.zh)) for name, words in LANGUAGES.items()]
    verdicts = [(name, desk.t(NAMES[name].en, NAMES[name].zh)) for name in VERDICTS]
    return [
        ("surface", desk.t("Surface", "位置"), [every, *surfaces], query.surface or ""),
        ("tier", desk.t("Tier of goods", "商品分级"), [every, *tiers], query.tier or ""),
        ("language", desk.t("Language", "语言"), [every, *languages], query.language or ""),
        ("before", desk.t("In force", "现行结果"), [every, *verdicts], query.before or ""),
        ("after", desk.t("New", "新结果"), [every, *verdicts], query.after or ""),
    ]


def _named(desk: Desk, surface: Surface) -> str:
    return desk.t(SURFACES[surface].en, SURFACES[surface].zh)


def _tier(desk: Desk, tier: str) -> str:
    words = TIER_WORDS.get(tier)
    return desk.t("no goods", "无商品") if words is None else desk.t(words.en, words.zh)
