"""Moments: what friends share, refused, held, taken down, labelled, limited, and contested."""

import io
import time

import httpx
import pytest
from PIL import Image
from plaza import SELLS, answer, decide, fits, until, words_of

from portreeve.schemas.enforcement import Imposition, Lift
from portreeve.schemas.webhooks import WebhookChange

WAITS = "#护肤# 用我们家面霜一个月，皮肤又白又嫩，客户天天反馈"
LABELLED = "毕业照都放在这里了 http://t.cn/abc1234"
LIMITED = "#好物推荐# 这款气垫真的太服帖了，一整天不脱妆，@某某美妆 新品必须安利给大家"
CAT = "猫睡着了，一下午没有动"


@pytest.fixture
def friends(plaza):
    """Two friends and a stranger."""
    ann, bob, cai = plaza.join(), plaza.join("en"), plaza.join()
    plaza.friends(ann, bob)
    return ann, bob, cai


def test_friends_see_what_is_shared_and_strangers_do_not(friends):
    ann, bob, cai = friends
    post = ann.share(CAT)
    assert (ann.sees(post), bob.sees(post), cai.sees(post)) == (True, True, False)
    assert bob.sees(post, f"/people/{ann.name}")
    assert not cai.sees(post, f"/people/{ann.name}")
    bob.post(f"/posts/{post}/comments", text="what a cat")
    assert "what a cat" in ann.get("/")
    cai.post(f"/posts/{post}/comments", text="me too")
    assert "me too" not in ann.get("/")


def test_what_sells_is_refused_where_it_was_written_with_reasons(friends):
    ann, bob, _ = friends
    words = words_of(ann.post("/moments", text=SELLS))
    assert "这条没有发布。 第 3.1 条 这条内容是在向朋友卖货。" in words
    assert "如何改正： 去掉联系方式、价格和下单的话" in words
    assert "适合的去处： 企业账号" in words
    assert "所凭内容：" in words
    assert "abc12345" in words.partition("所凭内容：")[2].partition("判断有误")[0]
    assert ann.state(ann.latest()) == "refused"
    assert not bob.sees(ann.latest())


def test_the_words_of_a_refused_post_are_still_in_the_form(friends):
    ann, _, _ = friends
    page = ann.post("/moments", text=SELLS)
    assert SELLS in page.partition("<textarea")[2].partition("</textarea>")[0]


def test_a_refused_comment_tells_why_beside_the_post(friends):
    ann, bob, _ = friends
    post = ann.share(CAT)
    page = bob.post(f"/posts/{post}/comments", text="同款有货，要的加我微信 abc12345，今天下单包邮")
    assert "This is not published." in page
    assert 'value="同款有货' in page
    assert "同款有货" not in ann.get("/")


def test_what_waits_is_released_by_a_reviewer(plaza, friends):
    ann, bob, _ = friends
    words = words_of(ann.post("/moments", text=WAITS))
    assert "这条正在等待人工查看。 第 3.2 条" in words
    post = ann.latest()
    assert not bob.sees(post)
    with plaza.reviewer("releases") as reviewer:
        decide(reviewer, post, "allow")
    until(lambda: bob.sees(post))
    assert ann.state(post) == "published"


def test_what_was_reported_and_taken_down_hides_its_comments_and_both_come_back(plaza, friends):
    ann, bob, _ = friends
    post = ann.share(CAT)
    bob.post(f"/posts/{post}/comments", text="so soft")
    comment = bob.latest()
    assert "Thank you." in bob.post(f"/posts/{post}/report", words="spam")
    with plaza.reviewer("takes-down") as reviewer:
        decide(reviewer, post, "remove", "moments.no-product-promotion")
    until(lambda: ann.state(post) == "removed" and _hidden(plaza, comment))
    assert not bob.sees(post)
    assert "这条已被移除。" in ann.get("/")
    told = ann.post("/appeals", decision=_decision(plaza, post), words="只是一只猫")
    assert "申诉已提交" in told
    with plaza.reviewer("another") as reviewer:
        answer(reviewer, post, "overturned")
    until(lambda: ann.state(post) == "published" and not _hidden(plaza, comment))
    assert bob.sees(post)
    assert bob.sees(comment)


def test_a_label_is_shown(friends):
    ann, bob, _ = friends
    post = ann.share(LABELLED)
    assert bob.sees(post)
    assert "Shortened link, the target is hidden" in bob.get("/")


def test_a_limit_reaches_a_share_of_friends_and_always_the_same(plaza):
    ann = plaza.join()
    others = [plaza.join() for _ in range(4)]
    for other in others:
        plaza.friends(ann, other)
    post = ann.share(LIMITED)
    row = plaza.database.one("SELECT state, reach FROM posts WHERE id = ?", post)
    assert (row["state"], row["reach"]) == ("published", 0.2)
    seen = [other.sees(post) for other in others]
    assert [other.sees(post) for other in others] == seen
    assert ann.sees(post)
    with plaza.database.write() as tx:
        tx.execute("UPDATE posts SET reach = 0 WHERE id = ?", (post,))
    assert not any(other.sees(post) for other in others)


def test_how_far_a_reviewer_limits_is_heard(plaza, friends):
    ann, _, _ = friends
    post = ann.share(WAITS)
    with plaza.reviewer("limits") as reviewer:
        decide(reviewer, post, "limit", "moments.undeclared-praise")
    reach = "SELECT reach FROM posts WHERE id = ?"
    until(lambda: plaza.database.one(reach, post)["reach"] == 0.2)
    assert ann.state(post) == "published"


def test_an_appeal_is_answered_by_another_and_restores_the_post(plaza, friends):
    ann, bob, _ = friends
    post = ann.share(SELLS)
    ann.post("/appeals", decision=_decision(plaza, post), words="这是小说里的一句话")
    assert "已经申诉过" in ann.post("/appeals", decision=_decision(plaza, post), words="再说一次")
    until(lambda: "第 3.1 条" in ann.get("/notices") or "3.1" in ann.get("/notices"))
    with plaza.reviewer("overturns") as reviewer:
        answer(reviewer, post, "overturned")
    until(lambda: bob.sees(post))


def test_sanctions_are_shown_and_a_closed_account_can_only_read_why_and_appeal(plaza, friends):
    ann, bob, _ = friends
    plaza.portreeve.impose_sanction(
        Imposition(account=ann.id, kind="suspend", days=2, reason="Flooding.")
    )
    until(lambda: plaza.app.state.governor.standing.closed(ann.id))
    assert "您的账号目前停用" in ann.get("/")
    ann.post("/moments", text=CAT)
    assert plaza.database.one("SELECT 1 FROM posts WHERE author = ?", ann.id) is None
    until(lambda: "Flooding." in ann.get("/notices"))
    imposed = plaza.portreeve.get_account(ann.id).sanctions[0]
    plaza.portreeve.lift_sanction(imposed.id, Lift(reason="A holiday."))
    until(lambda: "分享新鲜事" in ann.get("/"))
    plaza.portreeve.impose_sanction(
        Imposition(account=bob.id, kind="mute", days=2, reason="Flooding.")
    )
    assert "muted until" in bob.get(f"/people/{bob.name}")
    page = words_of(bob.post("/moments", text="good morning"))
    assert "This is not published. The account is muted" in page


def test_deleting_is_told_and_takes_the_picture_away(plaza, friends):
    ann, bob, cai = friends
    ann.post("/moments", files={"picture": _picture()}, text=CAT)
    post = ann.latest()
    name = plaza.database.one("SELECT picture FROM posts WHERE id = ?", post)["picture"]
    assert [one.http.get(f"/pictures/{name}").status_code for one in (ann, bob, cai)] == [
        200, 200, 404,
    ]  # fmt: skip
    assert httpx.get(f"{plaza.url}/pictures/{name}").status_code == 303
    bob.post(f"/posts/{post}/delete")
    assert ann.state(post) == "published"
    ann.post(f"/posts/{post}/delete")
    until(lambda: plaza.portreeve.get_item(post).state == "deleted")
    assert ann.http.get(f"/pictures/{name}").status_code == 404
    assert not list((plaza.folder / "square" / "pictures").glob(name))


def test_what_is_no_picture_is_refused_and_the_words_are_kept(friends):
    ann, _, _ = friends
    page = ann.post("/moments", files={"picture": b"no picture"}, text=CAT)
    assert "无法识别这张图片。" in page
    assert CAT in page


def test_while_portreeve_is_away_nothing_appears_and_nothing_is_lost(plaza, friends):
    ann, bob, cai = friends
    plaza.close_portreeve()
    try:
        page = ann.post("/moments", text=CAT)
        assert "检查通过后会自动发布" in page
        post = ann.latest()
        sells = ann.share(SELLS)
        assert (ann.state(post), ann.state(sells)) == ("held", "held")
        assert not bob.sees(post)
        gone = ann.share("不说了")
        ann.post(f"/posts/{gone}/delete")
        plaza.friends(ann, cai)
        assert "暂时无法显示通知" in ann.get("/notices")
    finally:
        plaza.open_portreeve()
    until(lambda: ann.state(post) == "published")
    until(lambda: ann.state(sells) == "refused")
    assert ann.state(gone) == "deleted"
    assert bob.sees(post)
    until(lambda: not plaza.database.all("SELECT 1 FROM owed"))
    assert plaza.portreeve.get_account(ann.id).friends == 2


def test_while_square_is_away_what_is_decided_is_heard_later(plaza, friends):
    ann, bob, _ = friends
    post = ann.share(WAITS)
    plaza.close_square()
    try:
        hook = next(
            one for one in plaza.portreeve.list_webhooks().items if "Square" in one.description
        )
        plaza.portreeve.change_webhook(hook.id, WebhookChange(enabled=False))
        with plaza.reviewer("meanwhile") as reviewer:
            decide(reviewer, post, "allow")
    finally:
        plaza.open_square()
    until(lambda: bob.sees(post))


def test_a_message_that_is_not_portreeves_is_refused(plaza):
    body = b'{"type": "item.restored", "timestamp": "2014-06-01T00:00:00Z", "data": {}}'
    signed = {
        "webhook-id": "msg_1", "webhook-timestamp": str(int(time.time())),
        "webhook-signature": "v1,Zm9yZ2Vk",
    }  # fmt: skip
    assert httpx.post(f"{plaza.url}/portreeve", content=body, headers=signed).status_code == 400
    assert httpx.post(f"{plaza.url}/portreeve", content=b"{}").status_code == 400


def test_a_form_of_another_site_is_not_taken(friends):
    ann, _, _ = friends
    assert ann.http.post("/moments", data={"text": CAT}).status_code == 403
    other = {"sec-fetch-site": "cross-site"}
    sent = {"token": ann.token, "text": CAT}
    assert ann.http.post("/moments", data=sent, headers=other).status_code == 403


def test_a_line_about_oneself_is_asked_about_like_everything_else(friends):
    ann, bob, _ = friends
    mine = f"/people/{ann.name}"
    ann.post("/profile", text="爱跑步，爱猫，偶尔写字")
    first = ann.latest()
    assert "爱跑步，爱猫，偶尔写字" in bob.get(mine)
    page = words_of(ann.post("/profile", text="专业代购｜正品化妆品批发｜微信 abc12345"))
    assert "这条没有发布。" in page
    assert "专业代购" not in bob.get(mine)
    assert "爱跑步，爱猫，偶尔写字" in bob.get(mine)
    ann.post("/profile", text="爱跑步，不爱猫")
    assert "爱跑步，不爱猫" in bob.get(mine)
    assert ann.state(first) == "deleted"
    ann.post("/profile", text="")
    assert "爱跑步" not in bob.get(mine)


WALK = {
    "zh": ("发布", "这条没有发布。", "判断有误？申诉", "免费申诉", "申诉已提交"),
    "en": (
        "Share with friends", "This is not published.", "That is wrong: appeal",
        "Appeal, free of charge", "Your appeal is filed.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_visitor_is_refused_and_appeals_within_a_minute_on_a_phone(plaza, phone, language):
    share, refused, wrong, free, filed = WALK[language]
    began = time.monotonic()
    page = phone(language=language)
    page.goto("/join")
    page.locator("[name=name]").fill(f"visitor-{language}")
    page.locator("[name=password]").fill("a quiet place 1")
    page.locator("form button.main").click()
    page.locator("textarea[name=text]").fill(SELLS)
    page.get_by_role("button", name=share).click()
    page.get_by_text(refused).wait_for()
    assert fits(page)
    page.get_by_text(wrong).click()
    page.locator("textarea[name=words]").fill("小说里的一句话")
    page.get_by_role("button", name=free).click()
    page.get_by_text(filed).wait_for()
    assert fits(page)
    assert time.monotonic() - began < 60


def _decision(plaza, post):
    return plaza.database.one("SELECT decision FROM posts WHERE id = ?", post)["decision"]


def _hidden(plaza, post):
    return bool(plaza.database.one("SELECT hidden FROM posts WHERE id = ?", post)["hidden"])


def _picture():
    made = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(made, "PNG")
    return made.getvalue()
