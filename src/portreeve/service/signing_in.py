"""Signing in with a password and a second factor, and signing out.

What is answered to a wrong password is the same, and takes as long, whether there is such a person
or not, whether they are disabled, and whether they have a password at all.
"""

from __future__ import annotations

from typing import Any

from portreeve.schemas.people import SignedIn
from portreeve.service import people_records as records
from portreeve.service.attempts import Attempts, Came
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError
from portreeve.service.passwords import Passwords
from portreeve.service.second_factor import (
    OFFERED,
    Offer,
    SecondFactor,
    looks_like_digits,
    without,
)
from portreeve.service.sessions import Begun, Half, Method, Sessions
from portreeve.store import Transaction

ISSUER = "Portreeve"
"""Whose second factor it is, as apps show it."""


class SigningIn:
    """The ways in that need a password, and the way out."""

    def __init__(
        self, context: Context, sessions: Sessions, attempts: Attempts, passwords: Passwords
    ) -> None:
        self._context = context
        self._sessions = sessions
        self._attempts = attempts
        self._passwords = passwords
        self._factor = SecondFactor(context.vault)

    def with_password(self, name: str, password: str, came: Came) -> Begun:
        """Sign in; where a second factor is due, what begins is half a session.

        Raises:
            ServiceError: ``unauthenticated``; ``rate-limited``; ``forbidden``, when nobody signs
                in with a password here.
        """
        self.need_local()
        name = name.strip().lower()
        failed = self._attempts.begin(name, came.address)
        with self._context.database.read() as connection:
            person = records.find_row(connection, name)
        usable = person is not None and person.disabled is None
        right = self._passwords.match(person.password if usable else None, password)
        if not right:
            raise _wrong()
        kept = person.password
        renewed = self._passwords.hashed(password) if self._passwords.outdated(kept) else kept
        with self._context.database.write() as tx:
            person = records.find_row(tx.connection, name, lock=True)
            if person is None or person.disabled is not None or person.password != kept:
                raise _wrong()
            records.change(tx, name, password=renewed)
            self._attempts.succeeded(tx, name, came.address)
            return self.begin(tx, person, "password", came.agent, failed=failed)

    def begin(
        self, tx: Transaction, person: Any, method: Method, agent: str, *, failed: int = 0
    ) -> Begun:
        """Begin the session of somebody who has passed the first factor.

        It is whole, unless they have a second factor or need one; if they have to set one up,
        they begin anew. ``failed``: attempts before this one, for the audit log.
        """
        whole = person.totp is None and not self._context.settings.require_totp
        begun = self._sessions.begin(tx, person.name, method, agent, whole=whole)
        if whole:
            records.change(tx, person.name, signed_in=tx.time)
            tx.audit(person.name, "person.sign-in", person.name, method=method, failed=failed)
        elif person.totp is None:
            records.change(tx, person.name, **records.NO_OFFER)
        return begun

    def with_code(self, secret: str, code: str, came: Came) -> Begun:
        """Give the second factor: a code of the app, or a recovery code, each of them once.

        Raises:
            ServiceError: ``unauthenticated``, when the code is not right; ``gone``, when it took
                too long; ``rate-limited``.
        """
        half = self._need_half(secret)
        failed = self._attempts.begin(half.person, came.address, "code")
        with self._context.database.write() as tx:
            person = records.row_of(tx.connection, half.person, lock=True)
            if looks_like_digits(code):
                right, factor = self._used_step(tx, person, code), "code"
            else:
                right, factor = self._used_recovery(tx, person, code), "recovery code"
            if right and person.disabled is None:
                return self._completed(tx, half, came, factor, failed)
        raise ServiceError(
            "unauthenticated",
            "The code is not right, or was used already. Take the one that the app shows now.",
            field="code",
            zh="验证码不正确或已使用过，请输入应用当前显示的验证码。",
        )

    def offer(self, secret: str) -> Offer | None:
        """The second factor that somebody has to set up before they are in; None, if they have one.

        Raises:
            ServiceError: ``gone``, when it took too long.
        """
        half = self._need_half(secret)
        with self._context.database.write() as tx:
            person = records.row_of(tx.connection, half.person, lock=True)
            if person.totp is not None:
                return None
            offer = self.offered(tx, person)
            return offer._replace(until=min(offer.until, half.expires))

    def offered(self, tx: Transaction, person: Any, *, anew: bool = False) -> Offer:
        """The secret that a person was offered and may still confirm; made, if there is none.

        ``anew``: it is made in any case, and takes the place of the one before.
        """
        sealed, at = person.totp_offered, person.totp_offered_at
        if anew or sealed is None or tx.time >= at + OFFERED:
            sealed, at = self._factor.new(person.name), tx.time
            records.change(tx, person.name, totp_offered=sealed, totp_offered_at=at)
        return self._factor.offer(person.name, sealed, ISSUER, at + OFFERED)

    def with_new_factor(self, secret: str, code: str, came: Came) -> tuple[Begun, list[str]]:
        """Confirm the second factor that was offered, and be in; the recovery codes, shown once.

        Raises:
            ServiceError: ``unauthenticated``, when the code is not right; ``gone``;
                ``rate-limited``.
        """
        half = self._need_half(secret)
        self._attempts.begin(half.person, came.address, "code")
        with self._context.database.write() as tx:
            person = records.row_of(tx.connection, half.person, lock=True)
            # of somebody who has one, the one offered would take its place with a password alone
            is_due = person.disabled is None and person.totp is None
            codes = self.confirmed(tx, person, code) if is_due else None
            if codes is not None:
                return self._completed(tx, half, came, "code", 0), codes
        raise wrong_new_code()

    def confirmed(self, tx: Transaction, person: Any, code: str) -> list[str] | None:
        """Take over an offered second factor; the recovery codes, None if the code is wrong.

        Raises:
            ServiceError: ``gone``, when it was offered too long ago.
        """
        offered = person.totp_offered
        if offered is None:
            return None
        if tx.time >= person.totp_offered_at + OFFERED:
            raise ServiceError(
                "gone",
                "The time for setting it up is over. Remove the entry from your app, scan the new "
                "QR code and type what the app shows.",
                field="code",
                zh="设置已超时。请在验证码应用中删除刚才添加的条目，重新扫描新的二维码并输入验证码。",
            )
        step = self._factor.step(person.name, offered, code, tx.time)
        if step is None:
            return None
        codes, kept = self._factor.new_codes(person.name)
        records.change(
            tx, person.name, totp=offered, totp_step=step, recovery=kept, **records.NO_OFFER
        )
        tx.audit(person.name, "person.second-factor", person.name, on=True)
        return codes

    def sign_out(self, signed_in: SignedIn) -> None:
        """End the session."""
        with self._context.database.write() as tx:
            if self._sessions.end_in(tx, signed_in.session):
                tx.audit(signed_in.name, "person.sign-out", signed_in.name)

    def need_local(self) -> None:
        """Refuse passwords where they are switched off.

        Raises:
            ServiceError: ``forbidden``.
        """
        if not self._context.settings.local_accounts:
            raise ServiceError(
                "forbidden",
                "Passwords are switched off here. Use single sign-on.",
                zh="本系统未启用密码登录，请使用单点登录。",
            )

    def _need_half(self, secret: str) -> Half:
        half = self._sessions.half(secret)
        if half is None:
            raise ServiceError(
                "gone",
                "The time for the code is over. Sign in again.",
                zh="验证超时，请重新登录。",
            )
        return half

    def _completed(
        self, tx: Transaction, half: Half, came: Came, second_factor: str, failed: int
    ) -> Begun:
        """A new session in the place of the half one."""
        if not self._sessions.end_in(tx, half.id):
            raise _wrong()
        self._attempts.succeeded(tx, half.person, came.address, "code")
        records.change(tx, half.person, signed_in=tx.time)
        tx.audit(
            half.person, "person.sign-in", half.person, method=half.method,
            second_factor=second_factor, failed=failed,
        )  # fmt: skip
        return self._sessions.begin(tx, half.person, half.method, half.agent)

    def _used_step(self, tx: Transaction, person: Any, code: str) -> bool:
        """Use a code of the app; no code is taken that is not newer than the last one."""
        if person.totp is None:
            return False
        step = self._factor.step(person.name, person.totp, code, tx.time)
        if step is None or (person.totp_step is not None and step <= person.totp_step):
            return False
        records.change(tx, person.name, totp_step=step)
        return True

    def _used_recovery(self, tx: Transaction, person: Any, code: str) -> bool:
        left = without(person.recovery, self._factor.kept(person.name, code))
        if left is None:
            return False
        records.change(tx, person.name, recovery=left)
        tx.audit(person.name, "person.recovery-code", person.name, left=len(left))
        return True


def wrong_new_code() -> ServiceError:
    """The code that should confirm a second factor does not fit."""
    return ServiceError(
        "unauthenticated",
        "The code does not fit. Is the clock of the telephone right? Take the next code.",
        field="code",
        zh="验证码不匹配。请确认手机时间准确，并输入下一个验证码。",
    )


def _wrong() -> ServiceError:
    return ServiceError(
        "unauthenticated",
        "The name or the password is not right.",
        field="password",
        zh="用户名或密码不正确。",
    )
