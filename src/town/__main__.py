"""``python -m town``: the same as ``portreeve town``."""

from town.cli import main

if __name__ == "__main__":
    main()
