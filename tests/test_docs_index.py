"""Every page is in the index, every link leads somewhere, every dependency has its reason."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
IMPORTED_AS = {
    "argon2-cffi": "argon2", "opentelemetry-sdk": "opentelemetry", "pillow": "PIL",
    "python-multipart": "multipart", "pyyaml": "yaml", "zxing-cpp": "zxingcpp",
}  # fmt: skip
"""Packages whose module has another name."""

WHERE_THERE = {"playwright"}
"""Modules that are used where they are there: scenarios are looked at in a browser."""

OURS = {package.name for package in (ROOT / "src").iterdir() if package.is_dir()}

LOADED_BY_NAME = {"httptools", "multipart", "onnxruntime", "psycopg", "uvloop"}
"""Modules that other packages load, so that no import of ours need show them."""


def named(requirements):
    return {re.match(r"[\w-]+", one)[0] for one in requirements}


def anchors(page):
    """What links into a page may name, as GitHub makes it of the headings."""
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", text.lower()).replace(" ", "-") for text in headings}


def test_every_page_is_in_the_index_once():
    listed = re.findall(
        r"^\| \[[\w.-]+\]\(([\w.-]+)\) \| .+ \|$",
        (DOCS / "README.md").read_text("utf-8"),
        re.MULTILINE,
    )
    assert sorted(listed) == [page.name for page in PAGES if page.name != "README.md"]


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_every_dependency_has_its_reason():
    page = (DOCS / "dependencies.md").read_text("utf-8")
    rows = re.findall(r"^\| ([\w, -]+) \| \S.*\|$", page, re.MULTILINE)
    listed = [name for row in rows[1:] for name in row.split(", ")]
    assert sorted(listed) == sorted(named(PROJECT["dependencies"]))
    others = page.partition("Square (")[2]
    extras = named([one for extra in PROJECT["optional-dependencies"].values() for one in extra])
    assert [name for name in sorted(extras) if not re.search(rf"\b{name}\b", others)] == []


def test_what_is_imported_is_a_dependency_and_the_other_way_round():
    imported = set()
    for file in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {name.name.partition(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                imported.add(node.module.partition(".")[0])
    imported -= {*OURS, *WHERE_THERE, *sys.stdlib_module_names}
    extras = PROJECT["optional-dependencies"]
    wanted = [one for name in ("pictures", "redis", "square", "train") for one in extras[name]]
    asked = named([*PROJECT["dependencies"], *wanted])
    modules = {IMPORTED_AS.get(name, name).replace("-", "_") for name in asked}
    assert imported | LOADED_BY_NAME == modules
