"""Looking for somebody on the list: by name, by number in any spelling, by words of the note. Open ones, and those
closed in the last 30 days."""

import datetime as dt
import re

import phonenumbers
import sqlalchemy as sa
from phonenumbers import NumberParseException, PhoneNumberFormat

from voice import callbacks
from voice.models import Call, Callback, Contact

NUMBER = re.compile(r"[+\d\s().\-/]*\d[+\d\s().\-/]*")
FEWEST_DIGITS = 3  # fewer are in everybody's number
MOST_WORDS = 6


def matching(q: str, country: str, now: dt.datetime) -> sa.Select[Callback]:
    """The callbacks that match, open ones first and in their order, then the newest closed."""
    shut = Callback.state == sa.literal_column("'closed'")
    lately = sa.and_(shut, Callback.closed_at >= now - callbacks.REOPENED_WITHIN)
    found = sa.select(Callback).outerjoin(Contact, Contact.number == Callback.caller)
    rows = found.where(sa.or_(callbacks.IS_OPEN, lately), _matches(q, country))
    newest_closed = sa.case((shut, Callback.closed_at)).desc()
    return rows.order_by(sa.case((shut, 1), else_=0), newest_closed, Callback.due_at, Callback.id)


def _matches(q: str, country: str) -> sa.ColumnElement[bool]:
    by_number = [Callback.caller.contains(digits) for digits in _digits(q, country)]
    by_words = sa.and_(*(_somewhere(word) for word in q.split()[:MOST_WORDS]))
    return sa.or_(*by_number, by_words)


def _somewhere(word: str) -> sa.ColumnElement[bool]:
    """Whether this word stands in a name of theirs, in the note, or in what was said when it was handed over."""
    # SQLite folds case for ASCII only, so any other letter may be any letter: "müller" finds "MÜLLER".
    escaped = re.sub(r"([%_\\])", r"\\\1", word)
    like = "%" + re.sub(r"[^\x00-\x7f]", "_", escaped) + "%"
    claimed = sa.exists().where(Call.callback_id == Callback.id, Call.caller_name.ilike(like, escape="\\"))
    columns = (Contact.name, Contact.carrier_name, Callback.note, Callback.why_not, Callback.handed_word)
    return sa.or_(*(column.ilike(like, escape="\\") for column in columns), claimed)


def _digits(q: str, country: str) -> list[str]:
    """The digits a stored number would hold, when what was typed is a number or a part of one."""
    digits = re.sub(r"\D", "", q)
    if len(digits) < FEWEST_DIGITS or not NUMBER.fullmatch(q):
        return []
    spelt = {digits.lstrip("0") or digits}
    try:
        parsed = phonenumbers.parse(q, country or None)
        if phonenumbers.is_possible_number(parsed):
            spelt = {phonenumbers.format_number(parsed, PhoneNumberFormat.E164)}
    except NumberParseException:
        pass
    return sorted(spelt)
