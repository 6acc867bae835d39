"""What the page on enforcement shows is what comes out."""

import doctest
import re
from pathlib import Path

from portreeve.model import Evidence
from portreeve.schemas.base import Paging
from portreeve.schemas.enforcement import Imposition, Lift, UndoRequest
from portreeve.service.enforcement import Enforcement
from portreeve.service.notices import Notices
from portreeve.service.sanctions import Sanctions
from portreeve.service.undo import Undo
from portreeve.store.vault import Content
from service.factories import ANN, NoCases, Shipped, account, decision, events

PAGE = Path(__file__).parents[2] / "docs" / "enforcement.md"
SOURCES = Path(__file__).parents[2] / "src" / "portreeve" / "service"


def test_the_examples_of_the_page(database, context):
    account(database, language="en")
    places = [
        Evidence(field="text", start=2, end=5, what="price CNY 89"),
        Evidence(field="text", start=12, end=20, what="contact wechat:abc12345"),
    ]
    content = Content(text="面膜89元一盒 加微信 abc12345 下单", evidence=places)
    id = decision(database, context=context, content=content)
    Enforcement(context, Shipped(), NoCases()).follow()
    found = doctest.testfile(
        str(PAGE),
        module_relative=False,
        globs={
            "ann": ANN, "sanctions": Sanctions(context), "notices": Notices(context, Shipped()),
            "undo": Undo(context, Shipped()), "decision": id, "Imposition": Imposition,
            "Lift": Lift, "UndoRequest": UndoRequest, "Paging": Paging,
        },
        optionflags=doctest.ELLIPSIS,
        encoding="utf-8",
    )  # fmt: skip
    assert (found.attempted > 10, found.failed) == (True, 0)
    told = {type for type, _, _ in events(database)}
    assert told <= named_events()


def named_events():
    page = PAGE.read_text("utf-8").partition("## Events")[2]
    return set(re.findall(r"`((?:decision|item|comments|sanction|followers|notice)\.\w+)`", page))


def test_the_page_names_every_event():
    announced = set()
    for name in ("telling", "enforcement", "reversing", "settling", "standing", "sanctions"):
        text = (SOURCES / f"{name}.py").read_text("utf-8")
        announced |= set(
            re.findall(r'"((?:decision|item|comments|sanction|followers|notice)\.\w+)"', text)
        )
    audited = {"decision.free", "decision.set_aside", "sanction.impose", "sanction.lift"}
    assert announced - audited == named_events()
