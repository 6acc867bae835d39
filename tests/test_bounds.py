"""All of Unicode, and mixtures made to break the readers, through kernels that check bounds."""

import os
import subprocess
import sys
from pathlib import Path


def test_no_kernel_reads_or_writes_out_of_bounds():
    script = Path(__file__).with_name("checked_unicode.py")
    done = subprocess.run(
        [sys.executable, str(script)],
        env=os.environ | {"NUMBA_BOUNDSCHECK": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count("spans") == 3
