"""The revisions lead to the tables that the code describes, on both databases."""

import threading

import pytest
import sqlalchemy as sa

from portreeve.store import Database
from portreeve.store.migrations import MigrationError, differences, head, migrate, revision
from portreeve.store.tables import core, metadata


@pytest.fixture
def empty(fresh_url):
    """A database without any table."""
    database = Database(fresh_url)
    metadata.drop_all(database.engine)
    if database.dialect == "postgresql":
        with database.write() as tx:
            tx.execute(sa.text("DROP FUNCTION refuse_change"))
    yield database
    database.close()


def test_the_revisions_make_the_tables_of_the_code(empty):
    migrate(empty)
    with empty.read() as connection:
        found = differences(connection)
        assert revision(connection) == head()
        assert connection.execute(sa.select(core.audit_head.c.hash)).scalar() == "0" * 64
    assert found == [], "run `python -m portreeve.store.migrations 'what changed'`"


def test_migrating_again_changes_nothing(empty):
    migrate(empty)
    with empty.write() as tx:
        tx.audit("ann", "key.create", "key_1")
    migrate(empty)
    with empty.read() as connection:
        assert connection.execute(sa.select(core.audit_head.c.seq)).scalar() == 1


def test_processes_that_start_together_migrate_once(empty):
    url = empty.url.render_as_string(hide_password=False)
    others = [Database(url) for _ in range(4)]
    threads = [threading.Thread(target=migrate, args=[other]) for other in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for other in others:
        with other.read() as connection:
            assert revision(connection) == head()
        other.close()


def test_a_difference_names_its_table(empty):
    empty.create()
    with empty.write() as tx:
        tx.execute(sa.text("ALTER TABLE events ADD COLUMN mood TEXT"))
        tx.execute(sa.text("DROP INDEX ix_items_parent"))
        tx.execute(sa.text("CREATE TABLE strangers (id TEXT PRIMARY KEY)"))
    with empty.read() as connection:
        assert sorted(differences(connection)) == [
            "events: remove_column mood",
            "items: add_index ix_items_parent",
            "strangers: remove_table",
        ]


def test_a_database_of_a_newer_version_is_refused(empty):
    migrate(empty)
    with empty.write() as tx:
        tx.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(MigrationError) as error:
        migrate(empty)
    assert str(error.value) == (
        "The database is at revision '9999', which this version of Portreeve does not know. "
        "Run the newer version that made it, or restore a backup."
    )


@pytest.mark.parametrize("statement", [
    "UPDATE audit SET actor = 'eve'",
    "DELETE FROM audit",
    "DELETE FROM audit_head",
    "UPDATE audit_head SET seq = 0",
])  # fmt: skip
@pytest.mark.parametrize("made_by", ["create", "migrate"])
def test_the_database_itself_refuses_to_change_the_audit_log(empty, made_by, statement):
    empty.create() if made_by == "create" else migrate(empty)
    with empty.write() as tx:
        tx.audit("ann", "key.create", "key_1")

    def change():
        with empty.write() as tx:
            tx.execute(sa.text(statement))

    with pytest.raises(sa.exc.DBAPIError, match="the audit log is append-only"):
        change()
