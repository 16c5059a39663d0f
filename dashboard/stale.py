"""Two people save the same form: the later one is told who was first, with what, and loses nothing they typed."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass

from flask import request
from sqlalchemy.orm import Session

from dashboard import visits
from voice import audit, clock, persons
from voice.rules import edits

SHOWN_AT = " at"  # no field has this name
LIVE = dt.timedelta(minutes=5)
NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True)
class Meanwhile:
    """What somebody else saved while this form was open: `fields` as they are kept now; `who` and `at`, if known."""

    fields: Mapping[str, str]
    who: str = ""
    at: dt.datetime | None = None


class Overtaken(Exception):
    """Nothing was saved: fields that were typed here have been changed by somebody else."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(", ".join(fields))
        self.fields = fields


def settle(typed: Mapping[str, str], now: Mapping[str, str]) -> dict[str, str]:
    """What to save, given what is kept now; the row must be held, so that this stays true. Raises Overtaken."""
    values, overtaken = edits.settle(sent(), typed, now)
    if overtaken:
        raise Overtaken({field: now[field] for field in overtaken})
    return values


def by_audit(session: Session, overtaken: Overtaken, object_: str, *kinds: str) -> Meanwhile:
    """Who that was, as the audit has it; nobody: it was not written down, or the same person on another page."""
    entry = audit.last(session, object_, kinds, _since(), but=visits.here().user_id)
    return Meanwhile(overtaken.fields, entry.who, entry.at) if entry else Meanwhile(overtaken.fields)


def by_note(session: Session, overtaken: Overtaken, number: str) -> Meanwhile:
    """The same for a person's card, where every change has a line."""
    entry = persons.last_change(session, number, _since(), but=visits.here().name)
    return Meanwhile(overtaken.fields, entry.by, entry.at) if entry else Meanwhile(overtaken.fields)


def _since() -> dt.datetime:
    """When the form sent to us was shown."""
    try:
        return dt.datetime.fromisoformat(sent()[SHOWN_AT]).astimezone(dt.UTC)
    except (KeyError, ValueError, OverflowError):
        return clock.now() - LIVE


def shown(fields: Mapping[str, str], live: bool = False) -> str:
    """What a form shows, and since when, for its hidden field `was`. On a `live` part of a page, which must read the
    same while nothing changes, without the time: there it is a few minutes at most."""
    return json.dumps({**({} if live else {SHOWN_AT: clock.now().isoformat()}), **fields})


def sent() -> Mapping[str, str]:
    """What the form sent to us had shown; a form without a word of it had shown nothing."""
    try:
        was = json.loads(request.form.get("was", ""))
    except (ValueError, RecursionError):
        return NOTHING
    if not isinstance(was, dict):
        return NOTHING
    return {name: value for name, value in was.items() if isinstance(value, str)}
