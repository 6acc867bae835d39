"""Where Square meets Portreeve: everything that a network needs to be governed.

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
from datetime import UTC, datetime

import msgspec

from portreeve.client import Client, PortreeveError, UnreachableError, verify_webhook
from portreeve.model import Evidence
from portreeve.schemas.accounts import Account, AccountFacts, RelationEvent, RelationEvents
from portreeve.schemas.appeals import AppealProgress, FileAppeal
from portreeve.schemas.enforcement import Notice
from portreeve.schemas.reports import ReportItem
from portreeve.schemas.screening import Reason, Screened, Submission
from portreeve.schemas.webhooks import NewWebhook
from square.database import Database, Row, now

EVENTS = ["item.*", "comments.*", "decision.late", "account.erased", "webhook.test"]
"""What Square must hear of."""

_log = logging.getLogger("square.governance")


class Ruling(msgspec.Struct, frozen=True):
    """What the author of a post is shown of the decision on it."""

    verdict: str
    reasons: list[Reason]
    evidence: list[Evidence]
    appeal_until: datetime | None = None


class Governor:
    """Asks Portreeve, listens to it, and keeps Square as it says."""

    def __init__(self, database: Database, client: Client, network: str) -> None:
        self._database = database
        self._client = client
        self._network = network

    def ask(self, post: Row, *, links: list[str] | None = None) -> str:
        """Ask whether a post may appear, note the answer, and say what state it is in now.

        A post that cannot be asked about is ``held``, and asked about later.
        """
        submission = Submission(
            id=post["id"],
            network=self._network,
            surface=post["surface"],
            account=post["author"],
            parent=post["parent"],
            text=post["text"],
            links=links or [],
            time=datetime.fromisoformat(post["edited"] or post["written"]),
        )
        try:
            screened = self._client.screen(submission)
        except UnreachableError:
            self._note(post["id"], "held", None)
            return "held"
        self._note(post["id"], screened.state, screened)
        return screened.state

    def gone(self, post: str) -> None:
        """Tell that a post was deleted by its author."""
        self._client.delete_item(post)

    def catch_up(self) -> int:
        """Ask about what could not be asked about; how many there were."""
        waiting = self._database.all(
            "SELECT * FROM posts WHERE decision IS NULL AND state = 'held' ORDER BY written "
            "LIMIT 100"
        )
        for post in waiting:
            self.ask(post)
        return len(waiting)

    def listen(self, url: str) -> None:
        """See that Portreeve tells Square what happens, at this address."""
        if self._database.kept("webhook.url") == url:
            return
        made = self._client.create_webhook(
            NewWebhook(url=url, types=EVENTS, description="Square, the friends' network")
        )
        self._database.keep("webhook.secret", made.secret)
        self._database.keep("webhook.url", url)

    def hear(self, headers: Mapping[str, str], body: bytes) -> None:
        """Act on a message of Portreeve's; one that came before is not acted on again.

        Messages may come late and out of order, so an item is brought to what Portreeve says it is
        now, not to what the message says it was.

        Raises:
            WebhookError: the message is not Portreeve's.
        """
        message = verify_webhook(self._database.kept("webhook.secret") or "", headers, body)
        name = headers["webhook-id"]
        if self._database.one("SELECT 1 FROM heard WHERE id = ?", name) is not None:
            return
        if message.type.startswith("item."):
            self.refresh(message.data["subject"])
        elif message.type.startswith("comments."):
            for item in message.data["items"]:
                self.refresh(item)
        elif message.type == "decision.late":
            self.refresh(message.data["item"])
        with self._database.write() as tx:
            tx.execute("INSERT OR IGNORE INTO heard VALUES (?, ?)", (name, now()))

    def refresh(self, post: str) -> None:
        """Bring a post to what Portreeve says of it now."""
        if self._database.one("SELECT 1 FROM posts WHERE id = ?", post) is None:
            return
        item = self._client.get_item(post)
        decision = self._client.get_decision(item.decision)
        labels = [reason.label for reason in decision.reasons if reason.label is not None]
        label = labels[0] if decision.verdict == "label" and labels else None
        ruling = Ruling(decision.verdict, decision.reasons, [])
        with self._database.write() as tx:
            old = tx.execute("SELECT decision, ruling FROM posts WHERE id = ?", (post,)).fetchone()
            kept = old["ruling"] if old["decision"] == item.decision else None
            tx.execute(
                "UPDATE posts SET state = ?, hidden = ?, decision = ?, label_en = ?, label_zh = ?, "
                "reach = CASE WHEN ? = 'limit' THEN reach END, ruling = ? WHERE id = ?",
                (
                    item.state, item.hidden_by is not None, item.decision,
                    label and label.en, label and label.zh, decision.verdict,
                    kept or msgspec.json.encode(ruling).decode(), post,
                ),
            )  # fmt: skip

    def notices(self, person: str) -> list[Notice]:
        """What a person is told, the newest first; none while Portreeve does not answer."""
        try:
            return self._client.list_notices(person).items
        except PortreeveError:
            return []

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

    def standing(self, person: str) -> Account | None:
        """What a person has against them; None while nothing is known."""
        try:
            return self._client.get_account(person)
        except PortreeveError:
            return None

    def tell_of(self, person: Row, *, friends: int) -> None:
        """Tell what Square knows of a person."""
        facts = AccountFacts(
            language=person["language"],
            created=datetime.fromisoformat(person["joined"]),
            friends=friends,
        )
        self._tell(lambda: self._client.put_account(person["id"], facts))

    def tell_of_friends(self, *people: str) -> None:
        """Tell that each of these people has a new friend: that, and not whom."""
        events = [
            RelationEvent(kind="friend_added", account=person, time=datetime.now(UTC))
            for person in people
        ]
        self._tell(lambda: self._client.add_relations(RelationEvents(events=events)))

    def _tell(self, tell: Callable[[], object]) -> None:
        """Tell something that Portreeve can do without, should it not answer."""
        try:
            tell()
        except PortreeveError as error:
            _log.warning("not told: %s", type(error).__name__)

    def _note(self, post: str, state: str, screened: Screened | None) -> None:
        """Keep what was decided of a post."""
        label = None
        ruling = None
        if screened is not None:
            labels = [reason.label for reason in screened.reasons if reason.label is not None]
            label = labels[0] if screened.verdict == "label" and labels else None
            ruling = Ruling(
                screened.verdict, screened.reasons, screened.evidence, screened.appeal_until
            )
        with self._database.write() as tx:
            tx.execute(
                "UPDATE posts SET state = ?, decision = ?, reach = ?, label_en = ?, label_zh = ?, "
                "ruling = ? WHERE id = ?",
                (
                    state,
                    screened and screened.decision,
                    screened and screened.reach,
                    label and label.en,
                    label and label.zh,
                    ruling and msgspec.json.encode(ruling).decode(),
                    post,
                ),
            )


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
