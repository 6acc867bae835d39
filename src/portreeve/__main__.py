"""``python -m portreeve``."""

from portreeve.cli import main

main()
