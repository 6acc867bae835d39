"""HTTP as all doors speak it: one request, one answer, the way from an address to its route."""
