"""The owner allows a held number on the list, and may take that back, whether or not they have a phone here."""

import datetime as dt
from functools import partial

from sqlalchemy.orm import Session

from voice import allowed, audit, card_undo, persons, undo
from voice.accounts import Visit
from voice.claims import Refusal
from voice.models import Callback

DEED = "number_allowed"


def allow(session: Session, row: Callback, visit: Visit, now: dt.datetime) -> Refusal | None:
    """Let it be rung. What undo needs is kept with the staff member, as always on the list; for who is none, with the
    user."""
    verb = partial(allowed.allow, session, row, now)
    if visit.staff_id is not None:
        refused = undo.remembering(session, row, visit.staff_id, "allowed", now, verb)
    elif row.caller is not None and row.state == "held":
        refused = _remembered(session, row, row.caller, visit, now)
    else:
        refused = verb()
    if refused is None and row.caller is not None:
        persons.set_allowed(session, row.caller, True, visit.name, now)
        audit.record(session, visit, DEED, row.id, now)
    return refused


def _remembered(session: Session, row: Callback, caller: str, visit: Visit, now: dt.datetime) -> Refusal | None:
    refused: list[Refusal] = []

    def deed() -> card_undo.Deed:
        refused.extend(filter(None, [allowed.allow(session, row, now)]))
        return None if refused else (DEED, row.id)

    card_undo.remembering(session, visit.user_id, [caller], now, deed)
    return refused[0] if refused else None


def take_back(session: Session, visit: Visit, now: dt.datetime) -> Refusal | None:
    """It is held again, if nothing has happened since: for who has no phone here."""
    refused = card_undo.take_back(session, visit.user_id, visit.name, now)
    if refused is None:
        audit.record(session, visit, "card_change_undone", "", now)
    return refused


def offered(session: Session, user_id: str, now: dt.datetime) -> tuple[card_undo.Offer, Callback] | None:
    """What was allowed just now by this user, who has no phone here, and can be taken back."""
    offer = card_undo.offered(session, user_id, now)
    row = session.get(Callback, offer.object) if offer and offer.what == DEED else None
    return (offer, row) if offer and row else None
