"""The words: surfaces, verdicts, items, and that every field is defined once."""

import msgspec
import polars as pl
import pytest

from portreeve import model
from portreeve.model import Item, SealedItem, SealedSurfaceError, Surface, Verdict


def test_verdicts_rise():
    assert [v.value for v in sorted(Verdict, key=lambda v: v.rank)] == [
        "allow", "label", "limit", "hold", "refuse", "remove",
    ]  # fmt: skip
    assert Verdict.refuse.rank == Verdict.remove.rank == 4
    assert Verdict.strongest([]) is Verdict.allow
    assert Verdict.strongest(["limit", "refuse", "label"]) is Verdict.refuse


def test_a_sealed_item_has_no_content_field_anywhere():
    content = {"text", "links", "disclosed", "codes", "picture_text"}
    assert set(model.CONTENT_FIELDS) == content
    assert not content & set(SealedItem.__struct_fields__)
    assert not content & set(model.columns(SealedItem))
    assert not content & set(model.json_schema(SealedItem)["$defs"]["SealedItem"]["properties"])


def test_content_sent_to_a_sealed_surface_is_refused_by_name():
    with pytest.raises(SealedSurfaceError) as caught:
        Item(id="1", surface=Surface.private_chat, text="a canary")
    assert str(caught.value) == (
        "surface 'private_chat' is sealed: its items have no content. "
        "Leave out text, links, disclosed, codes, picture_text."
    )


def test_an_extra_field_of_a_sealed_item_is_refused_not_dropped():
    with pytest.raises(msgspec.ValidationError, match="unknown field `text`"):
        msgspec.convert({"id": "1", "surface": "private_chat", "text": "x"}, SealedItem)


@pytest.mark.parametrize("struct", model.STRUCTS, ids=lambda s: s.__name__)
def test_every_field_has_a_meaning_a_column_and_a_schema(struct):
    described = model.fields(struct)
    assert [f.name for f in described] == list(struct.__struct_fields__)
    assert all(f.meaning for f in described)
    assert list(model.columns(struct)) == list(struct.__struct_fields__)
    assert model.json_schema(struct)["$defs"][struct.__name__]["type"] == "object"


def test_columns_are_typed():
    assert model.columns(model.Decision)["evidence"] == pl.List(
        pl.Struct({"field": pl.String, "start": pl.Int64, "end": pl.Int64, "what": pl.String})
    )
    assert model.columns(Item)["time"] == pl.Datetime("us", "UTC")
