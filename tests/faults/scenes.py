"""Faults made to happen, each with what must hold after it; tests and bench run the same ones."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from faults.load import Answer, Load
from faults.process import Service
from faults.truth import Found, check
from portreeve.model import Surface
from portreeve.service.deadlines import Deadline, read_deadlines
from service import postgres

OPEN_SURFACES = ("moments", "comment", "public_account", "search_ad", "live")
"""Of each fail policy some."""

DEADLINES = "search_ad=1500:refuse"
"""Shorter than usual, so that the surface that refuses answers within a short outage too."""

LITTLE = 1.5
"""Seconds that an answer of the fail policy may take beyond its deadline, on a busy machine."""


@contextmanager
def serving(service: Service) -> Iterator[Service]:
    """The service, started; whatever happens, no process is left behind."""
    try:
        service.start()
        yield service
    finally:
        service.close()


@dataclass(frozen=True)
class Kills:
    """What was killed, and what was found after the last restart."""

    kills: int
    starts: list[float]
    broken: int
    found: Found


def kill_all(service: Service) -> float:
    """Kill it, and start it again; the seconds that took."""
    service.kill()
    return service.start()


def kill_screening(service: Service) -> float:
    """Kill the process that screens, and no other; the seconds until another screens."""
    [_, ended] = service.processes()
    began = time.monotonic()
    os.kill(ended, signal.SIGKILL)
    wait(lambda: _screens_anew(service, ended), 60.0)
    return time.monotonic() - began


def kills(
    service: Service,
    count: int,
    kill: Callable[[Service], float] = kill_all,
    *,
    longest: float = 2.0,
    seed: int = 1,
) -> Kills:
    """Kill under load at random moments, again and again."""
    chance = random.Random(seed)
    with serving(service):
        starts = []
        load = Load([service], name=f"k{seed}").start()
        for _ in range(count):
            time.sleep(chance.uniform(0.0, longest))
            starts.append(kill(service))
        time.sleep(1.0)
        load.stop()
        assert service.stop() == 0
    return Kills(count, starts, load.broken.total(), check(service, load))


def _screens_anew(service: Service, ended: int) -> bool:
    if ended in service.processes() or len(service.processes()) < 2:
        return False
    return service.request("GET", "/health/ready")[0] == 200


@dataclass(frozen=True)
class Outage:
    """What hosts were told while the database was away. ``seconds``: by surface, of each answer."""

    lasted: float
    seconds: dict[str, list[float]]
    normal: list[float]
    """Of each answer before the database went away."""
    back: float
    """Seconds from its return until the service says that it is ready."""
    found: Found


def outage(
    service: Service,
    seconds: float,
    away: Callable[[], None],
    back: Callable[[], None],
    *,
    killed: bool = False,
) -> Outage:
    """Take the database away under load and bring it back; ``killed``: and kill the process."""
    with serving(service):
        load = Load([service], name="o", surfaces=OPEN_SURFACES).start()
        warm(load)
        gone = time.monotonic()
        away()
        try:
            wait(lambda: service.request("GET", "/health/ready")[0] == 503, 5.0)
            status, problem = service.request("GET", "/health/ready")
            assert (status, problem["code"]) == (503, "unavailable")
            assert "database" in problem["more"]["database"] + problem["more"]["screening"]
            time.sleep(max(0.0, seconds - (time.monotonic() - gone)))
            if killed:
                service.kill()
        finally:
            back()
        returned = time.monotonic()
        if killed:
            service.start()
        wait(lambda: service.request("GET", "/health/ready")[0] == 200, 30.0)
        ready = time.monotonic()
        time.sleep(1.0)
        load.stop()
        assert service.stop() == 0
    _policies_held(load.answers, gone, returned)
    return Outage(
        lasted=returned - gone,
        seconds=_by_surface(a for a in load.answers if gone + 0.1 < a.at - a.seconds < returned),
        normal=[a.seconds for a in load.answers if a.at < gone],
        back=ready - returned,
        found=check(service, load),
    )


def _policies_held(answers: Sequence[Answer], gone: float, returned: float) -> None:
    """What was asked and answered while the database was away is as each surface's policy says."""
    said = {"allow": "published", "hold": "held", "refuse": "refused"}
    away = [a for a in answers if a.at - a.seconds > gone + 0.1 and a.at < returned]
    assert {a.surface for a in away} == set(OPEN_SURFACES)
    for answer in away:
        then = deadline_of(answer.surface).then
        assert answer.provisional, f"{answer.item} was decided without the database"
        assert (answer.verdict, answer.state) == (then, said[then])
    for answer in answers:
        limit = deadline_of(answer.surface).ms / 1000 + LITTLE
        assert answer.seconds < limit, f"{answer.item} waited {answer.seconds:.2f} s"


def deadline_of(surface: str) -> Deadline:
    """How long a surface waits in these scenes, and what happens then."""
    return read_deadlines(DEADLINES)[Surface(surface)]


def frozen(server: postgres.Server) -> tuple[Callable[[], None], Callable[[], None]]:
    """The database stands still: connections stay and nothing comes."""
    return server.freeze, server.thaw


def stopped(server: postgres.Server) -> tuple[Callable[[], None], Callable[[], None]]:
    """The database is shut down: connections break and new ones are refused."""
    return server.halt, server.start


def warm(load: Load) -> None:
    """Wait until the service answers as it does on other days."""
    wait(lambda: len(load.answers) > 100, 30.0)


def _by_surface(answers: Iterator[Answer]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = defaultdict(list)
    for answer in answers:
        found[answer.surface].append(answer.seconds)
    return dict(found)


def wait(true: Callable[[], bool], seconds: float) -> None:
    """Wait until something is true.

    Raises:
        AssertionError: it is not, after so many seconds.
    """
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
