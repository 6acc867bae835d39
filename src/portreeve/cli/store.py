"""Opening the store itself, for commands of whoever can read the data folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from portreeve.service.context import Context

Data = Annotated[
    str | None,
    typer.Option(help="The service's data folder.  [default: portreeve-data]", show_default=False),
]


@contextmanager
def opened(data: str | None) -> Iterator[Context]:
    """The store of a data folder, or of the database that the environment names; never a new one.

    Raises:
        ServiceError: ``invalid``, when there is none.
    """
    import os

    from portreeve.service.context import missing_file, open_context
    from portreeve.service.errors import ServiceError
    from portreeve.service.settings import from_environment

    chosen = {} if data is None else {"PORTREEVE_DATA": data}
    settings = from_environment({**os.environ, **chosen})
    missing = missing_file(settings)
    if missing is not None:
        raise ServiceError(
            "invalid",
            f"There is no {missing}. Name the data folder with --data; "
            "`portreeve serve` makes a new one.",
        )
    context = open_context(settings)
    try:
        yield context
    finally:
        context.database.close()
