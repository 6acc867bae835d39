"""What is done in the invented world: by the host, the staff and the people concerned."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portreeve.franking import Report, Stamper, encoding
from portreeve.franking.wire import to_base64url
from portreeve.schemas.access import Scope
from portreeve.schemas.accounts import AccountFacts, RelationEvent, RelationEvents
from portreeve.schemas.appeals import DecideAppeal, FileAppeal
from portreeve.schemas.base import Paging
from portreeve.schemas.cases import AddNote, DecideCase, Handover, RequestRelease
from portreeve.schemas.enforcement import Imposition, Lift, UndoRequest
from portreeve.schemas.keys import NewKey
from portreeve.schemas.people import NewPerson, Role
from portreeve.schemas.policies import (
    Acknowledgement,
    Activation,
    Approval,
    Dissent,
    Proposal,
    Selection,
    ShadowSwitch,
)
from portreeve.schemas.policy_drafts import SaveDraft
from portreeve.schemas.readings import SubmitReading
from portreeve.schemas.reports import AddFrankingKey, ReportClaim, ReportFranked, ReportItem
from portreeve.schemas.webhooks import NewWebhook
from portreeve.service.actor import PORTREEVE
from portreeve.service.attempts import Came

from .bands import act_together
from .dealings import ask_for_scopes, buy_together, pay_back, sell_live
from .known import keep_banks
from .posts import (
    CHEN,
    GRANNY,
    NORA,
    OWL,
    PEOPLE,
    SLIM,
    TEAM,
    WANG,
    ZHAO,
)  # fmt: skip
from .shops import advertise, open_shops, serve_customers
from .staff import PASSWORD, STAFF
from .world import HOST, NETWORK, World

Step = Callable[[World], None]

SELLING, LIKELY = "moments.no-product-promotion", "moments.likely-selling-waits"

_CAME = Came("127.0.0.1", "Firefox on Windows")

MILDER = """\
extends: acquaintance
policy: acquaintance
version: "2026-10"
effective: 2026-01-01T00:00:00+08:00
announcement:
  en: >-
    Parents who pass on what their hens and trees give were held too often. From now on a post waits
    for a person only when selling is three times likelier than not.
  zh: 自家的鸡蛋、水果分给朋友，以前太容易被拦。从现在起，卖货的把握有四分之三，才先由人工看。
definitions:
  likely_seller:
    words:
      en: The model puts it at three to one that somebody sells here, or recruits sellers.
      zh: 模型认为，有人在这里卖货或招人卖货，把握在四分之三以上。
    when: promotion >= 0.75 AND micro_business + recruitment >= 0.5
"""

_TICKETS = """\
  - id: tickets.resale-waits
    clause: "20.1"
    surfaces: [moments, group]
    when: goods_category = 'tickets' AND prices > 0 AND asking = 0
    verdict: hold
    because:
      en: Tickets are often resold far above their price. A person looks first.
      zh: 门票常被高价倒卖，要先由人工看过。
    comply:
      en: Name the price printed on the ticket and ask no more.
      zh: 写明票面价格，不加价。
    way_out: second-hand
    examples:
      hold:
        - 周六演唱会门票两张，580一张，要的私聊
      allow:
        - 昨晚的演唱会太棒了，嗓子都喊哑了
"""

_MILD_BODIES = """\
  - id: moments.health-words-wait
    clause: "20.2"
    surfaces: [moments, comment]
    when: promotion >= 0.4 AND goods_tier = 'grey-strict'
    verdict: hold
    because:
      en: This may promise something about health. A person looks before it appears.
      zh: 这条内容可能涉及健康承诺。先由人工看一看再决定。
    examples:
      hold:
        - 减肥茶新到，要的私我
      allow:
        - 妈妈手术很顺利，谢谢每一位关心我们的朋友
"""

TEXTS = {
    "2026-10": MILDER,
    "2026-11": MILDER.replace("2026-10", "2026-11") + "rules:\n" + _TICKETS,
    "2026-12": MILDER.replace("2026-10", "2026-12") + "rules:\n" + _TICKETS + _MILD_BODIES,
}


def _accounts(world: World) -> None:
    for at, who in enumerate(PEOPLE):
        facts = AccountFacts(
            standing=who.standing,
            language=who.language,
            created=world.begin - timedelta(days=40 + 97 * at),
            friends=who.friends,
            followers=who.followers,
        )
        world.service.accounts.put(HOST, who.id, facts)
    met = [
        RelationEvent(kind="friend_added", account=WANG, time=world.begin - timedelta(hours=hours))
        for hours in range(1, 13)
    ]
    world.service.accounts.relate(HOST, RelationEvents(events=met))


def _staff(world: World) -> None:
    for name, one in STAFF.items():
        people = world.service.people
        people.add(PORTREEVE, NewPerson(name=name, shown=one.shown, roles=list(one.roles)))
        link = people.link(PORTREEVE, name)
        world.service.joining.accept(link.secret, PASSWORD, _CAME)
    world.service.people.disable(world.actor("ada"), "kim")


def _keys(world: World) -> None:
    ada = world.actor("ada")
    keys = world.service.keys
    keys.create(ada, NewKey(name="square", scopes=sorted(HOST.scopes), rate=500))
    keys.create(
        ada,
        NewKey(name="warehouse", scopes=[Scope.log], expires=world.begin + timedelta(days=90)),
    )
    old = keys.create(ada, NewKey(name="trial-import", scopes=[Scope.screen]))
    keys.revoke(ada, old.id)


def _webhooks(world: World) -> None:
    ada = world.actor("ada")
    told = NewWebhook(
        url="http://127.0.0.1:8016/portreeve", types=["decision.*", "sanction.*", "appeal.*"],
        description="The host takes posts down and tells people",
    )  # fmt: skip
    lost = NewWebhook(
        url="http://127.0.0.1:8017/in", types=["policy.*"], description="Newsletter of the rules"
    )
    world.ids["webhook:host"] = world.service.webhooks.create(ada, told).id
    world.ids["webhook:newsletter"] = world.service.webhooks.create(ada, lost).id


def _newsletter_ends(world: World) -> None:
    world.talk.silent.add(world.ids["webhook:newsletter"])


def _franking_key(world: World) -> None:
    public = _stamper().public_key(world.begin)
    request = AddFrankingKey(
        network=NETWORK, key_id=public.key_id, public_key=to_base64url(public.public_key),
        valid_from=world.begin,
    )  # fmt: skip
    world.service.franking_keys.add(world.actor("ada"), request)


def _stamper() -> Stamper:
    return Stamper(Ed25519PrivateKey.from_private_bytes(bytes([7]) * 32), "2026-11")


def _franked(world: World) -> None:
    message, opening = "要货吗？老地方，晚上十点".encode(), bytes(range(32))
    stamp = _stamper().stamp(
        encoding.digest(opening, message), sender=OWL, recipient=ZHAO,
        time=world.clock() - timedelta(hours=2), message_id="m-77",
    )  # fmt: skip
    opened = Report(message=message, opening_key=opening, stamp=stamp, reporter=ZHAO)
    request = ReportFranked(
        reporter=ZHAO, report=json.loads(opened.to_json()), words="不认识他，突然发来的"
    )
    world.service.reports.report_franked(HOST, request)


def _report(item: str, reporter: str, words: str) -> Step:
    def step(world: World) -> None:
        request = ReportItem(item=item, reporter=reporter, words=words)
        world.service.reports.report_item(HOST, request)

    return step


def _claim_against(account: str, reporter: str, words: str) -> Step:
    def step(world: World) -> None:
        request = ReportClaim(reporter=reporter, account=account, words=words)
        world.service.reports.report_claim(HOST, request)

    return step


def _decide(who: str, item: str, verdict: str, reason: str, *rules: str) -> Step:
    def step(world: World) -> None:
        case = world.ids[f"case:{item}"]
        actor = world.actor(who)
        held = world.service.cases.claim(actor, case)
        world.service.evidence.read(actor, case, Paging())
        request = DecideCase(
            verdict=verdict, reason=reason, rules=list(rules), revision=held.revision
        )  # type: ignore[arg-type]
        world.service.cases.decide(actor, case, request)

    return step


def _read_again(who: str, verdict: str, reason: str) -> Step:
    def step(world: World) -> None:
        actor = world.actor(who)
        reading = world.service.readings.next(actor)
        request = SubmitReading(reading=reading.id, verdict=verdict, reason=reason)  # type: ignore[arg-type]
        world.service.readings.submit(actor, request)

    return step


def _appeal(item: str, words: str) -> Step:
    def step(world: World) -> None:
        stored = world.service.stored.item(HOST, item)
        request = FileAppeal(decision=stored.decision, words=words)
        world.ids[f"decision:{item}"] = stored.decision
        world.ids[f"appeal:{item}"] = world.service.appeals.file(HOST, request).id

    return step


def _answer(who: str, item: str, outcome: str, reply: str) -> Step:
    def step(world: World) -> None:
        actor, appeal = world.actor(who), world.ids[f"appeal:{item}"]
        world.service.appeals.claim(actor, appeal)
        world.service.evidence.read_for_appeal(actor, appeal)
        request = DecideAppeal(outcome=outcome, reply=reply)  # type: ignore[arg-type]
        world.service.appeals.decide(actor, appeal, request)

    return step


def _propose(version: str, rationale: str) -> Step:
    def step(world: World) -> None:
        proposal = Proposal(text=TEXTS[version], rationale=rationale)
        world.service.policies.versions.propose(world.actor("dee"), proposal)

    return step


def _dissent(version: str, words: str) -> Step:
    def step(world: World) -> None:
        dissent = Dissent(words=words)
        world.service.policies.versions.dissent(world.actor("lu"), NETWORK, version, dissent)

    return step


def _approve(version: str) -> Step:
    def step(world: World) -> None:
        eve, versions = world.actor("eve"), world.service.policies.versions
        approval = Approval(sha256=versions.get(eve, NETWORK, version).sha256)
        versions.approve(eve, NETWORK, version, approval)

    return step


def _activate(version: str) -> Step:
    def step(world: World) -> None:
        activation = Activation(effective=world.clock() + timedelta(minutes=30))
        changes = world.service.policies.changes
        changes.activate(world.actor("eve"), NETWORK, version, activation)

    return step


def _shadow(version: str) -> Step:
    def step(world: World) -> None:
        changes = world.service.policies.changes
        changes.shadow(world.actor("dee"), NETWORK, version, ShadowSwitch())

    return step


def _draft(world: World) -> None:
    text = TEXTS["2026-11"].replace("2026-11", "2027-01").replace("0.75", "0.80")
    draft = SaveDraft(
        network=NETWORK,
        base=f"{NETWORK}@2026-10",
        text=text,
        rationale="Four in five, and tickets.",
    )
    world.ids["draft"] = world.service.drafts.save(world.actor("dee"), draft).id


def _list_older(world: World) -> None:
    dee, retroactive = world.actor("dee"), world.service.retroactive
    world.ids["pass"] = retroactive.begin(dee, NETWORK, "2026-10", Selection()).id
    while retroactive.advance():
        continue


def _invite(world: World) -> None:
    ada, people = world.actor("ada"), world.service.people
    people.add(ada, NewPerson(name="joy", shown="Joy Adeyemi", roles=[Role.analyst]))
    world.ids["link:joy"] = people.link(ada, "joy").secret


def _limit_slim(world: World) -> None:
    request = Imposition(
        account=SLIM, kind="limit", days=14, reason="三周内五次承诺减肥效果，先减少触达。"
    )
    world.service.sanctions.impose(world.actor("sun"), request)


def _warn_nora(world: World) -> None:
    sun = world.actor("sun")
    request = Imposition(account=NORA, kind="mute", days=3, reason="Posts the same offer again.")
    world.ids["sanction:nora"] = world.service.sanctions.impose(sun, request).id


def _lift_nora(world: World) -> None:
    lift = Lift(reason="It was somebody else's offer, quoted. Sorry.")
    world.service.sanctions.lift(world.actor("sun"), world.ids["sanction:nora"], lift)


def _undo_chen(world: World) -> None:
    request = UndoRequest(reason="他教的是木工课，说的“代理”是反话。")
    world.service.undo.reverse(world.actor("sun"), world.ids["decision:p-193"], request)


def _ask_release(world: World) -> None:
    request = RequestRelease(reason="要核对电话号码是否与上月的案件相同。", minutes=60)
    world.service.evidence.request_release(world.actor("ben"), world.ids["case:p-213"], request)


def _note_dates(world: World) -> None:
    note = AddNote(note="同一账号两周前的鸡蛋已经改判为自家产，先看看这次的量。")
    world.service.cases.note(world.actor("ben"), world.ids["case:p-223"], note)


def _hand_over(world: World) -> None:
    ben, case = world.actor("ben"), world.ids["case:p-261"]
    world.service.cases.claim(ben, case)
    handover = Handover(to="sun", note="短链接的目标我判断不了，请你看一下。")
    world.service.cases.hand_over(ben, case, handover)


def _hold_cream(world: World) -> None:
    world.service.cases.claim(world.actor("cam"), world.ids["case:p-204"])


def _watch(world: World) -> None:
    world.service.policies.watch()


def _acknowledge(world: World) -> None:
    dee = world.actor("dee")
    first = world.service.policies.alarms.page(dee, NETWORK).items[-1]
    note = Acknowledgement(note="Bargain links in the small hours: one shop, four accounts.")
    world.service.policies.alarms.acknowledge(dee, first.id, note)


def _day(number: int, hour: float) -> float:
    return 24 * number + hour


STORY: tuple[tuple[float, Step], ...] = (
    (0.1, _accounts),
    (0.2, _staff),
    (0.3, _keys),
    (0.4, _webhooks),
    (0.5, _franking_key),
    (_day(1, 9), _appeal("p-103", "我只是分享自己用的面膜，价格是顺便写的。")),
    (
        _day(2, 10.5),
        _answer("ben", "p-103", "upheld", "写了价格和微信号，就是在卖货。可以去企业账号发布。"),
    ),
    (_day(2, 14), _decide("ben", "p-121", "remove", "Sells eggs.", SELLING, LIKELY)),
    (_day(2, 20), _appeal("p-121", "鸡是我爸妈养的，蛋吃不完，分给朋友")),
    (
        _day(3, 7),
        _propose("2026-10", "Two appeals in a week were right: eggs and cakes are no business."),
    ),
    (_day(3, 8), _dissent("2026-10", "三比一太松，卖家会学着写成分享的样子。我主张先观察两周。")),
    (
        _day(3, 10),
        _answer("cam", "p-121", "overturned", "自家产的东西少量分给朋友，不算卖货。对不起。"),
    ),
    (_day(3, 11), _approve("2026-10")),
    (_day(4, 10), _newsletter_ends),
    (
        _day(4, 18),
        _decide(
            "cam",
            "p-141",
            "label",
            "主播和商家的身份都写了，加标注即可。",
            "live.marked-as-advertising",
        ),
    ),
    (
        _day(5, 9),
        _decide("ben", "p-145", "refuse", "No licence on file.", "search-ad.grey-needs-licence"),
    ),
    (_day(5, 16), _read_again("cam", "remove", "面熟，卖的。")),
    (_day(6, 10), _limit_slim),
    (_day(6, 12), _warn_nora),
    (_day(6, 16), _lift_nora),
    (_day(7, 11), _read_again("ben", "label", "Fine with a label.")),
    (
        _day(8, 7),
        _propose("2026-11", "Tickets are resold at twice their price before every concert."),
    ),
    (_day(8, 8), _shadow("2026-11")),
    (_day(8, 15), _report("p-184", ZHAO, "没有药店资质，在卖抗生素")),
    (_day(8, 15.5), _report("p-184", GRANNY, "这种药要医生开的")),
    (_day(9, 10), _decide("cam", "p-182", "refuse", "酵素减肥，典型话术。", LIKELY)),
    (_day(9, 16), _report("p-191", CHEN, "她天天接蛋糕订单，不是自己吃不完")),
    (_day(9, 17), _undo_chen),
    (
        _day(10, 10),
        _decide(
            "ben",
            "p-192",
            "label",
            "Announces a sale, roles are known.",
            "live.marked-as-advertising",
        ),
    ),
    (_day(10, 15), _read_again("ben", "allow", "A person's own story; no product named.")),
    (_day(11, 9), _claim_against(TEAM[0], GRANNY, "加我说能帮忙退税，要我先交五百押金")),
    (_day(11, 10), open_shops),
    (_day(11, 11), serve_customers),
    (_day(11, 14), advertise),
    (_day(11, 15), ask_for_scopes),
    (_day(11, 15.5), keep_banks),
    (_day(11, 16), buy_together),
    (_day(11, 18), _ask_release),
    (_day(12, 9), _appeal("p-163", "我们只在本校拼单打印，没有卖东西给校外的人。")),
    (_day(12, 12), _propose("2026-12", "Health promises slip through below the line of selling.")),
    (_day(12, 15), _dissent("2026-12", "它会拦下病人说自己病情的话。请先做影子运行。")),
    (_day(12, 16), _note_dates),
    (_day(12, 19), _activate("2026-10")),
    (_day(12, 20), _list_older),
    (_day(12, 21), _draft),
    (_day(12, 22), _franked),
    (_day(12, 22.5), pay_back),
    (_day(12, 23), sell_live),
    (_day(13, 1.1), _watch),
    (_day(13, 7.9), _acknowledge),
    (_day(13, 8.2), _appeal("p-256", "It is for the school fair. The money goes to the library.")),
    (_day(13, 8.3), _invite),
    (_day(13, 8.35), _hand_over),
    (_day(13, 8.4), _hold_cream),
    (_day(13, 8.45), act_together),
)
