"""What goes wrong again and again, read off the last four weeks and the next seven days, in the owner's words."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import url_for
from sqlalchemy.orm import Session

from dashboard import owner_words as say
from dashboard import week_rows, words
from voice import availability, figures, roster, sight
from voice.firm import Line, LineStaff, StaffMember
from voice.models import Call, Leg
from voice.rules import ring_limit
from voice.rules import warnings as rules
from voice.rules.periods import Range
from voice.rules.ring_plan import LEG_SECONDS
from voice.rules.warnings import Ring, Warning

MOST_RINGS = 20_000  # of four weeks; the newest
MOST_DAYS = 3  # named of a line that is left alone
# Written out, so that both databases know their indexes fit.
MISSED_ALONE = sa.select(sa.func.count(sa.distinct(Call.caller_key))).where(
    Call.cause == sa.literal_column("'nobody_on_shift'")
)
IN_VAIN = Leg.state.in_((sa.literal_column("'not_screened'"), sa.literal_column("'failed'")))
FOR_A_CALLER = sa.and_(Leg.ended_at.is_not(None), Leg.purpose == "ring", Leg.state != "limited")


def read(session: Session, now: dt.datetime, known: figures.Period | None = None) -> list[Warning]:
    """All there are, those that cost most callers first, and what has been seen to last. `known`: what has been read
    already, and need not be again where it is of the same days."""
    lines = {line.number: words.name(line.name) for line in _lines(session)}
    found = [*_nobody(session, lines, now), *_phones(session, now), *_promises(session, lines, now, known)]
    return sorted(found, key=lambda each: (each.mended, -each.costs))


def where(warning: Warning) -> str:
    """The page on which it is mended, or which shows who was let down."""
    if warning.kind == "promises":
        return url_for("owner_calls.show", figure="broken", line=warning.of, days="28")
    if warning.kind == "nobody":
        return url_for("team.show", line=warning.of, _anchor="week")
    return url_for("team.show")


def to_do(warning: Warning) -> str:
    """What the way there is called."""
    return {"promises": "See whom they were made to", "nobody": "Set shifts"}.get(warning.kind, "Change the phone")


def _lines(session: Session) -> Sequence[Line]:
    rows = session.scalars(sa.select(Line).where(Line.active).order_by(Line.position)).all()
    return [line for line in rows if sight.sees(line.number)]


def _nobody(session: Session, lines: Mapping[str, str], now: dt.datetime) -> Iterator[Warning]:
    week = week_rows.read(session, "", "", now)
    since = now - dt.timedelta(days=rules.DAYS)
    for gaps in week.gaps if week else ():
        days = [f"{words.date(day, now.date())}, {hours}" for day, hours in gaps.dates[:MOST_DAYS]]
        more = f" and {len(gaps.dates) - MOST_DAYS} more days" if len(gaps.dates) > MOST_DAYS else ""
        number = next((number for number, name in lines.items() if name == gaps.line), "")
        rows = MISSED_ALONE.where(Call.line == number, Call.received_at >= since)
        many = session.scalar(rows) or 0
        rang = f" {say.people(many).capitalize()} rang at such times in the last four weeks." if many else ""
        yield Warning(
            "nobody", many, f"{gaps.line} is open with nobody on shift",
            f"In the next seven days: {'; '.join(days)}{more}.{rang}",
            "Give somebody a shift then, or close the line for that time.", "team.show", number,
        )  # fmt: skip


def _phones(session: Session, now: dt.datetime) -> Iterator[Warning]:
    rows = sa.select(StaffMember).join(LineStaff, LineStaff.staff_id == StaffMember.id).where(StaffMember.active)
    staff = {member.id: member for member in session.scalars(rows)}
    for (staff_id, phone), rings in _rings(session, now - dt.timedelta(days=rules.DAYS)).items():
        member = staff.get(staff_id)
        if member is None or phone not in (member.phone, member.desk_phone):
            continue  # a phone of one day, or of before
        limit = None if member.no_mailbox else roster.current(session).limit(phone, now)
        yield from _phone(words.name(member.name), staff_id, rings, limit)


def _phone(
    name: str, staff_id: str, rings: Sequence[Ring], limit: ring_limit.Limit | None
) -> Iterator[Warning]:  # fmt: skip
    if (machine := rules.mailbox(rings)) is not None:
        after = say.wait(machine.after)
        says = (
            f"It took {say.calls(machine.times)} after about {after}, from {say.people(machine.callers)} in four weeks."
        )
        title, fix = f"A mailbox answers {name}’s phone", against(machine, limit)
        yield Warning("mailbox", machine.callers, title, says, fix, "team.show", staff_id, mended=limit is not None)
    if (failing := rules.failing(rings)) is not None:
        says = (
            f"The last {failing.times} times it was to ring, for {say.people(failing.callers)}, the carrier could not "
            "reach it."
        )
        fix = "Check the number, and that the phone is switched on and takes calls; until then ring another one."
        yield Warning("failing", failing.callers, f"{name}’s phone cannot be reached", says, fix, "team.show", staff_id)


def against(machine: rules.Mailbox, limit: ring_limit.Limit | None) -> str:
    """What Ringback does about a mailbox by itself, and what is left to do."""
    if limit is not None:
        return (
            f"Ringback has learned that: it now stops the phone after {limit.seconds} s and rings it again while the "
            "caller waits. Nothing is left to do; with a mailbox that comes after 20 s it would ring "
            f"{LEG_SECONDS} s at once."
        )
    if machine.after >= LEG_SECONDS:
        return "Switch the mailbox off, or ring another phone of theirs."
    too_soon = machine.after < ring_limit.SHORTEST + ring_limit.MARGIN
    return (
        ("That is too soon for Ringback to stop ringing before it: nobody could get to the phone. " if too_soon else "")
        + f"Have the mailbox take over later: Ringback lets a phone ring for {LEG_SECONDS} s, so 20 s or more is "
        "enough. Most networks let you set that. Or switch it off, or ring another phone of theirs."
    )


def _rings(session: Session, since: dt.datetime) -> dict[tuple[str, str], list[Ring]]:
    """Rings in vain by staff member and phone, the oldest first, with the newest of the others at its place."""
    rows = (
        sa.select(Leg.staff_id, Leg.phone, Leg.state, Leg.ringing_at, Leg.placed_at, Leg.picked_up_at, Call.caller_key)
        .join(Call, Call.id == sa.func.coalesce(Leg.offered_call_id, Leg.call_id))
        .where(Leg.placed_at >= since, IN_VAIN, FOR_A_CALLER)
        .order_by(Leg.placed_at.desc())
        .limit(MOST_RINGS)
    )
    found: dict[tuple[str, str], list[tuple[dt.datetime, Ring]]] = defaultdict(list)
    for staff_id, phone, state, ringing_at, placed_at, picked_up_at, caller in session.execute(rows):
        after = None if picked_up_at is None else (picked_up_at - (ringing_at or placed_at)).total_seconds()
        found[staff_id, phone].append((placed_at, Ring(state, after, caller)))
    for (staff_id, phone), rings in found.items():
        others = sa.select(sa.func.max(Leg.placed_at)).where(Leg.staff_id == staff_id, Leg.phone == phone)
        newest = session.scalar(others.where(Leg.placed_at >= since, ~IN_VAIN, FOR_A_CALLER))
        rings += [(newest, Ring("ended", None, ""))] if newest else []
    return {of: [ring for _, ring in sorted(rings, key=lambda each: each[0])] for of, rings in found.items()}


def _promises(
    session: Session, lines: Mapping[str, str], now: dt.datetime, known: figures.Period | None
) -> Iterator[Warning]:
    zone = availability.firm_zone(session)
    today = now.astimezone(ZoneInfo(zone)).date()
    asked = Range.of_days(today - dt.timedelta(days=rules.DAYS - 1), today, zone)  # those its list is of
    same = known and known.asked.line is None and known.asked.since == asked.since and known.asked.until >= now
    by_line = known.lines if known and same else figures.by_line(session, asked, now)
    for number, totals in by_line.items():
        kept, broken = totals["kept"], totals["broken"]
        if number in lines and rules.breaks_promises(kept, broken):
            says = f"{broken} of {kept + broken} in four weeks: {say.share(broken / (kept + broken))}."
            fix = (
                "Promise later (Lines, under “Ringing back”), or have somebody ring back more: the list shows "
                "who waits, and Staffing when hands are short."
            )
            yield Warning(
                "promises", broken, f"{lines[number]} often breaks its promises", says, fix, "owner_calls.show", number
            )
