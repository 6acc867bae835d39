"""docs/integrate.md quotes Square's own code, as it is, and not much of it."""

import ast
import re
import textwrap
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "integrate.md").read_text(encoding="utf-8")
QUOTED = re.findall(r"```python\n(.*?)\n```", PAGE, re.DOTALL)


def functions():
    """Every function of the file that the page names, as it stands there."""
    text = (ROOT / "src" / "square" / "governance" / "core.py").read_text(encoding="utf-8")
    lines = text.split("\n")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            yield node.name, textwrap.dedent("\n".join(lines[node.lineno - 1 : node.end_lineno]))


def test_what_is_quoted_is_the_code():
    known = dict(functions())
    quoted = [part for block in QUOTED for part in block.split("\n\n\n")]
    names = [re.match(r"def (\w+)", part)[1] for part in quoted]
    assert names == ["ask", "catch_up", "listen", "hear", "refresh"]
    assert quoted == [known[name] for name in names]


def test_it_is_fewer_than_a_hundred_lines():
    assert sum(len(block.split("\n")) for block in QUOTED) < 100


def test_everything_it_points_to_is_there():
    for path in re.findall(r"`(src/square/[\w/.]+|tests/square/)`", PAGE):
        assert (ROOT / path).exists(), path
    for link in re.findall(r"\]\(([\w-]+\.md)\)", PAGE):
        assert (ROOT / "docs" / link).exists(), link
