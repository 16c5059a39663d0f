"""Erasing a person: asked for with their number, looked after by an id that tells nothing of them."""

import datetime as dt
from typing import Any

from flask import g
from sqlalchemy.orm import Session

from dashboard.api import asked, shapes
from dashboard.api.operation import Answer, operation, program_name, tell_audit
from dashboard.api.problems import Problem
from voice import erasing
from voice.people import Erasure
from voice.rules import person
from voice.rules.numbers import E164


@operation(
    "POST",
    "/contacts/<e164>/erase",
    "Erase everything of the person with this number, for good: name, all their numbers, notes, messages (at the "
    "carrier, too) and raw deliveries; calls and callbacks stay as counts. While they are on the phone it waits. For "
    "tokens that see every line. 422 for a line of yours or a phone of your staff.",
    {202: shapes.ref("Erasure"), 422: shapes.ref("Problem")},
    body=shapes.request_body(("confirm",), confirm=shapes.NUMBER),
)
def erase_person(session: Session, now: dt.datetime, e164: str) -> Answer:
    """Nobody can undo this, so the number is said twice."""
    if g.program.lines is not None:
        raise Problem(403, "This token sees a few lines only: a person is erased on all of them.")
    if not E164.fullmatch(e164):
        raise Problem(404, "A contact is a number like +12125550199.")
    if asked.e164(asked.body(("confirm",)), "confirm") != e164:
        raise Problem(422, "confirm: it is not the number in the address.")
    try:
        erasure = erasing.ask(session, e164, program_name(), now)
    except person.Unfit as unfit:
        raise Problem(422, str(unfit)) from None
    tell_audit(erasure.id)
    return wire(erasure), 202


@operation("GET", "/erasures/<erasure_id>", "How far it is: `done_at` is null until it is done.",
           {200: shapes.ref("Erasure")})  # fmt: skip
def erasure(session: Session, now: dt.datetime, erasure_id: str) -> Answer:
    """One of them."""
    row = session.get(Erasure, erasure_id)
    if row is None:
        raise Problem(404, "Nothing was erased under this id.")
    return wire(row)


def wire(row: Erasure) -> dict[str, Any]:
    """An erasure as it is sent."""
    return {"id": row.id, "asked_at": shapes.time(row.asked_at), "done_at": shapes.time(row.done_at)}
