"""The process that reads text, and nothing else: ``python -m portreeve.pictures.text_worker``.

It is started by :class:`portreeve.pictures.text_reader.TextReader`, loads the models, and from then
on can open neither a file nor a connection. It ends when nothing was asked of it for a minute, so
that the models take memory only while pictures come.
"""

from __future__ import annotations

from portreeve.pictures.decoding import decode
from portreeve.pictures.limits import Limits
from portreeve.pictures.reading import Reader
from portreeve.pictures.serving import serve
from portreeve.pictures.structs import Fault, FaultError
from portreeve.pictures.texts import PictureText

IDLE_SECONDS = 60


def main() -> None:
    """Load the models, and answer."""
    reader = Reader()
    reader.load()

    def read(data: bytes, limits: Limits) -> PictureText | Fault:
        try:
            return reader.read(decode(data, limits))
        except FaultError as error:
            return Fault(error.kind)
        except MemoryError:
            return Fault("out_of_memory")

    serve(read, IDLE_SECONDS)


if __name__ == "__main__":
    main()
