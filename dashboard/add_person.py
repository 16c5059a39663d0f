"""Somebody who has not rung yet is written down by hand: their numbers, name and what else is known of them.

Whoever is known already is named and linked, never made twice.
"""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from dashboard import frame, visits, words
from voice import audit, card_undo, clock, contacts, persons, same_person
from voice.accounts import Visit
from voice.firm import Business
from voice.installation import installation
from voice.models import Call, Contact
from voice.rules import person

add_person = Blueprint("add_person", __name__)
MOST_NUMBERS = 10
FIELDS = ("name", "numbers", "language", "tags", "vip", "note", "anyway")


class Known(Exception):
    """This person is, or may be, on a card already. `sure`: by a number; else only somebody of that name is."""

    def __init__(self, first: str, who: str, by: str, sure: bool) -> None:
        super().__init__(by)
        self.first, self.who, self.by, self.sure = first, who, by, sure


@dataclass(frozen=True)
class Entered:
    """What was typed, as it is kept. `numbers` are E.164, the first is the one their card is kept under."""

    numbers: Sequence[str]
    values: Mapping[str, Any]
    note: str
    anyway: bool


@add_person.get("/people/new")
def form() -> ResponseReturnValue:
    """The empty form."""
    _sees_all()
    return _page()


@add_person.post("/people/new/add")
def add() -> ResponseReturnValue:
    """Write them down; their card opens."""
    visit, now = _sees_all(), clock.now()
    try:
        with installation().database.transaction() as session:
            entered = _entered(session.scalar(sa.select(Business.country)) or "")
            _must_be_new(session, entered)
            written = partial(_write, session, entered, visit.name, now)
            card_undo.remembering(session, visit.user_id, entered.numbers, now, written)
            audit.record(session, visit, card_undo.ADDED, "", now)
    except person.Unfit as unfit:
        return _page(400, problem=str(unfit))
    except Known as known:
        return _page(409, known=known)
    return redirect(url_for("people.show", e164=entered.numbers[0]), 303)


def _write(session: Session, entered: Entered, by: str, now: dt.datetime) -> card_undo.Deed:
    first, *others = entered.numbers
    persons.change(session, first, by, now, **entered.values)
    for number in others:
        same_person.merge(session, first, number, by, now)
    persons.add_note(session, first, entered.note, by, now)
    return card_undo.ADDED, ""


def _entered(country: str) -> Entered:
    """The form, read. Raises `person.Unfit`, which names the field."""
    typed = [part for part in re.split(r"[\n,;]", request.form.get("numbers", "")) if part.strip()]
    if not typed:
        raise person.Unfit("phone: write at least one number, like +12125550111.")
    if len(typed) > MOST_NUMBERS:
        raise person.Unfit(f"phone: there are more than {MOST_NUMBERS} numbers. Whose are they all?")
    numbers = list(dict.fromkeys(person.number(part, country) for part in typed))
    values = {
        "name": person.name(request.form.get("name", "")),
        "language": person.language(request.form.get("language", "")),
        "tags": person.tags([request.form.get("tags", "")]),
        "vip": request.form.get("vip") == "yes",
    }
    note = person.note(request.form.get("note", ""))
    return Entered(numbers, values, note, anyway=request.form.get("anyway") == "yes")


def _must_be_new(session: Session, entered: Entered) -> None:
    """Raises Known for whoever has one of these numbers, or the name; Unfit for a line of ours."""
    for number in entered.numbers:
        if contacts.is_line(session, number):
            raise person.Unfit(f"phone: {number} is one of your own lines.")
        has_rung = sa.exists().where(Call.caller == number)
        if contacts.find(session, number) is not None or session.scalar(sa.select(has_rung)):
            first = contacts.numbers_of(session, number)[0]
            raise Known(first, words.name(contacts.name_of(session, first)), number, sure=True)
    name = entered.values["name"]
    if name and not entered.anyway:
        same = sa.select(Contact).where(sa.func.lower(Contact.name) == name.lower()).order_by(Contact.number)
        if (namesake := session.scalars(same.limit(1)).first()) is not None:
            raise Known(namesake.same_as or namesake.number, words.name(namesake.name), namesake.number, sure=False)


def _page(status: int = 200, problem: str = "", known: Known | None = None) -> Response:
    """The form with what was typed, and why it was not taken."""
    typed = {name: request.form.get(name, "") for name in FIELDS}
    limits = {"languages": person.LANGUAGES, "longest_name": person.LONGEST_NAME, "longest_note": person.LONGEST_NOTE}
    field, _, why = problem.partition(": ")
    return frame.page("person_new.html", status, field=field, why=why, known=known, typed=typed, **limits)


def _sees_all() -> Visit:
    visit = visits.here()
    if visit.lines is not None:  # a card of nobody's line would be out of their own sight
        abort(403, "People are added by those who see every line.")
    return visit
