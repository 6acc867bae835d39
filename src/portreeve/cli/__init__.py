"""The command line: ``portreeve``. What is heavy is imported only by the command that needs it."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

UNEXPECTED = 70


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and leave with its exit code.

    An error of the user's ends in one message that says what to do, and exit code 2. An error of
    ours names its place in the code, and not its message, which may hold content of a post;
    ``PORTREEVE_DEBUG=1`` shows all.
    """
    from portreeve.cli.app import app

    try:
        app(arguments, prog_name="portreeve")
    except Exception as error:
        if os.environ.get("PORTREEVE_DEBUG") == "1":
            raise
        sys.exit(_report(error))


_REMEDIES = {
    errno.ENOENT: "Check the name, and the folders in it.",
    errno.EEXIST: "A file is there: name a folder, or another place.",
    errno.ENOTDIR: "A part of the path is a file: name another place.",
    errno.EISDIR: "It is a folder: name a file.",
    errno.EACCES: "You may not: ask for the right to it, or name another place.",
    errno.EROFS: "Nothing can be written there: name another place.",
    errno.ENOSPC: "The disk is full: make room, or name another place.",
}


def _report(error: Exception) -> int:
    from portreeve.cli.terminal import printable

    if _is_of_the_user(error):
        print(printable(f"portreeve: {error}"), file=sys.stderr)
        return 2
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        remedy = _REMEDIES.get(error.errno or 0)
        said = f"{error.strerror}. {remedy}" if remedy else str(error.strerror)
        print(printable(f"portreeve: {where}{said}"), file=sys.stderr)
        return 2
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(last.filename).name}:{last.lineno}"
    print(
        f"portreeve: unexpected {type(error).__name__} at {place}. "
        "This is a fault of the program. Set PORTREEVE_DEBUG=1 to see all of it.",
        file=sys.stderr,
    )
    return UNEXPECTED


def _is_of_the_user(error: Exception) -> bool:
    from portreeve.files.errors import InputError
    from portreeve.policy.errors import PolicyError
    from portreeve.service.errors import ServiceError
    from portreeve.store import StoreUnavailableError

    return isinstance(error, InputError | PolicyError | ServiceError | StoreUnavailableError)
