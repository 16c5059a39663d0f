"""What the settings pages change: one table of business.toml at a time, read and found right as `apply` reads it.

What a page says is laid over what `export` would write, so that page and file can never mean different things.
"""

import datetime as dt
import itertools
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice.business.export import firm as said_of_firm
from voice.business.export import line as said_of_line
from voice.business.export import person as said_of_person
from voice.business.plan import LinePlan
from voice.business.read import business as read_firm
from voice.business.read import line as read_line
from voice.business.read import person as read_person
from voice.business.rows import columns, write_line_staff
from voice.business.table import Faults, Table
from voice.firm import Business, Line, LineStaff, StaffMember
from voice.rules.hours import DAYS

AHEAD = dt.timedelta(days=730)  # a closed day further away than this is a slip of the pen
MOST_CLOSED_DAYS = 1000
DAY = dt.timedelta(days=1)
WORKING_WEEK = dict.fromkeys(DAYS[:5], "09:00-17:30")


class Unfit(ValueError):
    """What was asked cannot be. `faults`: why, and the fix, for each field of the file that is wrong."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {words}" for field, words in faults.items()))
        self.faults = dict(faults)


def hold(session: Session) -> None:
    """Nobody else changes the firm until this transaction ends: neither from a page nor from a file."""
    session.scalar(sa.select(Business.id).with_for_update())


def firm(session: Session, said: dict[str, Any]) -> tuple[str, ...]:
    """Set some of [business]: its fields, as the file has them. The names of those that changed. Raises Unfit."""
    business = session.scalars(sa.select(Business).with_for_update()).one()
    faults = Faults({})
    name, country, zone, keeping = read_firm(Table(faults, (), "", said_of_firm(business).unwrap() | said))
    _raise_any(faults)
    changed = _set(business, {"name": name, "country": country, "time_zone": zone, **asdict(keeping)})
    for line in session.scalars(sa.select(Line).where(Line.active, Line.time_zone != zone)):
        line.time_zone = zone
    session.flush()
    return changed


def line(session: Session, row: Line, said: dict[str, Any]) -> tuple[str, ...]:
    """Set some fields of a line. The names of those that changed. Raises Unfit."""
    hold(session)
    faults = Faults({})
    business = session.scalar(sa.select(Business.name)) or ""
    plan = read_line(Table(faults, (), "", said_of_line(session, row).unwrap() | said), business)
    for name in plan.staff:
        member = session.get(StaffMember, name)
        if member is None or not member.active:
            faults.add((), "", "staff", f"nobody has the id '{name}' any more; take them out.")
    _raise_any(faults)
    if row.greeting != plan.greeting:
        row.greeting_audio = None  # else callers would go on hearing the old recording
    changed = _set(row, columns(plan))
    session.flush()
    return (*changed, "staff") if write_line_staff(session, plan) else changed


def person(session: Session, row: StaffMember, said: dict[str, Any]) -> tuple[str, ...]:
    """Set some fields of somebody who answers. The names of those that changed. Raises Unfit."""
    hold(session)
    faults = Faults({})
    plan = read_person(Table(faults, (), "", said_of_person(row).unwrap() | said))
    ours = set(session.scalars(sa.select(Line.number).where(Line.active)))
    for field in ("phone", "desk_phone"):
        if getattr(plan, field) in ours:
            words = "is one of the lines, and a line cannot ring itself; give the person's own phone."
            faults.add((), "", field, words)
    same = sa.select(StaffMember.name).where(StaffMember.phone == plan.phone, StaffMember.id != row.id)
    if plan.phone and (other := session.scalar(same.where(StaffMember.active).limit(1))):
        faults.add((), "", "phone", f"{other} has this phone already.")
    _raise_any(faults)
    changed = _set(row, asdict(plan))
    session.flush()
    return changed


def close(session: Session, row: Line, first: dt.date, last: dt.date, today: dt.date) -> None:
    """Closed from `first` to `last`, both included, whatever the hours of the week say. Raises Unfit."""
    if not today <= first <= today + AHEAD:
        raise Unfit({"first": "must be today or later, within two years."})
    if not first <= last <= today + AHEAD:
        raise Unfit({"last": "must not be before the first, and within two years."})
    days = {(first + DAY * number).isoformat() for number in range((last - first).days + 1)}
    wanted = days.union(row.closed_days)
    if len(wanted) > MOST_CLOSED_DAYS:
        raise Unfit({"first": f"a line may have {MOST_CLOSED_DAYS} closed days at most. Open on some again."})
    line(session, row, {"closed_days": sorted(wanted)})


def open_again(session: Session, row: Line, first: dt.date, last: dt.date) -> None:
    """Take closed days back, both ends included."""
    left = [day for day in row.closed_days if not first <= dt.date.fromisoformat(day) <= last]
    line(session, row, {"closed_days": left})


def add_person(session: Session, said: dict[str, Any]) -> StaffMember:
    """Somebody new who answers, with an id made of their name that nobody has had. Raises Unfit."""
    hold(session)
    taken = set(session.scalars(sa.select(StaffMember.id)))
    plain = unicodedata.normalize("NFKD", str(said.get("name", ""))).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:30] or "person"
    names = itertools.chain([stem], (f"{stem}-{number}" for number in itertools.count(2)))
    row = StaffMember(
        id=next(name for name in names if name not in taken), name="", phone="", email="", role="staff",
        no_mailbox=False, days_off=[], time_zone="", desk_phone="", active=True, availability="on",
    )  # fmt: skip
    person(session, row, said)
    session.add(row)
    session.flush()
    return row


def let_go(session: Session, row: StaffMember) -> None:
    """They answer no more, on no line; what they did stays theirs."""
    hold(session)
    row.active = False
    session.execute(sa.delete(LineStaff).where(LineStaff.staff_id == row.id))
    session.flush()


def add_line(session: Session, said: dict[str, Any]) -> Line:
    """Another number of ours, open in the hours of a working week and answered by nobody yet. Raises Unfit.

    One that was ours before is ours again, as it was.
    """
    hold(session)
    number = str(said.get("number", ""))
    row = session.get(Line, number)
    if row is not None and row.active:
        raise Unfit({"number": f"{number} is one of your lines already."})
    zone, name = session.execute(sa.select(Business.time_zone, Business.name)).one()
    if row is None:
        plan = _plan(Table(Faults({}), (), "", {"hours": WORKING_WEEK} | said), name)
        place = session.scalar(sa.select(sa.func.coalesce(sa.func.max(Line.position), -1))) or 0
        row = Line(**columns(plan), position=place + 1, time_zone=zone)
        session.add(row)
    row.active, row.time_zone = True, zone
    gone = sa.select(StaffMember.id).where(~StaffMember.active)
    session.execute(sa.delete(LineStaff).where(LineStaff.line == number, LineStaff.staff_id.in_(gone)))
    session.flush()
    return row


def close_line(session: Session, row: Line) -> None:
    """A number that is ours no more: its calls are turned away, what was stays."""
    hold(session)
    row.active = False
    session.flush()


def _plan(table: Table, business: str) -> LinePlan:
    plan = read_line(table, business)
    _raise_any(table.faults)
    return plan


def _set(row: Any, values: Mapping[str, Any]) -> tuple[str, ...]:
    different = tuple(name for name, value in values.items() if getattr(row, name) != value)
    for name in different:  # a change of the row has every process read the firm anew
        setattr(row, name, values[name])
    return different


def _raise_any(faults: Faults) -> None:
    if faults.found:
        raise Unfit({fault.field: fault.words for fault in reversed(faults.found)})
