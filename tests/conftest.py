"""Settings for all tests."""

from hypothesis import settings

# the first call of a kernel compiles it, so a deadline would measure the compiler
settings.register_profile("portreeve", deadline=None, derandomize=True)
settings.load_profile("portreeve")
