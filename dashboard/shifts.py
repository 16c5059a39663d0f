"""Somebody's shifts: hours by day of the week and their clock, set by the owner; days off, by themselves too."""

import datetime as dt
from collections.abc import Callable, Mapping
from types import MappingProxyType
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import Blueprint, Response, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from dashboard import frame, lines_index, stale, team_rows, visits
from voice import audit, availability, clock
from voice import shifts as verbs
from voice.business import edit
from voice.firm import Line, LineStaff, StaffMember
from voice.installation import installation
from voice.rules import hours

shifts = Blueprint("shifts", __name__)
Change = Callable[[Session, StaffMember, dt.date], None]
Fields = Mapping[str, str]
NONE: Fields = MappingProxyType({})
LONGEST = 200  # characters of one day's hours
NO_HOURS = "Own hours: write them for one day at least. To take no calls at all, tap “Off” on the page Team."
WORKING_DAYS = hours.DAYS[:5]


@shifts.get("/team/<staff_id>/shifts")
def show(staff_id: str) -> ResponseReturnValue:
    """The page."""
    return _page(staff_id)


@shifts.post("/team/<staff_id>/hours")
def set_hours(staff_id: str) -> ResponseReturnValue:
    """Hours of the week and their clock; or, by the second button, Monday's hours into the fields of the other days."""
    visits.owner_only("Hours are set by the owner; days off by everybody for themselves.")
    typed = {name: request.form.get(name, "").strip()[:LONGEST] for name in (*hours.DAYS, "own", "time_zone")}
    if "copy" in request.form:
        return _page(staff_id, {**typed, **dict.fromkeys(WORKING_DAYS, typed["mon"]), "own": "1"})

    def change(session: Session, member: StaffMember, _today: dt.date) -> None:
        values = stale.settle(typed, _kept(session, member))
        week = {day: values[day] for day in hours.DAYS} if values["own"] else None
        if week is not None and not any(week.values()):
            raise verbs.BadShifts({"own": NO_HOURS})
        verbs.set_hours(session, member, week)
        verbs.set_zone(session, member, values["time_zone"])

    return _do(staff_id, "shifts_changed", change, typed)


@shifts.post("/team/<staff_id>/days")
def set_days(staff_id: str) -> ResponseReturnValue:
    """Days off, from one to another (or just the one), or taken back."""
    visit = visits.here()
    if not (visit.is_owner or visit.staff_id == staff_id):
        abort(403, "Everybody takes days off for themselves; the owner may for all.")
    typed = {name: request.form.get(name, "")[:20] for name in ("first", "last")}
    off = request.form.get("off") == "1"

    def change(session: Session, member: StaffMember, today: dt.date) -> None:
        first = _date("first", "First day off", typed["first"])
        last = _date("last", "Last day off", typed["last"]) if typed["last"] else first
        if off:
            verbs.take_off(session, member, first, last, today)
        else:
            verbs.work_on(session, member, first, last)

    return _do(staff_id, "day_off" if off else "day_off_taken_back", change, typed)


def _date(name: str, label: str, text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise verbs.BadShifts({name: f"{label}: choose a day, like 2026-12-24."}) from None


def _do(staff_id: str, what: str, change: Change, typed: Fields) -> ResponseReturnValue:
    now, database = clock.now(), installation().database
    try:
        with database.transaction() as session:
            edit.hold(session)  # what is compared with the form below stays so until it is saved
            member = _find(session, staff_id)
            change(session, member, _today(session, member, now))
            audit.record(session, visits.here(), what, staff_id, now)
    except verbs.BadShifts as wrong:
        return _page(staff_id, typed, wrong.faults, 400)
    except stale.Overtaken as overtaken:
        with database.reading() as session:
            told = stale.by_audit(session, overtaken, staff_id, "shifts_changed")
        return _page(staff_id, typed, status=409, meanwhile=told)
    return redirect(url_for(".show", staff_id=staff_id, saved=what), 303)


def _kept(session: Session, member: StaffMember) -> dict[str, str]:
    """What the form of the hours shows: their own, or those of their line."""
    week = _hours_of_line(session, member) if member.shifts is None else member.shifts
    days = {day: week.get(day, "") for day in hours.DAYS}
    return days | {"own": "" if member.shifts is None else "1", "time_zone": member.time_zone}


def _page(
    staff_id: str, typed: Fields = NONE, faults: Fields = NONE, status: int = 200,
    meanwhile: stale.Meanwhile | None = None,
) -> Response:  # fmt: skip
    """The page with what is kept, and over it what was typed; `faults`: what is wrong with which field."""
    visit, now = visits.here(), clock.now()
    with installation().database.reading() as session:
        member = _find(session, staff_id)
        today = _today(session, member, now)
        kept = _kept(session, member)
        firm_zone = availability.firm_zone(session)
    return frame.page(
        "shifts.html",
        status,
        member=member,
        me=visit.staff_id == staff_id,
        may_take_off=visit.is_owner or visit.staff_id == staff_id,
        fields={**kept, **typed},
        was=stale.shown(kept if meanwhile or not typed else {**kept, **stale.sent()}),
        meanwhile=meanwhile,
        faults={name: _plain(words) for name, words in faults.items()},
        days_off=team_rows.days_off(member, today),
        today=today,
        last_day=today + verbs.AHEAD,
        firm_zone=firm_zone,
        zones=lines_index.zones(),
        week_days=tuple(zip(hours.DAYS, hours.DAY_NAMES, strict=True)),
        saved=request.args.get("saved", ""),
    )


def _plain(words: str) -> str:
    """The sentence as the page says it: its fields are there on every day, and may be empty."""
    return words.replace("leave the day out when closed", "leave it empty when off")


def _today(session: Session, member: StaffMember, now: dt.datetime) -> dt.date:
    return now.astimezone(ZoneInfo(availability.zone_of(session, member))).date()


def _find(session: Session, staff_id: str) -> StaffMember:
    return session.scalar(sa.select(StaffMember).where(StaffMember.id == staff_id, StaffMember.active)) or abort(404)


def _hours_of_line(session: Session, member: StaffMember) -> dict[str, str]:
    """The hours of the first line they answer, which are theirs until they have their own."""
    rows = sa.select(Line.hours).join(LineStaff, LineStaff.line == Line.number).order_by(Line.position)
    return session.scalar(rows.where(LineStaff.staff_id == member.id, Line.active).limit(1)) or {}
