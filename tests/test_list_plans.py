"""The list stays quick because each of its questions is answered from an index: none reads a whole table that grows."""

import re
import sqlite3

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from dashboard import list_glance, list_groups, list_page, list_people, list_rows, steps
from voice import clock, undo
from voice.db import Database
from voice.models import Callback

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
