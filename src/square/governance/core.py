"""How Square is governed; read this first.

Three things. It asks before anything is published (:meth:`Governor.ask`). It listens for what is
decided later, by people or by time (:meth:`Governor.hear`). And it brings to people what they are
owed: notices, appeals, reports (:meth:`Governor.notices` and what follows it).

Whatever cannot be asked because Portreeve does not answer waits unpublished, and is asked again
(:meth:`Governor.catch_up`): nothing is published unasked, and nothing is lost.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import msgspec

from portreeve.client import Client, PortreeveError, verify_webhook
from portreeve.model import Evidence
from portreeve.schemas.accounts import Account
from portreeve.schemas.appeals import AppealProgress, FileAppeal
from portreeve.schemas.enforcement import Notice
from portreeve.schemas.pictures import PictureUpload
from portreeve.schemas.reports import ReportItem
from portreeve.schemas.screening import Reason, Screened, Submission
from portreeve.schemas.webhooks import Message, NewWebhook, Replay, Webhook, WebhookChange
from square.database import Database, Row, now
from square.franking import Stamper
from square.governance.opened import OpenedMessages
from square.governance.standing import Standing
from square.governance.telling import Telling

_PATIENCE = timedelta(seconds=1)
_log = logging.getLogger("square.governance")


class Ruling(msgspec.Struct, frozen=True):
    """What the author of a post is shown of the decision on it."""

    verdict: str
    reasons: list[Reason]
    evidence: list[Evidence]
    appeal_until: datetime | None = None


class Governor:
    """Asks Portreeve, listens to it, and keeps Square as it says."""

    def __init__(
        self, database: Database, client: Client, network: str, stamper: Stamper, pictures: Path
    ) -> None:
        """``pictures``: the folder in which they lie."""
        self._pictures = pictures
        self._database = database
        self._client = client
        self._network = network
        self.stamper = stamper
        self.opened = OpenedMessages(client, network, stamper)
        self.telling = Telling(database, client)
        self.standing = Standing(database, client, network)
        self._hears: dict[str, Callable[[Message], object]] = {
            "item.*": self._item,
            "comments.*": self._comments,
            "decision.late": lambda message: self.refresh(message.data["item"]),
            "sanction.*": lambda message: self.standing.refresh(message.data["account"]),
            "followers.*": self.standing.move_followers,
        }
        self._beside: dict[str, Callable[[Row], dict[str, Any]]] = {}

    def also(
        self,
        hears: Mapping[str, Callable[[Message], object]],
        beside: Mapping[str, Callable[[Row], dict[str, Any]]],
    ) -> None:
        """Hear more than posts need, and tell more of posts on some surfaces than their words."""
        self._hears |= hears
        self._beside |= beside

    # asking

    def ask(self, post: Row) -> str:
        """Ask whether a post may appear, note the answer, and say what state it is in now.

        A post that cannot be asked about is ``held``, and asked about later.
        """
        public = post["surface"] == "public_account"
        account = post["place"] if public else post["author"]
        with self._database.write() as tx:
            tx.execute("UPDATE posts SET asked = ? WHERE id = ?", (now(), post["id"]))
        try:
            submission = Submission(
                id=post["id"],
                network=self._network,
                surface=post["surface"],
                account=account,
                parent=post["parent"],
                text=post["text"],
                time=datetime.fromisoformat(post["written"]),
                pictures=self._sent(post["picture"], account),
                **self._beside.get(post["surface"], _nothing)(post),
            )
            self._note(post["id"], self._client.screen(submission))
        except PortreeveError as error:
            _log.warning("a post waits: %s", error.code)
        found = self._database.one("SELECT state FROM posts WHERE id = ?", post["id"])
        assert found is not None
        if found["state"] == "deleted":  # while it was asked about
            with self._database.write() as tx:
                self.telling.gone(tx, post["id"])
        return str(found["state"])

    def _sent(self, name: str | None, account: str) -> list[str]:
        """What Portreeve calls the picture of a post, which it is sent first; none for a video.

        Raises:
            PortreeveError: it cannot be sent now, or cannot be read: the post waits.
        """
        if name is None or not name.endswith(".jpg"):
            return []
        file = PictureUpload(account=account, data=(self._pictures / name).read_bytes())
        return [self._client.add_picture(file).id]

    def catch_up(self) -> None:
        """Ask about what could not be asked about, and tell what could not be told."""
        self.telling.settle()
        waiting = self._database.all(
            "SELECT * FROM posts WHERE decision IS NULL AND state = 'held' AND asked < ? "
            "ORDER BY asked LIMIT 100",
            now(datetime.now(UTC) - _PATIENCE),
        )
        for post in waiting:
            self.ask(post)

    # listening

    def listen(self, url: str) -> None:
        """See that Portreeve tells Square what happens, at this address; what was missed, again."""
        types = list(self._hears)
        webhook = self._webhook()
        if webhook is None:
            new = NewWebhook(url=url, types=types, description="Square, the friends' network")
            made = self._client.create_webhook(new)
            self._database.keep("webhook.secret", made.secret)
            self._database.keep("webhook.id", made.id)
        elif not webhook.enabled or (webhook.url, webhook.types) != (url, types):
            change = WebhookChange(url=url, types=types, enabled=True)
            self._client.change_webhook(webhook.id, change)
            if not webhook.enabled:
                since = webhook.last_success or webhook.created
                self._client.replay_webhook(webhook.id, Replay(since=since))

    def hear(self, headers: Mapping[str, str], body: bytes) -> None:
        """Act on a message of Portreeve's; one that came before is not acted on again.

        Messages may come late and out of order, so an item is brought to what Portreeve says it is
        now, not to what the message says it was.

        Raises:
            ValueError: the message is not Portreeve's.
            PortreeveError: it cannot be acted on now.
        """
        message = verify_webhook(self._database.kept("webhook.secret") or "", headers, body)
        name = headers["webhook-id"]
        if self._database.one("SELECT 1 FROM heard WHERE id = ?", name) is not None:
            return
        for pattern, act in self._hears.items():
            if fnmatch(message.type, pattern):
                act(message)
        with self._database.write() as tx:
            tx.execute("INSERT OR IGNORE INTO heard VALUES (?, ?)", (name, now()))

    def refresh(self, post: str) -> None:
        """Bring a post to what Portreeve says of it now."""
        old = self._database.one("SELECT decision FROM posts WHERE id = ?", post)
        if old is None:
            return
        item = self._client.get_item(post)
        decision = self._client.get_decision(item.decision)
        changes: dict[str, Any] = {
            "state": item.state,
            "hidden": item.hidden_by is not None,
            "decision": item.decision,
        }
        if old["decision"] != item.decision:
            ruling = Ruling(decision.verdict, decision.reasons, [])
            changes |= shown(ruling) | {"reach": None}
        self._change(post, changes, "state != 'deleted'")

    def _comments(self, message: Message) -> None:
        """What comments answer was taken down, or is back."""
        for item in message.data["items"]:
            self.refresh(item)

    def _item(self, message: Message) -> None:
        """Something is to be done with a post; only this message says how far a limit goes."""
        self.refresh(message.data["subject"])
        if message.type == "item.limited":
            reach = {"reach": message.data["reach"]}
            self._change(message.data["subject"], reach, "decision = ?", message.data["decision"])

    # what people are owed

    def notices(self, person: str) -> list[Notice] | None:
        """What a person is told, the newest first; None while Portreeve does not answer."""
        try:
            return self._client.list_notices(person).items
        except PortreeveError as error:
            return [] if error.status == 404 else None

    def appeal(self, decision: str, words: str) -> AppealProgress:
        """Contest a decision for a person.

        Raises:
            PortreeveError: it cannot be contested, for the reason that the error says.
            UnreachableError: not now.
        """
        return self._client.file_appeal(FileAppeal(decision=decision, words=words))

    def report(self, item: str, reporter: str, words: str | None) -> None:
        """Report a post.

        Raises:
            PortreeveError: it was not taken.
        """
        self._client.report_item(ReportItem(item=item, reporter=reporter, words=words))

    def account(self, person: str) -> Account | None:
        """What a person has against them; None while nothing is known."""
        try:
            return self._client.get_account(person)
        except PortreeveError:
            return None

    def _webhook(self) -> Webhook | None:
        """The webhook that was made for Square, if Portreeve still has it."""
        name = self._database.kept("webhook.id")
        try:
            return None if name is None else self._client.get_webhook(name)
        except PortreeveError as error:
            if error.status != 404:
                raise
            return None

    def _note(self, post: str, screened: Screened) -> None:
        """Keep what was decided of a post, unless more was heard of it meanwhile."""
        ruling = Ruling(
            screened.verdict, screened.reasons, screened.evidence, screened.appeal_until
        )
        decided = {
            "state": screened.state,
            "decision": screened.decision,
            "reach": screened.reach,
        }
        self._change(post, decided | shown(ruling), "decision IS NULL AND state != 'deleted'")
        self._change(post, shown(ruling), "decision = ?", screened.decision)

    def _change(self, post: str, changes: Mapping[str, Any], where: str, *values: object) -> None:
        columns = ", ".join(f"{name} = ?" for name in changes)
        with self._database.write() as tx:
            tx.execute(
                f"UPDATE posts SET {columns} WHERE id = ? AND {where}",
                (*changes.values(), post, *values),
            )


def _nothing(_: Row) -> dict[str, Any]:
    return {}


def shown(ruling: Ruling) -> dict[str, str | None]:
    """What is kept of a decision to be shown: why, for the author; and its label, for everybody."""
    labels = [one.label for one in ruling.reasons if one.label is not None]
    label = labels[0] if ruling.verdict == "label" and labels else None
    return {
        "ruling": msgspec.json.encode(ruling).decode(),
        "label_en": None if label is None else label.en,
        "label_zh": None if label is None else label.zh,
    }


def sees(post: Row, viewer: str) -> bool:
    """Whether a post whose reach is limited reaches a friend: always the same ones.

    >>> [sees({"id": "p-1", "reach": 0.5}, friend) for friend in ("ann", "bob", "cai", "dan")]
    [False, False, True, False]
    """
    reach = post["reach"]
    if reach is None:
        return True
    drawn = hashlib.blake2b(f"{post['id']} {viewer}".encode(), digest_size=4).digest()
    return int.from_bytes(drawn, "big") < float(reach) * 2**32
