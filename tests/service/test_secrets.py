"""Where the service's keys come from, and where they never go."""

import base64
import logging

import pytest

from portreeve.service import secrets
from portreeve.service.context import open_context
from portreeve.service.errors import ServiceError
from portreeve.service.settings import Settings, from_environment

KEY = base64.b64encode(bytes(range(32))).decode()


def test_keys_are_made_once_and_only_we_can_read_them(tmp_path):
    settings = Settings(data=str(tmp_path))
    first = secrets.master_key(settings, tmp_path)
    signer = secrets.signer(settings, tmp_path)
    assert len(first) == 32
    assert secrets.master_key(settings, tmp_path) == first
    assert secrets.signer(settings, tmp_path).key_id == signer.key_id
    folder = tmp_path / "keys"
    assert sorted(path.name for path in folder.iterdir()) == ["master.key", "signing.key"]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_a_given_key_is_taken_and_nothing_is_written(tmp_path):
    (tmp_path / "secret").write_text(KEY + "\n")
    settings = from_environment(
        {"PORTREEVE_MASTER_KEY_FILE": str(tmp_path / "secret"), "PORTREEVE_SIGNING_KEY": KEY}
    )
    assert secrets.master_key(settings, tmp_path / "data") == bytes(range(32))
    assert secrets.signer(settings, tmp_path / "data").key_id == "56475aa75463474c"
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("text", ["", "AAAA", "not base64!", KEY[:-4]])
def test_a_damaged_key_is_named_and_not_shown(tmp_path, text):
    (tmp_path / "keys").mkdir()
    path = tmp_path / "keys" / "master.key"
    path.write_text(text)
    with pytest.raises(ServiceError) as error:
        secrets.master_key(Settings(), tmp_path)
    assert error.value.detail == (
        f"{path} is not base64 of 32 bytes. "
        "Restore it from a backup; for a new service make one with `openssl rand -base64 32`."
    )


def test_no_secret_is_in_a_repr():
    settings = Settings(
        master_key=KEY, signing_key=KEY, database="postgresql://portreeve:hunter2@db.example/p"
    )
    assert KEY not in repr(settings)
    assert "hunter2" not in f"{settings} {settings!r}"
    assert "master_key='(given)'" in repr(settings)
    assert "master_key=None" in repr(Settings())
    assert repr(secrets.Signer(bytes(32))) == "Signer(139e3940e64b5491)"


def test_a_signature_is_of_these_bytes_and_this_key():
    signer, other = secrets.Signer(bytes(32)), secrets.Signer(bytes(range(32)))
    signature = signer.sign(b"said")
    assert secrets.verify(signer.public_key, b"said", signature)
    assert not secrets.verify(signer.public_key, b"Said", signature)
    assert not secrets.verify(other.public_key, b"said", signature)
    assert not secrets.verify("no key", b"said", signature)
    assert not secrets.verify(signer.public_key, b"said", "no signature")


def test_a_context_opens_again_with_the_same_keys(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    settings = Settings(data=str(tmp_path / "data"))
    first = open_context(settings)
    with first.database.write() as tx:
        sealed = first.vault.seal_many(tx, ["ann"], [b"said"], ["dec_1"])[0]
    first.database.close()
    again = open_context(settings)
    with again.database.read() as connection:
        assert again.vault.open(connection, "ann", sealed, "dec_1") == b"said"
    assert again.signer.key_id == first.signer.key_id
    again.database.close()
    key = (tmp_path / "data" / "keys" / "master.key").read_text().strip()
    assert key not in caplog.text


def test_a_database_with_another_master_key_is_not_opened(tmp_path):
    settings = Settings(data=str(tmp_path))
    open_context(settings).database.close()
    (tmp_path / "keys" / "master.key").unlink()
    with pytest.raises(ServiceError, match="The master key cannot be used") as error:
        open_context(settings)
    assert error.value.code == "invalid"
