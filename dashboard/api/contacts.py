"""Contacts: what we remember of a caller, and whether they are blocked."""

import datetime as dt
from typing import Any

from sqlalchemy.orm import Session

from dashboard.api import asked, shapes
from dashboard.api.operation import Answer, operation
from dashboard.api.problems import Problem
from voice import callbacks
from voice import contacts as known
from voice.models import Contact
from voice.rules.numbers import E164

LONGEST_NAME = 200


@operation("GET", "/contacts/<e164>", "One contact.", {200: shapes.ref("Contact")})
def contact(session: Session, now: dt.datetime, e164: str) -> Answer:
    """One contact."""
    row = known.find(session, _number(e164))
    if row is None:
        raise Problem(404, "Nobody with this number is known here.")
    return wire(row)


@operation(
    "PATCH",
    "/contacts/<e164>",
    "Block or unblock a caller, or give them a name (null takes it away). A number we did not know becomes a contact.",
    {200: shapes.ref("Contact")},
    body=shapes.request_body((), blocked=shapes.FLAG, name=shapes.MAYBE_TEXT | {"maxLength": LONGEST_NAME}),
)
def change_contact(session: Session, now: dt.datetime, e164: str) -> Answer:
    """Name, block, unblock."""
    number, given = _number(e164), asked.body(("blocked", "name"))
    blocked = asked.flag(given, "blocked")
    row = known.find(session, number)
    if blocked is not None and blocked != (row.blocked if row else False):
        callbacks.block(session, number, blocked, now)
    values = {"name": _name(given["name"])} if "name" in given else {}
    return wire(known.remember(session, number, **values))


def wire(row: Contact) -> dict[str, Any]:
    """A contact as they are sent; the name staff gave wins over the carrier's."""
    return {"number": row.number, "name": row.name or row.carrier_name, "blocked": row.blocked}


def _number(e164: str) -> str:
    if not E164.fullmatch(e164):
        raise Problem(404, "A contact is a number like +12125550199.")
    return e164


def _name(value: object) -> str | None:
    if value is not None and (not isinstance(value, str) or len(value) > LONGEST_NAME):
        raise Problem(400, f"name: must be text of at most {LONGEST_NAME} characters, or null.")
    return value.strip() or None if isinstance(value, str) else None
