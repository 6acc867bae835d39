"""The pages about the policy format that are made from its definitions.

``python -m portreeve.policy.reference`` writes them into ``docs/``: all of ``errors-policy.md``,
and the end of ``policy.md``. A test fails when they are not current.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from portreeve.model import Verdict
from portreeve.policy.conditions import FUNCTIONS, MAX_DEPTH, MAX_LENGTH
from portreeve.policy.document import check_text
from portreeve.policy.errors import CODES, Code
from portreeve.policy.fields import CELL_VERDICTS, SANCTIONS, TABLES
from portreeve.policy.samples import SAMPLES, sample_text

BEGIN = "<!-- Made by `python -m portreeve.policy.reference` from here on; do not edit by hand. -->"

_OPERATORS = (
    ("`=` `<>` `<` `<=` `>` `>=`", "compare a signal with a value of its own type"),
    ("`AND` `OR` `NOT` `( )`", "join conditions; `AND` binds more tightly than `OR`"),
    ("`IN (a, b)` `NOT IN (a, b)`", "one of a list of values, or none of them"),
    ("`BETWEEN a AND b`", "from a to b, both included"),
    (
        "`LIKE 'a%'` `ILIKE 'a%'`",
        "text by pattern: `%` any characters, `_` one; ILIKE ignores case",
    ),
    ("`IS NULL` `IS NOT NULL`", "whether a value is there"),
    ("`IS TRUE` `IS NOT TRUE` `IS FALSE`", "true or false, where unknown counts as neither"),
    ("`+` `-` `*` `/`", "64-bit arithmetic; division by zero is NULL"),
    ("`CASE WHEN c THEN x ELSE y END`", "a value that depends on conditions"),
)


def reference() -> str:
    """The field reference: keys, verdicts, sanctions, and the condition language."""
    parts = [BEGIN, "", "## Reference", ""]
    for table in TABLES:
        parts += [f"### {table.title}", ""]
        rows = [
            (f"`{k.name}`" + (" (required)" if k.required else ""), k.kind, k.meaning)
            for k in table.keys
        ]
        parts += [_table(["key", "value", "meaning"], rows), ""]
    parts += ["### Verdicts of rules and cells", ""]
    verdicts = [(f"`{name}`", Verdict(name).meaning) for name in CELL_VERDICTS]
    parts += [_table(["verdict", "what happens"], verdicts), ""]
    parts += [
        "`allow` is a verdict of cells only. `refuse` becomes `remove` for what is out already.",
        "",
        "### Sanctions",
        "",
        _table(["sanction", "what it is"], [(f"`{n}`", m) for n, m in SANCTIONS.items()]),
        "",
        "Durations are written `7d` (days), `12h` (hours) or `2w` (weeks).",
        "",
        "### Conditions",
        "",
        "A condition is a SQL expression that is true, false or NULL. It may name every signal",
        "([signals.md](signals.md)), every definition and every counter of the policy.",
        "",
        _table(["operator", "meaning"], list(_OPERATORS)),
        "",
        _table(["function", "meaning"], [_function(text) for text in FUNCTIONS.values()]),
        "",
        f"A condition has at most {MAX_LENGTH:,} characters, and is nested at most {MAX_DEPTH}",
        "levels deep.",
    ]
    return "\n".join(parts) + "\n"


def policy_page(current: str) -> str:
    """docs/policy.md with its reference renewed; what stands before it is kept."""
    return current.split(BEGIN, maxsplit=1)[0].rstrip("\n") + "\n\n" + reference()


def errors_page() -> str:
    """docs/errors-policy.md: every code with its meaning, its remedy and an example."""
    parts = [
        "# Errors of the policy language",
        "",
        "<!-- Made by `python -m portreeve.policy.reference`; do not edit by hand. -->",
        "",
        "`portreeve policy check` reports everything it finds at once: a stable code, the place,",
        "the line with a caret, and a remedy. With `--json` each problem is an object with `code`,",
        "`name`, `severity`, `file`, `line`, `column`, `message` and `help`; lines and columns",
        "count from 1, columns in characters. An error keeps the policy from being loaded, a",
        "warning does not. In Python, `portreeve.policy.load` raises `PolicyError`, whose",
        "`problems` are these.",
        "",
        _table(["code", "name", "", "meaning"], [_summary(code) for code in CODES.values()]),
    ]
    for code in CODES.values():
        parts += ["", f"## {code.id} {code.name}", "", code.meaning, "", code.remedy]
        if code.id in SAMPLES:
            parts += ["", "```text", _sample(code), "```"]
    return "\n".join(parts) + "\n"


def write(docs: Path) -> None:
    """Write both pages into a folder that has policy.md."""
    guide = docs / "policy.md"
    guide.write_text(policy_page(guide.read_text("utf-8")), "utf-8")
    (docs / "errors-policy.md").write_text(errors_page(), "utf-8")


def _sample(code: Code) -> str:
    """What the check says of the code's sample."""
    _, problems = check_text(sample_text(SAMPLES[code.id]), "example.yaml")
    return "\n\n".join(problem.render() for problem in problems if problem.code == code.id)


def _summary(code: Code) -> tuple[str, str, str, str]:
    return f"[{code.id}](#{code.id.lower()}-{code.name})", code.name, code.severity, code.meaning


def _function(text: str) -> tuple[str, str]:
    call, meaning = text.split(": ", 1)
    return f"`{call}`", meaning


def _table(head: list[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["--"] * len(head), *rows]
    cells = [[cell.replace("|", "&#124;") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


if __name__ == "__main__":
    write(Path(__file__).resolve().parents[3] / "docs")
