"""Square, a small friends' network that is governed by Portreeve.

It is the reference host: a network of its own, with its own people, pages and database, that
knows Portreeve only through its public client. ``square.governance`` is where the two meet; whoever
wires in a network of their own reads that first.
"""
