"""Services over SQLite and over PostgreSQL; a server that may be stopped is a test's own."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from faults.process import Service
from service import postgres
from service.conftest import *  # noqa: F403 - the fixtures of both databases

KILLS = int(os.environ.get("PORTREEVE_TEST_KILLS", "2"))
"""How often a process is killed under load."""
AWAY = float(os.environ.get("PORTREEVE_TEST_AWAY", "4"))
"""For how many seconds the database is away."""


@pytest.fixture(scope="package")
def server() -> Iterator[postgres.Server]:
    """A PostgreSQL server that tests may freeze and stop."""
    bin = postgres.programs()
    if bin is None:
        pytest.skip("PostgreSQL is not installed")
    server = postgres.Server(bin)
    yield server
    server.thaw()
    server.stop()


_numbers = itertools.count()


@pytest.fixture
def address(server: postgres.Server) -> str:
    """The address of a new, empty database."""
    name = f"fault_{next(_numbers)}"
    server.run(f"CREATE DATABASE {name}")
    return server.url(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Service]:
    """A service over a new store, not started."""
    database = None if request.param == "sqlite" else request.getfixturevalue("address")
    service = Service(tmp_path / "data", database=database)
    yield service
    service.close()
