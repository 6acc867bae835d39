"""Merchants and ads for tests: the service's parts over one store, and who works with them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from portreeve.schemas.access import Scope
from portreeve.schemas.commerce.ads import AdDecision, NewAd
from portreeve.schemas.commerce.customers import AddCustomers, NewCustomer
from portreeve.schemas.commerce.merchants import (
    DecideLicence,
    Merchant,
    MerchantFacts,
    NewLicence,
    PlanPaid,
)
from portreeve.service.actor import Actor
from portreeve.service.commerce.ad_market import AdMarket
from portreeve.service.commerce.ads import Ads
from portreeve.service.commerce.broadcasts import Broadcasts
from portreeve.service.commerce.customers import Customers
from portreeve.service.commerce.merchants import Merchants
from portreeve.service.commerce.staff import Staff
from portreeve.service.context import Context
from portreeve.service.policies import Policies
from portreeve.service.screening import Screening
from portreeve.service.stored import Stored

HOST = Actor("host", frozenset({Scope.ads, Scope.merchants, Scope.screen}))
VERA = Actor("vera", frozenset({Scope.merchants, Scope.merchants_verify}))
"""Who verifies licences."""

REASON = "编号与发证机关的记录不符。"
"""Why a licence was refused."""

MASKS = "面膜89元一盒 加微信 abc12345 下单"


class Desk:
    """Merchants, as the service puts them together. It does not screen until it is started."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.policies = Policies(context)
        self.screening = Screening(context, self.policies, Stored(context, self.policies))
        self.merchants = Merchants(context)
        self.staff = Staff(context)
        self.customers = Customers(context)
        self.broadcasts = Broadcasts(context, self.screening)

    def register(
        self, account: str = "shop", *kinds: str, public_account: str | None = None
    ) -> Merchant:
        """A merchant that claims licences."""
        licences = [NewLicence(kind=kind, authority="市场监督管理局") for kind in kinds]
        facts = MerchantFacts(
            name="小王护肤", contact="13000000000", public_account=public_account,
            licences=licences,
        )  # fmt: skip
        return self.merchants.register(HOST, account, facts)

    def verify(self, account: str = "shop", state: Any = "verified") -> Merchant:
        """A person decides on every licence that waits."""
        found = self.merchants.get(VERA, account)
        for one in found.licences:
            if one.state != state:
                found = self.merchants.decide_licence(
                    VERA,
                    account,
                    one.id,
                    DecideLicence(state=state, reason=None if state == "verified" else REASON),
                )
        return found

    def open(self, account: str = "shop", *staff: str, **more: Any) -> None:
        """A merchant that is verified and has paid, with staff."""
        self.register(account, "business", **more)
        self.verify(account)
        self.pay(account)
        for one in staff:
            self.staff.join(HOST, account, one)

    def pay(self, account: str = "shop", days: int = 365) -> Merchant:
        """A plan that is paid."""
        until = self.context.now() + timedelta(days=days)
        return self.merchants.pay(HOST, account, PlanPaid(until=until))

    def add(self, staff: str, *customers: str, account: str = "shop", **more: Any) -> Any:
        """Customers who agreed just now."""
        when: datetime = more.get("opted_in", self.context.now())
        listed = [NewCustomer(customer=one, opted_in=when, how="qr") for one in customers]
        return self.customers.add(HOST, account, AddCustomers(staff=staff, customers=listed))


class Shop(Desk):
    """Merchants and ads, with screening that runs."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.policies.seed()
        self.screening.warm()
        self.screening.start()
        self.ads = Ads(context, self.screening, self.policies)
        self.market = AdMarket(context)

    def stop(self) -> None:
        self.screening.stop()

    def ad(self, id: str, account: str, title: str, **more: Any) -> AdDecision:
        """An ad, decided."""
        landing = more.pop("landing", "https://shop.example/")
        return self.ads.submit(
            HOST, NewAd(id=id, account=account, title=title, landing=landing, **more)
        )
