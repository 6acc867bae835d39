"""What people change about themselves: name, password, second factor, sessions.

What would let a thief of a session in for good asks for the password again.
"""

from __future__ import annotations

from typing import Any

from portreeve.schemas.people import SignedIn
from portreeve.service import people_records as records
from portreeve.service.attempts import Attempts, Came
from portreeve.service.context import Context
from portreeve.service.errors import ServiceError
from portreeve.service.passwords import Passwords, need_good
from portreeve.service.second_factor import Offer, SecondFactor
from portreeve.service.sessions import Begun, Sessions
from portreeve.service.signing_in import SigningIn, wrong_new_code
from portreeve.store import Transaction


class Profiles:
    """Everybody's own page."""

    def __init__(
        self,
        context: Context,
        sessions: Sessions,
        attempts: Attempts,
        passwords: Passwords,
        signing_in: SigningIn,
    ) -> None:
        self._context = context
        self._sessions = sessions
        self._attempts = attempts
        self._passwords = passwords
        self._signing_in = signing_in
        self._factor = SecondFactor(context.vault)

    def describe(self, signed_in: SignedIn, shown: str, email: str | None) -> None:
        """Change how others see somebody."""
        with self._context.database.write() as tx:
            shown = shown.strip() or signed_in.name
            records.change(tx, signed_in.name, shown=shown, email=email)
            tx.audit(signed_in.name, "person.describe", signed_in.name)
            self._sessions.changed(tx, signed_in.name)

    def change_password(self, signed_in: SignedIn, current: str, new: str, came: Came) -> Begun:
        """Set another password; all other sessions end, and this one gets a new secret.

        Raises:
            ServiceError: ``unauthenticated``, when the current one is not right; ``invalid``, when
                the new one is not good enough; ``rate-limited``.
        """
        self._signing_in.need_local()
        self._need_password(signed_in, current, came)
        need_good(new, signed_in.name, signed_in.shown)
        if current == new:
            raise ServiceError(
                "invalid",
                "The new password is the old one. Take another.",
                field="password",
                zh="新密码与当前密码相同，请换一个。",
            )
        hashed = self._passwords.hashed(new)
        with self._context.database.write() as tx:
            records.change(tx, signed_in.name, password=hashed)
            ended = self._sessions.end_all(tx, signed_in.name, but=signed_in.session)
            tx.audit(signed_in.name, "person.password", signed_in.name, sessions=ended)
            return self._rotated(tx, signed_in)

    def offer_factor(self, signed_in: SignedIn, *, anew: bool = False) -> Offer:
        """A second factor to be set up: the same until it is confirmed or has lapsed.

        ``anew``: whatever was offered before counts no more.
        """
        with self._context.database.write() as tx:
            person = self._row(tx, signed_in)
            if person.password is None:
                raise ServiceError(
                    "conflict",
                    "Your provider asks for the second factor, not this service.",
                    zh="您通过单点登录登录，两步验证由登录服务方负责。",
                )
            return self._signing_in.offered(tx, person, anew=anew)

    def confirm_factor(
        self, signed_in: SignedIn, password: str, code: str, came: Came
    ) -> tuple[Begun, list[str]]:
        """Take a second factor that was offered; the recovery codes, shown this once.

        One that was there before is worth nothing any more; all other sessions end.

        Raises:
            ServiceError: ``unauthenticated``, when the password or the code is not right; ``gone``,
                when it took too long; ``rate-limited``.
        """
        self._need_password(signed_in, password, came)
        with self._context.database.write() as tx:
            codes = self._signing_in.confirmed(tx, self._row(tx, signed_in), code)
            if codes is None:
                raise wrong_new_code()
            self._sessions.end_all(tx, signed_in.name, but=signed_in.session)
            return self._rotated(tx, signed_in), codes

    def remove_factor(self, signed_in: SignedIn, password: str, came: Came) -> Begun:
        """Do without a second factor.

        Raises:
            ServiceError: ``forbidden``, when the settings ask for one; ``unauthenticated``, when
                the password is not right; ``rate-limited``.
        """
        if self._context.settings.require_totp:
            raise ServiceError(
                "forbidden",
                "A second factor is required here.",
                zh="本系统要求开启两步验证。",
            )
        self._need_password(signed_in, password, came)
        with self._context.database.write() as tx:
            self._row(tx, signed_in)
            records.change(tx, signed_in.name, recovery=[], **records.NO_FACTOR)
            tx.audit(signed_in.name, "person.second-factor", signed_in.name, on=False)
            self._sessions.end_all(tx, signed_in.name, but=signed_in.session)
            return self._rotated(tx, signed_in)

    def renew_codes(self, signed_in: SignedIn, password: str, came: Came) -> list[str]:
        """New recovery codes, shown this once, in the place of the old ones.

        Raises:
            ServiceError: ``conflict``, without a second factor; ``unauthenticated``;
                ``rate-limited``.
        """
        self._need_password(signed_in, password, came)
        with self._context.database.write() as tx:
            if self._row(tx, signed_in).totp is None:
                raise ServiceError(
                    "conflict", "Set up the second factor first.", zh="请先设置两步验证。"
                )
            codes, kept = self._factor.new_codes(signed_in.name)
            records.change(tx, signed_in.name, recovery=kept)
            tx.audit(signed_in.name, "person.recovery-codes", signed_in.name)
        return codes

    def end_session(self, signed_in: SignedIn, id: str) -> None:
        """End one of somebody's own sessions; nothing, where there is none of that id."""
        with self._context.database.write() as tx:
            ended = self._sessions.end_of(tx, signed_in.name, id)
            if ended:
                tx.audit(signed_in.name, "person.end-sessions", signed_in.name, sessions=1)

    def end_others(self, signed_in: SignedIn) -> int:
        """End all sessions but this one; how many."""
        with self._context.database.write() as tx:
            ended = self._sessions.end_all(tx, signed_in.name, but=signed_in.session)
            if ended:
                tx.audit(signed_in.name, "person.end-sessions", signed_in.name, sessions=ended)
        return ended

    def _need_password(self, signed_in: SignedIn, password: str, came: Came) -> None:
        self._attempts.begin(signed_in.name, came.address)
        with self._context.database.read() as connection:
            kept = records.row_of(connection, signed_in.name).password
        if not self._passwords.match(kept, password):
            raise ServiceError(
                "unauthenticated",
                "This is not your password.",
                field="current",
                zh="当前密码不正确。",
            )
        with self._context.database.write() as tx:
            self._attempts.succeeded(tx, signed_in.name, came.address)

    def _row(self, tx: Transaction, signed_in: SignedIn) -> Any:
        return records.row_of(tx.connection, signed_in.name, lock=True)

    def _rotated(self, tx: Transaction, signed_in: SignedIn) -> Begun:
        try:
            return self._sessions.rotate(tx, signed_in.session)
        except LookupError:
            raise ServiceError(
                "gone", "Your session is over. Sign in again.", zh="会话已结束，请重新登录。"
            ) from None
