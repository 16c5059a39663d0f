"""Verbs on files of contacts: what each row would change, and bringing the rows in, a few at a time. None commits."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice import contacts, persons, same_person
from voice.db import one_row
from voice.ledger import Outbox
from voice.models import Contact, new_id
from voice.people import ContactNote, ContactTag, Import, ImportRow
from voice.rules import person
from voice.rules.contact_files import Entry
from voice.undo import OFFERED
from voice.work import outbox

CHUNK = 25  # rows a transaction: a call that comes in meanwhile waits for no more than that
KEPT = dt.timedelta(days=7)  # after which the rows of a file are forgotten
ASKED_AT_ONCE = 500  # numbers in one question to the database
JOB = "import_contacts"
TO_WRITE = ("new", "changed")
Item = TypeVar("Item")


@dataclass
class _Known:
    """What we know already of the numbers of a file."""

    contacts: dict[str, Contact] = field(default_factory=dict)
    tags: dict[str, tuple[str, ...]] = field(default_factory=dict)
    notes: dict[str, set[str]] = field(default_factory=dict)


def look_at(session: Session, entries: Sequence[Entry], file_name: str, by: str, now: dt.datetime) -> Import:
    """Keep a file's people with what would become of each; nothing of them is written yet."""
    forget(session, now)
    known = _known(session, [number for entry in entries for number in entry.numbers])
    made = Import(at=now, by=by, file_name=person.name(file_name[: person.LONGEST_NAME]) or "contacts")
    session.add(made)
    session.flush()
    rows = [_row(made.id, entry, known) for entry in entries]
    session.execute(sa.insert(ImportRow), rows)
    made.total = sum(row["verdict"] in TO_WRITE for row in rows)
    session.flush()
    return made


def forget(session: Session, now: dt.datetime) -> None:
    """Drop the files of more than a week ago, and their rows."""
    old = sa.select(Import.id).where(Import.at < now - KEPT)
    session.execute(sa.delete(ImportRow).where(ImportRow.import_id.in_(old)))
    session.execute(sa.delete(Import).where(Import.at < now - KEPT))


def _known(session: Session, wanted: Sequence[str]) -> _Known:
    known = _Known()
    for some in _in_turn(wanted, ASKED_AT_ONCE):
        for contact in session.scalars(sa.select(Contact).where(Contact.number.in_(some))):
            known.contacts[contact.number] = contact
        known.tags |= persons.tags_of(session, some)
        notes = sa.select(ContactNote.number, ContactNote.words).where(ContactNote.number.in_(some))
        for number, words in session.execute(notes):
            known.notes.setdefault(number, set()).add(words)
    return known


def _in_turn(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _row(import_id: str, entry: Entry, known: _Known) -> dict[str, Any]:
    values = {
        "name": entry.name, "tags": list(entry.tags), "notes": list(entry.notes), "language": entry.language,
        "vip": entry.vip, "do_not_text": entry.do_not_text,
    }  # fmt: skip
    if entry.fault:
        verdict, words = "refused", entry.fault
    elif not any(number in known.contacts for number in entry.numbers):
        verdict, words = "new", ""
    else:
        words = "; ".join(_differences(entry, known))
        verdict = "changed" if words else "same"
    return {
        "import_id": import_id, "line": entry.line, "verdict": verdict, "numbers": list(entry.numbers),
        "given": {name: value for name, value in values.items() if value not in (None, [])}, "words": words,
    }  # fmt: skip


def _differences(entry: Entry, known: _Known) -> Iterator[str]:
    """What this person's row would change, in words."""
    theirs = [known.contacts.get(number) for number in entry.numbers]
    first = next(contact for contact in theirs if contact is not None)
    if entry.name and entry.name != first.name:
        yield f"name: {first.name or 'none'} → {entry.name}"
    if added := [tag for tag in entry.tags if tag not in known.tags.get(first.number, ())]:
        yield f"tags: + {', '.join(added)}"
    kept = set[str]().union(*(known.notes.get(number, ()) for number in entry.numbers))
    if fresh := len(set(entry.notes) - kept):
        yield "a note" if fresh == 1 else f"{fresh} notes"
    if entry.language and entry.language != first.language:
        yield f"language: {person.LANGUAGES[entry.language]}"
    if entry.vip is not None and entry.vip != first.vip:
        yield "VIP" if entry.vip else "no longer a VIP"
    if entry.do_not_text is not None and entry.do_not_text != first.do_not_text:
        yield "no texts" if entry.do_not_text else "texts allowed"
    if len({(c.same_as or c.number) if c else None for c in theirs}) > 1:
        yield f"{', '.join(entry.numbers)} as one person"


def start(session: Session, import_id: str, now: dt.datetime) -> bool:
    """Have the rows brought in, ten seconds from now: until then it can be undone, and nothing has been written.
    False: that has been started or stopped before."""
    fresh = sa.update(Import).where(Import.id == import_id, Import.state == "preview")
    started = one_row(session.execute(fresh.values(state="running")))
    if started:
        after = OFFERED.total_seconds()
        outbox.emit(session, JOB, now, key=_first_job(import_id), after=after, import_id=import_id)
    return started


def begins(session: Session, import_id: str) -> dt.datetime | None:
    """When the first row is written; None: nobody has had it started."""
    return session.scalar(sa.select(Outbox.due_at).where(Outbox.key == _first_job(import_id)))


def _first_job(import_id: str) -> str:
    return f"import:{import_id}:0"


def cancel(session: Session, import_id: str) -> bool:
    """Stop: what has not been written yet is not. False: there was nothing to stop."""
    live = sa.update(Import).where(Import.id == import_id, Import.state.in_(("preview", "running")))
    return one_row(session.execute(live.values(state="cancelled")))


def bring_in(session: Session, import_id: str, now: dt.datetime) -> bool:
    """Write the next rows of a file that is being brought in. True: there may be more.

    A row is marked with what it wrote, so that a job that died and runs again writes each person once.
    """
    mine = sa.update(Import).where(Import.id == import_id, Import.state == "running")
    if not one_row(session.execute(mine.values(done=Import.done))):  # also takes the row: two jobs take turns
        return False
    rows = sa.select(ImportRow).where(
        ImportRow.import_id == import_id, ImportRow.verdict.in_(TO_WRITE), ~ImportRow.done
    )  # fmt: skip
    found = list(session.scalars(rows.order_by(ImportRow.line).limit(CHUNK)))
    made = session.get_one(Import, import_id, populate_existing=True)
    by = f"{made.by}, from a file,"
    for row in _not_new(session, found, by, now):
        try:
            with session.begin_nested():
                _write(session, row, by, now)
        except person.Unfit as unfit:  # the firm has changed since the preview: a caller's number is a line now
            row.verdict, row.words = "refused", str(unfit)
    for row in found:
        row.done = True
    made.done += len(found)
    if len(found) < CHUNK:
        made.state = "done"
    session.flush()
    return made.state == "running"


def go_on(session: Session, import_id: str, now: dt.datetime) -> None:
    """Hand the rest to another job: one that takes long would be thought dead."""
    done = session.get_one(Import, import_id).done
    outbox.emit(session, JOB, now, key=f"import:{import_id}:after:{done}", import_id=import_id)


def _not_new(session: Session, rows: Sequence[ImportRow], by: str, now: dt.datetime) -> list[ImportRow]:
    """Write all people nobody knows yet in a few statements; the rows that are left."""
    if not rows:
        return []
    wanted = [_contact(row, number) for row in rows if row.verdict == "new" for number in row.numbers]
    added = contacts.add_unknown(session, wanted)
    fresh = [row for row in rows if added.issuperset(row.numbers)]
    tags = [
        {"number": number, "tag": tag} for row in fresh for number in row.numbers for tag in row.given.get("tags", ())
    ]
    notes = [
        {"id": new_id(), "number": row.numbers[0], "kind": kind, "at": now, "by": by, "words": words}
        for row in fresh
        for kind, words in [("change", "brought them in"), *(("note", note) for note in row.given.get("notes", ()))]
    ]
    for table, values in ((ContactTag, tags), (ContactNote, notes)):
        if values:
            session.execute(sa.insert(table), values)
    for row in fresh:
        if len(row.numbers) > 1:  # a number nobody has written down may have rung all the same
            same_person.gather(session, row.numbers[0], now)
    return [row for row in rows if row not in fresh]


def _contact(row: ImportRow, number: str) -> dict[str, Any]:
    first, plain = row.numbers[0], ("name", "vip", "do_not_text", "language")
    usual: dict[str, Any] = {"name": None, "vip": False, "do_not_text": False, "language": None}
    return usual | {
        "number": number,
        "same_as": None if number == first else first,
        **{field: row.given[field] for field in plain if field in row.given},
    }


def _write(session: Session, row: ImportRow, by: str, now: dt.datetime) -> None:
    """Write one person. Nothing here blocks or unblocks: that is the owner's, one number at a time."""
    first, *others = row.numbers
    for number in (first, *others):
        contacts.remember(session, number)
    for number in others:
        if all(contact.number != number for contact in contacts.of_person(session, first)):
            same_person.merge(session, first, number, by, now)
    values = dict(row.given)
    notes = values.pop("notes", [])
    if "tags" in values:
        both = [*persons.tags_of(session, [first]).get(first, ()), *values["tags"]]
        values["tags"] = person.tags(both[: person.MOST_TAGS])
    persons.change(session, first, by, now, **values)
    known = {kept.words for kept in persons.notes_of(session, row.numbers)}
    for note in notes:
        if note not in known:
            persons.add_note(session, first, note, by, now)
