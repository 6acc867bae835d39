"""The client against a real service: every operation, answers, errors, retries, pages."""

import asyncio
import subprocess
import sys

import httpx
import pytest

from portreeve.api.table import ROUTES
from portreeve.client import (
    AsyncClient,
    Client,
    PortreeveError,
    UnreachableError,
    WebhookError,
    verify_webhook,
)
from portreeve.model import Verdict
from portreeve.schemas.accounts import AccountFacts
from portreeve.schemas.base import Page, Paging
from portreeve.schemas.campaigns import (
    CampaignAct,
    DecideCampaign,
    ReferCampaign,
    UndoCampaign,
    WhyQuery,
)
from portreeve.schemas.keys import NewKey
from portreeve.schemas.screening import Batch, Submission
from portreeve.schemas.signature import secret_text, sign
from service.receiver import Receiver

SELLS = "面膜89元一盒 加微信 abc12345 下单"


def awaited(url, key, use):
    """What an asynchronous function does with an asynchronous client."""

    async def run():
        async with AsyncClient(url, key) as client:
            return await use(client)

    return asyncio.run(run())


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_every_operation_is_a_method(kind):
    missing = [route.operation for route in ROUTES if not hasattr(kind, route.operation)]
    assert missing == []


def test_it_is_loaded_without_the_service():
    code = (
        "import sys, portreeve.client;"
        "print({'numba', 'polars', 'sqlalchemy', 'portreeve.service'} & set(sys.modules))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "set()\n"


def test_an_item_is_screened(client):
    screened = client.screen(Submission(id="c-1", account="ann", text=SELLS))
    assert (screened.id, screened.verdict, screened.reasons[0].clause) == (
        "c-1",
        Verdict.refuse,
        "3.1",
    )
    assert client.get_decision(screened.decision).item == "c-1"
    assert client.get_item("c-1").decision == screened.decision
    again = client.screen(Submission(id="c-1", account="ann", text=SELLS))
    assert (again.decision, again.repeated) == (screened.decision, True)


def test_the_same_with_the_asynchronous_client(url, admin_key):
    async def use(client):
        screened = await client.screen(Submission(id="c-2", account="ann", text=SELLS))
        return screened, await client.get_item("c-2")

    screened, item = awaited(url, admin_key, use)
    assert screened.verdict is Verdict.refuse
    assert item.decision == screened.decision


def test_many_items_are_screened_together(client):
    items = [
        Submission(id="b-1", text="猫睡着了"),
        Submission(id="b-2", surface="short_video", text="猫"),
        Submission(id="b-3", text=SELLS),
    ]
    answer = client.screen_batch(Batch(items=items))
    assert [(one.id, one.verdict.value) for one in answer.items] == [
        ("b-1", "allow"),
        ("b-3", "refuse"),
    ]
    assert [(one.index, one.field) for one in answer.rejected] == [(1, "surface")]


@pytest.mark.parametrize("id", [".", "..", "a/../b", "%2E%2E", "..."])
def test_an_account_is_reached_whatever_its_name(client, id):
    client.put_account(id, AccountFacts(language="en"))
    assert client.get_account(id).id == id


def test_a_refusal_is_an_error(client):
    with pytest.raises(PortreeveError) as caught:
        client.get_webhook("whk_1")
    error = caught.value
    assert str(error) == "not-found: There is no webhook 'whk_1'."
    assert (error.status, error.code, error.field) == (404, "not-found", None)
    assert error.request.startswith("req_")


def test_a_refusal_is_an_error_for_the_asynchronous_client_too(url, admin_key):
    with pytest.raises(PortreeveError, match="not-found: There is no webhook 'whk_1'"):
        awaited(url, admin_key, lambda client: client.get_webhook("whk_1"))


def test_a_sealed_surface_is_an_error_before_anything_is_sent():
    with pytest.raises(ValueError, match="surface 'private_chat' is sealed"):
        Submission(id="x", surface="private_chat", text="hello")


def test_lists_are_read_page_by_page(client, url, admin_key):
    made = {client.create_key(NewKey(name="page", scopes=["screen"])).id for _ in range(5)}
    paging = Paging(limit=2)
    found = {key.id for key in client.each(client.list_keys, query=paging) if key.name == "page"}
    assert found == made

    async def use(client):
        return {key.id async for key in client.each(client.list_keys) if key.name == "page"}

    assert awaited(url, admin_key, use) == made


def test_ids_are_encoded(client):
    with pytest.raises(PortreeveError, match="There is no item 'a/b%2F\\?c=猫'"):
        client.get_item("a/b%2F?c=猫")


def test_it_acts_for_somebody(client):
    made = client.acting_for("bob").create_key(NewKey(name="x", scopes=["screen"]))
    assert made.created_by == "bob"


def test_key_and_address_come_from_the_environment(url, service, monkeypatch):
    monkeypatch.setenv("PORTREEVE_URL", url)
    monkeypatch.setenv("PORTREEVE_KEY_FILE", str(service.context.folder / "admin.key"))
    with Client() as client:
        assert isinstance(client.list_keys(), Page)


@pytest.mark.parametrize("answers", [[503, 200], [429, 503, 200], [502, 200]])
def test_what_is_refused_for_now_is_tried_again_with_the_same_key(answers):
    with Receiver(answers=list(answers)) as receiver:
        Client(receiver.url, "k").test_webhook("whk_1")
        keys = [request.headers["idempotency-key"] for request in receiver.received]
        assert len(keys) == len(answers)
        assert len(set(keys)) == 1


def test_the_asynchronous_client_tries_again_too():
    with Receiver(answers=[503, 200]) as receiver:
        awaited(receiver.url, "k", lambda client: client.test_webhook("whk_1"))
        assert len(receiver.received) == 2


def test_what_is_refused_for_good_is_not_tried_again():
    with Receiver(answers=[500]) as receiver:
        with pytest.raises(PortreeveError) as caught:
            Client(receiver.url, "k").test_webhook("whk_1")
        assert len(receiver.received) == 1
        assert str(caught.value) == (
            "unknown: The answer has status 500 and is not from Portreeve."
        )


def test_retry_after_is_heeded():
    with Receiver(answers=[429], headers={"Retry-After": "1"}) as receiver:
        client = Client(receiver.url, "k")
        client.test_webhook("whk_1")
        assert len(receiver.received) == 2


def test_a_service_that_does_not_run():
    with pytest.raises(UnreachableError) as caught:
        Client("http://127.0.0.1:9", "k", retries=1).list_keys()
    assert str(caught.value) == (
        "unreachable: http://127.0.0.1:9 does not answer (ConnectError). Does it run there?"
    )


def test_an_answer_of_something_else():
    def other(_):
        return httpx.Response(200, text="<html>")

    client = Client("http://x", "k", transport=httpx.MockTransport(other))
    with pytest.raises(PortreeveError, match="The answer is not one of Portreeve's"):
        client.list_keys()


BODY = b'{"type":"case.opened","timestamp":"2014-06-01T00:00:00Z","data":{"subject":"cas_1"}}'
NOW = 1_401_580_800


def headers(**changed):
    good = {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(NOW),
        "webhook-signature": f"v1,xxx {sign(b'k' * 32, 'evt_1', NOW, BODY)}",
    }
    return {name: value for name, value in {**good, **changed}.items() if value is not None}


def test_a_webhook_is_verified():
    message = verify_webhook(secret_text(b"k" * 32), headers(), BODY, now=NOW + 299)
    assert (message.type, message.data) == ("case.opened", {"subject": "cas_1"})
    from_file = secret_text(b"k" * 32) + "\n"
    assert verify_webhook(from_file, headers(), BODY, now=NOW) == message


@pytest.mark.parametrize(
    ("changed", "body", "words"),
    [
        ({"webhook-id": None}, BODY, "The header webhook-id is missing."),
        ({"webhook-id": "evt_2"}, BODY, "The signature does not verify."),
        ({"webhook-signature": "v1,xxx"}, BODY, "The signature does not verify."),
        ({}, BODY + b" ", "The signature does not verify."),
        (
            {"webhook-timestamp": str(NOW - 301)},
            BODY,
            "The message is more than 300 seconds old or early.",
        ),
        (
            {"webhook-timestamp": "soon"},
            BODY,
            "The header webhook-timestamp is not a number of seconds.",
        ),
    ],
)
def test_a_webhook_that_is_not_ours(changed, body, words):
    with pytest.raises(WebhookError) as caught:
        verify_webhook(secret_text(b"k" * 32), headers(**changed), body, now=NOW)
    assert str(caught.value) == words


def test_a_campaign_is_read_decided_and_undone(client, url, admin_key):
    texts = [
        "纯羊毛围巾一条128，要的加微信 wool-8888",
        "手工皂36元一块，要的加微信 wool-8888",
    ]
    client.screen_batch(
        Batch(
            items=[
                Submission(id=f"wool-{at}", account=f"wool-{at}", text=text)
                for at, text in enumerate(texts)
            ]
        )
    )
    [campaign] = [
        found
        for found in awaited(url, admin_key, lambda c: c.list_campaigns()).items
        if client.get_campaign(found.id).members[0].account == "wool-0"
    ]
    why = client.explain_campaign(campaign.id, WhyQuery(one="wool-0", other="wool-1"))
    assert [step.kind for step in why.items] == ["contact"]
    warned = DecideCampaign(reason="They act as one.", everybody=CampaignAct(kind="warn"))
    made = client.decide_campaign(campaign.id, warned)
    assert (made.sanctions, client.get_campaign_decision(made.id).reason) == (2, warned.reason)
    undone = client.undo_campaign_decision(made.id, UndoCampaign(reason="A mistake."))
    assert (undone.sanctions, undone.cases) == (2, made.cases)
    with pytest.raises(PortreeveError, match="no tree of the levels and people"):
        client.refer_campaign(campaign.id, ReferCampaign())
    assert client.list_hubs().items == []
    assert client.get_trajectory("wool-0").account == "wool-0"
