"""The owner's page: every number leads to its people, as many as it says; any days, any line, any comparison."""

import html
import json
import pathlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from tests import figures_history
from tests.firm import SECOND_LINE
from tests.pages import Firm, Visitor, reads

pytestmark = pytest.mark.usefixtures("morning")
ROW = 'class="row person"'
# What grows with each call.
READS_ALL = re.compile("SCAN (calls|callbacks|legs|attempts|promises|rollups|rollup_marks|call_events)")
NO_LIST = re.compile(r"<td><bdi>[1-9]\d*</bdi></td>")  # a count in a table that leads nowhere


@pytest.fixture
def firm(history: pathlib.Path, tmp_path: pathlib.Path) -> Iterator[Firm]:
    made = figures_history.copy(history, tmp_path)
    yield made
    made.close()


def listed(visitor: Visitor, address: str) -> int:
    """How many rows the list behind a number has, page after page; its own heading must say as many."""
    rows, following, said = 0, address, None
    while following:
        page = visitor.get(following).text
        total = re.search(r'<span id="total">(\d+)</span>', page)
        assert total, page
        said = int(total[1])
        rows += page.count(ROW)
        more = re.search(r'href="([^"]+)">Earlier ones', page)
        following = html.unescape(more[1]) if more else ""
    assert rows == said
    return rows


def numbers(page: str) -> Iterator[tuple[str, int | None]]:
    """(address, number) of every link to a list, those of pictures among them; None: not a count."""
    for address, shown in re.findall(r'<a href="(/owner/calls\?[^"]+)">(.*?)</a>', page):
        text = reads(shown)
        count = re.fullmatch(r"(?:of |All )?(\d+)(?: kept| broken| answered)?", text)
        yield html.unescape(address), int(count[1]) if count else None
    for described in re.findall(r"data-chart='([^']+)'", page):
        yield from marks(json.loads(described))


def marks(node: Any) -> Iterator[tuple[str, int | None]]:
    """The same of a picture."""
    if isinstance(node, dict):
        if str(node.get("href", "")).startswith("/owner"):
            yield node["href"], node.get("calls")
        if "href_before" in node:
            yield node["href_before"], node["before"]
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from marks(each)


def crawl(visitor: Visitor, address: str) -> int:
    """Opens every list a page leads to, once; how many."""
    page = visitor.get(address)
    assert page.status_code == 200, page.text
    assert not NO_LIST.findall(page.text)
    seen: dict[str, int] = {}
    wrong = []
    for target, number in numbers(page.text):
        if target not in seen:
            seen[target] = listed(visitor, target)
        # The mark of an hour in which nobody was missed leads to the calls of that hour.
        if number is not None and seen[target] != number and not (number == 0 and "figure=offered" in target):
            wrong.append((target, number, seen[target]))
        if number is None:  # a time: it is taken of somebody
            assert seen[target] > 0, target
    assert wrong == []
    return len(seen)


def test_every_number_and_every_mark_of_a_picture_leads_to_as_many_calls(firm: Firm) -> None:
    sam = firm.visitor("sam@example.com")
    assert crawl(sam, "/owner") > 60
    assert crawl(sam, f"/owner?days=28&line=%2B{SECOND_LINE[1:]}") > 20
    assert crawl(sam, "/owner?days=today") > 5


def test_so_it_does_for_other_days_set_against_others(storage_url: str, tmp_path: pathlib.Path) -> None:
    other = figures_history.lived_in(Firm(storage_url, tmp_path))
    sam = other.visitor("sam@example.com")
    address = "/owner?days=own&from=2026-11-12&to=2026-11-15&vs_from=2026-11-17&vs_to=2026-11-18"
    assert crawl(sam, address) > 20


@pytest.mark.proves("D20")
def test_no_question_of_the_page_reads_a_whole_table_that_grows(firm: Firm) -> None:
    sam, engine = firm.visitor("sam@example.com"), firm.database.engine
    asked = list[tuple[str, Any]]()

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, _many: bool) -> None:
        asked.append((statement, values))

    sa.event.listen(engine, "before_cursor_execute", note)
    assert sam.get("/owner?days=28").status_code == 200
    sa.event.remove(engine, "before_cursor_execute", note)
    assert len(asked) > 40
    with engine.connect() as connection:
        for statement, values in asked:
            if statement.startswith("SELECT") and ("WHERE" in statement or "LIMIT" not in statement):
                plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
                assert not [step for step in plan if READS_ALL.match(step)], (statement, plan)


def test_each_figure_has_its_sentence_one_tap_away_and_the_same_before(firm: Firm) -> None:
    page = firm.visitor("sam@example.com").get("/owner?days=7").text
    rows = re.findall(r'<th scope="row"><details class="says"><summary>([^<]+)</summary><p>([^<]+)</p>', page)
    assert {"Offered", "Missed", "Rang again", "Calls while closed"} <= {name for name, _ in rows}
    assert all(len(says) > 20 for _, says in rows)
    heads = re.findall(r'<section class="card head[^>]*>(.*?)</section>', page, re.S)
    assert [re.search("<h2[^>]*>([^<]+)", head)[1] for head in heads] == [  # type: ignore[index]
        "Seconds to a person", "Callers lost", "Promises kept", "Answered at once",
    ]  # fmt: skip
    assert all("What this counts" in head and "before" in reads(head) for head in heads)
    for name in ("hours", "causes", "lines", "days", "staff", "reached"):
        table = page.partition(f'id="table-{name}"')[2].partition("</table>")[0]
        assert "before" in table.lower(), name
    assert "Maria Lopez" in heads[1]  # by name


def test_the_days_before_end_at_the_same_time_of_day_and_other_days_may_be_chosen(firm: Firm) -> None:
    sam = firm.visitor("sam@example.com")
    assert "“Before” is Tue 10 – Mon 16 Nov" in reads(sam.get("/owner").text)
    today = reads(sam.get("/owner?days=today").text)
    assert "Mon 23 Nov" in today
    assert "“Before” is Sun 22 Nov" in today
    page = sam.get("/owner?days=own&from=2026-11-20&to=2026-11-02&vs_from=2026-10-01").text
    assert "Mon 2 – Fri 20 Nov" in reads(page)  # the days in their order
    assert "“Before” is Thu 1 Oct." in reads(page)
    assert 'data-live="' not in page  # those days are over
    assert "days=own&amp;from=2026-11-02" in page
    assert "Sat 31 Oct – Mon 2 Nov" in reads(sam.get("/owner?days=own&from=2026-10-31&to=2026-11-02").text)


def test_another_call_is_shown_instead_of_the_one_clicked_and_the_others_stay(firm: Firm) -> None:
    sam = firm.visitor("sam@example.com")

    def lived(page: str) -> dict[str, tuple[str, str]]:
        parts = re.findall(r'id="lived-(\w+)">(.*?)</article>', page, re.S)
        found = ((kind, re.findall(r'href="(/[^"]+)"', part)) for kind, part in parts)
        return {kind: (links[0], html.unescape(links[1])) for kind, links in found}

    first = lived(sam.get("/owner").text)
    second = lived(sam.get(first["typical"][1]).text)
    third = lived(sam.get(second["worst"][1]).text)
    assert set(first) == {"good", "typical", "worst"}
    assert {kind for kind in first if second[kind][0] != first[kind][0]} == {"typical"}
    assert {kind for kind in first if third[kind][0] != second[kind][0]} == {"worst"}


def test_the_owners_own_figure_for_a_menu_is_written_on_the_page_which_says_what_it_counts(firm: Firm) -> None:
    sam = firm.visitor("sam@example.com")
    menu = sam.get("/owner?days=28").text.partition('id="menu-tax"')[2].partition("</section>")[0]
    assert "VCC Live, 2023" in menu
    assert re.search(r"<summary>What this counts</summary><p>[^<]{40,}</p>", menu)
    fields = dict(re.findall(r'<input type="(?:hidden|number)" name="(\w+)"[^>]* value="([^"]*)"', menu))
    assert fields == {"days": "28", "menu": ""}
    own = sam.get(f"/owner?days={fields['days']}&menu=25").text
    assert "With your own figure: 25 s in the menu" in reads(own)


UNCLEAR = {
    "days=30": "Choose today, 7 days",
    "days=own": "Choose the days from and to",
    "days=own&from=2026-02-30": "Choose the days from and to",
    "days=own&from=1875-01-01": "Choose days after",
    "days=own&from=2001-01-01&to=2020-01-01": "no more than five years",
    "line=%2B12125550199": "not one of yours",
    "menu=soon": "as a number",
    "menu=nan": "as a number from 1 to 600",
    "menu=0": "as a number from 1 to 600",
}


def test_what_cannot_be_shown_is_said_with_what_to_do(sam: Visitor) -> None:
    for asked, said in UNCLEAR.items():
        page = sam.get(f"/owner?{asked}")
        assert page.status_code == 400, asked
        assert said in reads(page.text)


LISTS = {
    "figure=none": 404, "": 404, "figure=missed&hour=24": 400, "figure=missed&weekday=x": 400,
    "figure=missed&since=2026-11-22": 400, "figure=missed&until=soon": 400, "figure=missed&after=x": 400,
    "figure=offered&within=soon": 400, "figure=offered&within=0": 200,
    "figure=missed&staff=nobody&cause=none": 200,
}  # fmt: skip


def test_a_list_nobody_linked_to_is_refused_or_empty(sam: Visitor) -> None:
    for asked, status in LISTS.items():
        page = sam.get(f"/owner/calls?{asked}")
        assert page.status_code == status, asked
        assert status != 200 or "Nobody." in page.text


def test_figures_are_the_owners_alone(firm: Firm) -> None:
    alex = firm.visitor("alex@example.com")
    files = ("vega.js", "raw.csv", "raw.parquet", "tables/hours.csv", "pictures/hours.svg", "calls/list.csv")
    for path in ("", "/part", "/calls?figure=lost", *(f"/{name}" for name in files)):
        assert alex.get(f"/owner{path}").status_code == 403, path
    assert "/owner" not in alex.get("/").text


def test_a_page_of_today_asks_again_and_gets_nothing_new_when_nothing_is(firm: Firm) -> None:
    sam = firm.visitor("sam@example.com")
    assert 'data-live="/live"' in sam.get("/owner").text
    part = sam.get("/owner/part?days=today")
    again = sam.get("/owner/part?days=today", If_None_Match=part.headers["ETag"])
    assert (part.status_code, again.status_code) == (200, 304)
    with firm.database.transaction() as session:
        firm.call(session, "+12125550163", state="unanswered", outcome="callback", cause="rang_out")
    changed = sam.get("/owner/part?days=today", If_None_Match=part.headers["ETag"])
    assert changed.status_code == 200


def test_before_the_first_call_the_page_says_how_to_begin(storage_url: str, tmp_path: pathlib.Path) -> None:
    firm = Firm(storage_url, tmp_path)
    sam = firm.visitor("sam@example.com")
    page = sam.get("/owner").text
    assert "No call has come in yet." in page
    assert 'href="tel:+12125550100"' in page
    assert "data-chart" not in page
    with firm.database.transaction() as session:
        firm.call(session, "+12125550163", state="unanswered", outcome="callback", cause="rang_out")
    page = reads(sam.get("/owner").text)
    assert "0 of 1 call led to a person" in page
    assert sam.get("/owner?days=own&from=2026-01-01").status_code == 200
    firm.close()
