"""Policies: proposed, approved, put in force, watched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portreeve.api.routes import Routes
from portreeve.schemas.access import Scope
from portreeve.schemas.base import Page, Paging
from portreeve.schemas.policies import (
    Acknowledgement,
    Activation,
    Alarm,
    Approval,
    Dissent,
    PassItem,
    PolicyChange,
    PolicyInForce,
    PolicyRecord,
    PolicyVersion,
    Preview,
    PreviewOrder,
    Proposal,
    RetroactivePass,
    Rollback,
    Rollout,
    Selection,
    ShadowQuery,
    ShadowReport,
    ShadowSwitch,
    Withdrawal,
)
from portreeve.schemas.queries import InForceQuery, NetworkPaging

if TYPE_CHECKING:
    from portreeve.service.actor import Actor
    from portreeve.service.service import Service

routes = Routes("policies", "Policies: proposed, approved, put in force, watched.")


@routes.get("/v1/policies", Scope.policies_read)
def list_policies(service: Service, actor: Actor, query: NetworkPaging) -> Page[PolicyVersion]:
    """Policy versions, of one network or of all, without their texts."""
    return service.policies.versions.page(actor, query.network, query)


@routes.post("/v1/policies", Scope.policies_propose)
def propose_policy(service: Service, actor: Actor, body: Proposal) -> PolicyVersion:
    """Keep a new version, if its text loads and its own examples come out as it says."""
    return service.policies.versions.propose(actor, body)


@routes.get("/v1/policies/{name}/in-force", Scope.policies_read)
def get_policy_in_force(
    service: Service, actor: Actor, name: str, query: InForceQuery
) -> PolicyInForce:
    """What decides on a network now, or at another time."""
    return service.policies.changes.in_force(actor, name, query.time)


@routes.get("/v1/policies/{name}/changes", Scope.policies_read)
def list_policy_changes(
    service: Service, actor: Actor, name: str, query: Paging
) -> Page[PolicyChange]:
    """All changes of what is in force on a network, the last made first."""
    return service.policies.changes.history(actor, name, query)


@routes.post("/v1/policies/{name}/rollback", Scope.policies_approve)
def rollback_policy(service: Service, actor: Actor, name: str, body: Rollback) -> PolicyChange:
    """Go back to a version that was in force, with a record of its own."""
    return service.policies.changes.rollback(actor, name, body)


@routes.post("/v1/policies/{name}/withdraw", Scope.policies_approve)
def withdraw_policy_change(
    service: Service, actor: Actor, name: str, body: Withdrawal
) -> PolicyChange:
    """Take back a change before its moment comes, with a record of its own."""
    return service.policies.changes.withdraw(actor, name, body)


@routes.get("/v1/policies/{name}/shadow", Scope.policies_read)
def get_shadow_report(
    service: Service, actor: Actor, name: str, query: ShadowQuery
) -> ShadowReport:
    """How the shadow compares with what was decided."""
    return service.policies.shadows.report(actor, name, query)


@routes.get("/v1/policies/{name}/passes", Scope.policies_read)
def list_retroactive_passes(
    service: Service, actor: Actor, name: str, query: Paging
) -> Page[RetroactivePass]:
    """The retroactive passes of a network, the last begun first."""
    return service.retroactive.passes(actor, name, query)


@routes.get("/v1/policies/{name}/{version}", Scope.policies_read)
def get_policy(service: Service, actor: Actor, name: str, version: str) -> PolicyVersion:
    """One version, with its text and its announcement."""
    return service.policies.versions.get(actor, name, version)


@routes.post("/v1/policies/{name}/{version}/approve", Scope.policies_approve)
def approve_policy(
    service: Service, actor: Actor, name: str, version: str, body: Approval
) -> PolicyVersion:
    """Consent to exactly one text."""
    return service.policies.versions.approve(actor, name, version, body)


@routes.post("/v1/policies/{name}/{version}/dissent", Scope.policies_approve)
def dissent_from_policy(
    service: Service, actor: Actor, name: str, version: str, body: Dissent
) -> PolicyVersion:
    """Disagree, with reasons: they stand in every record that is signed from now on."""
    return service.policies.versions.dissent(actor, name, version, body)


@routes.post("/v1/policies/{name}/{version}/preview", Scope.policies_propose, reads=True)
def preview_policy(
    service: Service, actor: Actor, name: str, version: str, body: PreviewOrder
) -> Preview:
    """What a version would decide of stored items. Nothing is changed."""
    return service.previews.preview(actor, name, version, body)


@routes.post("/v1/policies/{name}/{version}/activate", Scope.policies_approve)
def activate_policy(
    service: Service, actor: Actor, name: str, version: str, body: Activation
) -> PolicyChange:
    """Sign the version's decision record and put it in force, to the second."""
    return service.policies.changes.activate(actor, name, version, body)


@routes.post("/v1/policies/{name}/{version}/shadow", Scope.policies_approve)
def shadow_policy(
    service: Service, actor: Actor, name: str, version: str, body: ShadowSwitch
) -> PolicyChange:
    """Let a version decide beside the one in force, without effect, or end that."""
    return service.policies.changes.shadow(actor, name, version, body)


@routes.post("/v1/policies/{name}/{version}/rollout", Scope.policies_approve)
def roll_out_policy(
    service: Service, actor: Actor, name: str, version: str, body: Rollout
) -> PolicyChange:
    """Let a version decide for a part of the accounts."""
    return service.policies.changes.rollout(actor, name, version, body)


@routes.post("/v1/policies/{name}/{version}/retroactive", Scope.policies_approve)
def begin_retroactive_pass(
    service: Service, actor: Actor, name: str, version: str, body: Selection
) -> RetroactivePass:
    """Begin to list what the version in force would take down of what is published.

    Nothing is taken down until the pass is run.
    """
    return service.retroactive.begin(actor, name, version, body)


@routes.get("/v1/passes/{id}", Scope.policies_read)
def get_retroactive_pass(service: Service, actor: Actor, id: str) -> RetroactivePass:
    """A retroactive pass, and how far it is."""
    return service.retroactive.get(actor, id)


@routes.get("/v1/passes/{id}/items", Scope.policies_read)
def list_pass_items(service: Service, actor: Actor, id: str, query: Paging) -> Page[PassItem]:
    """What a retroactive pass takes down, by item."""
    return service.retroactive.listed(actor, id, query)


@routes.post("/v1/passes/{id}/run", Scope.policies_approve)
def run_retroactive_pass(service: Service, actor: Actor, id: str) -> RetroactivePass:
    """Let a retroactive pass take down what it has listed."""
    return service.retroactive.run(actor, id)


@routes.post("/v1/passes/{id}/stop", Scope.policies_approve)
def stop_retroactive_pass(service: Service, actor: Actor, id: str) -> RetroactivePass:
    """End a retroactive pass; what it has taken down stays down."""
    return service.retroactive.stop(actor, id)


@routes.get("/v1/policy-records/{id}", Scope.policies_read)
def get_policy_record(service: Service, actor: Actor, id: str) -> PolicyRecord:
    """A signed decision record."""
    return service.policies.versions.record(actor, id)


@routes.get("/v1/alarms", Scope.policies_read)
def list_alarms(service: Service, actor: Actor, query: NetworkPaging) -> Page[Alarm]:
    """Alarms about the hit rates of rules, the last raised first."""
    return service.policies.alarms.page(actor, query.network, query)


@routes.post("/v1/alarms/{id}/acknowledge", Scope.policies_propose)
def acknowledge_alarm(service: Service, actor: Actor, id: str, body: Acknowledgement) -> Alarm:
    """Take note of an alarm; the rule is then quiet for a day."""
    return service.policies.alarms.acknowledge(actor, id, body)
