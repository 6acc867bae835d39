"""Short videos: off by the shipped policy, with the condition; on where a policy has them on."""

from types import SimpleNamespace

import pytest
from plaza import SELLS, fits, until, words_of

VIDEO = b"\0\0\0\x18ftypmp42" + bytes(64)


@pytest.fixture
def on(plaza):
    """The policy in force has short videos on, as Square reads it."""
    flags = plaza.app.state.market.surfaces
    real = flags._client
    flags._client = SimpleNamespace(
        get_policy_in_force=lambda network: SimpleNamespace(policy=f"{network}@2014-06"),
        get_policy=lambda *_: SimpleNamespace(text="surfaces: {short_video: governed}"),
    )
    yield
    flags._client = real


def test_they_are_off_by_the_shipped_policy_which_says_until_when(plaza, phone):
    ann = plaza.join("en")
    page = words_of(ann.get("/videos"))
    assert "Short videos are not open. Short video opens when all of this holds" in page
    answer = ann.post("/videos", {"video": VIDEO}, text="a walk by the river")
    assert "Short videos are not open." in answer
    assert not plaza.database.all("SELECT 1 FROM posts WHERE author = ?", ann.id)
    shown = phone(ann, "zh")
    shown.goto("/videos")
    assert fits(shown)


def test_what_portreeve_has_off_does_not_appear_though_square_thinks_it_on(plaza, on):
    ann, bob = plaza.join("en"), plaza.join("en")
    ann.post("/videos", {"video": VIDEO}, text=SELLS)
    post = ann.latest()
    assert ann.state(post) != "published"
    assert not bob.sees(post, "/videos")


def test_only_what_a_browser_plays_is_taken(plaza, on):
    ann = plaza.join("en")
    assert "Give a caption, and a video" in ann.post("/videos", {"video": b"text"}, text="a walk")
    assert not plaza.database.all("SELECT 1 FROM posts WHERE author = ?", ann.id)


def test_a_video_that_may_appear_is_shown_and_played(plaza, on):
    ann, bob = plaza.join("en"), plaza.join("en")
    ann.post("/videos", {"video": VIDEO}, text="a walk by the river")
    post = ann.latest()
    with plaza.database.write() as tx:  # the shipped policy has no short videos that appear
        tx.execute("UPDATE posts SET state = 'published' WHERE id = ?", (post,))
    until(lambda: bob.sees(post, "/videos"))
    name = plaza.database.one("SELECT picture FROM posts WHERE id = ?", post)["picture"]
    assert f'<video src="/pictures/{name}"' in bob.get("/videos")
    answer = bob.http.get(f"/pictures/{name}")
    assert (answer.headers["content-type"], answer.content) == ("video/mp4", VIDEO)
    ann.post(f"/posts/{post}/delete")
    assert not bob.sees(post, "/videos")
