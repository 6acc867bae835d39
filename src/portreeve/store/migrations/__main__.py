"""``python -m portreeve.store.migrations MESSAGE``: write a new revision."""

import sys

from portreeve.store.migrations import write_revision

if __name__ == "__main__":
    write_revision(" ".join(sys.argv[1:]) or "tables")
