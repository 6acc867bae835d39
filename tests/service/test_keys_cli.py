"""``portreeve keys``: keys are made, listed and revoked in a store, and never in one by mistake."""

import json

import pytest

from portreeve.cli import main
from portreeve.service.context import open_context
from portreeve.service.keys import Keys
from portreeve.service.settings import Settings


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("data"))
    open_context(Settings(data=folder)).database.close()
    return folder


def run(*arguments):
    with pytest.raises(SystemExit) as left:
        main(["keys", *arguments])
    return left.value.code


def test_a_key_of_several_scopes_is_made_listed_and_revoked(data, capsys):
    assert run("create", "ann", "--scope", "cases, evidence", "--scope", "log", "--data", data) == 0
    secret = capsys.readouterr().out.strip()
    assert run("list", "--data", data) == 0
    key = json.loads(capsys.readouterr().out)
    assert (key["name"], key["scopes"]) == ("ann", ["cases", "evidence", "log"])
    assert secret.startswith(f"ptr_{key['id'].removeprefix('key_')}_")
    assert run("revoke", key["id"], "--data", data) == 0
    assert capsys.readouterr().out == f"Revoked {key['id']}.\n"
    context = open_context(Settings(data=data))
    keys = Keys(context)
    keys.refresh()
    assert keys.known(secret) is None
    context.database.close()


def test_an_unknown_scope_is_named_with_all_there_are(data, capsys):
    assert run("create", "ann", "--scope", "cases,reviews", "--data", data) == 2
    assert capsys.readouterr().err == (
        "portreeve: There is no scope 'reviews'. There are: screen, accounts, reports, cases, "
        "evidence, appeals, sanctions, policies:read, policies:propose, policies:approve, log, "
        "audit, webhooks, privacy, ads, merchants, merchants:verify, live-sales, group-buying, "
        "partners, interests, ledger, on-behalf, metrics, admin.\n"
    )


def test_a_folder_that_is_none_is_not_made(tmp_path, capsys):
    missing = tmp_path / "portreve-data"
    assert run("create", "ann", "--scope", "cases", "--data", str(missing)) == 2
    assert capsys.readouterr().err == (
        f"portreeve: There is no {missing / 'portreeve.sqlite'}. Name the data folder with --data; "
        "`portreeve serve` makes a new one.\n"
    )
    assert not missing.exists()
