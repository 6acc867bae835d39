"""Pictures: decoded apart from the service, their codes read, and told from one another.

A file goes to a worker process (:mod:`portreeve.pictures.pool`), which decodes it
(:mod:`~portreeve.pictures.decoding`), reads its QR and bar codes (:mod:`~portreeve.pictures.codes`)
and hashes it (:mod:`~portreeve.pictures.hashing`). What codes say is parsed into the contacts and
links of texts (:mod:`~portreeve.pictures.payloads`). :mod:`~portreeve.pictures.reader` is the door
to all of this; :mod:`~portreeve.pictures.index` holds known pictures and finds those alike,
and :mod:`~portreeve.pictures.exchange` reads and writes the banks of others. Nothing decodes a
picture in the process that asks.
"""
