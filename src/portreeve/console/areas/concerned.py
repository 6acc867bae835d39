"""A decision's own page, for the person concerned: by a link, without login, without JavaScript."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import datetime, tzinfo

import msgspec

from portreeve.console import cookies
from portreeve.console.desk import GUARD, Desk
from portreeve.console.rates import Rate
from portreeve.console.routes import PUBLIC, Pages
from portreeve.console.words import LANGUAGES, Language
from portreeve.enforcement.notice import moment, quotes
from portreeve.http.call import Reply
from portreeve.schemas.concerned import DecisionPage, WordsOfAppeal
from portreeve.service.errors import ServiceError

pages = Pages("concerned")

READING = Rate(each=1.0, at_once=20, all=100.0)
"""Looks at a page: enough for whoever reads it, and for a phone that loads it again and again."""

APPEALING = Rate(each=1 / 60, at_once=5, all=20.0)
"""Appeals sent, those with a mistake in them too."""

GUESSING = Rate(each=1.0, at_once=20, all=50.0)
"""Links that are none of ours, read or appealed: whoever makes them up takes nothing from the
others."""

_ASKS = re.compile(r"(^|,)\s*(zh|en)\b")
"""A browser that asks for one of the languages there are, be it as its second choice."""

_PRIVATE = [
    *(pair for pair in GUARD if pair[0] not in (b"referrer-policy", b"x-robots-tag")),
    # no path goes anywhere; the bare origin, so that browsers can say where a form comes from
    (b"referrer-policy", b"strict-origin"),
    (b"x-robots-tag", b"noindex, nofollow, noarchive, nosnippet"),
]


class AppealForm(msgspec.Struct, frozen=True, kw_only=True):
    """What the person says."""

    words: str = ""


@pages.get("/d/{token}", PUBLIC)
def show_decision(desk: Desk, token: str) -> Reply:
    """A decision, for the person concerned: what, why, what it costs, how to appeal, how far."""
    return _answered(desk, token, READING, lambda: _shown(desk, token))


@pages.get("/d/{token}/appeal", PUBLIC)
def find_appeal(desk: Desk, token: str) -> Reply:
    """The same page: whoever loads it again after a mistake in the form finds it."""
    return show_decision(desk, token)  # type: ignore[no-any-return]


@pages.post("/d/{token}/appeal", PUBLIC)
def send_appeal(desk: Desk, token: str, form: AppealForm) -> Reply:
    """Contest the decision, once, free of charge."""

    def send() -> Reply:
        try:
            words = msgspec.convert({"words": form.words.strip()}, WordsOfAppeal)
        except msgspec.ValidationError:
            return _shown(desk, token, written=form.words, error=_no_words(form.words))
        try:
            desk.service.concerned.appeal(token, words)
        except ServiceError as error:
            if error.code not in ("conflict", "gone"):
                raise
        # appealed before, or too late: the page says so
        return desk.go(f"/d/{_safe(token)}#appeal")

    return _answered(desk, token, APPEALING, send)


def _answered(desk: Desk, token: str, rate: Rate, answer: Callable[[], Reply]) -> Reply:
    """An answer with the headers of a private page; one and the same for links that open none."""
    name = hashlib.sha256(token.encode()).hexdigest()
    try:
        (rate if desk.service.concerned.is_link(token) else GUESSING).spend(name)
        reply = answer()
    except ServiceError as error:
        if error.code not in ("not-found", "rate-limited"):
            raise
        desk.call.code = error.code
        reply = desk.page("concerned/closed.html.j2", status=error.kind.status, error=error)
        if error.code == "rate-limited":
            reply.headers.append((b"retry-after", str(error.more["retry_after"]).encode()))
    reply.guard = _PRIVATE
    return reply


def _shown(
    desk: Desk, token: str, *, written: str = "", error: ServiceError | None = None
) -> Reply:
    page = desk.service.concerned.page(token, _chosen(desk))
    desk.language = page.language
    return desk.page(
        "concerned/decision.html.j2",
        status=200 if error is None else error.kind.status,
        page=page,
        quotes=[(quote.words, quote.what.split(", ")) for quote in quotes(page, page.evidence)],
        rules=_rules(desk, page),
        written=written,
        error=error,
        token=token,
        moment=_moments(page),
    )


def _chosen(desk: Desk) -> Language | None:
    """The language that the reader chose, or that their browser asks for; None: the account's."""
    asked = (desk.call.query().get("language") or [""])[-1]
    kept = cookies.read(desk.call.headers.get(b"cookie", b"")).get(cookies.LANGUAGE)
    header = desk.call.headers.get(b"accept-language", b"")
    says_so = bool(_ASKS.search(header.decode("latin-1").lower()))
    return desk.language if says_so or asked in LANGUAGES or kept in LANGUAGES else None


def _rules(desk: Desk, page: DecisionPage) -> str:
    """Where the version that decided can be read."""
    version = page.policy.partition("@")[2]
    networks = {one.name: one.policy for one in desk.service.public_policies.networks()}
    current = networks.get(page.network) == page.policy
    return f"/policy/{page.network}" + ("" if current else f"?version={version}")


def _moments(page: DecisionPage) -> Callable[[datetime], str]:
    zone: tzinfo | None = page.decided.tzinfo
    assert zone is not None

    def said(time: datetime) -> str:
        return moment(time, page.language, zone)

    return said


def _no_words(words: str) -> ServiceError:
    if words.strip():
        return ServiceError(
            "invalid", "That is too long: 10,000 characters at most.", field="words",
            zh="内容太长，最多10000个字符。",
        )  # fmt: skip
    return ServiceError(
        "invalid", "Say in your own words why the decision is wrong.", field="words",
        zh="请用自己的话说明这个决定为什么不对。",
    )  # fmt: skip


def _safe(token: str) -> str:
    """A token as it can stand in an address; none of ours is changed by it."""
    return "".join(letter for letter in token if letter.isascii() and letter.isalnum())
