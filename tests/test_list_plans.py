"""The list stays quick because each of its questions is answered from an index: none reads a whole table that grows."""

import re
import sqlite3

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from dashboard import list_glance, list_groups, list_page, list_people, list_rows, steps
from voice import undo

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


@pytest.mark.parametrize("what", ASKED)
def test_no_question_of_the_list_reads_a_whole_table(sqlite_url: str, what: str) -> None:
    asked = re.sub(r"\(?__\[\w+\]\)?", "(?)", str(ASKED[what].compile(dialect=sqlite.dialect())))
    connection = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {asked}", [None] * asked.count("?"))]
    connection.close()
    assert plan
    assert not [step for step in plan if re.fullmatch(rf"SCAN ({GROWING})(_\d+)?", step)], "\n".join(plan)
