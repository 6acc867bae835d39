"""Everything that others are told, each kind once: type, what it is about, what it means.

A transaction announces these and no others. Webhooks get them by their type.
"""

from __future__ import annotations

from typing import NamedTuple


class EventKind(NamedTuple):
    """One kind of event."""

    subject: str
    """What ``data.subject`` is the id of."""
    meaning: str


EVENTS: dict[str, EventKind] = {
    "item.restored": EventKind("item", "the item may appear again, or appears as it is"),
    "item.labelled": EventKind("item", "the item is to appear with a label"),
    "item.limited": EventKind("item", "the item is to appear to fewer people; `reach` is the share"),
    "item.held": EventKind("item", "the item is to wait until a person decides"),
    "item.refused": EventKind("item", "the item is not to appear"),
    "item.removed": EventKind("item", "the item is to be taken down"),
    "item.deleted": EventKind("item", "the host said that the item is gone"),
    "comments.hidden": EventKind("decision", "the comments `items` are to be hidden: what they answer was taken down"),
    "comments.restored": EventKind("decision", "the comments `items` may appear again"),
    "decision.made": EventKind("decision", "a decision had consequences"),
    "decision.late": EventKind("decision", "an item answered by its surface's fail policy is decided"),
    "decision.reversed": EventKind("decision", "a decision was undone with everything it caused"),
    "sanction.started": EventKind("sanction", "an account is sanctioned"),
    "sanction.expired": EventKind("sanction", "a sanction ended at its time"),
    "sanction.lifted": EventKind("sanction", "a sanction was ended, or reversed by an undo"),
    "followers.disgorge": EventKind("account", "followers won in `windows` are to be taken away"),
    "followers.restore": EventKind("account", "followers taken away before are to be given back"),
    "notice.created": EventKind("notice", "there is something to tell an account"),
    "account.erased": EventKind("account", "a person was erased"),
    "report.filed": EventKind("report", "something was reported"),
    "report.resolved": EventKind("report", "what was reported is decided: tell the reporter"),
    "case.opened": EventKind("case", "people are to decide something"),
    "case.decided": EventKind("case", "a person decided a case"),
    "case.claimed": EventKind("case", "a reviewer holds a case that nobody held, or another did"),
    "case.released": EventKind("case", "a reviewer gave a case back undecided"),
    "case.reopened": EventKind("case", "a case is to be decided again: two readings differ, or its decision was taken back"),
    "case.release-requested": EventKind("case", "somebody asks for leave to read sealed evidence"),
    "appeal.filed": EventKind("appeal", "a decision is contested"),
    "appeal.decided": EventKind("appeal", "an appeal is answered: tell the person"),
    "merchant.registered": EventKind("merchant", "a merchant registered, or told of itself anew"),
    "merchant.licence": EventKind("licence", "a person decided on a licence of a merchant; `state` says how"),
    "merchant.ended": EventKind("merchant", "an enterprise account ended"),
    "merchant.handed_over": EventKind("merchant", "customers of `staff`, who left, are looked after by those in `to`"),
    "merchant.broadcast": EventKind("broadcast", "a merchant asked to write to customers"),
    "policy.proposed": EventKind("policy version", "a policy version was proposed"),
    "policy.activated": EventKind("network", "a policy version was put in force"),
    "policy.rolled_back": EventKind("network", "a network went back to an earlier version"),
    "policy.rollout": EventKind("network", "a version decides for a share of the accounts"),
    "policy.shadow": EventKind("network", "a version begins or ends to decide without effect"),
    "policy.withdrawn": EventKind("network", "a change was taken back before its time"),
    "policy.retroactive.started": EventKind("retroactive pass", "a pass begins to list"),
    "policy.retroactive.listed": EventKind("retroactive pass", "a pass has listed what it would take down"),
    "policy.retroactive.done": EventKind("retroactive pass", "a pass has taken down what it listed"),
    "policy.retroactive.stopped": EventKind("retroactive pass", "a pass was ended"),
    "claim.opened": EventKind("claim", "an order of a live sale proved fake: `payer` owes the buyer `refund` and `damages`"),
    "claim.withdrawn": EventKind("claim", "the proof behind a claim was taken back: nothing is owed"),
    "deal.completed": EventKind("deal", "a group-buying deal reached its threshold: the organiser delivers"),
    "deal.failed": EventKind("deal", "a group-buying deal missed its threshold: everybody is refunded"),
    "deal.refunded": EventKind("deal", "pay `accounts` back what they paid; the entries are in the ledger"),
    "partner.decided": EventKind("partner", "an app was granted or refused scopes"),
    "partner.token-revoked": EventKind("partner token", "a token allows nothing any more"),
    "alarm.raised": EventKind("alarm", "the hit rate of a rule jumped"),
    "key.created": EventKind("key", "an API key was made"),
    "key.revoked": EventKind("key", "an API key was revoked"),
    "person.created": EventKind("person", "somebody was added who may sign in to the console"),
    "person.roles": EventKind("person", "somebody has other roles in the console"),
    "person.disabled": EventKind("person", "somebody may not sign in to the console any more"),
    "person.enabled": EventKind("person", "somebody may sign in to the console again"),
    "webhook.disabled": EventKind("webhook", "the service stopped telling a webhook"),
    "webhook.test": EventKind("webhook", "somebody tests a webhook; only that one hears it"),
}  # fmt: skip
