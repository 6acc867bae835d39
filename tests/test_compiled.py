"""Where kernels are kept."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        ("numba", "numba reads the environment when it is imported"),
        ("portreeve.signals.scorer", "a module of kernels by itself"),
        ("portreeve.signals.scan", "the way of `portreeve screen`"),
    ],
)
def test_kernels_go_to_our_cache_folder(first: str, reason: str, tmp_path: Path) -> None:
    """Ours alone: numba's own setting stays as it was."""
    script = (
        f"import {first}, numba\n"
        "from portreeve.signals.kernel import decode\n"
        "print(decode._cache.cache_path)\nprint(numba.config.CACHE_DIR)"
    )
    ours, others = tmp_path / "ours", tmp_path / "others"
    told = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"PORTREEVE_CACHE": str(ours), "NUMBA_CACHE_DIR": str(others)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert ours in Path(told[0]).parents
    assert told[1] == str(others)
