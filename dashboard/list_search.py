"""Looking for somebody on the list: by name, by number in any spelling, by a tag, by words of the notes. Open ones, and
those closed in the last 30 days: one pass over `voice.findable`, however many callbacks there have ever been."""

import contextlib
import datetime as dt
import re

import phonenumbers
import sqlalchemy as sa

from voice import callbacks, plain
from voice.findable import CallbackWords

NUMBER = re.compile(r"[+\d\s().\-/]*\d[+\d\s().\-/]*")
FEWEST_DIGITS = 3  # fewer are in everybody's number
MOST_WORDS = 6
DIALLED_FROM = ("US", "GB", "AU", "JP")  # for what is dialled before a number abroad: 011, 00, 0011, 010
FROM_ABROAD = (
    phonenumbers.CountryCodeSource.FROM_NUMBER_WITH_IDD,
    phonenumbers.CountryCodeSource.FROM_NUMBER_WITH_PLUS_SIGN,
)
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


def abroad(q: str) -> set[str]:
    """How a stored number begins, when what was typed is one as it is dialled from another country: "011 1 212"."""
    begins = set()
    for country in DIALLED_FROM if digits(q) else ():
        with contextlib.suppress(phonenumbers.NumberParseException):
            number = phonenumbers.parse(q.replace("(0)", ""), country, keep_raw_input=True)
            if number.country_code_source in FROM_ABROAD:
                home = phonenumbers.national_significant_number(number)  # +44 020 is +44 20, but +39 06 is +39 06
                begins |= {f"+{number.country_code}{each}" for each in (home, home.lstrip("0"))}
    return begins


def _matches(q: str) -> sa.ColumnElement[bool]:
    words = [q] if digits(q) else plain.letters(q).split()[:MOST_WORDS]
    return sa.and_(*map(_found_by, words)) if words else sa.false()


def _found_by(part: str) -> sa.ColumnElement[bool]:
    """Whether this is in their number, in a name, a tag or a note of theirs, or in what was said of the callback."""
    fits = [CallbackWords.words.contains(plain.letters(part), autoescape=True)]
    if digits(part):
        fits += [CallbackWords.caller.contains(digits(part)), *map(CallbackWords.caller.startswith, abroad(part))]
    return sa.or_(*fits)
