"""Each way to be wrong is answered with a problem that names the field and the remedy."""

import msgspec
import pytest

from portreeve.http import problems
from portreeve.http.wrong_values import unstorable
from portreeve.schemas.base import Paging
from portreeve.schemas.cases import AddNote
from portreeve.schemas.errors import Problem
from portreeve.schemas.keys import NewKey
from portreeve.schemas.screening import Batch, Submission
from portreeve.service.errors import ServiceError
from portreeve.store import StoreUnavailableError

CANARY = "canary-7f3a"


def asked(http, method, path, **request):
    answer = http.request(method, path, **request)
    assert answer.headers["content-type"] == "application/problem+json"
    found = msgspec.json.decode(answer.content, type=Problem)
    assert found.request == answer.headers["x-request-id"]
    assert found.type == f"/errors/{found.code}"
    assert found.status == answer.status_code
    return answer, found


def test_no_key(http):
    answer, found = asked(http, "GET", "/v1/keys", headers={"Authorization": ""})
    assert (found.status, found.code, found.field, found.detail) == (
        401,
        "unauthenticated",
        "Authorization",
        "There is no API key. Give one in the header `Authorization: Bearer ...`; "
        "`portreeve keys create` makes one.",
    )
    assert answer.headers["www-authenticate"] == 'Bearer realm="portreeve"'


@pytest.mark.parametrize("given", ["Bearer nobody", "Bearer", "Basic YTpi", "Bearer ptr_\xff"])
def test_wrong_key(http, given):
    _, found = asked(http, "GET", "/v1/keys", headers={"Authorization": given.encode("latin-1")})
    assert (found.status, found.code, found.field) == (401, "unauthenticated", "Authorization")


def test_key_without_scope(http, new_key):
    headers = {"Authorization": f"Bearer {new_key('screen', name='host')}"}
    _, found = asked(http, "GET", "/v1/keys", headers=headers)
    assert (found.status, found.code, found.detail) == (
        403,
        "forbidden",
        "'host' lacks the scope `admin` (everything, and manage API keys). "
        "Ask an administrator for a key that has it.",
    )


def test_unknown_address(http):
    _, found = asked(http, "GET", "/v1/nothing")
    assert (found.status, found.code, found.detail) == (
        404,
        "not-found",
        "There is no such address. /openapi.json lists those there are.",
    )


def test_unknown_record(http):
    _, found = asked(http, "GET", "/v1/webhooks/whk_1")
    assert (found.status, found.detail) == (404, "There is no webhook 'whk_1'.")


def test_wrong_method(http):
    answer, found = asked(http, "PUT", "/v1/keys")
    assert (found.status, found.detail) == (405, "This address takes GET and POST.")
    assert answer.headers["allow"] == "GET, POST"


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=gbk", ""]
)
def test_wrong_type_of_body(http, kind):
    _, found = asked(http, "POST", "/v1/keys", content=b"{}", headers={"Content-Type": kind})
    assert (found.status, found.code, found.field, found.detail) == (
        415,
        "unsupported",
        "Content-Type",
        "The body must be JSON in UTF-8. Send it with `Content-Type: application/json`.",
    )


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"", "The body is not JSON: it ends too early. Send one JSON value."),
        (b'{"name": ', "The body is not JSON: it ends too early. Send one JSON value."),
        (b'{"name": canary}', "The body is not JSON at byte 9. Send one JSON value."),
        (b'{"name": "\xff"}', "The body is not UTF-8. Send JSON in UTF-8."),
    ],
)
def test_no_json(http, body, detail):
    headers = {"Content-Type": "application/json"}
    _, found = asked(http, "POST", "/v1/keys", content=body, headers=headers)
    assert (found.status, found.code, found.detail) == (400, "bad-request", detail)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (rb'{"id": "a", "text": "canary \ud83d"}', "text"),
        (rb'{"id": "a", "text": "\udc00 canary"}', "text"),
        (rb'{"id": "a", "links": ["x", "\ud83d\u0041"]}', "links[1]"),
        (rb'{"id": "a", "canary \ud83d": 1}', None),
    ],
)
def test_half_a_character(http, body, field):
    headers = {"Content-Type": "application/json"}
    answer, found = asked(http, "POST", "/v1/screen", content=body, headers=headers)
    subject = f"`{field}`" if field else "A value"
    assert (found.status, found.code, found.field, found.detail) == (
        422,
        "invalid",
        field,
        f"{subject} has half a character: an escape from \\ud800 to \\udfff without its other "
        "half. Leave it out, or send the whole character.",
    )
    assert "canary" not in answer.text


EAST, WEST = "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"


@pytest.mark.parametrize(
    ("method", "path", "body", "field", "detail"),
    [
        (
            "POST",
            "/v1/log/search",
            {"since": EAST},
            "since",
            "`since` lies beyond the years 1 to 9999 in UTC, or too near their ends to reckon "
            "with. Give another time, or leave it out.",
        ),
        (
            "POST",
            "/v1/log/search",
            {"until": WEST},
            "until",
            "`until` lies beyond the years 1 to 9999 in UTC, or too near their ends to reckon "
            "with. Give another time, or leave it out.",
        ),
        (
            "POST",
            "/v1/screen",
            {"id": "t", "time": EAST},
            "time",
            "`time` lies beyond the years 1 to 9999 in UTC, or too near their ends to reckon "
            "with. Give another time, or leave it out.",
        ),
        (
            "POST",
            "/v1/screen",
            {"id": 2**70},
            "id",
            "`id` is a number beyond -9223372036854775808 and 18446744073709551615. Give it as "
            "text.",
        ),
        (
            "PUT",
            "/v1/accounts/huge",
            {"followers": 2**63 - 1},
            "followers",
            "`followers` must be a whole number <= 1000000000000.",
        ),
        (
            "POST",
            "/v1/sanctions",
            {"account": "known", "kind": "warn", "reason": "Spam.", "network": "nope"},
            "network",
            "No policy governs the network 'nope'. Networks with a policy: acquaintance, "
            "community, stranger.",
        ),
    ],
)
def test_values_that_cannot_be_meant(http, method, path, body, field, detail):
    http.put("/v1/accounts/known", json={})
    _, found = asked(http, method, path, json=body)
    assert (found.field, found.detail) == (field, detail)


@pytest.mark.parametrize(
    ("given", "field", "detail"),
    [
        (
            {"body": AddNote(note="canary \x00")},
            "note",
            "`note` has the character U+0000. Leave it out.",
        ),
        (
            {"id": "canary\x00"},
            "id",
            "`id` has the character U+0000. Leave it out.",
        ),
        (
            {"body": Batch(items=[Submission(id="a"), Submission(id=2**63)])},
            "items[1].id",
            "`items[1].id` is a number beyond 9223372036854775807. Give a smaller one.",
        ),
        (
            {"body": {"report": {"canary 1": ["\x00"]}}},
            "report",
            "`report` has the character U+0000. Leave it out.",
        ),
        (
            {},
            None,
            "A value cannot be stored: a text with the character U+0000, a name of thousands of "
            "letters, or a number that is too large. Leave it out.",
        ),
    ],
)
def test_which_value_cannot_be_stored(given, field, detail):
    found = unstorable(given)
    assert (found.code, found.field, found.detail) == ("invalid", field, detail)


def test_a_row_that_cannot_be_decided_alone_is_set_aside(http, caplog):
    items = [
        {"id": "good-1", "text": "猫睡着了"},
        {"id": 2**70, "text": "猫睡着了"},
        {"id": "late", "time": EAST},
        {"id": "chat-1", "surface": "private_chat"},
        {"id": "chat-2", "surface": "private_chat", "text": CANARY, "codes": [CANARY],
         "pictures": [CANARY], "category": CANARY, "network": CANARY},
        {"id": "good-2", "text": "狗睡着了"},
    ]  # fmt: skip
    answer = http.post("/v1/screen/batch", json={"items": items})
    found = answer.json()
    assert [item["id"] for item in found["items"]] == ["good-1", "good-2"]
    sealed = {
        "field": "surface",
        "code": "sealed-surface",
        "detail": "Surface 'private_chat' is sealed: nothing of it is screened. Leave these items "
        "out.",
    }
    assert found["rejected"] == [
        {
            "index": 1,
            "field": "id",
            "code": "invalid",
            "detail": "`id` is a number beyond -9223372036854775808 and 18446744073709551615. "
            "Give it as text.",
        },
        {
            "index": 2,
            "field": "time",
            "code": "invalid",
            "detail": "`time` lies beyond the years 1 to 9999 in UTC, or too near their ends to "
            "reckon with. Give another time, or leave it out.",
        },
        {"index": 3} | sealed,
        {"index": 4} | sealed,
    ]
    assert CANARY not in answer.text + caplog.text


def test_json_without_a_bottom(http):
    body = b'{"reporter": "rob", "report": {"stamp": ' + b"[" * 20_000
    _, found = asked(http, "POST", "/v1/reports/franked", content=body, headers={
        "Content-Type": "application/json",
    })  # fmt: skip
    assert (found.status, found.code, found.detail) == (
        400, "bad-request", "The body is nested too deeply. Send what is asked for.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("body", "field", "detail"),
    [
        ({"scopes": ["screen"]}, "name", "`name` is missing. Give it."),
        ({"name": 5, "scopes": ["screen"]}, "name", "`name` must be text."),
        (
            {"name": f"a b {CANARY}", "scopes": ["screen"]},
            "name",
            "`name` has another form than it must: who will use it; the audit log knows them by "
            "this name: 1 to 100 letters, digits and . _ @ + : -, where capitals count as small "
            "letters.",
        ),
        ({"name": "ann", "scopes": []}, "scopes", "`scopes` must be a list of length >= 1."),
        ({"name": "ann", "scopes": "screen"}, "scopes", "`scopes` must be a list."),
        (
            {"name": "ann", "scopes": [CANARY]},
            "scopes[0]",
            "`scopes[0]` must be one of accounts, admin, ads, appeals, audit, cases, evidence, "
            "group-buying, interests, ledger, live-sales, log, merchants, merchants:verify, "
            "metrics, on-behalf, partners, policies:approve, policies:propose, policies:read, "
            "privacy, reports, sanctions, screen, webhooks.",
        ),
        (
            {"name": "ann", "scopes": ["screen"], "rate": 0},
            "rate",
            "`rate` must be a number > 0.0.",
        ),
        (
            {"name": "ann", "scopes": ["screen"], "expires": CANARY},
            "expires",
            "`expires` must be a time such as 2014-06-01T00:00:00+08:00.",
        ),
        (
            {"name": "ann", "scopes": ["screen"], "expires": "2014-06-01T00:00:00Z"},
            "expires",
            "`expires` is in the past. Give a later time.",
        ),
        (
            {"name": "ann", "scopes": ["screen"], "colour": CANARY},
            "colour",
            "`colour` is not known. Leave it out. It takes `expires`, `name`, `rate`, `scopes`.",
        ),
        (
            {"name": "ann", "scopes": ["screen"], f"x {CANARY} y": 1},
            None,
            "The body has a field that is not known. Leave it out. "
            "It takes `expires`, `name`, `rate`, `scopes`.",
        ),
        ([], None, "The body must be an object."),
    ],
)
def test_invalid_body(http, body, field, detail):
    answer, found = asked(http, "POST", "/v1/keys", json=body)
    assert (found.status, found.code, found.field, found.detail) == (422, "invalid", field, detail)
    assert CANARY not in answer.text


@pytest.mark.parametrize(
    ("query", "field", "detail"),
    [
        ("limit=many", "limit", "`limit` must be a whole number."),
        ("limit=0", "limit", "`limit` must be a whole number >= 1."),
        ("limit=1&limit=2", "limit", "`limit` comes 2 times. Give it once."),
        (
            f"{CANARY}=1",
            None,
            "The query has a part that is not known. It takes `cursor`, `limit`.",
        ),
    ],
)
def test_invalid_query(http, query, field, detail):
    answer, found = asked(http, "GET", f"/v1/keys?{query}")
    assert (found.status, found.field, found.detail) == (422, field, detail)
    assert CANARY not in answer.text


def test_query_where_there_is_none(http):
    _, found = asked(http, "GET", "/v1/keys/key_1?x=1")
    assert found.detail == "The query has a part that is not known. It takes none."


def test_query_that_is_not_text(http):
    _, found = asked(http, "GET", "/v1/keys?cursor=%ff")
    assert (found.status, found.code) == (400, "bad-request")


def test_path_that_is_not_text(http):
    _, found = asked(http, "GET", "/v1/keys/%ff")
    assert (found.status, found.field, found.detail) == (
        422,
        "id",
        "`id` in the address is not UTF-8. Encode it so.",
    )


def test_too_large(http):
    _, found = asked(http, "POST", "/v1/keys", content=b" " * 100_001)
    assert (found.status, found.code, found.detail) == (
        413,
        "too-large",
        "The body is longer than 100000 bytes. Send less at once, or let an administrator "
        "raise `body_limit`.",
    )


def test_too_large_in_chunks(http):
    chunks = (b" " * 1_000 for _ in range(200))
    _, found = asked(http, "POST", "/v1/keys", content=chunks)
    assert (found.status, found.code) == (413, "too-large")


def test_too_many(http, new_key):
    headers = {"Authorization": f"Bearer {new_key('webhooks', rate=0.5)}"}
    assert http.get("/v1/webhooks", headers=headers).status_code == 200
    answer, found = asked(http, "GET", "/v1/webhooks", headers=headers)
    assert (found.status, found.code, found.detail) == (
        429,
        "rate-limited",
        "The key may make 0.5 requests a second. Try again in 2 s.",
    )
    assert answer.headers["retry-after"] == "2"


def test_actor_without_scope(http, new_key):
    headers = {"Authorization": f"Bearer {new_key('webhooks')}", "Portreeve-Actor": "bob"}
    _, found = asked(http, "GET", "/v1/webhooks", headers=headers)
    assert (found.status, found.code) == (403, "forbidden")
    assert "`on-behalf`" in found.detail


@pytest.mark.parametrize("name", ["", "portreeve", "Portreeve", "screen", "a b", "x" * 101])
def test_actor_without_a_name(http, name):
    _, found = asked(http, "GET", "/v1/webhooks", headers={"Portreeve-Actor": name})
    assert (found.status, found.field) == (422, "Portreeve-Actor")


def test_store_away(http, service, monkeypatch):
    def away(*_):
        raise StoreUnavailableError("connection refused")

    monkeypatch.setattr(service.webhooks, "list", away)
    answer, found = asked(http, "GET", "/v1/webhooks")
    assert (found.status, found.code, found.detail) == (
        503,
        "unavailable",
        "The database does not answer. Nothing was written; try again.",
    )
    assert answer.headers["retry-after"] == "1"


def test_a_fault_of_ours_says_nothing_of_itself(http, service, monkeypatch, caplog):
    def break_down(*_):
        raise RuntimeError(CANARY)

    monkeypatch.setattr(service.webhooks, "list", break_down)
    answer, found = asked(http, "GET", "/v1/webhooks")
    assert (found.status, found.code) == (500, "internal")
    assert CANARY not in answer.text + caplog.text


def test_a_character_that_no_store_keeps():
    import sqlalchemy as sa

    found = problems.refusal(sa.exc.DataError("insert", {}, ValueError(CANARY)))
    assert (found.code, CANARY in found.detail) == ("invalid", False)


@pytest.mark.parametrize(
    ("body", "code", "field", "detail"),
    [
        (
            '{"items": [{"id": 1}, {"id": 2, "surface": "private_chat", "text": "canary"}]}',
            "sealed-surface",
            "items[1]",
            "surface 'private_chat' is sealed: its items have no content. "
            "Leave out text, links, disclosed, codes, picture_text.",
        ),
        (
            '{"items": [{"id": 1, "surface": "chat"}]}',
            "invalid",
            "items[0].surface",
            "`items[0].surface` must be one of comment, group, group_buy, live, moments, "
            "private_chat, profile, public_account, search_ad, share_api, short_video.",
        ),
        ('{"items": [{}]}', "invalid", "items[0].id", "`items[0].id` is missing. Give it."),
        (
            '{"items": [{"id": 1.5}]}',
            "invalid",
            "items[0].id",
            "`items[0].id` must be a whole number or text.",
        ),
    ],
)
def test_fields_deep_in_a_body(body, code, field, detail):
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.json.decode(body, type=Batch)
    found = problems.invalid(caught.value, Batch)
    assert (found.code, found.field, found.detail) == (code, field, detail)


def test_a_struct_at_the_top():
    for kind in (Paging, NewKey):
        with pytest.raises(msgspec.ValidationError) as caught:
            msgspec.json.decode("1", type=kind)
        assert problems.invalid(caught.value, kind).detail == "The body must be an object."


def test_every_kind_has_a_page(http):
    from portreeve.service.errors import KINDS

    for code, kind in KINDS.items():
        page = http.get(f"/errors/{code}", headers={"Authorization": ""})
        assert page.text == f"# {kind.title}\n\n`{code}`, HTTP {kind.status}: {kind.meaning}\n"
    assert isinstance(problems.refusal(ServiceError("gone", "x")), ServiceError)
