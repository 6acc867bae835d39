"""Tests of the console and of the public pages: a real server, a real browser."""
