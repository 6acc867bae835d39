"""What accounts wrote: sealed, opened, and gone with its key."""

import time

import pytest
import sqlalchemy as sa

from portreeve.model import Evidence, Price
from portreeve.store.tables.core import person_keys
from portreeve.store.vault import Content, ErasedError, SealError, Vault
from service.support import MASTER_KEY

OTHER_KEY = bytes(32)


@pytest.fixture
def vault():
    return Vault(MASTER_KEY)


def seal(database, vault, account, plain, name="dec_1"):
    with database.write() as tx:
        return vault.seal_many(tx, [account], [plain], [name])[0]


def opened(database, vault, account, sealed, name="dec_1"):
    with database.read() as connection:
        return vault.open(connection, account, sealed, name)


def test_content_comes_back_whole():
    content = Content(
        text="面膜89元一盒",
        links=["https://a.example/x"],
        contacts=["wechat:abc12345"],
        prices=[Price(amount=89.0, currency="CNY", kind="price")],
        evidence=[Evidence(field="text", start=0, end=2, what="goods beauty.masks")],
        disclosed=False,
    )
    assert Content.from_bytes(content.to_bytes()) == content
    assert Content.from_bytes(Content().to_bytes()) == Content()


def test_what_is_sealed_opens_and_shows_nothing(database, vault):
    sealed = seal(database, vault, "ann", "面膜89元".encode())
    assert "面膜".encode() not in sealed
    assert opened(database, vault, "ann", sealed) == "面膜89元".encode()
    assert opened(database, Vault(MASTER_KEY), "ann", sealed) == "面膜89元".encode()


def test_one_account_has_one_key_whoever_asks(database, vault):
    other = Vault(MASTER_KEY)
    first = seal(database, vault, "ann", b"one")
    second = seal(database, other, "ann", b"two")
    with database.read() as connection:
        assert vault.open_many(connection, ["ann"] * 2, [first, second], ["dec_1"] * 2) == [
            b"one", b"two",
        ]  # fmt: skip
        assert connection.execute(sa.select(person_keys.c.account)).scalars().all() == ["ann"]


@pytest.mark.parametrize("change", ["byte", "name", "account", "format", "master"])
def test_what_was_changed_or_moved_does_not_open(database, vault, change):
    sealed = seal(database, vault, "ann", b"said")
    seal(database, vault, "bob", b"said")
    account, name, opener = "ann", "dec_1", vault
    if change == "byte":
        sealed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    elif change == "name":
        name = "dec_2"
    elif change == "account":
        account = "bob"
    elif change == "format":
        sealed = b"\x02" + sealed[1:]
    else:
        opener = Vault(OTHER_KEY)
    with pytest.raises(SealError):
        opened(database, opener, account, sealed, name)


def test_a_destroyed_key_opens_nothing_in_any_process(database, vault):
    other = Vault(MASTER_KEY)
    sealed = seal(database, vault, "ann", b"said")
    assert opened(database, other, "ann", sealed) == b"said"
    with database.write() as tx:
        assert vault.destroy(tx, "ann")
    for process in (vault, other, Vault(MASTER_KEY)):
        with pytest.raises(ErasedError) as error:
            opened(database, process, "ann", sealed)
        assert str(error.value) == "The content of account 'ann' was erased."
    with database.write() as tx:
        assert not vault.destroy(tx, "ann")


def test_nothing_is_kept_of_an_erased_account(database, vault):
    with database.write() as tx:
        assert not vault.destroy(tx, "ann")
    with database.write() as tx:
        sealed = vault.seal_many(tx, ["ann", "bob"], [b"said", b"said"], ["dec_1", "dec_2"])
    assert sealed[0] == b""
    assert len(sealed[1]) == 1 + 12 + 4 + 16
    with pytest.raises(ErasedError):
        opened(database, vault, "ann", sealed[0])


def test_a_key_that_was_rolled_back_is_not_used_again(database, vault):
    def fail():
        with database.write() as tx:
            vault.seal_many(tx, ["ann"], [b"one"], ["dec_1"])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    sealed = seal(database, vault, "ann", b"two")
    assert opened(database, Vault(MASTER_KEY), "ann", sealed) == b"two"


def test_an_account_new_twice_in_one_transaction_gets_one_key(database, vault):
    with database.write() as tx:
        first = vault.seal_many(tx, ["ann"], [b"one"], ["dec_1"])[0]
        second = vault.seal_many(tx, ["ann"], [b"two"], ["dec_1"])[0]
    assert opened(database, vault, "ann", first) == b"one"
    assert opened(database, vault, "ann", second) == b"two"


def test_another_master_key_is_noticed_at_the_start(database, vault):
    with database.write() as tx:
        vault.check(tx)
        vault.check(tx)

    def start():
        with database.write() as tx:
            Vault(OTHER_KEY).check(tx)

    with pytest.raises(SealError, match="the master key is not the one"):
        start()


def test_few_keys_are_remembered_and_all_open(database):
    vault = Vault(MASTER_KEY, remembered=3)
    accounts = [f"a{n}" for n in range(10)]
    with database.write() as tx:
        sealed = vault.seal_many(tx, accounts, [a.encode() for a in accounts], accounts)
    with database.read() as connection:
        assert vault.open_many(connection, accounts, sealed, accounts) == [
            a.encode() for a in accounts
        ]


def test_a_digest_tells_accounts_contents_and_master_keys_apart(vault):
    same = vault.digest("ann", b"said")
    assert same == Vault(MASTER_KEY).digest("ann", b"said")
    assert len(same) == 32
    others = {vault.digest("bob", b"said"), vault.digest("ann", b"Said"),
              vault.digest("annsaid", b""), Vault(OTHER_KEY).digest("ann", b"said")}  # fmt: skip
    assert same not in others
    assert len(others) == 4


def test_the_master_key_is_in_no_repr(vault):
    assert repr(vault) == "Vault(...)"
    with pytest.raises(ValueError, match="the master key has 5 bytes; it must have 32"):
        Vault(b"short")


def test_a_thousand_contents_are_sealed_quickly(database, vault):
    accounts = [f"account-{n % 700}" for n in range(1000)]
    plain = ["面膜89元一盒 加微信 abc12345 下单".encode()] * 1000
    names = [f"dec_{n}" for n in range(1000)]
    with database.write() as tx:
        vault.seal_many(tx, accounts, plain, names)
    taken = []
    for _ in range(5):
        with database.write() as tx:
            begin = time.perf_counter()
            vault.seal_many(tx, accounts, plain, names)
            taken.append(time.perf_counter() - begin)
    print(f"warm: {min(taken) * 1e3:.2f} ms")
    assert min(taken) < 0.05
