"""Undo on the card: for ten seconds all that can be done there can be taken back, if nothing has happened since."""

import html

import pytest
import sqlalchemy as sa
import time_machine

from dashboard import person_rows
from tests.pages import JANE, Firm, Visitor, reads
from voice import callbacks, clock
from voice.models import Attempt, Call, Callback, Contact, Promise
from voice.people import ContactNote, ContactTag

OFFICE, ABROAD = "+12125550143", "+442079460123"

pytestmark = pytest.mark.usefixtures("morning")


def rings(firm: Firm, caller: str) -> str:
    with firm.database.transaction() as session:
        now = clock.now()
        call = firm.call(session, caller, state="unanswered", outcome="callback", ended_at=now)
        callback = callbacks.open_for(session, call, "rang_out", now)
        assert callback is not None
        return callback.id


def everything(firm: Firm) -> list[list[tuple[object, ...]]]:
    """What a deed on a card may touch, to the last column; leases go on, and what has gone into another is nowhere."""
    tables = (
        sa.select(*(column for column in Callback.__table__.columns if column.name != "lease_until")).where(
            Callback.merged_into.is_(None)
        ),
        *(sa.select(*kind.__table__.columns) for kind in (Call, Promise, Attempt, Contact, ContactTag)),
        sa.select(ContactNote.number, ContactNote.by, ContactNote.words).where(ContactNote.kind == "note"),
    )
    with firm.database.reading() as session:
        return [sorted(map(tuple, session.execute(table)), key=str) for table in tables]


def press(sam: Visitor, token: str, what: str, number: str = JANE, **fields: str) -> int:
    return sam.post(f"/people/{number}/{what}", fields | {"csrf_token": token}).status_code


def test_all_that_is_done_on_a_card_can_be_undone_for_ten_seconds(
    firm: Firm, sam: Visitor, alex: Visitor, morning: time_machine.Traveller
) -> None:
    token = sam.token("/account")
    for number in (JANE, OFFICE):
        rings(firm, number)
    held = rings(firm, ABROAD)
    press(sam, token, "merge", other=OFFICE)
    press(sam, token, "notes", note="Side door")
    with firm.database.reading() as session:
        note = session.scalars(sa.select(ContactNote.id).where(ContactNote.kind == "note")).one()
    deeds = [
        ("change", JANE, {"name": "Jane Doe", "tags": "boiler, pays late"}, "Changed: the name, the tags."),
        ("change", OFFICE, {"language": "es", "vip": "yes", "do_not_text": "yes"},
         "Changed: the language, whether they are a VIP, whether they want texts."),
        ("notes", JANE, {"note": "Rings late"}, person_rows.DONE["note_added"]),
        (f"notes/{note}/remove", JANE, {}, person_rows.DONE["note_removed"]),
        ("split", JANE, {}, person_rows.DONE["number_taken_off"]),
        ("blocked", JANE, {"blocked": "yes"}, person_rows.DONE["blocked"]),
    ]  # fmt: skip
    for what, number, fields, said in deeds:
        done_and_undone(firm, sam, token, what, number, fields, said)
    press(sam, token, "split", OFFICE)
    done_and_undone(firm, sam, token, "merge", JANE, {"other": OFFICE}, person_rows.DONE["numbers_joined"])
    press(sam, token, "blocked", OFFICE, blocked="yes")
    done_and_undone(firm, sam, token, "blocked", OFFICE, {"blocked": "no"}, person_rows.DONE["unblocked"])
    sam.post(f"/callbacks/{held}/allow", {"csrf_token": token})
    done_and_undone(firm, sam, token, "allowed", ABROAD, {}, person_rows.DONE["number_not_allowed"])
    assert press(sam, token, "undo") == 400, "once"
    assert "Sam Field took back what they had just changed" in reads(sam.get(f"/people/{JANE}").text)

    press(sam, token, "change", name="Jane Doe")
    assert "Undo" not in alex.get(f"/people/{JANE}").text, "hers to undo, who did it"
    assert "Undo" not in sam.get(f"/people/{ABROAD}").text, "on the card where it was done"
    assert alex.press(f"/people/{JANE}/undo").status_code == 400
    alex.press(f"/people/{JANE}/change", name="Jane D.")
    assert press(sam, token, "undo") == 400, "a colleague has changed it since"
    press(sam, token, "merge", other=OFFICE)
    morning.shift(1)
    with firm.database.transaction() as session:
        firm.call(session, OFFICE)
    assert press(sam, token, "undo") == 400, "they have rung, as one person"
    press(sam, token, "change", vip="yes")
    morning.shift(10)
    assert "Undo" not in sam.get(f"/people/{JANE}").text
    morning.shift(5)
    assert press(sam, token, "undo") == 400


def done_and_undone(
    firm: Firm, sam: Visitor, token: str, what: str, number: str, fields: dict[str, str], said: str
) -> None:
    before = everything(firm)
    assert press(sam, token, what, number, **fields) == 303, what
    assert everything(firm) != before, what
    page = html.unescape(sam.get(f"/people/{number}").text)
    assert f'data-left="10000"><p>{said}</p>' in page
    assert press(sam, token, "undo", number) == 303, what
    assert everything(firm) == before, what
