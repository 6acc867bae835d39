"""``python -m bench.broadcasts``: one merchant with 20,000 customers, on both databases.

Prints what each step takes as the rows of the table in docs/commerce-merchants.md. A database that
has never counted its rows is the hardest case, so it is the one measured.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from portreeve.schemas.commerce.customers import AskBroadcast, TagCustomers  # noqa: E402
from portreeve.schemas.commerce.merchants import StaffLeave  # noqa: E402
from portreeve.store import Database  # noqa: E402
from service import postgres  # noqa: E402
from service.shop import HOST, Desk  # noqa: E402
from service.support import FakeClock, make_context  # noqa: E402

CUSTOMERS = [f"customer-{number:08}" for number in range(20_000)]
BEGIN = datetime(2014, 6, 1, tzinfo=UTC)


def steps(desk: Desk, clock: FakeClock) -> Iterator[tuple[str, Callable[[], Any]]]:
    """What is measured, in order."""
    everybody, tagged = AskBroadcast(staff="li"), AskBroadcast(staff="li", tag="regular")
    named = AskBroadcast(staff="li", customers=CUSTOMERS)
    tag = TagCustomers(word="regular", customers=CUSTOMERS)
    yield "add 20,000 customers", lambda: desk.add("li", *CUSTOMERS)
    yield "tag them", lambda: desk.customers.tag(HOST, "shop", tag)
    for day, (what, request) in enumerate(
        (
            ("broadcast to all", everybody),
            ("broadcast to those with a tag", tagged),
            ("broadcast to 20,000 named", named),
            ("the fourth of the month", everybody),
            ("the fifth: all refused", everybody),
        )
    ):
        clock.set(BEGIN + timedelta(days=day))
        yield what, lambda request=request: desk.broadcasts.ask(HOST, "shop", request)
    leave = StaffLeave(to=["mei"])
    yield "hand all of them over", lambda: desk.staff.leave(HOST, "shop", "li", leave)


def measured(url: str) -> dict[str, float]:
    """Seconds by step."""
    clock = FakeClock(BEGIN)
    database = Database(url, clock=clock)
    database.create()
    desk = Desk(make_context(database, Path(tempfile.mkdtemp())))
    desk.open("shop", "li", "mei")
    found = {}
    for what, step in steps(desk, clock):
        began = time.perf_counter()
        step()
        found[what] = time.perf_counter() - began
    database.close()
    return found


def main() -> None:
    embedded = measured(f"sqlite:///{tempfile.mkdtemp()}/portreeve.sqlite")
    bin = postgres.programs()
    served: dict[str, float] = {}
    if bin is not None:
        server = postgres.Server(bin)
        server.run("CREATE DATABASE broadcasts")
        served = measured(server.url("broadcasts"))
        server.stop()
    for what, seconds in embedded.items():
        other = f"{served[what]:.2f} s" if served else "not installed"
        sys.stdout.write(f"| {what} | {seconds:.2f} s | {other} |\n")


if __name__ == "__main__":
    main()
