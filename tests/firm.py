"""The cast: Acme Plumbing, its line, and the people who answer it."""

import datetime as dt
from typing import Any

from voice.db import Database
from voice.firm import Business, Line, LineStaff, StaffMember

LINE = "+12125550100"
SECOND_LINE = "+12125550120"
ALWAYS = dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), "00:00-24:00")
OFFICE = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "09:00-17:30")
PHONES = {"sam": "+12125550111", "alex": "+12125550112", "kim": "+12125550113"}
NAMES = {"sam": "Sam Field", "alex": "Alex Moor", "kim": "Kim Heath"}
MONDAY_TEN = dt.datetime(2026, 11, 23, 15, 0, tzinfo=dt.UTC)  # ten in the morning in New York


def found(database: Database, staff: tuple[str, ...] = ("sam", "alex"), **line: Any) -> None:
    """Set up the firm. `line` overrides the line's columns."""
    with database.transaction() as session:
        session.add(Business(id=1, name="Acme Plumbing", country="US", time_zone="America/New_York"))
        for name in PHONES:
            session.add(StaffMember(id=name, name=NAMES[name], phone=PHONES[name]))
        session.add(line_row(**line))
        session.flush()
        for position, name in enumerate(staff):
            session.add(LineStaff(line=LINE, staff_id=name, position=position))


def second_line(database: Database, *staff: str) -> None:
    """Another line, and who answers it."""
    with database.transaction() as session:
        session.add(line_row(number=SECOND_LINE, name="Second line", position=1))
        session.flush()
        session.add_all(LineStaff(line=SECOND_LINE, staff_id=name, position=at) for at, name in enumerate(staff))


def line_row(**changes: Any) -> Line:
    """A line with the file's defaults."""
    columns: dict[str, Any] = {
        "number": LINE, "name": "Main line", "position": 0, "language": "en-US", "hours": ALWAYS, "closed_days": [],
        "greeting": "Thanks for calling Acme Plumbing, I'm getting someone for you.",
        "time_zone": "America/New_York", "ring_seconds": 20,
    }  # fmt: skip
    return Line(**(columns | changes))
