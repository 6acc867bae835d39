"""A private chat leaves no trace, wherever it is put; what is governed is only ever sealed."""

import json
import resource
import signal
import subprocess
import time
from pathlib import Path

import psycopg
import pytest

from canary import crashing
from canary.barrage import CHAT, Canaries, fire, operations
from canary.desk import Desk
from canary.search import found_below, found_in
from faults.conftest import *  # noqa: F403 - a server of this package's own
from faults.process import Service, portreeve
from service.receiver import Receiver

PROGRAM = Path(crashing.__file__)

NAMES = {
    "screen.id", "screen.account", "screen.audience", "screen.parent",
    "screen_batch.items[].id", "screen_batch.items[].account", "screen_batch.items[].audience",
    "screen_batch.items[].parent",
    "add_picture.account", "put_account/id",
    "add_relations.events[].account", "add_relations.events[].other", "add_relations.events[].id",
    "report_claim.reporter", "report_claim.account", "report_claim.network",
    "register_merchant/account", "register_merchant.public_account", "add_staff/staff",
    "add_customers.customers[].customer", "ask_broadcast.staff", "post_to_followers.id",
    "submit_ad.id", "put_live_sale/id", "put_live_sale.room", "put_live_sale.operator",
    "put_live_sale.anchor", "put_live_sale.maker", "put_live_sale.platform",
    "disclose_seller.seller", "add_promotion.id", "add_promotion.account", "add_telling.id",
    "add_telling.account", "add_live_order.id", "add_live_order.buyer", "apply_for_scopes/id",
    "apply_for_scopes.name", "apply_for_scopes.party", "register_interest.party",
}  # fmt: skip
"""What hosts call items, people, networks, goods, orders, apps and companies: it is kept as it was
given."""

STAFF = {
    "propose_policy.rationale", "create_webhook.description", "create_picture_bank.name",
    "create_picture_bank.words",
}  # fmt: skip
"""What staff write about policies, webhooks and banks of pictures, to be read by others."""

PASSING = {
    "activate_policy/name", "rollback_policy/name", "roll_out_policy/name", "shadow_policy/name",
    "withdraw_policy_change/name", "change_webhook.description", "change_picture_bank.words",
    "add_bank_picture.label", "add_bank_picture.tags[]",
}  # fmt: skip
"""What a server's own files have for a while: a network's name that was locked, an older text."""

LOGGED = {
    f"{operation}{field}"
    for operation in ("screen", "screen_batch.items[]")
    for field in (".id", ".account", ".audience")
} | {"post_to_followers.id", "submit_ad.id"}
"""Names that the decision log has."""

TAKEN = {
    "screen.text", "screen.links[]", "screen_batch.items[].text", "screen_batch.items[].links[]",
    "undo_decision.reason", "lift_sanction.reason", "report_claim.words", "report_franked.words",
    "note_on_case.note", "decide_appeal.reply", "register_merchant.name",
    "register_merchant.contact", "register_merchant.licences[].authority",
    "file_licence.authority", "tag_customers.word", "post_to_followers.text",
    "post_to_followers.links[]", "submit_ad.title", "submit_ad.text", "submit_ad.landing",
    "sanction_promoters.reason", "withdraw_harm.reason", "check_link.link", "check_link.chain[]",
    "check_partner_token.token",
}  # fmt: skip
"""Content and words of people that were taken, and so are sealed, or kept nowhere."""


class Left:
    """All that a service left behind: files by where they were found, and what went out."""

    def __init__(self, service, collector, tmp_path, server):
        assert not list(tmp_path.rglob("core*")), "the memory of the process was written down"
        self.files = found_below([tmp_path, *([] if server is None else [server.folder / "data"])])
        self.log = found_in(service.log.read_bytes())
        self.traces = set()
        for request in collector.received:
            self.traces |= found_in(request.body)


@pytest.fixture
def cores():
    """Processes that end by a fault write their memory into a file, unless they see to it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))


@pytest.fixture(params=["sqlite", "postgresql"])
def traced(request, tmp_path, cores):
    """A service that logs all, sends traces and is going to fail; and the collector."""
    is_embedded = request.param == "sqlite"
    database = None if is_embedded else request.getfixturevalue("address")
    server = None if is_embedded else request.getfixturevalue("server")
    with Receiver() as collector:
        service = Service(
            tmp_path / "data", database=database, program=[str(PROGRAM)], log_level="debug",
            traces=collector.url.removesuffix("/hook"), webhook_private="true",
            policy_approvals="0", deadlines="moments=30000:hold",
        )  # fmt: skip
        service.start()
        yield service, collector, server
        service.close()


def dumped(service, tmp_path):
    """Everything of the database, as text in files; of PostgreSQL the server's own files too."""
    if service.database is None:
        return
    address = service.database.replace("+psycopg", "")
    dump = subprocess.run(["pg_dump", address], capture_output=True, check=True)
    (tmp_path / "dump.sql").write_bytes(dump.stdout)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("CHECKPOINT")


def backed_up(service, tmp_path):
    environment = {} if service.database is None else {"PORTREEVE_DATABASE": service.database}
    done = portreeve("backup", str(tmp_path / "backup"), "--data", str(service.data), **environment)
    assert done.returncode == 0, done.stderr
    for dump in (tmp_path / "backup").glob("*.dump"):
        text = subprocess.run(["pg_restore", "-f", "-", dump], capture_output=True, check=True)
        (tmp_path / "backup.sql").write_bytes(text.stdout)


def test_nothing_is_found_where_it_should_not_be(traced, tmp_path):
    service, collector, server = traced
    canaries = Canaries()
    desk = Desk(service)
    for operation in operations(desk.bodies(), desk.places()):
        fire(service, canaries, operation)
    for surface in ("private_chat", "moments"):
        where = f"screen!{surface}" if surface == "private_chat" else "screen.text again"
        text = f"{canaries.new(where)} 面膜89元一盒 加微信 {canaries.new(where)} 下单"
        links = [f"https://{canaries.new(where)}.example/{canaries.new(where)}"]
        item = {"id": surface, "surface": surface, "account": "ann", "text": text, "links": links}
        service.request("POST", "/v1/screen", item)
        service.request("POST", "/v1/screen/batch", {"items": [item, {**item, "id": "b"}]})
        service.request("POST", "/v1/reports", {"item": surface, "reporter": "r", "words": text})
    where = "report_franked.report.message"
    for number in range(2):
        opened = desk.franked(f"{canaries.new(where)} {CHAT} 加微信 卖货 89元", f"o-{number}")
        status, _ = service.request("POST", "/v1/reports/franked", opened)
        assert status == 200
    opened["report"]["stamp"]["sender"] = "somebody else"
    assert service.request("POST", "/v1/reports/franked", opened)[0] == 422
    time.sleep(6.0)
    crash(service, canaries)
    metrics = service.request("GET", "/metrics")[1]
    audit = json.dumps(service.request("GET", "/v1/audit?limit=200")[1])
    backed_up(service, tmp_path)
    assert service.stop() == 0
    dumped(service, tmp_path)
    left = Left(service, collector, tmp_path, server)
    assert left.log == set()
    assert collector.received
    assert left.traces == set()
    assert found_in(metrics.encode()) == set()
    found = {name: canaries.places(words) for name, words in left.files.items()}
    assert {place for place in TAKEN if canaries.statuses[place] != 200} == set()
    everywhere = set().union(*found.values())
    assert everywhere - NAMES - STAFF - PASSING == set()
    assert everywhere >= LOGGED | STAFF, "what is kept was not found: the search is blind"
    in_log = {name: places for name, places in found.items() if name.endswith(".parquet")}
    assert in_log
    assert set().union(*in_log.values()) == LOGGED
    assert canaries.places(found_in(audit.encode())) <= NAMES


def crash(service, canaries):
    """A request fails in the middle, then each of the processes ends, one in the middle of one."""
    text = f"{canaries.new('screen!fails')} {crashing.FAILS} {CHAT}"
    item = {"id": "fails", "account": "ann", "text": text}
    status, problem = service.request("POST", "/v1/screen", item)
    assert (status, problem["code"]) == (500, "internal")
    assert found_in(json.dumps(problem).encode()) == set()
    text = f"{canaries.new('screen!ends')} {crashing.ENDS} {CHAT}"
    item = {"id": "ends", "account": "ann", "text": text, "surface": "group_buy"}
    status, answer = service.request("POST", "/v1/screen", item)
    assert (status, answer.get("code"), answer.get("verdict")) in {
        (500, "internal", None), (200, None, "hold"),
    }  # fmt: skip
    assert found_in(json.dumps(answer).encode()) == set()
    service.process.send_signal(signal.SIGABRT)
    assert service.process.wait(30) == -6
    service.start()
