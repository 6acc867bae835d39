"""``portreeve keys``: API keys, made and revoked in the store itself.

It is for whoever can read the data folder: so a lost administrator's key is no lost service.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from portreeve.cli.store import Data, opened
from portreeve.schemas.access import Scope

if TYPE_CHECKING:
    from portreeve.service.keys import Keys

app = typer.Typer(
    name="keys",
    help="Make, list and revoke API keys in the store itself.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Who will use it.", metavar="NAME")],
    scope: Annotated[
        list[str],
        typer.Option(
            help=f"What it allows, with commas between: {', '.join(Scope)}.", show_default=False
        ),
    ],
    data: Data = None,
) -> None:
    """Make a key and print its secret, which is shown this once.

    Give every person a key of their own: who must not be the same person is told apart by the
    key's name. A service that runs knows the key at once.

    Example: portreeve keys create ann --scope cases,evidence
    """
    import msgspec

    from portreeve.schemas.keys import NewKey
    from portreeve.service.actor import PORTREEVE
    from portreeve.service.errors import ServiceError

    try:
        new = msgspec.convert({"name": name, "scopes": _scopes(scope)}, NewKey)
    except msgspec.ValidationError as error:
        raise ServiceError("invalid", f"{error}.") from None
    with _keys(data) as keys:
        typer.echo(keys.create(PORTREEVE, new).secret)


@app.command("list")
def list_keys(data: Data = None) -> None:
    """Print all keys, one a line of JSON, without their secrets.

    Example: portreeve keys list --data portreeve-data
    """
    import msgspec

    from portreeve.schemas.base import Paging
    from portreeve.service.actor import PORTREEVE

    with _keys(data) as keys:
        paging = Paging(limit=500)
        while True:
            page = keys.list(PORTREEVE, paging)
            for key in page.items:
                typer.echo(msgspec.json.encode(key).decode())
            if page.next is None:
                return
            paging = Paging(limit=500, cursor=page.next)


@app.command()
def revoke(
    id: Annotated[str, typer.Argument(help="The key's id.", metavar="ID")], data: Data = None
) -> None:
    """Stop a key from working, for good, within two seconds.

    Example: portreeve keys revoke key_01a219d4a6c9b01aac5db1e7acd44c07
    """
    from portreeve.service.actor import PORTREEVE

    with _keys(data) as keys:
        typer.echo(f"Revoked {keys.revoke(PORTREEVE, id).id}.")


def _scopes(given: list[str]) -> list[str]:
    from portreeve.service.errors import ServiceError

    names = [name.strip() for several in given for name in several.split(",") if name.strip()]
    for name in names:
        if name not in set(Scope):
            raise ServiceError(
                "invalid", f"There is no scope {name!r}. There are: {', '.join(Scope)}."
            )
    return names


@contextmanager
def _keys(data: str | None) -> Iterator[Keys]:
    from portreeve.service.keys import Keys

    with opened(data) as context:
        yield Keys(context)
