"""The list while things happen: at once, in place, and never silently old."""

import datetime as dt
import re
import time
from collections import defaultdict
from collections.abc import Iterator

import pytest
import time_machine
from playwright.sync_api import expect

from dashboard import live
from tests.firm import LINE, MONDAY_TEN, PHONES
from tests.pages import JANE, Firm
from tests.windows import Open, becomes, is_listening, turn
from voice import callbacks, claims, clock, moves, results
from voice.models import Attempt, Call, Callback, Leg

HEAVIEST = 150_000  # bytes over the wire until the list can be used
NOW_AND_THEN = 2  # of twelve deeds a busy machine may show late; each kind is done three times
TEN_MINUTES = 600_000  # on the page's own clock, which is moved
COUNT_QUESTIONS = """
window.asked = 0;
window.bells = [];
const { fetch: ask, EventSource: Bell } = window;
window.fetch = (...what) => { window.asked += 1; return ask(...what); };
window.EventSource = class extends Bell { constructor(address) { super(address); window.bells.push(this); } };
"""
HIDE = """hidden => {
  Object.defineProperty(document, "hidden", {configurable: true, get: () => hidden});
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture(autouse=True)
def _morning() -> Iterator[None]:
    with time_machine.travel(MONDAY_TEN, tick=True):
        yield


def claim(firm: Firm, callback: str, staff: str) -> None:
    """Somebody takes it in hand, in another window."""
    with firm.database.transaction() as session:
        assert claims.claim(session, session.get_one(Callback, callback), staff, clock.now()) is None


def many(firm: Firm, count: int) -> list[str]:
    """So many people waiting, in order of promise."""
    now, rows = clock.now(), []
    for number in range(1, count + 1):
        caller, due = f"+1212555{number:04d}", now + dt.timedelta(minutes=number)
        times = {"promised_by": due, "due_at": due, "first_called_at": now, "last_called_at": now}
        rows.append(Callback(line=LINE, caller=caller, caller_key=caller, state="waiting", reason="rang_out", **times))
    with firm.database.transaction() as session:
        session.add_all(rows)
    return [row.id for row in rows]


@pytest.mark.proves("02-1.1")
def test_what_somebody_else_does_appears_within_a_second(firm: Firm, sign_in: Open) -> None:
    page = sign_in("sam", "phone")
    is_listening(page)
    took: dict[str, list[float]] = defaultdict(list)

    def shown(deed: str, spot: str, words: str, began: float) -> None:
        expect(page.locator(spot).first).to_contain_text(words)
        took[deed].append(time.perf_counter() - began)

    for number, caller in enumerate(("+12125550143", "+12125550144", "+12125550145"), start=1):
        began = time.perf_counter()
        with firm.database.transaction() as session:
            call_id = firm.call(session, caller, state="ringing").id
        shown("rings", f"#live-{call_id}", caller[-4:], began)
        began = time.perf_counter()
        with firm.database.transaction() as session:
            call = session.get_one(Call, call_id)
            call.state, call.ended_at = "abandoned", clock.now()
            callback = callbacks.open_for(session, call, "rang_out", clock.now())
            assert callback is not None
        shown("is new", "#group-waiting", caller[-4:], began)
        began = time.perf_counter()
        claim(firm, callback.id, "alex")
        shown("is claimed", f"#cb-{callback.id}", "Alex Moor has it", began)
        began = time.perf_counter()
        with firm.database.transaction() as session:
            row = session.get_one(Callback, callback.id)
            assert results.give_result(session, row, "alex", "done_by_hand", clock.now()) is None
        shown("is closed", "#title-closed .count", str(number), began)
        turn(page)
    late = [(deed, seconds) for deed, times in took.items() for seconds in times if seconds >= 1]
    assert len(late) <= NOW_AND_THEN, f"without the bell each would take three seconds or more: {late}"


@pytest.mark.proves("02-1.2")
def test_without_a_place_for_a_stream_the_page_asks_by_itself(
    firm: Firm, sign_in: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "EACH", 0)
    callback = firm.callback()
    page = sign_in("sam")
    claim(firm, callback, "alex")
    turn(page)
    expect(page.locator(f"#cb-{callback}")).to_contain_text("Alex Moor has it", timeout=8_000)
    expect(page.locator("#connection")).to_be_hidden()


@pytest.mark.proves("02-1.2")
def test_a_hidden_tab_rests_and_is_up_to_date_at_once_when_one_comes_back(firm: Firm, sign_in: Open) -> None:
    callback = firm.callback()
    page = sign_in("sam", init_script=COUNT_QUESTIONS, moved_clock=True)
    becomes(page, "bells.some(bell => bell.readyState === EventSource.OPEN)")
    asked = page.evaluate("asked")
    page.clock.run_for(TEN_MINUTES)
    assert page.evaluate("asked") > asked, "while somebody looks it asks now and then"
    page.evaluate(HIDE, True)
    asked = page.evaluate("asked")
    claim(firm, callback, "alex")
    page.clock.run_for(TEN_MINUTES)
    assert page.evaluate("asked") == asked
    assert page.evaluate("bells.every(bell => bell.readyState === EventSource.CLOSED)"), "nor does it hear the bell"
    turn(page)
    page.evaluate(HIDE, False)
    expect(page.locator(f"#cb-{callback}")).to_contain_text("Alex Moor has it", timeout=5_000)


@pytest.mark.proves("02-1.11")
def test_each_step_of_a_call_is_shown_as_it_happens(firm: Firm, sign_in: Open) -> None:
    firm.name(JANE, "Jane Doe")
    callback = firm.callback()
    sam, alex = sign_in("sam", "phone"), sign_in("alex")
    sam.locator(f"#call-{callback}").click()
    mine, theirs = (page.locator(f"#steps-{callback} [aria-current=step]") for page in (sam, alex))
    expect(mine).to_contain_text("Ringing you")
    expect(theirs).to_contain_text("Ringing Sam Field")
    with firm.database.transaction() as session:
        attempt = session.query(Attempt).filter_by(callback_id=callback).one()
        now = clock.now()
        leg = Leg(line=LINE, staff_id="sam", phone=PHONES["sam"], purpose="ring_back", state="picked_up")
        leg.placed_at, leg.picked_up_at, leg.stop_at = now, now, now + dt.timedelta(seconds=15)
        session.add(leg)
        session.flush()
        attempt.leg_id = leg.id
    for page in (sam, alex):
        turn(page)
    expect(mine).to_contain_text(re.compile(r"You picked up \d s: press any key on your phone"))
    for values, words in (
        ({"state": "sending", "sending_at": clock.now()}, "Ringing them"),
        ({"state": "placed", "answered_at": clock.now() - dt.timedelta(seconds=42)}, "Talking 4"),
    ):
        with firm.database.transaction() as session:
            attempt = session.query(Attempt).filter_by(callback_id=callback).one()
            for name, value in values.items():
                setattr(attempt, name, value)
        expect(mine).to_contain_text(words)
        expect(theirs).to_contain_text(words)
    first = mine.text_content()
    page_time = sam.locator(f"#steps-{callback} [data-since]")
    expect(page_time).not_to_have_text(str(first).rpartition("Talking ")[2].strip())  # the seconds go by


@pytest.mark.proves("02-6.2")
def test_two_hundred_rows_change_while_somebody_types(firm: Firm, sign_in: Open) -> None:
    rows = many(firm, 200)
    page = sign_in("sam", at="/?waiting=200")
    is_listening(page)
    expect(page.locator("#group-waiting [data-row]")).to_have_count(200)
    row = page.locator(f"#cb-{rows[120]}")
    row.locator("summary").click()
    note = page.locator(f"#note-{rows[120]}")
    note.focus()
    top = note.evaluate("field => field.getBoundingClientRect().top")
    for times, letters in enumerate(("Wants ", "a quote", " for two", " boilers"), start=2):
        page.keyboard.type(letters)
        with firm.database.transaction() as session:
            for callback in session.query(Callback):
                callback.calls = times
            moves.note(session, "callback_raised", clock.now())
        expect(page.locator(f"#cb-{rows[199]}")).to_contain_text("twice" if times == 2 else f"{times} times")
    expect(note).to_be_focused()
    expect(note).to_have_value("Wants a quote for two boilers")
    assert abs(note.evaluate("field => field.getBoundingClientRect().top") - top) < 40


@pytest.mark.proves("02-6.4")
def test_the_first_load_is_light(firm: Firm, sign_in: Open) -> None:
    many(firm, 50)
    page = sign_in("sam", "phone")
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.send("Network.setCacheDisabled", {"cacheDisabled": True})
    wire.send("Network.setBypassServiceWorker", {"bypass": True})  # there is none yet when one comes first
    loaded: list[float] = []
    wire.on("Network.loadingFinished", lambda event: loaded.append(event["encodedDataLength"]))
    with page.expect_response("**/list"):  # what it asks for once it listens
        page.reload()
    page.wait_for_timeout(200)
    wire.detach()
    print(f"first load of the list: {sum(loaded):.0f} bytes in {len(loaded)} answers")  # noqa: T201
    assert 8_000 < sum(loaded) < HEAVIEST
