"""Somebody is written down by hand, and nobody twice."""

import pytest
import sqlalchemy as sa

from tests.firm import LINE
from tests.pages import JANE, Firm, reads
from voice import clock, contacts, persons
from voice.doors import AuditEntry
from voice.ledger import User
from voice.models import Contact
from voice.people import ContactNote

OFFICE = "+12125550143"


def test_all_that_is_known_of_them_is_on_the_card_at_once(firm: Firm) -> None:
    alex = firm.visitor("alex@example.com")
    assert 'href="/people/new"' in alex.get("/people").text
    fields = {"name": " Jane  Doe ", "numbers": "(212) 555-0142\n212 555 0143", "language": "es", "vip": "yes"}
    answer = alex.press("/people/new/add", **fields, tags="boiler, Regular", note="Side door.")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/people/{JANE}")
    with firm.database.reading() as session:
        assert [each.number for each in contacts.of_person(session, OFFICE)] == [JANE, OFFICE]
        jane = session.get_one(Contact, JANE)
        assert (jane.name, jane.language, jane.vip) == ("Jane Doe", "es", True)
        assert persons.tags_of(session, [OFFICE]) == {OFFICE: ("Regular", "boiler")}
        assert [note.words for note in persons.notes_of(session, [JANE])] == ["Side door."]
        deed = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert deed is not None
        assert (deed.who, deed.what, deed.object) == ("Alex Moor", "person_added", "")
    card = reads(alex.get(f"/people/{JANE}").text)
    assert "Alex Moor changed the name" in card
    assert "They have a card now. Undo" in card
    back = alex.press(f"/people/{JANE}/undo")
    assert (back.status_code, back.headers["Location"]) == (303, "/people")
    with firm.database.reading() as session:
        assert [session.scalar(sa.select(sa.func.count()).select_from(each)) for each in (Contact, ContactNote)] == [
            0,
            0,
        ]
    alex.press("/people/new/add", **fields)
    firm.visitor("sam@example.com").press(f"/people/{OFFICE}/notes", note="Ask for Luis.")
    assert alex.press(f"/people/{JANE}/undo").status_code == 400, "a note of a colleague's would go with the card"
    assert "Ask for Luis." in alex.get(f"/people/{JANE}").text


def test_who_is_known_already_is_named_and_linked_and_nothing_is_written(firm: Firm) -> None:
    firm.callback(JANE)
    with firm.database.transaction() as session:
        persons.change(session, OFFICE, "Sam", clock.now(), name="Luis Rey")
    sam = firm.visitor("sam@example.com")
    rang = sam.press("/people/new/add", name="Jane", numbers=f"+12125550199, {JANE}", note="Kept <b>text</b>")
    assert rang.status_code == 409
    assert "(212) 555-0142 is on a card already" in reads(rang.text)
    assert f'href="/people/{JANE}"' in rang.text
    assert "Kept &lt;b&gt;text" in rang.text, "what was typed stays"
    named = sam.press("/people/new/add", name="luis rey", numbers="+12125550199")
    assert named.status_code == 409
    assert f'href="/people/{OFFICE}"' in named.text
    with firm.database.reading() as session:
        assert contacts.find(session, "+12125550199") is None
    assert sam.press("/people/new/add", name="luis rey", numbers="+12125550199", anyway="yes").status_code == 303


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"numbers": " , "}, "write at least one number"),
        ({"numbers": "12"}, "is not a phone number"),
        ({"numbers": LINE}, "is one of your own lines"),
        ({"numbers": ",".join(f"+1212555{n}" for n in range(1000, 1011))}, "more than 10 numbers"),
        ({"name": "x" * 201}, "more than 200 characters"),
        ({"tags": "y" * 31}, "more than 30 characters"),
        ({"language": "Klingon"}, "is not one of"),
        ({"note": "z" * 2001}, "more than 2000 characters"),
    ],
)
def test_what_cannot_be_kept_is_said_at_its_field(firm: Firm, fields: dict[str, str], why: str) -> None:
    refused = firm.visitor("sam@example.com").press("/people/new/add", **({"numbers": JANE} | fields))
    assert refused.status_code == 400
    assert why in refused.text
    assert 'aria-invalid="true"' in refused.text
    with firm.database.reading() as session:
        assert session.scalars(sa.select(Contact)).all() == []


def test_who_sees_a_few_lines_only_adds_nobody(firm: Firm) -> None:
    with firm.database.transaction() as session:
        session.execute(sa.update(User).where(User.email == "alex@example.com").values(lines=[LINE]))
    alex = firm.visitor("alex@example.com")
    assert 'href="/people/new"' not in alex.get("/people").text
    assert alex.get("/people/new").status_code == 403
    assert alex.press("/people/new/add", numbers=JANE).status_code == 403
