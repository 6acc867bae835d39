"""Every error of the policy language: its code, its meaning, and how it is shown.

A problem points at file, line and column, shows the line with a caret, and says the remedy.
All problems of a load are collected and raised together as one :class:`PolicyError`.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from portreeve.policy.source import Span

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Code:
    """One kind of problem: a stable code, what it means, and what to do about it."""

    id: str
    name: str
    meaning: str
    remedy: str
    severity: Severity = "error"


def _codes() -> dict[str, Code]:
    listed: list[Code] = []

    def add(id: str, name: str, meaning: str, remedy: str, severity: Severity = "error") -> None:
        listed.append(Code(id, name, meaning, remedy, severity))

    add(
        "P001",
        "unreadable",
        "The file cannot be read, is not UTF-8 text, or is larger than 4 MB.",
        "Check the path, save the file as UTF-8, or split it with `extends`.",
    )
    add(
        "P002",
        "yaml",
        "The file is not well-formed YAML.",
        "Mend the line shown: most often a missing quote, a tab, or wrong indentation.",
    )
    add(
        "P003",
        "alias",
        "The file uses a YAML anchor and alias (`&name`, `*name`) or a tag (`!name`).",
        "Write the value out, so that every line can be read by itself.",
    )
    add(
        "P004",
        "duplicate-key",
        "A key is written twice in one mapping; YAML would silently keep the last.",
        "Keep one of the two.",
    )
    add(
        "P005",
        "unknown-key",
        "The key is not part of the policy format.",
        "Mend the spelling or remove the key. docs/policy.md lists all keys.",
    )
    add("P006", "missing-key", "A required key is missing.", "Add it.")
    add(
        "P007",
        "wrong-kind",
        "The value is of another kind than the key wants: a list, a number, a duration, ...",
        "Write it in the form shown.",
    )
    add(
        "P008",
        "unknown-name",
        "The value must be one of a short list of names, and is not.",
        "Use one of the names shown.",
    )
    add(
        "P009",
        "language",
        "A text that people read is missing in English or in Chinese.",
        "Give both: `{en: ..., zh: ...}`.",
    )
    add(
        "P010",
        "unknown-policy",
        "A policy named by `extends`, by `law` or on the command line is not there.",
        "Mend the name, or put the file beside the policy that names it.",
    )
    add(
        "P011",
        "extends-cycle",
        "Policies extend one another in a circle.",
        "Remove one `extends` of the circle shown.",
    )
    add(
        "P012",
        "remove-unknown",
        "`remove` names a rule that the extended policy does not have.",
        "Mend the id, or remove the line.",
    )
    add("P013", "duplicate-id", "Two rules have one id.", "Rename one of the two.")
    add(
        "P014",
        "unknown-reference",
        "A way out, ladder, goods category or form is named but not defined.",
        "Mend the name, or define it.",
    )
    add(
        "P015",
        "sealed",
        "The private chat is sealed: a policy can neither open it nor decide about it.",
        "Write `private_chat: sealed`, and leave it out of rules, forms and examples.",
    )
    add(
        "P016",
        "name",
        "A name has the wrong form, or is already the name of something else.",
        "Choose another name: small letters, digits, `_` (and `.` or `-` in ids of rules).",
    )
    add(
        "P020",
        "condition-syntax",
        "The condition is not a SQL boolean expression.",
        "Mend the place shown.",
    )
    add(
        "P021",
        "unknown-signal",
        "The condition names neither a signal nor a definition nor a counter.",
        "Mend the spelling. `portreeve policy signals` lists all signals.",
    )
    add(
        "P022",
        "wrong-type",
        "The types do not fit: text compared with a number, a count with a fraction, a number "
        "used as a condition, ...",
        "Compare it with a value of its own type, as shown.",
    )
    add(
        "P023",
        "unknown-function",
        "The function is not on the short list of functions.",
        "Use one of the functions shown.",
    )
    add(
        "P024",
        "not-in-language",
        "The SQL is valid but not part of the condition language: a query, a cast, ...",
        "Write it with comparisons, AND, OR, NOT, IN, BETWEEN, LIKE and IS NULL.",
    )
    add(
        "P025",
        "unknown-value",
        "The text can never be a value of this signal.",
        "Use one of the values of the signal.",
    )
    add(
        "P026",
        "never-true",
        "The condition, or a part of it, can never hold.",
        "Mend the limits shown, or remove the part.",
    )
    add(
        "P027",
        "always-true",
        "The condition, or a part of it, always holds.",
        "Mend the limits shown, or remove the part.",
    )
    add(
        "P028",
        "shadowed",
        "Whenever this rule holds, another rule of the same layer and clause holds too, with at "
        "least as strong a verdict: the rule changes nothing.",
        "Remove it, narrow the other rule, or give it a stronger verdict.",
    )
    add(
        "P029",
        "definition-cycle",
        "Definitions use one another in a circle.",
        "Break the circle shown.",
    )
    add(
        "P030",
        "too-deep",
        "The document or the condition is nested too deeply, or too long.",
        "Split the condition into definitions.",
    )
    add(
        "P031",
        "law-scope",
        "A rule of the law layer uses what only the house policy decides.",
        "Define it in the law file: the house may tighten the law, never loosen it.",
    )
    add(
        "P032",
        "counter-scope",
        "The condition of a counter uses a counter or a signal of memory, itself or through a "
        "definition: what is counted must be known before memory is asked.",
        "Use signals of the item itself, and put the other part into the rule.",
    )
    add(
        "P040",
        "missing-cell",
        "The matrix leaves a cell undecided.",
        "Decide it: a verdict for every form in every row.",
    )
    add(
        "P041",
        "missing-row",
        "The matrix leaves a tier, or the protected row, undecided.",
        "Add the row.",
    )
    add(
        "P042",
        "overlap",
        "A goods category is in two rows of the matrix, or a surface in two forms.",
        "Keep it in one of them.",
    )
    add(
        "P050",
        "ladder",
        "The steps of a ladder are out of order, or a step lacks or has a duration wrongly.",
        "Let `at` rise from step to step; give `for` to timed sanctions only.",
    )
    add(
        "P051",
        "verdict-parts",
        "A rule lacks what its verdict needs, or has what its verdict cannot use.",
        "`label` needs a label text, `limit` needs `reach`, strikes need a ladder.",
    )
    add(
        "P052",
        "example",
        "An example cannot be an item of this rule.",
        "Put it on one of the rule's surfaces.",
    )
    add(
        "P053",
        "counter",
        "The parts of a counter do not fit together, or two counters count the same.",
        "Mend the part shown.",
    )
    add(
        "P060",
        "no-example",
        "The rule has no example of what it catches, so nothing tests it.",
        "Add `examples:` with what it catches and a near miss that it allows.",
        "warning",
    )
    add(
        "P061",
        "covered",
        "Another rule of the same layer always holds with this one, with at least as strong a "
        "verdict. The rule still names its own clause, but never decides.",
        "Keep it for its clause, give it a stronger verdict, or narrow the other rule.",
        "warning",
    )
    add(
        "P062",
        "unused-definition",
        "No condition uses the definition.",
        "Remove it, or use it.",
        "warning",
    )
    add(
        "P063",
        "unused-counter",
        "No condition uses the counter.",
        "Remove it, or use it.",
        "warning",
    )
    return {code.id: code for code in listed}


CODES: dict[str, Code] = _codes()


@dataclass(frozen=True)
class Problem:
    """One problem at one place.

    ``span`` is None when there is no place to show, such as a file that is not there.
    """

    code: str
    message: str
    span: Span | None = None
    help: str = ""
    file: str = ""

    @property
    def severity(self) -> Severity:
        return CODES[self.code].severity

    def to_dict(self) -> dict[str, Any]:
        """Plain values for ``--json``: lines and columns count from 1, in characters."""
        place: dict[str, Any] = {"file": self.file or None, "line": None, "column": None}
        if self.span is not None:
            line, column = self.span.line_column
            place = {"file": self.span.source.name, "line": line, "column": column}
        return {
            "code": self.code,
            "name": CODES[self.code].name,
            "severity": self.severity,
            **place,
            "message": self.message,
            "help": self.help or CODES[self.code].remedy,
        }

    def render(self) -> str:
        """The problem with the source line, a caret under the place, and the remedy."""
        head = f"{self.severity}[{self.code}]: {self.message}"
        remedy = f"= help: {self.help or CODES[self.code].remedy}"
        if self.span is None:
            place = [f"  --> {self.file}"] if self.file else []
            return "\n".join([head, *place, f"   {remedy}"])
        line, column = self.span.line_column
        text = self.span.source.line(line)
        gutter = " " * len(str(line))
        marked = text[column - 1 : column - 1 + max(1, self.span.end - self.span.start)]
        return "\n".join(
            [
                head,
                f"{gutter} --> {self.span.source.name}:{line}:{column}",
                f"{gutter} |",
                f"{line} | {_tabs_out(text)}".rstrip(),
                f"{gutter} | {' ' * _width(text[: column - 1])}{'^' * max(1, _width(marked))}",
                f"{gutter} {remedy}",
            ]
        )


def _tabs_out(text: str) -> str:
    return text.replace("\t", " ")


def _width(text: str) -> int:
    """Columns of a terminal: Chinese characters take two, combining marks none."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


class PolicyError(ValueError):
    """A policy that cannot be used. ``problems`` lists everything found, in reading order.

    ``str`` of it is the full report, ready to print.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__(report(self.problems))


def report(problems: Iterable[Problem]) -> str:
    """All problems, one after another, and a last line that counts them."""
    shown = list(problems)
    errors = sum(p.severity == "error" for p in shown)
    warnings = len(shown) - errors
    counts = [
        f"{n} {what}{'' if n == 1 else 's'}"
        for n, what in ((errors, "error"), (warnings, "warning"))
        if n
    ]
    return "\n\n".join(
        [*(p.render() for p in shown), f"Found {' and '.join(counts) or 'nothing'}."]
    )


@dataclass
class Problems:
    """Collects problems while a policy is read, each place and code once."""

    found: list[Problem] = field(default_factory=list)

    def add(
        self, code: str, message: str, span: Span | None = None, help: str = "", file: str = ""
    ) -> None:
        problem = Problem(code, message, span, help, file)
        if problem not in self.found:
            self.found.append(problem)

    def sorted(self) -> list[Problem]:
        """By file, in reading order within a file; files in the order they were met."""
        files: dict[str, int] = {}
        for problem in self.found:
            files.setdefault(_file(problem), len(files))
        return sorted(
            self.found,
            key=lambda p: (files[_file(p)], p.span.start if p.span else -1, p.code),
        )

    @property
    def errors(self) -> bool:
        return any(p.severity == "error" for p in self.found)

    def stop_on_errors(self) -> None:
        """Raise everything found so far, if an error is among it."""
        if self.errors:
            raise PolicyError(self.sorted())


def _file(problem: Problem) -> str:
    return problem.span.source.name if problem.span else problem.file


def suggest(word: str, names: Iterable[str]) -> str:
    """The known names most like a misspelt one, as a sentence; empty when none is like it.

    >>> suggest("promotoin", ["promotion", "prices"])
    'Did you mean `promotion`?'
    """
    close = difflib.get_close_matches(word.lower(), list(names), n=1, cutoff=0.6)
    return f"Did you mean `{close[0]}`?" if close else ""
