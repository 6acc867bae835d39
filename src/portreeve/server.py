"""The web server around the doors: API and console on one port, in one process that stops well."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn

from portreeve.api.app import App
from portreeve.api.table import ROUTES
from portreeve.console.app import Console
from portreeve.console.table import PAGES
from portreeve.http.call import Receive, Scope, Send
from portreeve.http.protocol import BoundedProtocol
from portreeve.http.traces import Tracing, tracing
from portreeve.http.version import VERSION
from portreeve.service.errors import ServiceError

if TYPE_CHECKING:
    from portreeve.service.service import Service

_BACKLOG = 2_048
_WAIT_SECONDS = 5.0
_PEOPLE = ("/console", "/policy", "/d/", "/static/", "/favicon.ico")


class Doors:
    """API and console: what the address of a request begins with says whose it is."""

    def __init__(self, api: App, console: Console, *, give_up: Callable[[], None]) -> None:
        """``give_up``: tells whoever still waits for the database that it does not answer."""
        self._api = api
        self._console = console
        self._give_up = give_up

    def open(self) -> None:
        """The service is started."""
        self._api.open = self._console.open = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; of the lifespan only the end matters here."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            door = self._console if _for_people(scope) else self._api
            await door(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        patience = threading.Timer(_WAIT_SECONDS, self._give_up)
        patience.start()
        self._api.close()
        self._console.close()
        patience.cancel()
        await send({"type": "lifespan.shutdown.complete"})


def _for_people(scope: Scope) -> bool:
    """Whether a browser asks for a page, also where it asks for nothing but the host."""
    path: str = scope["path"]
    if path == "/":
        accepted = dict(scope["headers"]).get(b"accept", b"")
        return b"text/html" in accepted
    return path.startswith(_PEOPLE)


class Server:
    """Serves a service from its start to its stop. The port is taken when it is made."""

    def __init__(self, service: Service, *, ready: Callable[[], None] = lambda: None) -> None:
        """Take the port of the settings. ``ready`` is called once the service is started.

        Raises:
            ServiceError: ``invalid``, when it cannot be taken.
        """
        settings = service.context.settings
        self._service = service
        self._ready = ready
        self._socket = _listen(settings.host, settings.port)
        self._tracing: Tracing = tracing(settings.traces, VERSION)
        self._doors = Doors(
            App(service, ROUTES, self._tracing),
            Console(service, PAGES, self._tracing, ending=lambda: self._server.should_exit),
            give_up=service.give_up,
        )
        self._server = uvicorn.Server(
            uvicorn.Config(
                self._doors,
                loop="uvloop",
                http=BoundedProtocol,
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                # the setting `trusted_proxies` says whose X-Forwarded-For counts; uvicorn would
                # take anybody's that comes from this machine
                proxy_headers=False,
                timeout_graceful_shutdown=round(settings.drain_seconds),
            )
        )
        self._failure: Exception | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Its address."""
        host, port = self._socket.getsockname()[:2]
        name = f"[{host}]" if ":" in host else host
        return f"http://{name}:{port}"

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT; then take no more, and finish what is under way.

        While the service starts, only what needs no key is answered.

        Raises:
            Exception: the service could not be started, for this reason.
        """

        def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
            self._server.should_exit = True

        # uvicorn raises the signal anew when it is done: it finds these handlers, and all ends well
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        self._run()

    def start(self) -> None:
        """Serve in a thread, until :meth:`stop`; for tests and for programs around it."""
        self._thread = threading.Thread(target=self._run, name="portreeve-http", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take no more, and finish what is under way."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        starting = threading.Thread(target=self._start_service, name="portreeve-start")
        starting.start()
        self._server.run(sockets=[self._socket])
        self._socket.close()
        starting.join()
        self._service.stop()
        self._tracing.close()
        if self._failure is not None:
            raise self._failure

    def _start_service(self) -> None:
        try:
            self._service.start()
        except Exception as error:
            self._failure = error
            self._server.should_exit = True
        else:
            self._doors.open()
            self._ready()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except socket.gaierror:
        reason = "there is no such address"
    except OverflowError:
        reason = "ports end at 65535"
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
    raise ServiceError(
        "invalid",
        f"Port {port} of {host} cannot be taken: {reason}. Give another with --port, "
        "or 0 for any that is free.",
        field="port",
    )
