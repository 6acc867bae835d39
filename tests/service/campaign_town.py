"""A small town of sellers for tests of campaigns: a tree of thirty, a family, two rival shops."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa

from portreeve.policy.samples import sample_text
from portreeve.schemas.access import Scope
from portreeve.schemas.campaigns import (
    Campaign,
    CampaignDecision,
    CampaignQuery,
    CampaignRecord,
    DecideCampaign,
    InNetwork,
)
from portreeve.schemas.screening import Submission
from portreeve.service.actor import PORTREEVE, Actor
from portreeve.service.context import Context
from portreeve.service.service import Service
from portreeve.store.tables import core, enforcement
from portreeve.store.tables.cases import cases
from service.policy_cases import in_force
from service.support import FakeClock

NETWORK = "sample"
HERE = InNetwork(network=NETWORK)
ANN = Actor("ann", frozenset({Scope.cases, Scope.sanctions, Scope.accounts, Scope.evidence}))
BEN = Actor("ben", frozenset({Scope.cases, Scope.sanctions, Scope.accounts}))
READER = Actor("reader", frozenset({Scope.cases}))

_POLICY = """\
ladders: { selling: { steps: [{ at: 1, sanction: mute, for: 7d }] } }
rules:
  - id: no-selling
    clause: "1"
    surfaces: [comment]
    when: promotion >= 0.9
    verdict: refuse
    ladder: selling
    strike: 1
    because: { en: No selling., zh: 不卖货。 }
    examples: { refuse: [{ text: 面膜89元一盒 加微信 abc12345, surface: comment }] }
  - id: no-mention
    clause: "2"
    surfaces: [comment]
    when: promotion >= 0.9
    verdict: label
    label: { en: Selling., zh: 卖货。 }
    because: { en: It sells., zh: 涉及卖货。 }
    examples: { refuse: [{ text: 面膜89元一盒 加微信 abc12345, surface: comment }] }"""
_GOODS = (
    "补水面膜一盒89元，三盒包邮，敷完第二天上妆特别服帖",
    "纯羊毛围巾冬天必备，一条128，两条200，颜色齐全可以看实拍",
    "手工皂洗脸不紧绷，孕妇宝宝都能用，36元一块满三块送起泡网",
    "316不锈钢保温杯，早上装的热水晚上还烫嘴，58元送杯刷",
    "头层牛皮钱包，专柜同款做工，199元支持货到付款不满意退",
    "降噪蓝牙耳机续航三十小时，坐地铁听歌完全没有杂音，159元",
    "乳胶枕头泰国直邮，颈椎不好的朋友一定要试试，一对298元",
    "有机蜂蜜自家蜂场，今年的新蜜刚摇出来，两斤装75元",
    "儿童防水雨靴，卡通款软底不磨脚，尺码齐全49元一双",
    "智利车厘子空运到货，五斤装268元坏果包赔",
)
_CAPTION = "中秋一家人终于凑齐了，奶奶做的月饼还是小时候的味道，祝大家团团圆圆"


class Town:
    """The service over one context, and the posts of the town."""

    def __init__(self, context: Context, clock: FakeClock) -> None:
        self.service = Service(context)
        self.service.policies.seed()
        in_force(self.service.policies, clock, sample_text(_POLICY))
        self.campaigns = self.service.campaigns
        self.database = context.database
        self.clock = clock
        self._count = 0
        self.service.screening.start()

    def stop(self) -> None:
        """Let go of memory and of the engine."""
        self.service.screening.stop()
        self.service.remembering.close()

    def post(self, *posts: tuple[str, str, float]) -> None:
        """Screen posts: account, text, and so many hours before now."""
        now = self.clock()
        items = []
        for account, text, hours in posts:
            self._count += 1
            items.append(
                Submission(
                    id=f"p-{self._count}", account=account, text=text, network=NETWORK,
                    time=now - timedelta(hours=hours),
                )
            )  # fmt: skip
        self.service.screening.screen(PORTREEVE, items)

    def shop(self, accounts: list[str], contact: str, hours: float = 5) -> None:
        """Accounts sell with one contact, each something else."""
        self.post(
            *(
                (account, f"{_GOODS[at % len(_GOODS)]}，要的加微信 {contact}", hours - at * 0.1)
                for at, account in enumerate(accounts)
            )
        )

    def tree(self) -> None:
        """Thirty people in three levels under ``a1``, who pass on what is above them; and a family
        of eight that passes on one caption."""
        above = {2: 1, 3: 1} | {n: 2 + n % 2 for n in range(4, 31)}
        chance = np.random.default_rng(5)
        posts = []
        for day, goods in enumerate(_GOODS):
            there = {1: 0.0}
            for account, upline in above.items():
                if upline in there and chance.random() < 0.8:
                    there[account] = there[upline] + (2 + float(np.exp(chance.uniform(0, 4)))) / 60
            text = f"{goods}，要的加微信 bigboss88，招代理"
            posts += [(f"a{n}", text, 24.0 * (11 - day) - at) for n, at in there.items()]
        posts += [(f"family-{n}", _CAPTION, 30 - n * 0.2) for n in range(8)]
        self.post(*sorted(posts, key=lambda post: -post[2]))

    def look(self) -> list[Campaign]:
        """What the workers do in ten seconds; the campaigns then."""
        self.service.remembering.advance()
        self.campaigns.cases.watch()
        return self.list()

    def list(self) -> list[Campaign]:
        """All campaigns."""
        return self.campaigns.list(READER, CampaignQuery(network=NETWORK)).items

    def get(self, campaign: str) -> CampaignRecord:
        """One campaign."""
        return self.campaigns.get(READER, campaign, HERE)

    def decide(self, campaign: str, actor: Actor = ANN, **asked: Any) -> CampaignDecision:
        """Decide a campaign; what follows is drawn."""
        request = DecideCampaign(network=NETWORK, reason="They act as one.", **asked)
        made = self.campaigns.decide(actor, campaign, request)
        self.follow()
        return made

    def follow(self) -> None:
        """Draw what follows from all decisions."""
        while self.service.enforcement.follow():
            pass

    def standing(self) -> dict[str, Any]:
        """What holds now: states of items, strikes that count, sanctions that stand, open cases."""
        i, s, t = core.items.c, enforcement.strikes.c, enforcement.sanctions.c
        wanted = {
            "items": sa.select(i.id, i.state, i.decision).order_by(i.id),
            "strikes": sa.select(s.account, s.decision).where(s.withdrawn.is_(None)),
            "sanctions": sa.select(t.account, t.kind, t.open)
            .where(sa.or_(t.outcome.is_(None), t.outcome == "expired"))
            .order_by(t.account, t.kind),
            "cases": sa.select(cases.c.id, cases.c.state, cases.c.verdict).order_by(cases.c.id),
        }
        with self.database.read() as connection:
            return {
                name: [tuple(row) for row in connection.execute(query)]
                for name, query in wanted.items()
            }

    def audited(self, *actions: str) -> list[tuple[str, str, dict[str, Any]]]:
        """Entries of the audit log: actor, action, detail."""
        a = core.audit.c
        with self.database.read() as connection:
            rows = connection.execute(
                sa.select(a.actor, a.action, a.detail).where(a.action.in_(actions)).order_by(a.seq)
            )
            return [tuple(row) for row in rows]
