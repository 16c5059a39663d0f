"""Numbers the rules would not dial: the owner may allow one; and which of a person's numbers is rung. Never commits."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice import contacts, moves, promising
from voice.claims import Refusal, no_live_attempt
from voice.firm import Line
from voice.models import Callback, Promise
from voice.rules import numbers


def allow(session: Session, callback: Callback, now: dt.datetime) -> Refusal | None:
    """The owner lets this held number be dialled, now and whenever it rings; its callbacks are promised a time.

    Refused for what is nobody's phone: emergency numbers, short codes, our own lines, placeholders.
    """
    if callback.state != "held" or callback.caller is None:
        return Refusal("too_late")
    refused = allow_number(session, callback.caller, now)
    return Refusal("number", reason=refused.code) if refused else None


def allow_number(session: Session, number: str, now: dt.datetime) -> numbers.Refusal | None:
    """The same for a number, whether or not a callback is held for it."""
    refused = contacts.dial_refusal(session, number)
    if refused is not None and refused.code not in numbers.MAY_BE_ALLOWED:
        return refused
    contacts.remember(session, number, allowed=True)
    theirs = sa.select(Callback).where(Callback.caller == number, Callback.state == "held")
    for each in session.scalars(theirs).all():
        if _wait(session, each, now):
            moves.note(session, "allowed", now, callback=each)
    return None


def _wait(session: Session, callback: Callback, now: dt.datetime) -> bool:
    """What was held waits."""
    if not moves.move(session, callback, "allow", now, held_reason=None):
        return False
    owe(session, callback, now)
    return True


def owe(session: Session, callback: Callback, now: dt.datetime) -> None:
    """Who was promised no time, because nobody could ring them, is owed one from now on."""
    if session.scalar(sa.select(Promise.id).where(Promise.callback_id == callback.id).limit(1)) is None:
        line = session.get_one(Line, callback.line)
        callback.promised_by = callback.due_at = promising.promised_by(session, line, callback.caller, now)
        promising.tell(session, callback, None, "", "none", now)
        session.flush()


def forbid(session: Session, number: str) -> None:
    """Take `allow` back: the number rules hold for this number again, from its next dial on."""
    contacts.remember(session, number, allowed=False)


def rung_on(session: Session, callback: Callback, number: str, now: dt.datetime) -> bool:
    """Ring this callback on another number of the person. False, and nothing changed: the rules forbid that number, or
    a phone is live for the callback. One that was held for its old number waits."""
    if callback.caller == number:
        return True
    if contacts.dial_refusal(session, number) is not None:
        return False
    here = sa.update(Callback).where(Callback.id == callback.id, Callback.state != "closed", no_live_attempt())
    changed = session.execute(
        here.values(caller=number).returning(Callback.id), execution_options={"synchronize_session": False}
    ).first()
    session.refresh(callback)
    if changed is not None and callback.state == "held":
        _wait(session, callback, now)
    return changed is not None
