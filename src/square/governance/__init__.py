"""Where Square meets Portreeve: everything that a network needs to be governed.

:mod:`square.governance.core` is read first: asking, listening, and what people are owed. What it
leans on lies beside it: what Portreeve is told of accounts (``telling``), what follows for an
account (``standing``), and messages that a recipient opened (``opened``).
"""

from square.governance.core import Governor, Ruling, sees

__all__ = ["Governor", "Ruling", "sees"]
