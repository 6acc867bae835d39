"""Policy texts: checked when they are proposed, kept with all they build on, compiled once.

A version shall mean tomorrow what it meant when people approved it. So the texts that it builds on
(``extends``, ``law``) are kept with it, and a later release of Portreeve that ships other ones does
not change it.
"""

from __future__ import annotations

import functools
import hashlib
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import yaml

from portreeve.policy import ExampleResult, Policy, PolicyError, check
from portreeve.policy.files import read, shipped
from portreeve.schemas.policies import PolicyProblem
from portreeve.service.errors import ServiceError, not_found
from portreeve.service.policy_checking import check_policy_text, run_all
from portreeve.service.policy_origins import Origin, origins_of
from portreeve.store import Database, Transaction
from portreeve.store.statements import insert_missing
from portreeve.store.tables.policies import policy_sources, policy_versions

_TEXT = ".policy.yaml"
"""The file of the version itself, in a folder of what it builds on: no base has such a name."""

_KEPT = 64
"""Compiled versions kept in memory."""


class PolicyTexts:
    """The texts of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database
        kept = functools.lru_cache(maxsize=_KEPT)
        self._cached = kept(self._load)
        self._origins = kept(self._read_origins)
        self._examples = kept(self._run_examples)

    def named(self, label: str) -> Policy:
        """A stored version, compiled; compiling takes a fraction of a second, once.

        Raises:
            ServiceError: ``not-found``, when there is no such version.
        """
        return self._cached(label)

    def has(self, label: str) -> bool:
        """Whether a version of this label is stored."""
        wanted = sa.select(policy_versions.c.label).where(policy_versions.c.label == label)
        with self._database.read() as connection:
            return connection.execute(wanted).first() is not None

    def origins(self, label: str) -> dict[str, Origin]:
        """Where each part of a stored version comes from; empty when it extends nothing.

        Raises:
            ServiceError: ``not-found``.
        """
        return self._origins(label)

    def examples(self, label: str) -> tuple[ExampleResult, ...]:
        """What comes out for each example of a stored version.

        Raises:
            ServiceError: ``not-found``.
        """
        return self._examples(label)

    def _read_origins(self, label: str) -> dict[str, Origin]:
        with self._database.read() as connection:
            row = _source(connection, label)
            return origins_of(row.text, _bases(connection, row))

    def _run_examples(self, label: str) -> tuple[ExampleResult, ...]:
        return run_all(self.named(label))

    def _load(self, label: str) -> Policy:
        with self._database.read() as connection:
            return compiled_row(connection, _source(connection, label))


def compiled_row(connection: sa.Connection, row: Any) -> Policy:
    """The policy of a row of ``policy_versions``, compiled."""
    return compiled(row.text, tuple(sorted(_bases(connection, row).items())))


def _source(connection: sa.Connection, label: str) -> Any:
    """The text of a version, and the hashes of what it builds on."""
    wanted = sa.select(policy_versions.c.text, policy_versions.c.bases)
    row = connection.execute(wanted.where(policy_versions.c.label == label)).one_or_none()
    if row is None:
        raise not_found("policy version", label)
    return row


def _bases(connection: sa.Connection, row: Any) -> dict[str, str]:
    """What a version builds on: name and text."""
    source = policy_sources.c
    wanted = sa.select(source.sha256, source.text).where(source.sha256.in_(row.bases.values()))
    texts = dict(connection.execute(wanted).all())
    return {name: texts[sha256] for name, sha256 in row.bases.items()}


def keep_bases(tx: Transaction, texts: Iterable[str]) -> None:
    """Keep texts that a version builds on; those that are there stay."""
    rows = sorted(({"sha256": sha256(text), "text": text} for text in texts),
                  key=lambda row: row["sha256"])  # fmt: skip
    insert_missing(tx, policy_sources, rows)


def sha256(text: str) -> str:
    """SHA-256 of a text in UTF-8, in hex.

    >>> sha256("")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(text.encode()).hexdigest()


def checked(text: str) -> tuple[Policy, list[PolicyProblem]]:
    """A proposed text as a policy, and the warnings about it.

    Raises:
        ServiceError: ``policy-errors``, when it does not load, governs no network, or one of its
            own examples comes out otherwise than it says; ``problems`` lists all that was found.
    """
    result = check_policy_text(text)
    policy, found = result.policy, list(result.problems)
    if policy is None:
        raise _refused(found, "The text does not load")
    if result.is_law:
        raise ServiceError(
            "policy-errors",
            "The text is a law file. It is in force only under a house policy: "
            "propose one that names it with `law`.",
            field="text",
            problems=found,
        )
    if result.failed:
        raise _refused([*found, *map(_failed, result.failed)], "Examples of the text fail")
    return policy, found


def bases_of(text: str) -> dict[str, str]:
    """What a text that loads builds on: name of each shipped policy, and its text.

    Law files are named ``law/NAME``.

    >>> sorted(bases_of("policy: mine\\nextends: stranger\\n"))
    ['acquaintance', 'law/default', 'stranger']
    """
    found: dict[str, str] = {}
    pending = [text]
    while pending:
        document = yaml.load(pending.pop(), Loader=yaml.CSafeLoader)
        for name in _names(document):
            path = shipped(name)
            if path is not None and name not in found:
                found[name] = read(path).source.text
                pending.append(found[name])
    return found


def _names(document: Mapping[str, Any]) -> list[str]:
    extends, law = document.get("extends"), document.get("law")
    names = (
        [f"law/{extends}" if document.get("layer") == "law" else str(extends)] if extends else []
    )
    return [*names, f"law/{law}"] if law else names


@functools.lru_cache(maxsize=_KEPT)
def compiled(text: str, bases: tuple[tuple[str, str], ...]) -> Policy:
    """A policy from its text and the texts it builds on, by name.

    Raises:
        PolicyError: it does not load.
    """
    with tempfile.TemporaryDirectory(prefix="portreeve-policy-") as name:
        folder = Path(name)
        for base, written in ((_TEXT, text), *((f"{base}.yaml", t) for base, t in bases)):
            path = folder / base
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(written.encode())
        policy, problems = check(folder / _TEXT)
    if policy is None:
        raise PolicyError(problems)
    return _shown(policy, folder)


def _shown(policy: Policy, folder: Path) -> Policy:
    """The policy with the names of its files as people know them."""

    def shown(file: str) -> str:
        name = file.rpartition(f"{folder.name}/")[2]
        return policy.label if name == _TEXT else f"policies/{name}"

    rules = tuple(
        replace(
            rule,
            file=shown(rule.file),
            examples=tuple(replace(e, file=shown(e.file)) for e in rule.examples),
        )
        for rule in policy.rules
    )
    definitions = {
        name: replace(definition, file=shown(definition.file))
        for name, definition in policy.definitions.items()
    }
    counters = {
        name: replace(counter, file=shown(counter.file))
        for name, counter in policy.counters.items()
    }
    return replace(policy, rules=rules, definitions=definitions, counters=counters)


def _failed(result: ExampleResult) -> PolicyProblem:
    return PolicyProblem(
        code="example",
        severity="error",
        file=result.example.file,
        line=result.example.line,
        column=None,
        message=f"example of `{result.rule}`: {result.reason}",
        mend="Change the condition, or move the example to the verdict that is meant.",
    )


def _refused(problems: list[PolicyProblem], what: str) -> ServiceError:
    errors = [problem for problem in problems if problem.severity == "error"]
    first = errors[0]
    place = f" in line {first.line}" if first.line is not None else ""
    more = f", and {len(errors) - 1} more" if len(errors) > 1 else ""
    return ServiceError(
        "policy-errors",
        f"{what}: {first.message}{place}{more}. {first.mend}",
        field="text",
        problems=problems,
    )
