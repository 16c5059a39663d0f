"""What we remember of a caller: a name, who spoke with them last, whether they are blocked. Verbs never commit."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from voice.db import chunks
from voice.firm import Business, Line
from voice.models import Call, Callback, Contact
from voice.rules import numbers


def find(session: Session, number: str | None) -> Contact | None:
    """The contact of an E.164 number; None when it is withheld or new to us."""
    return session.get(Contact, number) if number else None


def name_of(session: Session, number: str | None) -> str | None:
    """The caller's name: the one staff gave, else the one the carrier claims, else None."""
    contact = find(session, number)
    return (contact.name or contact.carrier_name) if contact else None


def names_of(session: Session, wanted: Iterable[str | None]) -> dict[str | None, str]:
    """The names of several callers, by number; who has none is left out."""
    numbers = {number for number in wanted if number}
    rows = (session.scalars(sa.select(Contact).where(Contact.number.in_(part))) for part in chunks(sorted(numbers)))
    found = {contact.number: contact.name or contact.carrier_name for part in rows for contact in part}
    return {number: name for number, name in found.items() if name}


def is_blocked(session: Session, number: str | None) -> bool:
    """Whether the owner has blocked this number."""
    contact = find(session, number)
    return bool(contact and contact.blocked)


def remember(session: Session, number: str, **values: Any) -> Contact:
    """Set columns of a contact, making it when it is new; two writers at once are both kept."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    row = insert(Contact).values(number=number, **({"blocked": False} | values))
    session.execute(row.on_conflict_do_update(index_elements=["number"], set_=values or {"number": number}))
    return session.get_one(Contact, number, populate_existing=True)


def add_unknown(session: Session, rows: Sequence[dict[str, Any]]) -> set[str]:
    """Make contacts of these columns where the number is new to us; the numbers that were."""
    if not rows:
        return set()
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    added = insert(Contact).values([{"blocked": False} | row for row in rows]).on_conflict_do_nothing()
    return set(session.scalars(added.returning(Contact.number)))


def block(session: Session, number: str, blocked: bool | None = None, name: str | None = None) -> Contact:
    """Change what a person may change of a contact; None leaves it. Open callbacks: see `callbacks.block`."""
    contact = remember(session, number)
    contact.blocked = contact.blocked if blocked is None else blocked
    contact.name = contact.name if name is None else name
    session.flush()
    return contact


def remember_talk(session: Session, row: Call | Callback, staff_id: str, now: dt.datetime) -> None:
    """This person has just talked with the caller of `row`: they are rung first next time, from whichever number."""
    if row.caller:
        contact = remember(session, row.caller, last_staff_id=staff_id, last_talk_at=now)
        others = sa.update(Contact).where(is_person(contact.same_as or contact.number))
        session.execute(others.values(last_staff_id=staff_id, last_talk_at=now))


def is_person(first: str) -> sa.ColumnElement[bool]:
    """The condition for all contacts of the person whose first number this is."""
    return sa.or_(Contact.number == first, Contact.same_as == first)


def of_person(session: Session, number: str) -> list[Contact]:
    """All numbers of the person with this number, the first one first; none when the number is new to us."""
    contact = session.get(Contact, number)
    if contact is None:
        return []
    theirs = sa.select(Contact).where(is_person(contact.same_as or contact.number))
    return list(session.scalars(theirs.order_by(Contact.same_as.is_not(None), Contact.number)))


def hold(session: Session, number: str) -> None:
    """Nobody else changes what is known of this person until the transaction ends."""
    first = sa.select(sa.func.coalesce(Contact.same_as, Contact.number)).where(Contact.number == number)
    theirs = sa.select(Contact.number).where(is_person(session.scalar(first) or number))
    session.execute(theirs.order_by(Contact.number).with_for_update()).all()


def person_key(session: Session, key: str) -> str:
    """The key a person's callback is kept under, given that of one of their calls: their first number, if known."""
    contact = session.get(Contact, key)
    return contact.same_as or key if contact else key


def numbers_of(session: Session, number: str) -> list[str]:
    """All numbers of the person with this one, the first one first; it alone when it is new to us."""
    return [contact.number for contact in of_person(session, number)] or [number]


def calls_today(session: Session, line: str, caller: str | None, now: dt.datetime, zone: str) -> int:
    """How often this caller has rung this line since midnight there, the present call included; withheld: 1."""
    if caller is None:
        return 1
    midnight = now.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    counted = sa.select(sa.func.count()).where(
        Call.caller == caller, Call.line == line, Call.received_at >= midnight.astimezone(dt.UTC)
    )
    return max(session.scalar(counted) or 0, 1)


def dial_refusal(session: Session, number: str) -> numbers.Refusal | None:
    """Why the number policy forbids to dial `number`; None when it may be dialled."""
    lines = session.scalars(sa.select(Line.number)).all()
    countries = {country for line in lines if (country := numbers.country_of(line))}
    countries.update(session.scalars(sa.select(Business.country)))
    contact = find(session, number)
    return numbers.dial_refusal(number, countries, lines, allowed=contact is not None and contact.allowed)


def is_line(session: Session, number: str) -> bool:
    """Whether this is a line of ours, not a caller."""
    return session.get(Line, number) is not None
