"""Commerce, as pure logic: rules that are data, and what follows from them.

No module here knows a database, a clock or an account's name; what is decided and what is bid for
are in modules that do not know each other.
"""
