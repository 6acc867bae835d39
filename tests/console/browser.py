"""The browser of the tests: Debian's Chromium, driven by Playwright; axe-core from npm.

``python tests/console/browser.py`` installs what is missing, and says what it could not install.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

NODE = Path(__file__).parent / "node"
"""Folder of what comes from npm."""

AXE = NODE / "node_modules" / "axe-core" / "axe.min.js"
"""The accessibility checker, a script to be run in a page."""

PROVIDER = NODE / "node_modules" / "oidc-provider"
"""The identity provider to log in at."""

MISSING = (
    "{} missing and could not be installed: THE CONSOLE WAS NOT TESTED IN A BROWSER. "
    "Install what is named (Debian: apt-get install {})."
)
_FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
_CHOICES = ("chromium", "chromium-browser", "google-chrome")


def program() -> str | None:
    """The browser, or None where there is none."""
    return next(filter(None, map(shutil.which, _CHOICES)), None)


def lacking() -> list[str]:
    """Names of Debian's packages that are needed and not there."""
    there = {
        "chromium": program() is not None,
        "fonts-noto-cjk": _FONT.exists(),
        "nodejs": shutil.which("node") is not None,
        "npm": _packages_fit() or shutil.which("npm") is not None,
    }
    return [name for name, is_there in there.items() if not is_there]


def install() -> list[str]:
    """Install what is missing; what is missing still at the end, as names of packages."""
    wanted = lacking()
    if wanted and os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "-y", "--no-install-recommends", *wanted]):
            subprocess.run(["apt-get", "-qq", *command], check=False, env=quiet)
    if not _packages_fit() and shutil.which("npm"):
        subprocess.run(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
            cwd=NODE, check=False,
        )  # fmt: skip
    return lacking() + ([] if _packages_fit() else ["npm packages of tests/console/node"])


_running: list[Browser] = []


@contextmanager
def browser() -> Iterator[Browser]:
    """A running browser without a window; the one that runs already, if there is one.

    Raises:
        RuntimeError: when there is none.
    """
    if _running:
        yield _running[0]
        return
    path = program()
    if path is None:
        raise RuntimeError(say_missing(["chromium"]))
    arguments = ["--disable-gpu", "--disable-dev-shm-usage", "--font-render-hinting=none"]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=arguments)
        _running.append(started)
        yield started
        _running.clear()
        started.close()


def say_missing(names: list[str]) -> str:
    """What to say when something is missing."""
    return MISSING.format(", ".join(names), " ".join(n for n in names if " " not in n) or "npm")


def _packages_fit() -> bool:
    """Whether the npm packages are there in the versions of the lock file."""
    installed = NODE / "node_modules" / ".package-lock.json"
    if not installed.exists():
        return False
    locked = json.loads((NODE / "package-lock.json").read_text())["packages"]
    found = json.loads(installed.read_text())["packages"]
    return {name: one.get("version") for name, one in locked.items() if name} == {
        name: one.get("version") for name, one in found.items()
    }


if __name__ == "__main__":
    left = install()
    if left:
        print(say_missing(left), file=sys.stderr)
