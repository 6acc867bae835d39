"""What an operator looks at: checks, versions, settings without secrets, retention."""

import pytest

from portreeve.schemas.access import Scope
from portreeve.service.actor import Actor
from portreeve.service.errors import ServiceError
from portreeve.service.health import Health
from portreeve.service.retention import RETENTION, Retention
from service.factories import ANN, decision
from service.support import make_context

WATCHER = Actor("watcher", frozenset({Scope.metrics}))


def test_the_report_names_settings_and_no_secret(database, tmp_path):
    context = make_context(
        database, tmp_path, public_url="https://p.example", signing_key="canary-secret"
    )
    report = Health(context, lambda: {"engine": "ok"}).report(WATCHER)
    assert report.checks == {"engine": "ok"}
    assert report.versions["database"].startswith(("SQLite 3", "PostgreSQL "))
    named = {one.name: one for one in report.settings}
    assert (named["public_url"].value, named["public_url"].changed) == ("https://p.example", True)
    assert (named["signing_key"].value, named["signing_key"].secret) == (None, True)
    assert (named["port"].value, named["port"].changed) == (8014, False)
    assert named["port"].meaning == "port to listen on; 0 takes a free one"
    assert "canary-secret" not in repr(report)


def test_the_doctor_looks_at_the_same_store(context):
    found = {one.check.en: one.state for one in Health(context, dict).examine(WATCHER)}
    assert found["data folder"] in ("ok", "warn")


def test_the_retention_report_says_what_is_kept_and_when_it_was_seen_to(database, context, clock):
    retention = Retention(context)
    before = retention.report(ANN)
    assert (before.swept, before.next, before.deleted) == (None, None, None)
    assert len(before.kept) == len(RETENTION)
    assert (before.kept[0].what, before.kept[0].days, before.kept[0].longer) == (
        "contents", 183, True,
    )  # fmt: skip
    decision(database, context=context)
    clock.advance(days=200)
    retention.sweep()
    after = retention.report(ANN)
    assert (after.swept, (after.next - after.swept).seconds) == (clock(), 3600)
    assert (after.deleted, after.counts) == (clock(), {"contents": 1})


def test_who_may_not_look(context):
    nobody = Actor("nobody", frozenset({Scope.cases}))
    health = Health(context, dict)
    for call in (health.report, health.examine, Retention(context).report):
        with pytest.raises(ServiceError):
            call(nobody)
