"""Which decided cases are read a second time."""

from __future__ import annotations

from portreeve.service.case_records import Row
from portreeve.service.context import Context
from portreeve.store import Transaction, new_id
from portreeve.store.statements import insert_missing
from portreeve.store.tables.cases import second_readings
from portreeve.store.vault import NOBODY


def drawn(context: Context, case: str) -> bool:
    """Whether a case is in the sample.

    It follows from the case's id under a secret key: the same whoever asks and whenever, and no
    reviewer can tell which of their verdicts will be checked.
    """
    digest = context.vault.digest(NOBODY, b"second reading of " + case.encode())
    return int(digest[:13], 16) < context.settings.second_reading_rate * 16**13


def draw(tx: Transaction, context: Context, case: Row, by: str, verdict: str) -> None:
    """Let a case that was just decided be read again, if it is in the sample; once only."""
    if drawn(context, case.id):
        row = {
            "id": new_id("rdg"),
            "case": case.id,
            "network": case.network,
            "sampled": tx.time,
            "first_by": by,
            "first_verdict": verdict,
            "state": "open",
        }
        insert_missing(tx, second_readings, [row], "case")
