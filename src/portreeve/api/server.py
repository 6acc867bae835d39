"""The web server around the application: one process, which stops gracefully."""

from __future__ import annotations

import signal
import socket
import threading
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn

from portreeve.api.app import App
from portreeve.api.table import ROUTES
from portreeve.api.traces import Tracing, tracing
from portreeve.api.version import VERSION
from portreeve.service.errors import ServiceError

if TYPE_CHECKING:
    from portreeve.service.service import Service

_BACKLOG = 2_048


class Server:
    """Serves a service that was started. The port is taken when it is made."""

    def __init__(self, service: Service) -> None:
        """Take the port of the settings.

        Raises:
            ServiceError: ``invalid``, when it cannot be taken.
        """
        settings = service.context.settings
        self._socket = _listen(settings.host, settings.port)
        self._tracing: Tracing = tracing(settings.traces, VERSION)
        self._server = uvicorn.Server(
            uvicorn.Config(
                App(service, ROUTES, self._tracing),
                loop="uvloop",
                http="httptools",
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=round(settings.drain_seconds),
            )
        )
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Its address."""
        host, port = self._socket.getsockname()[:2]
        name = f"[{host}]" if ":" in host else host
        return f"http://{name}:{port}"

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT; then take no more, and finish what is under way."""

        def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
            self._server.should_exit = True

        # uvicorn raises the signal anew when it is done: it finds these handlers, and all ends well
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        self._server.run(sockets=[self._socket])
        self._close()

    def start(self) -> None:
        """Serve in a thread, until :meth:`stop`."""
        self._thread = threading.Thread(
            target=self._server.run, args=([self._socket],), name="portreeve-http", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Take no more, and finish what is under way."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join()
        self._close()

    def _close(self) -> None:
        self._socket.close()
        self._tracing.close()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ServiceError(
            "invalid",
            f"Port {port} of {host} cannot be taken: {reason}. Give another with --port, "
            "or 0 for any that is free.",
            field="port",
        ) from None
