"""Contacts: what we remember of a caller, what staff say of them, and whether they are blocked."""

import datetime as dt
from typing import Any

from sqlalchemy.orm import Session

from dashboard.api import asked, shapes
from dashboard.api.operation import Answer, operation, program_maker, program_name, tell_audit
from dashboard.api.problems import Problem
from voice import allowed, callbacks, card_undo, persons, same_person, sight
from voice import contacts as known
from voice.models import Contact
from voice.rules import person
from voice.rules.numbers import E164

MEMBERS = ("blocked", "allowed", "name", "vip", "do_not_text", "language", "tags", "add_note")


@operation("GET", "/contacts/<e164>", "One contact.", {200: shapes.ref("Contact")})
def contact(session: Session, now: dt.datetime, e164: str) -> Answer:
    """One contact."""
    row = known.find(session, _number(e164))
    if row is None:
        raise Problem(404, "Nobody with this number is known here.")
    return wire(session, row)


@operation(
    "PATCH",
    "/contacts/<e164>",
    "Block or unblock a number, have it rung although the number rules forbid it (`allowed`), or change what is "
    "said of the person it is of: name and language (null takes them away), VIP, no texts, all tags, and "
    "one more note. A number we did not know becomes a contact.",
    {200: shapes.ref("Contact"), 422: shapes.ref("Problem")},
    body=shapes.request_body(
        (),
        blocked=shapes.FLAG,
        allowed=shapes.FLAG,
        name=shapes.MAYBE_TEXT | {"maxLength": person.LONGEST_NAME},
        vip=shapes.FLAG,
        do_not_text=shapes.FLAG,
        language=shapes.one_of(None, *person.LANGUAGES),
        tags=shapes.array(shapes.TEXT | {"maxLength": person.LONGEST_TAG}) | {"maxItems": person.MOST_TAGS},
        add_note=shapes.TEXT | {"maxLength": person.LONGEST_NOTE},
    ),
)
def change_contact(session: Session, now: dt.datetime, e164: str) -> Answer:
    """Block, unblock, and all that staff may say of a person."""
    number, given, by = _number(e164), asked.body(MEMBERS), program_name()
    blocked, may_ring = asked.flag(given, "blocked"), asked.flag(given, "allowed")
    if "add_note" in given and given["add_note"] is None:
        raise Problem(400, "add_note: must be text.")
    try:
        values, note = _values(given), person.note(_text(given, "add_note") or "")
    except person.Unfit as unfit:
        raise Problem(400, str(unfit)) from None
    row = known.find(session, number)
    changed = []
    if blocked is not None and blocked != (row.blocked if row else False):
        callbacks.block(session, number, blocked, now)
        persons.set_blocked(session, number, blocked, by, now)
        changed.append("blocked")
    if may_ring is not None and may_ring != (row.allowed if row else False):
        _allow(session, number, may_ring, by, now)
        changed.append("allowed")
    changed += persons.change(session, number, by, now, **values)
    persons.add_note(session, number, note, by, now)
    tell_audit(", ".join([*changed, "note"] if note else changed))
    return wire(session, session.get_one(Contact, number, populate_existing=True))


@operation(
    "POST",
    "/contacts/<e164>/merge",
    "Put `number` on the card of this person: one person, one place on each line's list, one history. 422 for a number "
    "that is theirs already, or is a line. A token of a few lines needs both to have rung there.",
    {200: shapes.ref("Contact"), 422: shapes.ref("Problem")},
    body=shapes.request_body(("number",), number=shapes.NUMBER),
)
def merge_contact(session: Session, now: dt.datetime, e164: str) -> Answer:
    """Two numbers of one person."""
    number, other = _number(e164), asked.e164(asked.body(("number",)), "number")
    if sight.hidden(session, {"e164": other}):
        raise Problem(422, "number: it has not rung on the lines this token may see.")

    def joined() -> card_undo.Deed:
        same_person.merge(session, number, other, program_name(), now)
        return "numbers_joined", ""

    try:
        card_undo.remembering(session, program_maker(), [number, other], now, joined)
    except person.Unfit as unfit:
        raise Problem(422, str(unfit).replace("phone:", "number:")) from None
    tell_audit("")
    return wire(session, session.get_one(Contact, number, populate_existing=True))


@operation(
    "POST",
    "/contacts/<e164>/merge/undo",
    "Take back the last merge of this token, of which this number was one, within ten seconds and if nothing happened "
    "since: all is as it was before. `split` parts two numbers later, too.",
    {200: shapes.ref("Contact"), 409: shapes.ref("Problem")},
    body=shapes.request_body(),
)
def unmerge_contact(session: Session, now: dt.datetime, e164: str) -> Answer:
    """Two numbers of two people after all."""
    number, maker = _number(e164), program_maker()
    asked.body(())
    offered = card_undo.offered(session, maker, now, number)
    if not offered or card_undo.take_back(session, maker, program_name(), now):
        return Problem(409, "Something has happened since, or the time for it is over.", kind="too_late")
    tell_audit("")
    return wire(session, session.get_one(Contact, number, populate_existing=True))


@operation(
    "POST",
    "/contacts/<e164>/split",
    "Take this number off the card it is on: somebody else's after all. What rang from it gets its own place on the "
    "list, as it was promised. A number that is alone on its card stays as it is.",
    {200: shapes.ref("Contact")},
    body=shapes.request_body(),
)
def split_contact(session: Session, now: dt.datetime, e164: str) -> Answer:
    """A number of somebody else."""
    number = _number(e164)
    asked.body(())
    if known.find(session, number) is None:
        raise Problem(404, "Nobody with this number is known here.")
    same_person.split(session, number, program_name(), now)
    tell_audit("")
    return wire(session, session.get_one(Contact, number, populate_existing=True))


def wire(session: Session, row: Contact) -> dict[str, Any]:
    """A contact as they are sent; the name staff gave wins over the carrier's. `numbers`: all of the same person that
    the token may see."""
    with sight.as_read(session):
        numbers = [each.number for each in known.of_person(session, row.number)]
        notes = persons.notes_of(session, numbers)
    return {
        "number": row.number,
        "name": row.name or row.carrier_name,
        "blocked": row.blocked,
        "allowed": row.allowed,
        "vip": row.vip,
        "do_not_text": row.do_not_text,
        "language": row.language,
        "tags": list(persons.tags_of(session, [row.number]).get(row.number, ())),
        "numbers": numbers,
        "last_spoke_with": row.last_staff_id,
        "last_spoke_at": shapes.time(row.last_talk_at),
        "notes": [{"at": shapes.time(note.at), "by": note.by, "note": note.words} for note in notes],
    }


def _allow(session: Session, number: str, may_ring: bool, by: str, now: dt.datetime) -> None:
    if not may_ring:
        allowed.forbid(session, number)
    elif (refused := allowed.allow_number(session, number, now)) is not None:
        raise Problem(422, f"allowed: {refused.sentence}")
    persons.set_allowed(session, number, may_ring, by, now)


def _number(e164: str) -> str:
    if not E164.fullmatch(e164):
        raise Problem(404, "A contact is a number like +12125550199.")
    return e164


def _values(given: dict[str, Any]) -> dict[str, Any]:
    """What `persons.change` is to set. Raises Unfit, and Problem for a value of the wrong kind."""
    values: dict[str, Any] = {}
    if "name" in given:
        values["name"] = person.name(_text(given, "name") or "")
    if "language" in given:
        values["language"] = person.language(_text(given, "language") or "")
    if "tags" in given:
        values["tags"] = person.tags(asked.texts(given, "tags"))
    for flag in ("vip", "do_not_text"):
        if flag in given:
            values[flag] = asked.flag(given, flag)
    return values


def _text(given: dict[str, Any], name: str) -> str | None:
    value = given.get(name)
    if value is not None and not isinstance(value, str):
        raise Problem(400, f"{name}: must be text, or null.")
    return value
