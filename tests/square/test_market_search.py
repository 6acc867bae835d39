"""Search over HTTP: organic results, ads that Portreeve admits or refuses, and their share."""

import pytest
from plaza import fits, words_of

from portreeve.schemas.commerce.merchants import DecideLicence

BUSINESS = {
    "kind": "business", "name": "A shop", "contact": "front desk",
    "authority": "City market office", "expires": "2099-01-01",
}  # fmt: skip


@pytest.fixture(scope="module")
def market(plaza):
    """A reader, a hospital, a quack and a shoe shop, and five public posts about shoes and eyes."""
    hospital, quack, shoes, reader = (plaza.join("en") for _ in range(4))
    hospital.post("/ads/business", **BUSINESS)
    hospital.post("/ads/business", **BUSINESS | {"kind": "medical_institution"})
    shoes.post("/ads/business", **BUSINESS)
    with plaza.reviewer("licences") as reviewer:
        for one in (hospital, shoes):
            for licence in reviewer.get_merchant(one.id).licences:
                reviewer.decide_licence(one.id, licence.id, DecideLicence(state="verified"))
    _ad(hospital, "市第一医院眼科，白内障手术，专家门诊预约", "25", "40")
    _ad(quack, "祖传秘方，三个疗程根治牛皮癣，无效退款", "30", "10")
    _ad(shoes, "真皮皮鞋、运动鞋专卖，全场199元起，七天无理由退换", "1.20", "500")
    reader.post("/places", kind="public_account", name="Walks", about="走走看看")
    place = plaza.database.one("SELECT id FROM places WHERE owner = ?", reader.id)["id"]
    for number in range(6):
        reader.post(f"/places/{place}/posts", text=f"第 {number} 次走路，皮鞋磨脚，眼科")
    with plaza.database.write() as tx:
        tx.execute("UPDATE posts SET state = 'removed' WHERE id = ?", (reader.latest(),))
    return hospital, quack, shoes, reader


def _ad(person, title, bid, clicks):
    person.post(
        "/ads", title=title, text="", landing=f"https://{person.name}.example/", bid=bid,
        clicks=clicks,
    )  # fmt: skip


def test_each_advertiser_reads_two_answers_with_their_reasons(market):
    hospital, quack, shoes, _ = market
    read = words_of(hospital.get("/ads"))
    assert "Lawful yes Permitted by the house no Now refused" in read
    assert "Rule 12.2 Search advertising takes nothing medical" in read
    read = words_of(quack.get("/ads"))
    assert "Lawful no Permitted by the house no Now refused" in read
    assert "By the law Rule L3.1" in read
    read = words_of(shoes.get("/ads"))
    assert "Lawful yes Permitted by the house yes Now admitted" in read


def test_admitted_ads_stand_marked_after_three_results(market):
    *_, reader = market
    page = reader.get("/search?q=皮鞋")
    walks = [row["id"] for row in reader.plaza.database.all(
        "SELECT id FROM posts WHERE author = ? AND text LIKE '第%' ORDER BY written DESC", reader.id
    )]  # fmt: skip
    found = [part.partition('"')[0] for part in page.split('id="')[1:]]
    assert found == [*walks[1:4], _ad_of(market[2]), *walks[4:]]
    assert page.count('class="card ad"') == 1
    assert "Advertisement 真皮皮鞋" in words_of(page)


def test_refused_ads_are_on_no_page_whatever_they_bid(market):
    *_, reader = market
    page = reader.get("/search?q=眼科")
    assert "第 0 次走路" in page
    assert "白内障" not in page


def test_without_results_there_is_no_room_for_ads(market):
    *_, reader = market
    assert "Nothing found." in reader.get("/search?q=运动鞋")
    assert "Nothing found." in reader.get("/search?q=%25")
    assert (
        'class="card'
        not in reader.get("/search?q=").partition("</form>")[2].partition("</form>")[2]
    )


def test_people_are_found_by_name(market):
    *_, reader = market
    assert f'href="/people/{market[0].name}"' in reader.get(f"/search?q={market[0].name}")


def test_what_is_no_ad_is_said_so(market):
    page = market[2].post("/ads", title="Shoes", landing="javascript:alert(1)")
    assert "begins with https://" in page


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("path", ["/search?q=皮鞋", "/ads"])
def test_it_fits_a_phone(path, language, phone, market):
    page = phone(market[2], language)
    page.goto(path)
    assert fits(page)


def _ad_of(person):
    return person.plaza.database.one("SELECT id FROM ads WHERE account = ?", person.id)["id"]
