"""docs/policy-in-force.md says what the code does."""

import re
import typing
from pathlib import Path

import msgspec
import pytest
from cryptography.exceptions import InvalidSignature

from portreeve.enforcement.hit_rate import MIN_BLOCKS, Thresholds
from portreeve.schemas.policies import Activation, RecordBody
from portreeve.service import alarms, in_force, retroactive, shadow
from portreeve.service.policies import KEPT, Policies
from portreeve.service.settings import Settings
from service.policy_cases import BOB, DAN, approved, strict

PAGE = (Path(__file__).parents[2] / "docs" / "policy-in-force.md").read_text("utf-8")


@pytest.fixture
def record(context):
    policies = Policies(context)
    approved(policies, strict())
    change = policies.changes.activate(BOB, "sample", "2", Activation())
    return policies.versions.record(DAN, change.record)


def example():
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    return code


def test_the_way_to_verify_a_record_without_portreeve_works(record, context, tmp_path, monkeypatch):
    (tmp_path / "record.json").write_bytes(msgspec.json.encode(record))
    monkeypatch.chdir(tmp_path)
    exec(example(), {"trusted": context.signer.public_key})
    with pytest.raises(AssertionError, match="a key that we do not know"):
        exec(example(), {"trusted": "another"})
    changed = record.body.rationale.encode(), b"Because."
    (tmp_path / "record.json").write_bytes(msgspec.json.encode(record).replace(*changed))
    with pytest.raises(InvalidSignature):
        exec(example(), {"trusted": context.signer.public_key})


def test_every_field_of_a_record_is_on_the_page():
    hints = typing.get_type_hints(RecordBody, include_extras=True)
    listed = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", PAGE, re.MULTILINE))
    assert list(listed) == list(RecordBody.__struct_fields__)
    for name, said in listed.items():
        (meaning,) = [m.description for m in hints[name].__metadata__ if m.description][:1]
        assert said.startswith(meaning), name


def test_numbers_on_the_page():
    assert (in_force.LOOK_EVERY, in_force.LEAD.total_seconds()) == (0.25, 0.75)
    assert (KEPT.days, shadow.SAMPLES, retroactive.RUN_CHUNK) == (35, 20, 200)
    assert retroactive.LEASE.total_seconds() == 60
    assert (alarms.BUCKET.seconds, alarms.WINDOWS, alarms.BASELINE.days) == (300, (1, 12), 1)
    assert (alarms.QUIET.days, MIN_BLOCKS, Settings().policy_approvals) == (1, 12, 1)
    settings = Settings()
    of_settings = Thresholds(settings.alarm_hits, settings.alarm_ratio, settings.alarm_chance)
    assert of_settings == Thresholds(20, 3.0, 1e-6)
