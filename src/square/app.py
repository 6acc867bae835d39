"""Square as an application: its pages, the address at which it hears Portreeve, its pictures."""

from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from importlib.resources import files
from pkgutil import iter_modules

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from portreeve.client import Client, PortreeveError
from square import pages, web
from square.database import Database
from square.franking import Stamper
from square.governance import Governor
from square.governance.market import Market
from square.settings import Settings

HEARD_AT = "/portreeve"
"""Where Portreeve tells Square what happens."""

_AGAIN_SECONDS = 1.0
_log = logging.getLogger("square")


def make(settings: Settings) -> Starlette:
    """Put Square together; it asks and hears Portreeve from its start to its end."""
    for module in iter_modules(pages.__path__):
        import_module(f"{pages.__name__}.{module.name}")
    database = Database(settings.data)
    client = Client(settings.portreeve, settings.key, timeout=10, retries=1)
    pictures = settings.data / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    stamper = Stamper(settings.data)
    governor = Governor(database, client, settings.network, stamper, pictures)
    market = Market(database, client, settings.network)
    governor.also(market.hears, market.beside)

    @asynccontextmanager
    async def living(_: Starlette) -> AsyncIterator[None]:
        over = threading.Event()
        thread = threading.Thread(
            target=_keep_up, args=(governor, settings, over), name="square-governor", daemon=True
        )
        thread.start()
        yield
        over.set()
        governor.telling.due.set()
        await run_in_threadpool(thread.join, 5)
        client.close()

    app = Starlette(
        routes=[
            Route(HEARD_AT, _hear, methods=["POST"]),
            *web.ROUTES,
            Mount("/static", StaticFiles(directory=str(files("square") / "static"))),
        ],
        lifespan=living,
    )
    app.state.database = database
    app.state.governor = governor
    app.state.market = market
    app.state.settings = settings
    return app


async def _hear(request: Request) -> Response:
    """A message of Portreeve's. Any other answer than 2xx brings it again later."""
    governor: Governor = request.app.state.governor
    body = await request.body()
    try:
        await run_in_threadpool(governor.hear, request.headers, body)
    except ValueError as error:
        return Response(str(error), 400)
    except PortreeveError:
        return Response("It cannot be acted on now.", 503)
    return Response(status_code=204)


def _keep_up(governor: Governor, settings: Settings, over: threading.Event) -> None:
    """Be told of what happens, and ask about what could not be asked about."""
    listening = False
    while not over.is_set():
        try:
            if not listening:
                governor.listen(settings.address + HEARD_AT)
                governor.opened.introduce()
                listening = True
            governor.catch_up()
        except PortreeveError as error:
            _log.warning("Portreeve: %s", error.code)
            over.wait(_AGAIN_SECONDS)
        except Exception as error:  # whatever it is, what waits must be asked about again
            _log.error("it goes on after a fault: %s", type(error).__name__)
            over.wait(_AGAIN_SECONDS)
        governor.telling.due.wait(_AGAIN_SECONDS)
