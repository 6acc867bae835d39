"""kill -9 under load, at random moments: each item has one decision, and the one it was told."""

from faults import scenes
from faults.conftest import KILLS


def test_nothing_accepted_is_lost_or_decided_twice(service):
    seen = scenes.kills(service, KILLS)
    assert seen.found.answers > 100
    assert seen.found.in_files > 0
    assert seen.found.audit_entries > 0


def test_nothing_is_lost_when_only_screening_ends(service):
    seen = scenes.kills(service, 1, scenes.kill_screening)
    assert seen.found.answers > 100
    assert (seen.broken, len(seen.starts)) == (0, 1)
