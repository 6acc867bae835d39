"""Makes ``sealing-vectors.json``, which Python and the browser must both get right.

``python tests/square/sealing_vectors.py`` writes it anew; only a new version of the format may
change it.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from square.sealing import KeyPair, fingerprint, seal

PATH = Path(__file__).with_name("sealing-vectors.json")
MESSAGES = ["", "好的，六点见", "要药吗？", "a" * 220, "a" * 221, "🙂\ufeff\u0000 end", "长" * 2666]


def seed(name: str) -> bytes:
    """32 bytes that follow from a name."""
    return sha256(name.encode()).digest()


def keys(name: str) -> KeyPair:
    """Keys that follow from a name."""
    return KeyPair(X25519PrivateKey.from_private_bytes(seed(name)))


def vectors() -> list[dict[str, str]]:
    """Messages from ann to bob, sealed; bytes in hexadecimal."""
    ann, bob = keys("ann"), keys("bob")
    made = []
    for number, message in enumerate(MESSAGES):
        salt, opening_key = seed(f"salt {number}"), seed(f"opening key {number}")
        sealed = seal(message, ann, bob.public, salt=salt, opening_key=opening_key)
        made.append(
            {
                "message": message,
                "sender_private": seed("ann").hex(),
                "sender_public": ann.public.hex(),
                "recipient_private": seed("bob").hex(),
                "recipient_public": bob.public.hex(),
                "recipient_fingerprint": fingerprint(bob.public),
                "salt": salt.hex(),
                "opening_key": opening_key.hex(),
                "sealed": sealed.data.hex(),
                "commitment": sealed.commitment.hex(),
            }
        )
    return made


if __name__ == "__main__":
    PATH.write_text(json.dumps(vectors(), ensure_ascii=True, indent=1) + "\n", encoding="utf-8")
