"""The register of conflicts of interest: parties that the company has a stake in."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from portreeve.console import trade_words
from portreeve.console.desk import Desk
from portreeve.console.routes import Pages
from portreeve.console.words import Words
from portreeve.http import problems
from portreeve.http.call import Reply
from portreeve.schemas.access import Scope
from portreeve.schemas.commerce.partners import EndInterest, InterestQuery, NewInterest
from portreeve.service.errors import ServiceError

pages = Pages("partners")

_ROWS = 50


class RegisterQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries."""

    party: Annotated[str, Meta(max_length=512)] | None = None
    cursor: str | None = None


class StakeForm(msgspec.Struct, frozen=True, kw_only=True):
    """A stake to be written down."""

    party: str = ""
    kind: str = "invested"
    begins: date | None = None


class EndForm(msgspec.Struct, frozen=True, kw_only=True):
    """On which day a stake ended."""

    ends: date


@pages.get("/console/interests", Scope.partners, Scope.interests, Scope.audit)
def show_interests(desk: Desk, query: RegisterQuery) -> Reply:
    """The register of conflicts of interest, the newest entry first, ended ones too."""
    return _register(desk, query)


@pages.post("/console/interests", Scope.interests)
def add_interest(desk: Desk, form: StakeForm) -> Reply:
    """Write down that the company has a stake in a party."""
    sent: dict[str, object] = {"party": form.party.strip(), "kind": form.kind}
    if form.begins is not None:
        sent["begins"] = datetime.combine(form.begins, time.min, desk.zone).astimezone(UTC)
    try:
        desk.service.interests.register(desk.actor, msgspec.convert(sent, NewInterest))
    except msgspec.ValidationError as wrong:
        error = problems.invalid(wrong, NewInterest)
        told = ServiceError(
            error.code, error.detail, field=error.field, zh="请填写主体和开始日期。"
        )
        return _register(desk, RegisterQuery(), form, told)
    return desk.go("/console/interests", done=Words("Written down.", "已登记。"))


@pages.post("/console/interests/{id}/end", Scope.interests)
def end_interest(desk: Desk, id: str, form: EndForm) -> Reply:
    """Note the day on which a stake ended; the entry stays."""
    midnight = datetime.combine(form.ends, time.min, desk.zone) + timedelta(days=1)
    today = form.ends == desk.now.astimezone(desk.zone).date()
    ends = desk.now if today else midnight.astimezone(UTC)
    try:
        desk.service.interests.end(desk.actor, id, EndInterest(ends=ends))
    except ServiceError as error:
        if error.code == "not-found":
            raise
        return _register(desk, RegisterQuery(), None, error)
    return desk.go("/console/interests", done=Words("Its end is noted.", "已记录结束时间。"))


def _register(
    desk: Desk,
    query: RegisterQuery,
    form: StakeForm | None = None,
    error: ServiceError | None = None,
) -> Reply:
    wanted = InterestQuery(party=query.party, cursor=query.cursor, limit=_ROWS)
    found = desk.service.interests.list(desk.actor, wanted)
    return desk.page(
        "partners/interests.html.j2",
        status=200 if error is None else error.kind.status,
        stakes=found.items,
        next=found.next,
        query=query,
        form=form or StakeForm(),
        today=desk.now.astimezone(desk.zone).date(),
        error=error,
        trade=trade_words,
    )
