"""Staff members: who answers, and whether they can just now."""

import datetime as dt
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.api import asked, shapes
from dashboard.api.operation import Answer, operation, program_maker
from dashboard.api.problems import Problem
from voice import availability, phones, roster, shifts, sight, team_undo
from voice.firm import StaffMember
from voice.rules import availability as rules

SAME = (
    "id", "name", "phone", "email", "role", "no_mailbox", "shifts", "availability", "active", "time_zone", "days_off",
    "desk_phone",
)  # fmt: skip
CHANGES = ("availability", "away_until", "phone_today", "shifts", "time_zone", "days_off")


@operation(
    "GET",
    "/staff",
    "Staff members by id, those switched off too; a token for a few lines sees who answers them.",
    {200: shapes.listed("StaffMember")},
    query=("limit", "cursor"),
)
def staff_list(session: Session, now: dt.datetime) -> Answer:
    """Every staff member: a firm has a few dozen at most."""
    everybody = session.scalars(sa.select(StaffMember).order_by(StaffMember.id)).all()
    return asked.few([wire(session, row, now) for row in everybody if not sight.staff_hidden(session, row.id)])


@operation("GET", "/staff/<staff_id>", "One staff member.", {200: shapes.ref("StaffMember")})
def staff_member(session: Session, now: dt.datetime, staff_id: str) -> Answer:
    """One staff member."""
    return wire(session, _find(session, staff_id), now)


@operation(
    "PATCH",
    "/staff/<staff_id>",
    "Say whether a staff member can be rung (on, away, until a time if given, or off), on which phone today, and when "
    "they work: shifts as in business.toml (null: the hours of their lines), the clock of these, all days off.",
    {200: shapes.ref("StaffMember")},
    body=shapes.request_body(
        (),
        availability=shapes.one_of(*shapes.AVAILABILITY),
        away_until=shapes.MAYBE_TIME,
        phone_today=shapes.MAYBE_TEXT,
        shifts=shapes.MAYBE_WEEK,
        time_zone=shapes.TEXT,
        days_off=shapes.array(shapes.DATE),
    ),
)
def change(session: Session, now: dt.datetime, staff_id: str) -> Answer:
    """On, away or off; the phone of today; shifts and days off. `away_until` alone means away."""
    row, given = _find(session, staff_id), asked.body(CHANGES)
    if not given:
        raise Problem(400, f"There is nothing to change. Known: {', '.join(CHANGES)}.")
    until = asked.maybe_moment(given, "away_until")
    usual = {"availability": "away"} if until else {"availability": row.availability}

    def said() -> None:
        if "availability" in given or "away_until" in given:
            wanted = asked.word(usual | given, "availability", shapes.AVAILABILITY)
            availability.set_to(session, row, cast("rules.Availability", wanted), now, until)
        if "phone_today" in given:
            availability.phone_here(session, row, asked.maybe_text(given, "phone_today") or "", now)

    try:
        team_undo.remembering(session, program_maker(), row, "said_by_program", now, said)
        _set_shifts(session, row, given)
    except availability.BadChoice as wrong:
        raise Problem(400, str(wrong)) from None
    except shifts.BadShifts as wrong:
        told = (f"{name if name in CHANGES else 'shifts'}: {words}" for name, words in wrong.faults.items())
        raise Problem(400, " ".join(told)) from None
    return wire(session, row, now)


@operation(
    "POST",
    "/staff/<staff_id>/undo",
    "Take back what this token last said of whether, and on which phone, this staff member can be rung: within ten "
    "seconds and if nobody has said otherwise since. Shifts and days off stay as they were last sent.",
    {200: shapes.ref("StaffMember"), 409: shapes.ref("Problem")},
    body=shapes.request_body(),
)
def undo_change(session: Session, now: dt.datetime, staff_id: str) -> Answer:
    """As it was before."""
    row, maker = _find(session, staff_id), program_maker()
    asked.body(())
    offered = team_undo.offered(session, maker, now)
    if not offered or offered[1] is not row or not team_undo.take_back(session, maker, now):
        return Problem(409, "Something else has been said since, or the time for it is over.", kind="too_late")
    return wire(session, row, now)


def _set_shifts(session: Session, row: StaffMember, given: dict[str, Any]) -> None:
    if "shifts" in given:
        shifts.set_hours(session, row, _week(given["shifts"]))
    if "time_zone" in given:
        shifts.set_zone(session, row, asked.text(given, "time_zone", asked.MAX_TEXT))
    if "days_off" in given:
        shifts.set_days_off(session, row, asked.texts(given, "days_off"))


def _week(value: object) -> dict[str, str] | None:
    if value is None:
        return None
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise Problem(400, 'shifts: must be hours by day, like {"mon": "09:00-17:00"}, or null.')
    return value


def wire(session: Session, row: StaffMember, now: dt.datetime) -> dict[str, Any]:
    """A staff member as they are sent: `on_now` says whether a caller's phone call would ring theirs at this moment."""
    firm = roster.current(session)
    chosen = row.phone_until is not None and row.phone_until > now
    back = row.availability == "away" and phones.is_on(row, now)
    return {name: getattr(row, name) for name in SAME} | {
        "availability": "on" if back else row.availability,
        "away_until": None if back else shapes.time(row.away_until),
        "phone_today": row.phone_today if chosen else None,
        "phone_until": shapes.time(row.phone_until) if chosen else None,
        "on_now": any(person.id == row.id for card in firm.lines for person in card.on_shift(now)),
    }


def _find(session: Session, staff_id: str) -> StaffMember:
    row = session.get(StaffMember, staff_id)
    if row is None or sight.staff_hidden(session, staff_id):
        raise Problem(404, "There is no such staff member.")
    return row
