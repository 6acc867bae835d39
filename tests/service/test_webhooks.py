"""Webhooks: events told to real receivers, signed, retried, replayed, given up."""

import socket
import threading
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import standardwebhooks

from portreeve.schemas.access import Scope
from portreeve.schemas.base import Paging
from portreeve.schemas.webhooks import (
    DeliveryFilter,
    NewWebhook,
    Replay,
    Rotation,
    WebhookChange,
)
from portreeve.service.actor import Actor
from portreeve.service.errors import ServiceError
from portreeve.service.webhooks import Webhooks
from portreeve.service.webhooks.address import check_url
from portreeve.service.webhooks.schedule import PAUSES
from portreeve.store.tables.core import audit, events
from portreeve.store.tables.doors import deliveries
from portreeve.store.tables.doors import webhooks as webhook_rows
from service.receiver import Receiver, until

ANN = Actor("ann", frozenset({Scope.webhooks}))
DEAD = DeliveryFilter(state="dead")
NOW = datetime.now(UTC)


@pytest.fixture
def webhooks(context, clock):
    clock.set(NOW)
    webhooks = Webhooks(context)
    webhooks.start()
    yield webhooks
    webhooks.stop()


@pytest.fixture
def receiver():
    with Receiver() as receiver:
        yield receiver


def happen(context, type="decision.reversed", subject="dec_1", **facts):
    with context.database.write() as tx:
        tx.announce(type, subject, **facts)


def listed(webhooks, id, **filter):
    return webhooks.deliveries(ANN, id, DeliveryFilter(**filter)).items


def test_the_standardwebhooks_package_verifies_what_is_received(webhooks, context, receiver, clock):
    # the package compares with the time that it is, and the suite takes longer than it tolerates
    now = datetime.now(UTC)
    clock.set(now)
    made = webhooks.create(ANN, NewWebhook(url=receiver.url))
    happen(context, item="p-1")
    request = receiver.wait(1)[0]
    message = standardwebhooks.Webhook(made.secret).verify(request.body, request.headers)
    assert message == {
        "type": "decision.reversed",
        "timestamp": now.isoformat().replace("+00:00", "Z"),
        "data": {"subject": "dec_1", "item": "p-1"},
    }
    with context.database.read() as connection:
        event = connection.execute(sa.select(events.c.id)).scalar_one()
    assert request.headers["webhook-id"] == event
    assert request.headers["content-type"] == "application/json"
    until(lambda: listed(webhooks, made.id, state="delivered"))
    log = webhooks.delivery(ANN, made.id, listed(webhooks, made.id)[0].id)
    assert [(one.status, one.error) for one in log.log] == [(200, None)]
    assert log.body == {**message, "timestamp": now.isoformat().replace("+00:00", "Z")}
    assert webhooks.get(ANN, made.id).last_success == now


def test_a_forged_message_does_not_verify(webhooks, context, receiver):
    made = webhooks.create(ANN, NewWebhook(url=receiver.url))
    happen(context)
    request = receiver.wait(1)[0]
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(made.secret).verify(request.body + b" ", request.headers)


def test_events_come_by_type(webhooks, context, receiver):
    webhooks.create(ANN, NewWebhook(url=receiver.url, types=["case.*", "decision.reversed"]))
    for type in ("case.opened", "item.removed", "decision.made", "decision.reversed"):
        happen(context, type)
    happen(context, "case.decided")
    kinds = {request.body.split(b'"')[3] for request in receiver.wait(3)}
    assert kinds == {b"case.opened", b"decision.reversed", b"case.decided"}


def test_only_what_happens_after_it_was_made_is_told(webhooks, context, receiver):
    happen(context, "case.opened")
    webhooks.create(ANN, NewWebhook(url=receiver.url))
    happen(context, "case.decided")
    assert b"case.decided" in receiver.wait(1)[0].body


def test_a_failed_delivery_is_tried_again_later(webhooks, context, receiver, clock):
    receiver.answers = [500, 503]
    made = webhooks.create(ANN, NewWebhook(url=receiver.url))
    happen(context)
    receiver.wait(1)
    until(lambda: listed(webhooks, made.id)[0].attempts == 1)
    failed = listed(webhooks, made.id)[0]
    assert (failed.state, failed.last_status) == ("pending", 500)
    assert timedelta(seconds=4) <= failed.next - NOW <= timedelta(seconds=6)
    clock.advance(seconds=7)
    receiver.wait(2)
    until(lambda: listed(webhooks, made.id)[0].attempts == 2)
    clock.advance(seconds=40)
    receiver.wait(3)
    until(lambda: listed(webhooks, made.id, state="delivered"))
    assert {request.headers["webhook-id"] for request in receiver.received} == {
        receiver.received[0].headers["webhook-id"]
    }


def test_retry_after_is_heeded(webhooks, context, receiver):
    receiver.answers = [429]
    receiver.headers = {"Retry-After": "3600"}
    made = webhooks.create(ANN, NewWebhook(url=receiver.url))
    happen(context)
    until(lambda: (found := listed(webhooks, made.id)) and found[0].attempts == 1)
    assert listed(webhooks, made.id)[0].next - NOW == timedelta(hours=1)


def test_what_fails_for_three_days_is_given_up_and_can_be_replayed(
    webhooks, context, receiver, clock
):
    receiver.answers = [500] * (len(PAUSES) + 1)
    made = webhooks.create(ANN, NewWebhook(url=receiver.url))
    happen(context)
    for attempt, pause in enumerate(PAUSES, 1):
        until(lambda n=attempt: (found := listed(webhooks, made.id)) and found[0].attempts == n)
        clock.advance(seconds=1.3 * pause.total_seconds())
    until(lambda: webhooks.deliveries(ANN, made.id, DEAD).items)
    assert webhooks.backlog() == {"pending": 0, "dead": 1}
    webhook = webhooks.get(ANN, made.id)
    assert (webhook.enabled, webhook.disabled_because, webhook.dead) == (False, "dead", 1)
    with context.database.read() as connection:
        told = connection.execute(
            sa.select(events.c.type, events.c.data).order_by(events.c.seq)
        ).all()
        entry = connection.execute(sa.select(audit.c.action).order_by(audit.c.seq.desc())).scalar()
    assert told[-1] == ("webhook.disabled", {"reason": "dead"})
    assert entry == "webhook.disable"
    webhooks.change(ANN, made.id, WebhookChange(enabled=True))
    dead = webhooks.deliveries(ANN, made.id, DEAD).items[0].id
    assert webhooks.replay(ANN, made.id, Replay(deliveries=[dead])).deliveries == 1
    until(lambda: listed(webhooks, made.id, state="delivered"))
    assert webhooks.get(ANN, made.id).last_success == clock()


def test_a_receiver_that_is_gone_is_not_asked_again(webhooks, context, receiver):
    receiver.answers = [410]
    made = webhooks.create(ANN, NewWebhook(url=receiver.url))
    happen(context)
    until(lambda: not webhooks.get(ANN, made.id).enabled)
    assert webhooks.get(ANN, made.id).disabled_because == "gone"


def test_all_since_a_time_is_replayed_also_what_arrived(webhooks, context, receiver, clock):
    made = webhooks.create(ANN, NewWebhook(url=receiver.url))
    happen(context, "case.opened")
    clock.advance(hours=1)
    happen(context, "case.reopened")
    receiver.wait(2)
    until(lambda: len(listed(webhooks, made.id, state="delivered")) == 2)
    webhooks.change(ANN, made.id, WebhookChange(types=["case.reopened"]))
    webhooks.replay(ANN, made.id, Replay(since=NOW + timedelta(minutes=30)))
    receiver.wait(3)
    assert b"case.reopened" in receiver.received[2].body


def test_what_a_disabled_webhook_missed_comes_with_a_replay(webhooks, context, receiver):
    made = webhooks.create(ANN, NewWebhook(url=receiver.url))
    webhooks.change(ANN, made.id, WebhookChange(enabled=False))
    happen(context, "case.opened")
    webhooks.change(ANN, made.id, WebhookChange(enabled=True))
    assert webhooks.replay(ANN, made.id, Replay(since=NOW)).deliveries == 1
    assert b"case.opened" in receiver.wait(1)[0].body


def test_a_slow_receiver_does_not_delay_another(webhooks, context, receiver):
    with Receiver(delay=3.0) as slow:
        webhooks.create(ANN, NewWebhook(url=slow.url))
        webhooks.create(ANN, NewWebhook(url=receiver.url))
        for number in range(20):
            happen(context, subject=f"dec_{number}")
        receiver.wait(20, seconds=2.5)


def test_two_processes_deliver_each_message_once(context, receiver, clock):
    clock.set(NOW)
    pair = [Webhooks(context), Webhooks(context)]
    pair[0].create(ANN, NewWebhook(url=receiver.url))
    for webhooks in pair:
        webhooks.start()
    for number in range(60):
        happen(context, subject=f"dec_{number}")
    until(lambda: pair[0].backlog()["pending"] == 0 and len(receiver.received) >= 60)
    for webhooks in pair:
        webhooks.stop()
    names = [request.headers["webhook-id"] for request in receiver.received]
    assert len(names) == len(set(names)) == 60


def test_no_event_is_missed_when_many_write_at_once(webhooks, context, receiver):
    webhooks.create(ANN, NewWebhook(url=receiver.url))

    def write(name):
        for number in range(15):
            happen(context, subject=f"{name}-{number}")

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    receiver.wait(60, seconds=20)


def test_both_secrets_sign_while_they_overlap(webhooks, context, receiver, clock):
    clock.set(datetime.now(UTC))
    old = webhooks.create(ANN, NewWebhook(url=receiver.url))
    new = webhooks.rotate(ANN, old.id, Rotation(overlap_hours=1))
    assert new.secret != old.secret
    happen(context)
    first = receiver.wait(1)[0]
    for secret in (old.secret, new.secret):
        standardwebhooks.Webhook(secret).verify(first.body, first.headers)
    clock.advance(hours=2)
    happen(context)
    second = receiver.wait(2)[1]
    assert len(second.headers["webhook-signature"].split()) == 1


def test_a_test_event_reaches_one_webhook_only(webhooks, context, receiver):
    with Receiver() as other:
        webhooks.create(ANN, NewWebhook(url=other.url))
        made = webhooks.create(ANN, NewWebhook(url=receiver.url, types=["case.*"]))
        webhooks.test(ANN, made.id)
        assert b"webhook.test" in receiver.wait(1)[0].body
        happen(context, "case.opened")
        other.wait(1)
        assert b"webhook.test" not in other.received[0].body


def test_secrets_are_in_no_table_and_no_log(webhooks, context, receiver, caplog):
    made = webhooks.create(ANN, NewWebhook(url=receiver.url))
    assert made.secret.startswith("whsec_")
    with context.database.read() as connection:
        stored = connection.execute(sa.text("SELECT * FROM webhooks")).one()
        said = connection.execute(sa.select(audit.c.detail)).scalars().all()
    assert made.secret not in f"{stored}{said}{caplog.text}"


def test_why_no_answer_came_is_noted(webhooks, context):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        made = webhooks.create(ANN, NewWebhook(url=f"http://127.0.0.1:{port}/"))
        happen(context)
        until(lambda: (found := listed(webhooks, made.id)) and found[0].attempts == 1)
        assert listed(webhooks, made.id)[0].last_error == "refused"


def test_a_try_that_fails_in_a_way_nobody_expects_is_noted_too(webhooks, context):
    made = webhooks.create(ANN, NewWebhook(url="http://127.0.0.1:1/"))
    with context.database.write() as tx:
        tx.execute(sa.update(webhook_rows).values(url="http://127.0.0.1:99999/"))
    happen(context)
    until(lambda: (found := listed(webhooks, made.id)) and found[0].attempts == 1)
    [delivery] = listed(webhooks, made.id)
    assert (delivery.state, delivery.last_error) == ("pending", "protocol")
    # five seconds, give or take a fifth, and not the ninety of the lease
    assert timedelta(seconds=4) <= delivery.next - NOW <= timedelta(seconds=6)


@pytest.mark.parametrize(
    ("pattern", "detail"),
    [
        ("case.openned", "`types[1]` is of no event that there is. Did you mean `case.opened`?"),
        (
            "q.*",
            "`types[1]` is of no event that there is. There are account.*, alarm.*, appeal.*, "
            "case.*, claim.*, comments.*, deal.*, decision.*, followers.*, item.*, key.*, "
            "merchant.*, notice.*, partner.*, person.*, policy.*, report.*, sanction.*, "
            "webhook.*; docs/webhooks.md lists them all.",
        ),
    ],
)
def test_types_that_no_event_has_are_refused(webhooks, receiver, pattern, detail):
    with pytest.raises(ServiceError) as caught:
        webhooks.create(ANN, NewWebhook(url=receiver.url, types=["policy.retroactive.*", pattern]))
    assert (caught.value.field, caught.value.detail) == ("types[1]", detail)


def test_plain_http_where_tls_is_wanted_is_noted(webhooks, context, receiver):
    made = webhooks.create(ANN, NewWebhook(url=receiver.url.replace("http:", "https:")))
    happen(context)
    until(lambda: (found := listed(webhooks, made.id)) and found[0].attempts == 1)
    assert listed(webhooks, made.id)[0].last_error == "tls"


@pytest.mark.parametrize(
    ("url", "detail"),
    [
        ("ftp://example.com/", "`url` is not a web address. Give one that starts with https://."),
        ("hook", "`url` is not a web address. Give one that starts with https://."),
        ("https://", "`url` is not a web address. Give one that starts with https://."),
        ("https://a b/", "`url` is not a web address. Give one that starts with https://."),
        (
            "http://example.com/",
            "`url` is http. Use https; http goes to this machine only, or set "
            "PORTREEVE_WEBHOOK_PRIVATE=true.",
        ),
        (
            "https://169.254.169.254/latest",
            "`url` is an address of an inner network. Give a public one, or set "
            "PORTREEVE_WEBHOOK_PRIVATE=true.",
        ),
        (
            "https://[::ffff:10.0.0.1]/",
            "`url` is an address of an inner network. Give a public one, or set "
            "PORTREEVE_WEBHOOK_PRIVATE=true.",
        ),
        (
            "https://ann:pass@example.com/",
            "`url` holds a user name or password. Leave it out: messages are signed.",
        ),
        ("http://127.0.0.1:99999/", "`url` has the port 99999. Give one from 1 to 65535."),
        ("http://127.0.0.1:0/", "`url` has the port 0. Give one from 1 to 65535."),
        (
            "https://example.com/#x",
            "`url` has a part after #. Leave it out: it is never sent.",
        ),
    ],
)
def test_addresses_that_are_refused(webhooks, url, detail):
    with pytest.raises(ServiceError) as caught:
        webhooks.create(ANN, NewWebhook(url=url))
    assert (caught.value.code, caught.value.field, str(caught.value)) == ("invalid", "url", detail)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("64:ff9b::5db8:d822", True),
        ("2002:5db8:d822::1", False),
        ("64:ff9b::a00:7", False),
        ("64:ff9b:1::a00:7", False),
        ("2002:a00:7::1", False),
        ("::ffff:10.0.0.7", False),
        ("::10.0.0.7", False),
        ("fec0::7", False),
        ("fd00:ec2::254", False),
        ("ff0e::7", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
    ],
)
def test_what_counts_as_the_internet(address, public):
    url = f"https://[{address}]/" if ":" in address else f"https://{address}/"
    if public:
        assert check_url(url, private=False) == url
    else:
        with pytest.raises(ServiceError, match="an address of an inner network"):
            check_url(url, private=False)


@pytest.mark.parametrize("address", ["10.0.0.7", "64:ff9b::a00:7"])
def test_a_name_that_leads_inside_is_not_followed(webhooks, context, monkeypatch, address):
    def inside(host, port, *rest, **more):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", inside)
    made = webhooks.create(ANN, NewWebhook(url="https://hooks.example.com/"))
    happen(context)
    until(lambda: (found := listed(webhooks, made.id)) and found[0].attempts == 1)
    assert listed(webhooks, made.id)[0].last_error == "address"


def test_a_deleted_webhook_leaves_nothing(webhooks, context, receiver):
    made = webhooks.create(ANN, NewWebhook(url=receiver.url))
    happen(context)
    receiver.wait(1)
    until(lambda: listed(webhooks, made.id, state="delivered"))
    webhooks.delete(ANN, made.id)
    with context.database.read() as connection:
        assert connection.execute(sa.select(deliveries)).all() == []
    with pytest.raises(ServiceError, match=f"There is no webhook '{made.id}'"):
        webhooks.get(ANN, made.id)


def test_lists_come_in_pages(webhooks, receiver):
    made = [webhooks.create(ANN, NewWebhook(url=receiver.url)).id for _ in range(3)]
    first = webhooks.list(ANN, Paging(limit=2))
    second = webhooks.list(ANN, Paging(limit=2, cursor=first.next))
    assert {webhook.id for webhook in first.items + second.items} == set(made)
    assert second.next is None


def test_who_lacks_the_scope_is_refused(webhooks):
    with pytest.raises(ServiceError) as caught:
        webhooks.list(Actor("bob", frozenset({Scope.screen})), Paging())
    assert str(caught.value) == (
        "'bob' lacks the scope `webhooks` (manage webhooks). "
        "Ask an administrator for a key that has it."
    )
