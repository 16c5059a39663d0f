"""What the owner owes a person: all that is held about them as a file, or everything erased.

What goes is said first, and the number is typed again.
"""

import io
import json
import zipfile

import sqlalchemy as sa
from flask import Blueprint, abort, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from dashboard import person_rows, visits
from voice import audit, clock, contacts, person_export
from voice import erasing as verbs
from voice.firm import Business
from voice.installation import installation
from voice.people import Erasure
from voice.rules import person
from voice.rules.numbers import E164

erasing = Blueprint("erasing", __name__)
OWNERS = "People are erased by the owner."


@erasing.get("/people/<e164>/erasing")
def form(e164: str) -> ResponseReturnValue:
    """What goes, what stays, and where to confirm it."""
    visits.owner_only(OWNERS)
    return _form(e164)


@erasing.get("/people/<e164>/everything.zip")
def everything(e164: str) -> ResponseReturnValue:
    """All that is held about them: `person.json`, and what they said beside it."""
    visit, file = visits.owner_only("What is held about a person is taken along by the owner."), io.BytesIO()
    if not E164.fullmatch(e164):
        abort(404)
    with installation().database.reading() as session, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zipped:
        person_rows.read(session, e164, clock.now()) or abort(404)
        zipped.writestr("person.json", json.dumps(person_export.everything(session, e164), indent=1, default=str))
        for message_id, sound in person_export.sounds(session, e164):
            kind = "mp3" if sound.content_type in ("audio/mpeg", "audio/mp3") else "wav"
            zipped.writestr(f"messages/{message_id}.{kind}", sound.data)
    with installation().database.transaction() as session:
        audit.record(session, visit, "exported", "everything of a person", clock.now())
    file.seek(0)
    return send_file(file, "application/zip", as_attachment=True, download_name="person.zip", max_age=0)


@erasing.post("/people/<e164>/erase")
def erase(e164: str) -> ResponseReturnValue:
    """Have them erased, if that is the number that was typed."""
    visit, now = visits.owner_only(OWNERS), clock.now()
    try:
        with installation().database.transaction() as session:
            _confirmed(session, e164)
            erasure = verbs.ask(session, e164, visit.name, now)
            audit.record(session, visit, "person_erased", erasure.id, now)
    except person.Unfit as unfit:
        return _form(e164, str(unfit))
    return redirect(url_for(".show", erasure_id=erasure.id), 303)


@erasing.get("/people/erased/<erasure_id>")
def show(erasure_id: str) -> ResponseReturnValue:
    """How far it is."""
    visits.owner_only(OWNERS)
    with installation().database.reading() as session:
        erasure = session.get(Erasure, erasure_id) or abort(404)
        zone = session.scalar(sa.select(Business.time_zone)) or "UTC"
        waits = erasure.done_at is None and verbs.is_live(session, erasure.numbers)
    return render_template("erased.html", erasure=erasure, waits=waits, zone=zone, now=clock.now())


def _confirmed(session: Session, e164: str) -> None:
    if not E164.fullmatch(e164):
        abort(404)
    typed = person.number(request.form.get("confirm", ""), session.scalar(sa.select(Business.country)) or "")
    if typed not in contacts.numbers_of(session, e164):
        raise person.Unfit("That is not their number, so nothing was erased.")


def _form(e164: str, problem: str = "") -> ResponseReturnValue:
    if not E164.fullmatch(e164):
        abort(404)
    with installation().database.reading() as session:
        card = person_rows.read(session, e164, clock.now()) or abort(404)
    page = render_template("erase.html", card=card, problem=problem, typed=request.form.get("confirm", ""))
    return page, 400 if problem else 200
