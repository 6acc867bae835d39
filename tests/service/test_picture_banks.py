"""Banks of known pictures: kept, exchanged, and held against what people send."""

from __future__ import annotations

import time

import pytest

from portreeve.schemas.access import Scope
from portreeve.schemas.base import Paging
from portreeve.schemas.picture_banks import (
    BankFile,
    ExportQuery,
    NewBankPicture,
    NewPictureBank,
    PictureBankChange,
)
from portreeve.schemas.pictures import PictureUpload
from portreeve.schemas.screening import Submission
from portreeve.service.actor import PORTREEVE, Actor
from portreeve.service.errors import ServiceError
from portreeve.service.picture_bank_index import BankIndex
from portreeve.service.service import Service
from portreeve.service.settings import Settings

from .test_pictures import drawn

MASK, OTHER = "f8" * 32, "0f" * 32
EYES = Actor("eve", frozenset({Scope.evidence}))


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    settings = Settings(data=str(tmp_path_factory.mktemp("banks")), picture_words=False)
    made = Service.open(settings)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def banks(service):
    return service.picture_banks


@pytest.fixture
def bank(banks, request):
    """An empty bank of the test's own, disabled after it."""
    made = banks.create(PORTREEVE, NewPictureBank(name=request.node.name, words="masks"))
    yield made.id
    banks.change(PORTREEVE, made.id, PictureBankChange(enabled=False))


def hashes(banks, bank):
    return [one.pdq for one in banks.pictures(EYES, bank, Paging()).items]


def poster(**more):
    return drawn("补水面膜", "89元一盒", code="https://u.wechat.com/EAbcDefGh", **more)


def test_a_picture_that_a_bank_knows_is_known_recompressed_and_waits(service, banks, bank):
    banks.add(PORTREEVE, bank, NewBankPicture(data=poster(), label="masks 1", tags=["mask"]))
    again = service.pictures.add(PORTREEVE, PictureUpload(account="ann", data=poster(quality=40)))
    assert again.known == ["test_a_picture_that_a_bank_knows_is_known_recompressed_and_waits"]
    given = Submission(id="p-1", account="ann", text="周末快乐", pictures=[again.id])
    [post] = service.screening.screen(PORTREEVE, [given])
    assert (post.verdict, post.reasons[0].clause, post.reasons[0].rule) == (
        "hold", "5.4", "everywhere.known-picture",
    )  # fmt: skip
    banks.change(PORTREEVE, bank, PictureBankChange(enabled=False))
    assert service.pictures.get(PORTREEVE, again.id).known == []


def test_a_picture_comes_from_an_item_a_file_or_a_hash(service, banks, bank):
    shown = service.pictures.add(PORTREEVE, PictureUpload(account="bea", data=poster()))
    first = banks.add(PORTREEVE, bank, NewBankPicture(picture=shown.id))
    same = banks.add(PORTREEVE, bank, NewBankPicture(data=poster(), label="again"))
    hashed = banks.add(PORTREEVE, bank, NewBankPicture(pdq=MASK.upper(), quality=80))
    assert (first.id, first.source, same.source, hashed.source) == (
        same.id, "picture", "file", "hash",
    )  # fmt: skip
    assert [(one.pdq, one.label) for one in banks.pictures(EYES, bank, Paging()).items] == [
        (MASK, ""), (first.pdq, "again"),
    ]  # fmt: skip
    assert banks.get(EYES, bank).pictures == 2
    banks.remove(PORTREEVE, bank, hashed.id)
    assert banks.get(EYES, bank).pictures == 1
    with pytest.raises(ServiceError, match="no picture of this bank"):
        banks.remove(PORTREEVE, bank, hashed.id)


@pytest.mark.parametrize(
    ("given", "field", "says"),
    [
        ({}, "pdq", "Give one of `picture`, `data` and `pdq`"),
        ({"pdq": MASK, "picture": "pic_0"}, "pdq", "Give one of"),
        ({"picture": "pic_0"}, "picture", "There is no such picture, or it is not kept"),
        ({"data": b"no picture"}, "data", "it is none of the formats"),
        ({"data": drawn()}, "data", "hashes below 50 are not compared"),
        ({"pdq": MASK, "quality": 49}, "quality", "has a quality of 49"),
    ],
    ids=["nothing", "two", "gone", "no file", "blank", "plain"],
)  # fmt: skip
def test_what_cannot_be_a_known_picture_is_refused(banks, bank, given, field, says):
    with pytest.raises(ServiceError) as error:
        banks.add(PORTREEVE, bank, NewBankPicture(**given))
    assert (error.value.code, error.value.field) == ("invalid", field)
    assert says in error.value.detail
    assert hashes(banks, bank) == []


def test_a_file_is_taken_in_and_its_bad_rows_are_told(banks, bank):
    banks.add(PORTREEVE, bank, NewBankPicture(pdq=OTHER, label="ours"))
    file = f"pdq {MASK}\nvideo_md5 {'a' * 32}\npdq f8\npdq {OTHER}\n"
    told = banks.take_in(PORTREEVE, bank, BankFile(data=file.encode()))
    assert (told.added, told.known, told.left_out) == (1, 1, 2)
    assert [(one.row, one.why, one.remedy) for one in told.rows] == [
        (2, "another kind", "nothing: only PDQ hashes are compared here"),
        (3, "no hash", "write `pdq` and the hash on the line"),
    ]
    labels = {one.pdq: one.label for one in banks.pictures(EYES, bank, Paging()).items}
    assert labels == {MASK: "", OTHER: "ours"}
    with pytest.raises(ServiceError, match="it is not a text file in UTF-8"):
        banks.take_in(PORTREEVE, bank, BankFile(data=b"\xff\xfe"))


@pytest.mark.parametrize("format_", ["json", "text", "hma", "csv"])
def test_a_bank_is_written_and_another_reads_it(banks, bank, format_):
    banks.add(PORTREEVE, bank, NewBankPicture(pdq=MASK, label="masks 1"))
    file = banks.export(EYES, bank, ExportQuery(format=format_))
    other = banks.create(PORTREEVE, NewPictureBank(name=f"from {format_}"))
    banks.take_in(PORTREEVE, other.id, BankFile(data=file.data))
    banks.change(PORTREEVE, other.id, PictureBankChange(enabled=False))
    assert hashes(banks, other.id) == [MASK]


def test_another_process_knows_of_a_change_within_a_second(service, banks, bank):
    elsewhere = BankIndex(service.context)
    assert elsewhere.known(MASK, 90) == []
    banks.add(PORTREEVE, bank, NewBankPicture(pdq=MASK))
    time.sleep(1.1)
    assert elsewhere.known(MASK, 90) == ["test_another_process_knows_of_a_change_within_a_second"]
    banks.change(PORTREEVE, bank, PictureBankChange(enabled=False))
    elsewhere.refresh()
    assert elsewhere.known(MASK, 90) is None


def test_lists_go_page_by_page(banks, bank):
    for byte in ("11", "22", "33"):
        banks.add(PORTREEVE, bank, NewBankPicture(pdq=byte * 32))
    first = banks.pictures(EYES, bank, Paging(limit=2))
    rest = banks.pictures(EYES, bank, Paging(limit=2, cursor=first.next))
    assert [one.pdq[:2] for one in [*first.items, *rest.items]] == ["33", "22", "11"]
    assert rest.next is None
    assert banks.list(EYES, Paging(limit=1)).items[0].id == bank


def test_only_an_administrator_changes_a_bank_and_the_audit_log_names_them(service, banks, bank):
    for change in (
        lambda: banks.create(EYES, NewPictureBank(name="x")),
        lambda: banks.change(EYES, bank, PictureBankChange(enabled=False)),
        lambda: banks.add(EYES, bank, NewBankPicture(pdq=MASK)),
        lambda: banks.remove(EYES, bank, "x"),
        lambda: banks.take_in(EYES, bank, BankFile(data=b"")),
    ):
        with pytest.raises(ServiceError, match="admin"):
            change()
    with pytest.raises(ServiceError, match="evidence"):
        banks.list(Actor("sue", frozenset({Scope.screen})), Paging())
    with pytest.raises(ServiceError, match="Another bank is called so"):
        banks.create(PORTREEVE, NewPictureBank(name=banks.get(EYES, bank).name))
    added = banks.add(PORTREEVE, bank, NewBankPicture(pdq=MASK))
    entries = service.audit_log.entries(PORTREEVE, action="picture-bank.add").items
    assert (entries[-1].subject, entries[-1].detail) == (
        bank, {"picture": added.id, "source": "hash"},
    )  # fmt: skip
