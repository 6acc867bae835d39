"""Where policy files are: a path, a shipped policy by name, or a mapping made in Python."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec
import yaml

from portreeve.policy.errors import PolicyError, Problem, Problems, suggest
from portreeve.policy.source import Source

MAX_BYTES = 4 * 1024 * 1024
_SUFFIX = ".yaml"


@dataclass(frozen=True)
class File:
    """A policy file that has been read. ``path`` is None for a mapping."""

    source: Source
    path: Path | None

    def beside(self, name: str) -> Path | None:
        """A file of this name beside this one, if there is one."""
        if self.path is None:
            return None
        for candidate in (self.path.parent / name, self.path.parent / f"{name}{_SUFFIX}"):
            if _is_file(candidate):
                return candidate
        return None


def shipped_folder() -> Path:
    """The folder of the shipped policies: in the package, or in the repository around it."""
    packaged = Path(str(resources.files("portreeve"))) / "policies"
    return packaged if packaged.is_dir() else Path(__file__).resolve().parents[3] / "policies"


def shipped_names() -> list[str]:
    """Names of the shipped policies, law files as law/NAME.

    The folder ``commerce`` beside them holds rules of another form, which no policy names.
    """
    folder = shipped_folder()
    found = [*folder.glob(f"*{_SUFFIX}"), *folder.glob(f"law/*{_SUFFIX}")]
    return sorted(path.relative_to(folder).with_suffix("").as_posix() for path in found)


def shipped(name: str) -> Path | None:
    """The file of a shipped policy, or None."""
    return shipped_folder() / f"{name}{_SUFFIX}" if name in shipped_names() else None


def find(what: str | os.PathLike[str] | Mapping[str, Any]) -> File:
    """The file meant by a path, a shipped name or a mapping.

    Raises:
        PolicyError: P001 when it cannot be read, P010 when nothing has this name.
    """
    if isinstance(what, Mapping):
        return _from_mapping(what)
    text = os.fspath(what)
    path = Path(text)
    if _is_file(path):
        return read(path)
    named = shipped(text.removesuffix(_SUFFIX)) if isinstance(what, str) else None
    if named is not None:
        return read(named)
    looks_like_file = text.endswith((_SUFFIX, ".yml")) or not isinstance(what, str)
    if looks_like_file or text in (".", "..") or "/" in text:
        problem = Problem("P001", "there is no such file", file=text)
    else:
        help = suggest(text, shipped_names()) or f"Shipped are: {', '.join(shipped_names())}."
        problem = Problem("P010", f"there is no policy `{text}`, and no such file", help=help)
    raise PolicyError([problem])


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name too long to be one
        return False


def read(path: Path) -> File:
    """Read one file.

    Raises:
        PolicyError: P001 when it cannot be read or is not UTF-8.
    """
    name = shown_name(path)
    problems = Problems()
    text = ""
    try:
        if path.stat().st_size > MAX_BYTES:
            problems.add("P001", "the file is larger than 4 MB", file=name)
        else:
            text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        problems.add(
            "P001",
            f"the file is not UTF-8: byte 0x{error.object[error.start]:02X} in line {line}",
            file=name,
            help="Save the file as UTF-8.",
        )
    except OSError as error:
        problems.add("P001", f"the file cannot be read: {error.strerror}", file=name)
    problems.stop_on_errors()
    return File(Source(name, text), path)


def shown_name(path: Path) -> str:
    """The name of a file in messages: policies/... for shipped ones, else as short as it can be."""
    resolved = path.resolve()
    folder = shipped_folder().resolve()
    if resolved.is_relative_to(folder):
        return f"policies/{resolved.relative_to(folder).as_posix()}"
    here = Path.cwd()
    return str(resolved.relative_to(here)) if resolved.is_relative_to(here) else str(path)


def _from_mapping(value: Mapping[str, Any]) -> File:
    """A mapping, written out as YAML: messages then show lines of that text."""
    try:
        text = yaml.safe_dump(
            msgspec.to_builtins(value), allow_unicode=True, sort_keys=False, width=100
        )
    except (TypeError, yaml.YAMLError) as error:
        message = f"the mapping has a value that YAML cannot hold: {error}"
        raise PolicyError([Problem("P007", message, file="<mapping>")]) from None
    return File(Source("<mapping>", text), None)
