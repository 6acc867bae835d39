"""Why a link is not followed: a code for programs, a sentence for people."""

from __future__ import annotations

from typing import NamedTuple


class Refusal(NamedTuple):
    """One reason: its sentence in English and Chinese, and whether another try may fare better."""

    en: str
    zh: str
    passing: bool = False


REFUSALS: dict[str, Refusal] = {
    "url": Refusal("It is not a web address.", "不是有效的网址。"),
    "length": Refusal("The address is longer than 4,096 characters.", "网址超过 4,096 个字符。"),
    "scheme": Refusal("It is neither http nor https.", "不是 http 或 https 链接。"),
    "userinfo": Refusal("The address holds a user name or password.", "网址中带有用户名或密码。"),
    "port": Refusal(
        "The port is not one of the web's: 80, 443, 8080, 8443.",
        "端口不是常用的网页端口（80、443、8080、8443）。",
    ),
    "name": Refusal(
        "The host is a name of this machine or of an inner network.", "主机名属于本机或内部网络。"
    ),
    "address": Refusal(
        "The host leads to an address that is not of the public internet.",
        "主机指向的地址不属于公共互联网。",
    ),
    "dns": Refusal("The host has no address.", "主机名无法解析。", passing=True),
    "connection": Refusal("The host does not take connections.", "无法连接主机。", passing=True),
    "tls": Refusal(
        "The host does not prove that it is the one it should be.",
        "主机的证书无法验证。",
        passing=True,
    ),
    "protocol": Refusal(
        "What the host answers is not HTTP, or has headers longer than 32 KiB.",
        "主机的回复不是 HTTP，或响应头超过 32 KiB。",
        passing=True,
    ),
    "time": Refusal("The answers took too long.", "等待回复超时。", passing=True),
    "hops": Refusal("There are too many redirects.", "跳转次数过多。"),
    "loop": Refusal("The redirects lead back to where they were.", "跳转形成了循环。"),
    "quota": Refusal(
        "The domain has been asked as often as is allowed for now.",
        "对该域名的查询次数已达上限，请稍后再试。",
        passing=True,
    ),
}
"""Every reason, by its code. Those that pass are remembered for minutes only."""


class RefusedError(Exception):
    """A link is not followed; ``code`` is one of :data:`REFUSALS`."""

    def __init__(self, code: str) -> None:
        super().__init__(REFUSALS[code].en)
        self.code = code
