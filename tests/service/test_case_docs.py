"""What the pages on cases, reports and appeals show is what comes out."""

import doctest
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from franking_cases import GENUINE, NEW
from portreeve.franking.wire import to_base64url
from portreeve.schemas.appeals import DecideAppeal, FileAppeal
from portreeve.schemas.base import Paging
from portreeve.schemas.cases import CaseQuery, DecideCase, RequestRelease
from portreeve.schemas.reports import AddFrankingKey, ReportFranked, ReportItem
from portreeve.schemas.review import TakeBack
from portreeve.store.tables.cases import reports
from portreeve.store.vault import Content
from service.desk import ANN, BEN, CAM, Desk
from service.factories import SELLING, decision, published

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
def desk(context):
    return Desk(context)


def run(page, desk, **names):
    given = {
        "ann": ANN, "ben": BEN, "cam": CAM, "host": ANN, "admin": ANN, "cases": desk.cases,
        "evidence": desk.evidence, "appeals": desk.appeals, "reports": desk.reports,
        "judgements": desk.judgements, "franking_keys": desk.franking, "Paging": Paging,
        "datetime": datetime, "UTC": UTC,
    }  # fmt: skip
    found = doctest.testfile(
        str(DOCS / page),
        module_relative=False,
        globs=given | names,
        optionflags=doctest.ELLIPSIS,
        encoding="utf-8",
    )
    assert found.attempted > 4
    assert found.failed == 0


def test_cases(desk):
    decision(desk.database, "p-1", "hold", context=desk.context)
    decision(
        desk.database, "p-2", "refuse", context=desk.context, goods_tier="black",
        content=Content(text="冰毒现货 加微信 abc12345"),
    )  # fmt: skip
    sealed = desk.open()[0]
    run("cases.md", desk, sealed=sealed, CaseQuery=CaseQuery, DecideCase=DecideCase,
        RequestRelease=RequestRelease, TakeBack=TakeBack)  # fmt: skip


def test_reports(desk, clock):
    clock.set(datetime(2014, 6, 2, tzinfo=UTC))
    published(desk.database, "p-1")

    def case(filed):
        with desk.database.read() as connection:
            wanted = sa.select(reports.c.case).where(reports.c.id == filed.id)
            return connection.execute(wanted).scalar_one()

    key = NEW.public_key(datetime(2014, 6, 1, tzinfo=UTC)).public_key
    run("reports.md", desk, case=case, public_key=to_base64url(key), ReportItem=ReportItem,
        ReportFranked=ReportFranked, AddFrankingKey=AddFrankingKey,
        report=msgspec.json.decode(GENUINE.to_json()))  # fmt: skip


def test_appeals(desk):
    cake = decision(desk.database, "cake", "remove", stage="after")
    black = decision(desk.database, "p-2", "refuse", goods_tier="black")
    [case] = desk.open()
    desk.decide(BEN, case, "refuse", SELLING)
    another = desk.appeals.file(ANN, FileAppeal(decision=black, words="It was sugar.")).id
    run("appeals.md", desk, decision=cake, another=another, FileAppeal=FileAppeal,
        DecideAppeal=DecideAppeal)  # fmt: skip
