"""Contacts by the file: looked at before they are brought in, and taken along as CSV or vCard. The owner's business."""

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator

import sqlalchemy as sa
from flask import Blueprint, Response, abort, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from dashboard import visits
from voice import audit, clock, imports, notices, roster
from voice.accounts import Visit
from voice.db import Database
from voice.firm import Line
from voice.installation import installation
from voice.models import Contact
from voice.people import ContactNote, ContactTag, Import, ImportRow
from voice.rules import contact_files as files
from voice.rules.contact_files import csv_file, vcard_file
from voice.rules.contact_files.entry import BETWEEN_NOTES

contact_files = Blueprint("contact_files", __name__)
SHOWN = 100  # rows of each kind on the preview; of those refused, all
AT_ONCE = 500  # people of an export read in one transaction


@contact_files.get("/people/import")
def choose() -> ResponseReturnValue:
    """Where a file is chosen."""
    _owner_only()
    return _page()


@contact_files.post("/people/import/file")
def look_at() -> ResponseReturnValue:
    """Read a file and show what it would change. Nothing is written yet."""
    _owner_only()
    file = request.files.get("file")
    if file is None or not file.filename:
        return _page("Choose a CSV or vCard file first.")
    with contextlib.closing(file):
        data = file.read(files.MAX_BYTES + 1)
    with installation().database.reading() as session:
        country, lines = roster.current(session).country, set(session.scalars(sa.select(Line.number)))
    try:
        entries = files.read(data, country, lines)
    except files.Unreadable as unreadable:
        return _page(str(unreadable))
    with installation().database.transaction() as session:
        made = imports.look_at(session, entries, file.filename, visits.here().name, clock.now())
        import_id = made.id
    return redirect(url_for(".show", import_id=import_id), 303)


@contact_files.get("/people/import/<import_id>")
def show(import_id: str) -> ResponseReturnValue:
    """The preview; then how far it is; then what became of it."""
    _owner_only()
    with installation().database.reading() as session:
        made = session.get(Import, import_id) or abort(404)
        rows = sa.select(ImportRow).where(ImportRow.import_id == import_id).order_by(ImportRow.line)
        kinds = {
            "refused": list(session.scalars(rows.where(ImportRow.verdict == "refused"))),
            **{
                kind: list(session.scalars(rows.where(ImportRow.verdict == kind).limit(SHOWN)))
                for kind in imports.TO_WRITE
            },
        }
        counted = sa.select(ImportRow.verdict, sa.func.count()).where(ImportRow.import_id == import_id)
        counts = {row[0]: row[1] for row in session.execute(counted.group_by(ImportRow.verdict))}
        page = {"made": made, "kinds": kinds, "counts": counts, "unseen": len(notices.unseen(session))}
        begins, now = imports.begins(session, import_id), clock.now()
        page["undo_left"] = (begins - now) // dt.timedelta(milliseconds=1) if begins and begins > now else 0
        page["country"] = roster.current(session).country
    return render_template("people_import.html", **page)


@contact_files.post("/people/import/<import_id>/start")
def start(import_id: str) -> ResponseReturnValue:
    """Have the rows brought in, unless that is undone within ten seconds."""
    return _do(import_id, "contacts_imported", lambda session: imports.start(session, import_id, clock.now()))


@contact_files.post("/people/import/<import_id>/cancel")
def cancel(import_id: str) -> ResponseReturnValue:
    """Stop; who has been brought in stays."""
    return _do(import_id, "import_stopped", lambda session: imports.cancel(session, import_id))


@contact_files.get("/people/import/<import_id>/progress")
def progress(import_id: str) -> ResponseReturnValue:
    """How far it is, for the page's script."""
    _owner_only()
    with installation().database.reading() as session:
        made = session.get(Import, import_id) or abort(404)
    return jsonify(state=made.state, done=made.done, total=made.total)


@contact_files.get("/people/export.csv")
def export_csv() -> ResponseReturnValue:
    """Everybody we have a contact of, for spreadsheets."""
    heading = "\ufeff" + csv_file.row(csv_file.COLUMNS)  # the mark tells Excel that it is UTF-8
    return _download("contacts.csv", "text/csv; charset=utf-8", heading, _as_csv)


@contact_files.get("/people/export.vcf")
def export_vcard() -> ResponseReturnValue:
    """The same as vCards, for address books."""
    return _download("contacts.vcf", "text/vcard; charset=utf-8", "", _as_vcard)


Person = tuple[Contact, list[str], list[str], list[str]]  # with all their numbers, tags and notes


def _as_csv(person: Person) -> str:
    contact, numbers, tags, notes = person
    flags = ["yes" if flag else "" for flag in (contact.vip, contact.do_not_text, contact.blocked)]
    others, said = "; ".join(numbers[1:]), BETWEEN_NOTES.join(notes)
    cells = [
        contact.name or "",
        numbers[0],
        others,
        "; ".join(tags),
        *flags[:2],
        contact.language or "",
        said,
        flags[2],
    ]
    return csv_file.row(cells)


def _as_vcard(person: Person) -> str:
    contact, numbers, tags, notes = person
    flags = {"x_ringback_vip": contact.vip, "x_ringback_do_not_text": contact.do_not_text}
    extra = {name: "yes" for name, is_set in flags.items() if is_set} | {"lang": contact.language or ""}
    return vcard_file.card(contact.name or "", numbers, tags, BETWEEN_NOTES.join(notes), **extra)


def _download(name: str, kind: str, heading: str, write: Callable[[Person], str]) -> Response:
    visit, database = _owner_only(), installation().database
    with database.transaction() as session:
        audit.record(session, visit, "exported", name, clock.now())

    def stream() -> Iterator[str]:
        yield heading
        for person in _everybody(database):
            yield write(person)

    answer = Response(stream(), content_type=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _everybody(database: Database) -> Iterator[Person]:
    """All contacts, a person at a time; between two lots no transaction stays open, however slow the reader."""
    after = ""
    while True:
        with database.reading() as session:
            firsts = sa.select(Contact).where(Contact.same_as.is_(None), Contact.number > after)
            lot = list(session.scalars(firsts.order_by(Contact.number).limit(AT_ONCE)))
            found = _with_all(session, lot)
        yield from found
        if len(lot) < AT_ONCE:
            return
        after = lot[-1].number


def _with_all(session: Session, lot: list[Contact]) -> list[Person]:
    owners = {contact.number: contact.number for contact in lot}
    others = sa.select(Contact.number, Contact.same_as).where(Contact.same_as.in_(list(owners)))
    people: dict[str, Person] = {contact.number: (contact, [contact.number], [], []) for contact in lot}
    for number, first in session.execute(others.order_by(Contact.number)):
        owners[number] = first or number
        people[owners[number]][1].append(number)
    tags = sa.select(ContactTag).where(ContactTag.number.in_(list(people))).order_by(ContactTag.tag)
    for tag in session.scalars(tags):
        people[tag.number][2].append(tag.tag)
    notes = sa.select(ContactNote).where(ContactNote.number.in_(list(owners)), ContactNote.kind == "note")
    for note in session.scalars(notes.order_by(ContactNote.at)):
        people[owners[note.number]][3].append(note.words)
    return list(people.values())


def _do(import_id: str, what: str, verb: Callable[[Session], bool]) -> ResponseReturnValue:
    visit = _owner_only()
    with installation().database.transaction() as session:
        made = session.get(Import, import_id) or abort(404)
        if verb(session):
            audit.record(session, visit, what, made.file_name, clock.now())
    return redirect(url_for(".show", import_id=import_id), 303)


def _page(problem: str = "") -> Response:
    with installation().database.reading() as session:
        unseen = len(notices.unseen(session))
    page = render_template("people_import.html", made=None, problem=problem, most=files.MOST_ROWS, unseen=unseen)
    return make_response(page, 400 if problem else 200)


def _owner_only() -> Visit:
    return visits.owner_only("Contacts are brought in and taken along by the owner.")
