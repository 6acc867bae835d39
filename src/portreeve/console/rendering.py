"""Templates become pages: one environment, whose words come in two languages side by side."""

from __future__ import annotations

import functools
from datetime import datetime
from typing import TYPE_CHECKING, Any

import jinja2
from markupsafe import Markup

from portreeve.console import assets, names, words
from portreeve.console.forms import CSRF_FIELD
from portreeve.console.navigation import NAVIGATION
from portreeve.console.picture_views import views
from portreeve.model import Verdict
from portreeve.policy.explain import show
from portreeve.report.highlight import kind_of, pieces
from portreeve.report.words import INTENTS, SURFACES, TIER_WORDS, VERDICTS, evidence

if TYPE_CHECKING:
    from portreeve.console.desk import Desk


def render(desk: Desk, template: str, values: dict[str, Any]) -> str:
    """A page as HTML: whole, or its main part only, where our script asks for that."""
    layout = "layout/part.html.j2" if desk.part else "layout/page.html.j2"
    return _environment().get_template(template).render(_given(desk) | {"layout": layout, **values})


@functools.cache
def fixed(template: str) -> bytes:
    """A page that is the same for everybody."""
    return _environment().get_template(template).render().encode()


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("portreeve.console"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        auto_reload=False,
        cache_size=-1,
    )
    environment.filters.update(
        number=words.number, percent=words.percent, shown=show, mark_kind=kind_of
    )
    environment.tests["startingwith"] = str.startswith
    environment.tests["allowed"] = lambda needs, may: needs.met(may)
    environment.globals.update(
        NAVIGATION=NAVIGATION,
        VERDICTS=VERDICTS,
        SURFACES=SURFACES,
        TIERS=TIER_WORDS,
        INTENTS=INTENTS,
        LANGUAGES=words.LANGUAGES,
        names=names,
        asset=assets.address,
    )
    environment.filters.update(
        time=_time, second=_second, ago=_ago, span=_span, day=_day, what=_what
    )
    environment.globals.update(
        t=_t, w=_w, csrf=_csrf, verdict_name=_verdict_name, surface_name=_surface_name,
        tier_name=_tier_name, pieces=_pieces, views=views,
    )  # fmt: skip
    return environment


def _given(desk: Desk) -> dict[str, Any]:
    """What every template knows."""
    return {"desk": desk, "person": desk.person, "zh": desk.language == "zh"}


@jinja2.pass_context
def _t(context: jinja2.runtime.Context, en: str, zh: str) -> str:
    return str(context["desk"].t(en, zh))


@jinja2.pass_context
def _w(context: jinja2.runtime.Context, given: Any) -> str:
    return "" if given is None else str(context["desk"].t(given.en, given.zh))


@jinja2.pass_context
def _csrf(context: jinja2.runtime.Context) -> Markup:
    return Markup('<input type="hidden" name="{}" value="{}">').format(
        CSRF_FIELD, context["desk"].csrf
    )


@jinja2.pass_context
def _time(context: jinja2.runtime.Context, moment: datetime | None) -> Markup | str:
    return _moment(context["desk"], moment, seconds=False)


@jinja2.pass_context
def _second(context: jinja2.runtime.Context, moment: datetime | None) -> Markup | str:
    return _moment(context["desk"], moment, seconds=True)


def _moment(desk: Desk, moment: datetime | None, *, seconds: bool) -> Markup | str:
    if moment is None:
        return "–"
    text = words.absolute(moment, desk.zone, seconds=seconds)
    return words.time_tag(moment, text, words.relative(moment, desk.now, desk.language))


@jinja2.pass_context
def _ago(context: jinja2.runtime.Context, moment: datetime | None) -> Markup | str:
    if moment is None:
        return "–"
    desk: Desk = context["desk"]
    text = words.relative(moment, desk.now, desk.language)
    return words.time_tag(moment, text, words.absolute(moment, desk.zone))


@jinja2.pass_context
def _day(context: jinja2.runtime.Context, moment: datetime | None) -> Markup | str:
    if moment is None:
        return "–"
    desk: Desk = context["desk"]
    text = moment.astimezone(desk.zone).strftime("%Y-%m-%d")
    return words.time_tag(moment, text, words.absolute(moment, desk.zone))


@jinja2.pass_context
def _span(context: jinja2.runtime.Context, seconds: float | None) -> str:
    return "–" if seconds is None else words.span(seconds, context["desk"].language)


@jinja2.pass_context
def _what(context: jinja2.runtime.Context, what: str) -> str:
    """What a place in a text is, such as ``price 89.0 CNY``, for people."""
    return _w(context, evidence(what))


@jinja2.pass_context
def _verdict_name(context: jinja2.runtime.Context, name: str) -> str:
    return _w(context, VERDICTS[Verdict(name)])


@jinja2.pass_context
def _surface_name(context: jinja2.runtime.Context, name: str) -> str:
    return _w(context, SURFACES.get(name, words.Words(name, name)))


@jinja2.pass_context
def _tier_name(context: jinja2.runtime.Context, name: str) -> str:
    return _w(context, TIER_WORDS.get(name, words.Words(name, name)))


@jinja2.pass_context
def _pieces(
    context: jinja2.runtime.Context,
    text: str,
    places: Any,
    field: str = "text",
    *,
    whole: bool = True,
) -> list[dict[str, str]]:
    """A text cut at the edges of its evidence, each piece with its kind and words."""
    given = [
        {"field": place.field, "start": place.start, "end": place.end, "what": place.what}
        for place in places
    ]
    return [
        {
            "text": piece.text,
            "kind": piece.kind,
            "words": context["desk"].t("; ", "；").join(_what(context, one) for one in piece.whats),
        }
        for piece in pieces(text, given, field, whole=whole)
    ]
