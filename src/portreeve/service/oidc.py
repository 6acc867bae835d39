"""OpenID Connect: sending people to the provider, and checking whom it sends back.

The authorization code flow with PKCE, state and nonce. What must be remembered while somebody is
away stands in a sealed cookie of theirs, so that an answer counts only in the browser that asked.
The ID token is checked as OpenID Connect Core 3.1.3.7 says; its key is looked up at the provider,
and once more when it is not known, as providers change their keys.
"""

from __future__ import annotations

import base64
import hmac
import os
import secrets
import threading
import time
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import httpx
import msgspec
from authlib.oauth2.auth import ClientAuth  # type: ignore[import-untyped]
from authlib.oauth2.rfc6749.parameters import (  # type: ignore[import-untyped]
    prepare_grant_uri,
    prepare_token_request,
)
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from portreeve.service.context import Context
from portreeve.service.errors import ServiceError

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384")
"""Signatures that ID tokens may have: those that only the provider can make."""
AWAY = timedelta(minutes=15)
"""How long somebody may take at the provider."""

_METADATA = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
_TIMEOUT_SECONDS = 8.0
_SILENT_SECONDS = 5.0
"""A provider that did not answer is not asked again for so long: each who asks would hold a page's
thread meanwhile."""

_KEPT_SECONDS = 3600.0
_KEYS_AGAIN_SECONDS = 10.0
_LEEWAY_SECONDS = 60
_NONCE = 12


class Departure(NamedTuple):
    """Somebody about to go to the provider."""

    url: str
    sealed: str
    """For a cookie of theirs; to be given to :meth:`Provider.finish`."""


class Journey(msgspec.Struct, frozen=True, kw_only=True):
    """What must be known when somebody comes back."""

    state: str
    nonce: str
    verifier: str
    back: str
    """The address the provider sends them back to."""
    next: str
    """The page they wanted."""
    link: str | None
    """The secret of the one-time link they came with."""
    session: str | None
    """The session that is to be connected with who they are there."""
    until: datetime


class Identity(NamedTuple):
    """Who somebody is at the provider."""

    issuer: str
    subject: str
    claims: dict[str, Any]


class Provider:
    """The provider that the settings name."""

    def __init__(self, context: Context) -> None:
        """Nothing is asked of the provider yet.

        Raises:
            ServiceError: ``invalid``, when the settings do not fit together.
        """
        self._context = context
        self._settings = context.settings
        self._seal = AESGCM(context.vault.derived("people away at their provider"))
        self._lock = threading.Lock()
        self._metadata: tuple[float, dict[str, Any]] | None = None
        self._silent_until = 0.0
        self._keys: tuple[float, KeySet] | None = None
        check_settings(context)

    @property
    def configured(self) -> bool:
        """Whether there is a provider."""
        return self._settings.oidc_issuer is not None

    @property
    def host(self) -> str:
        """Where people are sent, as a page may say it."""
        return httpx.URL(self._settings.oidc_issuer or "").host

    def depart(
        self, back: str, *, next: str, link: str | None = None, session: str | None = None
    ) -> Departure:
        """Send somebody to the provider.

        Raises:
            ServiceError: ``not-found``, when there is no provider; ``unavailable``.
        """
        metadata = self._discovered()
        journey = Journey(
            state=secrets.token_urlsafe(24),
            nonce=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(48),
            back=back,
            next=next,
            link=link,
            session=session,
            until=self._context.now() + AWAY,
        )
        url = prepare_grant_uri(
            metadata["authorization_endpoint"],
            client_id=self._settings.oidc_client_id,
            response_type="code",
            redirect_uri=back,
            scope=self._settings.oidc_scopes,
            state=journey.state,
            nonce=journey.nonce,
            code_challenge=create_s256_code_challenge(journey.verifier),
            code_challenge_method="S256",
        )
        return Departure(str(url), self._sealed(journey))

    def finish(self, sealed: str, answer: dict[str, str]) -> tuple[Journey, Identity]:
        """Who came back; ``answer`` are the parameters that the provider sent them with.

        Raises:
            ServiceError: ``unauthenticated``, when the answer is not to be trusted or a refusal;
                ``unavailable``, when the provider cannot be asked.
        """
        journey = self._opened(sealed)
        if not hmac.compare_digest(answer.get("state", "").encode(), journey.state.encode()):
            raise _wrong("the answer belongs to another attempt")
        metadata = self._discovered()
        issuer = answer.get("iss")
        if issuer is not None and issuer != metadata["issuer"]:
            raise _wrong("the answer is of another provider")
        if issuer is None and metadata.get("authorization_response_iss_parameter_supported"):
            raise _wrong("the answer does not say which provider it is of")
        if "error" in answer:
            raise _wrong(f"it answered {_plain(answer['error'])}")
        if not answer.get("code"):
            raise _wrong("the answer has no code")
        tokens = self._exchanged(metadata, answer["code"], journey)
        claims = self._checked(metadata, str(tokens.get("id_token", "")), journey.nonce)
        claims = self._completed(metadata, claims, str(tokens.get("access_token", "")))
        return journey, Identity(metadata["issuer"], claims["sub"], claims)

    def _exchanged(self, metadata: dict[str, Any], code: str, journey: Journey) -> dict[str, Any]:
        """The tokens that the provider gives for a code."""
        body = prepare_token_request(
            "authorization_code",
            code=code,
            redirect_uri=journey.back,
            code_verifier=journey.verifier,
        )
        client = ClientAuth(
            self._settings.oidc_client_id,
            self._settings.oidc_client_secret,
            self._method(metadata),
        )
        url, headers, body = client.prepare(
            "POST", metadata["token_endpoint"],
            {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
            body,
        )  # fmt: skip
        answer = self._asked("POST", url, headers, body)
        if answer.status_code != 200:
            raise _wrong(f"it takes no code of ours: {_error_of(answer)}")
        return _object(answer)

    def _checked(self, metadata: dict[str, Any], token: str, nonce: str) -> dict[str, Any]:
        """The claims of an ID token, if it is the provider's, for us, of now, and of this try."""
        algorithms = [
            a
            for a in metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
            if a in ALGORITHMS
        ]
        if not algorithms:
            # none would mean to the library that it may choose
            raise _wrong("it signs ID tokens in no way that is known here")
        try:
            claims = self._decoded(metadata, token, algorithms)
            jwt.JWTClaimsRegistry(
                now=lambda: int(self._context.now().timestamp()),
                leeway=_LEEWAY_SECONDS,
                iss={"essential": True, "value": metadata["issuer"]},
                aud={"essential": True, "value": str(self._settings.oidc_client_id)},
                exp={"essential": True},
                iat={"essential": True},
                sub={"essential": True},
                nonce={"essential": True, "value": nonce},
            ).validate(claims)
        except (JoseError, ValueError) as error:
            raise _wrong(f"its ID token does not hold ({type(error).__name__})") from None
        audiences = claims["aud"]
        several = isinstance(audiences, list) and len(audiences) > 1
        azp = claims.get("azp")
        if (several or azp is not None) and azp != self._settings.oidc_client_id:
            raise _wrong("its ID token is for another service")
        if not isinstance(claims["sub"], str) or len(claims["sub"]) > 255:
            raise _wrong("its ID token does not say who it is")
        return claims

    def _decoded(
        self, metadata: dict[str, Any], token: str, algorithms: list[str]
    ) -> dict[str, Any]:
        try:
            return jwt.decode(token, self._key_set(metadata), algorithms=algorithms).claims
        except (BadSignatureError, InvalidKeyIdError):
            fresh = self._key_set(metadata, again=True)
            return jwt.decode(token, fresh, algorithms=algorithms).claims

    def _completed(
        self, metadata: dict[str, Any], claims: dict[str, Any], access_token: str
    ) -> dict[str, Any]:
        """The claims with those that only the provider's user information has."""
        wanted = (self._settings.oidc_name_claim, self._settings.oidc_roles_claim, "name")
        endpoint = metadata.get("userinfo_endpoint")
        if not endpoint or not access_token or all(claim(claims, one) for one in wanted):
            return claims
        answer = self._asked("GET", endpoint, {"Authorization": f"Bearer {access_token}"})
        if answer.status_code != 200 or "json" not in answer.headers.get("content-type", ""):
            return claims
        told = _object(answer)
        if told.get("sub") != claims["sub"]:
            raise _wrong("its user information is of somebody else")
        return {**told, **claims}

    def _method(self, metadata: dict[str, Any]) -> str:
        """How we show the provider that it is us."""
        if self._settings.oidc_client_secret is None:
            return "none"
        known = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        return "client_secret_basic" if "client_secret_basic" in known else "client_secret_post"

    def _discovered(self) -> dict[str, Any]:
        issuer = self._settings.oidc_issuer
        if issuer is None:
            raise ServiceError(
                "not-found",
                "There is no single sign-on here. The settings name no provider.",
                zh="本系统未配置单点登录。",
            )
        with self._lock:
            if self._metadata is None or time.monotonic() - self._metadata[0] > _KEPT_SECONDS:
                if time.monotonic() < self._silent_until:
                    raise _unavailable("it did not answer a moment ago")
                self._silent_until = time.monotonic() + _SILENT_SECONDS
                url = issuer.rstrip("/") + "/.well-known/openid-configuration"
                metadata = _object(self._asked("GET", url, {"Accept": "application/json"}))
                missing = {"issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"}
                if missing - metadata.keys() or metadata["issuer"].rstrip("/") != issuer.rstrip(
                    "/"
                ):
                    raise _unavailable("what it says of itself is not what the setting names")
                self._metadata = (time.monotonic(), metadata)
                self._silent_until = 0.0
            return self._metadata[1]

    def _key_set(self, metadata: dict[str, Any], *, again: bool = False) -> KeySet:
        with self._lock:
            now = time.monotonic()
            kept = _KEYS_AGAIN_SECONDS if again else _KEPT_SECONDS
            if self._keys is None or now - self._keys[0] > kept:
                answer = self._asked("GET", metadata["jwks_uri"], {"Accept": "application/json"})
                try:
                    self._keys = (now, KeySet.import_key_set(_signing(_object(answer))))
                except (JoseError, ValueError, KeyError, TypeError):
                    raise _unavailable("its keys cannot be read") from None
            return self._keys[1]

    def _asked(
        self, method: str, url: str, headers: dict[str, str], body: str | None = None
    ) -> httpx.Response:
        try:
            return httpx.request(
                method, url, headers=headers, content=body, timeout=_TIMEOUT_SECONDS
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _unavailable(type(error).__name__) from None

    def _sealed(self, journey: Journey) -> str:
        nonce = os.urandom(_NONCE)
        body = self._seal.encrypt(nonce, msgspec.json.encode(journey), None)
        return base64.urlsafe_b64encode(nonce + body).decode().rstrip("=")

    def _opened(self, sealed: str) -> Journey:
        try:
            raw = base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
            body = self._seal.decrypt(raw[:_NONCE], raw[_NONCE:], None)
            journey = msgspec.json.decode(body, type=Journey)
        except (ValueError, InvalidTag):
            raise _wrong("this browser did not ask, or long ago") from None
        if journey.until <= self._context.now():
            raise _wrong("it took too long")
        return journey


def check_settings(context: Context) -> None:
    """See that the settings about signing in fit together.

    Raises:
        ServiceError: ``invalid``, naming the variable.
    """
    settings = context.settings
    if settings.oidc_issuer is not None and settings.oidc_client_id is None:
        raise ServiceError(
            "invalid",
            "PORTREEVE_OIDC_ISSUER is given without PORTREEVE_OIDC_CLIENT_ID. Give both.",
            field="PORTREEVE_OIDC_CLIENT_ID",
        )
    if settings.oidc_issuer is None and not settings.local_accounts:
        raise ServiceError(
            "invalid",
            "PORTREEVE_LOCAL_ACCOUNTS is false and there is no PORTREEVE_OIDC_ISSUER: nobody "
            "could sign in. Give an issuer, or leave local accounts on.",
            field="PORTREEVE_LOCAL_ACCOUNTS",
        )


def claim(claims: dict[str, Any], name: str) -> Any:
    """A claim by its name; dots lead into objects, unless a claim has the whole name.

    >>> claim({"realm_access": {"roles": ["admins"]}}, "realm_access.roles")
    ['admins']
    >>> claim({"https://square.example/roles": "admins"}, "https://square.example/roles")
    'admins'
    """
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _signing(keys: dict[str, Any]) -> Any:
    """The keys of a set that sign; others may be of kinds that we need not know."""
    known = {"RSA", "EC", "OKP"}
    chosen = [
        key for key in keys["keys"] if key.get("use", "sig") == "sig" and key.get("kty") in known
    ]
    return {"keys": chosen}


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(answer.content)
    except msgspec.DecodeError:
        value = None
    if answer.status_code != 200 or not isinstance(value, dict):
        raise _unavailable(f"it answered with status {answer.status_code}")
    return value


def _error_of(answer: httpx.Response) -> str:
    try:
        return _plain(str(msgspec.json.decode(answer.content)["error"]))
    except (msgspec.DecodeError, KeyError, TypeError):
        return f"status {answer.status_code}"


def _plain(text: str) -> str:
    """The name of an error as OAuth has them; nothing else of what somebody sent is shown."""
    known = 0 < len(text) <= 60 and all(c.isascii() and (c.isalnum() or c in "_-") for c in text)
    return f"`{text}`" if known else "an error"


def _wrong(why: str) -> ServiceError:
    return ServiceError(
        "unauthenticated",
        f"Single sign-on did not work: {why}. Try again.",
        zh=f"单点登录未成功（{why}），请重试。",
    )


def _unavailable(why: str) -> ServiceError:
    return ServiceError(
        "unavailable",
        f"The provider of single sign-on does not answer as it should: {why}. Try again later.",
        zh=f"单点登录服务暂时不可用（{why}），请稍后再试。",
    )
