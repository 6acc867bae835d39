"""Passwords: which are good enough, and how they are kept: as Argon2id hashes."""

from __future__ import annotations

import re
import secrets
import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from portreeve.service.errors import ServiceError

LEAST = 12
"""Characters that a password must have."""
MOST = 256

_AT_ONCE = threading.BoundedSemaphore(2)
"""Each hash takes 64 MiB: so many are made at the same time."""

_COMMON = frozenset({
    "1q2w3e4r", "1q2w3e4r5t", "1qaz2wsx", "1qaz2wsx3edc", "a123456", "aa123456", "abc123", "admin",
    "administrator", "asdfgh", "asdfghjkl", "changeme", "computer", "football", "iloveyou",
    "letmein", "login", "master", "mima", "mimashi", "moderator", "monkey", "nihao", "p@ssw0rd",
    "p@ssword", "passw0rd", "password", "portreeve", "princess", "qazwsx", "qazwsxedc", "qwerty",
    "qwertyuiop", "qwertyuiopasdfghjkl", "reviewer", "root", "secret", "shadow", "sunshine",
    "superman", "trustno1", "welcome", "woaini", "woaini1314", "zxcvbn", "zxcvbnm",
})  # fmt: skip
"""What the commonest passwords are made of."""
_RUNS = "01234567890123456789", "98765432109876543210", "abcdefghijklmnopqrstuvwxyz"


class Passwords:
    """Hashes passwords and compares them.

    >>> passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    >>> kept = passwords.hashed("six quiet herons")
    >>> passwords.match(kept, "six quiet herons"), passwords.match(kept, "six loud herons")
    (True, False)
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._nobodys: str | None = None

    def hashed(self, password: str) -> str:
        """What is kept of a password."""
        with _AT_ONCE:
            return self._hasher.hash(_normal(password))

    def match(self, kept: str | None, password: str) -> bool:
        """Whether a password is the one that was hashed.

        Where none is kept the answer is no, after the time that it takes to compare: so nobody
        learns who has a password here. No password is longer than :data:`MOST`, and what is longer
        is not looked at: of a megabyte of accents :func:`_normal` takes most of a minute.
        """
        if len(password) > MOST:
            kept, password = None, ""
        if self._nobodys is None:
            self._nobodys = self.hashed(secrets.token_urlsafe(16))
        try:
            with _AT_ONCE:
                same = self._hasher.verify(kept or self._nobodys, _normal(password))
        except (VerificationError, InvalidHashError):
            return False
        return same and kept is not None

    def outdated(self, kept: str) -> bool:
        """Whether it was hashed with less effort than is usual now."""
        return self._hasher.check_needs_rehash(kept)


def need_good(password: str, *names: str) -> None:
    """Refuse a password that is short, one of the commonest, or made of the person's names.

    Raises:
        ServiceError: ``invalid``, saying why.
    """
    if len(password) < LEAST:
        raise _bad(
            f"The password has {len(password)} characters. Take {LEAST} or more: a few words will "
            "do.",
            f"密码只有 {len(password)} 个字符，至少需要 {LEAST} 个，可以用几个词组成。",
        )
    if len(password) > MOST:
        raise _bad(
            f"The password is longer than {MOST} characters. Take a shorter one.",
            f"密码超过 {MOST} 个字符，请缩短。",
        )
    plain = _normal(password).lower()
    if _is_common(plain):
        raise _bad(
            "This is one of the first passwords that somebody would try. Take another.",
            "这个密码太常见，容易被猜中，请换一个。",
        )
    if any(_is_made_of(plain, name.lower()) for name in names if name):
        raise _bad(
            "The password is made of your name. Take another.",
            "密码中主要是您的名字，请换一个。",
        )


def _is_common(plain: str) -> bool:
    """Whether it is a common word with signs around it, a few characters again and again, or a run
    of digits or letters.
    """
    if _period(plain) <= 4 or any(plain in run for run in _RUNS):
        return True
    if plain.isdigit() and any(plain.startswith(run[:9]) for run in _RUNS):
        return True
    letters = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", plain)
    return not _COMMON.isdisjoint({plain, letters, letters[: _period(letters)]})


def _is_made_of(plain: str, name: str) -> bool:
    """Whether little is left of a password without a name."""
    for part in {name, name.partition("@")[0]}:
        if len(part) >= 3 and len(plain.replace(part, "")) < LEAST // 2:
            return True
    return False


def _period(text: str) -> int:
    """The length of the shortest beginning that makes the text when repeated."""
    return next(
        (n for n in range(1, len(text)) if (text[:n] * len(text))[: len(text)] == text), len(text)
    )


def _normal(password: str) -> str:
    """The same characters however a keyboard wrote them."""
    return unicodedata.normalize("NFKC", password)


def _bad(en: str, zh: str) -> ServiceError:
    return ServiceError("invalid", en, field="password", zh=zh)
