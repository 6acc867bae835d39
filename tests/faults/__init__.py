"""Reliability, proved against real processes that are killed, frozen, starved and stopped."""
