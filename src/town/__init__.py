"""A town to look at: an invented network with people, friendships, posts and sellers.

Everything in it follows from a seed and the number of an account, so a town of any size is written
account by account, the same bytes on every machine. What a seller really is lies in files of its
own, the truth, which Portreeve never sees.
"""
