"""A request sent again with its idempotency key is done once."""

from concurrent.futures import ThreadPoolExecutor

import pytest

NEW = {"name": "host", "scopes": ["screen"]}


def create(http, key, body=NEW, **headers):
    return http.post("/v1/keys", json=body, headers={"Idempotency-Key": key, **headers})


def test_the_same_answer_comes_again(http):
    first, second = create(http, "k-1"), create(http, "k-1")
    assert (first.status_code, second.status_code) == (200, 200)
    assert second.content == first.content
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"


def test_what_only_reads_is_not_kept(http):
    headers = {"Idempotency-Key": "k-0"}
    for _ in range(2):
        answer = http.post("/v1/log/search", json={}, headers=headers)
        assert (answer.status_code, answer.json()["items"]) == (200, [])
        assert "idempotency-replayed" not in answer.headers


def test_without_a_key_it_is_done_again(http):
    first, second = (http.post("/v1/keys", json=NEW).json()["id"] for _ in range(2))
    assert first != second


def test_an_answer_without_a_body_comes_again(http):
    made = http.post("/v1/webhooks", json={"url": "https://example.com/"}).json()["id"]
    headers = {"Idempotency-Key": "k-2"}
    answers = [http.delete(f"/v1/webhooks/{made}", headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [204, 204]
    assert http.delete(f"/v1/webhooks/{made}").status_code == 404


@pytest.mark.parametrize(
    ("body", "headers"),
    [({**NEW, "name": "other"}, {}), (NEW, {"Portreeve-Actor": "bob"})],
)
def test_another_request_with_the_key_is_refused(http, body, headers):
    create(http, "k-3")
    answer = create(http, "k-3", body, **headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "key-reused")


def test_refusals_are_not_kept(http):
    assert create(http, "k-4", {"name": "host"}).status_code == 422
    assert create(http, "k-4").status_code == 200


def test_of_many_at_once_one_is_done(http):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: create(http, "k-5"), range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["id"] for answer in answers}) == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "a b"])
def test_a_key_must_have_a_length(http, key):
    answer = create(http, key)
    assert (answer.status_code, answer.json()["field"], answer.json()["detail"]) == (
        422,
        "Idempotency-Key",
        "`Idempotency-Key` must be 1 to 255 characters of ASCII without spaces. Use a random UUID.",
    )
