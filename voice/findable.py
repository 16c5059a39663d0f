"""What a callback is found by: all words said of it and of its caller, in one narrow row the database keeps true.

Looking through names, tags and notes where they stand means joining five tables for everybody of the last month. Here
it is one pass over rows of a hundred bytes. Triggers write them: whatever changes a name, a tag, a note or a callback,
by whichever statement, changes the row in the same transaction, so none can be forgotten. Open callbacks have a row,
and closed ones for as long as they can be put back on the list; what was merged is found where it went on.

Triggers and view are lifted before each migration (Postgres drops no column a view reads) and laid anew after it:
see `voice.triggers`.
"""
# ruff: noqa: S608  (these statements are put together from the names above, and from nothing that comes from outside)

import datetime as dt
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from voice import clock, plain, triggers
from voice.db import UTC
from voice.models import Base
from voice.triggers import Trigger, changed

KEPT = dt.timedelta(days=31)  # after it was closed: a day more than it can be put back on the list
OF_A_CALLBACK = ("caller", "closed_at", "closed_reason", "due_at", "note", "why_not", "handed_word")
OF_A_CONTACT = ("name", "carrier_name", "same_as")
BESIDE = ("contact_tags", "contact_notes")
VIEW = "callback_words_now"
PERSON = "SELECT number FROM contacts WHERE number = {first} UNION SELECT number FROM contacts WHERE same_as = {first}"


class CallbackWords(Base):
    """One callback as the search sees it. The words come first: SQLite reads a row from its beginning."""

    __tablename__ = "callback_words"
    __table_args__ = (
        sa.Index("ix_callback_words_caller", "caller"),  # a contact has changed
        sa.Index("ix_callback_words_closed_at", "closed_at", sqlite_where=sa.text("closed_at IS NOT NULL"),
                 postgresql_where=sa.text("closed_at IS NOT NULL")),  # those to be forgotten
    )  # fmt: skip
    words: Mapped[str]  # in plain letters
    caller: Mapped[str | None]
    closed_at: Mapped[dt.datetime | None]
    due_at: Mapped[dt.datetime]
    line: Mapped[str]
    callback_id: Mapped[str] = mapped_column(sa.ForeignKey("callbacks.id", ondelete="CASCADE"), primary_key=True)


COLUMNS = ", ".join(column.name for column in CallbackWords.__table__.columns)


def forget(session: Session, now: dt.datetime) -> None:
    """Drop the rows of callbacks that were closed long ago."""
    session.execute(sa.delete(CallbackWords).where(CallbackWords.closed_at < now - KEPT))


def lift(connection: sa.Connection) -> None:
    """Take the triggers away, with all they stand on."""
    triggers.lift(connection, _triggers())
    connection.exec_driver_sql(f"DROP VIEW IF EXISTS {VIEW}")


def lay(connection: sa.Connection) -> None:
    """Put the triggers where they belong; where nothing is known yet, write down all there is."""
    connection.exec_driver_sql(_view(connection.dialect.name))
    triggers.lay(connection, _triggers())
    if connection.exec_driver_sql("SELECT 1 FROM callback_words LIMIT 1").first() is None:
        found = f"SELECT {COLUMNS} FROM {VIEW} WHERE closed_at IS NULL OR closed_at >= :since"
        since = sa.bindparam("since", clock.now() - KEPT, type_=UTC)
        connection.execute(sa.text(f"INSERT INTO callback_words ({COLUMNS}) {found}").bindparams(since))


def _view(dialect: str) -> str:
    """The view of what each row should say."""
    joined = "string_agg" if dialect == "postgresql" else "group_concat"
    notes = PERSON.format(first="coalesce(known.same_as, known.number)")
    said = (
        *(f"coalesce({column}, '')" for column in ("known.name", "known.carrier_name")),
        *(f"callbacks.{column}" for column in ("note", "why_not", "handed_word")),
        f"coalesce((SELECT {joined}(tag, ' ') FROM contact_tags WHERE number = callbacks.caller), '')",
        f"coalesce((SELECT {joined}(words, ' ') FROM contact_notes WHERE kind = 'note' AND number IN ({notes})), '')",
    )
    return f"""
        CREATE VIEW {VIEW} AS
        SELECT {plain.in_sql(dialect, "(" + " || ' ' || ".join(said) + ")")} AS words, callbacks.caller,
            CASE WHEN callbacks.state = 'closed' THEN coalesce(callbacks.closed_at, callbacks.due_at) END AS closed_at,
            callbacks.due_at, callbacks.line, callbacks.id AS callback_id
        FROM callbacks LEFT JOIN contacts AS known ON known.number = callbacks.caller
        WHERE coalesce(callbacks.closed_reason, '') <> 'merged'"""


def _triggers() -> Iterator[Trigger]:
    written = f"INSERT INTO callback_words ({COLUMNS}) SELECT {COLUMNS} FROM {VIEW} WHERE callback_id = NEW.id"
    again = f"DELETE FROM callback_words WHERE callback_id = NEW.id; {written}"
    yield Trigger("words_of_new_callback", "callbacks", "INSERT", written)
    yield Trigger("words_of_callback", "callbacks", _update(OF_A_CALLBACK), again, changed(*OF_A_CALLBACK))
    for event, rows in (("INSERT", ("NEW",)), ("UPDATE", ("NEW", "OLD")), ("DELETE", ("OLD",))):
        theirs = " UNION ".join(
            f"SELECT {row}.number UNION {PERSON.format(first=f'coalesce({row}.same_as, {row}.number)')}" for row in rows
        )
        of, when = (_update(OF_A_CONTACT), changed(*OF_A_CONTACT)) if event == "UPDATE" else (event, "")
        yield Trigger(f"words_on_contact_{event.lower()}", "contacts", of, _afresh(theirs), when)
        for table in BESIDE:
            first = "(SELECT coalesce(same_as, number) FROM contacts WHERE number = {row}.number)"
            theirs = " UNION ".join(PERSON.format(first=first.format(row=row)) for row in rows)
            yield Trigger(f"words_on_{table}_{event.lower()}", table, event, _afresh(theirs))


def _update(columns: tuple[str, ...]) -> str:
    return f"UPDATE OF {', '.join(columns)}"


def _afresh(callers: str) -> str:
    fresh = f"SELECT fresh.words FROM {VIEW} AS fresh WHERE fresh.callback_id = callback_words.callback_id"
    return f"UPDATE callback_words SET words = ({fresh}) WHERE caller IN ({callers})"
