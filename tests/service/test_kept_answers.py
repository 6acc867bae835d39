"""A request with an idempotency key is done once, and its answer is kept for a day, sealed."""

import threading

import pytest
import sqlalchemy as sa
from cryptography.exceptions import InvalidTag

from portreeve.service.errors import ServiceError
from portreeve.service.kept_answers import KeptAnswers, Once

SECRET = "ptr_1_secret"


@pytest.fixture
def kept(context):
    return KeptAnswers(context)


def once(request=b"POST /v1/keys", key="k-1", secret=SECRET):
    return Once.of(secret, key, request)


def test_the_answer_is_given_again(kept):
    first = once()
    assert kept.begin(first) == "first"
    assert kept.begin(once()) == "running"
    kept.keep(first, 200, b"answer")
    assert kept.begin(once()) == (200, b"answer")


def test_another_request_with_the_key_is_refused(kept):
    kept.begin(once())
    with pytest.raises(ServiceError) as caught:
        kept.begin(once(request=b"POST /v1/webhooks"))
    assert (caught.value.code, caught.value.field, str(caught.value)) == (
        "key-reused",
        "Idempotency-Key",
        "`Idempotency-Key` came with another request before. Give each request its own.",
    )


def test_each_api_key_has_its_own(kept):
    kept.begin(once())
    assert kept.begin(once(secret="ptr_2_secret")) == "first"


def test_a_refused_request_may_be_tried_again(kept):
    first = once()
    kept.begin(first)
    kept.forget(first)
    assert kept.begin(once()) == "first"


def test_after_a_day_it_is_forgotten(kept, clock):
    first = once()
    kept.begin(first)
    kept.keep(first, 200, b"answer")
    clock.advance(hours=24)
    assert kept.begin(once()) == "first"


def test_one_that_was_killed_is_taken_over_after_a_minute(kept, clock):
    first, second = once(), once()
    kept.begin(first)
    clock.advance(seconds=59)
    assert kept.begin(second) == "running"
    clock.advance(seconds=1)
    assert kept.begin(second) == "first"
    kept.keep(first, 200, b"late")
    assert kept.begin(once()) == "running"


def test_of_many_at_once_one_is_the_first(kept):
    found = []
    threads = [threading.Thread(target=lambda: found.append(kept.begin(once()))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == ["first"] + ["running"] * 7


def test_what_is_kept_opens_only_with_the_request_s_own_keys(kept, context):
    first = once()
    kept.begin(first)
    kept.keep(first, 200, b"canary")
    with context.database.read() as connection:
        row = connection.execute(sa.text("SELECT * FROM kept_answers")).one()
    assert b"canary" not in bytes(row.answer)
    assert "k-1" not in str(row)
    other = Once(first.id, first.request, bytes(32), "x")
    with pytest.raises(InvalidTag):
        kept.begin(other)


def test_what_is_old_is_swept_away(kept, context, clock):
    first = once()
    kept.begin(first)
    kept.keep(first, 200, b"answer")
    clock.advance(hours=25)
    kept._clean()
    with context.database.read() as connection:
        assert connection.execute(sa.text("SELECT * FROM kept_answers")).all() == []


def test_what_stands_for_a_request_shows_no_key():
    first = once()
    assert repr(first.key) not in repr(first)
