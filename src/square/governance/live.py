"""Where Square's live rooms meet Portreeve: who stands behind goods, and the two ledgers.

What is said and shown in a room is screened as every post is. Here is told who sells, that the
anchor praised goods and before how many, and who ordered: never what was said.
"""

from __future__ import annotations

from datetime import datetime

from portreeve.client import Client
from portreeve.schemas.commerce.live_sales import (
    LiveSaleFacts,
    NewOrder,
    Praise,
    ProofOfFake,
    SellerShown,
    Telling,
    Trace,
    TwoLedgers,
)
from square.database import Database, Row

CURRENCY = "CNY"
PROOFS = {
    "test_report": "test_report",
    "authority_decision": "authority_notice",
    "maker_admission": "maker_admission",
}
"""What proves that goods are fake, and what whoever presents them has been told by it."""
PLATFORM = "square"
"""Who carries every broadcast."""


class Live:
    """Tells Portreeve of live sales. It raises what the client raises."""

    def __init__(self, database: Database, client: Client, network: str) -> None:
        self._database = database
        self._client = client
        self._network = network

    def declared(self, room: str) -> bool:
        """Whether a room is declared as advertising and shows who sells."""
        row = self._database.one("SELECT seller FROM rooms WHERE id = ?", room)
        return row is not None and row["seller"] is not None

    def offer(self, sale: Row) -> None:
        """Say who stands behind goods on a shelf, once; nothing can be ordered before."""
        if sale["told"]:
            return
        self._client.put_live_sale(
            sale["id"],
            LiveSaleFacts(
                network=self._network, room=sale["room"], operator=sale["operator"],
                anchor=sale["anchor"], maker=sale["maker"], platform=PLATFORM, currency=CURRENCY,
            ),
        )  # fmt: skip
        if sale["seller"] is not None:
            begins = datetime.fromisoformat(sale["written"])
            self._client.disclose_seller(
                sale["id"], SellerShown(seller=sale["seller"], begins=begins)
            )
        with self._database.write() as tx:
            tx.execute("UPDATE shelf SET told = 1 WHERE id = ?", (sale["id"],))

    def praise(self, sale: Row, id: str, time: str, reach: int) -> None:
        """Tell that the anchor praised goods, and how many saw it."""
        moment = datetime.fromisoformat(time)
        self._client.add_promotion(
            sale["id"], Praise(id=id, account=sale["anchor"], time=moment, reach=reach)
        )

    def order(self, order: Row) -> None:
        """Tell of an order and the praise that led to it."""
        self._client.add_live_order(
            order["sale"],
            NewOrder(
                id=order["id"], promotion=order["promotion"], buyer=order["buyer"],
                time=datetime.fromisoformat(order["time"]), paid=order["paid"],
            ),
        )  # fmt: skip

    def prove(self, sale: Row, orders: list[str], proof: Row) -> None:
        """File the proof that what was ordered is fake, and tell that the anchor knows of it.

        Only the kind and the digest of the document go to Portreeve.
        """
        moment = datetime.fromisoformat(proof["time"])
        self._client.prove_fake(
            sale["id"],
            ProofOfFake(
                orders=orders, proof=proof["kind"], digest=proof["digest"], found=moment
            ),
        )  # fmt: skip
        self._client.add_telling(
            sale["id"],
            Telling(
                id=proof["id"], account=sale["anchor"], kind=PROOFS[proof["kind"]], time=moment
            ),
        )  # fmt: skip

    def trace(self, sale: str) -> Trace:
        """Every order with the praise that led to it, and what came of it."""
        return self._client.trace_live_sale(sale)

    def ledgers(self, sale: str) -> TwoLedgers:
        """Who pays whom, and beside it what promoters answer for."""
        return self._client.get_ledgers(sale)
