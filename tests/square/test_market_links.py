"""Links of posts over HTTP: cards, closed where Portreeve says so, and shared from apps."""

import pytest
from plaza import fits, words_of

SHOP = "https://item.taobao.com/item.htm?id=100"
ARTICLE = "https://www.example.org/temple"


@pytest.fixture
def friends(plaza):
    ann, bob, cai = plaza.join("en"), plaza.join("en"), plaza.join("en")
    plaza.friends(ann, bob)
    return ann, bob, cai


def test_a_link_is_a_card_that_says_where_it_leads(friends):
    ann, bob, cai = friends
    post = ann.share(f"一篇讲古建筑的好文章 {ARTICLE}")
    page = bob.get("/")
    assert f'href="/links/{post}/0"' in page
    assert "Link to www.example.org" in words_of(page)
    opened = bob.get(f"/links/{post}/0")
    assert f'href="{ARTICLE}"' in opened
    assert bob.http.get(f"/links/{post}/1").status_code == 404
    assert cai.http.get(f"/links/{post}/0").status_code == 404


def test_a_hidden_target_stays_closed_in_moments_with_the_reason(friends):
    ann, bob, _ = friends
    post = ann.share("毕业照都放在这里了 http://t.cn/abc1234")
    answer = bob.http.get(f"/links/{post}/0")
    assert answer.status_code == 403
    assert "Rule K1.2 This link hides where it leads" in words_of(answer.text)
    assert 'href="http://t.cn' not in answer.text


def test_a_marketplace_link_is_refused_in_moments(friends):
    ann, bob, _ = friends
    assert "Rule 10.1" in words_of(ann.post("/moments", text=f"这件外套好看 {SHOP}"))
    assert not bob.sees(ann.latest())


def test_what_an_app_offers_is_shared_with_friends_only(friends):
    ann, bob, cai = friends
    page = ann.get(f"/share?url={ARTICLE}&title=古建筑")
    assert "www.example.org" in words_of(page)
    ann.post("/share", url=ARTICLE, text="一篇讲古建筑的好文章")
    post = ann.latest()
    assert (bob.sees(post), cai.sees(post)) == (True, False)
    row = ann.plaza.database.one("SELECT surface FROM posts WHERE id = ?", post)
    assert row["surface"] == "share_api"


def test_a_card_of_a_marketplace_is_refused_with_the_reason(friends):
    ann, bob, _ = friends
    page = words_of(ann.post("/share", url=SHOP, text="看看"))
    assert "This is not published. Rule 10.1 Links and codes to marketplaces" in page
    assert not bob.sees(ann.latest())
    assert "no address that can be shared" in ann.get("/share?url=javascript:alert(1)")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_fits_a_phone(language, phone, friends):
    page = phone(friends[0], language)
    page.goto(f"/share?url={ARTICLE}")
    assert fits(page)
