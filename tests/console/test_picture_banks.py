"""Banks of known pictures in the console: made, filled, exchanged, switched off."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from portreeve.console import uploads
from portreeve.service.errors import ServiceError
from service.test_pictures import drawn

from .conftest import Window


def test_a_bank_is_made_filled_imported_exported_and_disabled(window: Window, tmp_path: Path):
    page = window.sign_in("administrator")
    page.goto("/console/picture-banks")
    page.get_by_text("Make a bank").click()
    page.get_by_label("Name").fill("酵素海报")
    page.get_by_role("button", name="Make it").click()
    expect(page.locator(".message")).to_have_text("The bank is made.")

    page.get_by_text("Add a picture", exact=True).click()
    page.get_by_label("A PDQ hash").fill("f8")
    page.get_by_role("button", name="Add it").click()
    window.forgive("422")
    expect(page.locator("#e-pdq")).to_contain_text("pdq")
    page.get_by_label("A PDQ hash").fill("")
    picture = {"name": "p.jpg", "mimeType": "image/jpeg", "buffer": drawn("酵素", code="a")}
    page.get_by_label("A file", exact=True).set_input_files(picture)  # type: ignore[arg-type]
    page.get_by_label("What to call it").fill("酵素 1")
    page.get_by_role("button", name="Add it").click()
    expect(page.locator(".message")).to_have_text("The picture is in the bank.")
    expect(page.locator("tbody tr")).to_contain_text(["酵素 1"])

    page.get_by_text("Import a file").click()
    file = tmp_path / "theirs.txt"
    file.write_text(f"pdq {'0f8e' * 16}\npdq 0f8e\n")
    page.get_by_label("Hashes, as ThreatExchange").set_input_files(file)
    page.get_by_role("button", name="Import").click()
    told = page.locator("[aria-labelledby=told]")
    expect(told).to_contain_text("New: 1. There already: 0. Left out: 1.")
    assert told.locator("td").all_inner_texts() == [
        "2", "it has no hash of 64 hexadecimal digits", "write `pdq` and the hash on the line",
    ]  # fmt: skip

    with page.expect_download() as coming:
        page.get_by_role("link", name="python-threatexchange (lines)").click()
    lines = Path(coming.value.path()).read_text().splitlines()
    assert (len(lines), lines[1]) == (2, f"pdq {'0f8e' * 16}")

    page.get_by_role("button", name="Disable it").click()
    expect(page.locator(".message")).to_have_text("Pictures are not held against it any more.")


def test_a_reviewer_reads_a_bank_and_changes_nothing(looking: Window):
    page = looking.sign_in("reviewer", "zh")
    page.goto(f"/console/picture-banks/{looking.console.ids['bank']}")
    expect(page.get_by_role("heading", level=1)).to_have_text("已知图片：面膜海报")
    expect(page.locator("main form")).to_have_count(0)
    expect(page.locator("tbody tr")).to_have_count(3)


PART = b'--b\r\nContent-Disposition: form-data; name="data"; filename="%s"\r\n\r\n%s\r\n'
WHOLE = b"multipart/form-data; boundary=b"


def test_files_of_forms_come_as_they_were_sent():
    body = PART % (b"a.bin", b"\x00\r\n--c\xff") + b"--b--\r\n"
    assert uploads.fields(body, WHOLE) == {"data": ["AA0KLS1j/w=="]}
    assert uploads.fields(PART % (b"", b"") + b"--b--\r\n", WHOLE) == {}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (PART % (b"a", b"x") + b"--b--", b"multipart/form-data"),
        (PART % (b"a", b"x"), WHOLE),
        (b"--b\r\nx\r\n--b--", WHOLE),
        (PART % (b"a", b"x") * 101 + b"--b--", WHOLE),
        (b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--b--', WHOLE),
        (b"", WHOLE),
    ],
    ids=["no boundary", "cut off", "no head", "too many", "no text", "nothing"],
)
def test_what_is_no_form_with_files_is_refused(body, kind):
    with pytest.raises(ServiceError, match="no form that can be read"):
        uploads.fields(body, kind)
