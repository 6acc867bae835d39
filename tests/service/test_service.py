"""The service as a whole: who may serve a folder, and that it starts and stops."""

from __future__ import annotations

from pathlib import Path

import pytest

from portreeve.schemas.screening import Submission
from portreeve.service.actor import PORTREEVE
from portreeve.service.errors import ServiceError
from portreeve.service.service import Service
from portreeve.service.settings import Settings


def test_an_embedded_database_is_served_by_one_process_at_a_time(tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path / "data"))
    first, second = Service.open(settings), Service.open(settings)
    first.start()
    with pytest.raises(ServiceError) as refused:
        second.start()
    assert refused.value.detail == (
        f"Another process serves the data folder {str(tmp_path / 'data')!r}. An embedded database "
        "has one writer: stop that process, give another folder with --data, or use PostgreSQL "
        "(PORTREEVE_DATABASE) for several."
    )
    first.stop()
    second.start()
    [answer] = second.screening.screen(PORTREEVE, [Submission(id="p-1", text="早安")])
    assert answer.verdict == "allow"
    second.stop()


def test_what_is_started_is_well_and_says_so(tmp_path: Path) -> None:
    service = Service.open(Settings(data=str(tmp_path / "data")))
    assert service.ready()["engine"] == "starting"
    service.start()
    assert set(service.ready().values()) == {"ok"}
    service.stop()


def test_it_stops_even_when_what_follows_from_decisions_cannot_be_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(data=str(tmp_path / "data"))
    service = Service.open(settings)
    service.start()

    def broken(_limit: int) -> int:
        raise KeyError("a ladder")

    monkeypatch.setattr(service.enforcement, "follow", broken)
    service.stop()
    again = Service.open(settings)
    again.start()
    again.stop()
