"""Who may do what."""

from __future__ import annotations

import enum

NAME = r"^[A-Za-z0-9._@+:-]{1,100}$(?!\n)"
"""How somebody who asks may be named. Capitals count as small letters: `Ann` and `ann` are one."""


class Scope(enum.StrEnum):
    """What an API key allows; ``admin`` allows everything."""

    screen = "screen"
    accounts = "accounts"
    reports = "reports"
    cases = "cases"
    evidence = "evidence"
    appeals = "appeals"
    sanctions = "sanctions"
    policies_read = "policies:read"
    policies_propose = "policies:propose"
    policies_approve = "policies:approve"
    log = "log"
    audit = "audit"
    webhooks = "webhooks"
    privacy = "privacy"
    ads = "ads"
    merchants = "merchants"
    merchants_verify = "merchants:verify"
    live_sales = "live-sales"
    group_buying = "group-buying"
    partners = "partners"
    interests = "interests"
    ledger = "ledger"
    on_behalf = "on-behalf"
    metrics = "metrics"
    admin = "admin"

    @property
    def meaning(self) -> str:
        """What the scope allows, in words."""
        return _SCOPES[self]


_SCOPES = {
    Scope.screen: "screen items, edit and delete them, read decisions",
    Scope.accounts: "tell of accounts and of relations between them, read their standing, and "
    "their notices, which quote what they wrote",
    Scope.reports: "file reports",
    Scope.cases: "work on cases",
    Scope.evidence: "read what an item said",
    Scope.appeals: "file appeals for people, read their progress",
    Scope.sanctions: "impose and lift sanctions, undo decisions",
    Scope.policies_read: "read policies and their records",
    Scope.policies_propose: "propose a policy version, preview its effect",
    Scope.policies_approve: "approve, activate and roll back policy versions",
    Scope.log: "search the decision log",
    Scope.audit: "read the audit log",
    Scope.webhooks: "manage webhooks",
    Scope.privacy: "erase a person",
    Scope.ads: "submit search ads and tell what is bid for them, compose pages, read what was "
    "forgone",
    Scope.merchants: "register merchants, with their licences, staff and customers, and ask for "
    "broadcasts",
    Scope.merchants_verify: "verify the licences of merchants",
    Scope.live_sales: "tell of live sales, their orders and proofs of fakes, read both ledgers",
    Scope.group_buying: "open group-buying deals, show proofs of enrolment, join",
    Scope.partners: "file applications of apps, make and check their tokens",
    Scope.interests: "keep the register of conflicts of interest",
    Scope.ledger: "read the ledger of money, and in the console what is bid for search ads",
    Scope.on_behalf: "act in the name of a person, given in the header Portreeve-Actor",
    Scope.metrics: "read metrics",
    Scope.admin: "everything, and manage API keys",
}
