"""The names behind the ids of the callback list: lines, staff, and what we remember of the people who rang."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import words
from voice.among import among
from voice.firm import Line, StaffMember
from voice.models import Callback, Contact
from voice.people import ContactTag
from voice.rules import numbers


class Known(NamedTuple):
    """What we remember of one number; the columns of `CONTACTS`, in their order."""

    number: str
    name: str | None
    carrier_name: str | None
    blocked: bool
    last_staff_id: str | None
    last_talk_at: dt.datetime | None
    same_as: str | None
    vip: bool
    allowed: bool


# Made once: putting them together takes longer than the database does.
CONTACTS = (
    sa.select(*(getattr(Contact, name) for name in Known._fields), ContactTag.tag)
    .outerjoin(ContactTag, ContactTag.number == Contact.number)
    .where(sa.or_(among(Contact.number, "numbers"), among(Contact.same_as, "keys")))
    .order_by(ContactTag.tag)
)
LINES = sa.select(Line).order_by(Line.position)
STAFF = sa.select(StaffMember).order_by(StaffMember.name)


@dataclass(frozen=True)
class People:
    """The names behind the ids of this page."""

    country: str
    zone: str
    lines: dict[str, Line]
    staff: dict[str, StaffMember]
    contacts: Mapping[str, Known]
    numbers: Mapping[str, tuple[str, ...]]  # all numbers of a person, by the first of them
    tags: Mapping[str, list[str]]

    def who(self, caller: str | None, claimed: str | None = None) -> tuple[str, str, bool]:
        """(name or number, number when there is a name, whether staff gave that name)."""
        shown = words.number(caller, self.country)
        contact = self.contacts.get(caller or "")
        given = words.name(contact.name) if contact else ""
        name = given or words.name((contact.carrier_name if contact else None) or claimed)
        return (name, shown, bool(given)) if name else (shown, "", True)

    def staff_name(self, staff_id: str | None) -> str | None:
        """A staff member's name, fit for a line; None for nobody."""
        person = self.staff.get(staff_id or "")
        return words.name(person.name) if person else None

    def others(self, callback: Callback) -> list[tuple[str, str]]:
        """The numbers this person may be rung on instead."""
        theirs = self.numbers.get(callback.caller_key, ())
        return [(each, words.number(each, self.country)) for each in theirs if self._other(each, callback)]

    def _other(self, number: str, callback: Callback) -> bool:
        return number != callback.caller and not self.contacts[number].blocked and self.refused(number) is None

    def refused(self, number: str) -> str | None:
        """The code of the rule that forbids this number; None when there is none, or the owner has allowed it."""
        contact = self.contacts.get(number)
        countries = {self.country, *(country for line in self.lines if (country := numbers.country_of(line)))}
        found = numbers.dial_refusal(number, countries, self.lines, contact is not None and contact.allowed)
        return found.code if found else None


def people(session: Session, country: str, zone: str, callers: set[str], keys: Collection[str] = ()) -> People:
    """Lines, staff, and what we remember of these callers, and of the people with these keys."""
    contacts, tags = dict[str, Known](), defaultdict[str, list[str]](list)
    for *known, tag in session.execute(CONTACTS, {"numbers": {*callers, *keys}, "keys": keys}):
        contact = Known(*known)
        contacts[contact.number] = contact
        if tag is not None:
            tags[contact.number].append(tag)
    theirs = defaultdict[str, tuple[str, ...]](tuple)
    for contact in sorted(contacts.values(), key=lambda each: (each.same_as is not None, each.number)):
        theirs[contact.same_as or contact.number] += (contact.number,)
    return People(
        country=country,
        zone=zone,
        lines={line.number: line for line in session.scalars(LINES)},
        staff={person.id: person for person in session.scalars(STAFF)},
        contacts=contacts,
        numbers=theirs,
        tags=tags,
    )
