"""What the forms of the list send, read into what the verbs take. What makes no sense is a 400 that names the field."""

import datetime as dt
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import abort, request
from sqlalchemy.orm import Session

from voice import access, later
from voice.about import About
from voice.firm import Business, Line, StaffMember
from voice.list_tables import Topic
from voice.models import Callback
from voice.rules import person, snooze, text

AGAIN_IN = ("15", "60", "120")  # minutes
BOUGHT = {"yes": True, "no": False}
NOTE, WHY_NOT, WORD = 500, 200, 200  # characters kept


def about(session: Session) -> About:
    """What was said beside the result; all of it optional."""
    given = request.form.get("topic", "")
    topic = session.get(Topic, int(given)) if given.isascii() and given.isdecimal() and len(given) < 10 else None
    if given and topic is None:
        abort(400, "What it was about: choose one of the list, or nothing.")
    return About(
        note=text.clean(request.form.get("note", ""), NOTE),
        topic_id=topic.id if topic else None,
        bought=BOUGHT.get(request.form.get("bought", "")),
        why_not=text.clean(request.form.get("why_not", ""), WHY_NOT),
    )


def call_again_at(session: Session, row: Callback, now: dt.datetime) -> dt.datetime:
    """When to call again: in so many minutes, or at a time on the caller's clock. 400 for neither, or the past."""
    minutes = request.form.get("in", "")
    if minutes in AGAIN_IN:
        return now + dt.timedelta(minutes=int(minutes))
    return _picked(session, row, now, "call again")


def snoozed_until(session: Session, row: Callback, now: dt.datetime) -> dt.datetime:
    """Until when to set it aside: one of the choices by its key, or a time picked on the caller's clock."""
    key = request.form.get("until", "")
    if not key:
        return _picked(session, row, now, "bring it back")
    line = session.get_one(Line, row.line)
    return later.chosen(line, row.caller, key, now) or abort(400, "That time has passed meanwhile. Choose another one.")


def colleague(session: Session, row: Callback, staff_id: str) -> str:
    """Whom to hand it to: somebody else who works here, and sees its line."""
    person = session.get(StaffMember, request.form.get("to", ""))
    if person is None or not person.active or person.id == staff_id:
        abort(400, "To whom: choose a colleague.")
    if not access.may_see(session, person.id, row.line):
        abort(400, "To whom: they do not see this line. Choose somebody else.")
    return person.id


def number(session: Session) -> str:
    """The number a caller has said, as E.164. Raises `person.Unfit` for what is none."""
    country = session.scalar(sa.select(Business.country)) or ""
    return person.number(request.form.get("number", ""), country)


def word() -> str:
    """The word that goes with it; empty is fine."""
    return text.clean(request.form.get("word", ""), WORD)


def _picked(session: Session, row: Callback, now: dt.datetime, what: str) -> dt.datetime:
    zone = ZoneInfo(later.said_in(session.get_one(Line, row.line), row.caller, now))
    try:
        due = dt.datetime.fromisoformat(request.form.get("at", "")).replace(tzinfo=zone).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        abort(400, f"Choose the day and the time to {what}.")
    if not snooze.fits(due, now):
        abort(400, f"The time to {what} has to be ahead of us, within a year.")
    return due
