"""Style sheets and scripts: many small files here, one of each kind for the browser.

Their addresses hold a hash of what they say, so a browser keeps them for good and asks for a new
one exactly when it is new. Everything comes from this package: no page asks anything of anybody.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
from dataclasses import dataclass
from importlib.resources import files

_KINDS = {
    "css": b"text/css; charset=utf-8",
    "js": b"text/javascript; charset=utf-8",
    "svg": b"image/svg+xml",
}


@dataclass(frozen=True)
class Asset:
    """A file for browsers."""

    name: str
    media_type: bytes
    body: bytes
    zipped: bytes

    @property
    def address(self) -> str:
        """Where it is served."""
        return f"/static/{self.name}"


@functools.cache
def assets() -> dict[str, Asset]:
    """All of them, by name: ``console.css``, ``console.js``, ``icon.svg``, without the hash."""
    folder = files("portreeve.console") / "static"
    found = {}
    for kind in ("css", "js"):
        parts = sorted(
            (part.name, part.read_bytes())
            for part in (folder / kind).iterdir()
            if part.name.endswith(f".{kind}")
        )
        found[f"console.{kind}"] = _asset("console", kind, b"\n".join(body for _, body in parts))
    found["icon.svg"] = _asset("icon", "svg", (folder / "icon.svg").read_bytes())
    return found


@functools.cache
def by_address() -> dict[str, Asset]:
    """All of them, by the path they are served under."""
    return {asset.address: asset for asset in assets().values()}


def address(name: str) -> str:
    """Where a file is served, such as ``console.css``."""
    return assets()[name].address


def _asset(name: str, kind: str, body: bytes) -> Asset:
    digest = hashlib.sha256(body).hexdigest()[:12]
    return Asset(f"{name}.{digest}.{kind}", _KINDS[kind], body, gzip.compress(body, 9, mtime=0))
