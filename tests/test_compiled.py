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
        ("portreeve.signals.scorer", "a module that imports numba itself"),
        ("portreeve.signals.scan", "the way of `portreeve screen`"),
    ],
)
def test_kernels_go_to_the_cache_folder(first: str, reason: str, tmp_path: Path) -> None:
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import {first}, numba, portreeve.signals.compiled; print(numba.config.CACHE_DIR)",
        ],
        env={**os.environ, "PORTREEVE_CACHE": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    assert Path(told).parent == tmp_path
    assert Path(told).name.startswith(("kernels-", "checked-"))
