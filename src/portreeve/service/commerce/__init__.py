"""Commerce in the service: the rules of :mod:`portreeve.commerce`, with the store."""
