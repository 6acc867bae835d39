"""What the pages on trade show is what comes out, over HTTP."""

import base64
import doctest
import inspect
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portreeve.commerce.enrolment import Statement, sign
from portreeve.model import Surface
from portreeve.schemas.accounts import AccountFacts
from portreeve.schemas.commerce import group_buying, ledger, links, live_sales, partners
from portreeve.schemas.screening import Submission

DOCS = Path(__file__).parents[2] / "docs"
NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


def names():
    """What a reader has imported, and what stands for values of their own."""
    imported = {
        name: struct
        for module in (group_buying, ledger, links, live_sales, partners)
        for name, struct in vars(module).items()
        if inspect.isclass(struct)
    }
    return imported | {
        "Surface": Surface, "Statement": Statement, "sign": sign, "private_key": KEY,
        "public_key": base64.b64encode(KEY.public_key().public_bytes_raw()).decode(),
        "now": NOW, "begins": NOW - HOUR, "morning": NOW - 4 * HOUR, "noon": NOW - 3 * HOUR,
        "afternoon": NOW - 2 * HOUR, "evening": NOW - HOUR, "sha256": "a" * 64,
        "deadline": NOW + 24 * HOUR, "graduation": NOW + timedelta(days=300),
        "shown": "ptp_" + "A" * 43,
    }  # fmt: skip


@pytest.fixture(scope="module")
def told(client):
    """A service that knows the people and the item of the pages."""
    client.put_account("mei", AccountFacts(language="en"))
    item = Submission(
        id="noodles", text="水果拼团，20斤脐橙12元，满2人成团", surface=Surface.group_buy,
        account="wok", standing="campus_member", audience="campus:north",
    )  # fmt: skip
    client.screen(item)
    return client


@pytest.mark.parametrize("area", ["group-buying", "ledger", "live-sales", "partners"])
def test_the_examples_of_a_page(area, told):
    """In this order: the page on the ledger shows what the deal has put into it."""
    found = doctest.testfile(
        str(DOCS / f"commerce-{area}.md"),
        module_relative=False,
        globs=names() | {"client": told},
        optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE,
        encoding="utf-8",
    )
    assert (found.attempted >= 4, found.failed) == (True, 0)
