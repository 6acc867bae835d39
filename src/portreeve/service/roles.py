"""What people do here: each role with its words and what it may do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from portreeve.policy import Words
from portreeve.schemas.access import Scope
from portreeve.schemas.people import Role

__all__ = ["ROLES", "Duty", "Role", "scopes_of"]


class Duty(NamedTuple):
    """What a role is called, what it is for, and what it may do."""

    title: Words
    meaning: Words
    scopes: frozenset[Scope]


_REVIEWING = frozenset(
    {Scope.cases, Scope.evidence, Scope.accounts, Scope.appeals, Scope.policies_read}
)

ROLES: dict[Role, Duty] = {
    Role.reviewer: Duty(
        Words("Reviewer", "审核员"),
        Words(
            "decides cases and appeals, reads the evidence and the account behind them",
            "处理案件和申诉，查看证据及相关账号",
        ),
        _REVIEWING,
    ),
    Role.senior: Duty(
        Words("Senior reviewer", "高级审核员"),
        Words(
            "also decides what two readings disagree on, sanctions accounts, undoes decisions, "
            "searches the decision log and verifies the licences of merchants",
            "另可裁定两次审核不一致的案件、处罚账号、撤销决定、检索决定日志、核实商家许可",
        ),
        _REVIEWING
        | {
            Scope.sanctions,
            Scope.log,
            Scope.reports,
            Scope.merchants,
            Scope.merchants_verify,
            Scope.live_sales,
            Scope.partners,
            Scope.group_buying,
        },
    ),
    Role.policy_author: Duty(
        Words("Policy author", "政策撰写人"),
        Words(
            "writes policy versions, sees their effect on stored posts and proposes them",
            "撰写政策版本，预览对已有内容的影响并提交",
        ),
        frozenset({Scope.policies_read, Scope.policies_propose, Scope.log, Scope.evidence}),
    ),
    Role.approver: Duty(
        Words("Approver", "政策审批人"),
        Words(
            "approves the versions of others, puts them in force and rolls back",
            "审批他人提交的版本，使其生效或回退",
        ),
        frozenset({Scope.policies_read, Scope.policies_approve, Scope.log, Scope.evidence}),
    ),
    Role.analyst: Duty(
        Words("Analyst", "分析员"),
        Words(
            "searches the decision log, reads policies, accounts and figures of money",
            "检索决定日志，查看政策、账号和款项数据",
        ),
        frozenset({Scope.log, Scope.policies_read, Scope.accounts, Scope.ledger}),
    ),
    Role.auditor: Duty(
        Words("Auditor", "审计员"),
        Words(
            "reads the audit log, the decision log and policies; changes nothing",
            "查看审计日志、决定日志和政策，不作任何改动",
        ),
        frozenset({Scope.audit, Scope.log, Scope.policies_read, Scope.ledger}),
    ),
    Role.administrator: Duty(
        Words("Administrator", "管理员"),
        Words(
            "may do everything, and manages people, API keys, webhooks and settings",
            "拥有全部权限，并管理人员、API 密钥、Webhook 和设置",
        ),
        frozenset({Scope.admin}),
    ),
}
"""Every role, in the order in which pages show them."""


def scopes_of(roles: Iterable[Role]) -> frozenset[Scope]:
    """What a person of these roles may do.

    >>> sorted(scopes_of([Role.approver]))
    [<Scope.evidence: 'evidence'>, <Scope.log: 'log'>,
     <Scope.policies_approve: 'policies:approve'>, <Scope.policies_read: 'policies:read'>]
    """
    return frozenset(scope for role in roles for scope in ROLES[role].scopes)
