"""A person's decision on a whole campaign: on its leaders, its other accounts, its posts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import sqlalchemy as sa

from portreeve.enforcement.consequences import DOWN, costs
from portreeve.model import Verdict
from portreeve.policy import Policy
from portreeve.schemas.access import Scope
from portreeve.schemas.campaigns import CampaignAct, CampaignPost, DecideCampaign
from portreeve.schemas.enforcement import Imposition
from portreeve.service import campaign_posts, campaign_view, standing
from portreeve.service.actor import Actor
from portreeve.service.campaign_cases import CampaignCases
from portreeve.service.campaign_reading import CampaignReading
from portreeve.service.campaign_records import Asked, decision_row
from portreeve.service.campaign_view import View
from portreeve.service.case_opening import lock_items
from portreeve.service.context import Context
from portreeve.service.decisions import PersonDecisions
from portreeve.service.errors import ServiceError
from portreeve.service.policies import Policies
from portreeve.service.sanctions import Sanctions
from portreeve.service.standing import sanctions_in_force
from portreeve.store import Transaction, new_id
from portreeve.store.tables.campaigns import campaign_decisions
from portreeve.store.vault import NOBODY

Row = sa.Row[Any]

MOST_REMOVED = 5_000
"""Posts that one decision removes, the newest; the next takes those that are left."""

_STANDING = ("published", "held")
"""States of what can be taken down yet."""


@dataclass(frozen=True)
class _Plan:
    """What is to be done with whom."""

    network: str
    request: DecideCampaign
    acts: dict[str, CampaignAct]
    """By account."""
    posts_of: list[str]
    """The accounts whose posts are taken down."""
    clauses: list[str]
    """Of the rules that were named."""


@dataclass
class _Done:
    """What was done."""

    accounts: set[str] = field(default_factory=set)
    decisions: list[str] = field(default_factory=list)
    items: list[str] = field(default_factory=list)
    sanctions: list[str] = field(default_factory=list)


class CampaignDeciding:
    """Decides campaigns."""

    def __init__(
        self,
        context: Context,
        policies: Policies,
        reading: CampaignReading,
        cases: CampaignCases,
        decisions: PersonDecisions,
        sanctions: Sanctions,
    ) -> None:
        self._context = context
        self._policies = policies
        self._reading = reading
        self._cases = cases
        self._decide = decisions.person_decision
        self._sanctions = sanctions

    def decide(self, actor: Actor, campaign: str, request: DecideCampaign) -> Row:
        """Decide on all accounts and posts of a campaign at once: all of it is done, or nothing.

        Its case is decided with it, and the cases of the posts that are removed. Of the rules that
        held for single posts nothing is found right or wrong: nobody read each of them.

        Raises:
            ServiceError: ``forbidden``; ``not-found``; ``invalid`` when what is asked does not fit
                together; ``conflict`` when the campaign has changed since it was seen; ``claimed``
                when another holds its case.
        """
        actor.need(Scope.cases)
        actor.need(Scope.sanctions)
        _check(request)
        network = self._reading.network(request.network)
        graph, forest = self._reading.memory(network)
        seen = campaign_view.view(graph, forest, campaign)
        _need_same(seen, request)
        with self._context.database.write() as tx:
            standing.lock(tx)
            policy = self._policies.at(network, tx.time).policy
            names = self._reading.names(tx.connection, seen)
            plan = _plan(seen, names, network, request, policy)
            done = self._posts(tx, actor, plan)
            self._sanction(tx, actor, plan, done)
            cases = self._cases.close(
                tx, actor, network, graph, seen, done.items, request.reason,
                acted=bool(done.decisions or done.sanctions),
            )  # fmt: skip
            id = self._write(tx, actor, seen, plan, done, cases, seen.foremost(names))
            return decision_row(tx.connection, id)

    def _posts(self, tx: Transaction, actor: Actor, plan: _Plan) -> _Done:
        """Remove posts: all that sell or recruit and stand; for a strike an account's newest."""
        rules, removed = plan.request.rules, set(plan.posts_of)
        struck = [name for name, act in plan.acts.items() if act.kind == "strike"]
        trading = [
            post
            for post in campaign_posts.posts(
                tx.connection, plan.network, removed.union(struck), None
            )
            if campaign_posts.trades(post) or not set(post.rules).isdisjoint(rules)
        ]
        chosen = {post.item: post for post in _newest(trading, struck)}
        standing_ = [p for p in trading if p.account in removed and p.state in _STANDING]
        chosen |= {post.item: post for post in standing_[:MOST_REMOVED]}
        done = _Done()
        locked = lock_items(tx, chosen)
        for row in sorted(locked.values(), key=lambda row: (chosen[row.id].time, row.id)):
            if row.state == "deleted":
                continue
            verdict = Verdict.remove if row.state in ("published", "removed") else Verdict.refuse
            made = self._decide(
                tx, actor.name, row, verdict.value, rules, plan.clauses, plan.request.reason
            )
            done.decisions.append(made)
            done.items.append(row.id)
            done.accounts.add(row.account)
        return done

    def _sanction(self, tx: Transaction, actor: Actor, plan: _Plan, done: _Done) -> None:
        """Sanction by hand those whom more than a strike befalls; who is banned already is not."""
        running = sanctions_in_force(tx.connection, plan.acts, tx.time)
        banned = {
            name
            for name, of in running.items()
            if any(one.kind == "ban" and one.network == plan.network for one in of)
        }
        for name, act in plan.acts.items():
            if act.kind == "strike" or name in banned:
                continue
            order = Imposition(
                account=name, network=plan.network, kind=act.kind, days=act.days,
                reason=plan.request.reason,
            )  # fmt: skip
            done.sanctions.append(self._sanctions.impose_in(tx, actor, order).id)
            done.accounts.add(name)

    def _write(
        self,
        tx: Transaction,
        actor: Actor,
        seen: View,
        plan: _Plan,
        done: _Done,
        cases: list[str],
        key: str | None,
    ) -> str:
        """Note the decision, its reason sealed with the key of the account ``key``."""
        id, request = new_id("cpd"), plan.request
        asked = Asked(
            leader=request.leader or request.everybody,
            others=request.others or request.everybody,
            take_down=request.take_down,
            rules=request.rules,
            spared=sorted(request.spare),
        )
        sealed = self._context.vault.seal_many(
            tx, [key or NOBODY], [request.reason.encode()], [f"{id}.reason"]
        )
        tx.execute(
            sa.insert(campaign_decisions),
            {
                "id": id, "network": plan.network, "campaign": seen.id, "account": key,
                "by": actor.name, "decided": tx.time, "request": msgspec.to_builtins(asked),
                "accounts": len(done.accounts), "decisions": done.decisions,
                "sanctions": done.sanctions, "cases": cases, "reason": sealed[0],
            },
        )  # fmt: skip
        tx.audit(
            actor.name, "campaign.decide", seen.id,
            network=plan.network, decision=id, accounts=len(done.accounts),
            posts=len(done.decisions), sanctions=len(done.sanctions), cases=cases,
            leader=asked.leader and asked.leader.kind, others=asked.others and asked.others.kind,
            take_down=request.take_down, rules=request.rules, spared=asked.spared,
        )  # fmt: skip
        return id


def _check(request: DecideCampaign) -> None:
    """See that what is asked fits together."""
    if request.everybody is not None and (request.leader or request.others):
        raise ServiceError(
            "invalid",
            "`everybody` is given beside `leader` or `others`. Give one or the other.",
            field="everybody",
            zh="“全部账号”与“团队长/其他账号”不能同时选择。",
        )
    acts = {name: getattr(request, name) for name in ("leader", "others", "everybody")}
    for name, act in acts.items():
        if act is None:
            continue
        if act.kind == "suspend" and act.days is None:
            raise ServiceError(
                "invalid", "`suspend` needs an end. Give `days`.", field=f"{name}.days",
                zh="封停必须填写天数。",
            )  # fmt: skip
        if act.kind != "suspend" and act.days is not None:
            raise ServiceError(
                "invalid", f"`{act.kind}` has no length. Leave out `days`.", field=f"{name}.days",
                zh="只有封停可以填写天数。",
            )  # fmt: skip
    strikes = any(act is not None and act.kind == "strike" for act in acts.values())
    if (strikes or request.take_down) and not request.rules:
        raise ServiceError(
            "invalid",
            "`rules` is empty. Name the rules that the posts break: strikes and removals rest on "
            "them.",
            field="rules",
            zh="记违规或下架内容时，请至少选择一条适用的条款。",
        )


def _need_same(seen: View, request: DecideCampaign) -> None:
    count = len(seen.accounts)
    if request.accounts is not None and request.accounts != count:
        raise ServiceError(
            "conflict",
            f"The campaign {seen.id} has {count} accounts, and you saw {request.accounts}. "
            "Read it again, then decide.",
            field="accounts",
            zh="该团伙的账号有变化，请重新查看后再决定。",
        )


def _plan(
    seen: View, names: dict[int, str], network: str, request: DecideCampaign, policy: Policy
) -> _Plan:
    everybody = _named(seen.accounts, names)
    leaders = _named(seen.leaders, names)
    spared = set(request.spare)
    for at, name in enumerate(request.spare):
        if name not in set(everybody):
            raise ServiceError(
                "invalid",
                f"`spare` names {name!r}, which is not in the campaign {seen.id}.",
                field=f"spare[{at}]",
                zh=f"账号 {name} 不在该团伙中。",
            )
    if request.leader is not None and not leaders:
        raise ServiceError(
            "invalid",
            f"The campaign {seen.id} has no tree, so nobody leads it. Decide on `everybody`.",
            field="leader",
            zh="未发现层级关系，没有团队长，请对全部账号作决定。",
        )
    acts: dict[str, CampaignAct] = {}
    for name in everybody:
        act = request.everybody or (request.leader if name in set(leaders) else request.others)
        if act is not None and name not in spared:
            acts[name] = act
    removed = [name for name in everybody if name not in spared] if request.take_down else []
    strikes = any(act.kind == "strike" for act in acts.values())
    return _Plan(network, request, acts, removed, _clauses(request, policy, strikes=strikes))


def _clauses(request: DecideCampaign, policy: Policy, *, strikes: bool) -> list[str]:
    known = {rule.id: rule for rule in policy.rules}
    for at, id in enumerate(request.rules):
        if id not in known:
            raise ServiceError(
                "invalid",
                f"`rules` names {id!r}, which is not in the policy in force, {policy.label}.",
                field=f"rules[{at}]",
            )
    rules = [known[id] for id in request.rules]
    if strikes and not costs(Verdict.remove, rules, by_person=True):
        raise ServiceError(
            "invalid",
            "No rule of `rules` costs a strike. Name one that does, or warn instead.",
            field="rules",
            zh="所选条款都不计违规次数，请另选条款，或改为警告。",
        )
    return [rule.clause for rule in rules]


def _named(numbers: Iterable[int], names: dict[int, str]) -> list[str]:
    return [names[number] for number in numbers if number in names]


def _newest(posts: Sequence[CampaignPost], accounts: Iterable[str]) -> list[CampaignPost]:
    """By account the newest post that stands, or else the newest that a host did not delete."""
    found: dict[str, CampaignPost] = {}
    wanted = set(accounts)
    for post in posts:
        best = found.get(post.account)
        if post.account not in wanted or post.state == "deleted":
            continue
        if best is None or (best.state in DOWN and post.state not in DOWN):
            found[post.account] = post
    return list(found.values())
