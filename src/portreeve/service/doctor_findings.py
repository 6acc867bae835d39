"""Everything that the doctor may find, each said once in English and Chinese, with what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from portreeve.policy import Words

State = Literal["ok", "warn", "fail"]

CHECKS = {
    check.en: check
    for check in (
        Words("data folder", "数据文件夹"),
        Words("disk space", "磁盘空间"),
        Words("master key", "主密钥"),
        Words("signing key", "签名密钥"),
        Words("database", "数据库"),
        Words("tables", "数据表"),
        Words("audit log", "审计日志"),
        Words("master key and database", "主密钥与数据库是否匹配"),
        Words("decision log", "决定日志"),
        Words("clock of the database", "数据库时钟"),
        Words("policies", "规则"),
        Words("clock", "时钟"),
        Words("kernels", "文本内核"),
        Words("pictures", "图片识别"),
    )
}
"""What is looked at."""


@dataclass(frozen=True)
class Kind:
    """One thing that may be found; facts stand in braces."""

    state: State
    found: Words
    remedy: Words | None = None


@dataclass(frozen=True)
class Finding:
    """What one check found."""

    id: str
    """Of :data:`KINDS`."""
    check: Words
    state: State
    found: Words
    remedy: Words | None

    def said(self, language: str) -> dict[str, str | None]:
        """As monitoring reads it, in one language."""
        return {
            "check": self.check.said(language),
            "state": self.state,
            "found": self.found.said(language),
            "remedy": None if self.remedy is None else self.remedy.said(language),
        }


def finding(check: str, id: str, **facts: object) -> Finding:
    """What was found, with its facts.

    >>> finding("disk space", "space-low", free="1.5").said("zh")["found"]
    '剩余 1.5 GB'
    """
    kind = KINDS[id]
    remedy = None if kind.remedy is None else _filled(kind.remedy, facts)
    return Finding(id, CHECKS[check], kind.state, _filled(kind.found, facts), remedy)


def _filled(words: Words, facts: dict[str, object]) -> Words:
    return Words(words.en.format_map(facts), words.zh.format_map(facts))


_OWNER = Words(
    "Give it to the user that the service runs as.", "请把它的所有者改为运行服务的用户。"
)
_RESTORE = Words("Restore it from a backup.", "请从备份中恢复。")
_FREE = Words("{free} GB are free", "剩余 {free} GB")
_ROOM = Words(
    "Free some space, or move the data folder to a larger disk.",
    "请清理磁盘，或把数据文件夹移到更大的磁盘。",
)
_CACHE = Words(
    "Name a writable folder in PORTREEVE_CACHE.", "请用 PORTREEVE_CACHE 指定一个可写的文件夹。"
)

KINDS = {
    "folder-missing": Kind(
        "warn",
        Words("{folder} is not there yet", "{folder} 尚不存在"),
        Words(
            "`portreeve serve` makes it. If it should be there: give --data.",
            "`portreeve serve` 会创建它。如果它本应存在，请用 --data 指定位置。",
        ),
    ),
    "folder-closed": Kind("fail", Words("{folder} cannot be written", "{folder} 不可写"), _OWNER),
    "folder-open": Kind(
        "warn",
        Words("{folder} can be read by others", "其他用户可以读取 {folder}"),
        Words("chmod 700 {folder}", "请执行 chmod 700 {folder}"),
    ),
    "folder-ok": Kind("ok", Words("{folder} is there and can be written", "{folder} 存在且可写")),
    "space-none": Kind("fail", _FREE, _ROOM),
    "space-low": Kind("warn", _FREE, _ROOM),
    "space-ok": Kind("ok", _FREE),
    "key-given": Kind("ok", Words("it is given in the settings", "已在设置中提供")),
    "key-given-unusable": Kind(
        "fail",
        Words("what the settings give is no usable key", "设置中提供的密钥无法使用"),
        _RESTORE,
    ),
    "key-missing": Kind(
        "warn",
        Words("{path} is not there yet", "{path} 尚不存在"),
        Words(
            "`portreeve serve` makes it on the first start. If there is a database already: "
            "restore it from a backup.",
            "`portreeve serve` 首次启动时会生成它。如果已有数据库，请从备份中恢复密钥。",
        ),
    ),
    "key-closed": Kind("fail", Words("{path} cannot be read", "无法读取 {path}"), _OWNER),
    "key-unusable": Kind(
        "fail", Words("{path} holds no usable key", "{path} 中没有可用的密钥"), _RESTORE
    ),
    "key-open": Kind(
        "fail",
        Words("{path} can be read by others", "其他用户可以读取 {path}"),
        Words(
            "chmod 600 {path}; think of whether somebody has read it.",
            "请执行 chmod 600 {path}，并确认密钥是否已被他人读取。",
        ),
    ),
    "key-ok": Kind("ok", Words("{path} is readable by its owner only", "{path} 仅所有者可读")),
    "database-missing": Kind(
        "warn",
        Words("{file} is not there yet", "{file} 尚不存在"),
        Words(
            "`portreeve serve` makes it. If it should be there: give --data, or set "
            "PORTREEVE_DATABASE.",
            "`portreeve serve` 会创建它。如果它本应存在，请用 --data 指定位置，"
            "或设置 PORTREEVE_DATABASE。",
        ),
    ),
    "database-away": Kind(
        "fail",
        Words("it does not answer: {error}", "数据库没有响应：{error}"),
        Words(
            "Start it, or mend PORTREEVE_DATABASE.",
            "请启动数据库，或更正 PORTREEVE_DATABASE。",
        ),
    ),
    "database-ok": Kind("ok", Words("{name} {version}", "{name} {version}，可以访问")),
    "tables-none": Kind(
        "warn",
        Words("there are none yet", "尚未建立"),
        Words("`portreeve serve` makes them.", "`portreeve serve` 会建立数据表。"),
    ),
    "tables-old": Kind(
        "warn",
        Words("at revision {at}, and {wanted} is due", "当前版本为 {at}，应为 {wanted}"),
        Words(
            "Make a backup; `portreeve serve` brings the tables up to date.",
            "请先备份；`portreeve serve` 会把数据表更新到新版本。",
        ),
    ),
    "tables-changed": Kind(
        "fail",
        Words("{differences}", "与程序要求不一致：{differences}"),
        Words(
            "Somebody changed the tables by hand: undo it, or restore.",
            "有人手工改动过数据表：请撤销改动，或从备份中恢复。",
        ),
    ),
    "tables-ok": Kind("ok", Words("at revision {at}", "版本 {at}")),
    "audit-broken": Kind(
        "fail",
        Words("its end is not where it should be", "日志末尾与记录不符"),
        Words(
            "`portreeve audit verify` names the first broken entry.",
            "请运行 `portreeve audit verify`，找出第一条有问题的记录。",
        ),
    ),
    "audit-ok": Kind(
        "ok",
        Words(
            "{entries} entries, the last with hash {hash}",
            "共 {entries} 条记录，最后一条的哈希为 {hash}",
        ),
    ),
    "sealed-nothing": Kind("ok", Words("nothing is sealed yet", "尚无加密内容")),
    "sealed-no-key": Kind(
        "fail",
        Words(
            "there is no usable master key, and what people wrote is sealed with one",
            "没有可用的主密钥，而用户内容已用主密钥加密",
        ),
        Words(
            "Restore it from a backup, or set PORTREEVE_MASTER_KEY_FILE.",
            "请从备份中恢复主密钥，或设置 PORTREEVE_MASTER_KEY_FILE。",
        ),
    ),
    "sealed-other-key": Kind(
        "fail",
        Words("the database is sealed with another key", "数据库是用另一个密钥加密的"),
        Words(
            "Restore the master key that belongs to this database.",
            "请恢复与此数据库对应的主密钥。",
        ),
    ),
    "sealed-ok": Kind("ok", Words("they belong together", "二者匹配")),
    "log-missing": Kind(
        "fail",
        Words(
            "{missing} of {files} files are missing, such as {first}",
            "{files} 个文件中缺少 {missing} 个，例如 {first}",
        ),
        Words(
            "All processes of one database need one data folder: share it, or restore the files "
            "from a backup.",
            "使用同一数据库的所有进程须共用一个数据文件夹：请共享该文件夹，或从备份中恢复文件。",
        ),
    ),
    "log-ok": Kind("ok", Words("{files} files, all there", "{files} 个文件，全部完好")),
    "clocks-apart": Kind(
        "warn",
        Words("{seconds} s from ours", "与本机相差 {seconds} 秒"),
        Words("Let both machines keep time with NTP.", "请让两台机器都用 NTP 校时。"),
    ),
    "clocks-future": Kind(
        "warn",
        Words("the audit log has entries of the future", "审计日志中有时间在未来的记录"),
        Words(
            "A clock was wrong, or is: let the machine keep time with NTP.",
            "时钟曾经或现在不准：请用 NTP 校时。",
        ),
    ),
    "clocks-ok": Kind("ok", Words("it shows our time", "与本机一致")),
    "policy-broken": Kind(
        "fail",
        Words("{name}: {code}, {message}", "规则 {name} 无法加载（{code}）"),
        Words(
            "`portreeve policy check {name}` shows it; install anew.",
            "请运行 `portreeve policy check {name}` 查看原因，并重新安装。",
        ),
    ),
    "policy-unknown": Kind(
        "warn",
        Words(
            "`{network}`, the network of items that name none, is no shipped policy",
            "未注明网络的内容归 `{network}` 管理，但没有自带这一规则",
        ),
        Words(
            "Propose and activate a policy of that name, or mend PORTREEVE_NETWORK.",
            "请提出并启用同名规则，或更正 PORTREEVE_NETWORK。",
        ),
    ),
    "policies-ok": Kind("ok", Words("{names} load", "{names} 均可加载")),
    "clock-wrong": Kind(
        "fail",
        Words("it shows {day}", "显示为 {day}"),
        Words("Set it, and let the machine keep time with NTP.", "请校准时钟，并用 NTP 保持准确。"),
    ),
    "clock-ok": Kind("ok", Words("{time} UTC", "显示为 {time}（UTC）")),
    "kernels-no-cache": Kind(
        "fail", Words("no cache folder: {error}", "没有缓存文件夹：{error}"), _CACHE
    ),
    "kernels-closed": Kind("fail", Words("{folder} cannot be written", "{folder} 不可写"), _CACHE),
    "kernels-missing": Kind(
        "warn",
        Words("not compiled yet", "尚未编译"),
        Words(
            "The first start takes half a minute longer; later ones do not.",
            "首次启动会多用半分钟，之后不会。",
        ),
    ),
    "kernels-ok": Kind("ok", Words("compiled, in {folder}", "已编译，位于 {folder}")),
    "pictures-lacking": Kind(
        "warn",
        Words(
            "{module} is not installed, so that they cannot be read",
            "未安装 {module}，无法识别图片",
        ),
        Words(
            "Install portreeve with the extra `pictures`; a host may give `codes` and "
            "`picture_text` of its own instead.",
            "请安装 portreeve 的可选组件 `pictures`；也可由接入平台自行提供 `codes` 和 "
            "`picture_text`。",
        ),
    ),
    "pictures-codes": Kind(
        "ok",
        Words(
            "their codes are read, their words are not, as is set",
            "识别图片中的码；按设置不识别文字",
        ),
    ),
    "pictures-ok": Kind("ok", Words("their codes and words are read", "识别图片中的码和文字")),
}
"""What may be found."""
