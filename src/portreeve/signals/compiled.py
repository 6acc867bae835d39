"""How kernels are compiled: numba, cached in the user's cache folder.

``NUMBA_BOUNDSCHECK=1`` turns on bounds checks; such kernels are cached apart.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
import unicodedata
import zipfile
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import platformdirs
from numpy.typing import NDArray

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


def cached_arrays(
    name: str, sources: tuple[str, ...], make: Callable[[], dict[str, NDArray[Any]]]
) -> dict[str, NDArray[Any]]:
    """Arrays derived from the package's own data and code, made once and kept in the cache folder.

    They are made again when a source file, the code of the package or Unicode's version changes. A
    cache that cannot be read or written is done without.
    """
    path = cache_folder() / f"{name}-{_fingerprint(sources)}.npz"
    try:
        with np.load(path) as kept:
            return dict(kept)
    except (OSError, ValueError, zipfile.BadZipFile):
        arrays = make()
    with contextlib.suppress(OSError), tempfile.NamedTemporaryFile(
        dir=path.parent, suffix=".npz", delete=False
    ) as file:
        np.savez(file, **arrays)
        file.close()
        os.replace(file.name, path)
    return arrays


def _fingerprint(sources: tuple[str, ...]) -> str:
    digest = hashlib.sha256(unicodedata.unidata_version.encode())
    for source in sources:
        digest.update(resources.files("portreeve.data").joinpath(source).read_bytes())
    for code in ("fold.py", "lexicon.py", "matcher.py", "goods_table.py"):
        digest.update(resources.files("portreeve.signals").joinpath(code).read_bytes())
    return digest.hexdigest()[:16]
