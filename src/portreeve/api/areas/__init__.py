"""The routes, one module for each area: thin, each a call of the service."""
