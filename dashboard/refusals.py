"""Why a verb refused, in words that say what to do instead."""

import datetime as dt

from sqlalchemy.orm import Session

from dashboard import words
from voice.claims import Refusal
from voice.firm import Line, StaffMember
from voice.models import Callback
from voice.rules import numbers


def words_for(session: Session, callback: Callback, refusal: Refusal, now: dt.datetime) -> str:
    """One or two sentences for the person who pressed the button."""
    said = _outside_hours(session, callback, refusal, now) or _somebody_else(session, refusal)
    return said or PLAIN[refusal.kind]


PLAIN = {
    "held_by": "Somebody else has this one.",
    "under_way": "A phone is ringing or talking for this one already. Wait until that is over.",
    "closed": "This one has been closed meanwhile. You find it under “Closed today” and can reopen it there.",
    "held": "This number may not be dialled; the row says why, and the owner may allow it.",
    "no_number": "They hide their number. If they say one in their message, enter it on their row.",
    "open": "This caller has rung again meanwhile and stands on the list already.",
    "outside_hours": "It is too early or too late where they are.",
    "on_the_line": "They are on the phone with us at this moment.",
    "no_phone": "Your phone number is missing or cannot be rung. The owner can mend it on the page Team.",
    "phone_busy": "Your phone is ringing or talking already. Finish that first.",
    "number": "The number rules forbid dialling this one.",
    "too_late": "It is too late for that: something has happened with this one since, or the time for it is over.",
}


def _outside_hours(session: Session, callback: Callback, refusal: Refusal, now: dt.datetime) -> str | None:
    if refusal.kind != "outside_hours" or refusal.retry_at is None:
        return None
    line = session.get_one(Line, callback.line)
    zones = numbers.caller_zones(callback.caller, line.time_zone)
    from_then = words.day_time(refusal.retry_at, now, line.time_zone)
    clocks = dict.fromkeys(words.clock_time(now, zone) for zone in zones)
    where = "Their number does not say in which time zone they are."
    if len(clocks) == 1:
        where = f"It is {clocks.popitem()[0]} where they are."
    return f"{where} People are rung between 8 am and 9 pm of their own day: from {from_then} on your clock."


def _somebody_else(session: Session, refusal: Refusal) -> str | None:
    holder = session.get(StaffMember, refusal.holder) if refusal.holder else None
    if holder is None:
        return None
    name = words.name(holder.name)
    if refusal.kind == "under_way":
        return f"{name} is on the phone for this one already."
    return f"{name} has this one. It comes back to the list when they release it, or soon after they leave it."
