"""Whether a link opens where it stands, by the class of the place it leads to.

The policy in force decides, by the rules that screen posts, so that a link cannot be closed in a
post and open beside it. Nothing of a link is stored. A private chat is sealed: its client is given
the classes and judges by itself.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from portreeve.commerce.link_rules import (
    GivenChain,
    LinkRefusal,
    LinkRules,
    Resolver,
    Walk,
    bare,
    follow,
    link_classes,
    link_rules,
)
from portreeve.model import Surface, SurfaceState, Verdict
from portreeve.policy import Policy
from portreeve.schemas.access import Scope
from portreeve.schemas.commerce import links as schemas
from portreeve.schemas.screening import Reason, Text, as_text
from portreeve.service.actor import Actor
from portreeve.service.context import Context
from portreeve.service.decisions import PoliciesInForce
from portreeve.service.errors import ServiceError
from portreeve.service.reasons import SANCTION_RULE, reasons_of
from portreeve.service.standing import sanctions_in_force
from portreeve.signals import share_codes
from portreeve.signals.catalog import CATALOG
from portreeve.signals.goods_table import load_table
from portreeve.signals.hosts import target

_OPEN = (Verdict.allow, Verdict.label, Verdict.limit)
_BLOCKING = f"{SANCTION_RULE}block_links"


class Links:
    """Says of links whether they open."""

    def __init__(
        self, context: Context, policies: PoliciesInForce, resolver: Resolver | None = None
    ) -> None:
        """``resolver``: knows where links lead whose chain the host does not give; by default
        nobody does, and no network is asked."""
        self._context = context
        self._policies = policies
        self._resolver = resolver

    @property
    def _rules(self) -> LinkRules:
        return link_rules(self._context.settings.commerce_folder)

    def check(self, actor: Actor, request: schemas.LinkCheck) -> schemas.LinkChecked:
        """Whether a link opens on a surface.

        Raises:
            ServiceError: ``sealed-surface`` for a private chat; ``not-found`` when nothing governs
                the network; ``invalid`` when its policy has the surface switched off.
        """
        actor.need(Scope.screen)
        now = self._context.now()
        network = request.network or self._context.settings.network
        if request.surface is Surface.private_chat:
            raise ServiceError(
                "sealed-surface",
                "No link of a private chat is sent here. Give its client the list of "
                "GET /v1/links/classes; it opens links by itself.",
                field="surface",
            )
        policy = self._policies.at(network, now).policy
        if policy.surfaces[request.surface] is not SurfaceState.governed:
            raise ServiceError(
                "invalid",
                f"The surface `{request.surface}` is off in {policy.label}.",
                field="surface",
            )
        walk = self._walk(request)
        reasons = reasons_of(policy, _about_links(policy, _held(policy, request, walk)))
        # of equally strong rules first the one that looks at nothing but the link
        reasons.sort(key=lambda reason: -_share_of_links(policy, reason.rule))
        reasons = reasons_of(policy, self._blocked(request, network)) + reasons
        if walk.refusal is not None:
            reasons.append(self._own(walk.refusal))
        reasons.sort(key=lambda reason: -reason.verdict.rank)
        return schemas.LinkChecked(
            open=all(reason.verdict in _OPEN for reason in reasons),
            leads_to=_leads_to(request.link, walk),
            label=next((reason.label for reason in reasons if reason.label), None),
            reasons=reasons,
        )

    def surfaces(self, actor: Actor, network: str | None = None) -> schemas.LinkSurfaces:
        """Which class of links opens on which surface, by the policy in force.

        Found by asking the rules that screen posts about a bare link of each class on each surface.

        Raises:
            ServiceError: ``not-found`` when nothing governs the network.
        """
        actor.need(Scope.policies_read)
        now = self._context.now()
        policy = self._policies.at(network or self._context.settings.network, now).policy
        places = [
            surface for surface, state in policy.surfaces.items() if state is SurfaceState.governed
        ]
        examples, one_to_one = _examples(), self._rules.one_to_one
        held = iter(_held_bare(policy, [(place, one) for one in examples.values()
                                        for place in places]))  # fmt: skip
        return schemas.LinkSurfaces(
            policy=policy.label,
            classes=[
                schemas.ClassOnSurfaces(
                    name=name,
                    title=_text(words),
                    example=examples[name],
                    surfaces=[self._on(policy, place, name, next(held)) for place in places],
                )
                for name, words in link_classes().items()
                if name in examples
            ],
            one_to_one=schemas.OneToOneLinks(
                clause=one_to_one.clause,
                because=_text(one_to_one.because),
                shown_first=list(one_to_one.shown_first),
            ),
        )

    def _on(
        self, policy: Policy, place: Surface, name: str, rules: list[str]
    ) -> schemas.SurfaceLinks:
        reasons = reasons_of(policy, _about_links(policy, rules))
        if name in self._rules.hiding:
            reasons.append(self._own("hidden"))
        strongest = max(reasons, key=lambda reason: reason.verdict.rank, default=None)
        return schemas.SurfaceLinks(
            surface=place,
            open=strongest is None or strongest.verdict in _OPEN,
            verdict=Verdict.allow if strongest is None else strongest.verdict,
            clause=None if strongest is None else strongest.clause,
            because=None if strongest is None else strongest.because,
        )

    def classes(self, actor: Actor) -> schemas.LinkClasses:
        """What a client needs to judge the links of a private chat by itself."""
        actor.need(Scope.screen)
        one_to_one = self._rules.one_to_one
        facts: dict[str, Any] = {
            "clause": one_to_one.clause,
            "because": as_text(one_to_one.because),
            "classes": [
                schemas.LinkClass(
                    name=name,
                    title=_text(words),
                    opens=True,
                    shown_first=name in one_to_one.shown_first,
                )
                for name, words in link_classes().items()
            ],
            **_tables(),
        }
        version = hashlib.sha256(msgspec.json.encode(facts)).hexdigest()[:16]
        return schemas.LinkClasses(version=version, **facts)

    def _walk(self, request: schemas.LinkCheck) -> Walk:
        if not _is_address(request.link):
            # a share code leads nowhere but into its app, unless the host found out more
            if not request.chain:
                return Walk(())
            first, *more = request.chain
            return follow(first, GivenChain(first, more), self._rules)
        chosen = self._resolver
        if request.chain or chosen is None:
            chosen = GivenChain(request.link, request.chain)
        return follow(request.link, chosen, self._rules)

    def _blocked(self, request: schemas.LinkCheck, network: str) -> list[str]:
        if request.account is None:
            return []
        with self._context.database.read() as connection:
            found = sanctions_in_force(connection, [request.account], self._context.now())
        running = found.get(request.account, [])
        blocked = any(one.kind == "block_links" and one.network == network for one in running)
        return [_BLOCKING] if blocked else []

    def _own(self, refusal: LinkRefusal) -> Reason:
        limit = self._rules.refusals[refusal]
        return Reason(
            rule=f"links.{refusal}",
            clause=limit.clause,
            layer="house",
            verdict=Verdict.refuse,
            because=_text(limit.because),
        )


def _held(policy: Policy, request: schemas.LinkCheck, walk: Walk) -> list[str]:
    """The rules that hold for a link with everything it is passed on to."""
    import polars as pl

    from portreeve.engine import screen

    code = "" if _is_address(request.link) else request.link
    items = pl.DataFrame(
        {
            "id": ["link"], "surface": [request.surface.value], "text": [code],
            "links": [list(walk.addresses)],
        },
        schema_overrides={"links": pl.List(pl.String)},
    )  # fmt: skip
    return list(screen(items, policy).row(0, named=True)["rules"])


def _held_bare(policy: Policy, asked: Sequence[tuple[Surface, str]]) -> list[list[str]]:
    """The rules that hold for bare links, each on its surface."""
    import polars as pl

    from portreeve.engine import screen

    items = pl.DataFrame(
        {
            "id": [str(at) for at in range(len(asked))],
            "surface": [surface.value for surface, _ in asked],
            "text": ["" for _ in asked],
            "links": [[link] for _, link in asked],
        },
        schema_overrides={"links": pl.List(pl.String)},
    )
    return screen(items, policy)["rules"].to_list()


@functools.cache
def _examples() -> dict[str, str]:
    """An address of each class of links."""
    table, found = load_table("hosts.yaml"), dict[str, str]()
    words = {
        f"any.example/{word}": name
        for name, listed in table["address_words"].items()
        for word in listed
    }
    for address, name in (table["hosts"] | words).items():
        if target(bare(address)).host_class == name:
            found.setdefault(name, address)
    return {name: found[name] for name in link_classes() if name in found}


def _about_links(policy: Policy, rules: Iterable[str]) -> list[str]:
    """Of the rules that hold those that look at links: others are about what stands around one,
    such as who may offer a deal, and that was decided when the item was screened.
    """
    return [rule for rule in rules if _share_of_links(policy, rule) > 0]


def _share_of_links(policy: Policy, rule: str) -> float:
    """How much of what a rule asks for is about links."""
    asked = policy.signals_asked[rule]
    about = [name for name in asked if name in CATALOG and CATALOG[name].group == "links"]
    return len(about) / len(asked) if asked else 0.0


def _is_address(link: str) -> bool:
    """Whether it is one address and nothing else: a share code stands among words or signs.

    >>> _is_address("https://item.taobao.com/item.htm?id=1"), _is_address("￥AbCd1234xYz￥ 复制")
    (True, False)
    """
    text = link.strip()
    leads = target(bare(text))
    return len(text.split()) == 1 and (leads.registrable or leads.host_class) is not None


def _leads_to(link: str, walk: Walk) -> str | None:
    if walk.addresses:
        return target(walk.addresses[-1]).host_class
    return _code_class(link)


def _code_class(text: str) -> str | None:
    """The class of what a share code opens."""
    import numpy as np
    import polars as pl

    from portreeve.signals.text import measure

    found = share_codes.find(pl.Series([text]), np.array([0]))
    if found:
        return found[0].host_class
    counted = measure(pl.Series([text])).signals.row(0, named=True)
    return "marketplace" if counted["marketplace_links"] else None


@functools.cache
def _tables() -> dict[str, Any]:
    table = load_table("hosts.yaml")
    return {
        "hosts": table["hosts"],
        "schemes": table["schemes"],
        "address_words": table["address_words"],
        "share_codes": [
            schemas.ShareCodeShape(
                id=row["id"],
                link_class=row["class"],
                regex=row["regex"],
                needs=row.get("needs") or [],
            )
            for row in table["share_codes"]
        ],
    }


def _text(words: object) -> Text:
    said = as_text(words)
    assert said is not None  # the rules give all words
    return said
