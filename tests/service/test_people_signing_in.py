"""Signing in: passwords, second factors, sessions, and waiting when many attempts fail."""

import threading
import time
from datetime import timedelta

import pyotp
import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from portreeve.schemas.people import Role
from portreeve.service.errors import ServiceError
from portreeve.service.passwords import Passwords, need_good
from portreeve.service.sessions import Sessions
from portreeve.service.signing_in import SigningIn
from portreeve.store.tables.people import people
from service.door import ADMIN, HERE, PASSWORD, Door
from service.support import make_context


@pytest.fixture
def door(context):
    return Door(context)


def refused(code, call, *arguments, **named):
    with pytest.raises(ServiceError) as caught:
        call(*arguments, **named)
    assert (caught.value.code, bool(caught.value.zh)) == (code, True)
    return caught.value.detail


def test_a_password_lets_in(door):
    door.add("bob")
    begun = door.sign_in(" Bob ")
    bob = door.need(begun)
    assert (bob.name, bob.roles, begun.whole) == ("bob", (Role.reviewer,), True)
    assert door.people.get(ADMIN, "bob").signed_in == door.context.now()
    assert door.sessions.find(begun.secret + "x") is None
    assert door.sessions.find("") is None


def test_a_wrong_password_a_strange_name_and_a_disabled_person_are_answered_alike(door):
    door.add("bob")
    door.add("gone")
    door.people.disable(ADMIN, "gone")
    answers = {
        refused("unauthenticated", door.sign_in, "bob", "wrong"),
        refused("unauthenticated", door.sign_in, "nobody"),
        refused("unauthenticated", door.sign_in, "gone"),
    }
    assert answers == {"The name or the password is not right."}


def test_a_strange_name_takes_as_long_as_a_known_one(door, monkeypatch):
    door.add("bob")
    verified = []
    hasher = door.passwords._hasher
    verify = type(hasher).verify
    monkeypatch.setattr(
        type(hasher), "verify", lambda self, *a: verified.append(a[0]) or verify(self, *a)
    )
    for name in ("bob", "nobody"):
        refused("unauthenticated", door.sign_in, name, "wrong")
    assert len(verified) == 2
    assert verified[0].rsplit("$", 2)[0] == verified[1].rsplit("$", 2)[0]


def test_failures_make_wait_longer_and_longer(door, clock):
    door.add("bob")
    for _ in range(5):
        refused("unauthenticated", door.sign_in, "bob", "wrong")
    assert refused("rate-limited", door.sign_in, "bob") == (
        "Too many attempts failed. Try again in 1 seconds."
    )
    clock.advance(seconds=1)
    refused("unauthenticated", door.sign_in, "bob", "wrong")
    clock.advance(seconds=1)
    refused("rate-limited", door.sign_in, "bob")
    clock.advance(seconds=1)
    assert door.sign_in("bob").whole
    refused("unauthenticated", door.sign_in, "bob", "wrong")
    assert door.sign_in("bob").whole
    assert [detail["failed"] for *_, detail in door.audited("person.sign-in")] == [0, 6, 1]


def test_a_strange_name_waits_as_a_known_one_does(door):
    for _ in range(5):
        refused("unauthenticated", door.sign_in, "nobody")
    refused("rate-limited", door.sign_in, "nobody")


def test_the_longest_wait_is_a_quarter_of_an_hour_and_a_day_forgets(door, clock):
    door.add("bob")
    for _ in range(20):
        refused("unauthenticated", door.sign_in, "bob", "wrong")
        clock.advance(minutes=15)
    assert door.sign_in("bob").whole
    for _ in range(5):
        refused("unauthenticated", door.sign_in, "bob", "wrong")
    clock.advance(days=1, seconds=1)
    refused("unauthenticated", door.sign_in, "bob", "wrong")
    assert door.sign_in("bob").whole


def test_an_address_that_tries_many_names_waits(door):
    door.add("bob")
    for at in range(30):
        refused("unauthenticated", door.sign_in, f"name-{at}", address="2001:db8::1")
    refused("rate-limited", door.sign_in, "bob", address="2001:db8::2:1")
    assert door.sign_in("bob", address="2001:db8:0:1::1").whole


def test_many_attempts_at_once_are_no_more_than_one_after_the_other(door):
    door.add("bob")
    codes = []

    def go():
        try:
            door.sign_in("bob", "wrong")
        except ServiceError as error:
            codes.append(error.code)

    threads = [threading.Thread(target=go) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == ["rate-limited"] * 7 + ["unauthenticated"] * 5


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "12 or more"),
        ("x" * 257, "longer than 256"),
        ("password1234", "one of the first"),
        ("Passwordpassword", "one of the first"),
        ("123456789012", "one of the first"),
        ("987654321098", "one of the first"),
        ("123412341234", "one of the first"),
        ("!!Qwertyuiop12", "one of the first"),
        ("abcdefghijkl", "one of the first"),
        ("１２３４５６７８９０１２", "one of the first"),
        ("annabella.li", "made of your name"),
        ("Annabella.Li2014", "made of your name"),
    ],
)
def test_bad_passwords_are_refused(password, why):
    assert why in refused("invalid", need_good, password, "annabella.li", "Annabella Li")


@pytest.mark.parametrize(
    "password", [PASSWORD, "三只安静的鹭鸶站在水边晒太阳", "tr0ub4dor&3-horse"]
)
def test_good_passwords_are_taken(password):
    need_good(password, "ann", "Ann")


def test_the_second_factor_is_asked_for_and_a_code_lets_in_once(door, clock):
    app, _, begun = door.with_factor(door.add("bob"))
    assert door.who(begun) is not None
    clock.advance(seconds=30)
    half = door.sign_in("bob")
    assert (half.whole, door.who(half)) == (False, None)
    code = app.at(clock())
    whole = door.signing_in.with_code(half.secret, code, HERE)
    assert door.need(whole).name == "bob"
    assert whole.secret != half.secret
    refused("gone", door.signing_in.with_code, half.secret, code, HERE)
    again = door.sign_in("bob")
    refused("unauthenticated", door.signing_in.with_code, again.secret, code, HERE)
    clock.advance(seconds=30)
    spaced = f"{app.at(clock())[:3]} {app.at(clock())[3:]}"
    assert door.signing_in.with_code(again.secret, spaced, HERE).whole


def test_the_code_that_set_it_up_is_used(door, clock):
    app, _, _ = door.with_factor(door.add("bob"))
    half = door.sign_in("bob")
    refused("unauthenticated", door.signing_in.with_code, half.secret, app.at(clock()), HERE)


def test_a_code_of_the_step_before_or_after_counts_but_none_older(door, clock):
    app, _, _ = door.with_factor(door.add("bob"))
    clock.advance(minutes=10)
    for offset, right in ((-60, False), (-30, True), (30, True), (60, False), (0, False)):
        half = door.sign_in("bob")
        code = app.at(clock().timestamp() + offset)
        if right:
            assert door.signing_in.with_code(half.secret, code, HERE).whole
        else:
            refused("unauthenticated", door.signing_in.with_code, half.secret, code, HERE)


def test_codes_cannot_be_guessed_without_waiting(door):
    door.with_factor(door.add("bob"))
    for _ in range(5):
        half = door.sign_in("bob")
        refused("unauthenticated", door.signing_in.with_code, half.secret, "000000", HERE)
    half = door.sign_in("bob")
    refused("rate-limited", door.signing_in.with_code, half.secret, "000000", HERE)


def test_a_recovery_code_lets_in_once(door):
    _, codes, _ = door.with_factor(door.add("bob"))
    half = door.sign_in("bob")
    assert door.signing_in.with_code(half.secret, f" {codes[3].upper()}", HERE).whole
    assert door.people.get(ADMIN, "bob").recovery_codes == 9
    half = door.sign_in("bob")
    refused("unauthenticated", door.signing_in.with_code, half.secret, codes[3], HERE)
    assert door.signing_in.with_code(half.secret, codes[4].replace("-", ""), HERE).whole


def test_a_half_session_lasts_ten_minutes(door, clock):
    app, _, _ = door.with_factor(door.add("bob"))
    half = door.sign_in("bob")
    clock.advance(minutes=10)
    refused("gone", door.signing_in.with_code, half.secret, app.at(clock()), HERE)


def test_where_a_second_factor_is_required_it_is_set_up_before_anything_else(
    door, database, tmp_path, clock
):
    door.add("bob")
    strict = Door(make_context(database, tmp_path, require_totp=True))
    half = strict.sign_in("bob")
    assert (half.whole, strict.who(half)) == (False, None)
    offer = strict.signing_in.offer(half.secret)
    assert strict.signing_in.offer(half.secret) == offer
    assert offer.until == clock() + timedelta(minutes=10)
    again = strict.sign_in("bob")
    assert strict.signing_in.offer(again.secret).secret != offer.secret
    half, offer = again, strict.signing_in.offer(again.secret)
    assert offer.uri.startswith("otpauth://totp/Portreeve:bob?secret=")
    refused("unauthenticated", strict.signing_in.with_new_factor, half.secret, "000000", HERE)
    code = pyotp.TOTP(offer.secret).at(clock())
    whole, codes = strict.signing_in.with_new_factor(half.secret, code, HERE)
    assert (strict.need(whole).name, len(codes)) == ("bob", 10)
    half = strict.sign_in("bob")
    assert strict.signing_in.offer(half.secret) is None
    refused("forbidden", strict.profiles.remove_factor, strict.need(whole), PASSWORD, HERE)


def test_a_second_factor_that_is_not_confirmed_lapses(door, clock):
    bob = door.need(door.add("bob"))
    offer = door.profiles.offer_factor(bob)
    clock.advance(minutes=14)
    assert door.profiles.offer_factor(bob) == offer
    assert (offer.minutes(clock()), offer.until) == (1, clock() + timedelta(minutes=1))
    clock.advance(minutes=1)
    code = pyotp.TOTP(offer.secret).at(clock())
    refused("gone", door.profiles.confirm_factor, bob, PASSWORD, code, HERE)
    assert door.people.get(ADMIN, "bob").second_factor is False
    later = door.profiles.offer_factor(bob)
    assert later.secret != offer.secret
    assert later.until == clock() + timedelta(minutes=15)


def test_whoever_begins_anew_takes_the_place_of_what_was_shown(door, clock):
    bob = door.need(door.add("bob"))
    old, new = door.profiles.offer_factor(bob), door.profiles.offer_factor(bob, anew=True)
    wrong, right = (pyotp.TOTP(offer.secret).at(clock()) for offer in (old, new))
    refused("unauthenticated", door.profiles.confirm_factor, bob, PASSWORD, wrong, HERE)
    assert len(door.profiles.confirm_factor(bob, PASSWORD, right, HERE)[1]) == 10


def test_a_second_factor_is_removed_with_the_password(door):
    begun = door.add("bob")
    other = door.sign_in("bob")
    _, _, begun = door.with_factor(begun)
    assert door.who(other) is None
    refused("unauthenticated", door.profiles.remove_factor, door.need(begun), "wrong", HERE)
    begun = door.profiles.remove_factor(door.need(begun), PASSWORD, HERE)
    assert door.need(begun).name == "bob"
    assert door.sign_in("bob").whole


def test_recovery_codes_are_renewed(door):
    _, old, begun = door.with_factor(door.add("bob"))
    new = door.profiles.renew_codes(door.need(begun), PASSWORD, HERE)
    half = door.sign_in("bob")
    refused("unauthenticated", door.signing_in.with_code, half.secret, old[0], HERE)
    assert door.signing_in.with_code(half.secret, new[0], HERE).whole


def test_a_password_is_changed_and_all_other_sessions_end(door):
    begun, other = door.add("bob"), door.sign_in("bob")
    bob = door.need(begun)
    change = door.profiles.change_password
    refused("unauthenticated", change, bob, "wrong", "nine loud geese", HERE)
    refused("invalid", change, bob, PASSWORD, PASSWORD, HERE)
    refused("invalid", change, bob, PASSWORD, "short", HERE)
    new = change(bob, PASSWORD, "nine loud geese", HERE)
    assert (door.who(begun), door.who(other)) == (None, None)
    assert door.need(new).name == "bob"
    refused("unauthenticated", door.sign_in, "bob")
    assert door.sign_in("bob", "nine loud geese").whole


def test_a_session_ends_when_it_is_not_used_and_after_a_week(door, clock):
    door.add("bob")
    idle, used = door.sign_in("bob"), door.sign_in("bob")
    for _ in range(16):
        clock.advance(hours=10)
        assert door.who(used) is not None
        door.sessions.stop()
    assert door.who(idle) is None
    clock.advance(hours=8)
    assert door.who(used) is None


def test_a_session_stops_within_a_second_when_another_process_ends_it(door, context):
    begun = door.add("bob")
    assert door.who(begun) is not None
    Sessions(context).end(begun.id)
    deadline = time.monotonic() + 2
    while door.who(begun) is not None:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_somebody_known_costs_no_query(door, monkeypatch):
    begun = door.add("bob")
    found = door.who(begun)
    monkeypatch.setattr(door.sessions, "_read", lambda _: pytest.fail("a query"))
    assert door.who(begun) is found


def test_one_s_own_sessions_are_listed_and_ended(door):
    begun, other = door.add("bob"), door.sign_in("bob")
    eve = door.add("eve")
    bob = door.need(begun)
    listed = door.sessions.of("bob")
    assert {one.id for one in listed} == {begun.id, other.id}
    assert [(one.method, one.agent) for one in listed if one.id == other.id] == [
        ("password", "Firefox, Linux")
    ]
    door.profiles.end_session(bob, eve.id)
    assert door.who(eve) is not None
    door.profiles.end_session(bob, other.id)
    assert door.who(other) is None
    door.sign_in("bob")
    assert door.profiles.end_others(bob) == 1
    assert door.who(begun) is not None


def test_signing_out_ends_the_session(door):
    begun = door.add("bob")
    bob = door.need(begun)
    door.signing_in.sign_out(bob)
    door.signing_in.sign_out(bob)
    assert door.who(begun) is None
    assert door.audited("person.sign-out") == [("bob", "person.sign-out", "bob", {})]


def test_an_administrator_ends_the_sessions_of_others(door):
    begun = door.add("bob")
    assert door.people.sign_out(ADMIN, "bob") == 1
    assert door.who(begun) is None


def test_without_local_accounts_no_password_lets_in(door, database, tmp_path):
    door.add("bob")
    closed = Door(
        make_context(
            database, tmp_path, local_accounts=False, oidc_issuer="https://idp.example",
            oidc_client_id="portreeve",
        )
    )  # fmt: skip
    refused("forbidden", closed.sign_in, "bob")
    link = closed.people.link(ADMIN, "bob").secret
    refused("forbidden", closed.joining.accept, link, PASSWORD, HERE)


def test_a_password_hashed_with_less_effort_is_hashed_anew(door, context):
    door.add("bob")
    better = Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    SigningIn(context, door.sessions, door.attempts, better).with_password("bob", PASSWORD, HERE)
    with context.database.read() as connection:
        kept = connection.execute(sa.select(people.c.password)).scalar()
    assert "m=16,t=2" in kept
    assert door.sign_in("bob").whole
