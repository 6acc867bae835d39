"""Reports: of what was published, with proof, and mere claims."""

import base64
from datetime import UTC, datetime

import msgspec
import pytest
import sqlalchemy as sa

from franking_cases import FORGER, GENUINE, KEYS, MESSAGE, NEW, OPENING_KEY, stamped
from portreeve.model import Verdict
from portreeve.schemas.enforcement import Imposition
from portreeve.schemas.reports import AddFrankingKey, ReportClaim, ReportFranked, ReportItem
from portreeve.service.accounts import Accounts
from portreeve.service.message_judge import MessageJudgement, PolicyMessageJudge
from portreeve.service.reports import Reports
from portreeve.service.retention import Retention
from portreeve.store.tables import core, enforcement
from portreeve.store.tables.cases import cases
from portreeve.store.tables.cases import reports as reports_table
from service.desk import ANN, BEN, CAM, FIRST, Desk, race, refusal
from service.factories import SELLING, Shipped, decision, events, published
from service.support import make_context

DRUGS = "law.drugs"


@pytest.fixture
def desk(context, clock):
    clock.set(datetime(2014, 6, 2, tzinfo=UTC))
    return Desk(context)


@pytest.fixture
def keys(desk):
    """The public keys of the network, registered."""
    for key in KEYS.keys:
        desk.franking.add(
            ANN,
            AddFrankingKey(
                key_id=key.key_id, public_key=text(key.public_key),
                valid_from=key.valid_from, valid_until=key.valid_until,
            ),
        )  # fmt: skip


def text(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def on(item, reporter="rob", words=None):
    return ReportItem(item=item, reporter=reporter, words=words)


def franked(report=GENUINE, reporter="bob", **more):
    return ReportFranked(report=msgspec.json.decode(report.to_json()), reporter=reporter, **more)


def changed(**parts):
    return franked(msgspec.structs.replace(GENUINE, **parts))


def forged(message_id="m-9"):
    return changed(stamp=stamped(FORGER, message_id=message_id))


def count(desk, table):
    with desk.database.read() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


# What was published


def test_many_reports_of_one_item_are_one_case_and_raise_it(desk):
    published(desk.database, "p-1")
    published(desk.database, "p-2")
    desk.reports.report_item(BEN, on("p-2"))
    [other] = desk.open()
    filed = [desk.reports.report_item(BEN, on("p-1", name)) for name in ("rob", "sue", "tim")]
    assert [(one.grade, one.state, one.repeated) for one in filed] == [
        ("attested_public", "open", False)
    ] * 3
    [case, last] = desk.open()
    assert last == other
    found = desk.cases.get(BEN, case)
    assert (found.origin, found.queue, found.reports, found.priority) == (
        "report", "reports", 3, 4.0,
    )  # fmt: skip


def test_the_same_person_counts_once(desk):
    published(desk.database, "p-1")
    first = desk.reports.report_item(BEN, on("p-1"))
    again = desk.reports.report_item(BEN, on("p-1"))
    assert (again.id, again.repeated) == (first.id, True)
    [case] = desk.open()
    assert desk.cases.get(BEN, case).reports == 1


def test_reports_at_once_open_one_case(desk):
    published(desk.database, "p-1")
    got = race(
        *(lambda n=n: desk.reports.report_item(BEN, on("p-1", f"r-{n}")).state for n in range(4))
    )
    assert got == ["open"] * 4
    [case] = desk.open()
    assert desk.cases.get(BEN, case).reports == 4


def test_the_reporter_is_told_the_outcome(desk):
    published(desk.database, "p-1")
    filed = desk.reports.report_item(BEN, on("p-1", words="canary-words: she sells in my feed"))
    [case] = desk.open()
    [said] = desk.evidence.read(CAM, case, FIRST).reports
    assert (said.words, said.message) == ("canary-words: she sells in my feed", None)
    desk.decide(CAM, case, "remove", SELLING)
    assert desk.state("p-1") == "removed"
    told = desk.reports.read(BEN, filed.id)
    assert (told.state, told.outcome, told.resolved) == ("resolved", "acted", desk.context.now())
    assert events(desk.database, "report.resolved") == [
        ("report.resolved", filed.id, {"reporter": "rob", "outcome": "acted"})
    ]
    # a hit that no rule had is no rule's precision
    assert desk.precision() == {}
    with desk.database.read() as connection:
        for table in ("reports", "audit", "events"):
            rows = connection.execute(sa.text(f"SELECT * FROM {table}")).all()
            assert "canary-words" not in str(rows)


def test_what_a_person_judged_is_not_judged_again_for_another_report(desk):
    published(desk.database, "p-1")
    desk.reports.report_item(BEN, on("p-1"))
    [case] = desk.open()
    desk.decide(CAM, case, "allow")
    late = desk.reports.report_item(BEN, on("p-1", "sue"))
    assert (late.state, late.outcome) == ("resolved", "not-acted")
    assert desk.open() == []
    # an edit is another matter
    decision(desk.database, "p-1", "allow", (), edit=True, followed=True)
    assert desk.reports.report_item(BEN, on("p-1", "sue")).state == "open"


def test_what_is_down_already_is_resolved_at_once(desk):
    decision(desk.database, "p-1", "remove", stage="after")
    desk.open()
    filed = desk.reports.report_item(BEN, on("p-1"))
    assert (filed.state, filed.outcome) == ("resolved", "acted")
    assert desk.open() == []


def test_a_report_of_what_waits_joins_its_case(desk):
    decision(desk.database, "p-1", "hold")
    filed = desk.reports.report_item(BEN, on("p-1"))
    [case] = desk.open()
    assert desk.cases.get(BEN, case).items == 1
    desk.decide(CAM, case, "allow")
    assert desk.reports.read(BEN, filed.id).outcome == "not-acted"


def test_what_cannot_be_reported(desk):
    assert refusal(lambda: desk.reports.report_item(BEN, on("p-0"))) == (
        "not-found",
        "There is no item 'p-0'.",
    )
    published(desk.database, "p-1")
    with desk.database.write() as tx:
        tx.execute(sa.update(core.items).values(state="deleted"))
    assert refusal(lambda: desk.reports.report_item(BEN, on("p-1"))) == (
        "gone",
        "The item 'p-1' was deleted by its host.",
    )
    with desk.database.write() as tx:
        tx.execute(sa.update(core.items).values(surface="private_chat", state="published"))
    assert refusal(lambda: desk.reports.report_item(BEN, on("p-1"))) == (
        "sealed-surface",
        "The surface 'private_chat' is sealed: Portreeve holds nothing of it. Report one message "
        "with its franking proof, or claim what happened.",
    )


# Claims


def test_from_a_claim_nothing_follows_but_a_case(desk):
    claim = ReportClaim(reporter="rob", account="mallory", words="A screenshot: pills, 300 yuan.")
    filed = desk.reports.report_claim(BEN, claim)
    assert (filed.grade, filed.state, filed.item) == ("reporters_claim", "open", None)
    [case] = desk.open()
    assert count(desk, core.decisions) == 0
    assert count(desk, enforcement.strikes) == 0
    [said] = desk.evidence.read(CAM, case, FIRST).reports
    assert (said.grade, said.words) == ("reporters_claim", "A screenshot: pills, 300 yuan.")
    desk.decide(CAM, case, "allow")
    assert desk.reports.read(BEN, filed.id).outcome == "not-acted"


def test_claims_against_one_account_are_one_case_and_count_people(desk):
    for reporter in ("rob", "rob", "sue"):
        claim = ReportClaim(reporter=reporter, account="mallory", words="Pills.")
        desk.reports.report_claim(BEN, claim)
    [case] = desk.open()
    assert desk.cases.get(BEN, case).reports == 2
    assert len(desk.evidence.read(CAM, case, FIRST).reports) == 3


# With proof


def test_a_genuine_report_opens_exactly_one_message(desk, keys):
    filed = desk.reports.report_franked(BEN, franked())
    assert (filed.grade, filed.item, filed.state) == ("franked", "message:acquaintance:m-1", "open")
    [case] = desk.open()
    found = desk.evidence.read(CAM, case, FIRST)
    assert (found.items, [one.message for one in found.reports]) == ([], [MESSAGE.decode()])
    # the sender is told nothing while nobody has decided
    assert count(desk, enforcement.notices) == 0
    assert desk.state("message:acquaintance:m-1") == "published"
    desk.decide(CAM, case, "remove", DRUGS)
    desk.open()
    assert desk.reports.read(BEN, filed.id).outcome == "acted"
    with desk.database.read() as connection:
        notices = connection.execute(sa.select(enforcement.notices.c.account)).scalars().all()
        assert notices == ["mallory"]
        assert connection.execute(sa.select(core.contents)).first() is None
        for table in ("reports", "items", "decisions", "case_actions", "audit", "events"):
            rows = connection.execute(sa.text(f"SELECT * FROM {table}")).all()
            assert "便宜" not in str(rows)


def test_who_sent_a_message_is_an_account_of_which_one_can_be_told(desk, keys):
    """Though nothing but the message was ever heard of it."""
    desk.reports.report_franked(BEN, franked())
    assert Accounts(desk.context).get(BEN, "mallory").id == "mallory"


def test_a_message_whose_id_an_item_has_is_no_fault_of_ours(desk, keys):
    """As an older release let one have it."""
    decision(desk.database, "message:acquaintance:m-1")
    assert refusal(lambda: desk.reports.report_franked(BEN, franked())) == (
        "conflict",
        "There is an item 'message:acquaintance:m-1' that is no message, so no message of this id "
        "can be reported. Report another of the sender's, or claim what happened in words.",
    )


def test_a_claim_names_a_network_that_a_policy_governs(desk):
    claim = ReportClaim(account="sly", reporter="rita", words="x", network="nope")
    assert refusal(lambda: desk.reports.report_claim(BEN, claim))[0] == "not-found"


def test_two_networks_may_use_the_same_id_for_a_message(desk, keys):
    key = FORGER.public_key(datetime(2014, 6, 1, tzinfo=UTC))
    desk.franking.add(
        ANN,
        AddFrankingKey(
            network="stranger", key_id=key.key_id, public_key=text(key.public_key),
            valid_from=key.valid_from,
        ),
    )  # fmt: skip
    first = desk.reports.report_franked(BEN, franked())
    other = msgspec.structs.replace(GENUINE, stamp=stamped(FORGER))
    second = desk.reports.report_franked(BEN, franked(other, network="stranger"))
    assert (first.item, second.item) == ("message:acquaintance:m-1", "message:stranger:m-1")


def test_the_policy_may_act_on_proof(desk, keys):
    def forbids(network, text, time):
        assert text == "要药吗？便宜"
        policy = Shipped().at(network, time).policy
        clause = policy.rule(DRUGS).clause
        return MessageJudgement(
            policy.label, Verdict.remove, False, [DRUGS], [clause], "narcotics", "black"
        )

    reports = Reports(desk.context, desk.cases.opening, forbids)
    reports.report_franked(BEN, franked())
    [case] = desk.open()
    found = desk.cases.get(BEN, case)
    assert (found.queue, found.sealed, found.severity) == ("black-goods", True, 16.0)
    assert desk.state("message:acquaintance:m-1") == "removed"
    assert refusal(lambda: desk.evidence.read(CAM, case, FIRST))[0] == "forbidden"
    with desk.database.read() as connection:
        struck = connection.execute(sa.select(enforcement.strikes.c.account)).scalars().all()
    assert struck == ["mallory"]


REFUSED = {
    "forged": (forged(), "bad-signature"),
    "another message": (changed(message=b"nothing"), "wrong-commitment"),
    "re-keyed": (changed(opening_key=bytes(32)), "wrong-commitment"),
    "somebody else's": (franked(reporter="eve"), "not-the-recipient"),
    "foreign": (franked(network="stranger"), "unknown-key"),
    "too old": (
        changed(stamp=stamped(time=datetime(2014, 6, 1, tzinfo=UTC).replace(year=2013))),
        "key-not-in-use",
    ),
    "not a report": (ReportFranked(reporter="bob", report={"message": "x"}), "wrong-encoding"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_does_not_verify_is_refused_and_leaves_nothing(desk, keys, kind):
    request, reason = REFUSED[kind]
    with pytest.raises(Exception) as caught:  # noqa: PT011
        desk.reports.report_franked(BEN, request)
    assert (caught.value.code, caught.value.more["refusal"]) == ("franking", reason)
    assert "便宜" not in caught.value.detail
    for table in (reports_table, cases, core.items):
        assert count(desk, table) == 0


def test_a_refused_report_does_not_use_its_message_up(desk, keys):
    with pytest.raises(Exception, match="does not fit"):
        desk.reports.report_franked(BEN, forged("m-1"))
    assert desk.reports.report_franked(BEN, franked()).state == "open"


def test_a_replayed_report_is_refused(desk, keys):
    desk.reports.report_franked(BEN, franked())
    assert refusal(lambda: desk.reports.report_franked(BEN, franked())) == (
        "franking",
        "stamp.message_id was reported before. Nothing is left to do: the first report counts.",
    )
    assert count(desk, cases) == 1


def test_a_replayed_report_is_refused_when_all_else_is_forgotten(database, tmp_path, keys, clock):
    desk = Desk(make_context(database, tmp_path, decision_days=1, content_days=1))
    desk.reports.report_franked(BEN, franked())
    [case] = desk.open()
    desk.decide(BEN, case, "allow")
    clock.advance(days=3)
    swept = Retention(desk.context).sweep()
    assert (swept["decisions"], swept["items"], swept["reports"]) == (2, 1, 1)
    code, detail = refusal(lambda: desk.reports.report_franked(BEN, franked()))
    assert (code, "was reported before" in detail) == ("franking", True)


def test_of_two_replays_at_once_one_is_taken(desk, keys):
    got = race(*[lambda: desk.reports.report_franked(BEN, franked()).state] * 3)
    assert sorted(got) == ["franking", "franking", "open"]
    assert count(desk, reports_table) == 1


def test_a_report_that_fails_late_does_not_use_its_message_up(desk, keys, monkeypatch):
    def full(*_):
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(desk.cases.opening, "for_message", full)
        with pytest.raises(OSError, match="disk full"):
            desk.reports.report_franked(BEN, franked())
    assert desk.reports.report_franked(BEN, franked()).state == "open"


def test_a_message_is_erased_with_its_sender(desk, keys):
    desk.reports.report_franked(BEN, franked(words="Help."))
    [case] = desk.open()
    with desk.database.write() as tx:
        desk.context.vault.destroy(tx, "mallory")
    [said] = desk.evidence.read(CAM, case, FIRST).reports
    assert (said.erased, said.message, said.words) == (True, None, "Help.")


def test_the_shipped_policy_forbids_drugs_in_chats_and_no_masks(desk):
    judge = PolicyMessageJudge(Shipped())
    now = desk.context.now()
    drugs = judge("acquaintance", "冰毒现货 100元一克 加微信 abc12345 同城送货", now)
    assert (drugs.verdict, drugs.lawful, drugs.goods_tier) == (Verdict.remove, False, "black")
    assert DRUGS in drugs.rules
    masks = judge("acquaintance", "面膜89元一盒 加微信 abc12345 下单", now)
    assert (masks.verdict, masks.lawful, masks.rules) == (Verdict.hold, True, [])


# Keys


def test_keys_are_listed_and_can_be_retired(desk, keys):
    listed = desk.franking.list(ANN).items
    assert [(key.network, key.key_id) for key in listed] == [
        ("acquaintance", "2014-01"),
        ("acquaintance", "2014-06"),
    ]
    until = datetime(2014, 6, 1, 6, tzinfo=UTC)
    retired = AddFrankingKey(
        key_id="2014-06", public_key=listed[1].public_key,
        valid_from=listed[1].valid_from, valid_until=until,
    )  # fmt: skip
    assert desk.franking.add(ANN, retired).valid_until == until
    assert refusal(lambda: desk.reports.report_franked(BEN, franked()))[0] == "franking"


def test_a_key_has_one_id_and_one_network(desk, keys):
    key = text(NEW.public_key(datetime(2014, 6, 1, tzinfo=UTC)).public_key)
    again = AddFrankingKey(
        network="stranger", key_id="2014-06", public_key=key,
        valid_from=datetime(2014, 6, 1, tzinfo=UTC),
    )  # fmt: skip
    assert refusal(lambda: desk.franking.add(ANN, again)) == (
        "conflict",
        "`key_id` has another key, or `public_key` another id or network. Give every key an id of "
        "its own, and never use an id or a key again.",
    )
    short = AddFrankingKey(
        key_id="k", public_key=text(OPENING_KEY[:8]), valid_from=datetime(2014, 6, 1, tzinfo=UTC)
    )
    assert refusal(lambda: desk.franking.add(ANN, short)) == (
        "franking",
        "keys.public_key has the wrong length: a commitment and a public key have 32 bytes, a "
        "signature 64. Send the whole value, and nothing but it.",
    )


@pytest.mark.parametrize("network", ["canary 加微信", "", "A", "x" * 101, "square\n"])
def test_no_words_stand_where_a_network_is_named(network):
    """It is named in the audit log, in events and in cases."""
    for kind, given in (
        (ReportClaim, {"reporter": "rob", "account": "mallory", "words": "Pills."}),
        (ReportFranked, {"reporter": "rob", "report": {}}),
        (Imposition, {"account": "mallory", "kind": "warn", "reason": "Pills."}),
    ):
        assert msgspec.convert({**given, "network": "square"}, kind).network == "square"
        with pytest.raises(msgspec.ValidationError, match=r"at `\$.network`"):
            msgspec.convert({**given, "network": network}, kind)
