"""The search for canaries finds them: else that it finds none would mean nothing."""

import base64
import gzip
import zlib

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from canary.search import found_below, found_in

WORD = "canary0123456789ab"
PLAIN = f"前 {WORD} 后".encode()

FORMS = {
    "plain": PLAIN,
    "upper": WORD.upper().encode(),
    "utf-16": f"x{WORD}".encode("utf-16"),
    "utf-16-be": f"x{WORD}".encode("utf-16-be"),
    "hex": PLAIN.hex().encode(),
    "hex, odd": b"a" + PLAIN.hex().upper().encode(),
    "base64": base64.b64encode(PLAIN),
    "base64, one on": base64.b64encode(b"x" + PLAIN),
    "base64, two on": base64.b64encode(b"xy" + PLAIN),
    "base64url in a word": b"abc" + base64.urlsafe_b64encode(PLAIN),
    "gzip": b"head" + gzip.compress(PLAIN) + b"tail",
    "zlib": b"head" + zlib.compress(PLAIN * 9),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_found(form):
    assert found_in(b"\x00\xff " + FORMS[form] + b" \xfe") == {WORD}


def test_what_is_in_files_and_in_their_names_is_found(tmp_path):
    pq.write_table(pa.table({"a": [WORD] * 1000}), tmp_path / "a.parquet", compression="zstd")
    (tmp_path / WORD).write_bytes(b"")
    (tmp_path / "other").write_bytes(b"nothing")
    assert found_below([tmp_path]) == {"a.parquet": {WORD}, WORD: {WORD}}
