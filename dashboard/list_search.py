"""Looking for somebody on the list: by name, by number in any spelling, by a tag, by words of the notes. Open ones, and
those closed in the last 30 days."""

import datetime as dt
import re

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from voice import callbacks
from voice.models import Callback, Contact
from voice.people import ContactNote, ContactTag

NUMBER = re.compile(r"[+\d\s().\-/]*\d[+\d\s().\-/]*")
FEWEST_DIGITS = 3  # fewer are in everybody's number
MOST_WORDS = 6
PERSON = sa.func.coalesce(Contact.same_as, Contact.number)


def matching(q: str, now: dt.datetime) -> tuple[sa.Select[Callback], sa.Select[Callback]]:
    """The callbacks that match: the open ones in their order, and the lately closed ones, the newest first.

    Two questions, because each has an index of its own and a database given both at once uses neither.
    """
    everybody = sa.select(Callback).outerjoin(Contact, Contact.number == Callback.caller).where(_matches(q))
    shut = Callback.state == sa.literal_column("'closed'")
    lately = everybody.where(shut, Callback.closed_at >= now - callbacks.REOPENED_WITHIN)
    lately = lately.where(Callback.closed_reason != "merged")  # those are found where they went on
    opened = everybody.where(callbacks.IS_OPEN).order_by(Callback.due_at, Callback.id)
    return opened, lately.order_by(Callback.closed_at.desc(), Callback.id.desc())


def _matches(q: str) -> sa.ColumnElement[bool]:
    if digits := _digits(q):
        return sa.or_(Callback.caller.contains(digits), _somewhere(q))
    return sa.and_(*(_somewhere(word) for word in q.split()[:MOST_WORDS]))


def _somewhere(word: str) -> sa.ColumnElement[bool]:
    """Whether this word stands in a name, a tag or a note of theirs, or in what was said of the callback."""
    # SQLite folds case for ASCII only, so any other letter may be any letter: "müller" finds "MÜLLER".
    escaped = re.sub(r"([%_\\])", r"\\\1", word)
    like = "%" + re.sub(r"[^\x00-\x7f]", "_", escaped) + "%"
    columns = (Contact.name, Contact.carrier_name, Callback.note, Callback.why_not, Callback.handed_word)
    said = (column.ilike(like, escape="\\") for column in columns)
    tagged = sa.select(ContactTag.number).where(ContactTag.tag.ilike(like, escape="\\"))
    return sa.or_(*said, Callback.caller.in_(tagged), PERSON.in_(_noted(like)))


def _noted(like: str) -> sa.Select[str]:
    """The people of whom a note says this, on whichever of their numbers it was written."""
    theirs = aliased(Contact)
    noted = sa.select(sa.func.coalesce(theirs.same_as, theirs.number)).join(
        ContactNote, ContactNote.number == theirs.number
    )
    return noted.where(ContactNote.kind == "note", ContactNote.words.ilike(like, escape="\\"))


def _digits(q: str) -> str:
    """The digits a stored number would hold in a row, when what was typed is a number or a part of one; else empty.

    Without what is dialled before a number at home or from abroad: "020 7946 0000", "+44 (0)20 7946" and "0044 20".
    """
    digits = re.sub(r"\D", "", q.replace("(0)", "")).lstrip("0") if NUMBER.fullmatch(q) else ""
    return digits if len(digits) >= FEWEST_DIGITS else ""
