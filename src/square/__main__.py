"""``python -m square``: Square in one process."""

from __future__ import annotations

import argparse
import resource
from pathlib import Path

import uvicorn

from square.app import make
from square.settings import Settings


def main() -> None:
    """Serve Square until it is told to stop."""
    parser = argparse.ArgumentParser(
        prog="square",
        description="Square, a small friends' network governed by Portreeve.",
        epilog="Example: python -m square --portreeve http://127.0.0.1:8014 "
        "--key-file portreeve-data/admin.key --data square-data",
    )
    parser.add_argument("--portreeve", required=True, help="address of the service")
    parser.add_argument("--key-file", required=True, type=Path, help="file with an API key")
    parser.add_argument("--data", default="square-data", type=Path, help="folder of all it keeps")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", default=8024, type=int, help="port")
    parser.add_argument("--network", default="acquaintance", help="the policy that governs it")
    given = parser.parse_args()
    settings = Settings(
        data=given.data,
        portreeve=given.portreeve,
        key=given.key_file.read_text().strip(),
        host=given.host,
        port=given.port,
        network=given.network,
    )
    # a process that ends by a fault writes no memory down: it holds what people wrote. With a limit
    # of 0, Linux would still hand it to a program that collects cores; with 1 to nobody
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (1 if most else 0, most))
    print(f"Square at {settings.address}", flush=True)
    uvicorn.run(make(settings), host=settings.host, port=settings.port, log_level="warning")


if __name__ == "__main__":
    main()
