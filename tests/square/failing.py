"""Square with faults in it: a message's delivery fails, or ends the process.

Run as ``python failing.py ...``, with the same arguments as ``python -m square``. What fails says
all it knows, and everything is logged.
"""

import logging
import os
from pathlib import Path
from typing import Any

from square.__main__ import main
from square.franking import Stamper

FAILS = Path("fails")
ENDS = Path("ends")

_stamp = Stamper.stamp


def _stamping(self: Stamper, commitment: bytes, **more: Any) -> Any:
    if ENDS.exists():
        os.abort()
    if FAILS.exists():
        raise RuntimeError(f"cannot stamp {commitment!r} {more}")
    return _stamp(self, commitment, **more)


if __name__ == "__main__":
    logging.basicConfig(level=logging.DEBUG)
    Stamper.stamp = _stamping  # type: ignore[method-assign]
    main()
