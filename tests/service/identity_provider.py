"""An OpenID Connect provider that says what a test wants, over real HTTP."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT = "portreeve"


class FakeProvider:
    """Answers discovery, keys, tokens and user information; each part can be changed."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.key = new_key("first")
        self.signs_with = self.key
        self.algorithm = "RS256"
        self.claims: dict[str, Any] = {}
        """What the ID token says otherwise than usual; None leaves a claim out."""
        self.told: dict[str, Any] | None = None
        """What the user information says."""
        self.metadata: dict[str, Any] = {}
        self.status = 200
        self.asked: list[str] = []
        self.body: dict[str, list[str]] = {}
        """What the token was asked for with, and the header that it came with."""
        self.authorization: str | None = None
        self.nonce = ""

    def send(self, url: str) -> dict[str, str]:
        """Somebody comes with this address; the parameters they are sent back with."""
        query = parse_qs(urlsplit(url).query)
        self.nonce = query["nonce"][0]
        return {"code": "a-code", "state": query["state"][0]}

    def answer(self, path: str) -> tuple[int, dict[str, Any]]:
        """The answer to a request."""
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            parts = {"authorization_endpoint": "auth", "token_endpoint": "token",
                     "jwks_uri": "jwks", "userinfo_endpoint": "me"}  # fmt: skip
            found = {name: f"{self.url}/{part}" for name, part in parts.items()}
            return 200, {"issuer": self.url, **found, **self.metadata}
        if path == "/jwks":
            return 200, {"keys": [self.key.as_dict(private=False)]}
        if path == "/me":
            return (404, {}) if self.told is None else (200, self.told)
        if self.status != 200:
            return self.status, {"error": "invalid_grant"}
        return 200, {"id_token": self.token(), "access_token": "an-access-token"}

    def token(self) -> str:
        """The ID token."""
        now = int(time.time())
        claims = {
            "iss": self.url, "aud": CLIENT, "sub": "s-1", "iat": now, "exp": now + 300,
            "nonce": self.nonce, "preferred_username": "ann", "name": "Ann Lee",
            "groups": ["trust-safety"],
        } | self.claims  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": self.algorithm, "kid": self.signs_with.kid}
        if self.algorithm == "none":
            from joserfc.jws import JWSRegistry

            return jwt.encode(
                header, claims, self.signs_with, algorithms=["none"],
                registry=JWSRegistry(algorithms=["none"]),
            )  # fmt: skip
        return jwt.encode(header, claims, self.signs_with, algorithms=[self.algorithm])


def new_key(kid: str) -> RSAKey:
    """A key to sign with."""
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


@contextmanager
def serving() -> Iterator[FakeProvider]:
    """A provider at an address of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send(*provider.answer(urlsplit(self.path).path))

        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            provider.body = parse_qs(self.rfile.read(length).decode())
            provider.authorization = self.headers.get("authorization")
            self._send(*provider.answer(self.path))

        def log_message(self, *_: Any) -> None:
            return

        def _send(self, status: int, value: dict[str, Any]) -> None:
            body = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = FakeProvider(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield provider
    server.shutdown()
    server.server_close()
