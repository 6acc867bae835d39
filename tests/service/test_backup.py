"""Backup while it is written to, restore, doctor, and the commands for them, on both databases."""

import hashlib
import json
import shutil
import stat
import threading

import pytest
import sqlalchemy as sa

from portreeve.cli import main
from portreeve.service.backup import backup, connection_of, restore
from portreeve.service.context import Context, open_context
from portreeve.service.doctor import examine
from portreeve.service.errors import ServiceError
from portreeve.service.settings import Settings
from portreeve.store.chain import verify_database
from portreeve.store.log import LogExporter, LogReader, Query
from portreeve.store.tables.core import audit, decisions
from service.log_support import write_batch


@pytest.fixture
def settings(fresh_url, tmp_path):
    """A store with its folder and keys, as ``portreeve serve`` makes it."""
    folder = tmp_path / "data"
    chosen = Settings(data=str(folder), database=fresh_url)
    if fresh_url.startswith("sqlite"):
        chosen = Settings(data=str(folder))
    else:
        drop_tables(fresh_url)
    return chosen


def drop_tables(url):
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))
    engine.dispose()


@pytest.fixture
def context(settings):
    context = open_context(settings)
    yield context
    context.database.close()


@pytest.fixture
def elsewhere(settings, request, tmp_path):
    """Settings of an empty place to restore into."""
    folder = str(tmp_path / "restored")
    if settings.database is None:
        yield Settings(data=folder)
        return
    server = request.getfixturevalue("postgres_server")
    server.run("CREATE DATABASE restored")
    yield Settings(data=folder, database=server.url("restored"))
    server.run("DROP DATABASE restored WITH (FORCE)")


def environment(monkeypatch, settings):
    monkeypatch.setenv("PORTREEVE_DATA", settings.data)
    if settings.database is not None:
        monkeypatch.setenv("PORTREEVE_DATABASE", settings.database)


def run(*arguments):
    with pytest.raises(SystemExit) as left:
        main([str(argument) for argument in arguments])
    return left.value.code or 0


def decided(context: Context):
    with context.database.read() as connection:
        return sorted(connection.execute(sa.select(decisions.c.id)).scalars())


def logged(context: Context):
    reader = LogReader(context.database, context.folder / "log")
    rows = reader.ask(Query(select=("decision",), limit=100_000))
    return sorted(rows["decision"].to_pylist())


def fill(context, batches=3):
    exporter = LogExporter(context.database, context.folder / "log")
    for _ in range(batches):
        write_batch(context.database, {}, {})
        exporter.export()
        with context.database.write() as tx:
            tx.audit("ann", "case.claim", "cas_1")
    write_batch(context.database, {})


def test_a_backup_restores_everything(context, settings, elsewhere, tmp_path):
    fill(context)
    with context.database.write() as tx:
        sealed = context.vault.seal_many(tx, ["ann"], [b"said"], ["dec_1"])[0]
    manifest = backup(settings, tmp_path / "backup", with_keys=True)
    assert (manifest.entries, manifest.keys, manifest.format) == (3, True, 1)
    restore(elsewhere, tmp_path / "backup")
    restored = open_context(elsewhere)
    assert decided(restored) == decided(context) == logged(restored)
    with restored.database.snapshot() as connection:
        assert verify_database(connection).intact
        assert restored.vault.open(connection, "ann", sealed, "dec_1") == b"said"
    assert restored.signer.key_id == context.signer.key_id
    keys = restored.folder / "keys"
    assert {path.stat().st_mode & 0o777 for path in keys.iterdir()} == {0o600}
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), restored.database.write() as tx:
        tx.execute(sa.delete(audit))
    restored.database.close()


def test_a_backup_taken_under_load_is_of_one_moment(context, settings, elsewhere, tmp_path):
    stop = threading.Event()
    exporter = LogExporter(context.database, context.folder / "log", small=100, many=3)

    def write():
        while not stop.is_set():
            write_batch(context.database, *[{}] * 5)
            with context.database.write() as tx:
                tx.audit("ann", "case.claim", "cas_1")

    def export():
        while not stop.is_set():
            exporter.work()

    threads = [threading.Thread(target=write), threading.Thread(target=export)]
    for thread in threads:
        thread.start()
    try:
        for number in range(3):
            backup(settings, tmp_path / f"backup-{number}", with_keys=True)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    restore(elsewhere, tmp_path / "backup-2")
    restored = open_context(elsewhere)
    assert len(decided(restored)) > 0
    assert logged(restored) == decided(restored)
    with restored.database.snapshot() as connection:
        assert verify_database(connection).intact
    restored.database.close()


def test_without_the_keys_a_backup_does_not_hold_them(context, settings, tmp_path):
    backup(settings, tmp_path / "backup")
    key = (context.folder / "keys" / "master.key").read_bytes().strip()
    for path in (tmp_path / "backup").rglob("*"):
        assert path.is_dir() or key not in path.read_bytes()


@pytest.mark.parametrize("damage", ["changed", "missing", "manifest", "outside"])
def test_a_damaged_backup_is_refused_before_anything_is_written(
    context, settings, elsewhere, tmp_path, damage
):
    fill(context, 1)
    source = tmp_path / "backup"
    backup(settings, source)
    victim = next(source.glob("log/*/*.parquet"))
    if damage == "changed":
        victim.write_bytes(victim.read_bytes()[:-1] + b"x")
    elif damage == "missing":
        victim.unlink()
    else:
        manifest = json.loads((source / "manifest.json").read_text())
        manifest["files"]["../outside"] = "0"
        text = "{" if damage == "manifest" else json.dumps(manifest)
        (source / "manifest.json").write_text(text)
    with pytest.raises(ServiceError) as error:
        restore(elsewhere, source)
    assert error.value.code == "invalid"
    assert not (tmp_path / "restored").exists()


def test_others_cannot_read_it_even_in_folders_that_they_may_enter(
    context, settings, elsewhere, tmp_path
):
    for folder in ("backup", "restored"):
        (tmp_path / folder).mkdir(mode=0o755)
    fill(context, 1)
    backup(settings, tmp_path / "backup", with_keys=True)
    restore(elsewhere, tmp_path / "backup")
    for folder in ("data", "backup", "restored"):
        for path in (tmp_path / folder).iterdir():
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_a_forged_backup_writes_nothing_outside(context, settings, elsewhere, tmp_path):
    """A link in the backup makes of a name that climbs one that seems to lie inside."""
    fill(context, 1)
    source = tmp_path / "backup"
    backup(settings, source)
    (source / "log").rename(source / "one-two-three")
    (source / "deep" / "er").mkdir(parents=True)
    (source / "one-two-three").rename(source / "deep" / "er" / "log")
    (source / "log").symlink_to("deep/er/log")
    (source / "deep" / "evil").write_bytes(b"evil")
    manifest = json.loads((source / "manifest.json").read_text())
    manifest["files"]["log/../../evil"] = hashlib.sha256(b"evil").hexdigest()
    (source / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ServiceError, match="which lies outside of it"):
        restore(elsewhere, source)
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("address", [
    "postgresql+psycopg://ann:s3cret@db:5433/portreeve?sslmode=require",
    "postgresql+psycopg://ann@db:5433/portreeve?sslmode=require&password=s3cret",
])  # fmt: skip
def test_no_password_is_among_the_arguments(address):
    """Every user of the machine can read the arguments of a process."""
    assert connection_of(sa.make_url(address)) == (
        "postgresql://ann@db:5433/portreeve?sslmode=require", {"PGPASSWORD": "s3cret"},
    )  # fmt: skip


def test_nothing_is_overwritten(context, settings, elsewhere, tmp_path):
    fill(context, 1)
    backup(settings, tmp_path / "backup")
    with pytest.raises(ServiceError, match="is not empty"):
        backup(settings, tmp_path / "backup")
    with pytest.raises(ServiceError, match="is there already"):
        restore(settings, tmp_path / "backup")
    if elsewhere.database is not None:
        restore(elsewhere, tmp_path / "backup")
        shutil.rmtree(elsewhere.data)
        with pytest.raises(ServiceError, match="The database is not empty"):
            restore(elsewhere, tmp_path / "backup")


def test_a_broken_audit_log_is_not_backed_up(context, settings, tmp_path):
    fill(context, 2)
    with context.database.write() as tx:
        if context.database.dialect == "sqlite":
            tx.execute(sa.text("DROP TRIGGER audit_no_update"))
        else:
            tx.execute(sa.text("SET LOCAL session_replication_role = replica"))
        tx.execute(sa.text("UPDATE audit SET actor = 'eve' WHERE seq = 1"))
    with pytest.raises(ServiceError, match="The audit log is broken at entry 1"):
        backup(settings, tmp_path / "backup")


def test_where_there_is_no_store_it_is_said(tmp_path):
    with pytest.raises(Exception, match=r"there is no .*portreeve\.sqlite"):
        backup(Settings(data=str(tmp_path / "none")), tmp_path / "backup")


def test_the_commands_back_up_restore_and_verify(
    context, settings, elsewhere, tmp_path, monkeypatch, capsys
):
    fill(context)
    environment(monkeypatch, settings)
    target = tmp_path / "backup"
    assert run("backup", target) == 0
    said = capsys.readouterr().out
    assert said.startswith("backed up: ")
    assert "the keys are not in it" in said
    environment(monkeypatch, elsewhere)
    assert run("restore", target, "--json") == 0
    assert json.loads(capsys.readouterr().out)["entries"] == 3
    assert run("audit", "verify") == 0
    head = capsys.readouterr().out.split("head: ")[1].strip()
    assert head.startswith("3:")
    assert run("audit", "verify", settings.database or settings.data, "--head", head) == 0
    assert run("audit", "export", "--out", tmp_path / "audit.jsonl") == 0
    capsys.readouterr()
    with context.database.write() as tx:
        tx.audit("ann", "case.claim", "cas_1")
    assert run("audit", "verify", settings.database or settings.data, "--head", head) == 0
    assert run("audit", "verify", tmp_path / "audit.jsonl", "--json") == 0


def test_a_broken_file_is_named_by_the_command(context, settings, tmp_path, monkeypatch, capsys):
    fill(context)
    environment(monkeypatch, settings)
    file = tmp_path / "audit.jsonl"
    assert run("audit", "export", "--out", file) == 0
    assert run("audit", "verify", file) == 0
    head = capsys.readouterr().out.split("head: ")[1].strip()
    lines = file.read_text().splitlines()
    file.write_text("\n".join([lines[0], lines[1].replace("ann", "eve"), lines[2]]))
    assert run("audit", "verify", file) == 1
    assert capsys.readouterr().err == (
        "broken at entry 2: it was changed: what it says does not give its hash\n"
        "  1 entries before it are as they were written\n"
    )
    file.write_text("\n".join(lines[:2]))
    assert run("audit", "verify", file) == 0
    assert run("audit", "verify", file, "--json", "--head", head) == 1
    assert json.loads(capsys.readouterr().out.split("\n", 2)[2])["what"] == (
        "it is missing: the log ended with entry 3"
    )
    assert run("audit", "verify", file, "--head", "x") == 2
    assert run("audit", "verify", tmp_path / "none") == 2


def states(settings):
    return {finding.check.en: finding.state for finding in examine(settings)}


def test_a_healthy_store_is_all_right(context, settings):
    fill(context)
    found = examine(settings)
    assert {f.check.en: (f.state, f.found) for f in found if f.state != "ok"} == {}
    assert len(found) >= 12


def test_an_empty_place_is_no_fault(tmp_path):
    found = states(Settings(data=str(tmp_path / "none")))
    assert "fail" not in found.values()
    assert found["data folder"] == found["master key"] == found["database"] == "warn"
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(("harm", "check"), [
    ("mode", "signing key"), ("key", "master key and database"), ("lost key", "master key and "
     "database"), ("table", "tables"), ("head", "audit log"), ("log", "decision log"),
])  # fmt: skip
def test_what_is_wrong_is_found_and_says_what_to_do(context, settings, harm, check):
    fill(context)
    keys = context.folder / "keys"
    if harm == "mode":
        (keys / "signing.key").chmod(0o644)
    elif harm == "key":
        shutil.copy(keys / "signing.key", keys / "master.key")
    elif harm == "lost key":
        (keys / "master.key").unlink()
    elif harm == "table":
        with context.database.write() as tx:
            tx.execute(sa.text("DROP INDEX ix_items_parent"))
    elif harm == "head":
        with context.database.write() as tx:
            tx.execute(sa.text("UPDATE audit_head SET seq = 99"))
    else:
        next(context.folder.glob("log/*/*.parquet")).unlink()
    failed = [finding for finding in examine(settings) if finding.state == "fail"]
    assert [finding.check.en for finding in failed] == [check]
    assert failed[0].remedy


def test_the_doctor_command_has_an_exit_code(context, settings, monkeypatch, capsys):
    environment(monkeypatch, settings)
    assert run("doctor") == 0
    assert "ok    audit log: 0 entries" in capsys.readouterr().out
    (context.folder / "keys" / "master.key").chmod(0o640)
    assert run("doctor", "--json") == 1
    found = {f["check"]: f for f in json.loads(capsys.readouterr().out)}
    assert found["master key"]["id"] == "key-open"
    assert found["master key"]["remedy"].startswith("chmod 600 ")


def test_a_database_that_does_not_answer_is_a_fault(tmp_path):
    url = "postgresql://portreeve:secret@127.0.0.1:1/none"
    found = examine(Settings(data=str(tmp_path), database=url))
    (failed,) = [finding for finding in found if finding.state == "fail"]
    assert failed.id == "database-away"
    assert "secret" not in str(found)
