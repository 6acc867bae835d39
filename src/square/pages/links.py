"""Links: opened where Portreeve lets them open, and shared from apps."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.responses import Response

from portreeve.client import PortreeveError
from square.pages import posts
from square.web import Visit, page


@page("/links/{post}/{number:int}")
def open_link(visit: Visit, post: str, number: int) -> Response:
    """A link of a post: where it leads, or why it is closed there."""
    row = posts.visible(visit, post)
    links = [] if row is None else posts.links_in(row["text"])
    if row is None or number >= len(links):
        return visit.page("error.html.j2", status=404, words=visit.t("Not here.", "没有找到。"))
    link = links[number]
    try:
        found = visit.market.link(row, link)
    except PortreeveError:
        words = visit.t(
            "It cannot be checked right now. Try again in a moment.", "暂时无法检查，请稍后再试。"
        )
        return visit.page("error.html.j2", status=503, words=words)
    return visit.page(
        "links/link.html.j2", status=200 if found.open else 403, found=found, link=link,
        host=urlsplit(link).hostname,
    )  # fmt: skip


@page("/share")
def show_share(visit: Visit) -> Response:
    """What an app offers to be shared, before anybody sees it; apps link here."""
    given = visit.request.query_params
    return _form(visit, given.get("url", "")[:2_000], given.get("title", "")[:200])


@page("/share", method="POST")
def share(visit: Visit) -> Response:
    """Share it with friends, if it may appear."""
    url, words = visit.text("url", 2_000), visit.text("text", 2_000)
    if posts.links_in(url) != [url]:
        return _form(visit, url, words, status=422)
    return posts.after(visit, posts.publish(visit, "share_api", f"{words}\n{url}".strip()))


def _form(visit: Visit, url: str, words: str, *, status: int = 200) -> Response:
    fits = posts.links_in(url) == [url]
    host = urlsplit(url).hostname if fits else None
    return visit.page("links/share.html.j2", status=status, url=url, words=words, host=host)
