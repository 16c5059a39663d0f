"""What would have caught most: past weeks played again with other settings, proposals, and one's own try."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import Blueprint, Response, abort, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from dashboard import frame, replay_words, visits, words
from voice import clock, contacts, replays, sight
from voice.accounts import Visit
from voice.db import chunks
from voice.firm import Line, StaffMember
from voice.installation import installation
from voice.models import Call
from voice.replay_tables import Replay
from voice.rules import other_settings
from voice.rules.other_settings import Change

replay = Blueprint("replay", __name__)
SHORTEST, LONGEST = 5, other_settings.LONGEST  # seconds of ringing that may be tried
TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


class Unfit(ValueError):
    """What was typed cannot be tried; the text says why and what to do."""


@dataclass(frozen=True)
class Named:
    """A caller of a result, as the page shows them."""

    call: Call
    name: str | None


@replay.get("/owner/replay")
def show() -> ResponseReturnValue:
    """The page: what was found last, what is under way, and what can be asked."""
    _owner_only()
    return _page()


@replay.post("/owner/replay/ask")
def ask() -> ResponseReturnValue:
    """Have it found out."""
    visit, now = _owner_only(), clock.now()
    line, weeks = request.form.get("line", ""), request.form.get("weeks", "")
    if not sight.sees(line):
        abort(404)
    try:
        wish = _wish(request.form)
    except Unfit as unfit:
        return _page(str(unfit), 400)
    with installation().database.transaction() as session:
        if session.get(Line, line) is None:
            abort(404)
        replays.ask(session, line, int(weeks) if weeks.isdecimal() else 1, visit.name, now, wish)
    return redirect(url_for(".show", line=line), 303)


@replay.post("/owner/replay/<replay_id>/cancel")
def cancel(replay_id: str) -> ResponseReturnValue:
    """Stop it."""
    _owner_only()
    with installation().database.transaction() as session:
        row = session.get(Replay, replay_id) or abort(404)
        replays.cancel(session, replay_id, clock.now())
    return redirect(url_for(".show", line=row.line), 303)


@replay.get("/owner/replay/<replay_id>/progress")
def progress(replay_id: str) -> ResponseReturnValue:
    """How far it is, for the page's script."""
    _owner_only()
    with installation().database.reading() as session:
        row = session.get(Replay, replay_id) or abort(404)
        silent = row.state == "running" and replays.is_silent(session, row, clock.now())
    return jsonify(state=row.state, done=row.done, total=row.of, silent=silent)


def _wish(form: Mapping[str, str]) -> Change | None:
    """One's own settings; None: find the best. Raises Unfit."""
    if form.get("what") != "own":
        return None
    line: dict[str, Any] = {}
    if seconds := form.get("ring_seconds", "").strip():
        if not (seconds.isdecimal() and SHORTEST <= int(seconds) <= LONGEST):
            raise Unfit(f"Seconds of ringing must be a whole number from {SHORTEST} to {LONGEST}.")
        line["ring_seconds"] = int(seconds)
    if mode := form.get("ring", ""):
        if mode not in other_settings.MODES:
            raise Unfit("Choose one of the ways to ring.")
        line["ring"] = mode
    extra = _extra(form)
    if not line and not extra:
        raise Unfit("Say what should have been otherwise: seconds, a way to ring, or one more person.")
    return Change("together", line, extra)


def _extra(form: Mapping[str, str]) -> dict[str, str]:
    day, begin, end = (form.get(name, "").strip() for name in ("day", "from", "to"))
    if not day:
        return {}
    if day not in other_settings.DAYS or not TIME.fullmatch(begin) or not TIME.fullmatch(end) or begin >= end:
        raise Unfit("One more person needs a day, a time from and a later time to, like 11:00 and 13:00.")
    return {day: f"{begin}-{end}"}


def _page(problem: str = "", status: int = 200) -> Response:
    with installation().database.reading() as session:
        lines = list(session.scalars(sa.select(Line).where(Line.active).order_by(Line.position)))
        wanted = request.values.get("line")
        line = next((line for line in lines if line.number == wanted), lines[0] if lines else None)
        found = replays.latest(session, line.number) if line else None
        newest = replays.newest(session, line.number) if line else None
        under_way = replays.running(session)
        silent = under_way is not None and replays.is_silent(session, under_way, clock.now())
        begun = replays.tries(session, under_way.id) if under_way else 0
        named = _named(session, found)
        names = {who.id: words.name(who.name) for who in session.scalars(sa.select(StaffMember))}
        calls = _calls_lately(session, line, clock.now()) if line else 0
    return frame.page(
        "replay.html", status, lines=lines, line=line, found=found, newest=newest, under_way=under_way, silent=silent,
        begun=begun, named=named, names=names, calls=calls, fewest=replays.FEWEST, days_looked_at=_days(found, line),
        problem=problem, typed=request.form, says=replay_words, days=DAYS, modes=other_settings.MODES,
        most_weeks=replays.MOST_WEEKS,
    )  # fmt: skip


DAYS = tuple(zip(other_settings.DAYS, other_settings.DAY_NAMES, strict=True))


def _days(found: Replay | None, line: Line | None) -> str:
    """The days a replay looked at, on the line's clock."""
    if found is None or line is None:
        return ""
    first, last, today = (
        moment.astimezone(ZoneInfo(line.time_zone)).date() for moment in (found.since, found.until, clock.now())
    )
    return words.dates(first, last, today)


def _calls_lately(session: Session, line: Line, now: dt.datetime) -> int:
    """Calls there would be to learn from, at most what is needed."""
    since = now - dt.timedelta(weeks=replays.MOST_WEEKS)
    rows = sa.select(Call.id).where(Call.line == line.number, Call.received_at >= since).limit(replays.FEWEST)
    return len(session.scalars(rows).all())


def _named(session: Session, found: Replay | None) -> dict[str, Named]:
    """The calls a result speaks of, with their callers' names. What has been erased since is not among them."""
    if found is None or found.result is None:
        return {}
    ids = {call_id for proposal in found.result["proposals"] for call_id in proposal["often"]}
    ids |= {each["id"] for each in found.result["differs"]}
    named: dict[str, Named] = {}
    for some in chunks(sorted(ids)):
        for call in session.scalars(sa.select(Call).where(Call.id.in_(some))):
            named[call.id] = Named(call, contacts.name_of(session, call.caller) or call.caller_name)
    return named


def _owner_only() -> Visit:
    return visits.owner_only("What would have caught most is the owner's to ask.")
