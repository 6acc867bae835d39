"""Known pictures: the search against a plain count of bits, and the formats of others."""

import json

import numpy as np
import pytest

from portreeve.pictures import exchange
from portreeve.pictures.index import Banks, Index, KnownPicture

MASK = "f8" * 32
POSTER = "0f" * 32
KNOWN = (
    KnownPicture(pdq=MASK, bank="masks", label="7", tags=("mask", "selling")),
    KnownPicture(pdq=POSTER, bank="masks"),
)


def flipped(hash_, chance, bits):
    places = chance.choice(256, bits, replace=False)
    return f"{int(hash_, 16) ^ sum(1 << int(place) for place in places):064x}"


def test_the_search_finds_exactly_those_within_and_orders_them():
    chance = np.random.default_rng(4)
    others = [chance.bytes(32).hex() for _ in range(5_000)]
    asked = others[77]
    hashes = others[:4_000] + [flipped(asked, chance, bits) for bits in range(29, 36)] + others
    wanted = [
        ((int(one, 16) ^ int(asked, 16)).bit_count(), place) for place, one in enumerate(hashes)
    ]
    found = Index(hashes).near(asked)
    assert [(near.distance, near.place) for near in found] == sorted(
        one for one in wanted if one[0] <= 31
    )
    assert [near.distance for near in found] == [0, 0, 29, 30, 31]


def test_more_are_found_than_are_looked_for_at_once():
    assert len(Index([MASK] * 3_000).near(MASK)) == 3_000
    assert sum(1 for _ in Index([MASK] * 60).pairs()) == 60 * 59 // 2
    assert Index().near(MASK) == []


@pytest.mark.parametrize("hash_", ["f8", "g" * 64, "f" * 63, "f" * 65])
def test_what_is_no_hash_is_refused(hash_):
    with pytest.raises(ValueError, match="hex"):
        Index([hash_])


def test_hashes_of_low_quality_are_not_compared():
    plain = KnownPicture(pdq=MASK, quality=12)
    assert len(Banks([plain, *KNOWN])) == 2
    assert [match.known.label for match in Banks(KNOWN).find(MASK, 90)] == ["7"]
    assert Banks(KNOWN).find(MASK, 49) == []


@pytest.mark.parametrize(
    ("format_", "tags"), [("text", ()), ("csv", ("mask", "selling")), ("json", ("mask", "selling")),
                          ("hma", ())],
)  # fmt: skip
def test_banks_are_written_and_read_back(format_, tags):
    found = exchange.read(exchange.write(KNOWN, format_), "theirs")
    assert [(one.pdq, one.bank, one.tags) for one in found.known] == [
        (MASK, "theirs", tags), (POSTER, "theirs", ()),
    ]  # fmt: skip
    assert found.left_out == ()


def test_a_page_of_threat_updates_as_threatexchange_answers_it():
    def update(number, hash_, **more):
        return {"id": str(number), "indicator": hash_, "type": "HASH_PDQ", "should_delete": False,
                "last_updated": 1_700_000_000, **more}  # fmt: skip

    def opinion(status, *tags):
        told = {"data": [{"id": "9", "text": tag} for tag in tags]}
        return {"owner": {"id": "4"}, "status": status, "added_on": "2020-07-01T18:31:15+0000",
                "tags": told}  # fmt: skip

    page = [
        update(1, MASK.upper(), descriptors={"data": [opinion("MALICIOUS", "mask")]}),
        update(2, POSTER, descriptors={"data": [opinion("NON_MALICIOUS")]}),
        update(3, POSTER, should_delete=True),
        update(4, "d41d8cd98f00b204e9800998ecf8427e") | {"type": "HASH_MD5"},
        update(5, "nothing"),
        ["no object"],
    ]
    found = exchange.read(json.dumps({"data": page, "paging": {}}).encode(), "te")
    assert [(one.pdq, one.label, one.tags) for one in found.known] == [(MASK, "1", ("mask",))]
    assert [(one.row, one.why) for one in found.left_out] == [
        (2, "not harmful"), (3, "withdrawn"), (4, "another kind"), (5, "no hash"),
        (6, "not readable"),
    ]  # fmt: skip


def test_lists_of_hashes_with_and_without_their_kind():
    text = f"pdq {MASK}\r\n{POSTER}\nvideo_md5 d41d8cd98f00b204e9800998ecf8427e\n\npdq {MASK}\n"
    found = exchange.read(text.encode(), "b")
    assert [one.pdq for one in found.known] == [MASK, POSTER]
    assert [(one.row, one.why) for one in found.left_out] == [(3, "another kind")]
    with pytest.raises(ValueError, match="UTF-8"):
        exchange.read(b"\xff\xfe", "b")
