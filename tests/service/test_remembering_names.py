"""Accounts beside the numbers that memory knows them by."""

from __future__ import annotations

import numpy as np

from portreeve.schemas.accounts import AccountFacts
from portreeve.schemas.privacy import ErasureReason
from portreeve.service.accounts import Accounts
from portreeve.service.actor import PORTREEVE
from portreeve.service.context import Context
from portreeve.service.privacy import Privacy
from portreeve.service.remembering_names import account_names, account_numbers

PEOPLE = [f"seller-{number}" for number in range(20)]


def named(context: Context, numbers: list[int]) -> dict[int, str]:
    """Whose numbers of memory, which have no sign, these are."""
    with context.database.read() as connection:
        return account_names(connection, numbers)


def test_whoever_the_host_tells_of_is_named_until_erased(context: Context) -> None:
    for name in PEOPLE:
        Accounts(context).put(PORTREEVE, name, AccountFacts())
    numbers = np.array(account_numbers(context.vault, PEOPLE)).view(np.uint64).tolist()
    # some have a sign in the database, some have none
    assert {number >> 63 for number in numbers} == {0, 1}
    assert named(context, [*numbers, 7]) == dict(zip(numbers, PEOPLE, strict=True))
    Privacy(context).erase(PORTREEVE, "seller-3", ErasureReason.person)
    assert named(context, numbers[2:5]) == {numbers[2]: "seller-2", numbers[4]: "seller-4"}
