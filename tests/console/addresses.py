"""For every page of the console what to open in the invented world, and as whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from portreeve.console.routes import Page
from portreeve.console.table import PAGES
from portreeve.schemas.people import Role
from portreeve.service.roles import scopes_of

from .bands import AGENTS, SLIDER
from .dealings import CREAM, SCARF
from .posts import BOOKS, CHEN, SLIM
from .shops import HOSPITAL, SNACKS
from .staff import BY_ROLE

Ids = Mapping[str, str]

_LOOKED_AT_BY = (
    Role.senior, Role.reviewer, Role.policy_author, Role.approver, Role.analyst, Role.auditor,
    Role.administrator,
)  # fmt: skip


@dataclass(frozen=True)
class Look:
    """One page opened once."""

    path: str
    """The page's own, with its places."""
    address: str
    who: str | None
    """Who opens it; None: somebody who is not signed in."""

    @property
    def name(self) -> str:
        """Short, for the ids of tests and the names of files."""
        words = self.path.strip("/").replace("/", ".").translate({ord("{"): None, ord("}"): None})
        return f"{words}@{self.who or 'nobody'}"


def _case(name: str) -> Callable[[Ids], str]:
    return lambda ids: ids[f"case:{name}"]


def _joined(ids: Ids) -> str:
    """A campaign with what posts said, and how two of its accounts are joined."""
    return f"/console/campaigns/{ids['campaign']}?one={AGENTS[0]}&other={AGENTS[9]}&evidence=0"


PLACES: dict[str, tuple[Callable[[Ids], str] | str, ...]] = {
    # what stands in place of the parts of a path that vary, in order
    "/console/cases/{id}": (_case("p-215"),),
    "/console/appeals/{id}": (lambda ids: ids["appeal:p-256"],),
    "/console/decisions/{id}": (lambda ids: ids["decision:p-229"],),
    "/console/accounts/{id}": (SLIM,),
    "/console/campaigns/{id}": (lambda ids: ids["campaign"],),
    "/console/picture-banks/{id}": (lambda ids: ids["bank"],),
    "/console/merchants/{account}": (SNACKS,),
    "/console/ads/{id}": ("ad-eyes",),
    "/console/partners/{id}": ("mall",),
    "/console/deals/{id}": ("notebooks",),
    "/console/live-sales/{id}/orders/{order}": (CREAM, f"{CREAM}-1"),
    "/console/live-sales/{id}": (CREAM,),
    "/console/policies/{name}": ("acquaintance",),
    "/console/policies/{name}/{version}": ("acquaintance", "2026-12"),
    "/console/policies/{name}/{version}/shadow": ("acquaintance", "2026-11"),
    "/console/passes/{id}": (lambda ids: ids["pass"],),
    "/console/drafts/{id}": (lambda ids: ids["draft"],),
    "/console/people/{name}": ("cam",),
    "/console/settings/webhooks/{id}": (lambda ids: ids["webhook:newsletter"],),
    "/console/rules/{network}/{rule}": ("acquaintance", "moments.likely-selling-waits"),
    "/d/{token}/appeal": (lambda ids: ids["token:p-229"],),
    "/d/{token}": (lambda ids: ids["token:p-103"],),
    "/policy/{name}": ("acquaintance",),
}
"""A path that is longer has the places of the longest beginning that stands here."""

QUERIES: dict[str, Callable[[Ids], str]] = {
    "/console/search": lambda _: (
        "?where=promotion+%3E+0.5+AND+verdict+%3C%3E+%27allow%27&range=30d"
    ),
    "/console/link": lambda ids: f"?token={ids['link:joy']}",
}
"""What a page is asked, where it shows little otherwise."""

STATUS: dict[str, int] = {
    "/console/first": 410,  # there is an administrator
    "/console/login/code": 410,  # nobody has given a password
    "/console/search?where=promotoin+%3E+0.5": 422,
}
"""Pages, or addresses of them, that say why they cannot be used so."""

NOT_SHOWN: dict[str, str] = {
    "/console/login/oidc": "leads to the provider; tests of single sign-on go there",
    "/console/evidence/{decision}/pictures/{picture}": "a picture, which stands in other pages",
    "/console/login/oidc/callback": "is led to by the provider",
}
"""Pages that nobody sees, and why."""

MORE: tuple[tuple[str, Callable[[Ids], str], str | None], ...] = (
    # the same pages where they look different: the page, the address, as whom
    ("/console/cases/{id}", lambda ids: f"/console/cases/{ids['case:p-213']}", "ben"),
    ("/console/cases/{id}", lambda ids: f"/console/cases/{ids['case:p-182']}", "sun"),
    ("/console/cases/{id}", lambda ids: f"/console/cases/{ids['case:p-121']}", "cam"),
    ("/console/cases/{id}", lambda ids: f"/console/cases/{ids['case:p-204']}", "cam"),
    ("/console/accounts/{id}", lambda _: f"/console/accounts/{quote(CHEN)}", "ana"),
    ("/console/accounts/{id}", lambda _: f"/console/accounts/{quote(BOOKS)}", "ada"),
    ("/console/accounts/{id}", lambda _: f"/console/accounts/{SLIDER}", "sun"),
    ("/console/campaigns/{id}", _joined, "sun"),
    ("/console/campaigns/{id}", lambda ids: f"/console/campaigns/{ids['campaign']}", "cam"),
    ("/d/{token}", lambda ids: f"/d/{ids['token:p-256']}", None),
    ("/d/{token}", lambda ids: f"/d/{ids['token:p-229']}", None),
    ("/console/merchants/{account}", lambda _: f"/console/merchants/{HOSPITAL}", "sun"),
    ("/console/ads/{id}", lambda _: "/console/ads/ad-quack", "uma"),
    ("/console/partners/{id}", lambda _: "/console/partners/diary", "ada"),
    ("/console/interests", lambda _: "/console/interests", "uma"),
    ("/console/deals/{id}", lambda _: f"/console/deals/lamps?account={quote('zhao-lei')}", "sun"),
    ("/console/live-sales/{id}", lambda _: f"/console/live-sales/{SCARF}?profile=cn-2022", "ada"),
    (
        "/console/live-sales/{id}/orders/{order}",
        lambda _: f"/console/live-sales/{CREAM}/orders/{CREAM}-3",
        "sun",
    ),
    ("/console/ledger/accounts", lambda _: "/console/ledger/accounts?of=zhao-lei", "ada"),
    ("/console/picture-banks", lambda _: "/console/picture-banks", "ada"),
    ("/console/picture-banks/{id}", lambda ids: f"/console/picture-banks/{ids['bank']}", "ada"),
    ("/console/search", lambda _: "/console/search?group=surface&group=verdict&range=all", "ana"),
    ("/console/search", lambda _: "/console/search?where=promotoin+%3E+0.5", "ana"),
    ("/console/audit", lambda _: "/console/audit?by=ben", "uma"),
    ("/console/settings/health", lambda _: "/console/settings/health?examine=yes", "ada"),
    ("/console", lambda _: "/console", "ada"),
    ("/console", lambda _: "/console", "uma"),
)


def looks(path: str, ids: Ids) -> list[Look]:
    """What to open of a page: it itself, and where it looks different.

    Raises:
        KeyError: the page has places that nothing here fills.
    """
    page = next(page for page in PAGES if page.path == path and page.method == "GET")
    query = QUERIES.get(path, lambda _: "")(ids)
    first = Look(path, _address(path, ids) + query, _who(page))
    return [first, *(Look(path, of(ids), who) for more, of, who in MORE if more == path)]


def is_shown(page: Page) -> bool:
    """Whether it is something that people look at."""
    return page.method == "GET" and page.kind == "page" and page.path not in NOT_SHOWN


def _who(page: Page) -> str | None:
    if not page.needs.signed_in:
        return None
    for role in _LOOKED_AT_BY:
        scopes = scopes_of([role])
        if page.needs.met(lambda scope, scopes=scopes: scope in scopes):
            return BY_ROLE[role]
    return BY_ROLE[Role.administrator]


def _address(path: str, ids: Ids) -> str:
    if "{" not in path:
        return path
    beginning = path
    while beginning not in PLACES:
        beginning, slash, _ = beginning.rpartition("/")
        if not slash:
            raise KeyError(f"tests/console/addresses.py: fill the places of {path}")
    address = path
    for given in PLACES[beginning]:
        value = given if isinstance(given, str) else given(ids)
        before, _, after = address.partition("{")
        address = before + quote(value, safe="") + after.partition("}")[2]
    if "{" in address:
        raise KeyError(f"tests/console/addresses.py: fill the places of {path}")
    return address
