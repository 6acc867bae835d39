"""How kernels are compiled: numba, cached in the user's cache folder.

``PORTREEVE_CACHE`` names another folder. ``NUMBA_BOUNDSCHECK=1`` turns on bounds checks; such
kernels are cached apart.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import shutil
import sys
import tempfile
import unicodedata
import zipfile
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import numba
import numpy as np
import platformdirs
from numpy.typing import NDArray

_CHECKED = os.environ.get("NUMBA_BOUNDSCHECK", "0") == "1"
_KEPT_FOLDERS = 4

Function = TypeVar("Function", bound=Callable[..., Any])


_APART = "memory"
"""A package whose kernels have a folder of their own: a change there leaves the others compiled."""


@functools.cache
def cache_folder(package: str = "signals") -> Path:
    """Where compiled kernels and derived tables are kept; made when missing.

    The folder's name tells the version of the sources: numba looks only at a kernel's own file,
    not at the kernels it calls, to see whether what it kept is still right.
    """
    base = Path(os.environ.get("PORTREEVE_CACHE") or platformdirs.user_cache_dir("portreeve"))
    kind = "checked" if _CHECKED else "kernels"
    if package == _APART:
        kind = f"{kind}-{package}"
    folder = base / f"{kind}-{_fingerprint(package)}"
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        _forget_old(base, kind)
    return folder


def _fingerprint(package: str) -> str:
    """A hash of everything that a package's kernels and derived tables are made from."""
    digest = hashlib.sha256(unicodedata.unidata_version.encode())
    root = resources.files("portreeve")
    sources = [("signals", ".py"), ("training", ".py"), ("data", ".yaml")]
    for name, suffix in sources + ([(package, ".py")] if package == _APART else []):
        for file in sorted(root.joinpath(name).iterdir(), key=lambda f: f.name):
            if file.name.endswith(suffix):
                digest.update(file.read_bytes())
    digest.update(resources.files("portreeve.data").joinpath("simplified.txt").read_bytes())
    return digest.hexdigest()[:16]


def _forget_old(base: Path, kind: str) -> None:
    """Keep the newest few versions, for environments that live side by side."""
    folders = [f for f in base.iterdir() if f.name.rpartition("-")[0] == kind]
    for folder in sorted(folders, key=lambda f: f.stat().st_mtime)[:-_KEPT_FOLDERS]:
        shutil.rmtree(folder, ignore_errors=True)


_OPTIONS: dict[str, Any] = {"nogil": True, "boundscheck": _CHECKED}
# The arrays of a kernel belong to its caller, so nothing need be counted (`_nrt`, an option that
# numba has for itself): with reference counts, handing a dozen arrays to a small function costs
# more than most of those functions do.
_UNCOUNTED: dict[str, Any] = {**_OPTIONS, "_nrt": False}


def kernel(function: Function) -> Function:
    """Compile a function in nopython mode, without the GIL, cached between processes.

    It must not make arrays: it fills those that it is given.
    """
    return _cached(function, **_UNCOUNTED)


def reordering(function: Function) -> Function:
    """Compile like :func:`kernel`, free to add up numbers in another order than written."""
    return _cached(function, fastmath={"reassoc", "contract", "nsz"}, **_UNCOUNTED)


def inlined(function: Function) -> Function:
    """Compile a small function into its callers."""
    return numba.njit(inline="always", **_UNCOUNTED)(function)  # type: ignore[no-any-return]


def allocating(function: Function) -> Function:
    """Compile like :func:`kernel` a function that makes arrays of its own."""
    return _cached(function, **_OPTIONS)


def learning(function: Function) -> Function:
    """Compile like :func:`allocating`, with every freedom that speeds up arithmetic."""
    return _cached(function, fastmath=True, **_OPTIONS)


def _cached(function: Function, **options: Any) -> Function:
    """Compile a function that is kept in our folder, whatever numba is told for others."""
    others = numba.config.CACHE_DIR  # type: ignore[attr-defined]
    package = _APART if f".{_APART}." in function.__module__ else "signals"
    numba.config.CACHE_DIR = str(cache_folder(package))  # type: ignore[attr-defined]
    try:
        return numba.njit(cache=True, **options)(function)  # type: ignore[no-any-return]
    finally:
        numba.config.CACHE_DIR = others  # type: ignore[attr-defined]


@functools.cache
def announce_first_compilation() -> None:
    """Say once on standard error what the first call waits for, when nothing is cached yet."""
    if not any(cache_folder().rglob("*.nbi")) and sys.stderr is not None:
        print(
            "portreeve: compiling the text kernels for this machine (once, about half a minute); "
            f"they are kept in {cache_folder()}",
            file=sys.stderr,
            flush=True,
        )


def cached_arrays(
    name: str, make: Callable[[], dict[str, NDArray[Any]]]
) -> dict[str, NDArray[Any]]:
    """Arrays derived from the package's own data, made once and kept in the cache folder.

    A cache that cannot be read or written is done without.
    """
    path = cache_folder() / f"{name}.npz"
    try:
        with np.load(path) as kept:
            return dict(kept)
    except (OSError, ValueError, zipfile.BadZipFile):
        arrays = make()
    with (
        contextlib.suppress(OSError),
        tempfile.NamedTemporaryFile(dir=path.parent, suffix=".npz", delete=False) as file,
    ):
        np.savez(file, allow_pickle=False, **arrays)
        file.close()
        Path(file.name).replace(path)
    return arrays
