"""Canaries: words that must be found nowhere, and the search for them."""
