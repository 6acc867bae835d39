"""Files in and out: batches of items from any input, decisions and rejects to any output."""

from portreeve.files.batch import Batch
from portreeve.files.errors import InputError, Reject
from portreeve.files.options import Options
from portreeve.files.reader import Reader, open_input
from portreeve.files.writer import DecisionWriter, RejectWriter, open_output

__all__ = [
    "Batch",
    "DecisionWriter",
    "InputError",
    "Options",
    "Reader",
    "Reject",
    "RejectWriter",
    "open_input",
    "open_output",
]
