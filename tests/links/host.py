"""A test host in a network of its own, where every trick is played and every trap is real.

Run in a new network and mount namespace (``unshare``): its loopback holds public addresses as well
as private ones, on which one server listens; a name server answers through the system's own
resolver. What was asked, and at which address, is told on standard output.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

PUBLIC, PUBLIC_6 = "93.184.216.34", "2606:2800:220:1::1"
INNER = ("169.254.169.254", "10.0.0.7", "100.64.0.1", "192.168.1.1", "172.16.0.1", "198.18.0.1")
INNER_6 = ("fd00::7", "fec0::7", "64:ff9b::a00:7", "2002:a00:7::1", "2002:5db8:d822::1")
NAMES = {
    "short.example.com": [PUBLIC],
    "six.example.com": [PUBLIC_6],
    "inner.example.com": ["10.0.0.7"],
    "mixed.example.com": [PUBLIC, "10.0.0.7"],
    "mixed6.example.com": [PUBLIC, "::1"],
    "mapped.example.com": ["::ffff:127.0.0.1"],
    "xn--fsqu00a.example.com": [PUBLIC],
}
REDIRECTS = {
    "loopback": "http://127.0.0.1/",
    "metadata": "http://169.254.169.254/latest/meta-data/",
    "six": "http://[::1]/",
    "mapped": "http://[::ffff:127.0.0.1]/",
    "mapped-hex": "http://[::ffff:7f00:1]/",
    "compatible": "http://[::127.0.0.1]/",
    "nat64": "http://[64:ff9b::10.0.0.7]/",
    "6to4": "http://[2002:a00:7::1]/",
    "6to4-public": "http://[2002:5db8:d822::1]/",
    "unique-local": "http://[fd00::7]/",
    "site-local": "http://[fec0::7]/",
    "multicast": "http://224.0.0.1/",
    "multicast-6": "http://[ff02::1]/",
    "zero": "http://0.0.0.0/",
    "zero-short": "http://0/",
    "broadcast": "http://255.255.255.255/",
    "decimal": "http://2130706433/",
    "octal": "http://0177.0.0.01/",
    "hex": "http://0x7f000001/",
    "short-form": "http://127.1/",
    "mixed-bases": "http://0x7f.0.0.01/",
    "circled": "http://①②⑦.⓪.⓪.①/",
    "full-width": "http://１２７。０。０。１/",
    "percent": "http://%31%32%37.0.0.1/",
    "trailing-dot": "http://127.0.0.1./",
    "carrier": "http://100.64.0.1/",
    "private-10": "http://10.0.0.7/",
    "private-172": "http://172.16.0.1/",
    "private-192": "http://192.168.1.1/",
    "benchmark": "http://198.18.0.1/",
    "localhost": "http://localhost/",
    "localhost-below": "http://a.localhost/",
    "single-label": "http://intranet/",
    "name-inside": "http://inner.example.com/",
    "two-addresses": "http://mixed.example.com/",
    "two-families": "http://mixed6.example.com/",
    "name-mapped": "http://mapped.example.com/",
    "userinfo": "http://short.example.com@10.0.0.7/",
    "userinfo-public": "http://ann:pass@short.example.com/",
    "backslash": "http:\\\\10.0.0.7\\",
    "no-scheme": "//127.0.0.1/",
    "tab-in-scheme": "ht\ttp://127.0.0.1/",
    "file": "file:///etc/passwd",
    "gopher": "gopher://127.0.0.1:70/x",
    "javascript": "javascript:alert(1)",
    "data": "data:text/html,hello",
    "mail-port": "http://short.example.com:25/",
    "not-an-address": "http://exa mple.com/",
    "nowhere": "http://nowhere.example.com/",
}
GOOD = {
    "page": "/end",
    "relative": "../end",
    "six-public": "http://six.example.com/end",
    "idn": "http://例子.example.com/end",
}


BOMB = gzip.compress(bytes(20_000_000))
"""About 20 KB."""


def namespace() -> None:
    """Addresses on the loopback, and a resolver that asks the name server of this file."""
    ip("link", "set", "lo", "up")
    for address in (PUBLIC, *INNER, PUBLIC_6, *INNER_6):
        kept = ["nodad"] if ":" in address else []
        ip("addr", "add", f"{address}/{128 if ':' in address else 32}", "dev", "lo", *kept)
    folder = Path(tempfile.mkdtemp())
    resolver = folder / "resolv.conf"
    resolver.write_text("nameserver 127.0.0.1\noptions timeout:10 attempts:2\n")
    subprocess.run(["mount", "--bind", resolver, Path("/etc/resolv.conf").resolve()], check=True)


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


class NameServer(asyncio.DatagramProtocol):
    """Answers A and AAAA; ``rebind`` is public when it is first asked, and inner ever after."""

    def __init__(self) -> None:
        self.asked: dict[str, int] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, sender: tuple[str, int]) -> None:
        at, labels = 12, []
        while data[at]:
            labels.append(data[at + 1 : at + 1 + data[at]].decode())
            at += data[at] + 1
        name, kind = ".".join(labels), struct.unpack(">H", data[at + 1 : at + 3])[0]
        addresses = NAMES.get(name, [])
        if name.startswith("rebind"):
            self.asked[name] = self.asked.get(name, 0) + (kind == 1)
            addresses = [PUBLIC if self.asked[name] <= 1 else "10.0.0.7"]
        family = {1: socket.AF_INET, 28: socket.AF_INET6}.get(kind)
        packed = [
            socket.inet_pton(family, address)
            for address in addresses
            if family and (":" in address) == (kind == 28)
        ]
        flags = 0x8180 if addresses else 0x8183
        answer = data[:2] + struct.pack(">HHHHH", flags, 1, len(packed), 0, 0) + data[12 : at + 5]
        for address in packed:
            answer += b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 0, len(address)) + address
        self.transport.sendto(answer, sender)


class Host:
    """One web server on every address; ``hits`` are the addresses at which it was asked."""

    def __init__(self) -> None:
        self.hits: list[str] = []
        self.requests: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except asyncio.IncompleteReadError:
            return  # it spoke TLS, or was cut off
        self.hits.append(writer.get_extra_info("sockname")[0].removeprefix("::ffff:"))
        self.requests.append(request)
        path = request.split(" ")[1]
        try:
            await self.answer(path.strip("/"), writer)
            await writer.drain()
        except ConnectionError:
            pass
        writer.close()

    async def answer(self, path: str, writer: asyncio.StreamWriter) -> None:
        head = "HTTP/1.1 {}\r\nConnection: close\r\nSet-Cookie: a=b\r\n{}\r\n\r\n".format
        html = "Content-Type: text/html"
        if path in REDIRECTS or path in GOOD:
            location = {**REDIRECTS, **GOOD}[path]
            writer.write(head("302 Found", f"Location: {location}").encode("utf-8"))
        elif path.startswith("meta-"):
            tag = f'<meta http-equiv="refresh" content="0;url={REDIRECTS[path[5:]]}">'
            writer.write((head("200 OK", html) + tag).encode())
        elif path.startswith("refresh-"):
            writer.write(head("200 OK", f"Refresh: 0;url={REDIRECTS[path[8:]]}").encode())
        elif path == "good-meta":
            writer.write(
                (head("200 OK", html) + "<meta http-equiv=refresh content=0;/end>").encode()
            )
        elif path == "rebind-now":
            writer.write(head("302 Found", "Location: http://rebind.example.com/again").encode())
        elif path == "again":
            writer.write(head("302 Found", "Location: http://rebind.example.com/inner").encode())
        elif path in ("loop-a", "loop-b"):
            other = "loop-b" if path == "loop-a" else "loop-a"
            writer.write(head("302 Found", f"Location: /{other}").encode())
        elif path.startswith("long-"):
            writer.write(head("302 Found", f"Location: /long-{int(path[5:]) + 1}").encode())
        elif path == "slow-head":
            await asyncio.sleep(30)
        elif path == "drip-head":
            writer.write(b"HTTP/1.1 200 OK\r\n")
            while True:
                writer.write(b"x: y\r\n")
                await writer.drain()
                await asyncio.sleep(0.05)
        elif path == "slow-body":
            writer.write(head("200 OK", html).encode())
            while True:
                writer.write(b"a")
                await writer.drain()
                await asyncio.sleep(0.05)
        elif path in ("endless-body", "endless-chunks"):
            chunks = "\r\nTransfer-Encoding: chunked" if path == "endless-chunks" else ""
            writer.write(head("200 OK", html + chunks).encode())
            while True:
                writer.write(b"1\r\na\r\n" if chunks else b"a" * 4096)
                await writer.drain()
        elif path == "gzip-bomb":
            writer.write(head("200 OK", f"{html}\r\nContent-Encoding: gzip").encode() + BOMB)
        elif path == "huge-header":
            writer.write(head("200 OK", f"x: {'y' * 300_000}").encode())
        elif path == "many-headers":
            writer.write(head("200 OK", "\r\n".join(["x: " + "y" * 90] * 500)).encode())
        elif path == "not-http":
            writer.write(b"220 mail ready\r\n")
        else:
            writer.write((head("200 OK", html) + "<p>the end").encode())


CASES = [
    *REDIRECTS, *GOOD, "meta-metadata", "meta-decimal", "refresh-loopback", "good-meta",
    "rebind-now", "loop-a", "long-1", "slow-head", "drip-head", "slow-body", "endless-body",
    "endless-chunks", "gzip-bomb", "huge-header", "many-headers", "not-http",
]  # fmt: skip
SLOW = ["slow-head", "drip-head", "slow-body"]
"""What never ends is cut short; the rest has all the time that a busy machine may need."""
DIRECT = [
    *(url for url in REDIRECTS.values()),
    "https://short.example.com/",
    "http://closed.example.com:8080/",
]
NAMES["closed.example.com"] = [PUBLIC]


async def play() -> dict[str, object]:
    """What comes of every trick."""
    import msgspec

    from portreeve.links import Limits, Memo, Unwrapper

    host, loop = Host(), asyncio.get_running_loop()
    _, names = await loop.create_datagram_endpoint(NameServer, local_addr=("127.0.0.1", 53))
    for address in ("0.0.0.0", "::"):
        await asyncio.start_server(host.serve, address, 80)
    control = await asyncio.to_thread(unguarded, "http://short.example.com/metadata")
    caught = list(host.hits)
    host.hits.clear()
    host.requests.clear()
    patient = Unwrapper(Memo(), Limits(seconds=30, at_once=8, per_domain=10_000))
    hasty = Unwrapper(Memo(), Limits(seconds=1.5, at_once=8, per_domain=10_000))

    async def told(unwrapper: Unwrapper, urls: list[str]) -> list[dict[str, object]]:
        return [msgspec.to_builtins(one) async for one in unwrapper.unwrap_all(urls)]

    paths = "http://short.example.com/"
    quick = await told(patient, [paths + name for name in CASES if name not in SLOW])
    slow = await told(hasty, [paths + name for name in SLOW])
    answers = {str(one["url"]).removeprefix(paths): one for one in [*quick, *slow]}
    direct = await told(patient, DIRECT)
    return {
        "control": control, "caught": caught, "hits": host.hits, "requests": host.requests,
        "answers": answers, "direct": direct,
        "rebind": names.asked["rebind.example.com"],
    }  # fmt: skip


def unguarded(url: str) -> int:
    """What happens to a client without a guard: it is led to the metadata."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=30).status


if __name__ == "__main__":
    namespace()
    sys.stdout.write(json.dumps(asyncio.new_event_loop().run_until_complete(play())))
    sys.stdout.flush()
    os._exit(0)  # what drips and what never ends is left as it is
