"""The report: what was decided, in one page that needs nothing else."""

from portreeve.report.estimates import Interval, wilson
from portreeve.report.highlight import Piece, pieces
from portreeve.report.page import Facts, Report
from portreeve.report.played import Played, PlayedError
from portreeve.report.tally import Tally

__all__ = [
    "Facts",
    "Interval",
    "Piece",
    "Played",
    "PlayedError",
    "Report",
    "Tally",
    "pieces",
    "wilson",
]
