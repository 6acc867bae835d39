"""What one post cannot tell: what is remembered between items.

Everything here knows items by their traces (:mod:`portreeve.memory.traces`): numbers made with a
secret key, without content. Nothing here does input or output but :mod:`portreeve.memory.journals`.
"""
