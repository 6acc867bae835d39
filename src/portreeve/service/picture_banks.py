"""Banks of known pictures: kept by administrators, exchanged with others, held against uploads.

A bank keeps hashes. Whose picture a hash was made of is not kept, so that nothing of a bank has to
go when a person is erased.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portreeve.pictures import exchange
from portreeve.pictures.index import LEAST_QUALITY, KnownPicture
from portreeve.policy import Words
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page, Paging
from portreeve.schemas.picture_banks import (
    BankExport,
    BankFile,
    BankImport,
    BankPicture,
    ExportQuery,
    LeftOutRow,
    NewBankPicture,
    NewPictureBank,
    PictureBank,
    PictureBankChange,
    Source,
)
from portreeve.service.actor import Actor
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError, not_found
from portreeve.service.picture_bank_index import BankIndex
from portreeve.service.pictures import Pictures
from portreeve.store import Transaction, new_id
from portreeve.store.ids import new_ids
from portreeve.store.statements import insert_missing, upsert
from portreeve.store.tables.pictures import bank_pictures, picture_banks, pictures

MOST_PICTURES = 200_000
"""In one bank, so that another process has read a changed one within a second or two."""
TOLD_ROWS = 100
"""Of the rows of a file that are left out, so many are told one by one."""

LEFT_OUT: dict[str, tuple[Words, Words]] = {
    "another kind": (
        Words("it is no PDQ hash of a picture", "不是图片的 PDQ 哈希"),
        Words("nothing: only PDQ hashes are compared here", "无需处理：这里只比对 PDQ 哈希"),
    ),
    "no hash": (
        Words("it has no hash of 64 hexadecimal digits", "没有 64 位十六进制哈希"),
        Words("write `pdq` and the hash on the line", "在该行写上 `pdq` 和哈希"),
    ),
    "not harmful": (
        Words("whoever shared it calls it harmless", "分享方认为无害"),
        Words("nothing, or add its hash by hand", "无需处理，或手动添加该哈希"),
    ),
    "withdrawn": (
        Words("whoever shared it has withdrawn it", "分享方已撤回"),
        Words("remove it here too, if it is in the bank", "若已在库中，请一并移除"),
    ),
    "not readable": (
        Words("it is not what its format says", "与文件格式不符"),
        Words("export the file again", "重新导出该文件"),
    ),
}
"""Why a row of a file is left out, and what to do, by the words of :mod:`pictures.exchange`."""

_B, _P = picture_banks.c, bank_pictures.c


class PictureBanks:
    """Keeps the banks. After each change this process searches anew; others within a second."""

    def __init__(self, context: Context, index: BankIndex, uploads: Pictures) -> None:
        self._context = context
        self._index = index
        self._uploads = uploads

    def create(self, actor: Actor, new: NewPictureBank) -> PictureBank:
        """Make a bank, empty and enabled.

        Raises:
            ServiceError: ``conflict``, when another bank is called so.
        """
        actor.need(Scope.admin)
        row: dict[str, Any] = {
            "id": new_id("pbk"), "name": new.name, "words": new.words, "enabled": True,
            "pictures": 0, "by": actor.name,
        }  # fmt: skip
        with self._context.database.write() as tx:
            same = sa.select(_B.id).where(_B.name == new.name)
            if tx.execute(same).first() is not None:
                raise ServiceError(
                    "conflict",
                    "Another bank is called so. Take another name.",
                    field="name",
                    zh="已有同名的图片库，请换一个名称。",
                )
            row["created"] = tx.time
            tx.execute(sa.insert(picture_banks), row | {"changes": 0})
            tx.audit(actor.name, "picture-bank.create", row["id"])
        self._index.refresh()
        return PictureBank(**row)

    def change(self, actor: Actor, id: str, change: PictureBankChange) -> PictureBank:
        """Enable or disable a bank, or say otherwise what it holds.

        Raises:
            ServiceError: ``not-found``.
        """
        actor.need(Scope.admin)
        values: dict[str, Any] = {}
        if isinstance(change.words, str):
            values["words"] = change.words
        if isinstance(change.enabled, bool):
            values["enabled"] = change.enabled
        with self._context.database.write() as tx:
            self._touch(tx, id, **values)
            tx.audit(actor.name, "picture-bank.change", id, enabled=values.get("enabled"))
            told = self._bank(tx.connection, id)
        self._index.refresh()
        return told

    def list(self, actor: Actor, query: Paging) -> Page[PictureBank]:
        """All banks, the newest first."""
        actor.need(Scope.evidence)
        wanted = sa.select(picture_banks).order_by(_B.id.desc()).limit(query.limit + 1)
        if query.cursor is not None:
            wanted = wanted.where(_B.id < query.cursor)
        with self._context.database.read() as connection:
            rows = connection.execute(wanted).all()
        shown = [_bank(row) for row in rows[: query.limit]]
        return Page(items=shown, next=shown[-1].id if len(rows) > query.limit else None)

    def get(self, actor: Actor, id: str) -> PictureBank:
        """One bank.

        Raises:
            ServiceError: ``not-found``.
        """
        actor.need(Scope.evidence)
        with self._context.database.read() as connection:
            return self._bank(connection, id)

    def pictures(self, actor: Actor, id: str, query: Paging) -> Page[BankPicture]:
        """The pictures of a bank, the newest first.

        Raises:
            ServiceError: ``not-found``.
        """
        actor.need(Scope.evidence)
        wanted = sa.select(bank_pictures).where(_P.bank == id)
        if query.cursor is not None:
            wanted = wanted.where(_P.id < query.cursor)
        with self._context.database.read() as connection:
            self._bank(connection, id)
            rows = connection.execute(wanted.order_by(_P.id.desc()).limit(query.limit + 1)).all()
        shown = [_picture(row) for row in rows[: query.limit]]
        return Page(items=shown, next=shown[-1].id if len(rows) > query.limit else None)

    def add(self, actor: Actor, id: str, new: NewBankPicture) -> BankPicture:
        """Add a picture. One with the same hash takes the place of the earlier.

        Raises:
            ServiceError: ``not-found``; ``invalid`` when it is not said which picture, when a file
                cannot be read, or when its hash says too little; ``conflict`` for a full bank.
        """
        actor.need(Scope.admin)
        pdq, quality, source = self._hashed(new)
        if quality is not None and quality < LEAST_QUALITY:
            raise ServiceError(
                "invalid",
                f"The hash of this picture has a quality of {quality}; hashes below "
                f"{LEAST_QUALITY} are not compared, for they are like every plain picture. Take "
                "one that shows more.",
                field=_FIELDS[source],
                zh=f"该图片的哈希质量为 {quality}，低于 {LEAST_QUALITY} 者不参与比对，"
                "因其与任何素色图片都相近。请换一张内容更丰富的图片。",
            )
        row: dict[str, Any] = {
            "bank": id, "pdq": pdq, "label": new.label, "tags": new.tags, "quality": quality,
            "source": source, "by": actor.name,
        }  # fmt: skip
        with self._context.database.write() as tx:
            self._touch(tx, id)
            same = (_P.bank == id) & (_P.pdq == pdq)
            before = tx.execute(sa.select(_P.id).where(same)).scalar()
            self._need_room(tx, id, 0 if before else 1)
            row |= {"id": before or new_id("pbp"), "added": tx.time}
            upsert(tx, bank_pictures, [row])
            self._count(tx, id, 0 if before else 1)
            tx.audit(actor.name, "picture-bank.add", id, picture=row["id"], source=source)
        self._index.refresh()
        return BankPicture(**{name: row[name] for name in BankPicture.__struct_fields__})

    def remove(self, actor: Actor, id: str, picture: str) -> None:
        """Take a picture out of a bank.

        Raises:
            ServiceError: ``not-found``.
        """
        actor.need(Scope.admin)
        with self._context.database.write() as tx:
            self._touch(tx, id)
            of = (_P.bank == id) & (_P.id == picture)
            if tx.execute(sa.delete(bank_pictures).where(of)).rowcount == 0:
                raise not_found("picture of this bank", picture)
            self._count(tx, id, -1)
            tx.audit(actor.name, "picture-bank.remove", id, picture=picture)
        self._index.refresh()

    def take_in(self, actor: Actor, id: str, file: BankFile) -> BankImport:
        """Add the pictures of a file that others wrote. Those that are there stay as they are.

        Raises:
            ServiceError: ``not-found``; ``invalid`` for a file that is none; ``conflict`` for a
                bank that would be too full.
        """
        actor.need(Scope.admin)
        try:
            read = exchange.read(file.data, "")
        except ValueError as error:
            raise ServiceError(
                "invalid",
                f"The file cannot be read: {error}. Export it again.",
                field="data",
                zh="无法读取该文件：不是 UTF-8 文本。请重新导出。",
            ) from None
        with self._context.database.write() as tx:
            bank = self._touch(tx, id)
            new = _new(tx, id, read.known)
            self._need_room(tx, id, len(new))
            ids = sorted(new_ids("pbp", len(new)))
            rows = [
                _imported(one, at, id, tx.time, actor) for at, one in zip(ids, new, strict=True)
            ]
            insert_missing(tx, bank_pictures, rows)
            self._count(tx, id, len(new))
            added, left = len(new), len(read.left_out)
            tx.audit(actor.name, "picture-bank.import", bank, added=added, left_out=left)
        self._index.refresh()
        told = [
            LeftOutRow(row=one.row, why=one.why, remedy=LEFT_OUT[one.why][1].en)
            for one in read.left_out[:TOLD_ROWS]
        ]
        return BankImport(added=added, known=len(read.known) - added, left_out=left, rows=told)

    def export(self, actor: Actor, id: str, query: ExportQuery) -> BankExport:
        """A bank as a file that others read. That it was written stands in the audit log.

        Raises:
            ServiceError: ``not-found``.
        """
        actor.need(Scope.evidence)
        with self._context.database.write() as tx:
            bank = self._bank(tx.connection, id)
            tx.audit(actor.name, "picture-bank.export", id, pictures=bank.pictures)
            rows = tx.execute(
                sa.select(_P.pdq, _P.label, _P.tags, _P.quality)
                .where(_P.bank == id)
                .order_by(_P.id)
            ).all()
        known = [
            KnownPicture(
                pdq=row.pdq, bank=bank.name, label=row.label, tags=tuple(row.tags),
                quality=row.quality,
            )
            for row in rows
        ]  # fmt: skip
        ending = {"text": "txt", "hma": "jsonl"}.get(query.format, query.format)
        return BankExport(
            name=f"{id}.{ending}", format=query.format, data=exchange.write(known, query.format)
        )

    def _hashed(self, new: NewBankPicture) -> tuple[str, int | None, Source]:
        """The hash of what is given, its quality, and whence it is."""
        given = [one for one in (new.picture, new.data, new.pdq) if one is not None]
        if len(given) != 1:
            raise ServiceError(
                "invalid",
                "Give one of `picture`, `data` and `pdq`: the id of a picture that an item showed, "
                "a file, or a hash.",
                field="pdq",
                zh="请三选一：内容中图片的编号、图片文件或哈希。",
            )
        if new.picture is not None:
            with self._context.database.read() as connection:
                stored = connection.execute(
                    sa.select(pictures.c.pdq, pictures.c.quality).where(
                        pictures.c.id == new.picture
                    )
                ).first()
            if stored is None:
                raise ServiceError(
                    "invalid",
                    "There is no such picture, or it is not kept any more. Its id is in the "
                    "`pictures` of the item that shows it.",
                    field="picture",
                    zh="没有此图片，或已不再保留。编号见展示它的内容的 `pictures`。",
                )
            return stored.pdq, stored.quality, "picture"
        if new.data is not None:
            read = self._uploads.decoded(new.data)
            return read.pdq.hex, read.pdq.quality, "file"
        assert new.pdq is not None
        return new.pdq.lower(), new.quality, "hash"

    def _touch(self, tx: Transaction, id: str, **values: Any) -> str:
        """Note that a bank changes; whoever else changes it waits until this is done."""
        changed = sa.update(picture_banks).where(_B.id == id)
        if tx.execute(changed.values(changes=_B.changes + 1, **values)).rowcount == 0:
            raise not_found("picture bank", id)
        return id

    def _count(self, tx: Transaction, id: str, more: int) -> None:
        counted = sa.update(picture_banks).where(_B.id == id)
        tx.execute(counted.values(pictures=_B.pictures + more))

    def _need_room(self, tx: Transaction, id: str, more: int) -> None:
        if more and self._bank(tx.connection, id).pictures + more > MOST_PICTURES:
            raise ServiceError(
                "conflict",
                f"A bank holds at most {MOST_PICTURES:,} pictures. Make another bank.",
                zh=f"一个图片库最多容纳 {MOST_PICTURES:,} 张图片，请另建一个。",
            )

    def _bank(self, connection: sa.Connection, id: str) -> PictureBank:
        row = connection.execute(sa.select(picture_banks).where(_B.id == id)).first()
        if row is None:
            raise not_found("picture bank", id)
        return _bank(row)


_FIELDS: dict[Source, str] = {"picture": "picture", "file": "data", "hash": "quality"}


def _bank(row: sa.Row[Any]) -> PictureBank:
    return PictureBank(**{name: row._mapping[name] for name in PictureBank.__struct_fields__})


def _picture(row: sa.Row[Any]) -> BankPicture:
    return BankPicture(**{name: row._mapping[name] for name in BankPicture.__struct_fields__})


def _new(tx: Transaction, id: str, known: Sequence[KnownPicture]) -> list[KnownPicture]:
    """Those that the bank does not hold yet."""
    there = set(tx.execute(sa.select(_P.pdq).where(_P.bank == id)).scalars())
    return [one for one in known if one.pdq not in there]


def _imported(
    one: KnownPicture, id: str, bank: str, time: datetime, actor: Actor
) -> dict[str, Any]:
    return {
        "id": id, "bank": bank, "pdq": one.pdq, "label": one.label[:200],
        "tags": [tag[:100] for tag in one.tags[:20]], "quality": one.quality, "source": "import",
        "added": time, "by": actor.name,
    }  # fmt: skip
