"""The owner asks what would have caught most: progress, its end, where it is shown, and the page in a browser."""

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from dashboard import digest, owner_change
from tests.firm import LINE
from tests.pages import JANE, Firm, reads
from tests.past_weeks import some_calls
from tests.windows import Open
from voice import clock, replays
from voice.ledger import Outbox

RESULT: dict[str, Any] = {
    "calls": 100, "same": 98, "missed": 14, "set_aside": 2, "tried": 5, "draws": 5, "proposals": [], "differs": [],
}  # fmt: skip


def finished(
    firm: Firm, often: dict[str, float], differs: list[dict[str, Any]] | None = None, **other: Any
) -> None:  # fmt: skip
    """A replay has found that one more person would have caught these; `other`: or something else first."""
    counts = [9, 9, 8, 10, 9]
    proposal = {
        "change": {"kind": "extra", "line": {}, "extra": {"tue": "11:00-13:00"}}, "of": 14, "caught": counts,
        "often": often, "usual": 9, "least": 8, "most": 10, "words": "One more person on Tuesdays, 11–13", "when": "",
    }  # fmt: skip
    longer = proposal | {
        "change": {"kind": "ring_seconds", "line": {"ring_seconds": 30}, "extra": {}}, "caught": [0, 3, 4, 2, 3],
        "usual": 3, "least": 0, "most": 4, "words": "Ring 30 seconds instead of 20",
        "when": "most of them 11–13 on Tuesdays",
    }  # fmt: skip
    with firm.database.transaction() as session:
        row = replays.ask(session, LINE, 2, "Sam Field", clock.now())
        assert row is not None
        result = RESULT | {"proposals": [proposal | other, longer], "differs": differs or []}
        assert replays.finish(session, row.id, result, clock.now())


def test_the_page_asks_tells_and_stops_and_is_the_owners(firm: Firm) -> None:
    owner, staff = firm.visitor("sam@example.com"), firm.visitor("alex@example.com")
    assert staff.get("/owner/replay").status_code == 403
    assert "Too few calls yet" in reads(owner.get("/owner/replay").text)
    some_calls(firm.database)
    assert "Not worked out yet." in reads(owner.get("/owner").text)
    assert owner.press("/owner/replay/ask", line=LINE, weeks="9", what="best").status_code == 303
    assert "Being worked out: 0 of … calls played." in reads(owner.get("/owner").text)
    page = reads(owner.get("/owner/replay").text)
    assert "0 of … calls played" in page
    assert "Try your own" not in page
    with firm.database.reading() as session:
        row = replays.running(session)
        assert row is not None
        assert row.until - row.since == dt.timedelta(weeks=4)
    where = f"/owner/replay/{row.id}"
    assert owner.get(f"{where}/progress").json == {"state": "running", "done": 0, "total": 0, "silent": False}
    with firm.database.transaction() as session:  # a worker took it and was killed, another took it
        session.execute(sa.update(Outbox).values(tries=2, taken_at=clock.now()))
    assert "so it was begun anew" in owner.get("/owner/replay").text
    with firm.database.transaction() as session:  # and was killed
        session.execute(sa.update(Outbox).values(due_at=clock.now() - replays.SILENT, taken_at=None))
    assert owner.get(f"{where}/progress").json == {"state": "running", "done": 0, "total": 0, "silent": True}
    assert 'id="silent" >' in owner.get("/owner/replay").text
    assert staff.get(f"{where}/progress").status_code == 403
    assert owner.press(f"{where}/cancel").status_code == 303
    assert "Stopped, after 0 calls" in reads(owner.get("/owner/replay").text)


def test_ones_own_settings_are_tried_and_nonsense_is_sent_back_with_what_to_do(firm: Firm) -> None:
    owner = firm.visitor("sam@example.com")
    some_calls(firm.database)
    for fields, says in [
        ({"ring_seconds": "4"}, "from 5 to 90"), ({"ring_seconds": "long"}, "from 5 to 90"), ({}, "Say what should"),
        ({"ring": "loudly"}, "Choose one"), ({"day": "tue", "from": "13:00", "to": "11:00"}, "a later time to"),
        ({"day": "tue", "from": "<b>", "to": "11:00"}, "a later time to"),
    ]:  # fmt: skip
        answer = owner.press("/owner/replay/ask", line=LINE, weeks="1", what="own", **fields)
        assert answer.status_code == 400
        assert says in reads(answer.text)
    assert owner.press("/owner/replay/ask", line="+12125559999", weeks="1").status_code == 404
    how = {"ring_seconds": "30", "ring": "in_order", "day": "sat", "from": "10:00", "to": "12:30"}
    assert owner.press("/owner/replay/ask", line=LINE, weeks="1", what="own", **how).status_code == 303
    with firm.database.reading() as session:
        row = replays.running(session)
    assert row is not None
    assert row.wish == {
        "kind": "together", "line": {"ring_seconds": 30, "ring": "in_order"}, "extra": {"sat": "10:00-12:30"},
        "phones": {},
    }  # fmt: skip


def test_a_proposal_names_the_callers_and_how_sure_it_is(firm: Firm) -> None:
    owner = firm.visitor("sam@example.com")
    firm.name(JANE, "Jane <Doe>")
    first, other = some_calls(firm.database)[:2]
    missed = ["callback", "rang_out", None]
    differs = [
        {"id": other, "was": ["talked", None, "sam"], "became": missed, "why": "the shifts were others then"},
        {"id": "gone", "was": ["callback", "closed", None], "became": missed, "why": ""},
    ]
    finished(firm, {first: 0.8, "erased-since": 0.2}, differs)
    page = owner.get("/owner/replay").text
    told = reads(page)
    assert "Would have caught 9 of 14 missed callers ." in told
    assert "Quite sure. Played 5 times, each time with other luck: from 8 to 10." in told
    assert "Not sure. Played 5 times, each time with other luck: from 0 to 4." in told
    assert "Jane &lt;Doe&gt;" in page
    assert f"/calls/{first}" in page
    assert "in 4 of 5" in told
    assert "a call that is no longer kept" in told
    assert "gave back 98 of 100 calls as they were; the 2 others count for nothing above." in told
    assert "talked with Sam Field; played again: nobody picked up in time. the shifts were others then" in told
    assert "2 more were not played" in told
    there = reads(owner.get("/owner").text)
    assert "One more person on Tuesdays, 11–13 Would have caught 9 of 14 missed callers. Quite sure." in there
    assert "Who that is, and another proposal" in there
    with firm.database.reading() as session:
        change = digest.preview(session, "weekly", clock.now()).change
        later = digest.preview(session, "weekly", clock.now() + owner_change.FRESH + dt.timedelta(days=1)).change
    assert change is not None
    assert (change.title, change.place) == ("One more person on Tuesdays, 11–13", "/owner/replay?line=%2B12125550100")
    assert change.says.startswith("Would have caught 9 of 14 missed callers.")
    assert later is None or later.title != change.title
    assert all(said in told.replace(" .", ".") for said in (change.title, change.says, change.fix))  # the page's words
    newer: dict[str, Any] = {
        "caught": [2, 2, 2, 2, 2],
        "usual": 2,
        "least": 2,
        "most": 2,
        "words": "Stop Alex Reed’s phone after 9 seconds, before the mailbox takes the call",
        "change": {"kind": "shorter", "line": {}, "extra": {}, "phones": {"alex": 9}},
    }
    finished(firm, {}, **newer)
    there = reads(owner.get("/owner/replay").text).replace(" .", ".")
    with firm.database.reading() as session:
        change = digest.preview(session, "weekly", clock.now()).change
    assert change is not None
    assert change.title == "Stop Alex Reed’s phone after 9 seconds, before the mailbox takes the call"
    assert "once its mailbox has taken two calls" in there
    assert all(said in there for said in (change.title, change.says, change.fix))


@pytest.mark.parametrize("size", ["phone", "desk"])
def test_the_page_in_a_browser(firm: Firm, address: str, sign_in: Open, size: str) -> None:
    ids = some_calls(firm.database)
    finished(firm, dict.fromkeys(ids[:3], 0.6), [])
    page: Page = sign_in("sam", size)
    page.goto(f"{address}/owner/replay")
    page.get_by_text("Try your own").click()
    page.locator(".proposal summary").first.click()
    looked_at(page)
    page.get_by_role("button", name="What would have caught most?").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    with firm.database.transaction() as session:
        row = replays.running(session)
        assert row is not None
        replays.get_on(session, row.id, 7, 40, clock.now())
    expect(page.locator("#done")).to_have_text("7")
    expect(page.locator("#total")).to_have_text("40")
    looked_at(page)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Stopped, after 7 calls")).to_be_visible()


def looked_at(page: Page) -> None:
    """Nothing is cut off at the side, and nothing hinders whoever cannot see or point."""
    size = page.viewport_size
    assert size is not None
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    found_ = Axe().run(page)
    assert found_.violations_count == 0, found_.generate_report()
