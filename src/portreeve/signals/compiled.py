"""How kernels are compiled: numba, cached in the user's cache folder.

``NUMBA_BOUNDSCHECK=1`` turns on bounds checks; such kernels are cached apart.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import platformdirs

_CHECKED = os.environ.get("NUMBA_BOUNDSCHECK", "0") == "1"

Function = TypeVar("Function", bound=Callable[..., Any])


def cache_folder() -> Path:
    """Where compiled kernels and derived tables are kept; made when missing."""
    base = os.environ.get("PORTREEVE_CACHE") or platformdirs.user_cache_dir("portreeve")
    folder = Path(base) / ("kernels-checked" if _CHECKED else "kernels")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


os.environ.setdefault("NUMBA_CACHE_DIR", str(cache_folder()))

import numba  # noqa: E402 - it reads the cache folder when it is imported


def kernel(function: Function) -> Function:
    """Compile a function in nopython mode, without the GIL, cached between processes."""
    return numba.njit(cache=True, nogil=True, boundscheck=_CHECKED)(function)  # type: ignore[no-any-return]


def inlined(function: Function) -> Function:
    """Compile a small function into its callers."""
    return numba.njit(nogil=True, inline="always", boundscheck=_CHECKED)(function)  # type: ignore[no-any-return]


def announce_first_compilation() -> None:
    """Say on standard error what the first call is waiting for, when nothing is cached yet."""
    if not any(cache_folder().rglob("*.nbi")) and sys.stderr is not None:
        print(
            "portreeve: compiling the text kernels for this machine (once, about half a minute); "
            f"they are kept in {cache_folder()}",
            file=sys.stderr,
            flush=True,
        )
