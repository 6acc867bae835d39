"""What keeps a process that answers at once from pausing."""

from __future__ import annotations

import gc
import sys

_SWITCH_SECONDS = 0.001
"""A thread that comes back from the database or the engine waits so long for one that runs."""


def steady() -> None:
    """What lives by now lives as long as the process: no collection looks at it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    sys.setswitchinterval(_SWITCH_SECONDS)
