"""Databases for tests: each test that asks for ``database`` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from portreeve.service.context import Context
from portreeve.store import Database
from service import postgres
from service.shop import Shop
from service.support import FakeClock, make_context

TEMPLATE = "template_portreeve"
SHARED = "shared_portreeve"
_numbers = itertools.count()
_missing: list[bool] = []


@pytest.fixture
def clock() -> FakeClock:
    """The clock of ``database``: it stands at 2014-06-01 until a test moves it."""
    return FakeClock()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database with every table, all empty, for tests that open it themselves.

    On PostgreSQL it is emptied after each test: a test must not change its tables. One that does
    asks for ``fresh_url``.
    """
    if request.param == "sqlite":
        yield _copied(request, tmp_path)
        return
    server: postgres.Server = request.getfixturevalue("postgres_server")
    yield server.url(SHARED)
    server.empty(SHARED)


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database of this test's own, which takes longer to make."""
    if request.param == "sqlite":
        yield _copied(request, tmp_path)
        return
    server: postgres.Server = request.getfixturevalue("postgres_server")
    name = f"test_{next(_numbers)}"
    server.run(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    yield server.url(name)
    server.run(f"DROP DATABASE {name} WITH (FORCE)")


def _copied(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    path = tmp_path / "portreeve.sqlite"
    shutil.copy(request.getfixturevalue("sqlite_template"), path)
    return f"sqlite:///{path}"


@pytest.fixture
def database(database_url: str, clock: FakeClock) -> Iterator[Database]:
    """A fresh database with every table, on the test's own clock."""
    database = Database(database_url, clock=clock)
    yield database
    database.close()


@pytest.fixture
def context(database: Database, tmp_path: Path) -> Context:
    """A context over ``database``."""
    return make_context(database, tmp_path)


@pytest.fixture
def shop(context: Context) -> Iterator[Shop]:
    """Merchants and ads over ``database``, with screening that runs."""
    made = Shop(context)
    yield made
    made.stop()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with every table, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite"
    _create(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """The session's PostgreSQL server, with two databases that have every table."""
    bin = postgres.programs()
    if bin is None:
        _missing.append(True)
        pytest.skip("PostgreSQL is not installed")
    server = postgres.Server(bin)
    server.run(f"CREATE DATABASE {TEMPLATE}")
    _create(server.url(TEMPLATE))
    server.run(f"CREATE DATABASE {SHARED} TEMPLATE {TEMPLATE}")
    yield server
    server.stop()


def _create(url: str) -> None:
    database = Database(url)
    database.create()
    database.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what was not tested."""
    if _missing:
        terminalreporter.section("NOT TESTED", red=True, bold=True)
        terminalreporter.write_line(postgres.MISSING, red=True, bold=True)
