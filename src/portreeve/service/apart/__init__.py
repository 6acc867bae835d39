"""Screening in a process of its own, so that nothing else that the service does holds it up.

One process has one interpreter, whose threads take turns: with web server, console, consequences
and decision log in it, a lot was interrupted dozens of times. Here lots are decided and items
remembered by a second process (:mod:`portreeve.service.apart.screener`); everything else stays
where it was. The two speak over two private pipes: one for lots, one for questions to memory.
"""
