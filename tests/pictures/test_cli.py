"""The command line: files and folders in, one row a file out."""

import json

import polars as pl
import pytest
from tests.pictures.making import file, photo, poster
from typer.testing import CliRunner

from portreeve.cli.app import app
from portreeve.pictures.reader import PictureReader


def run(*arguments):
    return CliRunner().invoke(app, ["pictures", "--workers", "1", *map(str, arguments)])


def test_pictures_of_a_folder_are_listed_with_what_is_in_them_and_which_are_alike(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(file(poster("https://t.me/some_shop"), "JPEG", quality=90))
    (folder / "b.JPG").write_bytes(file(poster("https://t.me/some_shop"), "JPEG", quality=40))
    (folder / "c.png").write_bytes(file(photo(5)))
    (folder / "notes.txt").write_bytes(b"no picture")
    torn = tmp_path / "torn"
    torn.write_bytes(b"nothing")

    result = run("--json", "--out", tmp_path / "out.parquet", folder, torn)
    assert result.exit_code == 1
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(row["file"].rpartition("/")[2], row.get("set_aside")) for row in rows] == [
        ("a.jpg", None), ("b.JPG", None), ("c.png", None), ("torn", "not_a_picture"),
    ]  # fmt: skip
    assert [one["file"] for one in rows[0]["similar"]] == [str(folder / "b.JPG")]
    assert rows[2]["similar"] == rows[2]["codes"] == []
    assert "send JPEG" in rows[3]["remedy"]

    table = pl.read_parquet(tmp_path / "out.parquet")
    contacts = pl.col("codes").list.first().struct.field("leads_to").struct.field("contacts")
    assert table.select(contacts)["contacts"].to_list() == [
        [{"kind": "telegram", "key": "some_shop"}], [{"kind": "telegram", "key": "some_shop"}],
        None, None,
    ]  # fmt: skip


def test_words_for_people_and_lines_for_machines_say_the_same(tmp_path):
    picture = tmp_path / "one.png"
    picture.write_bytes(file(poster("加微信 abc12345")))
    result = run("--out", tmp_path / "out.jsonl", picture)
    assert result.exit_code == 0
    assert "text: wechat:abc12345" in result.stdout
    assert "1 with codes, 0 like another, 0 files set aside" in result.stdout
    (row,) = map(json.loads, (tmp_path / "out.jsonl").read_text("utf-8").splitlines())
    assert row["codes"][0]["leads_to"]["contacts"] == [{"kind": "wechat", "key": "abc12345"}]


def test_what_cannot_be_used_is_told_before_anything_is_read(tmp_path):
    picture = tmp_path / "one.png"
    picture.write_bytes(file(photo()))
    assert "no such file" in str(run(tmp_path / "none.png").exception)
    assert "format" in str(run("--out", tmp_path / "out.csv", picture).exception)
    assert "folder" in str(run("--out", tmp_path / "no" / "out.jsonl", picture).exception)


def test_without_what_pictures_need_the_command_says_how_to_install_it(monkeypatch, tmp_path):
    monkeypatch.setattr("portreeve.pictures.reader._NEEDED", ("a_module_that_is_nowhere",))
    result = run(tmp_path)
    assert result.exit_code == 2
    assert "pip install 'portreeve[pictures]'" in result.stderr
    with pytest.raises(ModuleNotFoundError, match="a_module_that_is_nowhere"):
        PictureReader()
