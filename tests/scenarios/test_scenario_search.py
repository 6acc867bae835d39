"""The search of scenario 2 finds what it looks for, however it is kept."""

import base64
import gzip
import hashlib
import os
import secrets
import zlib

import polars as pl
import pytest

from scenarios.search import digests, in_files, in_memory, needles

CANARY = "canary4f1d2c3b4a59687"


@pytest.mark.parametrize(
    ("how", "data"),
    [
        ("as it is", f"before {CANARY} after".encode()),
        ("in UTF-16", f"x{CANARY}".encode("utf-16-le")),
        ("in UTF-16, the other way", f"x{CANARY}".encode("utf-16-be")),
        ("in hex", f"<{CANARY.encode().hex()}>".encode()),
        ("in base64", base64.b64encode(f"{CANARY} and more".encode())),
        ("in base64, a byte later", base64.b64encode(f"a{CANARY} and more".encode())),
        ("in base64, two bytes later", base64.b64encode(f"ab{CANARY} and more".encode())),
        ("in gzip", b"head" + gzip.compress(CANARY.encode() * 20, mtime=0)),
        ("in zlib", b"head" + zlib.compress(CANARY.encode() * 20)),
        ("a digest", b"head" + hashlib.sha256(CANARY.encode()).digest()),
        ("a digest in hex", hashlib.md5(CANARY.encode()).hexdigest().encode()),
    ],
)
def test_it_is_found_in_a_file(how, data, tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "file").write_bytes(data)
    (tmp_path / "other").write_bytes(b"nothing of it")
    assert in_files(tmp_path, needles(CANARY) + digests(CANARY)) == ["deep/file"]


def test_it_is_found_in_parquet(tmp_path):
    frame = pl.DataFrame({"text": [f"{CANARY} {n}" for n in range(200)]})
    frame.write_parquet(tmp_path / "log.parquet", compression="zstd")
    assert in_files(tmp_path, needles(CANARY)) == ["log.parquet"]


def test_nothing_is_found_where_nothing_is(tmp_path):
    (tmp_path / "noise").write_bytes(secrets.token_bytes(100_000))
    assert in_files(tmp_path, needles(CANARY) + digests(CANARY)) == []


def test_it_is_found_in_memory():
    kept = secrets.token_hex(16)
    assert in_memory(os.getpid(), [kept.encode()])
