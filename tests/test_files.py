"""Reading inputs, bad ones above all, and writing outputs that are whole or not there."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import random
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portreeve.files import (
    Batch,
    InputError,
    Options,
    Reject,
    RejectWriter,
    open_input,
    open_output,
)
from portreeve.files import lines as lines_module
from portreeve.files.lines import Lines
from portreeve.files.writer import ParquetWriter
from portreeve.model import Decision, columns

CANARY = "zanzibar-canary-7f3a"


def read(path: Path, **options: Any) -> tuple[pl.DataFrame, list[Reject], str | None]:
    """All rows of an input, its rejects, and why it ended early."""
    with open_input(str(path), Options(**options)) as reader:
        batches = list(reader.batches())
        frames = [batch.frame for batch in batches if len(batch.frame)]
        rejects = [reject for batch in batches for reject in batch.rejects]
        frame = pl.concat(frames, how="diagonal") if frames else pl.DataFrame()
        return frame, rejects, reader.ended_early


def jsonl(path: Path, *lines: str | bytes) -> Path:
    data = [line.encode() if isinstance(line, str) else line for line in lines]
    path.write_bytes(b"\n".join(data) + b"\n")
    return path


def reasons(rejects: list[Reject]) -> list[tuple[int | None, int | None, str]]:
    return [(reject.row, reject.line, reject.reason) for reject in rejects]


# JSON lines


def test_jsonl_keeps_ids_as_they_are(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "a.jsonl", '{"id":"007","text":"a"}', '{"id":"8","text":"b"}')
    frame, rejects, _ = read(path)
    assert frame["id"].to_list() == ["007", "8"]
    assert rejects == []
    path = jsonl(tmp_path / "b.jsonl", '{"id":7,"text":"a"}', '{"id":8,"text":"b"}')
    assert read(path)[0]["id"].to_list() == [7, 8]


def test_jsonl_without_ids_numbers_the_rows_and_counts_bad_ones(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "a.jsonl", '{"text":"a"}', "{", "", '{"text":"c"}')
    frame, rejects, _ = read(path)
    assert frame["id"].to_list() == [1, 3]
    assert reasons(rejects) == [(2, 2, "not valid JSON: the line ends too early")]
    with open_input(str(path), Options(), first_id=101) as reader:
        assert next(reader.batches()).frame["id"].to_list() == [101, 103]


def test_jsonl_reads_every_field(tmp_path: Path) -> None:
    row = {
        "id": "1",
        "text": "招代理 https://a.example",
        "surface": "comment",
        "account": 77,
        "audience": "friends",
        "time": "2014-06-01T08:00:00+08:00",
        "standing": "merchant",
        "licence": "none",
        "links": ["https://b.example"],
        "disclosed": True,
    }
    frame, rejects, _ = read(jsonl(tmp_path / "a.jsonl", json.dumps(row)))
    assert rejects == []
    assert frame.row(0, named=True) == {
        **row,
        "account": "77",
        "time": datetime(2014, 6, 1, tzinfo=UTC),
    }


def test_null_and_empty_text_are_items(tmp_path: Path) -> None:
    frame, rejects, _ = read(jsonl(tmp_path / "a.jsonl", '{"text":null}', '{"text":""}'))
    assert frame["text"].to_list() == [None, ""]
    assert rejects == []


@pytest.mark.parametrize(
    ("line", "reason", "remedy"),
    [
        (
            b'{"text":"a\xff"}',
            "byte 11 of the line (0xff) is not UTF-8",
            "Save the file as UTF-8, such as by `iconv -f gb18030 -t utf-8`.",
        ),
        (
            b'{"text":"a\\ud800b"}',
            "a lone surrogate (\\ud800 to \\udfff): half of a character",
            "Write both halves of the character, or the character itself.",
        ),
        (
            b'{"text":"a"',
            "not valid JSON: the line ends too early",
            "Write one JSON object per line.",
        ),
        (
            b"{'text':'a'}",
            "not valid JSON: object keys must be strings (byte 1)",
            "Write one JSON object per line.",
        ),
        (
            b'{"text":"a"} {"text":"b"}',
            "not valid JSON: trailing characters (byte 14)",
            "Write one JSON object per line.",
        ),
        (b"[1]", "the line is not a JSON object", "Write one JSON object per line."),
        (
            b'{"text":5}',
            "text is a whole number, not text or null",
            "Write it as text, or leave it out.",
        ),
        (
            b'{"text":["a"]}',
            "text is a list, not text or null",
            "Write it as text, or leave it out.",
        ),
        (
            b'{"text":"a","surface":3}',
            "surface is a whole number, not text or null",
            "Write it as text, or leave it out.",
        ),
        (
            b'{"text":"a","time":"yesterday"}',
            "time is not a date and time in RFC 3339",
            "Write it like 2014-06-01T08:00:00+08:00.",
        ),
        (
            b'{"text":"a","links":"x"}',
            "links is text, not a list or null",
            'Write ["https://one.example", "https://two.example"], or leave it empty.',
        ),
        (
            b'{"text":"a","links":[1]}',
            "an element of links is a whole number, not text",
            'Write ["https://one.example", "https://two.example"], or leave it empty.',
        ),
        (
            b'{"text":"a","disclosed":"yes"}',
            "disclosed is text, not true or false or null",
            "Write true or false, or leave it empty.",
        ),
        (b'{"body":"a"}', "there is no field 'text'", "Add it; null or empty text is fine."),
        (
            b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b',"text":"x"}',
            "not valid JSON: too deeply nested",
            "Write one JSON object per line.",
        ),
    ],
)
def test_a_bad_json_line_is_set_aside_alone(
    tmp_path: Path, line: bytes, reason: str, remedy: str
) -> None:
    path = jsonl(tmp_path / "a.jsonl", '{"text":"before"}', line, '{"text":"after"}')
    frame, rejects, _ = read(path)
    assert frame["text"].to_list() == ["before", "after"]
    assert [(r.row, r.line, r.reason, r.remedy) for r in rejects] == [(2, 2, reason, remedy)]


def test_ids_missing_or_too_large(tmp_path: Path) -> None:
    path = jsonl(
        tmp_path / "a.jsonl",
        '{"id":1,"text":"a"}',
        '{"text":"b"}',
        '{"id":9223372036854775808,"text":"c"}',
        '{"id":9223372036854775807,"text":"d"}',
    )
    frame, rejects, _ = read(path)
    assert frame["id"].to_list() == [1, 9223372036854775807]
    assert reasons(rejects) == [
        (2, 2, "id is missing, though the first rows of the input have one"),
        (3, 3, "id is a number beyond 64 bits"),
    ]


def test_a_late_id_is_not_taken_for_a_row_number(tmp_path: Path) -> None:
    lines = ['{"text":"a"}'] * 200
    frame, rejects, _ = read(jsonl(tmp_path / "a.jsonl", *lines, '{"text":"b","id":1}'))
    assert frame["id"].to_list() == list(range(1, 201))
    assert reasons(rejects) == [
        (201, 201, "id is given, though the first rows of the input have none")
    ]


def test_a_broken_beginning_does_not_hide_the_ids(tmp_path: Path) -> None:
    lines = ["{"] * 300
    frame, rejects, _ = read(jsonl(tmp_path / "a.jsonl", *lines, '{"id":"x","text":"a"}'))
    assert frame["id"].to_list() == ["x"]
    assert len(rejects) == 300


def test_numbers_and_text_among_the_ids_of_one_input(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "a.jsonl", '{"id":7,"text":"a"}', '{"id":"07","text":"b"}')
    with open_input(str(path), Options()) as reader:
        (batch,) = reader.batches()
    assert batch.frame["id"].to_list() == ["7", "07"]
    assert batch.numeric_ids == [True, False]


def test_missing_text_column_names_the_columns_and_the_remedy(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "a.jsonl", '{"id":1,"Text":"a"}')
    with pytest.raises(InputError) as error:
        read(path)
    assert str(error.value) == (
        f"{path}: there is no column 'text'. Columns found: id, Text. "
        "Name the right one with --text-column Text."
    )
    frame, _, _ = read(path, text_column="Text")
    assert frame["text"].to_list() == ["a"]


def test_a_json_list_is_explained(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "a.json", '[{"text":"a"},', '{"text":"b"}]')
    with pytest.raises(InputError, match="this is a JSON list, not one JSON object per line"):
        read(path)


def test_ignored_columns_are_named_once_with_a_guess(tmp_path: Path) -> None:
    notes: list[str] = []
    path = jsonl(tmp_path / "a.jsonl", *['{"text":"a","likes":3,"Surface":"comment"}'] * 3)
    read(path, note=notes.append)
    assert notes == [f"{path}: columns not used: likes, Surface (did you mean surface?)"]


def test_an_empty_file_has_no_rows(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").touch()
    assert read(tmp_path / "a.jsonl")[1:] == ([], None)


def test_a_byte_order_mark_is_skipped_and_utf_16_is_explained(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "a.jsonl", b'\xef\xbb\xbf{"text":"a"}')
    assert read(path)[0]["text"].to_list() == ["a"]
    path.write_bytes('{"text":"a"}'.encode("utf-16"))
    with pytest.raises(InputError, match="the file is in UTF-16"):
        read(path)


def test_batches_are_bounded_in_rows_and_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = jsonl(tmp_path / "a.jsonl", *(f'{{"text":"post {i:04}"}}' for i in range(1000)))
    monkeypatch.setattr(lines_module, "BLOCK", 4096)
    with open_input(str(path), Options(batch_rows=100)) as reader:
        batches = list(reader.batches())
    assert max(len(batch.frame) for batch in batches) <= 100
    assert len(batches) > 10
    texts = [text for batch in batches for text in batch.frame["text"]]
    assert texts == [f"post {i:04}" for i in range(1000)]
    rows = [row for batch in batches for row in batch.rows]
    assert rows == list(range(1, 1001))


def test_a_megabyte_post_is_read_and_an_endless_line_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    big = "面膜" * 200_000
    path = jsonl(
        tmp_path / "a.jsonl",
        json.dumps({"text": big}, ensure_ascii=False),
        '{"text":"' + "x" * 3_000_000 + '"}',
        '{"text":"after"}',
    )
    monkeypatch.setattr(lines_module, "BLOCK", 4096)
    source = Lines(path, longest=2_000_000)
    kinds = [(block.first, block.too_long) for block in source.blocks()]
    assert kinds == [(1, False), (2, True), (3, False)]
    frame, rejects, _ = read(path)
    assert frame["text"].str.len_chars().to_list() == [400_000, 3_000_000, 5]
    assert rejects == []


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=30), min_size=1, max_size=20))
def test_any_text_survives_jsonl_and_csv(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("texts")
    lines = [json.dumps({"id": i, "text": text}) for i, text in enumerate(texts)]
    frame, rejects, _ = read(jsonl(folder / "a.jsonl", *lines))
    assert (frame["text"].to_list(), rejects) == (texts, [])
    pl.DataFrame({"id": range(len(texts)), "text": texts}).write_csv(folder / "a.csv")
    frame, rejects, _ = read(folder / "a.csv")
    assert (frame["text"].to_list(), rejects) == (texts, [])


@given(st.lists(st.binary(max_size=40), max_size=20), st.sampled_from(["jsonl", "csv"]))
def test_no_bytes_crash_a_reader_and_no_row_is_lost(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], kind: str
) -> None:
    path = tmp_path_factory.mktemp("bytes") / f"a.{kind}"
    head = b'{"id":"0","text":"first"}\n' if kind == "jsonl" else b"id,text\n0,first\n"
    path.write_bytes(head + b"\n".join(lines))
    with open_input(str(path), Options()) as reader:
        batches = list(reader.batches())
        rows = {row for b in batches for row in [*b.rows, *(r.row for r in b.rejects)]}
        assert sum(len(b.rows) + len(b.rejects) for b in batches) == reader.rows_read
        assert rows == set(range(1, reader.rows_read + 1))


# Comma-separated values


def test_csv_ids_are_text_and_quotes_hold_line_breaks(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('id,text,surface\n007,"a ""b"", c\nd",\n8,,comment\n', newline="\r\n")
    with open_input(str(path), Options()) as reader:
        (batch,) = [b for b in reader.batches() if len(b.frame)]
    assert batch.frame.to_dict(as_series=False) == {
        "id": ["007", "8"],
        "text": ['a "b", c\r\nd', ""],
        "surface": ["moments", "comment"],
    }
    assert batch.lines == [2, 4]


def test_csv_types_and_bad_cells(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "id,text,time,disclosed,links\n"
        "1,a,2014-06-01T08:00:00+08:00,yes,https://a.example https://b.example\n"
        '2,b,,,"[""https://c.example""]"\n'
        "3,c,today,,\n"
        "4,d,,maybe,\n"
        "5,e,,,[1]\n"
        "6,f\n"
        ",g,,,\n"
    )
    frame, rejects, _ = read(path)
    assert frame["time"].to_list() == [datetime(2014, 6, 1, tzinfo=UTC), None]
    assert frame["disclosed"].to_list() == [True, None]
    assert frame["links"].to_list() == [
        ["https://a.example", "https://b.example"],
        ["https://c.example"],
    ]
    assert reasons(rejects) == [
        (3, 4, "time is not a date and time in RFC 3339"),
        (4, 5, "disclosed is neither true nor false"),
        (5, 6, "links is neither a JSON list of texts nor addresses with spaces"),
        (6, 7, "the row has 2 cells, the header has 5"),
        (7, 8, "id is missing, though the first rows of the input have one"),
    ]
    assert [reject.raw for reject in rejects] == [
        "3,c,today,,",
        "4,d,,maybe,",
        "5,e,,,[1]",
        "6,f",
        ",g,,,",
    ]


@pytest.mark.parametrize("tail", ['3,"fine"\n4,fine\n', "3,fine\n4,fine\n"])
def test_a_missing_quote_costs_its_own_line_only(tmp_path: Path, tail: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text('id,text\n1,fine\n2,"no end\n' + tail)
    frame, rejects, _ = read(path)
    assert frame["id"].to_list() == ["1", "3", "4"]
    assert reasons(rejects) == [
        (2, 3, "a quoted cell that begins here does not end where it should")
    ]


def test_an_open_quote_is_followed_over_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines_module, "BLOCK", 16)
    path = tmp_path / "a.csv"
    text = "line\n" * 20
    path.write_text(f'id,text\n1,"{text}"\n2,b\n3,"never closed\n4,d\n')
    frame, rejects, _ = read(path)
    assert frame["id"].to_list() == ["1", "2", "4"]
    assert frame["text"][0] == text
    assert [(reject.row, reject.line) for reject in rejects] == [(3, 24)]


def test_csv_bytes_that_are_not_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("id,text\n1,好\n".encode() + b"2,\xb1\xa3\n3,ok\n")
    frame, rejects, _ = read(path)
    assert frame["text"].to_list() == ["好", "ok"]
    assert reasons(rejects) == [(2, 3, "text holds a byte (0xb1) that is not UTF-8")]
    assert rejects[0].raw == "2,��"


def test_csv_headers(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,id,text\n")
    with pytest.raises(InputError, match="the column 'id' is there twice"):
        read(path)
    path.write_text("")
    with pytest.raises(InputError, match="there is no header line"):
        read(path)
    path.write_text("nr;body\n1;a\n")
    with pytest.raises(InputError) as error:
        read(path)
    assert str(error.value) == (
        f"{path}: there is no column 'text'. Columns found: nr;body. "
        "Name the right one with --text-column NAME."
    )
    path.write_text("nr,body\n7,a\n")
    frame, _, _ = read(path, text_column="body", id_column="nr")
    assert frame.rows() == [("7", "a", "moments")]
    tsv = tmp_path / "a.tsv"
    tsv.write_text("id\ttext\n1\ta, b\n")
    assert read(tsv)[0]["text"].to_list() == ["a, b"]


# Compression and pipes


def test_compressed_inputs(tmp_path: Path) -> None:
    data = b"".join(b'{"text":"post %d"}\n' % i for i in range(1000))
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(data))
    with pa.CompressedOutputStream(str(tmp_path / "a.jsonl.zst"), "zstd") as file:
        file.write(data)
    for name in ("a.jsonl.gz", "a.jsonl.zst"):
        frame, rejects, ended_early = read(tmp_path / name)
        assert (len(frame), rejects, ended_early) == (1000, [], None)


def noisy(rows: int) -> bytes:
    """Lines that do not compress well, so that half a file is half of the rows."""
    return b"".join(b'{"text":"%x"}\n' % pow(3, i, 1 << 521) for i in range(rows))


def test_a_truncated_gzip_gives_every_whole_row_before_the_end(tmp_path: Path) -> None:
    data = noisy(5000)
    whole = gzip.compress(data)
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(whole[: len(whole) // 2])
    expected = gzip.GzipFile(fileobj=io.BytesIO(whole[: len(whole) // 2]))
    available = b""
    with contextlib.suppress(EOFError):
        while chunk := expected.read1(100):
            available += chunk
    frame, rejects, ended_early = read(path)
    assert len(frame) == available.count(b"\n") > 2000
    assert rejects == []
    assert ended_early == (
        "the compressed file is damaged or cut off (Truncated compressed stream), "
        f"after {len(available):,} bytes of text"
    )


def test_a_damaged_zstd_ends_early_and_a_false_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.zst"
    with pa.CompressedOutputStream(str(path), "zstd") as file:
        file.write(noisy(5000))
    path.write_bytes(path.read_bytes()[:-1000])
    frame, _, ended_early = read(path)
    assert len(frame) > 3000
    assert ended_early is not None
    path.write_bytes(b'{"text":"a"}\n')
    with pytest.raises(InputError, match="the file cannot be decompressed"):
        read(path)


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    class Pipe:
        buffer = io.BytesIO(b'{"text":"a"}\n')

    monkeypatch.setattr(sys, "stdin", Pipe)
    assert read(Path("-"))[0]["text"].to_list() == ["a"]
    Pipe.buffer = io.BytesIO(b"text\na\n")
    assert read(Path("-"), format="csv")[0]["text"].to_list() == ["a"]
    with pytest.raises(InputError, match="Parquet cannot be read from a pipe"):
        read(Path("-"), format="parquet")


# Parquet


def test_parquet_types(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    table = pa.table(
        {
            "id": pa.array([1, 2], pa.int32()),
            "text": pa.array(["a", None]).dictionary_encode(),
            "account": pa.array([5, None]),
            "time": pa.array([datetime(2014, 6, 1), None], pa.timestamp("ms")),
            "links": pa.array([["x"], None]),
            "disclosed": pa.array([None, False]),
            "likes": [1, 2],
        }
    )
    pq.write_table(table, path)
    notes: list[str] = []
    frame, rejects, _ = read(path, note=notes.append)
    assert rejects == []
    assert frame.rows(named=True) == [
        {
            "id": 1,
            "text": "a",
            "account": "5",
            "time": datetime(2014, 6, 1, tzinfo=UTC),
            "links": ["x"],
            "disclosed": None,
            "surface": "moments",
        },
        {
            "id": 2,
            "text": None,
            "account": None,
            "time": None,
            "links": None,
            "disclosed": False,
            "surface": "moments",
        },
    ]
    assert notes == [f"{path}: columns not used: likes"]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            {"id": [1], "body": ["a"]},
            "there is no column 'text'. Columns found: id, body. "
            "Name the right one with --text-column NAME.",
        ),
        (
            {"text": [1]},
            "the column 'text' holds int64, not text. "
            "Cast it, or rename it so that it is not read.",
        ),
        (
            {"text": [b"a"]},
            "the column 'text' holds binary, not text. "
            "Cast it, or rename it so that it is not read.",
        ),
        (
            {"text": ["a"], "id": [1.5]},
            "the column 'id' holds double, not text or whole numbers. "
            "Cast it, or rename it so that it is not read.",
        ),
        (
            {"text": ["a"], "links": ["x"]},
            "the column 'links' holds string, not lists of text. "
            "Cast it, or rename it so that it is not read.",
        ),
        (
            {"text": ["a"], "disclosed": ["yes"]},
            "the column 'disclosed' holds string, not booleans. "
            "Cast it, or rename it so that it is not read.",
        ),
        (
            {"text": ["a"], "time": [1]},
            "the column 'time' holds int64, not points in time, or text in RFC 3339. "
            "Cast it, or rename it so that it is not read.",
        ),
    ],
)
def test_parquet_with_missing_columns_or_wrong_types(
    tmp_path: Path, table: dict[str, list[Any]], message: str
) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table(table), path)
    with pytest.raises(InputError) as error:
        read(path)
    assert str(error.value) == f"{path}: {message}"


def test_parquet_bad_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    offsets = pa.py_buffer(b"".join(n.to_bytes(4, "little") for n in (0, 1, 3, 4, 5)))
    text = pa.Array.from_buffers(pa.string(), 4, [None, offsets, pa.py_buffer(b"a\xff\xfebc")])
    table = pa.table(
        {
            "id": pa.array([1, 2, None, 1 << 63], pa.uint64()),
            "text": text,
            "time": ["2014-06-01T00:00:00Z", None, None, "noon"],
        }
    )
    pq.write_table(table, path)
    frame, rejects, _ = read(path)
    assert frame["id"].to_list() == [1]
    assert [(r.row, r.reason, r.raw) for r in rejects] == [
        (2, "text holds bytes that are not UTF-8", None),
        (3, "id is missing, though the first rows of the input have one", "b"),
        (4, "time is not a date and time in RFC 3339", "c"),
    ]


def test_a_truncated_parquet_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": ["a"] * 1000}), path)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(InputError) as error:
        read(path)
    assert str(error.value) == (
        f"{path}: this is not a Parquet file, or it was cut off. "
        "Write it again, or say by --format what it is."
    )


def test_a_damaged_page_ends_the_file_early(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    texts = [str(pow(3, i, 1 << 521)) for i in range(4000)]
    pq.write_table(
        pa.table({"text": texts}),
        path,
        row_group_size=1000,
        compression="zstd",
        use_dictionary=False,
    )
    data = bytearray(path.read_bytes())
    middle = len(data) * 5 // 8
    data[middle : middle + 200] = bytes(200)
    path.write_bytes(data)
    frame, _, ended_early = read(path, batch_rows=500)
    assert 1000 <= len(frame) < 4000
    assert ended_early is not None
    assert ended_early.startswith(f"the file is damaged after row {len(frame):,}")


def test_heavy_rows_make_small_parquet_batches(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    texts = [random.Random(i).randbytes(450_000).hex() for i in range(100)]
    pq.write_table(pa.table({"text": texts}), path, compression="zstd")
    with open_input(str(path), Options()) as reader:
        sizes = [len(batch.frame) for batch in reader.batches()]
    assert sum(sizes) == 100
    assert max(sizes) < 90


# Sealed surfaces


def test_no_reject_quotes_a_row_whose_surface_is_sealed_or_unknown(tmp_path: Path) -> None:
    path = jsonl(
        tmp_path / "a.jsonl",
        '{"id":1,"text":"fine"}',
        f'{{"id":2,"surface":"private_chat","text":"{CANARY}","time":"noon"}}',
        f'{{"id":3,"surface":"private_chat","text":"{CANARY}"',
        f'{{"id":4,"surface":"private chat","text":"{CANARY}","disclosed":1}}',
        f'{{"id":{1 << 70},"surface":"private_chat","text":"{CANARY}"}}',
        f'{{"surface":"private_chat","text":"{CANARY}"}}',
        b'{"id":7,"text":"' + CANARY.encode() + b'\xff","surface":"private_chat"}',
        f'{{"id":"{1 << 70}","surface":"group","text":"{CANARY}","disclosed":1}}',
    )
    _, rejects, _ = read(path, sealed=frozenset({"private_chat", "group"}))
    assert [reject.row for reject in rejects] == [2, 3, 4, 5, 6, 7, 8]
    assert CANARY not in repr(rejects)

    csv = tmp_path / "a.csv"
    csv.write_bytes(
        b"id,text,surface,time\n1,fine,,\n"
        + f'2,{CANARY},private_chat,noon\n3,{CANARY},private_chat\n4,"{CANARY}\n'.encode()
        + f",{CANARY},private_chat,\n5,{CANARY},private_chat,\xff,\n".encode("latin-1")
    )
    _, rejects, _ = read(csv)
    assert [reject.row for reject in rejects] == [2, 3, 4, 5, 6]
    assert CANARY not in repr(rejects)

    parquet = tmp_path / "a.parquet"
    pq.write_table(
        pa.table({"text": [CANARY], "surface": ["private_chat"], "time": ["noon"]}), parquet
    )
    _, rejects, _ = read(parquet)
    assert len(rejects) == 1
    assert CANARY not in repr(rejects)


def test_sealed_items_need_no_text(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "a.jsonl", '{"id":1,"surface":"private_chat"}')
    frame, rejects, _ = read(path)
    assert frame.rows(named=True) == [{"id": 1, "surface": "private_chat", "text": None}]
    assert rejects == []


def test_a_row_the_engine_refuses_is_described_by_its_batch(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "a.jsonl", "", '{"text":"a","surface":"moment"}')
    with open_input(str(path), Options()) as reader:
        (batch,) = reader.batches()
    assert batch.reject(0, "reason", "remedy", quote=False) == Reject(
        str(path), 1, 2, "reason", "remedy", None
    )
    assert batch.reject(0, "reason", "remedy", quote=True).raw == '{"text":"a","surface":"moment"}'
    frame = pl.DataFrame({"text": ["x" * 300]})
    bare = Batch("a.parquet", frame, rows=[9], lines=None, raw=None)
    assert bare.reject(0, "reason", "remedy", quote=True).raw == "x" * 200


# Which file, which format


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none.jsonl", "cannot be read: No such file or directory. Check the path."),
        (
            "posts.txt",
            "the name does not tell the format. Add --format jsonl|csv|tsv|parquet.",
        ),
        ("a.parquet.gz", "a compressed Parquet file is not read. Decompress it."),
        (
            "folder.jsonl",
            "cannot be read: Is a directory. Name the files in it, such as folder/*.jsonl.",
        ),
    ],
)
def test_inputs_that_cannot_be_opened(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "folder.jsonl").mkdir()
    with pytest.raises(InputError) as error:
        read(tmp_path / name)
    assert str(error.value) == f"{tmp_path / name}: {message}"


# Writing

DECISIONS = pl.DataFrame({"id": [1, 2], "verdict": ["allow", "refuse"], "contacts": [[], ["qq:1"]]})


def test_jsonl_and_parquet_outputs(tmp_path: Path) -> None:
    for name in ("a.jsonl", "a.parquet"):
        with open_output(tmp_path / name, print) as output:
            output.write(DECISIONS)
            output.write(DECISIONS)
            assert not (tmp_path / name).exists()
    assert (tmp_path / "a.jsonl").read_text() == (
        '{"id":1,"verdict":"allow","contacts":[]}\n'
        '{"id":2,"verdict":"refuse","contacts":["qq:1"]}\n'
    ) * 2
    assert pl.read_parquet(tmp_path / "a.parquet").equals(pl.concat([DECISIONS, DECISIONS]))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jsonl", "a.parquet"]


def test_an_error_leaves_the_old_file_and_no_half_one(tmp_path: Path) -> None:
    for name in ("a.jsonl", "a.parquet"):
        (tmp_path / name).write_text("old")
        output = open_output(tmp_path / name, print)
        output.write(DECISIONS)
        output.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
        assert (tmp_path / name).read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jsonl", "a.parquet"]


def test_jsonl_ids_stay_numbers_beside_text(tmp_path: Path) -> None:
    with open_output(tmp_path / "a.jsonl", print) as output:
        output.write(DECISIONS.cast({"id": pl.String}), numeric_ids=[True, False])
    lines = (tmp_path / "a.jsonl").read_text().splitlines()
    assert [json.loads(line)["id"] for line in lines] == [1, "2"]


@pytest.mark.parametrize("row_group", [1, 100_000])
def test_parquet_ids_become_text_beside_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, row_group: int
) -> None:
    monkeypatch.setattr("portreeve.files.writer.ROW_GROUP", row_group)
    notes: list[str] = []
    with open_output(tmp_path / "a.parquet", notes.append) as output:
        output.write(DECISIONS)
        output.write(DECISIONS.with_columns(id=pl.Series(["x", "y"])))
        output.write(DECISIONS)
    ids = pl.read_parquet(tmp_path / "a.parquet")["id"].to_list()
    assert ids == ["1", "2", "x", "y", "1", "2"]
    assert notes == ["ids are numbers in one place and text in another: all are written as text"]
    assert [path.name for path in tmp_path.iterdir()] == ["a.parquet"]


def test_outputs_that_cannot_be_written(tmp_path: Path) -> None:
    for name, what in (
        ("a.csv", "the name does not tell the format. End it in .parquet or .jsonl."),
        ("no/a.jsonl", "its folder is not there. Make it, or name another."),
        ("folder.jsonl", "this is a folder. Name a file in it."),
    ):
        (tmp_path / "folder.jsonl").mkdir(exist_ok=True)
        with pytest.raises(InputError) as error:
            open_output(tmp_path / name, print)
        assert str(error.value) == f"{tmp_path / name}: {what}"


def test_a_rejects_file_appears_with_the_first_reject(tmp_path: Path) -> None:
    path = tmp_path / "a.rejected.jsonl"
    with RejectWriter(path, always=False) as writer:
        writer.write([])
    assert not path.exists()
    with RejectWriter(path, always=False) as writer:
        writer.write([Reject("a.csv", 3, 4, "reason", "remedy", "raw 原文")])
    assert path.read_text(encoding="utf-8") == (
        '{"file":"a.csv","row":3,"line":4,"reason":"reason","remedy":"remedy","raw":"raw 原文"}\n'
    )
    with RejectWriter(path, always=True) as writer:
        writer.write([])
    assert path.read_text() == ""


def test_no_decisions_are_still_a_parquet_file(tmp_path):
    with ParquetWriter(tmp_path / "none.parquet", print):
        pass
    assert pl.read_parquet(tmp_path / "none.parquet").shape == (0, len(columns(Decision)))
