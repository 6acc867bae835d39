"""Links: closed in Moments, open one to one, shortened and coded ones too."""

import re
import socket

import msgspec
import pytest
import sqlalchemy as sa

from portreeve.model import Surface
from portreeve.schemas.access import Scope
from portreeve.schemas.commerce.links import LinkCheck
from portreeve.schemas.enforcement import Imposition
from portreeve.service.actor import Actor
from portreeve.service.commerce.links import Links
from portreeve.service.sanctions import Sanctions
from portreeve.store.tables import metadata
from service.desk import refusal
from service.factories import ANN, Shipped, account

SHOP = "https://item.taobao.com/item.htm?id=100"
SHORT = "http://t.cn/abc1234"


@pytest.fixture
def links(context):
    return Links(context, Shipped())


def check(links, link, surface="moments", **more):
    return links.check(ANN, LinkCheck(surface=Surface(surface), link=link, **more))


@pytest.mark.parametrize(
    ("reason", "link", "chain", "surface", "clause", "leads_to"),
    [
        ("a marketplace in Moments", SHOP, [], "moments", "10.1", "marketplace"),
        ("another marketplace", "https://www.amazon.com/dp/B0", [], "moments", "10.1",
         "marketplace"),
        ("its rival", "https://mobile.yangkeduo.com/goods.html?id=1", [], "moments", "10.1",
         "marketplace"),
        ("a shop hosted for one seller", "https://x.myshopify.com/p/1", [], "moments", "10.1",
         "shop_builder"),
        ("in a comment", SHOP, [], "comment", "10.1", "marketplace"),
        ("in a group", SHOP, [], "group", "10.1", "marketplace"),
        ("shared from an app", SHOP, [], "share_api", "10.1", "marketplace"),
        ("without a scheme", "item.taobao.com/item.htm?id=100", [], "moments", "10.1",
         "marketplace"),
        ("shortened, the host knows", SHORT, [SHOP], "moments", "10.1", "marketplace"),
        ("shortened twice", SHORT, ["http://dwz.cn/x", SHOP], "moments", "10.1", "marketplace"),
        ("by way of a harmless page", SHORT, ["https://a.example.org", SHOP], "moments", "10.1",
         "marketplace"),
        ("shortened, nobody knows", SHORT, [], "moments", "K1.2", "shortener"),
        ("in a circle", SHORT, [SHORT], "moments", "K1.3", "shortener"),
        ("passed on six times", SHORT, [f"a{n}.example.org" for n in range(6)], "moments",
         "K1.1", None),
        ("a password code", "￥AbCd1234xYz￥", [], "moments", "10.1", "marketplace"),
        ("a password code in its words", "复制这条信息，$CodeCode123$，到【手机淘宝】即可查看", [],
         "moments", "10.1", "marketplace"),
        ("a code that the host has resolved", "￥AbCd1234xYz￥", [SHOP], "moments", "10.1",
         "marketplace"),
        ("a link of an app", "taobao://item.taobao.com/item.htm?id=1", [], "moments", "10.1",
         "marketplace"),
        ("help me cut the price", "https://m.example.com/kanjia/100", [], "moments", "7.2",
         "bargain"),
        ("group buying", "https://ktt.pinduoduo.com/groups/detail/1", [], "group", "7.3",
         "group_buy"),
        ("a payment waits for a person", "https://qr.alipay.com/abc", [], "moments", "10.6",
         "payment"),
    ],
)  # fmt: skip
def test_closed(reason, link, chain, surface, clause, leads_to, links):
    found = check(links, link, surface, chain=chain)
    assert not found.open
    assert found.reasons[0].clause == clause
    assert found.reasons[0].verdict in ("refuse", "hold")
    assert found.reasons[0].because.en
    assert found.leads_to == leads_to


@pytest.mark.parametrize(
    ("reason", "link", "chain", "surface", "label", "leads_to"),
    [
        ("an article", "https://www.example.org/temple", [], "moments", None, None),
        ("news", "https://news.cn/x", [], "moments", None, "news"),
        ("a short link to an article, once that is known", SHORT, ["https://news.cn/x"], "moments",
         None, "news"),
        ("a marketplace in a public account", SHOP, [], "public_account", None, "marketplace"),
        ("words that are no code", "weekend at the old book market", [], "moments", None, None),
    ],
)  # fmt: skip
def test_open(reason, link, chain, surface, label, leads_to, links):
    found = check(links, link, surface, chain=chain)
    assert found.open
    assert (found.label and found.label.en, found.leads_to) == (label, leads_to)


def test_one_to_one_every_class_opens_by_a_list_that_the_client_has(links):
    listed = links.classes(ANN)
    by_name = {one.name: one for one in listed.classes}
    assert by_name["marketplace"].opens
    assert not by_name["marketplace"].shown_first
    assert by_name["shortener"].shown_first
    assert all(one.opens for one in listed.classes)
    assert listed.hosts["taobao.com"] == "marketplace"
    assert set(listed.hosts.values()) | set(listed.schemes.values()) <= set(by_name)
    assert listed.version == links.classes(ANN).version
    wrapped = next(one for one in listed.share_codes if one.id == "wrapped_code")
    assert re.search(wrapped.regex, "￥AbCd1234xYz￥")
    assert (listed.clause, wrapped.link_class) == ("K2.1", "marketplace")


def test_a_link_of_a_private_chat_is_not_taken(links):
    code, detail = refusal(lambda: check(links, "https://canary.example.org/", "private_chat"))
    assert code == "sealed-surface"
    assert "GET /v1/links/classes" in detail
    assert "canary" not in detail


def test_a_surface_that_is_off_has_no_links(links):
    assert refusal(lambda: check(links, SHOP, "short_video"))[0] == "invalid"


def test_nothing_of_a_link_is_stored(links):
    check(links, "https://canary.example.org/secret", chain=[SHOP], account="lin")
    with links._context.database.read() as connection:
        for table in metadata.tables.values():
            for row in connection.execute(sa.select(table)):
                assert "canary" not in str(row), table.name


def test_no_network_is_asked(links, monkeypatch):
    def called(*_, **__):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "getaddrinfo", called)
    monkeypatch.setattr(socket, "create_connection", called)
    assert not check(links, SHORT).open


def test_a_host_may_give_its_own_resolver(context):
    class Known:
        def next(self, address):
            return {"t.cn/abc1234": SHOP}.get(address)

    found = check(Links(context, Shipped(), Known()), SHORT)
    assert (found.open, found.reasons[0].clause) == (False, "10.1")


def test_links_of_an_account_that_is_blocked_open_nowhere(links, context):
    account(context.database, "lin")
    article = "https://www.example.org/temple"
    assert check(links, article, account="lin").open
    Sanctions(context).impose(
        ANN, Imposition(account="lin", kind="block_links", days=3, reason="Funnels.")
    )
    found = check(links, article, account="lin")
    assert (found.open, found.reasons[0].rule) == (False, "account.block_links")
    assert check(links, article, account="wei").open


def test_every_marketplace_alike(links):
    """The answer is the same for each host of the class, but for nothing."""
    hosts = [h for h, kind in links.classes(ANN).hosts.items() if kind == "marketplace"]
    answers = {
        msgspec.json.encode(check(links, f"https://{host}/x")) for host in (*hosts[:5], *hosts[-5:])
    }
    assert len(answers) == 1


def test_scopes(links):
    nobody = Actor("eve", frozenset({Scope.partners}))
    request = LinkCheck(surface=Surface.moments, link=SHOP)
    assert refusal(lambda: links.check(nobody, request))[0] == "forbidden"
    assert refusal(lambda: links.classes(nobody))[0] == "forbidden"


def test_the_table_of_links_says_what_each_link_is_told(links):
    found = links.surfaces(ANN)
    assert found.policy == Shipped().at("acquaintance", None).policy.label
    table = {
        (row.name, cell.surface): (cell.open, cell.clause)
        for row in found.classes
        for cell in row.surfaces
    }
    assert table["marketplace", Surface.moments] == (False, "10.1")
    assert table["shortener", Surface.moments] == (False, "K1.2")
    assert table["news", Surface.moments] == (True, None)
    assert all(surface is not Surface.private_chat for _, surface in table)
    for row in found.classes[:12]:
        for cell in row.surfaces:
            asked = check(links, row.example, cell.surface)
            assert asked.open == cell.open, (row.name, cell.surface)
    reader = Actor("eve", frozenset({Scope.screen}))
    assert refusal(lambda: links.surfaces(reader))[0] == "forbidden"


def test_what_is_not_about_links_closes_none(links):
    assert check(links, "https://example.org/a", "group_buy").open
    assert check(links, "https://example.org/a", "search_ad").reasons == []
