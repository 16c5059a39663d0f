"""One line: when it is open, who is rung, what is promised. The same as business.toml says; for the owner."""

import datetime as dt
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

import holidays as holiday_library
import sqlalchemy as sa
from flask import Blueprint, Response, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from dashboard import frame, line_form, stale, team_rows, visits, week_rows
from voice import audit, clock
from voice.accounts import Visit
from voice.business import edit
from voice.firm import Line, LineStaff, StaffMember
from voice.installation import installation
from voice.rules import hours, wording
from voice.rules.numbers import country_of

lines = Blueprint("lines", __name__)
Fields = Mapping[str, str]
Change = Callable[[Session, Line, dt.date], None]
NONE: Fields = MappingProxyType({})
DEEDS = ("line_changed", "line_closed", "line_open_again", "greeting_changed")
A_YEAR, MOST_CLOSURES = 366, 8


@lines.get("/lines/<number>")
def show(number: str) -> ResponseReturnValue:
    """One line's settings."""
    return _page(number)


@lines.post("/lines/<number>/change")
def change(number: str) -> ResponseReturnValue:
    """Save the settings; or, by the second button, Monday's hours into the fields of the other working days."""
    typed = line_form.typed(request.form)
    if "copy" in request.form:
        return _page(number, {**typed, **dict.fromkeys(hours.DAYS[:5], typed["mon"])})

    def save(session: Session, line: Line, _today: dt.date) -> None:
        kept = line_form.fields_of(line, _staff_of(session, line.number))
        edit.line(session, line, line_form.said(stale.settle(typed, kept)))

    return _do(number, "line_changed", save, typed)


@lines.post("/lines/<number>/closed")
def close(number: str) -> ResponseReturnValue:
    """Closed from one day to another (or just the one), or open again."""
    typed = {name: request.form.get(name, "")[:20] for name in ("first", "last")}
    closed = request.form.get("closed") == "1"

    def set_days(session: Session, line: Line, today: dt.date) -> None:
        first = _date("first", typed["first"])
        last = _date("last", typed["last"]) if typed["last"] else first
        if closed:
            edit.close(session, line, first, last, today)
        else:
            edit.open_again(session, line, first, last)

    return _do(number, "line_closed" if closed else "line_open_again", set_days, typed)


@lru_cache(16)
def calendars(country: str) -> tuple[str, ...]:
    """The calendars of public holidays there are for a country: its own, and those of its parts."""
    parts = holiday_library.list_supported_countries().get(country)
    return () if parts is None else (country, *(f"{country}-{part}" for part in sorted(parts)))


def _owner() -> Visit:
    return visits.owner_only("The lines are set up by the owner.")


def _date(name: str, text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise edit.Unfit({name: "choose a day, like 2026-12-24."}) from None


def _do(number: str, what: str, change: Change, typed: Fields) -> ResponseReturnValue:
    visit, now, database = _owner(), clock.now(), installation().database
    try:
        with database.transaction() as session:
            edit.hold(session)  # first of all: what is compared with the form below stays so until it is saved
            line = _find(session, number)
            change(session, line, _today(line, now))
            audit.record(session, visit, what, line.name, now)
    except edit.Unfit as unfit:
        return _page(number, typed, unfit.faults, 400)
    except stale.Overtaken as overtaken:
        with database.reading() as session:
            told = stale.by_audit(session, overtaken, _find(session, number).name, *DEEDS)
        return _page(number, typed, status=409, meanwhile=told)
    return redirect(url_for(".show", number=number, saved=what), 303)


def _page(
    number: str, typed: Fields = NONE, faults: Fields = NONE, status: int = 200,
    meanwhile: stale.Meanwhile | None = None,
) -> Response:  # fmt: skip
    """The page with what is kept, and over it what was typed; `faults`: what is wrong with which field."""
    _owner()
    now = clock.now()
    with installation().database.reading() as session:
        line = _find(session, number)
        kept = line_form.fields_of(line, _staff_of(session, number))
        people = session.scalars(sa.select(StaffMember).where(StaffMember.active).order_by(StaffMember.name)).all()
        week = week_rows.read(session, number, "", now)
    fields = {**kept, **typed}
    turns = {name: place + 1 for place, name in enumerate(fields["staff"].split(","))}
    return frame.page(
        "line.html",
        status,
        line=line,
        fields=fields,
        # Refused: what was saved meanwhile is still news to whoever typed. Overtaken: they have been told.
        was=stale.shown(kept if meanwhile or not typed else {**kept, **stale.sent()}),
        faults={name: line_form.in_words(name, words) for name, words in faults.items()},
        meanwhile=meanwhile,
        names={member.id: member.name for member in people},
        people=sorted(people, key=lambda member: turns.get(member.id, 9999)),
        turns=turns,
        week=week,
        closures=_closures(line, now)[:MOST_CLOSURES],
        closed_days=team_rows.on_end(line.closed_days, _today(line, now)),
        today=_today(line, now),
        last_day=_today(line, now) + edit.AHEAD,
        languages=wording.LANGUAGES,
        calendars=calendars(line.holidays.partition("-")[0] or country_of(line.number) or ""),
        week_days=_week_days(),
        saved=request.args.get("saved", ""),
    )


def _week_days() -> tuple[tuple[str, str], ...]:
    return tuple(zip(hours.DAYS, hours.DAY_NAMES, strict=True))


def _find(session: Session, number: str) -> Line:
    return session.scalar(sa.select(Line).where(Line.number == number, Line.active)) or abort(404)


def _staff_of(session: Session, number: str) -> list[str]:
    rows = sa.select(LineStaff.staff_id).where(LineStaff.line == number).order_by(LineStaff.position)
    return list(session.scalars(rows))


def _today(line: Line, now: dt.datetime) -> dt.date:
    return now.astimezone(ZoneInfo(line.time_zone)).date()


def _closures(line: Line, now: dt.datetime) -> list[tuple[dt.date, str]]:
    schedule = hours.Schedule.make(line.hours, line.time_zone, line.holidays, line.closed_days)
    return hours.closures(schedule, _today(line, now), A_YEAR)
