"""Webhooks: others are told what happened, signed, again and again until they heard it."""

from portreeve.service.webhooks.endpoints import Webhooks

__all__ = ["Webhooks"]
