"""The owner asks what would have caught most: the job behind it, its progress, its end, and the page in a browser."""

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from dashboard import digest, owner_change
from tests.firm import LINE, found
from tests.pages import JANE, Firm, reads
from tests.windows import Open
from voice import clock, moves, replays
from voice.carrier.client import Carrier
from voice.db import Database
from voice.ledger import Outbox
from voice.models import Call, new_id
from voice.replay_tables import Replay
from voice.rules.other_settings import DAYS, Change
from voice.settings import Settings
from voice.work import jobs, outbox, replaying, rounds
from voice.work.tools import Tools

WAIT = 90.0  # seconds a replay of a few calls may take on a slow machine


def call(session: Any, at: dt.datetime, outcome: str = "callback", cause: str | None = "rang_out", **how: Any) -> Call:
    """A call that is over, as the demo writes them: Sam's phone rang for 15 seconds."""
    row = Call(
        sid=f"CA{new_id()}", line=LINE, dialled=LINE, caller=JANE, caller_key=JANE, source="webhook", received_at=at,
        ring_from=at, ring_until=at + dt.timedelta(seconds=20), seen_at=at, told_at=at + dt.timedelta(seconds=21),
        ended_at=at + dt.timedelta(seconds=30), state="unanswered", outcome=outcome, cause=cause, **how,
    )  # fmt: skip
    session.add(row)
    session.flush()
    for name in ("sam", "alex"):
        moves.note(session, "phone_placed", at, row, staff=name, why="everyone")
        moves.note(session, "phone_rings", at + dt.timedelta(seconds=0.5), row, staff=name)
        moves.note(session, "phone_stops", at + dt.timedelta(seconds=15.5), row, staff=name, how="no_answer")
    return row


def some_calls(database: Database, count: int = 10) -> list[str]:
    """So many of them in the last day; their ids."""
    begin = clock.now() - dt.timedelta(hours=20)
    with database.transaction() as session:
        return [call(session, begin + dt.timedelta(minutes=5 * place)).id for place in range(count)]


def asked(database: Database, wish: Change | None = None) -> str:
    """A replay has been asked for; its id."""
    with database.transaction() as session:
        row = replays.ask(session, LINE, 1, "Sam", clock.now(), wish)
        assert row is not None
        return row.id


def state(database: Database, replay_id: str) -> Replay:
    """A replay as it is now."""
    with database.reading() as session:
        return session.get_one(Replay, replay_id)


def test_one_replay_at_a_time_and_its_end_is_told_once(both_databases: Database) -> None:
    found(both_databases)
    first = asked(both_databases)
    with both_databases.transaction() as session:
        assert replays.ask(session, LINE, 1, "Alex", clock.now()) is None
        assert replays.get_on(session, first, 3, 40, clock.now())
        assert replays.cancel(session, first, clock.now())
        assert not replays.get_on(session, first, 4, 40, clock.now())
        assert not replays.finish(session, first, {"calls": 1}, clock.now())
    assert (state(both_databases, first).state, state(both_databases, first).done) == ("cancelled", 3)
    asked(both_databases)


@pytest.fixture
def tools(settings: Settings, database: Database) -> Tools:
    """What a job works with."""
    found(database)
    return Tools(settings, database, Carrier(settings))


def run(tools: Tools) -> None:
    """The worker runs what is due."""
    with tools.database.reading() as session:
        rows = [row.id for row in outbox.due(session, clock.now())]
    for row_id in rows:
        jobs.run(tools, row_id, clock.now())


def test_a_replay_runs_beside_the_worker_and_keeps_what_it_found(tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replays, "FEWEST", 3)
    ids = some_calls(tools.database, 3)
    with tools.database.reading() as session:
        came = session.get_one(Call, ids[1]).received_at.astimezone(ZoneInfo("America/New_York"))
    around = f"{came - dt.timedelta(minutes=1):%H:%M}-{came + dt.timedelta(minutes=2):%H:%M}"
    replay_id = asked(tools.database, Change("extra", {}, {DAYS[came.weekday()]: around}))
    run(tools)
    row = state(tools.database, replay_id)
    assert row.state == "done", row.problem
    assert row.result is not None
    assert (row.result["calls"], row.result["same"], row.done, row.of) == (3, 3, 8, 8)
    (proposal,) = row.result["proposals"]
    assert set(proposal["often"]) <= {ids[1]}
    with tools.database.reading() as session:
        assert session.scalars(sa.select(Outbox).where(Outbox.done_at.is_(None))).all() == []


def test_too_few_calls_are_said_to_be_too_few(tools: Tools) -> None:
    some_calls(tools.database, 2)
    replay_id = asked(tools.database)
    run(tools)
    row = state(tools.database, replay_id)
    assert (row.state, row.problem) == ("failed", replaying.TOO_FEW)


def until(seen: Callable[[], bool]) -> None:
    """Wait for something that another process does."""
    end = clock.monotonic() + WAIT
    while not seen():
        assert clock.monotonic() < end
        clock.sleep(0.1)


def test_a_replay_ends_within_seconds_when_it_is_cancelled_and_begins_anew_after_the_worker_stopped(
    tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    some_calls(tools.database, 30)
    replay_id = asked(tools.database)
    working = threading.Thread(target=run, args=(tools,))
    working.start()
    until(lambda: state(tools.database, replay_id).done > 0)
    replaying.stop()
    working.join(5)
    assert not working.is_alive()
    with tools.database.reading() as session:
        row = session.scalars(sa.select(Outbox).where(Outbox.key == replays.key(replay_id))).one()
        assert (row.done_at, row.taken_at) == (None, None)  # the next worker takes it
        assert state(tools.database, replay_id).state == "running"
    monkeypatch.setattr(replaying, "_stopping", threading.Event())
    with tools.database.transaction() as session:
        session.execute(sa.update(Outbox).values(due_at=clock.now()))
    working = threading.Thread(target=run, args=(tools,))
    working.start()
    clock.sleep(1)
    with tools.database.transaction() as session:
        assert replays.cancel(session, replay_id, clock.now())
    working.join(5)
    assert not working.is_alive()
    assert state(tools.database, replay_id).state == "cancelled"


def test_a_replay_whose_worker_was_killed_is_begun_anew_but_not_for_ever(tools: Tools) -> None:
    some_calls(tools.database)
    for trouble in ("killed again and again", "job over"):
        replay_id, a_minute_ago = asked(tools.database), clock.now() - outbox.TAKE_AGAIN
        with tools.database.transaction() as session:
            assert not replays.is_silent(session, session.get_one(Replay, replay_id), clock.now())
            before: dict[str, Any] = {"tries": replaying.MOST_TRIES, "due_at": a_minute_ago, "taken_at": a_minute_ago}
            job = sa.update(Outbox).where(Outbox.key == replays.key(replay_id))
            session.execute(job.values(before if trouble == "killed again and again" else {"done_at": clock.now()}))
        with tools.database.reading() as session:
            assert replays.is_silent(session, session.get_one(Replay, replay_id), clock.now())
        if trouble == "killed again and again":
            run(tools)  # the next worker, a minute later
        else:
            rounds.go(tools.database, tools.settings, clock.now())
        assert (state(tools.database, replay_id).state, state(tools.database, replay_id).problem) == (
            "failed", replays.GIVEN_UP,
        )  # fmt: skip


# --- the page

RESULT: dict[str, Any] = {
    "calls": 100, "same": 98, "missed": 14, "set_aside": 2, "tried": 5, "draws": 5, "proposals": [], "differs": [],
}  # fmt: skip


def finished(firm: Firm, often: dict[str, float], differs: list[dict[str, Any]] | None = None) -> None:
    """A replay has found that one more person would have caught these."""
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
        result = RESULT | {"proposals": [proposal, longer], "differs": differs or []}
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
    with firm.database.transaction() as session:  # a worker took it and was killed, another took it and was killed
        session.execute(sa.update(Outbox).values(tries=2, due_at=clock.now() - outbox.TAKE_AGAIN))
    assert owner.get(f"{where}/progress").json == {"state": "running", "done": 0, "total": 0, "silent": True}
    assert 'id="silent" >' in owner.get("/owner/replay").text
    assert "so it was begun anew" in owner.get("/owner/replay").text
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
