"""Public accounts and open groups: found, followed, written to, and what breach won taken back."""

import time

import pytest
import sqlalchemy as sa
from plaza import answer, decide, fits, until, words_of

from portreeve.store.tables.enforcement import relations

INVITES = "关注公众号并转发朋友圈，截图发给客服，免费领取课程一套"
INDUCED = "everywhere.no-induced-sharing"


@pytest.fixture
def people(plaza):
    """Somebody who makes places, and two others."""
    return plaza.join(), plaza.join("en"), plaza.join()


def made(person, kind, name, about=""):
    """Make a place; its id."""
    person.post("/places", kind=kind, name=name, about=about)
    row = person.plaza.database.one("SELECT id FROM places WHERE kind = ? AND name = ?", kind, name)
    return None if row is None else row["id"]


def size(plaza, place):
    query = "SELECT count(*) AS n FROM members WHERE place = ? AND NOT taken"
    return plaza.database.one(query, place)["n"]


def test_what_an_account_writes_reaches_its_followers_and_never_moments(plaza, people):
    ann, bob, cai = people
    plaza.friends(ann, bob)
    place = made(ann, "public_account", "城南面包房", "每天早上出炉")
    assert "每天早上出炉" in bob.get(f"/places/{place}")
    assert "城南面包房" in bob.get("/places?q=面包")
    bob.post(f"/places/{place}/members")
    bob.post(f"/places/{place}/members")
    assert size(plaza, place) == 1
    ann.post(f"/places/{place}/posts", text="今天的全麦面包多烤了一炉，欢迎来店里看看")
    post = ann.latest()
    assert bob.sees(post, "/places")
    assert bob.sees(post, f"/places/{place}")
    assert not bob.sees(post, "/")
    assert not cai.sees(post, "/places")
    assert cai.sees(post, f"/places/{place}")
    assert plaza.portreeve.get_item(post).account == place
    until(lambda: plaza.portreeve.get_account(place).followers == 1)
    bob.post(f"/places/{place}/leave")
    assert not bob.sees(post, "/places")


def test_only_the_owner_writes_and_a_refusal_says_why(plaza, people):
    ann, bob, _ = people
    place = made(ann, "public_account", "城北杂货铺")
    bob.post(f"/places/{place}/posts", text="我来发一条")
    assert plaza.database.one("SELECT 1 FROM posts WHERE author = ?", bob.id) is None
    page = ann.post(f"/places/{place}/posts", text="转发此条集满38个赞，到店免费领取保温杯一个")
    words = words_of(page)
    assert "这条没有发布。" in words
    assert "用好处换别人分享、关注或点赞" in words
    until(lambda: "城北杂货铺" in ann.get("/places"))
    until(lambda: "拿朋友当诱饵" in ann.get("/notices"))


def test_a_group_is_joined_written_in_and_answered(plaza, people):
    ann, bob, cai = people
    place = made(ann, "group", "城西跑步群", "周末一起跑步")
    bob.post(f"/places/{place}/posts", text="还没进群")
    assert plaza.database.one("SELECT 1 FROM posts WHERE author = ?", bob.id) is None
    bob.post(f"/places/{place}/members")
    bob.post(f"/places/{place}/posts", text="周六早上六点老地方见")
    post = bob.latest()
    assert ann.sees(post, "/places")
    assert cai.sees(post, f"/places/{place}")
    assert not ann.sees(post, "/")
    page = ann.post(f"/posts/{post}/comments", text="好的，我带水")
    assert "好的，我带水" in page
    assert "城西跑步群" in page
    assert plaza.portreeve.get_item(post).surface == "group"
    words = words_of(bob.post(f"/places/{place}/posts", text=INVITES))
    assert "This is not published." in words
    assert not ann.sees(bob.latest(), "/places")


def test_joining_is_told_as_metadata_only(plaza, people):
    ann, bob, _ = people
    place = made(ann, "group", "城东书友群")
    bob.post(f"/places/{place}/members")
    until(lambda: not plaza.database.all("SELECT 1 FROM owed"))
    with plaza.service.context.database.read() as connection:
        told = sa.select(relations.c.kind, relations.c.other).where(relations.c.account == bob.id)
        found = [tuple(row) for row in connection.execute(told)]
        owned = sa.select(relations.c.account).where(
            relations.c.kind == "group_owned", relations.c.other == place
        )
        assert connection.execute(owned).scalars().all() == [ann.id]
    assert found == [("group_joined", place)]


def test_who_is_asked_to_be_a_friend_is_told_of_and_not_by_whom(plaza, people):
    ann, bob, _ = people
    ann.post(f"/friends/{bob.id}")
    ann.post(f"/friends/{bob.id}")
    until(lambda: not plaza.database.all("SELECT 1 FROM owed"))
    with plaza.service.context.database.read() as connection:
        told = sa.select(relations.c.account, relations.c.other).where(
            relations.c.kind == "friend_requested", relations.c.account.in_([ann.id, bob.id])
        )
        assert [tuple(row) for row in connection.execute(told)] == [(bob.id, None)]


def test_a_place_whose_introduction_is_refused_is_found_by_nobody_else(plaza, people):
    ann, bob, _ = people
    place = made(ann, "group", "出货群", "冰毒有货，加微信 abc12345")
    assert ann.state(ann.latest()) == "refused"
    assert "这条没有发布。" in ann.get(f"/places/{place}")
    assert bob.http.get(f"/places/{place}").status_code == 404
    assert "出货群" not in bob.get("/places?q=出货").partition("</form>")[2]
    bob.post(f"/places/{place}/members")
    assert size(plaza, place) == 1


def test_a_name_is_taken_once_and_has_a_length(plaza, people):
    ann, bob, _ = people
    assert made(ann, "group", "早起打卡") is not None
    assert "That name is taken." in bob.post("/places", kind="group", name="早起打卡")
    assert "A name has 2 to 30" in bob.post("/places", kind="group", name="x")
    assert "A name has 2 to 30" in bob.post("/places", kind="other", name="xyz")


def test_followers_won_by_breach_are_taken_away_and_given_back(plaza, people):
    ann, bob, cai = people
    before, later = plaza.join(), plaza.join()
    place = made(ann, "public_account", "城南水果店", "应季水果")
    before.post(f"/places/{place}/members")
    time.sleep(0.01)
    ann.post(f"/places/{place}/posts", text="今天的西瓜很甜")
    post = ann.latest()
    time.sleep(0.01)
    for one in (bob, cai):
        one.post(f"/places/{place}/members")
    until(lambda: not plaza.database.all("SELECT 1 FROM owed"))
    bob.post(f"/posts/{post}/report", words="a bait")
    with plaza.reviewer("disgorges") as reviewer:
        decide(reviewer, post, "remove", INDUCED)
    until(lambda: size(plaza, place) == 1)
    assert not bob.sees(post, "/places")
    until(lambda: plaza.portreeve.get_account(place).followers == 1)
    assert plaza.portreeve.get_account(place).counts.followers_taken == 2
    later.post(f"/places/{place}/members")
    assert size(plaza, place) == 2
    decision = plaza.database.one("SELECT decision FROM posts WHERE id = ?", post)["decision"]
    assert "申诉已提交" in ann.post("/appeals", decision=decision, words="只是在卖西瓜")
    with plaza.reviewer("restores") as reviewer:
        answer(reviewer, post, "overturned")
    until(lambda: size(plaza, place) == 4)
    until(lambda: bob.sees(post, "/places"))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_making_and_following_on_a_phone(plaza, phone, language):
    ann, bob = plaza.join(language), plaza.join(language)
    name = {"zh": "海边日落", "en": "Sunsets by the sea"}[language]
    page = phone(ann, language)
    page.goto("/places")
    page.locator("summary").filter(has_text={"zh": "新建", "en": "Make one"}[language]).click()
    page.locator("[name=name]").fill(name)
    page.locator("[name=about]").fill("照片 / photos")
    page.get_by_role("button", name={"zh": "创建", "en": "Make it"}[language]).click()
    page.locator("textarea[name=text]").fill("今天的海 / The sea today")
    page.get_by_role("button", name={"zh": "发布", "en": "Publish"}[language]).click()
    page.get_by_text("今天的海").wait_for()
    assert fits(page)
    other = phone(bob, language)
    other.goto(f"/places?q={name[:4]}")
    other.get_by_role("link", name=name).click()
    other.get_by_role("button", name={"zh": "关注", "en": "Follow"}[language]).click()
    other.goto("/places")
    other.get_by_text("今天的海").wait_for()
    assert fits(other)
