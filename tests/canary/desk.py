"""A store with something of everything in it, so that requests reach what they ask for."""

from __future__ import annotations

import base64
import io
import json
from datetime import UTC, datetime
from typing import Any

import segno

from canary.trade import Trade
from faults.process import Service
from franking_cases import KEYS, OPENING_KEY, stamped
from portreeve.franking import Report
from service.policy_cases import mild

SALE = "面膜89元一盒 加微信 abc12345 下单"


class Desk:
    """What there is, and for each operation a body that is taken."""

    def __init__(self, service: Service) -> None:
        self._service = service
        post = {"id": "i-1", "account": "seller", "text": SALE}
        self.decision = self.ask("POST", "/v1/screen", post)["decision"]
        self.ask("POST", "/v1/screen", {"id": "i-2", "account": "ann", "text": "猫"})
        self.key = self.ask("POST", "/v1/keys", {"name": "k", "scopes": ["screen"]})["id"]
        self.hook = self.ask("POST", "/v1/webhooks", {"url": "http://127.0.0.1:9/hook"})["id"]
        claim = {"reporter": "rob", "account": "mal", "words": "what happened"}
        self.report = self.ask("POST", "/v1/reports/claims", claim)["id"]
        self.case = self.ask("GET", "/v1/cases")["items"][0]["id"]
        self.ask("POST", f"/v1/cases/{self.case}/claim")
        appeal = {"decision": self.decision, "words": "why I am right"}
        self.appeal = self.ask("POST", "/v1/appeals", appeal)["id"]
        given = {"account": "seller", "network": "acquaintance", "kind": "mute", "days": 1,
                 "reason": "by hand"}  # fmt: skip
        self.sanction = self.ask("POST", "/v1/sanctions", given)["id"]
        self.version = self.ask("POST", "/v1/policies", {"text": mild(), "rationale": "Why."})
        for key in KEYS.keys:
            self.ask("POST", "/v1/franking/keys", self._key(key))
        self.bank = self.ask("POST", "/v1/picture-banks", {"name": "masks"})["id"]
        known = {"pdq": "f8" * 32, "label": "1"}
        self.known = self.ask("POST", f"/v1/picture-banks/{self.bank}/pictures", known)["id"]
        self.trade = Trade(self)

    def ask(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """An answer that must be a success. ``key``: of whoever asks, if not the administrator."""
        headers = None if key is None else {"Authorization": f"Bearer {key}"}
        status, answer = self._service.request(method, path, body, headers=headers)
        assert status in (200, 204), answer
        return answer

    def franked(self, message: str, id: str) -> dict[str, Any]:
        """A report of one opened message, genuine and sent just now."""
        plain = message.encode()
        stamp = stamped(message=plain, time=datetime.now(UTC), message_id=id)
        made = Report(message=plain, opening_key=OPENING_KEY, stamp=stamp, reporter="bob")
        return {"reporter": "bob", "report": json.loads(made.to_json())}

    def bodies(self) -> dict[str, Any]:
        """By operation, a body that is taken."""
        screened = {"id": "i-3", "account": "ann", "text": SALE}
        time = "2014-06-01T00:00:00Z"
        return {
            "screen": screened,
            "screen_batch": {"items": [screened]},
            "undo_decision": {"reason": "wrong"},
            "add_picture": {"account": "ann", "data": _pictured(SALE)},
            "create_picture_bank": {"name": "posters", "words": "of masks"},
            "change_picture_bank": {"words": "of masks"},
            "add_bank_picture": {"pdq": "0f" * 32, "label": "2", "tags": ["mask"]},
            "import_picture_bank": {"data": _encoded(f"pdq {'aa' * 32}\n".encode())},
            "put_account": {"language": "en"},
            "add_relations": {
                "events": [{"kind": "friend_added", "account": "a", "other": "b", "time": time}]
            },
            "impose_sanction": {
                "account": "x", "network": "acquaintance", "kind": "mute", "days": 1, "reason": "r",
            },
            "lift_sanction": {"reason": "wrong"},
            "report_item": {"item": "i-2", "reporter": "rob"},
            "report_claim": {"reporter": "rob", "account": "mal", "words": "what happened"},
            "report_franked": self.franked("要药吗？便宜", "m-1"),
            "add_franking_key": self._key(KEYS.keys[1]),
            "hand_over_case": {"to": "bob", "note": "you know her"},
            "note_on_case": {"note": "seen"},
            "decide_case": {"verdict": "allow", "reason": "nothing there", "rules": []},
            "request_release": {"reason": "to see", "minutes": 5},
            "file_appeal": {"decision": self.decision, "words": "why"},
            "decide_appeal": {"outcome": "upheld", "reply": "because"},
            "submit_reading": {"reading": "x", "verdict": "allow", "reason": "fine"},
            "propose_policy": {"text": mild("9"), "rationale": "Why."},
            "rollback_policy": {"rationale": "Why."},
            "withdraw_policy_change": {"change": "x", "rationale": "Why."},
            "approve_policy": {"sha256": self.version["sha256"]},
            "dissent_from_policy": {"words": "No."},
            "preview_policy": {},
            "activate_policy": {},
            "shadow_policy": {"on": True},
            "roll_out_policy": {"percent": 1},
            "begin_retroactive_pass": {},
            "acknowledge_alarm": {"note": "seen"},
            "search_log": {"where": "promotion > 0.5"},
            "decide_campaign": {"reason": "seen", "everybody": {"kind": "warn"}},
            "undo_campaign_decision": {"reason": "wrong"},
            "refer_campaign": {},
            "create_key": {"name": "n", "scopes": ["screen"]},
            "create_webhook": {"url": "http://127.0.0.1:9/hook"},
            "change_webhook": {"description": "for what"},
            "rotate_webhook_secret": {"overlap_hours": 1},
            "replay_webhook": {"deliveries": []},
        } | self.trade.bodies()  # fmt: skip

    def places(self) -> dict[str, dict[str, str]]:
        """By operation, the names of what is there."""
        version = {"name": self.version["network"], "version": self.version["version"]}
        named = {
            "get_item": "i-2", "delete_item": "i-2", "get_decision": self.decision,
            "undo_decision": self.decision, "get_decision_notice": self.decision,
            "put_account": "ann", "get_account": "ann", "list_notices": "seller",
            "erase_account": "nobody-at-all", "get_sanction": self.sanction,
            "lift_sanction": self.sanction, "get_report": self.report, "get_key": self.key,
            "revoke_key": self.key, "get_webhook": self.hook, "change_webhook": self.hook,
            "delete_webhook": "whk_none", "rotate_webhook_secret": self.hook,
            "test_webhook": self.hook, "list_deliveries": self.hook, "get_delivery": self.hook,
            "replay_webhook": self.hook, "get_appeal": self.appeal, "claim_appeal": self.appeal,
            "read_appeal_evidence": self.appeal, "decide_appeal": self.appeal,
            **dict.fromkeys(_OF_CASES, self.case),
        }  # fmt: skip
        return (
            {name: {"id": id} for name, id in named.items()}
            | dict.fromkeys(_OF_POLICIES, version)
            | {name: {"id": self.bank} for name in _OF_BANKS}
            | {"remove_bank_picture": {"id": self.bank, "picture": self.known}}
            | self.trade.places()
        )

    @staticmethod
    def _key(key: Any) -> dict[str, Any]:
        public = base64.urlsafe_b64encode(key.public_key).rstrip(b"=").decode()
        return {
            "key_id": key.key_id, "public_key": public,
            "valid_from": key.valid_from.isoformat(),
            "valid_until": key.valid_until and key.valid_until.isoformat(),
        }  # fmt: skip


def _pictured(words: str) -> str:
    """A picture with a code that says some words, in base64."""
    file = io.BytesIO()
    segno.make(words).save(file, kind="png", scale=4)
    return _encoded(file.getvalue())


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


_OF_CASES = (
    "get_case", "get_case_history", "note_on_case", "read_evidence", "list_releases",
    "request_release", "grant_release", "decide_case", "claim_case",
)  # fmt: skip
_OF_POLICIES = (
    "get_policy", "approve_policy", "dissent_from_policy", "preview_policy", "activate_policy",
    "shadow_policy", "roll_out_policy", "begin_retroactive_pass", "rollback_policy",
    "withdraw_policy_change", "get_policy_in_force", "list_policy_changes",
    "get_shadow_report", "list_retroactive_passes",
)  # fmt: skip
_OF_BANKS = (
    "get_picture_bank", "change_picture_bank", "list_bank_pictures", "add_bank_picture",
    "import_picture_bank", "export_picture_bank",
)  # fmt: skip
