"""The JSON interface, /api/v1: one file per noun. Importing them adds their routes to the blueprint `api`."""

from dashboard.api import callback_work, callbacks, calls, contacts, description, figures, lines, staff
from dashboard.api.operation import api

NOUNS = (callbacks, callback_work, calls, contacts, figures, lines, staff, description)

__all__ = ["NOUNS", "api"]
