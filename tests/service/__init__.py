"""Tests of the service and its store, on SQLite and on PostgreSQL."""
