"""The pages on commerce, walked from their first command to their last against a real server."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from test_getting_started import END_OF_BLOCK, PAGE, blocks, fits

ROOT = Path(__file__).parents[2]
FUNCTIONS = next(block.commands for block in blocks(PAGE) if block.commands.startswith("ask() {"))
"""``ask`` and ``show``, as getting started defines them."""


def walked(page: str, url: str, data: Path, folder: Path) -> list[tuple[str, str, str]]:
    """Each block's commands, what the page shows, and what came out."""
    found = list(blocks(page))
    script = FUNCTIONS + "".join(f"{one.commands}echo '{END_OF_BLOCK}'\n" for one in found)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    given = {"PATH": path, "URL": url, "PORTREEVE_DATA": str(data), "LC_ALL": "C.UTF-8",
             "EXAMPLES": str(ROOT / "examples")}  # fmt: skip
    kept = {name: os.environ[name] for name in ("HOME", "PORTREEVE_CACHE") if name in os.environ}
    done = subprocess.run(
        ["bash", "-c", f"exec 2>&1\n{script}"],
        cwd=folder, env=kept | given, capture_output=True, text=True, timeout=170, check=True,
    )  # fmt: skip
    printed = done.stdout.split(f"{END_OF_BLOCK}\n")
    return [(one.commands, one.shown, out) for one, out in zip(found, printed, strict=False)]


@pytest.mark.parametrize("page", ["commerce-ads.md", "commerce-merchants.md"])
def test_every_command_prints_what_the_page_shows(url, settings, tmp_path, page):
    text = (ROOT / "docs" / page).read_text("utf-8")
    wrong = [
        f"{commands}\nshows:\n{shown}\nprinted:\n{printed}"
        for commands, shown, printed in walked(text, url, Path(settings.data), tmp_path)
        if not fits(shown, printed)
    ]
    assert not wrong, "\n\n".join(wrong)
