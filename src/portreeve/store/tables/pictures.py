"""Pictures that hosts sent, what was read in them, which items show them; banks of known ones."""

from __future__ import annotations

import sqlalchemy as sa

from portreeve.store.columns import Json, Time
from portreeve.store.tables.base import column, table

pictures = table(
    "pictures",
    "Pictures that hosts sent, sealed with their account's key like what it wrote.",
    column("id", sa.Text, "keyed digest of account and file, so that a file sent again is one",
           primary_key=True),
    column("account", sa.Text, "whose key seals it"),
    column("format", sa.Text, "as what it was decoded, such as JPEG"),
    column("width", sa.Integer, "pixels, as it is shown"),
    column("height", sa.Integer, "pixels, as it is shown"),
    column("frames", sa.Integer, "frames or pages of the file"),
    column("bytes", sa.Integer, "size of the file"),
    column("codes", sa.Integer, "how many QR and bar codes are in it"),
    column("pdq", sa.Text, "hash by which pictures that look alike are found, in hex"),
    column("quality", sa.Integer, "of that hash, 0 to 100"),
    column("alike", sa.Text, "a name that pictures share which look alike; by it accounts that "
           "show the same picture are joined", nullable=True, index=True),
    column("sealed", sa.LargeBinary, "the file, sealed"),
    column("facts", sa.LargeBinary, "a portreeve.service.picture_facts.Facts, sealed"),
    column("words", sa.Text, "whether its words are read: unwanted, waiting, reading, read, none "
           "(a cheap test saw no text), shed (too many waited) or failed"),
    column("urgency", sa.Float, "reach times suspicion; the highest is read first"),
    column("stored", Time, "when it came", index=True),
    column("tried", Time, "when its words were last begun to be read", nullable=True),
    sa.Index(None, "account"),
    sa.Index("ix_pictures_waiting", "words", "urgency",
             sqlite_where=sa.text("words IN ('waiting', 'reading')"),
             postgresql_where=sa.text("words IN ('waiting', 'reading')")),
)  # fmt: skip

item_pictures = table(
    "item_pictures",
    "Which pictures an item shows.",
    column("item", sa.Text, "the item", primary_key=True),
    column("picture", sa.Text, "the picture", primary_key=True, index=True),
    column("place", sa.Integer, "its place among them, from 0"),
    column("shown", Time, "when the item was decided with it", index=True),
)

picture_banks = table(
    "picture_banks",
    "Banks of known pictures.",
    column("id", sa.Text, "unguessable name", primary_key=True),
    column("name", sa.Text, "what it is called", unique=True),
    column("words", sa.Text, "what it holds, and why"),
    column("enabled", sa.Boolean, "whether pictures are held against it"),
    column("pictures", sa.Integer, "how many pictures it holds"),
    column("changes", sa.Integer, "how often it was changed; by this all processes see a change"),
    column("by", sa.Text, "who made it"),
    column("created", Time, "when it was made"),
)

bank_pictures = table(
    "bank_pictures",
    "Known pictures, by their hashes alone: nothing says who showed them.",
    column("id", sa.Text, "unguessable name", primary_key=True),
    column("bank", sa.Text, "the bank"),
    column("pdq", sa.Text, "the PDQ hash, in hex"),
    column("label", sa.Text, "what the picture is called"),
    column("tags", Json, "a list of words"),
    column("quality", sa.Integer, "of the hash, 0 to 100, if it is known", nullable=True),
    column("source", sa.Text, "whence the hash: picture, file, hash or import"),
    column("added", Time, "when it was added"),
    column("by", sa.Text, "who added it"),
    sa.Index("ix_bank_pictures_pdq", "bank", "pdq", unique=True),
)
