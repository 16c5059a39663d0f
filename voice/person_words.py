"""What people are found by on the page of all who ever rang: each word of a name or a tag, and how a number ends.

A million cards cannot be looked through at each search. So each word has a row of its own here, and is found by how it
begins, in one walk along an index, on either database. Triggers write the rows, as in `voice.findable`: whatever
changes a name, a tag or who rang, by whichever statement, changes them in the same transaction; what is erased there is
gone here.
"""
# ruff: noqa: S608  (these statements are put together from the names above, and from nothing that comes from outside)

import re
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Mapped, mapped_column

from voice import triggers
from voice.models import Base
from voice.triggers import Trigger, changed

BETWEEN = ",;:./()#&-"  # what stands between words, as a space does: DOE,JANE
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
    # In the order of its bytes, whatever language the database sorts by; ASCII letters (at least) in lower case.
    word: Mapped[str] = mapped_column(sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql"),
                                      primary_key=True)  # fmt: skip


def words(text: str) -> list[str]:
    """The words of a text, cut as the triggers cut them."""
    return re.sub(f"[{re.escape(BETWEEN)}]", " ", text).split()


def begins(column: sa.orm.InstrumentedAttribute[str], word: str) -> sa.ColumnElement[bool]:
    """Whether a word of a card begins like this one, in capitals or not."""
    # SQLite's lower() leaves ÄÖÜ alone, Postgres' does in some locales: so a word is looked for in each usual spelling.
    spelt = {
        "".join(letter.lower() if letter.isascii() else letter for letter in each)
        for each in (word.lower(), word.title(), word.upper())
    }
    return sa.or_(*(sa.and_(column >= each, column < each + LAST) for each in sorted(spelt)))


def lift(connection: sa.Connection) -> None:
    """Take the triggers away, with all they stand on."""
    triggers.lift(connection, _triggers())
    connection.exec_driver_sql(f"DROP VIEW IF EXISTS {VIEW}")


def lay(connection: sa.Connection) -> None:
    """Put the triggers where they belong; where nothing is known yet, write down all there is."""
    connection.exec_driver_sql(_view(connection.dialect.name))
    triggers.lay(connection, _triggers())
    if connection.exec_driver_sql("SELECT 1 FROM person_words LIMIT 1").first() is None:
        connection.exec_driver_sql(f"INSERT INTO person_words (number, word) SELECT DISTINCT number, word FROM {VIEW}")


def _view(dialect: str) -> str:
    """The view of what the rows should be, some of them twice: only UNION ALL lets SQLite ask for one number alone."""
    names = " || ' ' || ".join(f"coalesce({name}, '')" for name in NAMES)
    return f"""
        CREATE VIEW {VIEW} AS
        SELECT number, cut.value AS word FROM contacts, {_cut(dialect, names)} WHERE cut.value <> ''
        UNION ALL SELECT number, cut.value FROM contact_tags, {_cut(dialect, "tag")} WHERE cut.value <> ''
        UNION ALL SELECT number, {_tail("number")} FROM contacts
        UNION ALL SELECT caller, {_tail("caller")} FROM calls WHERE caller IS NOT NULL"""


def _cut(dialect: str, text: str) -> str:
    """The words of a column, a row each."""
    if dialect == "postgresql":
        return (
            f"unnest(string_to_array(translate(lower({text}), '{BETWEEN}', '{' ' * len(BETWEEN)}'), ' ')) AS cut(value)"
        )
    spaced = f"json_quote(lower({text}))"
    for each in BETWEEN:
        spaced = f"replace({spaced}, '{each}', ' ')"
    return f"""json_each('[' || replace({spaced}, ' ', '","') || ']') AS cut"""


def _tail(number: str) -> str:
    return f"'{BY_TAIL}' || substr({number}, length({number}) - {TAIL - 1})"


def _triggers() -> Iterator[Trigger]:
    names = f"UPDATE OF {', '.join(NAMES)}"
    yield Trigger("finds_new_contact", "contacts", "INSERT", _afresh("NEW.number"))
    yield Trigger("finds_contact", "contacts", names, _afresh("NEW.number"), changed(*NAMES))
    yield Trigger("finds_no_contact", "contacts", "DELETE", _afresh("OLD.number"))
    yield Trigger("finds_new_tag", "contact_tags", "INSERT", _afresh("NEW.number"))
    yield Trigger("finds_tag", "contact_tags", "UPDATE", f"{_afresh('OLD.number')}; {_afresh('NEW.number')}")
    yield Trigger("finds_no_tag", "contact_tags", "DELETE", _afresh("OLD.number"))
    # While somebody rings, nothing is looked up and nobody waited for: their row is there, or is written.
    rang = f"INSERT INTO person_words (number, word) VALUES (NEW.caller, {_tail('NEW.caller')}) ON CONFLICT DO NOTHING"
    yield Trigger("finds_new_call", "calls", "INSERT", rang, "NEW.caller IS NOT NULL")
    both = f"{_afresh('OLD.caller')}; {_afresh('NEW.caller')}"
    yield Trigger("finds_call", "calls", "UPDATE OF caller", both, changed("caller"))
    yield Trigger("finds_no_call", "calls", "DELETE", _afresh("OLD.caller"), "OLD.caller IS NOT NULL")


def _afresh(number: str) -> str:
    """Take away what a number is found by no longer, add what is new: what stays is not touched, so nobody waits."""
    now = f"FROM {VIEW} WHERE number = {number}"
    return (
        f"DELETE FROM person_words WHERE number = {number} AND word NOT IN (SELECT word {now}); "
        f"INSERT INTO person_words (number, word) SELECT DISTINCT number, word {now} ON CONFLICT DO NOTHING"
    )
