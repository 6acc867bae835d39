"""One process writes to an embedded database: whoever serves it holds its folder."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from portreeve.service.errors import ServiceError

FILE = "serving.lock"


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

    def __init__(self, folder: Path) -> None:
        """Claim a folder.

        Raises:
            ServiceError: ``invalid``, when another process serves it.
        """
        self._file = os.open(folder / FILE, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._file)
            raise ServiceError(
                "invalid",
                f"Another process serves the data folder {str(folder)!r}. An embedded database has "
                "one writer: stop that process, give another folder with --data, or use "
                "PostgreSQL (PORTREEVE_DATABASE) for several.",
                field="data",
            ) from None

    def release(self) -> None:
        """Let others serve it."""
        os.close(self._file)
