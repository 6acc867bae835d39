"""Banks of known pictures: which there are, what one holds, and how it is filled and exchanged."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from portreeve.console.desk import Desk
from portreeve.console.routes import Pages
from portreeve.console.words import Words
from portreeve.http import problems
from portreeve.http.call import Reply
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Paging
from portreeve.schemas.picture_banks import (
    BankFile,
    BankFormat,
    BankImport,
    ExportQuery,
    NewBankPicture,
    NewPictureBank,
    PictureBankChange,
    Source,
)
from portreeve.service.errors import ServiceError
from portreeve.service.picture_banks import LEFT_OUT

pages = Pages("picture_banks")

T = TypeVar("T", bound=msgspec.Struct)

_ROWS = 50
_HOME = "/console/picture-banks"

SOURCES: dict[Source, Words] = {
    "picture": Words("an item", "内容中的图片"),
    "file": Words("a file", "文件"),
    "hash": Words("a hash", "哈希"),
    "import": Words("imported", "导入"),
}
"""Whence the hash of a picture is."""

FORMATS: dict[BankFormat, Words] = {
    "json": Words("ThreatExchange (JSON)", "ThreatExchange（JSON）"),
    "text": Words("python-threatexchange (lines)", "python-threatexchange（文本行）"),
    "hma": Words("HMA (lines of JSON)", "HMA（JSON 行）"),
    "csv": Words("table (CSV)", "表格（CSV）"),
}
"""The formats in which a bank is written."""

_MEDIA: dict[BankFormat, str] = {
    "json": "application/json",
    "text": "text/plain; charset=utf-8",
    "hma": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
}


class PartQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of a list."""

    cursor: str | None = None


class BankForm(msgspec.Struct, frozen=True, kw_only=True):
    """A bank to be made, or what one holds."""

    name: str = ""
    words: str = ""


class SwitchForm(msgspec.Struct, frozen=True, kw_only=True):
    """Whether pictures are held against a bank."""

    enabled: bool = False


class PictureForm(msgspec.Struct, frozen=True, kw_only=True):
    """A picture for a bank: a file, or the id of one that an item showed, or a hash."""

    data: bytes | None = None
    picture: str | None = None
    pdq: str | None = None
    label: str = ""
    tags: str = ""


class ImportForm(msgspec.Struct, frozen=True, kw_only=True):
    """A file of hashes."""

    data: bytes | None = None


@pages.get("/console/picture-banks", Scope.evidence)
def list_picture_banks(desk: Desk, query: PartQuery) -> Reply:
    """Banks of known pictures, the newest first."""
    return _listed(desk, query.cursor)


@pages.post("/console/picture-banks", Scope.admin)
def make_picture_bank(desk: Desk, form: BankForm) -> Reply:
    """Make a bank, empty and enabled."""
    try:
        given = {"name": form.name.strip(), "words": form.words.strip()}
        made = desk.service.picture_banks.create(desk.actor, _checked(given, NewPictureBank))
    except ServiceError as error:
        return _listed(desk, None, form=form, error=error)
    return desk.go(f"{_HOME}/{made.id}", done=Words("The bank is made.", "图片库已建立。"))


@pages.get("/console/picture-banks/{id}", Scope.evidence)
def show_picture_bank(desk: Desk, id: str, query: PartQuery) -> Reply:
    """A bank with its pictures, by their hashes; no picture is shown, for none is kept."""
    return _shown(desk, id, query.cursor)


@pages.post("/console/picture-banks/{id}/words", Scope.admin)
def describe_picture_bank(desk: Desk, id: str, form: BankForm) -> Reply:
    """Say otherwise what a bank holds."""
    try:
        change = _checked({"words": form.words.strip()}, PictureBankChange)
        desk.service.picture_banks.change(desk.actor, id, change)
    except ServiceError as error:
        return _again(desk, id, error, described=form)
    return desk.go(f"{_HOME}/{id}", done=Words("Changed.", "已更改。"))


@pages.post("/console/picture-banks/{id}/enabled", Scope.admin)
def switch_picture_bank(desk: Desk, id: str, form: SwitchForm) -> Reply:
    """Hold pictures against a bank, or no longer."""
    change = PictureBankChange(enabled=form.enabled)
    desk.service.picture_banks.change(desk.actor, id, change)
    done = Words("Pictures are held against it.", "已启用，开始比对。")
    if not form.enabled:
        done = Words("Pictures are not held against it any more.", "已停用，不再比对。")
    return desk.go(f"{_HOME}/{id}", done=done)


@pages.post("/console/picture-banks/{id}/pictures", Scope.admin, files=True)
def add_bank_picture(desk: Desk, id: str, form: PictureForm) -> Reply:
    """Add a picture; its hash is kept, and nothing else of it."""
    given: dict[str, Any] = {
        "picture": _stripped(form.picture), "pdq": _stripped(form.pdq), "data": form.data,
        "label": form.label.strip(), "tags": form.tags.split(),
    }  # fmt: skip
    try:
        desk.service.picture_banks.add(desk.actor, id, _checked(given, NewBankPicture))
    except ServiceError as error:
        return _again(desk, id, error, adding=form)
    return desk.go(f"{_HOME}/{id}", done=Words("The picture is in the bank.", "图片已入库。"))


@pages.post("/console/picture-banks/{id}/pictures/{picture}/remove", Scope.admin)
def remove_bank_picture(desk: Desk, id: str, picture: str) -> Reply:
    """Take a picture out of a bank."""
    desk.service.picture_banks.remove(desk.actor, id, picture)
    return desk.go(f"{_HOME}/{id}", done=Words("Removed.", "已移除。"))


@pages.post("/console/picture-banks/{id}/import", Scope.admin, files=True)
def import_picture_bank(desk: Desk, id: str, form: ImportForm) -> Reply:
    """Add the pictures of a file that others wrote; rows that are left out are told."""
    if form.data is None:
        return _again(desk, id, ServiceError("invalid", "Choose a file.", zh="请选择文件。"))
    try:
        told = desk.service.picture_banks.take_in(desk.actor, id, BankFile(data=form.data))
    except ServiceError as error:
        return _again(desk, id, error)
    return _shown(desk, id, None, told=told)


@pages.get("/console/picture-banks/{id}/export", Scope.evidence)
def export_picture_bank(desk: Desk, id: str, query: ExportQuery) -> Reply:
    """A bank as a file that others read."""
    file = desk.service.picture_banks.export(desk.actor, id, query)
    return desk.file(file.data, _MEDIA[query.format], file.name)


def _listed(
    desk: Desk,
    cursor: str | None,
    *,
    form: BankForm | None = None,
    error: ServiceError | None = None,
) -> Reply:
    found = desk.service.picture_banks.list(desk.actor, Paging(cursor=cursor, limit=_ROWS))
    return desk.page(
        "picture_banks/banks.html.j2",
        status=200 if error is None else error.kind.status,
        banks=found.items,
        next=found.next,
        form=form or BankForm(),
        error=error,
    )


def _shown(
    desk: Desk,
    id: str,
    cursor: str | None,
    *,
    told: BankImport | None = None,
    adding: PictureForm | None = None,
    described: BankForm | None = None,
    error: ServiceError | None = None,
) -> Reply:
    banks = desk.service.picture_banks
    bank = banks.get(desk.actor, id)
    found = banks.pictures(desk.actor, id, Paging(cursor=cursor, limit=_ROWS))
    return desk.page(
        "picture_banks/bank.html.j2",
        status=200 if error is None else error.kind.status,
        bank=bank,
        pictures=found.items,
        next=found.next,
        told=told,
        adding=adding,
        form=adding or PictureForm(),
        described=described,
        error=error,
        sources=SOURCES,
        formats=FORMATS,
        left_out=LEFT_OUT,
    )


def _again(desk: Desk, id: str, error: ServiceError, **sent: Any) -> Reply:
    """The bank's page with what is wrong; nothing is there to show for a bank that is none."""
    if error.code not in ("invalid", "conflict", "unavailable"):
        raise error
    return _shown(desk, id, None, error=error, **sent)


def _checked(given: dict[str, Any], kind: type[T]) -> T:
    """The request that fields make.

    Raises:
        ServiceError: ``invalid``, naming the field.
    """
    try:
        return msgspec.convert(given, kind)
    except msgspec.ValidationError as wrong:
        raise problems.invalid(wrong, kind) from None


def _stripped(text: str | None) -> str | None:
    return text.strip() or None if text else None
