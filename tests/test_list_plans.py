"""The list stays quick because each of its questions is answered from an index: none reads a whole table that grows."""

import datetime as dt
import re
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from dashboard import list_glance, list_groups, list_page, list_people, list_rows, steps
from tests.pages import JANE, Firm
from voice import clock, person_export, retention, undo
from voice.db import Database
from voice.models import Callback
from voice.rules.keeping import Keeping

GROWING = "calls|callbacks|contacts|contact_tags|messages|attempts|legs|told"
ASKED: dict[str, sa.Select[*tuple[object, ...]]] = {
    "what is going on": list_glance.GLANCE,
    "the first of every group": list_groups.EVERY_GROUP,
    "how many there are": list_groups.COUNTS,
    "how many were closed today": list_groups.CLOSED_TODAY,
    "who they are": list_people.CONTACTS,
    "their calls and messages": list_rows.CALLS,
    "who rings now": list_page.LIVE,
    "what colleagues did": list_page.NEWS,
    "ring-backs under way": steps.LIVE,
    "what can be undone": undo.LATEST,
}


@pytest.mark.proves("02-1.9", "D20")
def test_no_question_of_the_list_reads_a_whole_table(sqlite_url: str) -> None:
    connection = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))
    for what, statement in ASKED.items():
        asked = re.sub(r"\(?__\[\w+\]\)?", "(?)", str(statement.compile(dialect=sqlite.dialect())))
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {asked}", [None] * asked.count("?"))]
        assert plan
        read_whole = [step for step in plan if re.fullmatch(rf"SCAN ({GROWING})(_\d+)?", step)]
        assert not read_whole, f"{what}: {plan}"
    connection.close()


def read_whole(database: Database, work: Callable[[Session], object]) -> set[tuple[str, str]]:
    """Which tables are read from end to end, and by which statement, where any index would do instead."""
    asked: dict[str, Any] = {}
    is_said = (database.engine, "before_cursor_execute", lambda *said: asked.setdefault(said[2], said[3]))
    with database.transaction() as session:
        if not database.is_sqlite:
            session.execute(sa.text("SET LOCAL enable_seqscan = off"))
        sa.event.listen(*is_said)
        work(session)
        sa.event.remove(*is_said)
        explain, scan = (
            ("EXPLAIN QUERY PLAN ", r"SCAN (\w+)$") if database.is_sqlite else ("EXPLAIN ", r"Seq Scan on (\w+)")
        )
        return {
            (found[1], statement)
            for statement, given in asked.items()
            if statement.startswith(("SELECT", "UPDATE", "DELETE"))
            for step in session.connection().exec_driver_sql(explain + statement, given)
            if (found := re.search(scan, str(step[-1])))
        }


def test_neither_an_export_nor_the_night_reads_all_there_is_for_one_person(firm: Firm) -> None:
    firm.callback(JANE, state="closed", closed_reason="talked", closed_at=clock.now())

    def both(session: Session) -> None:
        person_export.everything(session, JANE)
        then = clock.now() + dt.timedelta(days=900)
        assert retention.STEPS[1](session, Keeping(), then, "") == JANE, "nobody else in this transaction"

    read = read_whole(firm.database, both)
    assert not [each for each in read if each[0] in ("callbacks", "carrier_events", "messages")]


def test_reading_leaves_postgres_what_it_has_prepared_and_can_write_nothing(postgres_url: str) -> None:
    database = Database(postgres_url)
    for _ in range(7):  # the driver prepares what it is asked for the sixth time
        with database.reading() as session:
            session.execute(list_groups.COUNTS, {"now": clock.now()})
    with database.reading() as session:
        prepared = session.scalar(
            sa.text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%FILTER%'")
        )
    assert prepared == 1
    with pytest.raises(sa.exc.InternalError, match="read-only"), database.reading() as session:
        session.execute(sa.delete(Callback))
    with database.transaction() as session:  # on the same connection
        session.execute(sa.delete(Callback))
    database.engine.dispose()
