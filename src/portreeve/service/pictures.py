"""Pictures that hosts send: decoded apart, kept sealed, named by the items that show them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from portreeve.pictures import text_reader
from portreeve.pictures.limits import Limits
from portreeve.pictures.reader import PictureRead, PictureReader, SetAside, missing
from portreeve.pictures.structs import Code
from portreeve.schemas.access import Scope
from portreeve.schemas.pictures import PictureRecord, PictureUpload
from portreeve.schemas.screening import Submission
from portreeve.service.actor import Actor
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError, not_found
from portreeve.service.metrics import Metrics
from portreeve.service.picture_facts import Facts, Opened, PictureFacts, facts_name
from portreeve.service.picture_likeness import PictureLikeness
from portreeve.store.rows import rows_by_key
from portreeve.store.statements import insert_missing
from portreeve.store.tables.pictures import pictures
from portreeve.store.vault import NOBODY

WORKERS = 2
"""Processes that decode pictures; each starts when it is first needed."""


class Pictures:
    """Takes pictures in, and tells what is known of them."""

    def __init__(
        self, context: Context, facts: PictureFacts, *, metrics: Metrics | None = None
    ) -> None:
        self._context = context
        self._facts = facts
        self._likeness = PictureLikeness(context)
        self._metrics = metrics
        self._reader: PictureReader | None = None
        if missing() is None:
            self._reader = PictureReader(Limits(bytes=context.settings.picture_bytes), WORKERS)

    @property
    def reads_words(self) -> bool:
        """Whether the words in pictures are read here."""
        wanted = self._reader is not None and self._context.settings.picture_words
        return wanted and text_reader.missing() is None

    def add(self, actor: Actor, upload: PictureUpload) -> PictureRecord:
        """Take a picture in; the same file of the same account is the same picture.

        Raises:
            ServiceError: ``invalid`` for a file that is no picture, damaged, or costs too much;
                ``unavailable`` where pictures cannot be decoded; ``gone`` for an erased account.
        """
        actor.need(Scope.screen)
        account = upload.account or NOBODY
        digest = hashlib.sha256(upload.data).digest()
        id = "pic_" + self._context.vault.digest(account, b"picture:" + digest)
        with self._context.database.read() as connection:
            found = self._facts.opened(connection, [id])
        if id not in found:
            self._keep(id, account, upload.data, self.decoded(upload.data))
        return self.get(actor, id)

    def decoded(self, data: bytes) -> PictureRead:
        """What a file is and shows, read by a worker. Nothing of it is kept.

        Raises:
            ServiceError: ``invalid`` for a file that is set aside; ``unavailable`` where pictures
                cannot be decoded.
        """
        if self._reader is None:
            raise ServiceError(
                "unavailable",
                "Pictures cannot be read here: install portreeve with the extra `pictures`.",
            )
        [told] = self._reader.read([data])
        self._count(told)
        if isinstance(told, SetAside):
            raise ServiceError(
                "invalid",
                f"The picture is set aside: {told.reason}. What to do: {told.remedy}.",
                field="data",
            )
        return told

    def get(self, actor: Actor, id: str) -> PictureRecord:
        """What is known of a picture, without what it shows.

        Raises:
            ServiceError: ``not-found``.
        """
        actor.need(Scope.screen)
        with self._context.database.read() as connection:
            found = self._facts.opened(connection, [id])
        if id not in found:
            raise not_found("picture", id)
        return self._record(found[id])

    def need(self, submissions: Sequence[Submission]) -> None:
        """See that the pictures which submissions name are here, each of the same account.

        Raises:
            ServiceError: ``invalid``, naming the field and what is missing.
        """
        for at, error in self.wrong(submissions):
            place = f"items[{at}].{error.field}" if len(submissions) > 1 else error.field
            raise ServiceError(error.code, error.detail, field=place)

    def wrong(self, submissions: Sequence[Submission]) -> list[tuple[int, ServiceError]]:
        """The places of submissions whose pictures are not here, or another account's."""
        named = {id for s in submissions for id in s.pictures}
        if not named:
            return []
        with self._context.database.read() as connection:
            rows = rows_by_key(connection, pictures, ("id", "account"), sorted(named))
        owner = dict(map(tuple, rows))
        found = []
        for at, submission in enumerate(submissions):
            for id in submission.pictures:
                if owner.get(id) != (submission.account or NOBODY):
                    found.append((at, _not_here(id, other=id in owner)))
                    break
        return found

    def close(self) -> None:
        """End the processes."""
        if self._reader is not None:
            self._reader.close()

    def _keep(self, id: str, account: str, data: bytes, told: PictureRead) -> None:
        self._likeness.load()
        facts = Facts(codes=[Code(c.kind, c.text, c.box, c.frame) for c in told.codes])
        with self._context.database.write() as tx:
            sealed, sealed_facts = self._context.vault.seal_many(
                tx, [account] * 2, [data, msgspec.json.encode(facts)], [id, facts_name(id)]
            )
            if not sealed:
                raise ServiceError("gone", f"The person of account {account!r} was erased.")
            row = {
                "id": id, "account": account, "format": told.format, "width": told.width,
                "height": told.height, "frames": told.frames, "bytes": len(data),
                "codes": len(told.codes), "pdq": told.pdq.hex, "quality": told.pdq.quality,
                "alike": self._likeness.name(tx, told.pdq.hex, told.pdq.quality),
                "sealed": sealed, "facts": sealed_facts,
                "words": "waiting" if self.reads_words else "unwanted",
                "urgency": 0.0, "stored": tx.time, "tried": None,
            }  # fmt: skip
            insert_missing(tx, pictures, [row])

    def _record(self, picture: Opened) -> PictureRecord:
        row = picture.row
        named = [name for name in PictureRecord.__struct_fields__ if name != "known"]
        return PictureRecord(**{name: row[name] for name in named}, known=self._facts.banks(row))

    def _count(self, told: PictureRead | SetAside) -> None:
        if self._metrics is not None:
            outcome = told.kind if isinstance(told, SetAside) else "read"
            self._metrics.pictures.labels(outcome).inc()


def _not_here(id: str, *, other: bool) -> ServiceError:
    why = "belongs to another account" if other else "is not here"
    return ServiceError(
        "invalid",
        f"The picture {id!r} {why}. Send the file for the account that shows it "
        "(POST /v1/pictures), and name what comes back.",
        field="pictures",
    )
