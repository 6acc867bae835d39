"""Merchants, ads, live sales, deals and partners, so that requests reach what they ask for."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portreeve.commerce.enrolment import Statement, sign

if TYPE_CHECKING:
    from canary.desk import Desk

SHOES = "真皮皮鞋、运动鞋专卖，全场199元起，七天无理由退换"
ORANGES = "水果拼团，20斤脐橙12元，满2人成团"
SHOP = "https://item.taobao.com/item.htm?id=100"
BUSINESS = {"kind": "business", "authority": "City market office"}
ROOM = {"room": "room-7", "operator": "boss", "anchor": "mei", "maker": "factory",
        "platform": "square", "currency": "CNY"}  # fmt: skip
FACTS = {"entity_verified": True, "privacy_policy": True, "asks_people": True,
         "passes_data_on": False, "sells_goods": True, "keeps_days": 7,
         "violation_free_days": 400}  # fmt: skip
SCHOOL = Ed25519PrivateKey.from_private_bytes(bytes(32))


class Trade:
    """What there is of commerce, and for each operation a body that is taken."""

    def __init__(self, desk: Desk) -> None:
        self._ask = desk.ask
        self._now = datetime.now(UTC)
        self._merchants(desk)
        self._live_sales()
        self._deals()
        self._ask("POST", "/v1/ads", self._ad())
        self._ask("PUT", "/v1/partners/market", self._application("market ltd"))
        self._ask("PUT", "/v1/partners/mall", self._application("mall ltd"))
        self.token = self._ask("POST", "/v1/partners/market/tokens", {"days": 1})
        self.interest = self._ask("POST", "/v1/interests", self._stake())["id"]

    def bodies(self) -> dict[str, Any]:
        """By operation, a body that is taken."""
        agreed = {"customer": "ben", "opted_in": self._at(-1), "how": "qr"}
        return {
            "register_merchant": {
                "name": "小美护肤", "contact": "13000000000", "licences": [BUSINESS],
            },
            "file_licence": BUSINESS,
            "decide_licence": {"state": "verified"},
            "pay_plan": {"until": self._at(24)},
            "remove_staff": {"to": []},
            "add_customers": {"staff": "li", "customers": [agreed]},
            "opt_out_customers": {"customers": ["cam"]},
            "tag_customers": {"word": "老客户", "customers": ["ann"]},
            "ask_broadcast": {"staff": "li", "customers": ["ann"]},
            "post_to_followers": {"id": "f-1", "text": SHOES},
            "submit_ad": self._ad(),
            "put_ad_bid": {"amount": 120, "currency": "CNY", "clicks": 500},
            "compose_ad_page": {"results": ["r-1", "r-2", "r-3"], "ads": ["ad-1"]},
            "compare_market": {
                "ours": "one", "theirs": "two", "currency": "CNY",
                "searches": [{"engine": "one", "device": "desktop", "searches": 35},
                             {"engine": "two", "device": "desktop", "searches": 50}],
                "revenue": [{"engine": "one", "amount": 6}, {"engine": "two", "amount": 12}],
            },
            "put_live_sale": ROOM,
            "disclose_seller": {"seller": "factory", "begins": self._at(-1)},
            "add_promotion": self._praise("show-3"),
            "add_telling": self._telling("t-3"),
            "add_live_order": self._order("order-3", "show-2"),
            "prove_fake": self._proof("order-2"),
            "sanction_promoters": {"reason": "You knew."},
            "withdraw_harm": {"reason": "The samples were mixed up."},
            "trust_checker": self._checker(),
            "show_enrolment": self._enrolment("wei"),
            "open_deal": self._deal(),
            "join_deal": {"account": "wei"},
            "apply_for_scopes": self._application("market ltd"),
            "make_partner_token": {"days": 1},
            "end_partner": {"reason": "asked"},
            "check_partner_token": {"token": self.token["token"], "scope": "feed.read"},
            "compare_partners": {"first": "market", "second": "mall"},
            "register_interest": self._stake(),
            "end_interest": {"ends": self._at(0)},
            "check_link": {"surface": "moments", "link": "http://t.cn/abc1234", "chain": [SHOP],
                           "account": "seller"},
        }  # fmt: skip

    def places(self) -> dict[str, dict[str, str]]:
        """By operation, the names of what is there."""
        named = {
            "cream": ("get_live_sale", "trace_live_sale", "get_ledgers", "sanction_promoters"),
            "scarf": ("disclose_seller", "add_promotion", "add_telling", "add_live_order",
                      "prove_fake"),
            "hat": ("put_live_sale",),
            self.harm: ("get_harm", "withdraw_harm"),
            self.checker: ("revoke_checker",),
            "lin": ("get_enrolment",),
            "wei": ("show_enrolment",),
            "noodles": ("get_deal", "join_deal", "check_deal", "list_deal_members"),
            "pancakes": ("open_deal",),
            "market": ("apply_for_scopes", "get_partner", "make_partner_token",
                       "get_partner_outcome", "list_partner_tokens"),
            "mall": ("end_partner",),
            self.token["id"]: ("revoke_partner_token",),
            self.interest: ("end_interest",),
            "ad-1": ("get_ad",),
        }  # fmt: skip
        return {
            **{name: {"account": "shop"} for name in _OF_SHOP},
            **{name: {"id": id} for id, names in named.items() for name in names},
            "register_merchant": {"account": "stall"},
            "decide_licence": {"account": "shop", "id": self.licence},
            "end_merchant": {"account": "kiosk"},
            "add_staff": {"account": "shop", "staff": "li"},
            "remove_staff": {"account": "shop", "staff": "bo"},
            "get_broadcast": {"account": "shop", "id": self.broadcast},
            "put_ad_bid": {"ad": "ad-1"},
        }

    def _merchants(self, desk: Desk) -> None:
        """A verified merchant that has paid, with staff, customers and a licence that waits; and
        one to be ended. Another person than the administrator filed what the latter verifies."""
        scopes = {"name": "shop-host", "scopes": ["merchants"]}
        host = desk.ask("POST", "/v1/keys", scopes)["secret"]
        facts = {"name": "小王护肤", "contact": "13000000000", "public_account": "shop-news",
                 "licences": [BUSINESS, {**BUSINESS, "kind": "food"}]}  # fmt: skip
        found = self._ask("PUT", "/v1/merchants/shop", facts, key=host)
        business, self.licence = (one["id"] for one in found["licences"])
        verified = {"state": "verified"}
        self._ask("POST", f"/v1/merchants/shop/licences/{business}/decide", verified)
        self._ask("PUT", "/v1/merchants/shop/plan", {"until": self._at(24)})
        for staff in ("li", "bo"):
            self._ask("PUT", f"/v1/merchants/shop/staff/{staff}")
        listed = [{"customer": name, "opted_in": self._at(-1), "how": "qr"}
                  for name in ("ann", "cam")]  # fmt: skip
        added = {"staff": "li", "customers": listed}
        self._ask("POST", "/v1/merchants/shop/customers", added)
        asked = self._ask("POST", "/v1/merchants/shop/broadcasts", {"staff": "bo"})
        self.broadcast = asked["id"]
        self._ask("PUT", "/v1/merchants/kiosk", {"name": "小李", "contact": "1"})

    def _live_sales(self) -> None:
        """Goods that proved fake, and others with an order that may prove so."""
        self._ask("PUT", "/v1/accounts/mei", {"language": "en"})
        for sale, number in (("cream", 1), ("scarf", 2)):
            path = f"/v1/live-sales/{sale}"
            self._ask("PUT", path, ROOM)
            self._ask("POST", f"{path}/tellings", self._telling(f"t-{number}"))
            self._ask("POST", f"{path}/promotions", self._praise(f"show-{number}"))
            order = self._order(f"order-{number}", f"show-{number}")
            self._ask("POST", f"{path}/orders", order)
        self.harm = self._ask("POST", "/v1/live-sales/cream/harms", self._proof("order-1"))["id"]

    def _deals(self) -> None:
        """A school that is trusted, students, a deal that is open, and an item for another."""
        key = base64.b64encode(SCHOOL.public_key().public_bytes_raw()).decode()
        self._ask("POST", "/v1/enrolment-checkers", {"campus": "north", "public_key": key})
        another = {**self._checker(), "campus": "east"}
        self.checker = self._ask("POST", "/v1/enrolment-checkers", another)["id"]
        for account in ("lin", "wei"):
            self._ask("PUT", f"/v1/accounts/{account}/enrolment", self._enrolment(account))
        for id in ("noodles", "pancakes"):
            item = {"id": id, "text": ORANGES, "surface": "group_buy", "account": "wok",
                    "standing": "campus_member", "audience": "campus:north"}  # fmt: skip
            assert self._ask("POST", "/v1/screen", item)["state"] == "published"
        self._ask("PUT", "/v1/deals/noodles", self._deal())
        assert self._ask("POST", "/v1/deals/noodles/members", {"account": "lin"})["joined"]

    def _at(self, hours: float) -> str:
        return (self._now + timedelta(hours=hours)).isoformat()

    def _enrolment(self, account: str) -> dict[str, Any]:
        said = Statement(
            account=account, campus="north", result="enrolled",
            issued=self._now - timedelta(hours=1), expires=self._now + timedelta(days=30),
        )  # fmt: skip
        return {"proof": sign(said, SCHOOL)}

    def _praise(self, id: str) -> dict[str, Any]:
        return {"id": id, "account": "mei", "time": self._at(-2), "reach": 20_000}

    def _telling(self, id: str) -> dict[str, Any]:
        return {"id": id, "account": "mei", "kind": "test_report", "time": self._at(-3)}

    def _order(self, id: str, promotion: str) -> dict[str, Any]:
        return {
            "id": id, "promotion": promotion, "buyer": "lin", "time": self._at(-1), "paid": 9_900,
        }  # fmt: skip

    def _proof(self, order: str) -> dict[str, Any]:
        return {
            "orders": [order], "proof": "test_report", "digest": "a" * 64, "found": self._at(0),
        }  # fmt: skip

    def _deal(self) -> dict[str, Any]:
        return {
            "organiser": "wok", "campus": "north", "price": 1_200, "currency": "CNY",
            "threshold": 2, "deadline": self._at(24),
        }  # fmt: skip

    def _stake(self) -> dict[str, Any]:
        return {"party": "mall ltd", "kind": "invested", "begins": self._at(-1)}

    @staticmethod
    def _ad() -> dict[str, Any]:
        return {
            "id": "ad-1", "account": "shop", "title": SHOES, "text": "包邮",
            "landing": "https://shop.example/",
        }  # fmt: skip

    @staticmethod
    def _application(party: str) -> dict[str, Any]:
        return {"name": "Market", "party": party, "facts": FACTS,
                "scopes": ["feed.read", "share.link"]}  # fmt: skip

    @staticmethod
    def _checker() -> dict[str, Any]:
        return {"campus": "south", "public_key": base64.b64encode(bytes(31) + b"\1").decode()}


_OF_SHOP = (
    "get_merchant", "file_licence", "pay_plan", "add_customers", "list_customers",
    "opt_out_customers", "tag_customers", "list_tags", "ask_broadcast", "post_to_followers",
)  # fmt: skip
