"""Everything the service can refuse, each defined once: code, HTTP status, meaning."""

from __future__ import annotations

from typing import NamedTuple


class Kind(NamedTuple):
    """One kind of refusal."""

    status: int
    title: str
    meaning: str


KINDS: dict[str, Kind] = {
    "bad-request": Kind(400, "Not readable", "The request is not JSON, or not HTTP as it should be."),
    "unauthenticated": Kind(401, "No key", "The API key is missing, unknown, expired or revoked."),
    "forbidden": Kind(403, "Not allowed", "The key lacks the scope that this needs."),
    "same-person": Kind(403, "Another person is needed", "Whoever did the first step may not do this one."),
    "not-found": Kind(404, "Not found", "There is no such record, or no such address."),
    "method-not-allowed": Kind(405, "Not like this", "The address knows other methods."),
    "conflict": Kind(409, "Not in this state", "The record is in a state that does not allow this."),
    "claimed": Kind(409, "Taken", "Somebody else holds this case."),
    "no-record": Kind(409, "No decision record", "A policy version without a signed decision record cannot be activated."),
    "gone": Kind(410, "Gone", "The content was erased, or the time for this is over."),
    "too-large": Kind(413, "Too large", "The body is longer than the limit."),
    "unsupported": Kind(415, "Not this format", "The body is not of the type that is taken here."),
    "invalid": Kind(422, "Not valid", "A field has a wrong value, is missing, or is not known."),
    "sealed-surface": Kind(422, "The surface is sealed", "Content was sent of a surface that has none."),
    "policy-errors": Kind(422, "The policy has errors", "The policy text does not load."),
    "franking": Kind(422, "The report does not verify", "A franked report is forged, replayed, foreign or damaged."),
    "key-reused": Kind(422, "Key used before", "The idempotency key was used with another request."),
    "too-much": Kind(422, "Too much at once", "The search needs more time, memory or rows than one request may have."),
    "rate-limited": Kind(429, "Too many requests", "The key's rate is used up."),
    "internal": Kind(500, "A fault of ours", "Something failed that should not; it is in the service's log."),
    "unavailable": Kind(503, "Not available now", "Nothing was written; try again."),
    "deadline": Kind(504, "Too late", "The answer took longer than the deadline of the surface."),
}  # fmt: skip


class ServiceError(Exception):
    """The service refuses. ``detail`` says what is wrong and how to mend it.

    ``field`` is the place in the request, such as ``items[3].surface``; ``zh`` says the detail in
    Chinese, for pages; ``more`` are further facts.

    >>> error = ServiceError("invalid", "`days` is 0. Give 1 or more.", field="days")
    >>> error.kind.status
    422
    """

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        field: str | None = None,
        zh: str | None = None,
        **more: object,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.kind = KINDS[code]
        self.detail = detail
        self.field = field
        self.zh = zh
        self.more = more


def time_beyond(field: str) -> ServiceError:
    """A time is one that the calendar has in no offset but its own."""
    return ServiceError(
        "invalid",
        f"`{field}` lies beyond the years 1 to 9999 in UTC, or too near their ends to reckon with. "
        "Give another time, or leave it out.",
        field=field,
    )


def not_found(what: str, id: str) -> ServiceError:
    """There is no such record."""
    return ServiceError("not-found", f"There is no {what} {id!r}.")
