"""Redirects that a page itself asks for: the header Refresh, and ``<meta http-equiv=refresh>``.

One pass over the first bytes of a page, by expressions that cannot go back: a page that is made to
be slow to read is not.
"""

from __future__ import annotations

import html
import re
import zlib

_LATEST_SECONDS = 30
"""A page that sends its readers on later than this is a page, not a redirect."""
_LONGEST_TAG = 8_192
_TAG = re.compile(r"<!--|<(script|style|title|textarea|template|meta|base)(?=[\s/>])", re.I)
_ATTRIBUTE = re.compile(
    r"""([^\s"'>/=]{1,64})[ \t\r\n\f]*=[ \t\r\n\f]*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))"""
)
_SENT_ON = re.compile(
    r"""\s*(\d{0,9})[\d.]*\s*(?:[;,]\s*|\s+|$)(?:url\s*=\s*)?(?:"([^"]*)|'([^']*)|(.*))""",
    re.I | re.S,
)


def sent_on(content: str) -> str | None:
    """Where a value of ``Refresh`` sends its reader soon; None for nowhere else.

    >>> sent_on("0; url='https://example.com/a'"), sent_on("5"), sent_on("900; url=/news")
    ('https://example.com/a', None, None)
    """
    found = _SENT_ON.match(content)
    if found is None or int(found[1] or 0) > _LATEST_SECONDS:
        return None
    return (found[2] or found[3] or found[4] or "").strip() or None


def page_sends_on(page: str) -> tuple[str, str | None] | None:
    """Where the beginning of a page sends its reader, and the base that the page names.

    What stands in comments, scripts, styles and titles is no tag, as in a browser.

    >>> page_sends_on('<!-- <meta http-equiv=refresh content="0;url=/no"> -->'
    ...               '<META content="0; URL=/yes" HTTP-EQUIV=Refresh>')
    ('/yes', None)
    """
    base: str | None = None
    at = 0
    while (tag := _TAG.search(page, at)) is not None:
        name = (tag[1] or "").lower()
        if name in ("meta", "base"):
            attributes, at = _attributes(page, tag.end())
            if name == "base":
                base = base or attributes.get("href")
            elif attributes.get("http-equiv", "").strip().lower() == "refresh":
                target = sent_on(attributes.get("content", ""))
                if target is not None:
                    return target, base
        else:
            at = _end_of(page, tag, name)
    return None


def readable(body: bytes, encoding: str, most: int) -> str:
    """A page's first bytes as text. Of compressed ones no more than ``most`` are made.

    >>> import gzip
    >>> len(readable(gzip.compress(bytes(10_000_000)), "gzip", 1_000))
    1000
    """
    if encoding in ("gzip", "x-gzip", "deflate"):
        try:
            body = zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(body, most)
        except zlib.error:
            return ""
    elif encoding not in ("", "identity"):
        return ""
    return body[:most].decode("utf-8", errors="replace")


def _end_of(page: str, tag: re.Match[str], name: str) -> int:
    """One past the end of what is no markup."""
    if not name:
        end = page.find("-->", tag.end())
        return len(page) if end < 0 else end + 3
    end = page.lower().find(f"</{name}", tag.end()) if name else -1
    return len(page) if end < 0 else end + len(name) + 2


def _attributes(page: str, begin: int) -> tuple[dict[str, str], int]:
    """The attributes of a tag, the first of each name, and where the tag ends."""
    attributes: dict[str, str] = {}
    at, most = begin, min(len(page), begin + _LONGEST_TAG)
    while at < most and page[at] != ">":
        found = _ATTRIBUTE.match(page, at, most)
        if found is None:
            at += 1
            continue
        value = next((part for part in found.groups()[1:] if part is not None), "")
        attributes.setdefault(found[1].lower(), html.unescape(value))
        at = found.end()
    return attributes, at
