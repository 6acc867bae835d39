"""``portreeve`` with faults in it: some items cannot be written, and one ends who writes it.

Run as ``python crashing.py serve ...``. An error's message then holds what the item says, and the
core of the process, if there is one, holds it too. The faults are in the screening process.
"""

import os
from typing import Any

from portreeve.cli import main
from portreeve.service.apart import process
from portreeve.service.records import Recorder

FAILS = "失败"
ENDS = "终止"

_write = Recorder.write


def _writing(self: Recorder, tx: Any, lot: Any, **more: Any) -> Any:
    texts = [submission.text or "" for submission in lot.judged.submissions]
    if any(ENDS in text for text in texts):
        os.abort()
    if any(FAILS in text for text in texts):
        raise RuntimeError(f"cannot write {texts}")
    return _write(self, tx, lot, **more)


def plant() -> None:
    """Put the faults in."""
    Recorder.write = _writing  # type: ignore[method-assign]


if __name__ == "__main__":
    end = " from portreeve.service.apart.screener import run;"
    process._BOOT = process._BOOT.replace(end, f" import crashing; crashing.plant();{end}")
    main()
