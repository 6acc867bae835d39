"""Changed copies of shipped rule files, for tests of what is wrong with them."""

from pathlib import Path

from portreeve.policy import PolicyError
from portreeve.policy.files import shipped_folder


def changed(folder: Path, name: str, old: str, new: str) -> Path:
    """A folder with a copy of a shipped file in which the first ``old`` is ``new``."""
    text = (shipped_folder() / "commerce" / f"{name}.yaml").read_text("utf-8")
    assert old in text
    (folder / f"{name}.yaml").write_text(text.replace(old, new, 1), "utf-8")
    return folder


def complaint(read, folder: Path) -> str:
    """The report on a file that does not load."""
    try:
        read(folder)
    except PolicyError as error:
        return str(error)
    raise AssertionError("nothing was wrong")
