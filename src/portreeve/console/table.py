"""All pages of the console: the one table that navigation, docs and tests derive from."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from portreeve.console import areas
from portreeve.console.routes import Page, Pages


def _areas() -> tuple[Pages, ...]:
    """The pages of every module of ``areas`` that declares some."""
    names = sorted(module.name for module in pkgutil.iter_modules(areas.__path__))
    modules = [import_module(f"{areas.__name__}.{name}") for name in names]
    return tuple(module.pages for module in modules if hasattr(module, "pages"))


AREAS: tuple[Pages, ...] = _areas()

PAGES: tuple[Page, ...] = tuple(page for area in AREAS for page in area.declared)
