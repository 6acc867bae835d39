"""The floor of the HTTP part: a handler that decodes a submission and answers, and does no more.

``python -m bench.bare PORT``. The same server, parser and message types as the service's; what is
missing is the work.
"""

from __future__ import annotations

import sys
from typing import Any

import msgspec
import uvicorn

from portreeve.schemas.screening import Submission

_DECODE = msgspec.json.Decoder(Submission).decode
_ENCODE = msgspec.json.Encoder().encode


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer each submission with its id."""
    if scope["type"] != "http":
        return
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    id = _DECODE(body).id if body else None
    answer = _ENCODE({"id": id, "verdict": "allow"})
    length = str(len(answer)).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", length)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


if __name__ == "__main__":
    uvicorn.run(
        app, port=int(sys.argv[1]), log_level="error", access_log=False, lifespan="off",
        loop="uvloop", http="httptools",
    )  # fmt: skip
