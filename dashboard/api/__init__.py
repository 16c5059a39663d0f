"""The JSON interface, /api/v1: one file per noun. Importing them adds their routes to the blueprint `api`."""

from dashboard.api import (
    attempts,
    callback_work,
    callbacks,
    calls,
    contacts,
    description,
    erasures,
    figures,
    lines,
    messages,
    staff,
    told,
)  # fmt: skip
from dashboard.api.operation import api

NOUNS = (
    callbacks,
    callback_work,
    attempts,
    messages,
    told,
    calls,
    contacts,
    erasures,
    figures,
    lines,
    staff,
    description,
)

__all__ = ["NOUNS", "api"]
