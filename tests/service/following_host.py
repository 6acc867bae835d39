"""A service that follows links, beside the host of tests/links: in a network of its own.

The shortener ``t.cn`` is played here; what comes of some items is told on standard output.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import threading
import time

import sqlalchemy as sa
from tests.links import host

from portreeve.schemas.screening import Submission
from portreeve.service.actor import PORTREEVE
from portreeve.service.service import Service
from portreeve.service.settings import Settings
from portreeve.store.tables.core import events, items
from portreeve.store.tables.links import followed_links, link_items

host.NAMES |= {"t.cn": [host.PUBLIC], "detail.tmall.com": [host.PUBLIC]}
host.GOOD["shop"] = "http://detail.tmall.com/item?seller=canary-8833"
LATER = {
    "sells": "周末好物看这里 t.cn/shop",
    "harmless": "今天的日落 http://t.cn/idn",
    "inner": "点这里 http://t.cn/metadata",
    "many": " ".join(f"t.cn/many-{n}" for n in range(9)),
}


def serve(served: host.Host) -> None:
    """Answer names and requests, in a thread of its own."""

    async def run() -> None:
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(host.NameServer, local_addr=("127.0.0.1", 53))
        await asyncio.start_server(served.serve, "0.0.0.0", 80)
        ready.set()
        await asyncio.Event().wait()

    ready = threading.Event()
    threading.Thread(target=lambda: asyncio.run(run()), daemon=True).start()
    ready.wait(10)


def screened(service: Service, id: str, text: str) -> list[object]:
    [post] = service.screening.screen(PORTREEVE, [Submission(id=id, text=text, account=id)])
    return [post.verdict.value, [reason.rule for reason in post.reasons]]


def play() -> dict[str, object]:
    """What comes of items with short links, at once and after their links were followed."""
    served = host.Host()
    serve(served)
    service = Service.open(Settings(data=tempfile.mkdtemp(), follow_links=True, memory=False))
    service.start()
    first = {id: screened(service, id, text) for id, text in LATER.items()}
    told = {"at_once": first, "state_at_once": service.state()["links"]}
    until = time.monotonic() + 20
    wanted = sa.select(sa.func.count()).select_from(link_items)
    while time.monotonic() < until:
        with service.context.database.read() as connection:
            if not connection.execute(wanted).scalar_one():
                break
        time.sleep(0.05)
    told["known_at_once"] = screened(service, "sells-too", "好东西在 T.cn/shop")
    told["repeated"] = screened(service, "sells", LATER["sells"])
    with service.context.database.read() as connection:
        told["states"] = dict(map(tuple, connection.execute(sa.select(items.c.id, items.c.state))))
        late = sa.select(events.c.subject).where(events.c.type == "decision.late")
        told["late"] = len(connection.execute(late).all())
        rows = sa.select(followed_links.c.leads, followed_links.c.refusal)
        told["kept"] = sorted(map(list, connection.execute(rows)), key=str)
        told["waiting"] = connection.execute(wanted).scalar_one()
    told["asked"] = sum("/many-" in request for request in served.requests)
    told["hits"] = sorted(set(served.hits))
    told["cookies"] = any("cookie" in request.lower() for request in served.requests)
    told["metrics"] = [
        line
        for line in service.measured(PORTREEVE).decode().splitlines()
        if line.startswith("portreeve_links") and "_created" not in line
    ]
    told["health"] = service.state()["links"]
    service.stop()
    found = [
        path
        for folder, _, names in os.walk(service.context.folder)
        for path in (os.path.join(folder, name) for name in names)  # noqa: PTH118
        if b"canary-8833" in open(path, "rb").read()  # noqa: PTH123, SIM115
    ]
    told["address_kept"] = len(found)
    return told


if __name__ == "__main__":
    host.namespace()
    sys.stdout.write(json.dumps(play()))
    sys.stdout.flush()
    os._exit(0)
