"""From rows to business.toml, written as a person would write it."""

from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
import tomlkit
from sqlalchemy.orm import Session
from tomlkit.items import InlineTable, Table

from voice.business.plan import Week
from voice.firm import Business, Line, LineStaff, StaffMember
from voice.models import Contact
from voice.rules.hours import DAYS
from voice.rules.keeping import Keeping
from voice.rules.promise import RETRY_MINUTES

STAFF_FIELDS = ("id", "name", "phone", "email", "role", "no_mailbox")
LINE_FIELDS = (
    "number", "name", "greeting", "language", "staff", "ring", "last_person_first", "ring_seconds",
    "in_order_step_seconds", "promise_minutes", "max_attempts", "holidays", "closed_days",
)  # fmt: skip


# Written only where they differ from the default, so that a plain firm's file stays plain.
STAFF_EXTRAS = {"time_zone": "", "days_off": [], "desk_phone": ""}
LINE_EXTRAS = {"retry_minutes": list(RETRY_MINUTES), "wrap_up_minutes": 10, "lease_seconds": 90, "due_ring": True}


class NoFirm(LookupError):
    """Nothing was taken in yet, so there is no file that could be applied."""


def export(session: Session) -> str:
    """The file that, applied, changes nothing. People and lines that are switched off are not in it.

    Raises NoFirm.
    """
    document = tomlkit.document()
    business = session.scalar(sa.select(Business))
    if business is None:
        raise NoFirm("There is no firm yet: take in a business.toml first, with `ringback apply FILE`.")
    document["business"] = firm(business)
    staff = sa.select(StaffMember).where(StaffMember.active).order_by(StaffMember.id)
    document["staff"] = _array([person(row) for row in session.scalars(staff)])
    lines = sa.select(Line).where(Line.active).order_by(Line.position, Line.number)
    document["lines"] = _array([line(session, row) for row in session.scalars(lines)])
    blocked = session.scalars(sa.select(Contact.number).where(Contact.blocked).order_by(Contact.number))
    document["numbers"] = tomlkit.item({"blocked": list(blocked)})
    return tomlkit.dumps(document)


def _array(tables: list[Table]) -> Any:
    array = tomlkit.aot()
    for table in tables:
        array.append(table)
    return array


def _table(row: Any, fields: tuple[str, ...]) -> Table:
    table = tomlkit.table()
    for field in fields:
        table[field] = getattr(row, field)
    return table


def firm(row: Business) -> Table:
    """[business]."""
    return _add_extras(_table(row, ("name", "country", "time_zone")), row, asdict(Keeping()))


def person(row: StaffMember) -> Table:
    """One of [[staff]]."""
    table = _table(row, STAFF_FIELDS)
    if row.shifts is not None:
        table["shifts"] = _in_week_order(row.shifts, tomlkit.inline_table())
    return _add_extras(table, row, STAFF_EXTRAS)


def line(session: Session, row: Line) -> Table:
    """One of [[lines]]."""
    staff = sa.select(LineStaff.staff_id).where(LineStaff.line == row.number).order_by(LineStaff.position)
    table = tomlkit.table()
    for field in LINE_FIELDS:
        table[field] = list(session.scalars(staff)) if field == "staff" else getattr(row, field)
    _add_extras(table, row, LINE_EXTRAS)
    table["hours"] = _in_week_order(row.hours, tomlkit.table())
    return table


def _add_extras(table: Table, row: Any, defaults: dict[str, Any]) -> Table:
    for field, default in defaults.items():
        if (value := getattr(row, field)) != default:
            table[field] = value
    return table


def _in_week_order(week: Week, table: Any) -> InlineTable | Table:
    for day in DAYS:
        if day in week:
            table[day] = week[day]
    return table  # type: ignore[no-any-return]
