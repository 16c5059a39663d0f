"""Looking for somebody on the list: by name, by number in any spelling, by a tag, by words of the notes. Open ones, and
those closed in the last 30 days: one pass over `voice.findable`, however many callbacks there have ever been."""

import datetime as dt
import re

import sqlalchemy as sa

from voice import callbacks
from voice.findable import CallbackWords

NUMBER = re.compile(r"[+\d\s().\-/]*\d[+\d\s().\-/]*")
FEWEST_DIGITS = 3  # fewer are in everybody's number
MOST_WORDS = 6
OPEN_FIRST = (CallbackWords.closed_at.desc().nulls_first(), CallbackWords.due_at, CallbackWords.callback_id)


def matching(q: str, now: dt.datetime) -> sa.Select[str]:
    """The ids of the callbacks that match: the open ones in their order, then the closed ones, the newest first."""
    closed = CallbackWords.closed_at
    lately = sa.or_(closed.is_(None), closed >= now - callbacks.REOPENED_WITHIN)
    return sa.select(CallbackWords.callback_id).where(_matches(q), lately).order_by(*OPEN_FIRST)


def digits(q: str) -> str:
    """The digits a stored number would hold in a row, when what was typed is a number or a part of one; else empty.

    Without what is dialled before a number at home or from abroad: "020 7946 0000", "+44 (0)20 7946" and "0044 20".
    """
    found = re.sub(r"\D", "", q.replace("(0)", "")).lstrip("0") if NUMBER.fullmatch(q) else ""
    return found if len(found) >= FEWEST_DIGITS else ""


def _matches(q: str) -> sa.ColumnElement[bool]:
    return _found_by(q) if digits(q) else sa.and_(*(_found_by(word) for word in q.split()[:MOST_WORDS]))


def _found_by(part: str) -> sa.ColumnElement[bool]:
    number = digits(part)
    return sa.or_(CallbackWords.caller.contains(number), _somewhere(part)) if number else _somewhere(part)


def _somewhere(word: str) -> sa.ColumnElement[bool]:
    """Whether this word stands in a name, a tag or a note of theirs, or in what was said of the callback."""
    # SQLite folds case for ASCII only, so any other letter may be any letter: "müller" finds "MÜLLER".
    escaped = re.sub(r"([%_\\])", r"\\\1", word)
    like = "".join(letter.lower() if letter.isascii() else "_" for letter in escaped)
    return CallbackWords.words.like(f"%{like}%", escape="\\")
