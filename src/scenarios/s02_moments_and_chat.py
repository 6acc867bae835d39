"""Scenario 2: a promotion is refused in Moments, and the same words reach a friend in a chat."""

from __future__ import annotations

import os
import secrets
from datetime import UTC, datetime

import httpx

from portreeve.client import PortreeveError
from scenarios import browser, drawing
from scenarios.chats import Chatter
from scenarios.findings import Findings, Scenario
from scenarios.people import Person, Written
from scenarios.search import digests, in_files, in_memory, needles
from scenarios.stage import Stage
from square.franking import to_text

_FRIENDS = 200
_PROMOTION = "蜗牛补水面膜到货，一盒89三盒240，包邮，想要的加微信 mei00000 下单"
_SHOWN = "蜗牛补水面膜到货，一盒89，三盒240，包邮，要的扫码"
_HOST, _CODE = "u.wechat.com", "https://u.wechat.com/MeiSnaiL20141"
_GUIDE = "https://museum.example/guide"
_WALK = "河边的芦苇白了"
_LETTERS = "山川风月花雪云霞松竹梅兰溪石鹤舟"


def _play(stage: Stage, found: Findings) -> None:
    merchant = stage.person("mei")
    friends = []
    for number in range(_FRIENDS):
        stage.say(f"{number + 1} of {_FRIENDS} join")
        friends.append(stage.person(f"friend{number:03}"))
    stage.friends(merchant, friends)
    mark = "".join(secrets.choice(_LETTERS) for _ in range(12))
    merchant.share(f"{_WALK}，{mark}")
    _in_moments(stage, merchant, friends, found)
    _in_a_browser(stage, merchant, found)
    _in_a_chat(stage, merchant, friends[0], mark, found)
    _no_field(stage, found)


def _in_moments(stage: Stage, merchant: Person, friends: list[Person], found: Findings) -> None:
    stage.say("the promotion in Moments")
    written = merchant.share(_PROMOTION)
    feeds = [" ".join(post.words for post in friend.feed()) for friend in friends]
    seeing = sum("蜗牛补水面膜" in feed for feed in feeds)
    walks = sum(_WALK in feed for feed in feeds)
    found("the promotion in Moments", written.state, f"{written.decision}")
    found("strongest clause", written.clauses[0], f"all: {', '.join(written.clauses)}")
    found("places in the text it rests on", written.quotes, "shown to its author")
    found("it says how to comply", _says(written, "如何改正"))
    found("it says where to go instead", _says(written, "企业账号"))
    found("it says how to appeal", written.decision is not None and _says(written, "申诉"))
    found("friends whose feed shows it", seeing, f"feeds of {len(friends)} friends read")
    found("friends whose feed shows a post about reeds", walks, f"of {len(friends)}")
    poster = drawing.code(_CODE)
    shown = stage.person("meis-sister").share(_SHOWN, poster)
    found("the promotion with a QR code", shown.state, f"{shown.decision}")
    found("where the code leads, told to its author", _HOST in shown.quotes, _HOST)
    told = stage.until("the notice", lambda: _quoted(stage, shown.decision))
    found("the code's own words, in the notice", _CODE in told, _CODE)
    twin = stage.person("guide").share("河边美术馆的语音导览，扫码就能听", drawing.code(_GUIDE))
    found("a museum's QR code", twin.state)


def _quoted(stage: Stage, decision: str | None) -> list[str] | None:
    """What the notice quotes of the post that was decided on."""
    try:
        notice = stage.host.get_decision_notice(decision or "")
    except PortreeveError as error:
        if error.status == 404:
            return None
        raise
    return [quote.words for quote in notice.evidence]


def _in_a_browser(stage: Stage, merchant: Person, found: Findings) -> None:
    """The same, as she sees it on her phone."""
    checks = ("on her phone: why, beside her words", "on her phone: she can appeal there")
    if (why := browser.lacking()) is not None:
        for check in checks:
            found.leave_out(check, why)
        return
    stage.say("a look in Chromium")
    picture = stage.pair.folder / "refused.png"
    looked = browser.write_in_moments(merchant.square, merchant.session, _PROMOTION, picture)
    shown = "第 3.1 条" in looked.why and looked.words == _PROMOTION and not looked.sideways
    found(checks[0], shown, f"{picture.name}, Chromium, 390 pixels wide")
    found(checks[1], looked.appeal)


def _in_a_chat(stage: Stage, merchant: Person, friend: Person, mark: str, found: Findings) -> None:
    stage.say("the same words in a chat")
    canary = f"canary{secrets.token_hex(8)}"
    said = [f"{_PROMOTION} {canary}", canary, f"e\u0301 \u202e{canary}\u202c 👩‍👩‍👧 \n\n  尾  "]
    sender, recipient = Chatter(merchant), Chatter(friend)
    sealed = [sender.send(recipient, text) for text in said]
    got = [message.text for message in recipient.received(sender)]
    same = [one.encode() == other.encode() for one, other in zip(said, got, strict=True)]
    found("messages delivered byte for byte", same.count(True), f"{len(said)} sent")
    _searched(stage, said, canary, mark, [_as_text(one.data) for one in sealed], found)


def _searched(
    stage: Stage, said: list[str], canary: str, mark: str, sealed: list[bytes], found: Findings
) -> None:
    stage.say("looking for the canary in files")
    words = needles(canary)
    wanted = words + [digest for text in said for digest in digests(text)]
    files = sum(path.is_file() for path in stage.pair.folder.rglob("*"))
    found(
        "files of either system that hold it", in_files(stage.pair.folder, wanted),
        f"{files} files: tables, logs, indexes, keys; as text, in UTF-16, hex, base64, packed, "
        "and as a digest",
    )  # fmt: skip
    control = in_files(stage.pair.folder, needles(mark))
    found("the same search finds a post of Moments", bool(control), ", ".join(control))
    kept = in_files(stage.pair.folder, sealed)
    found("and the sealed messages, at the host only", _systems(kept), ", ".join(kept))
    stage.say("looking for the canary in memory")
    try:
        found(
            "processes that hold it in their memory",
            [name for name, one in stage.pair.processes.items() if in_memory(one.pid, words)],
            f"all writable memory of {', '.join(stage.pair.processes)}: more than a crash file has",
        )
        found("the client, which wrote it, does", in_memory(os.getpid(), words))
    except OSError as error:
        why = f"this system lets nobody look ({error})"
        found.leave_out("processes that hold it in their memory", why)
        found.leave_out("the client, which wrote it, does", why)


def _no_field(stage: Stage, found: Findings) -> None:
    """There is no way in for words of a chat, by whoever would send them."""
    headers = {"Authorization": f"Bearer {stage.pair.admin_key}"}
    item = {"id": "chat-1", "account": "mei", "surface": "private_chat", "text": "x"}
    event = {
        "kind": "friend_added", "account": "mei", "time": datetime.now(UTC).isoformat(),
        "text": "x",
    }  # fmt: skip
    with httpx.Client(base_url=stage.pair.url, headers=headers, timeout=30) as http:
        screened = http.post("/v1/screen", json=item).json()
        told = http.post("/v1/relations", json={"events": [event]}).json()
    found("a chat's text handed to screening", screened.get("code"), screened.get("detail", ""))
    found("a text beside a relation event", told.get("code"), told.get("detail", ""))


def _says(written: Written, words: str) -> bool:
    return words in written.words


def _as_text(data: bytes) -> bytes:
    return to_text(data).encode()


def _systems(files: list[str]) -> list[str]:
    return sorted({name.split("/", maxsplit=1)[0] for name in files})


SCENARIO = Scenario(
    number=2,
    title="A promotion in Moments, then in a chat",
    expected={
        "the promotion in Moments": "refused",
        "strongest clause": "3.1",
        "places in the text it rests on": [
            "补水面膜",
            "到货",
            "包邮",
            "想要的加微信 mei00000",
            "下单",
        ],
        "it says how to comply": True,
        "it says where to go instead": True,
        "it says how to appeal": True,
        "friends whose feed shows it": 0,
        "friends whose feed shows a post about reeds": 200,
        "the promotion with a QR code": "refused",
        "where the code leads, told to its author": True,
        "the code's own words, in the notice": True,
        "a museum's QR code": "published",
        "on her phone: why, beside her words": True,
        "on her phone: she can appeal there": True,
        "messages delivered byte for byte": 3,
        "files of either system that hold it": [],
        "the same search finds a post of Moments": True,
        "and the sealed messages, at the host only": ["square-acquaintance"],
        "processes that hold it in their memory": [],
        "the client, which wrote it, does": True,
        "a chat's text handed to screening": "sealed-surface",
        "a text beside a relation event": "invalid",
    },
    play=_play,
)
