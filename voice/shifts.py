"""Verbs on when somebody works: hours by day of the week, their clock, days off. None commits; all reach the roster.

What is kept is what business.toml says, letter by letter: a page sets it, `export` writes it, `apply` reads it back.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping

from sqlalchemy.orm import Session

from voice.firm import StaffMember
from voice.rules import hours

AHEAD = dt.timedelta(days=730)  # a day off further away than this is a slip of the pen
MOST_DAYS_OFF = 1000
DAY = dt.timedelta(days=1)


class BadShifts(ValueError):
    """What was asked cannot be. `faults`: a sentence with the fix for each field that is wrong."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(" ".join(faults.values()))
        self.faults = dict(faults)


def set_hours(session: Session, member: StaffMember, week: Mapping[str, str] | None) -> None:
    """When they work, as {"mon": "09:00-17:00", …}; None: the hours of their lines. Raises BadShifts."""
    faults = {} if week is None else _faults(week)
    if faults:
        raise BadShifts(faults)
    wanted = None if week is None else hours.WeekHours.from_dict(week).to_dict()
    if member.shifts != wanted:  # a change of the row has every process read the firm anew
        member.shifts = wanted
    session.flush()


def set_zone(session: Session, member: StaffMember, zone: str) -> None:
    """The clock of their hours; empty: each line's own. Raises BadShifts."""
    try:
        if zone:
            hours.check_zone(zone)
    except ValueError as wrong:
        raise BadShifts({"time_zone": f"Time zone: {wrong}"}) from None
    if member.time_zone != zone:
        member.time_zone = zone
    session.flush()


def take_off(session: Session, member: StaffMember, first: dt.date, last: dt.date, today: dt.date) -> None:
    """Days off from `first` to `last`, both included, by their own clock. Raises BadShifts."""
    if not today <= first <= today + AHEAD:
        raise BadShifts({"first": "First day off: must be today or later, within two years."})
    if not first <= last <= today + AHEAD:
        raise BadShifts({"last": "Last day off: must not be before the first, and within two years."})
    set_days_off(session, member, {*member.days_off, *_days(first, last)})


def work_on(session: Session, member: StaffMember, first: dt.date, last: dt.date) -> None:
    """Take days off back, both ends included."""
    left = [day for day in member.days_off if not first <= dt.date.fromisoformat(day) <= last]
    set_days_off(session, member, left)


def set_days_off(session: Session, member: StaffMember, days: Collection[str]) -> None:
    """All their days off at once, as ISO dates. Raises BadShifts."""
    if len(days) > MOST_DAYS_OFF:
        raise BadShifts({"days_off": f"Days off: at most {MOST_DAYS_OFF}."})
    wanted = sorted({_date(day) for day in days})
    if member.days_off != wanted:
        member.days_off = wanted
    session.flush()


def _date(text: str) -> str:
    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        raise BadShifts({"days_off": f'Days off: "{text[:40]}" is not a date. Write it like 2026-12-24.'}) from None


def _days(first: dt.date, last: dt.date) -> Iterable[str]:
    return ((first + DAY * number).isoformat() for number in range((last - first).days + 1))


def _faults(week: Mapping[str, str]) -> dict[str, str]:
    faults = {}
    for day, text in week.items():
        try:
            hours.WeekHours.from_dict({day: text})
        except ValueError as wrong:
            faults[day] = str(wrong)
    return faults
