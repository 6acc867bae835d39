"""``portreeve people``: who may sign in to the console, added and let in again in the store itself.

It is for whoever can read the data folder: so an administrator who lost their way in is no lost
service. A service that runs need not be stopped.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from portreeve.cli.store import Data, opened

if TYPE_CHECKING:
    from portreeve.schemas.people import Link, Role
    from portreeve.service.people import People

app = typer.Typer(
    name="people",
    help="Add people who may sign in to the console, and make one-time links for them.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of the address alone.")]
_ROLES = "reviewer, senior, policy-author, approver, analyst, auditor, administrator"


class _Opened(NamedTuple):
    people: People
    base: str


@app.command("list")
def list_people(data: Data = None) -> None:
    """Print everybody, one a line of JSON, without their secrets.

    Example: portreeve people list --data portreeve-data
    """
    import msgspec

    from portreeve.service.actor import PORTREEVE

    with _opened(data) as store:
        for person in store.people.list(PORTREEVE):
            typer.echo(msgspec.json.encode(person).decode())


@app.command()
def add(
    name: Annotated[
        str, typer.Argument(help="What the audit log is to know them by.", metavar="NAME")
    ],
    role: Annotated[
        list[str],
        typer.Option(help=f"What they do, with commas between: {_ROLES}.", show_default=False),
    ],
    shown: Annotated[
        str | None, typer.Option(help="Their name as others see it.", show_default=False)
    ] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Add somebody, and print a one-time link with which they set a password.

    Example: portreeve people add ann --role reviewer,analyst --shown "Ann Lee"
    """
    from portreeve.schemas.people import NewPerson
    from portreeve.service.actor import PORTREEVE

    new = NewPerson(name=name, shown=shown, roles=_roles(role))
    with _opened(data) as store:
        person = store.people.add(PORTREEVE, new)
        _print(store.people.link(PORTREEVE, person.name), store.base, json=json)


@app.command()
def link(
    name: Annotated[str, typer.Argument(help="Who is to be let in.", metavar="NAME")],
    data: Data = None,
    json: Json = False,
) -> None:
    """Print a new one-time link for somebody who cannot sign in any more.

    Once it is used, their old password and second factor are worth nothing. Somebody who is
    disabled is enabled first.

    Example: portreeve people link ann
    """
    from portreeve.service.actor import PORTREEVE

    with _opened(data) as store:
        store.people.enable(PORTREEVE, name)
        _print(store.people.link(PORTREEVE, name), store.base, json=json)


def _print(link: Link, base: str, *, json: bool) -> None:
    import msgspec

    url = f"{base}/console/link?token={link.secret}"
    if json:
        told = {"url": url, "person": link.person, "purpose": link.purpose, "expires": link.expires}
        url = msgspec.json.encode(told).decode()
    typer.echo(url)


def _roles(given: list[str]) -> list[Role]:
    from portreeve.schemas.people import Role
    from portreeve.service.errors import ServiceError

    names = [name.strip() for several in given for name in several.split(",") if name.strip()]
    for name in names:
        if name not in set(Role):
            raise ServiceError(
                "invalid", f"There is no role {name!r}. There are: {', '.join(Role)}."
            )
    return [Role(name) for name in names]


@contextmanager
def _opened(data: str | None) -> Iterator[_Opened]:
    from portreeve.service.attempts import Attempts
    from portreeve.service.people import People
    from portreeve.service.sessions import Sessions

    with opened(data) as context:
        settings = context.settings
        base = settings.public_url or f"http://{settings.host}:{settings.port}"
        people = People(context, Sessions(context), Attempts(context))
        yield _Opened(people, base.rstrip("/"))
