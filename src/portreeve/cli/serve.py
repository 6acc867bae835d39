"""``portreeve serve``: the service, with screening in a process of its own."""

from __future__ import annotations

import os
import resource
from typing import Annotated

import typer


def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on.  [default: 127.0.0.1]")
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Port; 0 takes a free one.  [default: 8014]")
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(help="Folder of everything the service keeps.  [default: portreeve-data]"),
    ] = None,
    log_level: Annotated[
        str | None, typer.Option(help="debug, info, warning or error.  [default: info]")
    ] = None,
) -> None:
    """Serve the HTTP API and the console until it is told to stop (SIGTERM, Ctrl+C).

    Nothing needs to be configured. Settings come from the environment, PORTREEVE_...;
    docs/settings.md lists them. On an empty store an administrator's key is made and written
    to admin.key in the data folder, and a one-time link is printed: whoever opens it becomes
    the first administrator of the console.

    Example: portreeve serve --port 8014 --data portreeve-data
    """
    # numpy reads it when it is imported: in huge pages the tables of memory, sparse and filled at
    # random, take up more than they hold, and answers are no faster for it
    os.environ.setdefault("NUMPY_MADVISE_HUGEPAGE", "0")
    from portreeve.service.apart.process import ScreeningProcess
    from portreeve.service.settings import from_environment

    given = {"HOST": host, "PORT": port, "DATA": data, "LOG_LEVEL": log_level}
    chosen = {f"PORTREEVE_{name}": str(value) for name, value in given.items() if value is not None}
    settings = from_environment({**os.environ, **chosen})
    _leave_no_core()
    apart = None
    if settings.screen_apart:
        # both load what they need at the same time
        apart = ScreeningProcess()
        apart.begin()
    from portreeve.http.version import VERSION
    from portreeve.server import Server
    from portreeve.service import logs
    from portreeve.service.keys import FIRST_KEY_FILE
    from portreeve.service.service import Service

    logs.configure(settings.log_level)
    service = Service.open(settings, apart)
    made = service.keys.first_key()
    server = Server(service, ready=lambda: typer.echo("Ready."))
    typer.echo(f"Portreeve {VERSION} at {server.url}")
    typer.echo(f"  API    {server.url}/openapi.json")
    typer.echo(f"  pages  {server.url}/console")
    typer.echo(f"  data   {service.context.folder}")
    path = service.context.folder / FIRST_KEY_FILE
    if made is not None:
        typer.echo(f"  key    {path} (an administrator's, made now: keep it safe)")
    elif path.exists():
        typer.echo(f"  key    {path}")
    link = service.joining.first_link()
    if link is not None:
        base = (settings.public_url or server.url).rstrip("/")
        typer.echo("  first  open this once to be the first administrator:")
        typer.echo(f"         {base}/console/first?token={link.secret}")
    typer.echo("Starting ...")
    server.run()
    typer.echo("Stopped.")


def _leave_no_core() -> None:
    """A process that ends by a fault writes no memory down: it holds what people wrote.

    With a limit of 0, Linux would still hand it to a program that collects cores; with 1 it does
    not, and writes no file either.
    """
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (1 if most else 0, most))
