"""A post as the smallest whole mail message, for the mail filters."""

from __future__ import annotations

_HEAD = (
    b"From: <poster@post.example>\r\n"
    b"To: <friends@post.example>\r\n"
    b"Date: Sat, 14 Mar 2020 10:00:00 +0800\r\n"
    b"Message-ID: <1@post.example>\r\n"
    b"Subject: post\r\n"
    b"MIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n"
    b"Content-Transfer-Encoding: 8bit\r\n"
    b"\r\n"
)


def message(text: str) -> bytes:
    """The message of one post; a lone surrogate becomes a question mark."""
    return _HEAD + text.encode("utf-8", errors="replace") + b"\r\n"
