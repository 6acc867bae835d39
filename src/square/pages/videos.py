"""Short videos, which are off until the policy in force has them on, and says when that will be."""

from __future__ import annotations

import secrets
from typing import Any

from starlette.responses import Response

from portreeve.client import PortreeveError
from square.pages import posts
from square.pages.search import why
from square.web import Visit, page

_LARGEST = 40_000_000


@page("/videos")
def show_videos(visit: Visit) -> Response:
    """What anybody filmed, the newest first; or why there is nothing yet."""
    return _videos(visit)


@page("/videos", method="POST")
def share_video(visit: Visit) -> Response:
    """Share a short video, if videos are on and its caption may appear."""
    try:
        if visit.market.surfaces.closed("short_video") is not None:
            return _videos(visit, status=403)
    except PortreeveError as refused:
        return _videos(visit, status=503, error=why(visit, refused))
    text, video = visit.text("text", 1_000), _kept(visit)
    if not text or video is None:
        error = visit.t(
            "Give a caption, and a video: MP4 or WebM, at most 40 MB.",
            "请填写说明，并上传视频：MP4 或 WebM，不超过 40 MB。",
        )
        return _videos(visit, status=422, error=error, words=text)
    return posts.after(visit, posts.publish(visit, "short_video", text, picture=video))


def _videos(visit: Visit, *, status: int = 200, **more: Any) -> Response:
    closed, given = None, {"error": None, "words": "", "ruled": posts.ruled(visit)} | more
    try:
        closed = visit.market.surfaces.closed("short_video")
    except PortreeveError as refused:
        given["error"] = given["error"] or why(visit, refused)
    feed = None if closed else posts.listed(visit, "surface = 'short_video'")
    return visit.page(
        "videos/videos.html.j2", status=status, closed=closed, feed=feed, said=posts.said(visit),
        **given,
    )  # fmt: skip


def _kept(visit: Visit) -> str | None:
    """The video of a form, kept as it is; None when there is none that a browser plays."""
    upload = visit.upload("video")
    data = b"" if upload is None else upload.file.read(_LARGEST + 1)
    kind = "mp4" if data[4:8] == b"ftyp" else "webm" if data[:4] == b"\x1aE\xdf\xa3" else None
    if kind is None or len(data) > _LARGEST:
        return None
    name = f"{secrets.token_hex(12)}.{kind}"
    (posts.pictures(visit) / name).write_bytes(data)
    return name
