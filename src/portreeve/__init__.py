"""Commerce governance for social networks: a written policy that people read and the machine runs.

>>> import portreeve
>>> portreeve.screen({"text": ["..."]})  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from portreeve.admission import ItemError
    from portreeve.engine import screen

__all__ = ["ItemError", "screen"]

_HOMES = {"screen": "portreeve.engine", "ItemError": "portreeve.admission"}


def __getattr__(name: str) -> Any:
    """Load a public name when it is asked for: numba and polars take their time."""
    if name in _HOMES:
        import importlib

        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'portreeve' has no attribute {name!r}")
