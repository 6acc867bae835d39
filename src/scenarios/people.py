"""People of Square, as their browser would be: its pages by HTTP, its forms, its cookie."""

from __future__ import annotations

import functools
import html
import re
import ssl
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

PASSWORD = "eight herons"

_TOKEN = re.compile(r'name="token" value="([^"]*)"')
_ARTICLE = re.compile(r'<article[^>]*\bid="(p-[^"]+)"[^>]*>(.*?)</article>', re.DOTALL)
_RULING = re.compile(r'<div class="ruling (\w+)"[^>]*>(.*?)</div>', re.DOTALL)
_DECISION = re.compile(r'name="decision" value="([^"]+)"')
_REASON = re.compile(r'<p><span class="clause">(.*?)</span>(.*?)</p>', re.DOTALL)
_ASKING = re.compile(
    r'<li[^>]*><a[^>]*href="/people/([^"]+)"(?:(?!</li>).)*action="/friends/([^"]+)"', re.DOTALL
)
_COMMENT = re.compile(
    r'<li id="(p-[^"]+)"><strong>[^<]*</strong> <span dir="auto">(.*?)</span>(.*?)</li>', re.DOTALL
)
_MARK = re.compile(r"<mark>(.*?)</mark>", re.DOTALL)
_SAID = re.compile(r'<p class="said"[^>]*>(.*?)</p>', re.DOTALL)
_TAG = re.compile(r"<[^>]+>")


class PageError(RuntimeError):
    """A page of Square is not as a person would need it."""


@dataclass(frozen=True)
class Seen:
    """A post, or a comment, as a page shows it."""

    id: str
    words: str
    """All words of its card, its comments among them."""
    state: str
    """published, refused, held or removed"""
    decision: str | None
    """What can be appealed, on one's own posts."""


@dataclass(frozen=True)
class Written:
    """What the page answers to somebody who writes."""

    state: str
    """published, refused or held"""
    id: str | None
    """The post; None of one that does not appear."""
    decision: str | None
    """What can be appealed."""
    words: str
    """What the page says of it."""
    reasons: dict[str, str]
    """Each clause that it enforces, with the reason, the strongest first."""
    quotes: list[str]
    """The places in the text that it rests on."""

    @property
    def clauses(self) -> list[str]:
        """The clauses that it enforces."""
        return list(self.reasons)


class Person:
    """Somebody who has joined Square and is signed in."""

    def __init__(
        self, square: str, name: str, language: str = "zh", shown: str | None = None
    ) -> None:
        self.name = name
        self.square = square
        self.http = httpx.Client(
            base_url=square, headers={"accept-language": language}, follow_redirects=True,
            timeout=60, verify=_tls(),
        )  # fmt: skip
        page = self._sent("/join", name=name, shown=shown or name, password=PASSWORD)
        self.token = _first(_TOKEN, page, "no form")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Leave; nothing is deleted."""
        self.http.close()

    @property
    def session(self) -> str:
        """The secret of the session's cookie."""
        return self.http.cookies["square_session"]

    def id_of(self, other: Person) -> str:
        """The id of somebody else, from the button that asks them to be friends."""
        page = self._page("/people", q=other.name)
        found: str | None = dict(_ASKING.findall(page)).get(quote(other.name))
        if found is None:
            raise PageError(f"The page of people has no button for {other.name}.")
        return found

    def befriend(self, other: Person) -> tuple[str, str]:
        """Ask somebody, who accepts; the ids of both."""
        theirs = self.ask(other)
        return other.accept_all()[self.name], theirs

    def ask(self, other: Person) -> str:
        """Ask somebody to be friends; their id."""
        theirs = self.id_of(other)
        self._sent(f"/friends/{theirs}", follow=False, token=self.token)
        return theirs

    def accept_all(self) -> dict[str, str]:
        """Accept everybody who asks; their ids, by name."""
        found = dict(_ASKING.findall(self._page("/people")))
        for id in found.values():
            self._sent(f"/friends/{id}", follow=False, token=self.token)
        return found

    def share(self, text: str, picture: bytes | None = None) -> Written:
        """Write something in Moments, with a picture if there is one."""
        if picture is None:
            return self._written(self._sent("/moments", token=self.token, text=text), text)
        answer = self.http.post(
            "/moments",
            data={"token": self.token, "text": text},
            files={"picture": ("picture.jpg", picture, "image/jpeg")},
        )
        return self._written(_text(answer), text)

    def comment(self, post: str, text: str) -> Written:
        """Say something to a post."""
        page = self._sent(f"/posts/{post}/comments", token=self.token, text=text)
        for id, said, more in reversed(_COMMENT.findall(page)):
            if html.unescape(said) == text:
                ruling = _RULING.search(more)
                return _ruled(ruling) if ruling else Written("published", id, None, said, {}, [])
        raise PageError("The page does not show the comment.")

    def feed(self) -> list[Seen]:
        """What Moments shows."""
        return _seen(self._page("/"))

    def sees(self, words: str) -> bool:
        """Whether the feed shows these words to this person."""
        return any(words in post.words for post in self.feed())

    def report(self, post: str, words: str) -> str:
        """Report a post to those who keep order; what the page answers."""
        page = self._sent(f"/posts/{post}/report", token=self.token, words=words)
        return plain(_first(_SAID, page, "no answer"))

    def own(self) -> list[Seen]:
        """What one's own page shows."""
        return _seen(self._page(f"/people/{self.name}"))

    def notices(self) -> list[str]:
        """What one was told, the newest first."""
        found = re.findall(
            r'<article class="card notice"[^>]*>(.*?)</article>',
            self._page("/notices"), re.DOTALL,
        )  # fmt: skip
        return [plain(one) for one in found]

    def appeal(self, decision: str, words: str) -> str:
        """Contest a decision; what the page answers."""
        page = self._sent("/appeals", token=self.token, decision=decision, words=words)
        return plain(_first(_SAID, page, "no answer"))

    def page(self, path: str) -> str:
        """A page, as it was sent."""
        return _text(self.http.get(path))

    def form(self, path: str, **fields: str | list[str]) -> str:
        """Send a form; the page that comes of it, also where it says no."""
        return self._form(path, fields, {})

    def form_with_document(self, path: str, document: bytes, **fields: str | list[str]) -> str:
        """Send a form with a file; the page that comes of it."""
        return self._form(path, fields, {"document": ("document", document)})

    def _form(
        self, path: str, fields: dict[str, str | list[str]], files: dict[str, tuple[str, bytes]]
    ) -> str:
        answer = self.http.post(path, data={"token": self.token, **fields}, files=files)
        if answer.status_code >= 500:
            raise PageError(f"{path} answers {answer.status_code}: {plain(answer.text)[:200]}")
        return answer.text

    def publish(self, place: str, text: str) -> Written:
        """Write to the followers of one's public account, or into a group."""
        return self._written(
            self._sent(f"/places/{place}/posts", token=self.token, text=text), text
        )

    def posted(self, path: str, **fields: str) -> dict[str, Any]:
        """What a form that answers with JSON says, refusals included."""
        answer = self.http.post(path, data={"token": self.token, **fields})
        found: dict[str, Any] = answer.json()
        return found

    def _written(self, page: str, text: str) -> Written:
        ruling = _RULING.search(page.split("<article", maxsplit=1)[0])
        if ruling:
            return _ruled(ruling)
        for post in _seen(page):
            if text in post.words and post.state == "published":
                return Written("published", post.id, None, post.words, {}, [])
        raise PageError("The page neither shows the post nor says what became of it.")

    def _page(self, path: str, **query: str) -> str:
        return _text(self.http.get(path, params=query))

    def _sent(self, path: str, *, follow: bool = True, **fields: str) -> str:
        return _text(self.http.post(path, data=fields, follow_redirects=follow))


@functools.cache
def _tls() -> ssl.SSLContext:
    """One for all: to read the list of authorities takes longer than to join."""
    return ssl.create_default_context()


def _ruled(ruling: re.Match[str]) -> Written:
    body = ruling[2]
    decision = _DECISION.search(body)
    return Written(
        state=ruling[1],
        id=None,
        decision=decision and decision[1],
        words=plain(body),
        reasons={_clause(plain(one)): plain(why) for one, why in _REASON.findall(body)},
        quotes=[plain(one) for one in _MARK.findall(body)],
    )


def _seen(page: str) -> list[Seen]:
    found = []
    for id, body in _ARTICLE.findall(page):
        own = _RULING.search(body.split('<ul class="comments"')[0])
        decision = _DECISION.search(own[2]) if own else None
        found.append(
            Seen(id, plain(body), own[1] if own else "published", decision[1] if decision else None)
        )
    return found


def _clause(said: str) -> str:
    """The clause in `Rule 3.1`, or in the same words in Chinese."""
    return next(word for word in said.split() if word[-1].isdigit())


def plain(markup: str) -> str:
    """The words of a page, without its marks.

    >>> plain("<p>Rule <b>3.1</b>&amp; more</p>")
    'Rule 3.1 & more'
    """
    return " ".join(html.unescape(_TAG.sub(" ", markup)).split())


def _text(answer: httpx.Response) -> str:
    if answer.is_error:
        said = plain(answer.text)[:200]
        raise PageError(f"{answer.request.url.path} answers {answer.status_code}: {said}")
    return answer.text


def _first(pattern: re.Pattern[str], page: str, lacking: str) -> str:
    found = pattern.search(page)
    if found is None:
        raise PageError(f"A page of Square has {lacking} where one is needed.")
    return found[1]
