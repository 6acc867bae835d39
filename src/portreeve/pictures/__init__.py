"""Pictures: decoded apart from the service, their codes read, and told from one another.

A file goes to a worker process (:mod:`portreeve.pictures.pool`), which decodes it
(:mod:`~portreeve.pictures.decoding`), reads its QR and bar codes (:mod:`~portreeve.pictures.codes`)
and hashes it (:mod:`~portreeve.pictures.hashing`). What codes say is parsed into the contacts and
links of texts (:mod:`~portreeve.pictures.payloads`). Nothing here decodes a picture in the process
that asks.
"""
