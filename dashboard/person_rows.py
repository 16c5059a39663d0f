"""One person's card: who they are from what happened."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import words
from voice import card_undo, contacts, persons, promising
from voice.firm import Business, StaffMember
from voice.models import Attempt, Call, Callback, Contact
from voice.rules import numbers, person


@dataclass(frozen=True)
class NumberLine:
    """One of a person's numbers. `vouched`: whether the carrier vouched for it at the last call; None: unknown."""

    number: str
    shown: str
    claimed: str  # the name the carrier passes on
    blocked: bool
    allowed: bool  # by the owner, although the number rules forbid it
    vouched: bool | None
    clock: str  # what time it is where they are


@dataclass(frozen=True)
class Card:
    """The person."""

    number: str  # their first
    who: str
    name: str  # as staff gave it, whole; empty when they did not
    numbers: Sequence[NumberLine]
    vip: bool
    do_not_text: bool
    language: str
    tags: Sequence[str]
    calls: int
    talks: int
    usually: str  # who mostly speaks with them, in words
    owed: Callback | None
    zone: str
    country: str

    @property
    def owed_at(self) -> dt.datetime | None:
        """By when they should hear from us, as the list has it."""
        return promising.owed_at(self.owed) if self.owed else None


DONE = {
    "person_added": "They have a card now.",
    "note_added": "Your note is on the card.",
    "note_removed": "The note is gone.",
    "numbers_joined": "These numbers are one person's now.",
    "number_taken_off": "This number is somebody else's now.",
    "blocked": "The number is blocked now.",
    "unblocked": "The number is not blocked any more.",
    "number_allowed": "The number may be rung now.",
    "number_not_allowed": "The number rules hold for this number again.",
}
FIELDS = {"name": "the name", "tags": "the tags", "language": "the language", "vip": "whether they are a VIP",
          "do_not_text": "whether they want texts"}  # fmt: skip
EDITED = ("name", "tags", "language")


def edited(card: Card) -> dict[str, str]:
    """What the card's fields show before anybody types in them."""
    return {"name": card.name, "tags": ", ".join(card.tags), "language": card.language}


def done(offer: card_undo.Offer) -> str:
    """What can be taken back, in words."""
    return DONE.get(offer.what) or f"Changed: {', '.join(FIELDS[field] for field in offer.object.split(', '))}."


def read(session: Session, number: str, now: dt.datetime) -> Card | None:
    """The card of the person with this number; None when they have never rung and nobody has written them down."""
    theirs = contacts.of_person(session, number) or [
        Contact(number=number, vip=False, do_not_text=False, blocked=False, allowed=False)
    ]
    ours = [contact.number for contact in theirs]
    calls = session.scalar(sa.select(sa.func.count()).where(Call.caller.in_(ours))) or 0
    if not calls and not contacts.of_person(session, number):
        return None
    business = session.scalars(sa.select(Business)).first()
    zone, country = (business.time_zone, business.country) if business else ("UTC", "")
    lines = [_line(session, contact, now, zone, country) for contact in theirs]
    first, talks = theirs[0], _talks(session, ours)
    claimed = next((line.claimed for line in lines if line.claimed), "")
    owed = sa.select(Callback).where(Callback.caller.in_(ours), Callback.state != "closed")
    return Card(
        number=first.number,
        who=words.name(first.name) or claimed or lines[0].shown,
        name=first.name or "",
        numbers=lines,
        vip=first.vip,
        do_not_text=first.do_not_text,
        language=first.language or "",
        tags=persons.tags_of(session, [first.number]).get(first.number, ()),
        calls=calls,
        talks=sum(count for _, count in talks),
        usually=_usually(talks),
        owed=session.scalars(owed.order_by(Callback.due_at)).first(),
        zone=zone,
        country=country,
    )


def _line(session: Session, contact: Contact, now: dt.datetime, zone: str, country: str) -> NumberLine:
    last = sa.select(Call.verstat).where(Call.caller == contact.number, Call.verstat.is_not(None))
    verstat = session.scalar(last.order_by(Call.received_at.desc()).limit(1))
    theirs = numbers.caller_zones(contact.number, zone)
    times = {words.clock_time(now, each) for each in theirs}
    return NumberLine(
        number=contact.number,
        shown=words.number(contact.number, country),
        claimed=words.name(contact.carrier_name),
        blocked=contact.blocked,
        allowed=contact.allowed,
        vouched=person.vouched(verstat, numbers.country_of(contact.number)),
        clock=times.pop() if len(times) == 1 else "",
    )


def _talks(session: Session, ours: Sequence[str]) -> list[tuple[str, int]]:
    """(staff member's name, talks with this person), the most first: their own calls and ours back alike."""
    rang = sa.select(Call.answered_by.label("staff")).where(Call.caller.in_(ours), Call.outcome == "talked")
    back = sa.select(Attempt.staff_id).join(Callback, Callback.id == Attempt.callback_id)
    back = back.where(Callback.caller.in_(ours), Attempt.ending == "talked")
    both = sa.union_all(rang, back).subquery()
    count = sa.func.count()
    rows = sa.select(StaffMember.name, count).join(both, both.c.staff == StaffMember.id)
    found = session.execute(rows.group_by(StaffMember.id, StaffMember.name).order_by(count.desc(), StaffMember.name))
    return [(words.name(name), talks) for name, talks in found]


def _usually(talks: Sequence[tuple[str, int]]) -> str:
    if not talks:
        return ""
    (name, most), total = talks[0], sum(count for _, count in talks)
    if total == 1:
        return f"{name}, once"
    return f"{name}, {'always' if most == total else f'{most} of {total} talks'}"
