"""Group buying over HTTP: a campus, its students, an outsider, a graduate, and their money."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from plaza import fits, until, words_of

from portreeve.commerce.enrolment import Statement, sign
from portreeve.schemas.commerce.group_buying import NewChecker

SCHOOLS = {name: Ed25519PrivateKey.generate() for name in ("north", "south")}
TEXT = "水果拼团，20斤脐橙12元，满2人成团"


@pytest.fixture(scope="module")
def campus(plaza):
    for name, school in SCHOOLS.items():
        key = base64.b64encode(school.public_key().public_bytes_raw()).decode()
        plaza.portreeve.trust_checker(NewChecker(campus=name, public_key=key))
    return plaza


def proof(person, campus="north", result="enrolled"):
    now = datetime.now(UTC)
    said = Statement(
        account=person.id, campus=campus, result=result, issued=now - timedelta(hours=1),
        expires=now + timedelta(days=30),
    )  # fmt: skip
    return sign(said, SCHOOLS[campus])


def student(plaza, **more):
    found = plaza.join("en")
    page = found.post("/enrolment", proof=proof(found, **more))
    assert "valid until" in page
    return found


def make(person, **more):
    given = {"text": TEXT, "campus": "north", "price": "12", "threshold": "2", "days": "7"}
    return person.post("/deals", **given | more)


def money(person, deal):
    row = person.plaza.database.one(
        "SELECT state FROM payments WHERE deal = ? AND person = ?", deal, person.id
    )
    return row and row["state"]


def test_a_deal_completes_at_its_threshold_and_others_are_refused_with_reasons(campus):
    wok, lin, wei, late = (student(campus) for _ in range(4))
    other = student(campus, campus="south")
    graduate = student(campus, result="graduated")
    outsider = campus.join("en")
    make(wok)
    deal = wok.latest()
    assert "Now open" in words_of(wok.get(f"/deals/{deal}"))
    for person, reason in (
        (other, "Rule G3.5 This deal is for students of another campus."),
        (graduate, "Rule G3.3 You have graduated."),
        (outsider, "Rule G3.1 Deals of a campus are for its students."),
    ):
        assert reason in words_of(person.post(f"/deals/{deal}/join"))
        assert money(person, deal) == "returned"
    assert "You are in." in lin.post(f"/deals/{deal}/join")
    assert money(lin, deal) == "held"
    assert "People 2 / 2 Now complete" in words_of(wei.post(f"/deals/{deal}/join"))
    assert [money(one, deal) for one in (lin, wei)] == ["passed", "passed"]
    assert "Rule G2.1 The deal is complete." in words_of(late.post(f"/deals/{deal}/join"))


def test_below_the_threshold_everybody_gets_their_money_back(campus):
    wok, lin = student(campus), student(campus)
    wok.http.follow_redirects = False  # Portreeve knows the deal once its page was looked at
    make(wok, threshold="5")
    deal = wok.latest()
    soon = (datetime.now(UTC) + timedelta(seconds=2)).isoformat()
    with campus.database.write() as tx:
        tx.execute("UPDATE deals SET deadline = ? WHERE id = ?", (soon, deal))
    lin.post(f"/deals/{deal}/join")
    assert money(lin, deal) == "held"
    until(lambda: money(lin, deal) == "returned", 30)
    assert "back with you" in lin.get(f"/deals/{deal}")


def test_who_is_no_student_there_makes_no_deal(campus):
    outsider, other = campus.join("en"), student(campus, campus="south")
    for person in (outsider, other):
        assert "made by a student of that campus" in make(person)
        assert campus.database.one("SELECT 1 FROM posts WHERE author = ?", person.id) is None


def test_a_deal_without_a_price_waits_and_says_why(campus):
    page = words_of(make(student(campus), text="水果拼团，脐橙超甜，满30人成团"))
    assert "Rule 14.3 A deal says what it costs." in page


def test_a_proof_of_somebody_else_is_refused_and_no_proof_is_kept(campus):
    ann, eve = student(campus), campus.join("en")
    shown = proof(ann)
    page = eve.post("/enrolment", proof=shown)
    assert 'role="alert"' in page
    signature = shown.partition(".")[2].encode()
    for file in (campus.folder / "square").glob("square.db*"):
        assert signature not in file.read_bytes()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_fits_a_phone(language, phone, campus):
    wok = student(campus)
    make(wok)
    page = phone(wok, language)
    for path in ("/deals", f"/deals/{wok.latest()}"):
        page.goto(path)
        assert fits(page)
