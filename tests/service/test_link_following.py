"""Short links of items that appear: followed later behind the guard, and decided again."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import sqlalchemy as sa

from portreeve.links.fetch import Answer, Fetcher
from portreeve.links.refusals import RefusedError
from portreeve.schemas.privacy import ErasureReason
from portreeve.schemas.screening import Submission
from portreeve.service import link_following
from portreeve.service.actor import PORTREEVE
from portreeve.service.service import Service
from portreeve.service.settings import Settings
from portreeve.store.tables.links import followed_links, link_items

_APART = ("unshare", "--user", "--map-root-user", "--net", "--mount")


@pytest.fixture(scope="module")
def played():
    """What a service did beside a host in a network of its own."""
    if subprocess.run([*_APART, "true"], capture_output=True, check=False).returncode:
        pytest.skip("FOLLOWING IS NOT PROVED HERE: this machine allows no network namespace")
    told = subprocess.run(
        [*_APART, sys.executable, "-m", "tests.service.following_host"],
        capture_output=True, check=True, timeout=120,
    )  # fmt: skip
    return json.loads(told.stdout)


def test_an_item_is_decided_again_with_where_its_short_link_leads(played):
    assert played["at_once"]["sells"] == ["label", ["links.hidden-target"]]
    assert played["states"] == {
        "sells": "removed", "harmless": "published", "inner": "published", "many": "published",
        "sells-too": "refused",
    }  # fmt: skip
    assert (played["late"], played["waiting"]) == (1, 0)


def test_a_known_link_counts_at_once_and_a_repeated_item_is_no_edit(played):
    rules = ["links.marketplace-closed", "links.hidden-target"]
    assert played["known_at_once"] == ["refuse", rules]
    assert played["repeated"] == ["remove", rules]


def test_only_public_addresses_are_asked_and_few_for_one_item(played):
    assert (played["hits"], played["asked"], played["cookies"]) == (["93.184.216.34"], 5, False)


def test_of_a_link_its_host_is_kept_and_no_address(played):
    led = [kept for kept in played["kept"] if kept != [None, None]]
    assert led == [
        ["169.254.169.254", "address"],
        ["detail.tmall.com", None],
        ["xn--fsqu00a.example.com", None],
    ]
    assert played["address_kept"] == 0


def test_health_and_metrics_tell_of_it(played):
    assert played["health"] == "ok"
    assert set(played["metrics"]) == {
        'portreeve_links_followed_total{outcome="followed"} 7.0',
        'portreeve_links_followed_total{outcome="address"} 1.0',
        "portreeve_links_waiting 0.0",
    }


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    made = Service.open(Settings(data=str(tmp_path_factory.mktemp("links")), follow_links=True))
    made.start()
    # what is followed, and when, is for the tests to say
    [worker] = [worker for worker in made.workers if worker.name == "links"]
    worker.stop()
    yield made
    made.stop()


@pytest.fixture
def asked(monkeypatch):
    """The addresses that were asked; ``dns`` fails, a page leads nowhere further."""
    addresses: list[str] = []

    async def ask(_self, address):
        addresses.append(address.url)
        if "dns" in address.url:
            raise RefusedError("dns")
        return Answer(200)

    monkeypatch.setattr(Fetcher, "ask", ask)
    return addresses


def screened(service, id, text, account="ann"):
    given = Submission(id=id, text=text, account=account)
    return service.screening.screen(PORTREEVE, [given])[0]


def waiting(service):
    wanted = sa.select(link_items.c.item, link_items.c.tries).order_by(link_items.c.item)
    with service.context.database.read() as connection:
        return list(map(tuple, connection.execute(wanted)))


def make_due(service):
    with service.context.database.write() as tx:
        tx.execute(sa.update(link_items).values(due=tx.time))


def test_what_may_pass_is_tried_three_times(service, asked):
    screened(service, "l-1", "看 t.cn/dns")
    for tries in (1, 2):
        assert service.link_following.advance()
        assert waiting(service) == [("l-1", tries)]
        assert not service.link_following.advance()
        make_due(service)
    service.link_following.advance()
    assert waiting(service) == []
    assert asked == ["http://t.cn/dns"] * 3
    with service.context.database.read() as connection:
        kept = connection.execute(sa.select(followed_links.c.leads, followed_links.c.refusal))
        assert list(map(tuple, kept)) == [(None, "dns")]


def test_nobody_is_asked_for_an_item_that_was_erased(service, asked):
    screened(service, "l-2", "看 t.cn/secret", account="bea")
    service.privacy.erase(PORTREEVE, "bea", ErasureReason.person)
    assert service.link_following.advance()
    assert (waiting(service), asked) == ([], [])


def test_of_too_many_the_oldest_are_given_up_and_counted(service, asked, monkeypatch):
    monkeypatch.setattr(link_following, "MOST_WAITING", 1)
    for id in ("l-3", "l-4"):
        screened(service, id, f"看 t.cn/{id}")
    service.link_following.advance()
    assert asked == ["http://t.cn/l-4"]
    assert b'portreeve_links_followed_total{outcome="shed"} 1.0' in service.measured(PORTREEVE)


def test_nothing_is_followed_unless_it_is_wanted(tmp_path):
    service = Service.open(Settings(data=str(tmp_path)))
    assert "links" not in [worker.name for worker in service.workers]
    service.context.database.close()
