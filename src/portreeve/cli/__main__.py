"""``python -m portreeve.cli``."""

from portreeve.cli import main

main()
