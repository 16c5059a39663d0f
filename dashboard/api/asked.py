"""What a request asks for: filters and bodies, read strictly. A name or value we do not know is a 400 that says so."""

import datetime as dt
import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from itertools import chain
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from dashboard.api.problems import Problem
from voice import access, paging
from voice.about import About
from voice.firm import Line, StaffMember
from voice.list_tables import Topic
from voice.rules.numbers import E164
from voice.rules.text import clean

MAX_LIMIT, USUAL_LIMIT = 200, 50
USUAL_WINDOW = dt.timedelta(days=7)
MAX_BODY = 64 * 1024
MAX_TEXT = 200
MAX_SOUGHT = 80
NOTE, WHY_NOT = 500, 200  # characters
ABOUT = ("note", "topic", "bought", "why_not")
BAD_CURSOR = "cursor: is not one that a list gave as `next`."
# Postgres keeps no NUL, and half a surrogate pair is no text anywhere: both are refused before they reach a row.
NO_TEXT = re.compile("[\x00\ud800-\udfff]")
# The last instant a database can hold: "no end" without another kind of query.
NO_END = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Page:
    """Which part of a list is wanted: so many rows, after the one this cursor stands for."""

    limit: int
    cursor: str | None
    after: tuple[dt.datetime, str] | None


def only(known: Collection[str]) -> None:
    """Refuse filters that the operation does not have: misspelt or given twice, they would silently filter nothing."""
    for name, values in request.args.lists():
        if name not in known:
            raise Problem(400, f"{name}: there is no such filter here. Known: {', '.join(known) or 'none'}.")
        if len(values) > 1:
            raise Problem(400, f"{name}: is given more than once; several words go into one, by comma.")
        if NO_TEXT.search(values[0]):
            raise Problem(400, f"{name}: holds a character that is no text.")


def limit() -> int:
    """How many items are wanted."""
    text = request.args.get("limit", str(USUAL_LIMIT))
    if not (_is_small_number(text) and 1 <= int(text) <= MAX_LIMIT):
        raise Problem(400, f"limit: {text!r} must be a whole number from 1 to {MAX_LIMIT}.")
    return int(text)


def page() -> Page:
    """`limit` and `cursor` of a list in order of time."""
    cursor = request.args.get("cursor")
    return Page(limit(), cursor, None if cursor is None else _position(cursor))


def few(items: list[dict[str, Any]]) -> dict[str, Any]:
    """A list so short that it is cut by plain position; its cursor is that position."""
    cursor = request.args.get("cursor", "0")
    if not (_is_small_number(cursor) and int(cursor) <= len(items)):
        raise Problem(400, BAD_CURSOR)
    start, end = int(cursor), int(cursor) + limit()
    return {"items": items[start:end], "next": str(end) if end < len(items) else None}


def window(now: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """`since` (inclusive) and `until` (exclusive); by default the 7 days before `until`, and no end."""
    until = time("until")
    since = time("since") or (until or now) - USUAL_WINDOW
    if until and since > until:
        raise Problem(400, "since: must not be later than until.")
    return since, until or NO_END


def number(name: str) -> str | None:
    """A filter that is a phone number. A `+` that was not escaped arrives as a space and is forgiven."""
    text = request.args.get(name)
    if text is None:
        return None
    text = "+" + text[1:] if text.startswith(" ") else text
    if not E164.fullmatch(text):
        raise Problem(400, f"{name}: {text!r} is not a number like +12125550100.")
    return text


def looked_for() -> str:
    """The filter `q`: words or a number somebody looks for; empty: nothing."""
    text = request.args.get("q", "")
    if len(text) > MAX_SOUGHT:
        raise Problem(400, f"q: must have at most {MAX_SOUGHT} characters.")
    return clean(text, MAX_SOUGHT)


def line(session: Session) -> str | None:
    """The filter `line`: one of ours, also one that is switched off."""
    asked = number("line")
    if asked is not None and session.get(Line, asked) is None:
        raise Problem(400, f"line: we have no line {asked}.")
    return asked


def choices(name: str, options: Collection[str]) -> tuple[str, ...] | None:
    """A filter of one or several words, by comma."""
    text = request.args.get(name)
    if text is None:
        return None
    words = tuple(word.strip() for word in text.split(","))
    for word in words:
        if word not in options:
            raise Problem(400, f"{name}: {word!r} is not one of: {', '.join(options)}.")
    return words


def body(known: Collection[str]) -> dict[str, Any]:
    """The JSON object of the request with at most these members; an absent body is an empty object."""
    request.max_content_length = MAX_BODY
    raw = request.get_data()
    if not raw:
        return {}
    if request.mimetype != "application/json":
        raise Problem(415, "The body must be sent as application/json.")
    try:
        given = json.loads(raw, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Problem(400, "The body is not JSON.") from None
    if not isinstance(given, dict):
        raise Problem(400, "The body must be a JSON object.")
    for name in given:
        if name not in known:
            raise Problem(400, f"{name}: there is no such member here. Known: {', '.join(known) or 'none'}.")
    if odd := next((name for name in given if not _is_text(given[name])), None):
        raise Problem(400, f"{odd}: holds a character that is no text.")
    return given


def staff(session: Session, given: dict[str, Any], line: str, name: str = "staff") -> str:
    """The member `staff` (or another) of a body: somebody who works here, and may see the line it is about."""
    asked = given.get(name)
    row = session.get(StaffMember, asked) if isinstance(asked, str) else None
    if row is None:
        raise Problem(400, f"{name}: must be the id of a staff member.")
    if not row.active:
        raise Problem(422, f"{name}: {row.id} is switched off. An owner switches people on.", kind="switched_off")
    if not access.may_see(session, row.id, line):
        told = f"{name}: {row.id} may not see this line. An owner says on the page Users which lines people see."
        raise Problem(422, told, kind="out_of_sight")
    return row.id


def about(session: Session, given: dict[str, Any]) -> About:
    """The members that say what a talk was about: ABOUT, all optional."""
    topic = given.get("topic")
    if topic is not None and (type(topic) is not int or not 0 < topic < 2**31 or session.get(Topic, topic) is None):
        raise Problem(400, "topic: must be the id of a topic, or null.")
    bought = None if given.get("bought") is None else flag(given, "bought")
    note, why_not = text(given, "note", NOTE), text(given, "why_not", WHY_NOT)
    return About(note=note, topic_id=topic, bought=bought, why_not=why_not)


def flag(given: dict[str, Any], name: str) -> bool | None:
    """A member that is true or false; None when it is absent."""
    value = given.get(name)
    if name in given and not isinstance(value, bool):
        raise Problem(400, f"{name}: must be true or false.")
    return value


def maybe_moment(given: dict[str, Any], name: str) -> dt.datetime | None:
    """A member that is an instant, or null; None when it is absent."""
    return None if given.get(name) is None else moment(given, name)


def maybe_text(given: dict[str, Any], name: str, most: int = MAX_TEXT) -> str | None:
    """A member that is a text of at most so many characters, or null."""
    value = given.get(name)
    if value is not None and not (isinstance(value, str) and len(value) <= most):
        raise Problem(400, f"{name}: must be a text of at most {most} characters, or null.")
    return value


def e164(given: dict[str, Any], name: str) -> str:
    """A member that is a phone number in full."""
    value = given.get(name)
    if not isinstance(value, str) or not E164.fullmatch(value):
        raise Problem(400, f"{name}: must be a number like +12125550100.")
    return value


def word(given: dict[str, Any], name: str, options: Collection[str]) -> str:
    """A member that is one of a few words."""
    value = given.get(name)
    if not isinstance(value, str) or value not in options:
        raise Problem(400, f"{name}: must be one of: {', '.join(options)}.")
    return value


def moment(given: dict[str, Any], name: str) -> dt.datetime | None:
    """A member that is an instant; None when it is absent."""
    value = given.get(name)
    if name in given and not isinstance(value, str):
        raise Problem(400, f"{name}: must be a time like 2026-11-22T15:04:05Z.")
    return _instant(name, value)


def text(given: dict[str, Any], name: str, most: int) -> str:
    """A member that is text of at most so many characters, as one clean line; empty when it is absent."""
    value = given.get(name, "")
    if not isinstance(value, str) or len(value) > most:
        raise Problem(400, f"{name}: must be text of at most {most} characters.")
    return clean(value, most)


def texts(given: dict[str, Any], name: str) -> list[str]:
    """A member that is a list of texts."""
    value = given.get(name)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise Problem(400, f"{name}: must be a list of texts.")
    return value


def time(name: str) -> dt.datetime | None:
    """A filter that is an instant; None: not asked for."""
    return _instant(name, request.args.get(name))


def _instant(name: str, text: str | None) -> dt.datetime | None:
    if text is None:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
        if moment.tzinfo is not None and 1970 < moment.year < 9999:  # so that counting days from it cannot fail
            return moment.astimezone(dt.UTC)
    except ValueError:
        pass
    raise Problem(400, f"{name}: {text!r} is not a time like 2026-11-22T15:04:05Z.")


def _position(cursor: str) -> tuple[dt.datetime, str]:
    try:
        position = paging.read(cursor)
        if paging.cursor(*position) == cursor:  # written by us, not merely readable
            return position
    except (ValueError, OverflowError):
        pass
    raise Problem(400, BAD_CURSOR)


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no JSON")  # NaN and the infinities: Python would take them


def _is_text(value: object) -> bool:
    """Whether all text in a value, however deep, can be kept."""
    left = [value]
    while left:
        part = left.pop()
        if isinstance(part, str) and NO_TEXT.search(part):
            return False
        left.extend(part if isinstance(part, list) else chain(*part.items()) if isinstance(part, dict) else ())
    return True


def _is_small_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 6
