"""One process writes to an embedded database: whoever serves it holds its folder."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from portreeve.service.errors import ServiceError

FILE = "serving.lock"
_LOOK_SECONDS = 0.05


class FolderClaim:
    """The claim of a serving process on its data folder; it ends with the process.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> claim = FolderClaim(folder)
    >>> FolderClaim(folder)
    Traceback (most recent call last):
    portreeve.service.errors.ServiceError: Another process serves the data folder ...
    >>> claim.release()
    >>> FolderClaim(folder).release()
    """

    def __init__(self, folder: Path, file: str = FILE, *, wait: float = 0.0) -> None:
        """Claim a folder. ``file``: which claim it is; ``wait``: seconds until it may be free.

        Raises:
            ServiceError: ``invalid``, when another process serves it.
        """
        self._file = os.open(folder / file, os.O_CREAT | os.O_RDWR, 0o600)
        end = time.monotonic() + wait
        while not self._is_taken():
            if time.monotonic() < end:
                time.sleep(_LOOK_SECONDS)
                continue
            os.close(self._file)
            raise ServiceError(
                "invalid",
                f"Another process serves the data folder {str(folder)!r}. An embedded database has "
                "one writer: stop that process, give another folder with --data, or use "
                "PostgreSQL (PORTREEVE_DATABASE) for several.",
                field="data",
            )

    def _is_taken(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def release(self) -> None:
        """Let others serve it."""
        os.close(self._file)
