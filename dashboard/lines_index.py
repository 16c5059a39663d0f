"""All lines, and the firm they belong to: another line, one given up, the firm's name, country and clock."""

import datetime as dt
import itertools
import zoneinfo
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

import phonenumbers
import sqlalchemy as sa
from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from dashboard import frame, stale, visits
from voice import audit, clock
from voice.business import edit
from voice.firm import Business, Line, LineStaff, StaffMember
from voice.installation import installation
from voice.rules import hours, person

lines_index = Blueprint("lines_index", __name__)
Fields = Mapping[str, str]
NONE: Fields = MappingProxyType({})
FIRM = ("name", "country", "time_zone")
A_YEAR, SHOWN = 366, 3


@lines_index.get("/lines")
def show() -> ResponseReturnValue:
    """The page."""
    return _page()


@lines_index.post("/lines/new/add")
def add() -> ResponseReturnValue:
    """Another number of ours; its page opens."""
    typed = {f"line_{name}": request.form.get(name, "").strip()[:200] for name in ("number", "name")}

    def save(session: Session) -> tuple[str, str]:
        country = session.scalar(sa.select(Business.country)) or ""
        try:
            number = person.number(typed["line_number"], country)
        except person.Unfit:
            raise edit.Unfit({"number": "write it with its country code, like +12125550100."}) from None
        line = edit.add_line(session, {"number": number, "name": typed["line_name"]})
        return line.name, url_for("lines.show", number=number)

    return _do("line_added", save, typed, "line_")


@lines_index.post("/lines/<number>/give-up")
def give_up(number: str) -> ResponseReturnValue:
    """A number that is ours no more."""

    def save(session: Session) -> tuple[str, str]:
        line = session.scalar(sa.select(Line).where(Line.number == number, Line.active))
        if line is None:
            raise edit.Unfit({"number": "this line was given up already."})
        edit.close_line(session, line)
        return line.name, url_for(".show")

    return _do("line_given_up", save, NONE, "line_")


@lines_index.post("/firm/change")
def change_firm() -> ResponseReturnValue:
    """Its name, country and clock."""
    typed = {name: request.form.get(name, "").strip()[:200] for name in FIRM}

    def save(session: Session) -> tuple[str, str]:
        edit.firm(session, dict(stale.settle(typed, _fields(session))))
        return "", url_for(".show", saved="firm", _anchor="firm")

    return _do("firm_changed", save, typed, "")


@lru_cache(1)
def countries() -> tuple[str, ...]:
    """All countries with telephones."""
    return tuple(sorted(phonenumbers.SUPPORTED_REGIONS))


@lru_cache(1)
def zones() -> tuple[str, ...]:
    """All places whose clock a firm can live by."""
    return tuple(sorted(name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith("Etc/")))


def _do(what: str, save: Callable[[Session], tuple[str, str]], typed: Fields, prefix: str) -> ResponseReturnValue:
    """`save` says what it was done to, and where to go then; `prefix` of the fields on the page."""
    visit, now, database = visits.owner_only("The lines are set up by the owner."), clock.now(), installation().database
    try:
        with database.transaction() as session:
            edit.hold(session)  # what is compared with the form stays so until it is saved
            name, after = save(session)
            audit.record(session, visit, what, name, now)
    except edit.Unfit as unfit:
        return _page(typed, {prefix + name: words for name, words in unfit.faults.items()}, 400)
    except stale.Overtaken as overtaken:
        with database.reading() as session:
            told = stale.by_audit(session, overtaken, "", what)
        return _page(typed, status=409, meanwhile=told)
    return redirect(after, 303)


def _page(
    typed: Fields = NONE, faults: Fields = NONE, status: int = 200, meanwhile: stale.Meanwhile | None = None
) -> Response:
    """The page; over what is kept what was typed, and what is wrong with it."""
    visits.owner_only("The lines are set up by the owner.")
    now = clock.now()
    with installation().database.reading() as session:
        rows = list(session.scalars(sa.select(Line).where(Line.active).order_by(Line.position, Line.number)))
        staff = {row.number: _names(session, row.number) for row in rows}
        kept = _fields(session)
    return frame.page(
        "lines.html", status, lines=rows, staff=staff, fields={**kept, **typed}, faults=faults, meanwhile=meanwhile,
        closures={row.number: _closures(row, now) for row in rows},
        today={row.number: _today(row, now) for row in rows},
        was=stale.shown(kept if meanwhile or not typed else {**kept, **stale.sent()}), has_firm=bool(kept),
        countries=countries(), zones=zones(), week={row.number: week(row.hours) for row in rows},
        saved=request.args.get("saved", ""),
    )  # fmt: skip


def _fields(session: Session) -> dict[str, str]:
    business = session.scalars(sa.select(Business)).first()
    return {name: getattr(business, name) for name in FIRM} if business else {}


def week(open_hours: Mapping[str, str]) -> str:
    """A line's week in words, neighbours alike as one: "Mon–Fri 09:00-17:30; Sat 10:00-13:00"."""
    spans = [(day.capitalize(), open_hours.get(day, "")) for day in hours.DAYS]
    runs = [(span, [day for day, _ in days]) for span, days in itertools.groupby(spans, key=lambda each: each[1])]
    if len(runs) == 1 and spans[0][1]:
        return "every day " + _span(spans[0][1])
    return "; ".join(f"{_days(days)} {_span(span)}" for span, days in runs if span) or "never"


def _days(days: Sequence[str]) -> str:
    return days[0] if len(days) == 1 else f"{days[0]}–{days[-1]}"


def _span(span: str) -> str:
    return "all day" if span == "00:00-24:00" else span.replace(",", ", ")


def _names(session: Session, number: str) -> list[str]:
    rows = sa.select(StaffMember.name).join(LineStaff, LineStaff.staff_id == StaffMember.id)
    return list(session.scalars(rows.where(LineStaff.line == number).order_by(LineStaff.position)))


def _today(line: Line, now: dt.datetime) -> dt.date:
    return now.astimezone(ZoneInfo(line.time_zone)).date()


def _closures(line: Line, now: dt.datetime) -> list[tuple[dt.date, str]]:
    schedule = hours.Schedule.make(line.hours, line.time_zone, line.holidays, line.closed_days)
    return hours.closures(schedule, _today(line, now), A_YEAR)[:SHOWN]
