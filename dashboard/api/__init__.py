"""The JSON interface, /api/v1: one file per noun. Importing them adds their routes to the blueprint `api`."""

from dashboard.api import callbacks, calls, contacts, description, figures, lines, staff
from dashboard.api.operation import api

NOUNS = (callbacks, calls, contacts, figures, lines, staff, description)

__all__ = ["NOUNS", "api"]
