"""The words people are found by are those of the tables, whoever changed them, and by which statement."""

import datetime as dt
import re

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import people_rows
from tests.pages import JANE, Firm
from voice import clock, contacts, migrate, persons
from voice.models import Call, Callback, Contact
from voice.people import ContactNote, ContactTag
from voice.person_words import VIEW, PersonWords

LUIS, MARA, LONDON = "+12125550177", "+12125550178", "+442079460000"

pytestmark = pytest.mark.usefixtures("morning")


def words(session: Session, number: str) -> set[str]:
    """What this number is found by; all rows are looked at, and must say what the tables say."""
    for one, other in (("person_words", VIEW), (VIEW, "person_words")):
        differing = f"SELECT number, word FROM {one} EXCEPT SELECT number, word FROM {other}"  # noqa: S608
        assert session.execute(sa.text(differing)).all() == []
    return set(session.scalars(sa.select(PersonWords.word).where(PersonWords.number == number)))


def found(session: Session, q: str) -> set[str]:
    """Who is shown for these words."""
    return {row.number for row in people_rows.page(session, q, "", "GB")[0]}


def test_whatever_changes_a_name_a_tag_or_who_rang_is_seen_in_the_same_transaction(firm: Firm) -> None:
    now = clock.now()
    with firm.database.transaction() as session:
        call = firm.call(session, JANE, received_at=now)
        firm.call(session, JANE, received_at=now - dt.timedelta(hours=1))
        firm.call(session, None)
        assert words(session, JANE) == {"#142"}
        persons.change(session, JANE, "Sam", now, name='Jane "J\\D" Doe', tags=["Old Boilers", "24/7"])
        said = {"#142", "jane", "j\\d", "doe", "old", "boilers", "24", "7"}
        assert words(session, JANE) == said
        contacts.remember(session, JANE, carrier_name="DOE,J")
        assert words(session, JANE) == said | {"j"}
        contacts.add_unknown(session, [{"number": LUIS, "name": "Luis"}, {"number": JANE, "name": "Other"}])
        assert words(session, LUIS) == {"#177", "luis"}
        persons.merge(session, JANE, LUIS, "Sam", now)
        assert "boilers" in words(session, LUIS)
        session.execute(sa.update(Contact).values(name=None, carrier_name=None))
        session.execute(sa.update(ContactTag).where(ContactTag.tag == "24/7").values(tag="VAT-free"))
        assert words(session, JANE) == {"#142", "old", "boilers", "vat", "free"}
        persons.add_note(session, JANE, f'Sells Höfe,\n"big" ones {"W" * 99}', "Sam", now)
        noted = {"sells", "hofe", "big", "ones", "w" * 40}
        assert words(session, JANE) == {"#142", "old", "boilers", "vat", "free"} | noted
        session.execute(sa.update(ContactNote).where(ContactNote.kind == "note").values(words="Two dogs"))
        assert words(session, JANE) == {"#142", "old", "boilers", "vat", "free", "two", "dogs"}
        session.execute(sa.delete(ContactTag))
        session.execute(sa.delete(ContactNote))
        session.execute(sa.delete(Contact))  # erased
        assert (words(session, JANE), words(session, LUIS)) == ({"#142"}, set())
        session.execute(sa.update(Call).where(Call.id == call.id).values(caller=None))
        assert words(session, JANE) == {"#142"}, "they rang twice"
        session.execute(sa.update(Call).where(Call.caller == JANE).values(caller=MARA))
        assert (words(session, JANE), words(session, MARA)) == (set(), {"#178"})
        session.execute(sa.delete(Call))
        assert session.scalars(sa.select(PersonWords.number)).all() == []


def test_what_was_noted_beside_a_result_is_seen_in_the_same_transaction(firm: Firm) -> None:
    callback = firm.callback(JANE, note="Quote: 2 radiators")
    with firm.database.transaction() as session:
        assert words(session, JANE) == {"#142", "quote", "2", "radiators"}
        session.execute(sa.update(Callback).values(note="Done", caller=LUIS))
        assert (words(session, JANE), words(session, LUIS)) == ({"#142"}, {"done"})
        session.execute(sa.update(Call).values(callback_id=None))
        session.execute(sa.delete(Callback).where(Callback.id == callback))
        assert words(session, LUIS) == set()


@pytest.mark.proves("02-1.8")
def test_people_are_found_by_the_heads_of_their_words_and_any_digits_of_their_numbers(firm: Firm) -> None:
    firm.name(JANE, "Jane Müller-Doe")
    firm.name(LUIS, carrier_name="LUÍS MÜLLER")
    firm.name(MARA, "Özge  O'Brien (Roofs)")
    firm.name(LONDON, "Иван 142")
    with firm.database.transaction() as session:
        session.add(ContactTag(number=MARA, tag="Étage 2"))
        persons.add_note(session, MARA, "Ask for the Größe", "Sam", clock.now())
        firm.call(session, "+12125550188", state="completed")
    hits = {
        "muller": {JANE, LUIS}, "mu\u0308ll": {JANE, LUIS}, "LUIS MULLER": {LUIS}, "ozge": {MARA}, "grosse ask": {MARA},
        "ИВАН": {LONDON}, "011 1 212 555 01": {JANE, LUIS, MARA, "+12125550188"}, "0011 44 20 79": {LONDON},
        "011 44 20 7946 0000": {LONDON}, "0044 20 79": {LONDON}, "+44 020 79": {LONDON}, "00 49 20 79": set(),
        "jane": {JANE}, "DOE jan": {JANE}, "ane": set(), "müll": {JANE, LUIS}, "MÜLLER": {JANE, LUIS}, "luís": {LUIS},
        "müller luís": {LUIS}, "özge": {MARA}, "o'b roof": {MARA}, "étage": {MARA}, "иван": {LONDON},
        "555-0142": {JANE}, "142": {JANE, LONDON}, "0188": {"+12125550188"}, "(020) 7946": {LONDON},
        "+44 20": {LONDON}, "+1 212 555": {JANE, LUIS, MARA, "+12125550188"}, "020 7946 0000": {LONDON}, "42": set(),
        "2 555": {JANE, LUIS, MARA, "+12125550188"}, "50-14": {JANE}, "(0)20 7946 00": {LONDON}, "4600": {LONDON},
        "jane nobody": set(), "%": set(), "_": set(), "-": set(), "#142": {LONDON}, "#": set(), "'; drop": set(),
    }  # fmt: skip
    with firm.database.reading() as session:
        assert {q: found(session, q) for q in hits} == hits


@pytest.mark.proves("D20")
def test_what_one_number_is_found_by_is_read_from_indexes(firm: Firm) -> None:
    asked = f"SELECT DISTINCT number, word FROM {VIEW} WHERE number = 'x'"  # noqa: S608
    with firm.database.reading() as session:
        if firm.database.is_sqlite:
            plan = [row[3] for row in session.execute(sa.text(f"EXPLAIN QUERY PLAN {asked}"))]
        else:
            session.execute(sa.text("SET LOCAL enable_seqscan = off"))
            plan = list(session.scalars(sa.text(f"EXPLAIN {asked}")))
    assert len(plan) > 4
    assert [step for step in plan if re.search("SCAN (contact|call)|Seq Scan", step)] == []


def test_a_database_from_before_is_filled(firm: Firm) -> None:
    firm.name(JANE, "Jane")
    firm.callback(LUIS)
    migrate.downgrade(firm.database.url, "0015")
    migrate.upgrade(firm.database.url)
    with firm.database.reading() as session:
        assert (words(session, JANE), words(session, LUIS)) == ({"#142", "jane"}, {"#177"})
    migrate.downgrade(firm.database.url, "0021")
    with firm.database.transaction() as session:
        session.execute(sa.update(PersonWords).where(PersonWords.word == "jane").values(word="jäne"))
        session.execute(sa.update(PersonWords).where(PersonWords.number == LUIS).values(word="#000"))
    migrate.upgrade(firm.database.url)
    with firm.database.reading() as session:
        assert set(session.scalars(sa.select(PersonWords.word))) == {"#142", "jane", "#000"}, "no call was read for it"
