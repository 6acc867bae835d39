"""``portreeve franking verify``."""

import json

import msgspec
import pytest

from franking_cases import CASES, GENUINE, KEYS, MESSAGE, OPENING_KEY, stamped
from portreeve.cli import main
from portreeve.franking.wire import to_base64url

AT = ["--at", "2014-06-02T12:00:00Z"]


def run(*arguments):
    with pytest.raises(SystemExit) as left:
        main(["franking", "verify", *map(str, arguments)])
    return left.value.code or 0


@pytest.fixture
def keys(tmp_path):
    path = tmp_path / "keys.json"
    path.write_bytes(KEYS.to_json())
    return path


@pytest.fixture
def report(tmp_path):
    path = tmp_path / "report.json"
    path.write_bytes(CASES["genuine"].data())
    return path


def test_verified(report, keys, capfd):
    assert run(report, "--keys", keys, *AT) == 0
    assert capfd.readouterr() == (
        """\
verified
  message_id: m-1
  sender: mallory
  recipient: bob
  time: 2014-06-01T12:00:00.000+00:00
  key_id: 2014-06
  message_bytes: 18
  grade: franked
franked: the recipient of a private message opened it, and its stamp proves that the platform \
delivered exactly this.
""",
        "",
    )


def test_verified_for_programs(report, keys, capfd):
    assert run(report, "--keys", keys, *AT, "--json") == 0
    assert json.loads(capfd.readouterr().out) == {
        "verified": True,
        "message_id": "m-1",
        "sender": "mallory",
        "recipient": "bob",
        "time": "2014-06-01T12:00:00.000+00:00",
        "key_id": "2014-06",
        "message_bytes": 18,
        "grade": "franked",
    }


def test_refused_now_because_it_is_too_old(report, keys, capfd):
    assert run(report, "--keys", keys) == 1
    assert capfd.readouterr() == (
        "",
        "refused[too-old]: stamp.time_ms is longer ago than reports are taken. Report a newer "
        "message, or take it up as a claim, which a person must look into.\n",
    )
    assert run(report, "--keys", keys, "--max-age-days", 36_500) == 0


def test_refused_for_programs(report, keys, capfd):
    report.write_bytes(CASES["forged stamp"].data())
    assert run(report, "--keys", keys, *AT, "--json") == 1
    assert json.loads(capfd.readouterr().out) == {
        "verified": False,
        "refusal": {
            "code": "bad-signature",
            "field": "stamp.signature",
            "meaning": "does not fit the fields of the stamp under the key it names",
            "remedy": "Send the stamp as it was delivered; do not act on this one.",
        },
    }


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"[]", b" " * 200_000])
def test_a_file_that_is_no_report_is_refused(report, keys, capfd, data):
    report.write_bytes(data)
    assert run(report, "--keys", keys) == 1
    assert capfd.readouterr().err.startswith("refused[")


@pytest.mark.parametrize("form", [[], ["--json"]])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_neither_message_nor_key_nor_signature_is_printed(case, form, report, keys, capfd):
    report.write_bytes(case.data())
    assert run(report, "--keys", keys, "--at", case.now.isoformat(), *form) in (0, 1)
    shown = "".join(capfd.readouterr())
    for secret in (MESSAGE, OPENING_KEY, GENUINE.stamp.signature, GENUINE.stamp.commitment):
        assert to_base64url(secret) not in shown
        assert repr(secret) not in shown
    assert MESSAGE.decode() not in shown


def test_ids_cannot_steer_the_terminal(report, keys, capfd):
    stamp = stamped(sender="mallory\u202ebob")
    report.write_bytes(msgspec.structs.replace(GENUINE, stamp=stamp).to_json())
    assert run(report, "--keys", keys, *AT) == 0
    assert "sender: mallory\ufffdbob\n" in capfd.readouterr().out


def test_wrong_usage(report, keys, tmp_path, capfd):
    none = tmp_path / "none.json"
    assert run(none, "--keys", keys) == 2
    assert run(report, "--keys", none) == 2
    assert run(report) == 2
    assert run(report, "--keys", keys, "--at", "yesterday") == 2
    assert run(report, "--keys", keys, "--at", "2014-06-02T12:00:00") == 2
    assert run(report, "--keys", keys, "--max-age-days", 0) == 2
    assert run(report, "--keys", report) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert (
        f"portreeve: {none}: No such file or directory. Check the name, and the folders in it.\n"
        in err
    )
    assert "--at is no time with offset. Write it such as 2014-06-02T12:00:00Z.\n" in err
    assert f"portreeve: {report}: keys has a field that is not part of the format." in err
