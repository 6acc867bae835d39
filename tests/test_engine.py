"""Screening: admission of rows, decisions, evidence, and tables of every kind."""

import datetime as dt

import polars as pl
import pyarrow as pa
import pytest

import portreeve
from portreeve.admission import admit
from portreeve.model import Decision, columns
from portreeve.policy import load

SELLING = "面膜89元一盒 加微信 abc12345 下单"


def screen(rows: dict[str, list], **options) -> pl.DataFrame:
    return portreeve.screen(pl.DataFrame(rows), **options)


def test_a_sale_in_moments_is_refused_with_evidence():
    decision = screen({"id": ["a"], "text": [SELLING]}).row(0, named=True)
    assert decision["verdict"] == "refuse"
    assert (decision["lawful"], decision["permitted"]) == (True, False)
    assert decision["contacts"] == ["wechat:abc12345"]
    assert decision["prices"] == [{"amount": 89.0, "currency": "CNY", "kind": "price"}]
    assert (decision["goods_category"], decision["goods_tier"]) == ("facial_masks", "grey")
    assert decision["policy"].startswith("acquaintance@")
    quoted = {SELLING[e["start"] : e["end"]] for e in decision["evidence"]}
    assert {"89元", "微信 abc12345"} <= quoted
    assert len(decision["rules"]) == len(decision["clauses"]) >= 1


def test_ordinary_life_passes_with_no_rule():
    decision = screen({"text": ["这个面膜敷完脸真的很软"]}).row(0, named=True)
    assert decision["verdict"] == "allow"
    assert decision["rules"] == decision["evidence"] == []
    assert decision["id"] == 1


def test_a_post_among_others_is_not_given_an_id_that_another_may_have():
    rejected = admit(pl.DataFrame({"id": [2, None], "text": ["a", "b"]}), load("acquaintance"))
    assert rejected.rejected.rows() == [(1, "id is missing", "Give every row an id, or none.")]


def test_columns_are_those_of_a_decision():
    decided = screen({"id": ["a"], "text": [SELLING]})
    assert dict(decided.schema) == dict(columns(Decision))


def test_after_publication_refuse_is_remove():
    assert screen({"text": [SELLING]}, published=True)["verdict"].to_list() == ["remove"]


def test_ids_come_back_unchanged():
    assert screen({"id": [70, 7], "text": ["a", "b"]})["id"].to_list() == [70, 7]
    assert screen({"id": ["007", "x"], "text": ["a", "b"]})["id"].to_list() == ["007", "x"]
    assert screen({"text": ["a", "b"]})["id"].to_list() == [1, 2]


def test_empty_and_missing_text_pass_and_have_no_promotion():
    decided = screen({"text": ["", None, "  "]})
    assert decided["verdict"].to_list() == ["allow", "allow", "allow"]
    assert decided["promotion"].to_list() == [None, None, None]


def test_a_table_without_rows():
    assert len(screen({"text": []})) == 0


def test_takes_whatever_speaks_arrow():
    table = pa.table({"id": [1, 2], "text": [SELLING, "早安"]})
    assert portreeve.screen(table)["verdict"].to_list() == ["refuse", "allow"]
    assert portreeve.screen(table.slice(1))["id"].to_list() == [2]
    with pytest.raises(portreeve.ItemError, match="a dict is not a table"):
        portreeve.screen({"text": ["x"]})


def test_gives_what_others_take():
    decided = screen({"text": [SELLING]})
    assert pa.table(decided).column("verdict").to_pylist() == ["refuse"]


def test_signals_on_request():
    signals = screen({"text": [SELLING]}, signals=True)["signals"].struct.unnest()
    assert signals.select("contacts", "prices", "surface", "goods_tier").row(0) == (
        1, 1, "moments", "grey",
    )  # fmt: skip


REJECTED = [
    (
        {"surface": ["momnets"]},
        "surface 'momnets' is not known",
        "Use one of moments, comment, profile, group, private_chat, public_account, search_ad, "
        "live, share_api, group_buy, short_video.",
    ),
    (
        {"surface": ["private_chat"]},
        "surface 'private_chat' is sealed: its items have no content",
        "Leave out text, links, disclosed, codes, picture_text.",
    ),
    (
        {"surface": ["short_video"]},
        "surface 'short_video' is off in policy {label}",
        "Leave these items out until the policy's entry conditions hold.",
    ),
    (
        {"standing": ["boss"]},
        "standing is not one of the known names",
        "Use one of person, merchant, verified_merchant, campus_member, or leave it out.",
    ),
    (
        {"licence": ["paper"]},
        "licence is not one of the known names",
        "Use one of none, claimed, verified, or leave it out.",
    ),
    ({"time": ["soon"]}, "time is not a time", "The column 'time' is String; give {time}."),
    ({"links": [7]}, "links is not a list of text", "The column 'links' is Int64; give {links}."),
    (
        {"disclosed": ["maybe"]},
        "disclosed is not true or false",
        "The column 'disclosed' is String; give Boolean.",
    ),
    ({"text": [5]}, "text is not text", "The column 'text' is Int64; give String."),
]


@pytest.mark.parametrize(
    ("given", "reason", "remedy"),
    REJECTED,
    ids=[next(iter(c[0])) + str(i) for i, c in enumerate(REJECTED)],
)
def test_a_row_that_cannot_be_decided_says_why_and_what_to_do(given, reason, remedy):
    policy = load("acquaintance")
    frame = pl.DataFrame({"text": ["a canary"]} | given)
    rejected = admit(frame, policy).rejected
    words = {"label": policy.label, "time": pl.Datetime("us", "UTC"), "links": pl.List(pl.String)}
    assert rejected.rows() == [(0, reason.format(**words), remedy.format(**words))]
    assert "canary" not in str(rejected.rows())
    with pytest.raises(portreeve.ItemError):
        portreeve.screen(frame)


def test_bad_rows_leave_the_good_ones():
    frame = pl.DataFrame({"text": ["a", "b", "c"], "surface": ["moments", "mars", "comment"]})
    admitted = admit(frame, load("acquaintance"))
    assert admitted.items["text"].to_list() == ["a", "c"]
    assert admitted.items["id"].to_list() == [1, 3]
    assert admitted.rejected["row"].to_list() == [1]


def test_no_text_column_is_one_error():
    with pytest.raises(portreeve.ItemError, match="there is no column 'text' among 'body'"):
        screen({"body": ["x"]})


def test_times_are_read_with_and_without_offset():
    frame = pl.DataFrame(
        {"text": ["a", "b"], "time": ["2014-06-01T00:00:00+08:00", "2014-06-01T00:00:00Z"]}
    )
    times = admit(frame, load("acquaintance")).items["time"].to_list()
    assert times[1] - times[0] == dt.timedelta(hours=8)


def test_a_sealed_item_without_content_is_allowed():
    decided = screen({"text": [None], "surface": ["private_chat"]})
    assert decided.select("verdict", "promotion").row(0) == ("allow", None)


def test_broken_bytes_are_named():
    frame = pl.DataFrame({"text": pl.Series([b"\xe9\x9d\xa2", b"\xff\xfe"], dtype=pl.Binary)})
    admitted = admit(frame, load("acquaintance"))
    assert admitted.items["text"].to_list() == ["面"]
    assert admitted.rejected["row"].to_list() == [1]


def test_a_post_of_a_megabyte_is_decided():
    long = "面膜89元一盒 加微信 abc12345 下单。" * 50_000
    decision = screen({"text": [long, "早安"]})
    assert decision["verdict"].to_list() == ["refuse", "allow"]
    assert decision["contacts"].to_list()[0] == ["wechat:abc12345"]
    assert len(decision["evidence"][0]) <= 512


def test_right_to_left_marks_and_zero_width_hide_nothing():
    decision = screen({"text": ["\u202e面\u200b膜89元\u2066 加微\u200d信 abc\u200b12345 下单"]})
    assert decision["contacts"].to_list() == [["wechat:abc12345"]]
    assert decision["goods_category"].to_list() == ["facial_masks"]


def test_the_same_table_gives_the_same_decisions():
    posts = {"text": [SELLING, "早安", "二手沙发200元自提"] * 20}
    assert screen(posts).equals(screen(posts))


def test_a_batch_decides_like_single_posts():
    texts = [SELLING, "早安", "加 薇❤ ａｂｃ①②③④⑤", "http://t.cn/abc 复制打开淘宝", ""]
    together = screen({"text": texts}).drop("id")
    alone = pl.concat([screen({"text": [text]}) for text in texts]).drop("id")
    assert together.equals(alone)


def broken_text() -> pa.Array:
    """Text that Arrow did not check, as other programs may hand it over."""
    held = pa.array([b"ok", b"\xff\xfe bad, and longer than twelve bytes"], pa.binary())
    return pa.StringArray.from_buffers(2, *held.buffers()[1:])


BROKEN = [
    ({"text": broken_text()}, "text", "text"),
    ({"text": broken_text().cast(pa.string_view())}, "text", "views of text"),
    (
        {"text": pa.DictionaryArray.from_arrays(pa.array([0, 1]), broken_text())},
        "text",
        "categories",
    ),
    ({"id": broken_text(), "text": ["a", "b"]}, "id", "an id"),
    ({"surface": broken_text(), "text": ["a", "b"]}, "surface", "a surface"),
    (
        {"text": ["a", "b"], "links": pa.ListArray.from_arrays([0, 1, 2], broken_text())},
        "links",
        "an address in a list",
    ),
]


@pytest.mark.parametrize(("given", "field", "reason"), BROKEN, ids=[c[2] for c in BROKEN])
def test_bytes_that_are_not_utf8_are_named_whatever_let_them_through(given, field, reason):
    rejected = admit(pl.DataFrame(pa.table(given)), load("acquaintance")).rejected
    assert rejected.filter(pl.col("row") == 1).rows() == [
        (1, f"{field} is not UTF-8", f"Write the column '{field}' as UTF-8.")
    ]


def test_a_table_in_pieces_is_decided_like_one_in_a_piece():
    """polars 2.1 cannot format text of a table in pieces of which a filter leaves one empty."""
    rows = [
        {"text": "早安", "links": []},
        {"text": SELLING, "links": ["https://item.taobao.com/item.htm?id=1"]},
        {"text": "价格 12元 看 http://t.cn/abc", "links": []},
    ]
    schema = {"text": pl.String, "links": pl.List(pl.String)}
    pieces = pl.concat([pl.DataFrame([row], schema=schema) for row in rows], rechunk=False)
    assert pieces["text"].n_chunks() == 3
    assert portreeve.screen(pieces).equals(portreeve.screen(pieces.rechunk()))


def test_attached_addresses_in_one_text_are_told_apart():
    decided = screen({"text": ["看这个"], "links": ["http://a.example.com http://b.example.org"]})
    assert decided["links"].to_list() == [["a.example.com", "b.example.org"]]


def test_an_empty_text_on_a_sealed_surface_is_no_content():
    assert screen({"text": [""], "surface": ["private_chat"]})["verdict"].to_list() == ["allow"]
