"""The revisions, each leading from the one before it."""
