"""Verbs on what staff say of a person: edits, notes, tags, and which numbers are theirs. None commits.

Whatever is said of a person stands on each of their numbers, and who changed what is written down beside it.
"""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice import contacts
from voice.models import Contact
from voice.people import ContactNote, ContactTag
from voice.rules import person


def tags_of(session: Session, wanted: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The tags of each of these numbers, in alphabetical order; a number without any is left out."""
    rows = sa.select(ContactTag.number, ContactTag.tag).where(ContactTag.number.in_(wanted))
    found: dict[str, tuple[str, ...]] = {}
    for number, tag in session.execute(rows.order_by(ContactTag.tag)):
        found[number] = (*found.get(number, ()), tag)
    return found


def notes_of(session: Session, wanted: Collection[str], limit: int = 50) -> list[ContactNote]:
    """The notes on these numbers, newest first; without the changes."""
    rows = sa.select(ContactNote).where(ContactNote.number.in_(wanted), ContactNote.kind == "note")
    return list(session.scalars(rows.order_by(ContactNote.at.desc(), ContactNote.id).limit(limit)))


def change(session: Session, number: str, by: str, now: dt.datetime, **values: Any) -> list[str]:
    """Set some of `name`, `vip`, `do_not_text`, `language` and `tags` for a person; a number new to us is one.

    Values are as `rules.person` gives them. Only what differs is written, with who did it: the names of those.
    """
    contacts.remember(session, number)
    theirs = contacts.of_person(session, number)
    ours = {contact.number for contact in theirs}
    before = {
        "name": theirs[0].name, "vip": theirs[0].vip, "do_not_text": theirs[0].do_not_text,
        "language": theirs[0].language, "tags": tags_of(session, [theirs[0].number]).get(theirs[0].number, ()),
    }  # fmt: skip
    changed = []
    for field, value in values.items():
        if field == "tags":
            value = tuple(sorted(value))
        if value == before[field]:
            continue
        changed.append(field)
        if field == "tags":
            set_tags(session, ours, value)
        else:
            session.execute(sa.update(Contact).where(Contact.number.in_(ours)).values({field: value}))
        note_change(session, theirs[0].number, by, now, _said(field, before[field], value))
    return changed


def set_tags(session: Session, ours: Collection[str], tags: Sequence[str]) -> None:
    """Have these numbers carry these tags and no others."""
    session.execute(sa.delete(ContactTag).where(ContactTag.number.in_(ours)))
    rows = [{"number": number, "tag": tag} for number in ours for tag in tags]
    if rows:
        session.execute(sa.insert(ContactTag), rows)


def _said(field: str, old: Any, new: Any) -> str:
    """A change in words."""
    if field == "name":
        return f"changed the name from “{old or 'none'}” to “{new or 'none'}”"
    if field == "tags":
        return f"set the tags to {', '.join(new)}" if new else "took the tags away"
    if field == "language":
        return f"set the language to {person.LANGUAGES.get(new, 'none')}"
    if field == "vip":
        return "marked them as a VIP" if new else "took the VIP mark away"
    return "noted that they want no texts" if new else "noted that they may be sent texts"


def note_change(session: Session, number: str, by: str, now: dt.datetime, words: str) -> None:
    """Write down on a person's card who changed what of it."""
    session.add(ContactNote(number=number, kind="change", at=now, by=by, words=words))
    session.flush()


def add_note(session: Session, number: str, words: str, by: str, now: dt.datetime) -> None:
    """Write a note about a person; an empty one is none."""
    if words:
        contacts.remember(session, number)
        session.add(ContactNote(number=number, kind="note", at=now, by=by, words=words))
        session.flush()


def remove_note(session: Session, number: str, note_id: str, by: str, now: dt.datetime) -> bool:
    """Take a note of this person away, leaving word that it was. False: there is no such note (any more)."""
    theirs = [contact.number for contact in contacts.of_person(session, number)]
    gone = session.execute(
        sa.delete(ContactNote)
        .where(ContactNote.id == note_id, ContactNote.number.in_(theirs), ContactNote.kind == "note")
        .returning(ContactNote.by)
    ).first()
    if gone is not None:
        note_change(session, number, by, now, f"took away a note by {gone[0]}")
    return gone is not None


def last_change(session: Session, number: str, since: dt.datetime, but: str) -> ContactNote | None:
    """The newest change of what is said of this person, from `since` on, by anybody else than `but`."""
    theirs = ContactNote.number.in_(contacts.numbers_of(session, number))
    rows = sa.select(ContactNote).where(theirs, ContactNote.kind == "change", ContactNote.at >= since)
    newest = rows.where(ContactNote.by != but).order_by(ContactNote.at.desc(), ContactNote.id.desc())
    return session.scalars(newest.limit(1)).first()


def set_blocked(session: Session, number: str, blocked: bool, by: str, now: dt.datetime) -> None:
    """Write down that the owner has blocked or unblocked one number; `callbacks.block` does it."""
    contacts.remember(session, number)
    note_change(session, number, by, now, f"{'blocked' if blocked else 'unblocked'} {number}")


def set_allowed(session: Session, number: str, allowed: bool, by: str, now: dt.datetime) -> None:
    """Write down that the owner lets this number be dialled, or no longer; `voice.allowed` does it."""
    contacts.remember(session, number)
    said = f"allowed {number} to be rung" if allowed else f"had the number rules hold again for {number}"
    note_change(session, number, by, now, said)


def merge(session: Session, number: str, other: str, by: str, now: dt.datetime) -> None:
    """Two numbers are one person from now on; what was said of either is said of both. Raises Unfit."""
    if contacts.is_line(session, other):
        raise person.Unfit(f"phone: {other} is one of your own lines. Write the other number of this person.")
    contacts.remember(session, number)
    contacts.remember(session, other)
    mine, theirs = contacts.of_person(session, number), contacts.of_person(session, other)
    first, second = mine[0], theirs[0]
    if first.number == second.number:
        raise person.Unfit(f"phone: {other} is this person's already.")
    tags = tags_of(session, [first.number, second.number])
    joined = [contact.number for contact in theirs]
    session.execute(sa.update(Contact).where(Contact.number.in_(joined)).values(same_as=first.number))
    talks = [c for c in (*mine, *theirs) if c.last_talk_at is not None]
    last = max(talks, key=lambda c: c.last_talk_at or now, default=first)
    session.execute(
        sa.update(Contact)
        .where(contacts.is_person(first.number))
        .values(
            name=first.name or second.name,
            vip=first.vip or second.vip,
            do_not_text=first.do_not_text or second.do_not_text,
            language=first.language or second.language,
            last_staff_id=last.last_staff_id,
            last_talk_at=last.last_talk_at,
        )
    )
    everybody = [contact.number for contact in (*mine, *theirs)]
    set_tags(session, everybody, sorted({*tags.get(first.number, ()), *tags.get(second.number, ())}))
    note_change(session, first.number, by, now, f"joined {', '.join(joined)} to this person")


def split(session: Session, number: str, by: str, now: dt.datetime) -> None:
    """This number is somebody else's from now on; what was said of the person stays on both."""
    theirs = contacts.of_person(session, number)
    stay = [contact.number for contact in theirs if contact.number != number]
    if not stay:
        return
    first = stay[0]
    session.execute(sa.update(Contact).where(Contact.number == number).values(same_as=None))
    session.execute(sa.update(Contact).where(Contact.number.in_(stay)).values(same_as=first))
    session.execute(sa.update(Contact).where(Contact.number == first).values(same_as=None))
    for known in (first, number):
        note_change(session, known, by, now, f"took {number} off this person")
