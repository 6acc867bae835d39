"""What is known of a picture, and why one was set aside."""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

FaultKind = Literal[
    "no_file", "empty", "too_many_bytes", "too_many_pixels", "not_a_picture", "damaged",
    "out_of_memory", "out_of_time", "crashed",
]  # fmt: skip


class Told(NamedTuple):
    """A fault in words, English and Chinese: why, and what to do."""

    reason: str
    remedy: str
    reason_zh: str
    remedy_zh: str


FAULTS: dict[FaultKind, Told] = {
    "no_file": Told(
        "it cannot be opened", "name a file that can be read", "文件打不开", "请给出可以读取的文件"
    ),
    "empty": Told("it is empty", "send the picture again", "文件是空的", "请重新发送图片"),
    "too_many_bytes": Told(
        "it has more bytes than a picture may have",
        "make it smaller, or raise the limit of bytes if such pictures are usual",
        "文件超过了允许的大小",
        "请压缩后重发；如果这样的图片很常见，请调高字节上限",
    ),
    "too_many_pixels": Told(
        "it has more pixels, or a longer side, than a picture may have; a small file with many "
        "may be a decompression bomb",
        "scale it down, or raise the limit of pixels if such pictures are usual",
        "像素或边长超过上限；文件很小而像素很多的，可能是解压炸弹",
        "请缩小后重发；如果这样的图片很常见，请调高像素上限",
    ),
    "not_a_picture": Told(
        "it is none of the formats that are read",
        "send JPEG, PNG, WebP, GIF, BMP or TIFF",
        "不是可以读取的图片格式",
        "请发送 JPEG、PNG、WebP、GIF、BMP 或 TIFF",
    ),
    "damaged": Told(
        "nothing in it can be decoded",
        "save it anew, or send the picture again",
        "图片已损坏，无法解码",
        "请重新保存或重新发送图片",
    ),
    "out_of_memory": Told(
        "decoding it needs more memory than a worker has",
        "scale it down, or have a person look at it",
        "解码所需内存超过上限",
        "请缩小后重发，或交由人工查看",
    ),
    "out_of_time": Told(
        "decoding it takes longer than a picture may take",
        "scale it down, or have a person look at it",
        "解码超时",
        "请缩小后重发，或交由人工查看",
    ),
    "crashed": Told(
        "its decoder ended; the worker was replaced",
        "do not open it outside a sandbox; have a person look at where it comes from",
        "解码进程崩溃，已换上新的进程",
        "请勿在沙箱之外打开；请人工核查来源",
    ),
}

Point = tuple[int, int]
Box = tuple[Point, Point, Point, Point]


class Code(msgspec.Struct, frozen=True):
    """A QR or bar code.

    ``kind``: what it is by itself, such as ``QR Code``. ``box``: its four corners, from the code's
    own top left on clockwise, in pixels of the picture as it is shown (EXIF orientation applied).
    ``frame``: which frame or page, from 0.
    """

    kind: str
    text: str
    box: Box
    frame: int = 0


class Picture(msgspec.Struct, frozen=True, kw_only=True, tag="picture"):
    """What a worker read in a picture; none of its metadata.

    ``width`` and ``height``: of the first frame, as it is shown. ``frames``: those of the file;
    ``frames_read``: those looked at. ``cut_off``: whether the file ends early or is damaged, and
    what is there was read. ``pdq``: the hash of the first frame, in hex; ``quality``: of that hash,
    0 to 100.
    """

    format: str
    width: int
    height: int
    frames: int
    frames_read: int
    cut_off: bool
    codes: tuple[Code, ...]
    pdq: str
    quality: int


class Fault(msgspec.Struct, frozen=True, tag="fault"):
    """Why a picture was set aside."""

    kind: FaultKind


class FaultError(Exception):
    """Raised where a picture has to be set aside."""

    def __init__(self, kind: FaultKind) -> None:
        super().__init__(FAULTS[kind].reason)
        self.kind: FaultKind = kind
