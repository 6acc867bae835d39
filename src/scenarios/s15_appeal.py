"""Scenario 15, without its measuring: a baker, wrongly blocked twice, appeals."""

from __future__ import annotations

from portreeve.client import Client, PortreeveError
from portreeve.schemas.appeals import AppealQuery, DecideAppeal
from portreeve.schemas.cases import Case, CaseQuery, DecideCase, Precision
from portreeve.schemas.queries import SinceQuery
from scenarios.findings import Findings, Scenario
from scenarios.people import Person
from scenarios.stage import NETWORK, REVIEWER, Stage

_RULE = "moments.no-product-promotion"
_CAKE = "给妈妈烤的生日蛋糕，六寸草莓的，多烤了两个，材料费45一个，加微信 tang0000 来拿"
_BUNS = "周末烤了二十个蛋黄酥，送了一圈邻居，还剩四个，想尝的来敲门"
_COMMENTS = ["外婆也是这样做的", "给我留一个！"]
_WORDS = "我不是商家，只是多烤了几个。"


def _play(stage: Stage, found: Findings) -> None:
    baker = stage.person("tang")
    neighbours = [stage.person("yun"), stage.person("pei")]
    ids = [neighbour.befriend(baker) for neighbour in neighbours]
    bakers_id = ids[0][1]
    before = _precision(stage)
    _refused_by_the_policy(stage, baker, bakers_id, found)
    _removed_by_a_reviewer(stage, baker, neighbours, bakers_id, found)
    after = _precision(stage)
    assert after is not None
    found(
        "hits of the rule found wrong, more than before",
        after.overturned - (before.overturned if before else 0),
        f"{_RULE}: {after.confirmed} of {after.confirmed + after.overturned} right, "
        f"{after.precision:.0%} ({after.low:.0%} to {after.high:.0%}); before: "
        f"{f'{before.precision:.0%}' if before else 'not judged'}",
    )  # fmt: skip


def _refused_by_the_policy(stage: Stage, baker: Person, account: str, found: Findings) -> None:
    stage.say("a cake is refused")
    refused = baker.share(_CAKE)
    found("a cake, before publication", refused.state, f"{refused.decision}")
    assert refused.decision is not None
    found("strikes then", _settled(stage, account, 1), "the warning's strike")
    found("the appeal is filed", "申诉已提交" in baker.appeal(refused.decision, _WORDS))
    qiao = stage.client("qiao", *REVIEWER)
    appeal = _appeal_of(stage, qiao, refused.decision)
    read = qiao.claim_appeal(appeal)
    found("the reviewer reads the baker's words", read.words)
    qiao.decide_appeal(
        appeal, DecideAppeal(outcome="overturned", reply="蛋糕是自己烤的，您说得对。")
    )
    stage.until(
        "the cake appears",
        lambda: baker.sees("生日蛋糕") and _state(baker, "生日蛋糕") == "published",
    )
    found("after the appeal", _state(baker, "生日蛋糕"), appeal)
    found("strikes after it", _settled(stage, account, 0))


def _removed_by_a_reviewer(
    stage: Stage, baker: Person, neighbours: list[Person], account: str, found: Findings
) -> None:
    stage.say("buns are taken down")
    buns = baker.share(_BUNS)
    assert buns.id is not None
    for neighbour, words in zip(neighbours, _COMMENTS, strict=True):
        neighbour.comment(buns.id, words)
    neighbours[1].report(buns.id, "她天天卖东西")
    ren = stage.client("ren", *REVIEWER)
    case = stage.until("the report's case", lambda: _case_of(ren, buns.id))
    held = ren.claim_case(case.id)
    ren.decide_case(
        case.id,
        DecideCase(verdict="remove", rules=[_RULE], reason="Sells buns.", revision=held.revision),
    )
    stage.until("the buns are gone", lambda: not neighbours[0].sees(_BUNS))
    taken = next(post for post in baker.own() if post.id == buns.id)
    found("buns, after a reviewer's mistake", taken.state, f"case {case.id}, {taken.decision}")
    found("comments a neighbour sees then", _comments(neighbours[0]))
    found("strikes of that", _settled(stage, account, 1))
    assert taken.decision is not None
    baker.appeal(taken.decision, _WORDS)
    appeal = _appeal_of(stage, ren, taken.decision)
    found("answered by who decided it", _code(ren, appeal), "ren")
    qiao = stage.client("qiao", *REVIEWER)
    qiao.claim_appeal(appeal)
    qiao.decide_appeal(appeal, DecideAppeal(outcome="overturned", reply="您说得对，对不起。"))
    stage.until("the buns are back", lambda: neighbours[0].sees(_BUNS))
    found("answered by another", _state(baker, _BUNS), f"qiao, {appeal}")
    found("comments a neighbour sees again", _comments(neighbours[0]), "Square's page /")
    found("strikes left", _settled(stage, account, 0))
    found(
        "the baker is told",
        any("您说得对，对不起" in one or "撤销" in one for one in baker.notices()),
    )


def _appeal_of(stage: Stage, reviewer: Client, decision: str) -> str:
    def probe() -> str | None:
        listed = reviewer.each(reviewer.list_appeals, query=AppealQuery())
        return next((one.id for one in listed if one.decision == decision), None)

    return stage.until("the appeal is listed", probe)


def _case_of(reviewer: Client, item: str | None) -> Case | None:
    for case in reviewer.list_cases(CaseQuery(state="open", queue="reports")).items:
        if any(one.item == item for one in reviewer.get_case(case.id).contents):
            return case
    return None


def _code(reviewer: Client, appeal: str) -> str:
    try:
        reviewer.claim_appeal(appeal)
    except PortreeveError as refused:
        return refused.code
    return "taken"


def _precision(stage: Stage) -> Precision | None:
    found = stage.client("ren", *REVIEWER).get_precision(SinceQuery(network=NETWORK)).items
    return next((one for one in found if one.rule == _RULE), None)


def _settled(stage: Stage, account: str, strikes: int) -> int:
    """How many strikes count, once what follows from the decision has been written."""

    def count() -> int:
        return sum(strike.count for strike in stage.host.get_account(account).strikes)

    stage.until(f"{strikes} strikes", lambda: count() == strikes)
    return count()


def _state(person: Person, words: str) -> str | None:
    return next((post.state for post in person.own() if words in post.words), None)


def _comments(person: Person) -> int:
    return sum(person.sees(words) for words in _COMMENTS)


SCENARIO = Scenario(
    number=15,
    title="A baker, wrongly blocked, appeals",
    expected={
        "a cake, before publication": "refused",
        "strikes then": 1,
        "the appeal is filed": True,
        "the reviewer reads the baker's words": _WORDS,
        "after the appeal": "published",
        "strikes after it": 0,
        "buns, after a reviewer's mistake": "removed",
        "comments a neighbour sees then": 0,
        "strikes of that": 1,
        "answered by who decided it": "same-person",
        "answered by another": "published",
        "comments a neighbour sees again": 2,
        "strikes left": 0,
        "the baker is told": True,
        "hits of the rule found wrong, more than before": 1,
    },
    play=_play,
)
