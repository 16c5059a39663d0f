"""The firm as plain values: who answers which line, when. Read from the tables, kept in a file for when they are gone.

Webhooks plan from the copy in memory; a change of `business.version` makes them read again and rewrite the file.
"""

import dataclasses
import datetime as dt
import functools
import json
import os
import pathlib
import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from weakref import WeakKeyDictionary

import sqlalchemy as sa
import structlog
from sqlalchemy import event
from sqlalchemy.orm import Session, UOWTransaction

from voice.firm import Business, Line, LineStaff, StaffMember
from voice.models import Contact, Mailbox
from voice.rules import availability, ring_limit, ring_plan
from voice.rules import hours as opening

log = structlog.get_logger()

VERSION = sa.select(Business.version)


@dataclass(frozen=True)
class Person:
    """A staff member as far as ringing them goes."""

    id: str
    name: str
    phone: str
    no_mailbox: bool
    shifts: tuple[tuple[str, str], ...] | None  # None: the line's hours
    time_zone: str = ""  # of the shifts; empty: the line's
    days_off: tuple[str, ...] = ()
    back_at: dt.datetime | None = None  # away until then; None: here
    phone_today: str | None = None
    phone_until: dt.datetime | None = None

    def phone_at(self, now: dt.datetime) -> str:
        """The phone that rings for them at `now`."""
        return availability.phone_now(self.phone, self.phone_today, self.phone_until, now)


@dataclass(frozen=True)
class LineCard:
    """A line and its people, in the order of the plan. People who are off, or away without end, are not on it."""

    number: str
    name: str
    greeting: str
    greeting_audio: str | None
    language: str
    ring: ring_plan.Mode
    last_person_first: bool
    ring_seconds: int
    in_order_step_seconds: int
    promise_minutes: int
    hours: tuple[tuple[str, str], ...]
    holidays: str
    closed_days: tuple[str, ...]
    time_zone: str
    people: tuple[Person, ...]

    def schedule(self) -> opening.Schedule:
        """When the line is open."""
        return _schedule(self.hours, self.time_zone, self.holidays, self.closed_days)

    def working(self, now: dt.datetime) -> tuple[Person, ...]:
        """Who is working at `now`, in the order of the plan."""
        return tuple(p for p in self.people if _is_back(p, now) and opening.is_open(self.shifts(p), now))

    def on_shift(self, now: dt.datetime) -> tuple[Person, ...]:
        """Those of them who can be rung: somebody without a phone works on the list alone."""
        return tuple(person for person in self.working(now) if person.phone_at(now))

    def shifts(self, person: Person) -> opening.Schedule:
        """When somebody of this line works: their own shifts on their own clock, else the line's hours."""
        week, zone = person.shifts, person.time_zone or self.time_zone
        if week is None:
            week, zone = self.hours, self.time_zone
        return _schedule(week, zone, self.holidays, (*self.closed_days, *person.days_off))


def _is_back(person: Person, now: dt.datetime) -> bool:
    return person.back_at is None or person.back_at <= now


@functools.lru_cache(maxsize=256)
def _schedule(
    week: tuple[tuple[str, str], ...], zone: str, holidays: str, closed_days: tuple[str, ...]
) -> opening.Schedule:  # fmt: skip
    return opening.Schedule.make(dict(week), zone, holidays, closed_days)


@dataclass(frozen=True)
class Roster:
    """Everything needed to answer a call without the tables."""

    version: int
    name: str
    country: str
    lines: tuple[LineCard, ...]
    blocked: frozenset[str]
    limits: Mapping[str, ring_limit.Limit] = field(default_factory=dict)  # by phone

    def line(self, number: str) -> LineCard | None:
        """The card of a line; None for a number that is not (or no longer) ours."""
        return next((card for card in self.lines if card.number == number), None)

    def numbers(self) -> frozenset[str]:
        """All lines."""
        return frozenset(card.number for card in self.lines)

    def person(self, staff_id: str) -> Person | None:
        """A person of any line."""
        return next((p for card in self.lines for p in card.people if p.id == staff_id), None)

    def limit(self, phone: str, now: dt.datetime) -> ring_limit.Limit | None:
        """Below which mailbox a phone is to stop ringing; None: none is known."""
        found = self.limits.get(phone)
        return found if found is not None and now < found.until else None


class NoLine(Exception):
    """Nothing has been applied yet: there never was a line a call could be put on."""


_known: WeakKeyDictionary[sa.Engine, Roster] = WeakKeyDictionary()


def current(session: Session) -> Roster:
    """The roster as of this transaction; read anew only when its version has changed."""
    asked: Roster | None = session.info.get("roster")
    if asked is not None:
        return asked
    engine = session.get_bind().engine
    version = session.scalar(VERSION) or 0
    known = _known.get(engine)
    if known is None or known.version != version:
        # By a session of its own: who asks may see a few lines only (`sight`), and what is kept here all calls go by.
        with Session(session.connection()) as whole:
            known = _known[engine] = _read(whole, version)
    session.info["roster"] = known
    return known


def line_or_first(session: Session, number: str) -> LineCard:
    """The card of a line; of any other number that of the first line, which is one that is switched off, and where
    nobody works, when all are. Raises NoLine."""
    firm = current(session)
    card = firm.line(number) or next(iter(firm.lines), None)
    if card is not None:
        return card
    off = session.scalars(sa.select(Line).order_by(Line.position).limit(1)).first()
    if off is None:
        raise NoLine
    return _card(off, [])


def _read(session: Session, version: int) -> Roster:
    people: dict[str, list[Person]] = defaultdict(list)
    rows = session.execute(
        sa.select(LineStaff.line, StaffMember)
        .join(StaffMember, StaffMember.id == LineStaff.staff_id)
        .where(StaffMember.active, sa.or_(StaffMember.availability == "on", StaffMember.away_until.is_not(None)))
        .where(StaffMember.availability != "off")
        .order_by(LineStaff.position)
    )
    for number, member in rows:
        people[number].append(person_of(member))
    lines = session.scalars(sa.select(Line).where(Line.active).order_by(Line.position))
    return Roster(
        version=version,
        name=session.scalar(sa.select(Business.name)) or "",
        country=session.scalar(sa.select(Business.country)) or "",
        lines=tuple(_card(line, people[line.number]) for line in lines),
        blocked=frozenset(session.scalars(sa.select(Contact.number).where(Contact.blocked))),
        limits=_limits(session.scalars(sa.select(Mailbox)).all()),
    )


def _limits(mailboxes: Sequence[Mailbox]) -> dict[str, ring_limit.Limit]:
    found = {each.phone: ring_limit.limit(seen(each)) for each in mailboxes}
    return {phone: limit for phone, limit in found.items() if limit is not None}


def seen(mailbox: Mailbox) -> tuple[ring_limit.TakeOver, ...]:
    """What a row remembers."""
    return tuple(ring_limit.TakeOver(after, dt.datetime.fromisoformat(at)) for after, at in mailbox.seen)


def person_of(member: StaffMember) -> Person:
    """A staff member as far as ringing them goes, also one who is off."""
    same = {f.name: getattr(member, f.name) for f in dataclasses.fields(Person) if f.name != "back_at"}
    shifts = None if member.shifts is None else tuple(sorted(member.shifts.items()))
    back_at = member.away_until if member.availability == "away" else None
    return Person(**(same | {"shifts": shifts, "days_off": tuple(member.days_off), "back_at": back_at}))


def _card(line: Line, people: list[Person]) -> LineCard:
    same = {f.name: getattr(line, f.name) for f in dataclasses.fields(LineCard) if f.name != "people"}
    same |= {"hours": tuple(sorted(line.hours.items())), "closed_days": tuple(line.closed_days)}
    return LineCard(people=tuple(people), **same)


@event.listens_for(Session, "before_flush")
def _grow_version(session: Session, _context: UOWTransaction, _instances: Any) -> None:
    """Any change to the firm, from whatever page or command, makes every process read it again."""
    if any(map(_matters, (*session.new, *session.dirty, *session.deleted))):
        session.execute(sa.update(Business).values(version=Business.version + 1))
        session.info.pop("roster", None)


def _matters(row: object) -> bool:
    if isinstance(row, Contact):  # contacts change with every talk; only who is blocked is part of the roster
        return bool(sa.inspect(row).attrs.blocked.history.has_changes())
    return isinstance(row, Business | Line | LineStaff | StaffMember | Mailbox)


def file_path(home: pathlib.Path) -> pathlib.Path:
    """Where the roster is kept for the day the tables are gone."""
    return home / "roster.json"


def keep(roster: Roster, home: pathlib.Path) -> None:
    """Write the file, whole or not at all. Its numbers are for this machine only: mode 600.

    A disk that is full must not cost a caller anything: the old file then has to do.
    """
    path = file_path(home)
    draft = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            whole = dataclasses.asdict(roster) | {"blocked": sorted(roster.blocked)}
            json.dump(whole, file, default=dt.datetime.isoformat)
        draft.replace(path)
    except OSError as error:
        log.error("roster_not_kept", error=error.strerror)


def kept(home: pathlib.Path) -> Roster | None:
    """The roster in the file; None when there is none, or none that can be read."""
    try:
        raw = json.loads(file_path(home).read_text())
        lines, blocked = tuple(map(_card_from, raw["lines"])), frozenset(raw["blocked"])
        limits = {phone: _limit_from(each) for phone, each in raw.get("limits", {}).items()}
        return Roster(raw["version"], raw["name"], raw["country"], lines, blocked, limits)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _card_from(raw: dict[str, Any]) -> LineCard:
    people = tuple(map(_person_from, raw["people"]))
    plain = raw | {"people": people, "hours": _pairs(raw["hours"]), "closed_days": tuple(raw["closed_days"])}
    return LineCard(**plain)


def _person_from(raw: dict[str, Any]) -> Person:
    times = {name: _time(raw.get(name)) for name in ("back_at", "phone_until")}
    same = {"shifts": _pairs(raw["shifts"]), "days_off": tuple(raw.get("days_off", ()))}
    return Person(**(raw | same | times))


def _limit_from(raw: dict[str, Any]) -> ring_limit.Limit:
    return ring_limit.Limit(**(raw | {"until": dt.datetime.fromisoformat(raw["until"])}))


def _time(text: str | None) -> dt.datetime | None:
    return None if text is None else dt.datetime.fromisoformat(text)


def _pairs(raw: list[list[str]] | None) -> tuple[tuple[str, str], ...] | None:
    return None if raw is None else tuple(cast("tuple[str, str]", tuple(pair)) for pair in raw)
