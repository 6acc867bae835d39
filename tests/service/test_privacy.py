"""Erasing a person: what they wrote is gone, what was decided stays and verifies."""

import pytest
import sqlalchemy as sa

from portreeve.schemas.access import Scope
from portreeve.schemas.accounts import RelationEvent, RelationEvents, RelationsTaken
from portreeve.schemas.privacy import Erased, ErasureReason
from portreeve.service.accounts import Accounts
from portreeve.service.actor import Actor
from portreeve.service.errors import ServiceError
from portreeve.service.privacy import Privacy
from portreeve.store.chain import verify_database
from portreeve.store.tables.cases import case_items, case_prints
from portreeve.store.tables.core import accounts, contents, events, items, person_keys
from portreeve.store.tables.enforcement import relations
from portreeve.store.vault import Content, ErasedError
from service.log_support import write_batch
from service.support import START

OFFICER = Actor("officer", frozenset({Scope.privacy}))
CANARY = "canary-7f3a 面膜89元"


def publish(context, account, id):
    """An item with stored content, as the screening path leaves it."""
    (decision,) = write_batch(context.database, {"item": id, "account": account})
    content = Content(text=CANARY, contacts=["wechat:abc12345"]).to_bytes()
    with context.database.write() as tx:
        sealed = context.vault.seal_many(tx, [account], [content], [decision])[0]
        tx.execute(
            sa.insert(contents).values(
                decision=decision,
                item=id,
                account=account,
                sealed=sealed,
                stored=tx.time,
            )
        )
        tx.execute(
            sa.insert(items).values(
                id=id,
                network="acquaintance",
                surface="moments",
                account=account,
                revision=1,
                digest=context.vault.digest(account, content),
                state="published",
                decision=decision,
                received=tx.time,
                updated=tx.time,
                submitted=tx.time,
            )
        )
        tx.execute(
            sa.insert(relations).values(
                kind="friend_added",
                account=account,
                time=tx.time,
                received=tx.time,
            )
        )
        tx.execute(
            sa.insert(case_items).values(
                case=f"case-{id}",
                item=id,
                decision=decision,
                account=account,
                added=tx.time,
            )
        )
        tx.execute(sa.insert(case_prints).values(band=1, case=f"case-{id}", print=b"print"))
    return decision, sealed  # fmt: skip


def test_a_person_is_erased_and_the_others_are_not(context, clock):
    decision, sealed = publish(context, "ann", "a")
    other, kept = publish(context, "bob", "b")
    clock.advance(days=1)
    erased = Privacy(context).erase(OFFICER, "ann", ErasureReason.person)
    assert erased == Erased(account="ann", erased=clock.time, contents=1)
    with context.database.read() as connection:
        with pytest.raises(ErasedError):
            context.vault.open(connection, "ann", sealed, decision)
        assert b"canary" in context.vault.open(connection, "bob", kept, other)

        def column(table_column):
            return connection.execute(sa.select(table_column)).scalars().all()

        assert column(contents.c.account) == ["bob"]
        assert dict(connection.execute(sa.select(items.c.id, items.c.digest == "")).all()) == {
            "a": True, "b": False,
        }  # fmt: skip
        assert column(relations.c.account) == ["bob"]
        assert column(case_prints.c.case) == ["case-b"]
        row = connection.execute(sa.select(accounts).where(accounts.c.id == "ann")).mappings().one()
        assert (row["erased"], row["first_seen"]) == (clock.time, clock.time)
        assert column(events.c.type) == ["account.erased"]
        assert verify_database(connection).intact


def test_what_the_host_told_of_the_account_goes_too(context):
    with context.database.write() as tx:
        tx.execute(sa.insert(accounts).values(
            id="ann", standing="merchant", friends=200, followers=3, created=START,
            first_seen=START,
        ))  # fmt: skip
    Privacy(context).erase(OFFICER, "ann", ErasureReason.law)
    with context.database.read() as connection:
        row = connection.execute(sa.select(accounts)).mappings().one()
    assert dict(row) == {
        "id": "ann", "standing": None, "language": "zh", "created": None, "friends": None,
        "followers": None, "number": None, "registered": None, "first_seen": START, "erased": START,
    }  # fmt: skip


def test_erasing_again_changes_nothing(context, clock):
    publish(context, "ann", "a")
    privacy = Privacy(context)
    first = privacy.erase(OFFICER, "ann", ErasureReason.person)
    clock.advance(days=1)
    again = privacy.erase(OFFICER, "ann", ErasureReason.person)
    assert (again.erased, again.contents) == (first.erased, 0)


def test_an_unknown_account_and_a_missing_scope_are_named(context):
    with pytest.raises(ServiceError, match="There is no account 'nobody'"):
        Privacy(context).erase(OFFICER, "nobody", ErasureReason.person)
    with pytest.raises(ServiceError, match="`account` is empty"):
        Privacy(context).erase(OFFICER, "", ErasureReason.person)
    with pytest.raises(ServiceError, match="lacks the scope `privacy`"):
        Privacy(context).erase(Actor("ann"), "ann", ErasureReason.person)


def test_what_is_told_later_of_an_erased_account_is_not_kept(context):
    publish(context, "ann", "a")
    Privacy(context).erase(OFFICER, "ann", ErasureReason.person)
    told = [
        RelationEvent(kind="group_joined", account=account, other="g", time=START)
        for account in ("ann", "ann", "bob")
    ]
    host = Actor("host", frozenset({Scope.accounts}))
    taken = Accounts(context).relate(host, RelationEvents(events=told))
    assert taken == RelationsTaken(new=1, repeated=0, erased=2)
    with context.database.read() as connection:
        assert connection.execute(sa.select(relations.c.account)).scalars().all() == ["bob"]


def test_no_byte_of_many_relation_events_stays_in_the_file(context):
    """So many that whole pages of the file become free."""
    with context.database.write() as tx:
        told = [
            {"kind": "group_joined", "account": account, "other": f"canary-{account}-{number}",
             "time": START, "received": START}
            for account in ("bob", "ann") for number in range(500)
        ]  # fmt: skip
        tx.execute(sa.insert(relations), told)
    Privacy(context).erase(OFFICER, "ann", ErasureReason.person)
    for path in context.folder.parent.glob("portreeve.sqlite*"):
        assert b"canary-ann" not in path.read_bytes(), path.name


def test_no_byte_of_the_key_stays_in_the_file(context):
    publish(context, "ann", "a")
    with context.database.read() as connection:
        wrapped = connection.execute(
            sa.select(person_keys.c.wrapped).where(person_keys.c.account == "ann")
        ).scalar()
    files = list(context.folder.parent.glob("portreeve.sqlite*"))
    assert not files or any(wrapped in path.read_bytes() for path in files)
    Privacy(context).erase(OFFICER, "ann", ErasureReason.person)
    for path in files:
        assert wrapped not in path.read_bytes(), path.name
