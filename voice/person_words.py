"""What people are found by on the page of all who ever rang: each word of a name, tag or note, and how a number ends.

A million cards cannot be looked through at each search. So each word has a row of its own here, and is found by how it
begins, in one walk along an index, on either database. Triggers write the rows, as in `voice.findable`: whatever
changes a name, a tag, a note or who rang, by whichever statement, changes them in the same transaction; what is erased
there is gone here.
"""
# ruff: noqa: S608  (these statements are put together from the names above, and from nothing that comes from outside)

import re
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Mapped, mapped_column

from voice import plain, triggers
from voice.models import Base
from voice.triggers import Trigger, changed

BETWEEN = ',;:./()#&-"\n'  # what stands between words, as a space does: DOE,JANE
LONGEST = 40  # what of a word is looked at: an index of Postgres holds no row of any length
TAIL = 3  # digits of a number's end that are a word; behind BY_TAIL, which begins no other
BY_TAIL = "#"
VIEW = "person_words_now"
NAMES = ("name", "carrier_name")
LAST = "\U0010ffff"  # behind all that begins alike


class PersonWords(Base):
    """One word that one number is found by."""

    __tablename__ = "person_words"
    __table_args__ = (sa.Index("ix_person_words_word", "word", "number"), {"sqlite_with_rowid": False})
    number: Mapped[str] = mapped_column(primary_key=True)  # of a contact or of somebody who rang
    # In plain letters, and in the order of its bytes, whatever language the database sorts by.
    word: Mapped[str] = mapped_column(sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql"),
                                      primary_key=True)  # fmt: skip


def words(text: str) -> list[str]:
    """The words of a text, cut as the triggers cut them."""
    cut = re.sub(f"[{re.escape(BETWEEN)}]", " ", plain.letters(text)).split()
    return [word[:LONGEST] for word in cut]


def begins(column: sa.orm.InstrumentedAttribute[str], word: str) -> sa.ColumnElement[bool]:
    """Whether a word of a card begins like this one of `words`."""
    return sa.and_(column >= word, column < word + LAST)


def lift(connection: sa.Connection) -> None:
    """Take the triggers away, with all they stand on."""
    triggers.lift(connection, _triggers())
    connection.exec_driver_sql(f"DROP VIEW IF EXISTS {VIEW}")


def lay(connection: sa.Connection) -> None:
    """Put the triggers where they belong; where no words are known yet, or no ends of numbers, write down all of them.

    Each by itself: to write the words anew, nobody need read every call there ever was.
    """
    said, ends = _said(connection.dialect.name), _ends()
    # UNION ALL, though some are there twice: nothing else lets SQLite ask for one number alone.
    connection.exec_driver_sql(f"CREATE VIEW {VIEW} AS {said} UNION ALL {ends}")
    triggers.lay(connection, _triggers())
    for rows, begins in ((said, "<>"), (ends, "=")):
        known = f"SELECT 1 FROM person_words WHERE substr(word, 1, 1) {begins} '{BY_TAIL}' LIMIT 1"
        if connection.exec_driver_sql(known).first() is None:
            anew = f"SELECT DISTINCT number, word FROM ({rows}) AS found"
            connection.exec_driver_sql(f"INSERT INTO person_words (number, word) {anew}")


def _said(dialect: str) -> str:
    """The words there should be."""
    names = "(" + " || ' ' || ".join(f"coalesce({name}, '')" for name in NAMES) + ")"
    said = (
        ("number", "contacts", names, ""),
        ("number", "contact_tags", "tag", ""),
        ("number", "contact_notes", "words", " AND kind = 'note'"),
        ("caller", "callbacks", "note", " AND note <> '' AND caller IS NOT NULL"),
    )
    word = f"substr(cut.value, 1, {LONGEST})"
    return " UNION ALL ".join(
        f"SELECT {number} AS number, {word} AS word FROM {table}, {_cut(dialect, text)} WHERE cut.value <> ''{also}"
        for number, table, text, also in said
    )


def _ends() -> str:
    """The ends of numbers there should be."""
    return f"""
        SELECT number, {_tail("number")} AS word FROM contacts
        UNION ALL SELECT caller, {_tail("caller")} FROM calls WHERE caller IS NOT NULL"""


def _cut(dialect: str, text: str) -> str:
    """The words of a column, a row each."""
    text = plain.in_sql(dialect, text, BETWEEN)
    if dialect == "postgresql":
        return f"unnest(string_to_array({text}, ' ')) AS cut(value)"
    return f"""json_each('[' || replace(json_quote({text}), ' ', '","') || ']') AS cut"""


def _tail(number: str) -> str:
    return f"'{BY_TAIL}' || substr({number}, length({number}) - {TAIL - 1})"


def _triggers() -> Iterator[Trigger]:
    names = f"UPDATE OF {', '.join(NAMES)}"
    yield Trigger("finds_new_contact", "contacts", "INSERT", _afresh("NEW.number"))
    yield Trigger("finds_contact", "contacts", names, _afresh("NEW.number"), changed(*NAMES))
    yield Trigger("finds_no_contact", "contacts", "DELETE", _afresh("OLD.number"))
    for kind, table in (("tag", "contact_tags"), ("note", "contact_notes")):
        yield Trigger(f"finds_new_{kind}", table, "INSERT", _afresh("NEW.number"))
        yield Trigger(f"finds_{kind}", table, "UPDATE", f"{_afresh('OLD.number')}; {_afresh('NEW.number')}")
        yield Trigger(f"finds_no_{kind}", table, "DELETE", _afresh("OLD.number"))
    yield from _of_callbacks()
    # While somebody rings, nothing is looked up and nobody waited for: their row is there, or is written.
    rang = f"INSERT INTO person_words (number, word) VALUES (NEW.caller, {_tail('NEW.caller')}) ON CONFLICT DO NOTHING"
    yield Trigger("finds_new_call", "calls", "INSERT", rang, "NEW.caller IS NOT NULL")
    both = f"{_afresh('OLD.caller')}; {_afresh('NEW.caller')}"
    yield Trigger("finds_call", "calls", "UPDATE OF caller", both, changed("caller"))
    yield Trigger("finds_no_call", "calls", "DELETE", _afresh("OLD.caller"), "OLD.caller IS NOT NULL")


def _of_callbacks() -> Iterator[Trigger]:
    """What was noted beside a result; a new callback has none yet, and nobody waits for it."""
    new, old = _afresh("NEW.caller"), _afresh("OLD.caller")
    yield Trigger("finds_new_result", "callbacks", "INSERT", new, "NEW.note <> ''")
    yield Trigger("finds_result", "callbacks", "UPDATE OF note, caller", f"{old}; {new}", changed("note", "caller"))
    yield Trigger("finds_no_result", "callbacks", "DELETE", old, "OLD.note <> ''")


def _afresh(number: str) -> str:
    """Take away what a number is found by no longer, add what is new: what stays is not touched, so nobody waits."""
    now = f"FROM {VIEW} WHERE number = {number}"
    return (
        f"DELETE FROM person_words WHERE number = {number} AND word NOT IN (SELECT word {now}); "
        f"INSERT INTO person_words (number, word) SELECT DISTINCT number, word {now} ON CONFLICT DO NOTHING"
    )
