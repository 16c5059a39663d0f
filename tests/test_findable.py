"""The words a callback is found by are those that stand in the tables, whoever changed them, and by which statement."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.pages import JANE, Firm, reads
from voice import clock, db, migrate, persons, plain
from voice.findable import COLUMNS, VIEW, CallbackWords
from voice.models import Callback, Contact
from voice.people import ContactNote, ContactTag
from voice.work import jobs
from voice.work.tools import Tools

LUIS, MARA = "+12125550177", "+12125550178"
DAY = dt.timedelta(days=1)

pytestmark = pytest.mark.usefixtures("morning")


def words(firm: Firm, callback_id: str) -> set[str]:
    """What this callback is found by; all rows are looked at, and must say what the tables say."""
    with firm.database.reading() as session:
        for one, other in (("callback_words", VIEW), (VIEW, "callback_words")):
            differing = sa.text(f"SELECT {COLUMNS} FROM {one} EXCEPT SELECT {COLUMNS} FROM {other}")  # noqa: S608
            assert session.execute(differing).all() == []
        return set(session.get_one(CallbackWords, callback_id).words.split())


def found(firm: Firm) -> list[str]:
    """Whatever can be found at all."""
    with firm.database.reading() as session:
        return list(session.scalars(sa.select(CallbackWords.callback_id)))


def change(firm: Firm, *statements: sa.Executable) -> None:
    """Change the tables behind the product's back."""
    with firm.database.transaction() as session:
        for statement in statements:
            session.execute(statement)


def test_what_is_said_of_a_callback_is_found_at_once(firm: Firm) -> None:
    callback = firm.callback(JANE, note="Boiler LEAKS")
    assert words(firm, callback) == {"boiler", "leaks"}
    firm.set(callback, note="", why_not="Too dear", handed_word="gate code 12")
    assert words(firm, callback) == {"too", "dear", "gate", "code", "12"}
    change(firm, sa.update(Callback).values(why_not="", handed_word="", caller=LUIS))
    assert words(firm, callback) == set()
    firm.set(callback, state="closed", closed_at=clock.now(), due_at=clock.now() + DAY)
    assert words(firm, callback) == set()
    firm.set(callback, state="closed", closed_at=clock.now(), closed_reason="merged", note="gone on elsewhere")
    assert found(firm) == []
    firm.set(callback, state="waiting", closed_at=None, closed_reason=None, note="")
    assert words(firm, callback) == set()
    change(firm, sa.text("UPDATE calls SET callback_id = NULL"), sa.delete(Callback))
    assert found(firm) == []


def test_what_is_said_of_a_person_is_found_on_each_of_their_numbers(firm: Firm) -> None:
    jane, luis = firm.callback(JANE), firm.callback(LUIS)
    now = clock.now()

    def do(verb: str, *args: object, **values: object) -> None:
        with firm.database.transaction() as session:
            getattr(persons, verb)(session, *args, "Sam", now, **values)

    do("change", JANE, name="Jane Doe", tags=["Boilers"])
    do("add_note", JANE, "Has a dog")
    assert words(firm, jane) == {"jane", "doe", "boilers", "has", "a", "dog"}
    assert words(firm, luis) == set()
    do("merge", JANE, LUIS)
    assert words(firm, luis) == words(firm, jane) == {"jane", "doe", "boilers", "has", "a", "dog"}
    do("merge", MARA, JANE)  # a number that has never rung is their first now
    with firm.database.reading() as session:
        note = persons.notes_of(session, [JANE])[0]
    assert words(firm, luis) == {"jane", "doe", "boilers", "has", "a", "dog"}
    do("split", MARA)
    assert "dog" in words(firm, luis)
    do("split", LUIS)
    assert words(firm, luis) == {"jane", "doe", "boilers"}, "what was noted of Jane stays hers"
    with firm.database.transaction() as session:
        persons.remove_note(session, JANE, note.id, "Sam", now)
    assert words(firm, jane) == {"jane", "doe", "boilers"}
    late = firm.callback(MARA)
    assert words(firm, late) >= {"jane", "doe", "boilers"}, "who was known before they rang"


def test_whatever_statement_changes_a_name_a_tag_or_a_note_is_seen(firm: Firm) -> None:
    callback = firm.callback(JANE)
    firm.name(JANE, carrier_name="J DOE")
    assert words(firm, callback) == {"j", "doe"}
    note = {"id": "n", "number": JANE, "kind": "note", "at": clock.now(), "by": "Sam", "words": "Dog"}
    change(
        firm, sa.insert(ContactTag).values(number=JANE, tag="trade"), sa.insert(ContactNote).values(note),
        sa.update(Contact).values(carrier_name=None, name="Jane"),
    )  # fmt: skip
    assert words(firm, callback) == {"jane", "trade", "dog"}
    change(firm, sa.update(ContactTag).values(tag="vet"), sa.update(ContactNote).values(words="Two dogs"))
    assert words(firm, callback) == {"jane", "vet", "two", "dogs"}
    change(firm, sa.delete(ContactTag), sa.delete(ContactNote), sa.delete(Contact))  # erased
    assert words(firm, callback) == set()


def test_the_databases_make_words_plain_as_we_do(firm: Firm) -> None:
    said = {
        "GARCÍA Łódź ØRSTED": "garcia lodz orsted", "Strasse STRAẞE Straße": "strasse strasse strasse",
        "Mu\u0308ller’s, ИЙ Ὅ": "muller’s, ии Ὅ", "日本 Ａé-\n'x'": "日本 Ａe-\n'x'",
        "".join(plain.TABLE): None, "": "",
    }  # fmt: skip
    assert [text for text, wanted in said.items() if wanted is not None and plain.letters(text) != wanted] == []
    sql = sa.text(f"SELECT {plain.in_sql(firm.database.engine.dialect.name, 'CAST(:text AS TEXT)', ',-')}")
    with firm.database.reading() as session:
        theirs = {text: session.scalar(sql, {"text": text}) for text in said}
    assert theirs == {text: plain.letters(text).translate({ord(","): " ", ord("-"): " "}) for text in said}


def test_those_closed_a_month_ago_are_forgotten_at_night_and_the_others_kept(firm: Firm) -> None:
    now = clock.now()
    gone = firm.callback(JANE, state="closed", closed_at=now - 32 * DAY)
    kept = {firm.callback(JANE, state="closed", closed_at=now - 29 * DAY), firm.callback(JANE, due=-60 * 24 * 60)}
    jobs.forget_words(Tools(firm.settings, firm.database, None), now)  # type: ignore[arg-type]
    assert set(found(firm)) == kept
    assert gone not in found(firm)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_database_from_before_is_filled_and_older_tables_can_still_be_altered(
    kind: str, sqlite_url: str, new_postgres_database: Callable[[], str], tmp_path: Path
) -> None:
    url = sqlite_url if kind == "sqlite" else new_postgres_database()  # its own: tables are altered
    migrate.upgrade(url)
    firm = Firm(url, tmp_path)
    firm.name(JANE, "Jane")
    callback = firm.callback(JANE)
    old = firm.callback(LUIS, state="closed", closed_at=clock.now() - 60 * DAY)
    migrate.downgrade(firm.database.url, "0004")  # takes columns from under the triggers
    migrate.upgrade(firm.database.url)
    assert found(firm) == [callback]
    firm.set(old, state="waiting", closed_at=None)
    assert words(firm, callback) == {"jane"}


@pytest.mark.proves("02-1.23")
def test_a_search_that_takes_too_long_is_said_so_and_the_page_stands(
    firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    if firm.database.is_sqlite:
        return  # gives nothing up: whoever looks reads on while others write
    monkeypatch.setattr(db, "STATEMENT_SECONDS", 0.4)
    slow = Firm(firm.database.url, firm.settings.home, is_new=False)  # another process
    sam = slow.visitor("sam@example.com")
    with firm.database.transaction() as session:
        session.execute(sa.text("LOCK TABLE callback_words"))
        answer = sam.get("/?q=jane")
    slow.close()
    assert answer.status_code == 200
    assert "This took too long, so nobody is shown." in reads(answer.text)
    assert "Found 0" not in reads(answer.text)
