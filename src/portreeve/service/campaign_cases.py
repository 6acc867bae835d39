"""Cases of campaigns: one for each, opened when it has grown so large that a person must look."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl
import sqlalchemy as sa

from portreeve.memory.campaigns import Graph
from portreeve.memory.trees import Forest
from portreeve.report.campaign_files import campaign_name, campaigns_frame
from portreeve.service import campaign_view, case_steps, claims, outcomes, prints, standing
from portreeve.service.actor import PORTREEVE, Actor
from portreeve.service.bulk import fetch_in
from portreeve.service.campaign_records import CampaignCase, cases_of, newest
from portreeve.service.campaign_view import View
from portreeve.service.case_opening import CaseOpening
from portreeve.service.case_records import Row, case_row
from portreeve.service.case_steps import Step
from portreeve.service.context import Context
from portreeve.service.remembering import Remembering
from portreeve.service.remembering_names import account_names
from portreeve.store import Transaction
from portreeve.store.tables.campaigns import (
    campaign_cases,
    campaign_decisions,
    campaign_referrals,
)
from portreeve.store.tables.cases import case_items, cases

_AT_ONCE = 50
"""Cases opened in one transaction, of the largest campaigns; the next look takes the others."""


class CampaignCases:
    """Opens, decides and reopens the cases of campaigns."""

    def __init__(self, context: Context, remembering: Remembering, opening: CaseOpening) -> None:
        self._context = context
        self._remembering = remembering
        self._opening = opening
        self._looked: dict[str, Forest] = {}
        self._met: set[str] = set()
        """Cases whose campaign this process knew: another may remember what this one does not."""

    def watch(self) -> bool:
        """Open cases for campaigns that need one, in every network that is remembered.

        A campaign needs a case when it has as many accounts as the setting ``campaign_accounts``
        says, or a tree to be referred. Once decided it needs another when it has grown by as many
        again, or has such a tree now and had none. Cases of campaigns that are no more, because
        they fell apart or merged into one that has a case, are closed.
        """
        again = False
        for network in self._remembering.networks:
            forest = self._remembering.forest(network)
            if self._looked.get(network) is not forest:
                if self._look(network, forest):
                    again = True
                else:
                    self._looked[network] = forest
        return again

    def _look(self, network: str, forest: Forest) -> bool:
        """Look at one network; whether there is more to do."""
        graph = self._remembering.graph(network)
        least = self._context.settings.campaign_accounts
        frame = campaigns_frame(graph, forest, {})
        frame = frame.filter((pl.col("accounts") >= least) | pl.col("refer"))
        with self._context.database.read() as connection:
            known = cases_of(connection, network, graph)
        wanted = [row for row in frame.iter_rows(named=True) if self._needs(row, known)]
        if wanted:
            with self._context.database.write() as tx:
                standing.lock(tx)
                # another process may have opened them meanwhile
                known = cases_of(tx.connection, network, graph)
                for row in [one for one in wanted if self._needs(one, known)][:_AT_ONCE]:
                    seen = campaign_view.view(graph, forest, row["campaign"])
                    self._open(tx, network, seen)
        if self._remembering.trouble is None and len(graph.accounts):
            self._close_gone(network, graph)
        return len(wanted) > _AT_ONCE

    def _needs(self, row: dict[str, object], known: Iterable[CampaignCase]) -> bool:
        case = newest(known, campaign_view.number_of(str(row["campaign"])))
        if case is None:
            return True
        grown = int(str(row["accounts"])) - case.accounts
        more = grown >= self._context.settings.campaign_accounts
        return not case.open and (more or (bool(row["refer"]) and not case.refer))

    def _open(self, tx: Transaction, network: str, seen: View) -> str:
        names = account_names(tx.connection, seen.accounts)
        case = self._opening.for_campaign(
            tx, network, seen.foremost(names), list(names.values()), unlawful=seen.refer
        )
        tx.execute(
            sa.insert(campaign_cases),
            {
                "case": case, "network": network, "campaign": seen.id, "opened": tx.time,
                "accounts": len(seen.accounts), "refer": seen.refer,
            },
        )  # fmt: skip
        return case

    def _close_gone(self, network: str, graph: Graph) -> None:
        """Close open cases whose campaign is no more, or has an older open case."""
        with self._context.database.read() as connection:
            if not self._gone(connection, network, graph):
                return
        with self._context.database.write() as tx:
            standing.lock(tx)
            for case, merged in self._gone(tx.connection, network, graph).items():
                self._decided(tx, PORTREEVE, case, False, {"merged_into": merged}, None)

    def _gone(self, connection: sa.Connection, network: str, graph: Graph) -> dict[str, str | None]:
        """Cases to be closed that nobody holds, and what the campaign of each merged into.

        Of several cases of one campaign the one stays that was opened under its present name.
        """
        c = campaign_cases.c
        free = claims.free(cases, self._context.now())
        rows = connection.execute(
            sa.select(c.case, c.campaign)
            .join(cases, cases.c.id == c.case)
            .where(c.network == network, cases.c.state == "open", free)
            .order_by(c.opened, c.case)
        ).all()
        now = campaign_view.now_named(
            graph, [campaign_view.number_of(row.campaign) for row in rows]
        )
        named = [(row, now.get(campaign_view.number_of(row.campaign))) for row in rows]
        named.sort(key=lambda pair: pair[1] != campaign_view.number_of(pair[0].campaign))
        kept: set[int] = set()
        found: dict[str, str | None] = {}
        for row, number in named:
            if number is None:
                if row.case in self._met:
                    found[row.case] = None
                continue
            self._met.add(row.case)
            if number in kept:
                found[row.case] = campaign_name(number)
            kept.add(number)
        return found

    # --- deciding and undoing ---------------------------------------------------------------------

    def close(
        self,
        tx: Transaction,
        actor: Actor,
        network: str,
        graph: Graph,
        seen: View,
        items: Sequence[str],
        reason: str,
        *,
        acted: bool,
    ) -> list[str]:
        """Decide the cases of a campaign, and those that hold nothing but its removed items.

        A campaign that has none gets one, so that what was decided of it stands in a case.

        Raises:
            ServiceError: ``claimed``, when another reviewer holds the campaign's case.
        """
        own = [c for c in cases_of(tx.connection, network, graph) if c.number == seen.number]
        waiting = [one.case for one in own if one.open] or [self._open(tx, network, seen)]
        for case in waiting:
            claims.take(tx, cases, case, actor.name, "case")
        tx.execute(
            sa.update(campaign_cases)
            .where(campaign_cases.c.case.in_(waiting))
            .values(accounts=len(seen.accounts), refer=seen.refer)
        )
        closed = waiting + self._of_items(tx, actor, items)
        for case in closed:
            detail = {"campaign": seen.id, "accounts": len(seen.accounts)}
            self._decided(tx, actor, case, acted or case not in waiting, detail, reason)
        return closed

    def _of_items(self, tx: Transaction, actor: Actor, items: Sequence[str]) -> list[str]:
        """Open cases all of whose items are among these, and that nobody else holds."""
        i = case_items.c
        touched = {row["case"] for row in fetch_in(tx.connection, sa.select(i.case), i.item, items)}
        rows = list(
            fetch_in(
                tx.connection,
                sa.select(i.case, i.item)
                .join(cases, cases.c.id == i.case)
                .where(
                    cases.c.state == "open",
                    cases.c.queue != "senior",
                    sa.or_(claims.free(cases, tx.time), cases.c.claimed_by == actor.name),
                ),
                i.case,
                touched,
            )
        )
        removed = set(items)
        wider = {row["case"] for row in rows if row["item"] not in removed}
        found = sorted({row["case"] for row in rows} - wider)
        for case in found:
            case_row(tx.connection, case, lock=True)
        return found

    def _decided(
        self,
        tx: Transaction,
        actor: Actor,
        case: str,
        acted: bool,
        detail: dict[str, object],
        reason: str | None,
    ) -> None:
        row = case_row(tx.connection, case, lock=True)
        verdict = "remove" if acted else "allow"
        tx.execute(
            sa.update(cases)
            .where(cases.c.id == case)
            .values(
                state="decided", decided=tx.time, decided_by=actor.name, verdict=verdict,
                claimed_by=None, claimed_until=None,
            )
        )  # fmt: skip
        prints.set_aside(tx, case)
        told = outcomes.resolve(tx, case, acted=acted)
        step = Step(case, actor.name, "decided", {"verdict": verdict, "reports": told, **detail})
        case_steps.write_noted(tx, self._context, step, row.account, reason)
        tx.announce("case.decided", case, verdict=verdict, network=row.network)

    def open_again(self, tx: Transaction, actor: Actor, made: Row, reason: str) -> list[str]:
        """Let the cases wait again that a decision on a campaign decided, and nobody since."""
        opened = []
        for id in made.cases:
            row = tx.execute(sa.select(cases).where(cases.c.id == id).with_for_update()).first()
            if row is None or (row.state, row.decided) != ("decided", made.decided):
                continue
            tx.execute(
                sa.update(cases)
                .where(cases.c.id == id)
                .values(state="open", decided=None, decided_by=None, verdict=None)
            )
            prints.forget(tx, id)
            self._opening.gather_again(tx, id)
            told = outcomes.open_again(tx, id, made.decided)
            detail = {"by": made.by, "verdict": row.verdict, "reports": told}
            step = Step(id, actor.name, "taken-back", detail)
            case_steps.write_noted(tx, self._context, step, row.account, reason)
            tx.announce("case.reopened", id, queue=row.queue, network=row.network)
            opened.append(id)
        return opened

    # --- erasure ----------------------------------------------------------------------------------

    def forget(self, account: str) -> None:
        """Make memory forget an account; a campaign that was named after it keeps its records.

        Who is left bears another name from then on: its cases, decisions and referrals are written
        to that one.
        """
        before = self._named_after(account)
        self._remembering.forget(account)
        for network, (old, others) in before.items():
            graph = self._remembering.graph(network)
            new = campaign_view.largest_of(graph, others)
            if new is None:
                continue
            with self._context.database.write() as tx:
                for table in (campaign_cases, campaign_decisions, campaign_referrals):
                    tx.execute(
                        sa.update(table)
                        .where(table.c.network == network, table.c.campaign == old)
                        .values(campaign=campaign_name(new))
                    )

    def _named_after(self, account: str) -> dict[str, tuple[str, list[int]]]:
        """By network: the campaign named after this account, and who else is where that is now."""
        found = {}
        number = int(self._remembering.numbers([account])[0])
        old = campaign_name(campaign_view.named_after(number))
        for network in self._remembering.networks:
            graph = self._remembering.graph(network)
            own = graph.campaign[(graph.accounts["account"] == number) & (graph.campaign != 0)]
            if len(own):
                there = graph.accounts["account"][graph.campaign == own[0]].tolist()
                found[network] = (old, [other for other in there if other != number])
        return found
