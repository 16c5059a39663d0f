"""The names behind the ids of the callback list: lines, staff, and what we remember of the people who rang."""

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import words
from voice import persons
from voice.firm import Business, Line, StaffMember
from voice.models import Callback, Contact
from voice.rules import numbers


@dataclass(frozen=True)
class People:
    """The names behind the ids of this page."""

    country: str
    zone: str
    lines: dict[str, Line]
    staff: dict[str, StaffMember]
    contacts: dict[str, Contact]
    numbers: dict[str, tuple[str, ...]]  # all numbers of a person, by the first of them
    tags: dict[str, tuple[str, ...]]

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


def people(session: Session, business: Business | None, callers: set[str], keys: Collection[str] = ()) -> People:
    """Lines, staff, and what we remember of these callers, and of the people with these keys."""
    mine = sa.or_(Contact.number.in_({*callers, *keys}), Contact.same_as.in_(keys))
    contacts = {contact.number: contact for contact in session.scalars(sa.select(Contact).where(mine))}
    theirs: dict[str, tuple[str, ...]] = {}
    for contact in sorted(contacts.values(), key=lambda each: (each.same_as is not None, each.number)):
        first = contact.same_as or contact.number
        theirs[first] = (*theirs.get(first, ()), contact.number)
    return People(
        country=business.country if business else "",
        zone=business.time_zone if business else "UTC",
        lines={line.number: line for line in session.scalars(sa.select(Line).order_by(Line.position))},
        staff={person.id: person for person in session.scalars(sa.select(StaffMember).order_by(StaffMember.name))},
        contacts=contacts,
        numbers=theirs,
        tags=persons.tags_of(session, callers),
    )
