"""What accounts wrote, sealed with one key per account: whoever destroys the key destroys it all.

Each account's key is 32 random bytes, kept in the table ``person_keys`` sealed with the master key,
which is not in the database. Content is sealed with AES-256-GCM; the name of the record is bound
to it, so that it opens in its own place only.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence

import msgspec
import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portreeve.model import Evidence, Price
from portreeve.store.database import Transaction
from portreeve.store.rows import rows_by_key
from portreeve.store.statements import insert_missing
from portreeve.store.tables.core import person_keys

NOBODY = ""
"""The account under which content of unknown accounts is sealed."""

_FORMAT = b"\x01"
_NONCE = 12
_KEY = 32


class ErasedError(Exception):
    """The account's key is destroyed: what it wrote is gone."""

    def __init__(self, account: str) -> None:
        super().__init__(f"The content of account {account!r} was erased.")


class SealError(Exception):
    """Content or a key does not open: it was changed, or the master key is another one."""


class Content(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an item said, and where in it the evidence lies.

    >>> Content.from_bytes(Content(text="猫", links=["a.example"]).to_bytes()).text
    '猫'
    """

    text: str | None = None
    links: list[str] = []
    leads: int = 0
    """How many of the links, the last ones, its host did not attach: short links lead there."""
    codes: list[str] = []
    picture_text: str | None = None
    pictures: list[str] = []
    hosts: list[str] = []
    contacts: list[str] = []
    prices: list[Price] = []
    evidence: list[Evidence] = []
    disclosed: bool | None = None
    category: str | None = None

    def to_bytes(self) -> bytes:
        """The content as JSON."""
        return _ENCODER.encode(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> Content:
        """The content that :meth:`to_bytes` wrote."""
        return _DECODER.decode(data)


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Content)


class Vault:
    """Seals and opens content.

    Keys in use are remembered for sealing only, and whether they still stand is asked each time:
    a key destroyed by another process seals nothing here either. Opening always asks the database
    for the key. What is remembered are the keys' bytes: a cipher of each would take two kilobytes,
    and is made anew in a microsecond.
    """

    def __init__(self, master_key: bytes, *, remembered: int = 50_000) -> None:
        """``master_key``: 32 bytes. ``remembered``: how many accounts' keys stay in memory.

        Raises:
            ValueError: the key is not 32 bytes long.
        """
        if len(master_key) != _KEY:
            raise ValueError(f"the master key has {len(master_key)} bytes; it must have {_KEY}")
        self._master = AESGCM(hmac.digest(master_key, b"portreeve: keys of persons", "sha256"))
        self._digest_key = hmac.digest(master_key, b"portreeve: digests of content", "sha256")
        self._purposes_key = hmac.digest(master_key, b"portreeve: other purposes", "sha256")
        self._remembered = remembered
        self._keys: OrderedDict[str, bytes | None] = OrderedDict()
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return "Vault(...)"

    def seal_many(
        self,
        tx: Transaction,
        accounts: Sequence[str],
        plain: Sequence[bytes],
        names: Sequence[str],
    ) -> list[bytes]:
        """Seal one content per account and name; an account may come again and again.

        An account without a key gets one in the same transaction. Of an account that was erased
        nothing is kept: what comes back for it is empty.
        """
        keys = self._keys_for(tx, accounts)
        nonces = os.urandom(_NONCE * len(accounts))
        sealed = []
        for at, (account, data, name) in enumerate(zip(accounts, plain, names, strict=True)):
            key = keys[account]
            if key is None:
                sealed.append(b"")
                continue
            nonce = nonces[at * _NONCE : (at + 1) * _NONCE]
            sealed.append(_FORMAT + nonce + AESGCM(key).encrypt(nonce, data, name.encode()))
        return sealed

    def open(self, connection: sa.Connection, account: str, sealed: bytes, name: str) -> bytes:
        """The content sealed for an account under a name.

        Raises:
            ErasedError: the account's key is destroyed.
            SealError: the content was changed, moved, or sealed under another master key.
        """
        opened = self.open_many(connection, [account], [sealed], [name])[0]
        if opened is None:
            raise ErasedError(account)
        return opened

    def open_many(
        self,
        connection: sa.Connection,
        accounts: Sequence[str],
        sealed: Sequence[bytes],
        names: Sequence[str],
    ) -> list[bytes | None]:
        """The contents, None for those of an erased account.

        Raises:
            SealError: a content was changed, moved, or sealed under another master key.
        """
        keys = self._stored(connection, set(accounts))
        opened: list[bytes | None] = []
        for account, data, name in zip(accounts, sealed, names, strict=True):
            key = keys.get(account)
            opened.append(None if key is None or not data else _opened(key, data, name))
        return opened

    def destroy(self, tx: Transaction, account: str) -> bool:
        """Destroy an account's key, for good; whether there was one to destroy.

        An account that had none is noted as erased all the same.
        """
        self._forget(account)
        tx.then(lambda: self._forget(account))
        missing = {"account": account, "wrapped": None, "created": tx.time, "destroyed": tx.time}
        insert_missing(tx, person_keys, [missing])
        done = tx.execute(
            sa.update(person_keys)
            .where(person_keys.c.account == account, person_keys.c.wrapped.is_not(None))
            .values(wrapped=None, destroyed=tx.time)
        )
        return done.rowcount > 0

    def check(self, tx: Transaction) -> None:
        """See that the master key is the one this database's keys are sealed with.

        Raises:
            SealError: it is another one.
        """
        self._forget(NOBODY)
        self._keys_for(tx, [NOBODY])

    def fits(self, connection: sa.Connection) -> bool:
        """As :meth:`check`, without making anything: False where nothing is sealed yet.

        Raises:
            SealError: the master key is another one.
        """
        return bool(self._stored(connection, [NOBODY]))

    def digest(self, account: str, content: bytes) -> str:
        """A keyed digest of an account's content: equal for equal content, 32 hex digits.

        Without the master key it tells nothing; erasing a person wipes it where it is stored.
        """
        data = b"%d:%s:%s" % (len(account.encode()), account.encode(), content)
        return hashlib.blake2b(data, digest_size=16, key=self._digest_key).hexdigest()

    def derived(self, purpose: str) -> bytes:
        """A key of 32 bytes for something else than content; the same for the same purpose.

        It is made of the master key each time, so that it need not be stored.
        """
        return hmac.digest(self._purposes_key, purpose.encode(), "sha256")

    def _keys_for(self, tx: Transaction, accounts: Iterable[str]) -> dict[str, bytes | None]:
        """Each account's key, made where it is missing; None for an erased account."""
        wanted = dict.fromkeys(accounts)
        keys: dict[str, bytes | None] = {}
        with self._lock:
            for account in wanted:
                if account in self._keys:
                    self._keys.move_to_end(account)
                    keys[account] = self._keys[account]
        for account in self._destroyed(tx.connection, keys):
            self._forget(account)
            keys[account] = None
        unknown = [account for account in wanted if account not in keys]
        if not unknown:
            return keys
        found = self._stored(tx.connection, unknown)
        missing = sorted(account for account in unknown if account not in found)
        if missing:
            insert_missing(tx, person_keys, [self._new_row(tx, account) for account in missing])
            # another process may have been quicker: the stored key is the one that counts
            found |= self._stored(tx.connection, missing)
        tx.then(lambda: self._remember(found))
        return keys | found

    @staticmethod
    def _destroyed(connection: sa.Connection, accounts: Iterable[str]) -> list[str]:
        """Those whose key the database has no longer."""
        named = list(accounts)
        if not named:
            return []
        rows = rows_by_key(connection, person_keys, ("account", "destroyed"), named)
        return [account for account, destroyed in map(tuple, rows) if destroyed is not None]

    def _new_row(self, tx: Transaction, account: str) -> dict[str, object]:
        nonce = os.urandom(_NONCE)
        wrapped = nonce + self._master.encrypt(nonce, os.urandom(_KEY), account.encode())
        return {"account": account, "wrapped": wrapped, "created": tx.time, "destroyed": None}

    def _stored(
        self, connection: sa.Connection, accounts: Iterable[str]
    ) -> dict[str, bytes | None]:
        """The keys the database has; None for an erased account."""
        rows = rows_by_key(connection, person_keys, ("account", "wrapped"), accounts)
        return {
            account: None if wrapped is None else self._unwrapped(account, wrapped)
            for account, wrapped in map(tuple, rows)
        }

    def _unwrapped(self, account: str, wrapped: bytes) -> bytes:
        try:
            return self._master.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], account.encode())
        except InvalidTag:
            raise SealError(
                f"the key of account {account!r} does not open. Either it was changed, or the "
                "master key is not the one that this database was made with."
            ) from None

    def _remember(self, keys: dict[str, bytes | None]) -> None:
        with self._lock:
            self._keys |= keys
            while len(self._keys) > self._remembered:
                self._keys.popitem(last=False)

    def _forget(self, account: str) -> None:
        with self._lock:
            self._keys.pop(account, None)


def _opened(key: bytes, sealed: bytes, name: str) -> bytes:
    if sealed[:1] != _FORMAT:
        raise SealError(f"the content of {name!r} is in a format that this version does not know")
    nonce, body = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
    try:
        return AESGCM(key).decrypt(nonce, body, name.encode())
    except InvalidTag:
        raise SealError(f"the content of {name!r} does not open: it was changed or moved") from None
