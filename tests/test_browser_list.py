"""The callback list in a real browser: on a phone and on a desk, with and without its script, while others work too."""

import datetime as dt
from collections.abc import Iterator

import pytest
import time_machine
from playwright.sync_api import expect
from sqlalchemy.orm import Session

from tests.firm import MONDAY_TEN
from tests.pages import JANE, Firm
from tests.windows import SIZES, Open, fits, is_listening, turn
from voice import clock
from voice.ledger import Notice
from voice.models import Attempt, Call

LUIS = "+12125550177"
FAR_DOWN = "document.getElementById('list').style.minHeight = '6000px'; scrollTo(0, 4000)"
MOVES = """() => [...document.querySelectorAll("*")].flatMap((element) => ["", "::before", "::after"].map((part) =>
  getComputedStyle(element, part))).filter((look) => look.animationName !== "none" ||
  look.transitionDuration.split(", ").some((lasts) => parseFloat(lasts) > 0)).length"""


@pytest.fixture(autouse=True)
def _morning() -> Iterator[None]:
    """Ten on a Monday morning here; the browser keeps its own clock, as a badly set phone would."""
    with time_machine.travel(MONDAY_TEN, tick=True):
        yield


@pytest.mark.proves("01-6.15", "02-1.10")
@pytest.mark.parametrize(
    ("size", "script"), [*((size, True) for size in SIZES), ("phone", False)], ids=[*SIZES, "phone, no script"]
)
def test_claim_call_and_result_are_one_tap_each(firm: Firm, sign_in: Open, size: str, script: bool) -> None:
    firm.name(JANE, "Jane Doe")
    callback = firm.callback(due=-8)
    page = sign_in("sam", size, java_script_enabled=script)
    row = page.locator(f"#cb-{callback}")
    expect(row).to_contain_text("8 min late")
    row.get_by_role("button", name="Claim").click()
    expect(row).to_contain_text("You have it")
    row.get_by_role("button", name="Call").first.click()
    expect(row).to_contain_text("Ringing: first your phone, then theirs")
    _talk(firm, callback)
    if not script:
        page.reload()
    expect(row).to_contain_text("how did it go?")
    row.get_by_role("button", name="Sorted").click()
    expect(page.locator("#group-closed")).to_contain_text("Jane Doe")
    expect(page.locator("#empty")).to_be_visible()
    assert firm.row(callback).closed_reason == "talked"


@pytest.mark.proves("01-6.15", "02-6.1")
def test_two_people_at_once_see_each_others_claims_without_reloading(firm: Firm, sign_in: Open) -> None:
    callback = firm.callback()
    sam, alex = sign_in("sam"), sign_in("alex", "phone")
    expect(alex.locator(f"#claim-{callback}")).to_be_visible()
    for page in (sam, alex):
        turn(page)
    sam.locator(f"#claim-{callback}").click()
    expect(alex.locator(f"#cb-{callback}")).to_contain_text("Sam Field has it")
    expect(alex.locator(f"#claim-{callback}")).to_have_count(0)
    sam.locator(f"#more-{callback}").click()
    sam.locator(f"#to-{callback}").select_option("alex")
    sam.get_by_label("word").fill("She asked for you")
    sam.locator(f"#hand-{callback}").click()
    expect(sam.locator(f"#cb-{callback}")).to_contain_text("Alex Moor has it")
    expect(alex.locator("#news")).to_contain_text("Sam Field handed you (212) 555-0142: “She asked for you”")
    alex.locator("#news").get_by_role("button", name="OK").click()
    expect(alex.locator("#news .news")).to_have_count(0)


@pytest.mark.proves("02-6.1")
def test_who_comes_second_is_told_who_has_it_and_sees_it(firm: Firm, sign_in: Open) -> None:
    callback = firm.callback()
    alex = sign_in("alex")
    is_listening(alex)
    alex.route("**/list", lambda route: route.abort())
    lease = clock.now() + dt.timedelta(seconds=90)
    firm.set(callback, state="claimed", claimed_by="sam", lease_until=lease)
    alex.locator(f"#call-{callback}").click()
    expect(alex.get_by_role("alert")).to_contain_text("Sam Field has this one.")
    turn(alex)
    expect(alex.locator(f"#cb-{callback}")).to_contain_text("Sam Field has it")


@pytest.mark.parametrize(("size", "script"), [("phone", True), ("desk", False)], ids=["phone", "desk, no script"])
def test_call_anyway_is_offered_outside_the_callers_hours(firm: Firm, sign_in: Open, size: str, script: bool) -> None:
    callback = firm.callback("+13105550177")
    page = sign_in("sam", size, java_script_enabled=script)
    page.locator(f"#call-{callback}").click()
    expect(page.get_by_role("alert")).to_contain_text("It is 7:")
    page.get_by_role("button", name="Call anyway").click()
    expect(page.locator(f"#cb-{callback}")).to_contain_text("Ringing: first your phone")
    expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.proves("02-1.22")
def test_a_refresh_takes_neither_the_focus_nor_a_half_written_note_nor_an_open_menu(firm: Firm, sign_in: Open) -> None:
    first, second = firm.callback(due=5), firm.callback(LUIS, due=10)
    page = sign_in("sam")
    page.locator(f"#cb-{second} summary").click()
    note = page.locator(f"#note-{second}")
    note.press_sequentially("Wants a qu")
    later = clock.now() + dt.timedelta(minutes=30)
    for change in ({"calls": 2}, {"due_at": later, "promised_by": later}):
        firm.set(first, **change)
        firm.set(second, calls=change.get("calls", 3))
        expect(page.locator(f"#cb-{second}")).to_contain_text("twice" if "calls" in change else "3 times")
        turn(page)  # a phone that is turned round
    expect(page.locator("[data-row]").first).to_have_id(f"cb-{second}")
    expect(note).to_be_focused()
    note.press_sequentially("ote")
    expect(note).to_have_value("Wants a quote")


@pytest.mark.proves("02-1.21")
def test_the_list_can_be_worked_from_the_keyboard(firm: Firm, sign_in: Open) -> None:
    first, second = firm.callback(due=5), firm.callback(LUIS, due=10)
    page = sign_in("sam")
    page.keyboard.press("j")
    expect(page.locator(f"#cb-{first}")).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(page.locator(f"#cb-{first}")).to_be_focused()
    page.keyboard.press("j")
    turn(page)
    page.keyboard.press("c")
    expect(page.locator(f"#cb-{second}")).to_contain_text("You have it")
    expect(page.locator(f"#group-mine #cb-{second}")).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator(f"#cb-{first}")).to_contain_text("Ringing: first your phone")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


@pytest.mark.proves("02-1.21")
def test_keys_take_a_caller_take_over_reopen_undo_and_play(firm: Firm, sign_in: Open) -> None:
    lease = clock.now() + dt.timedelta(minutes=9)
    theirs = firm.callback(state="claimed", claimed_by="alex", lease_until=lease)
    shut = firm.callback(LUIS, state="closed", closed_reason="talked", closed_at=clock.now())
    message = firm.message(theirs, b"RIFF")
    with firm.database.transaction() as session:
        firm.call(session, "+12125550159", state="ringing", received_at=clock.now() - dt.timedelta(seconds=5))
        call = firm.call(session, "+12125550160", state="ringing").id
    page = sign_in("sam")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(f"#live-{call}")).to_be_focused()
    page.evaluate("HTMLMediaElement.prototype.play = function () { window.played = this.id; }")
    page.keyboard.press("t")
    expect(page.locator(f"#live-{call}")).to_contain_text("You are taking it")
    turn(page)
    page.keyboard.press("j")
    expect(page.locator(f"#cb-{theirs}")).to_be_focused()
    page.keyboard.press("p")
    assert page.evaluate("played") == f"audio-{message}"
    page.keyboard.press("c")
    expect(page.locator(f"#group-mine #cb-{theirs}")).to_contain_text("You have it")
    page.locator(f"#cb-{shut}").focus()
    page.keyboard.press("c")
    expect(page.locator(f"#group-waiting #cb-{shut}")).to_be_visible()
    page.keyboard.press("u")
    expect(page.locator(f"#group-closed #cb-{shut}")).to_be_visible()


@pytest.mark.proves("02-1.2")
def test_a_lost_connection_is_said_and_heals(firm: Firm, sign_in: Open) -> None:
    callback = firm.callback()
    page = sign_in("sam", "phone")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.context.set_offline(True)
    expect(page.locator("#connection")).to_contain_text("No connection since")
    page.evaluate(FAR_DOWN)
    expect(page.locator("#connection")).to_be_in_viewport(ratio=1)
    turn(page)
    page.locator(f"#claim-{callback}").click()
    expect(page.get_by_role("alert")).to_contain_text("did not reach Ringback")
    page.context.set_offline(False)
    expect(page.locator("#connection")).to_be_hidden()
    page.locator(f"#claim-{callback}").click()
    expect(page.locator(f"#cb-{callback}")).to_contain_text("You have it")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_caller_who_rings_now_appears_and_can_be_taken(firm: Firm, sign_in: Open) -> None:
    page = sign_in("sam", "phone")
    expect(page.locator("#empty")).to_be_visible()
    with firm.database.transaction() as session:
        call = firm.call(session, JANE, state="ringing").id
    expect(page.locator(f"#live-{call}")).to_be_visible()
    page.evaluate(FAR_DOWN)
    expect(page.locator("#live-title")).to_be_in_viewport(ratio=1)
    page.get_by_role("link", name="Ringing now 1").click()
    expect(page.locator(f"#live-{call}")).to_be_in_viewport(ratio=1)
    page.locator(f"#take-{call}").click()
    turn(page)
    expect(page.locator(f"#live-{call}")).to_contain_text("You are taking it")
    with firm.database.transaction() as session:
        row = session.get_one(Call, call)
        row.state, row.ended_at = "abandoned", clock.now()
    expect(page.locator("#live")).to_have_count(0)


@pytest.mark.proves("F46")
def test_signing_out_in_another_tab_takes_the_list_away(firm: Firm, sign_in: Open) -> None:
    firm.callback()
    page = sign_in("sam")
    other = page.context.new_page()
    other.goto(page.url)
    turn(other)
    other.locator(".account summary").click()
    other.get_by_role("button", name="Sign out", exact=True).click()
    for tab in (page, other):
        expect(tab.get_by_label("Password")).to_be_visible()
    other.go_back()
    expect(other.get_by_label("Password")).to_be_visible()


@pytest.mark.proves("F21")
def test_hostile_callers_cannot_make_the_page_do_anything(firm: Firm, sign_in: Open) -> None:
    names = ["<img src=x onerror=alert(1)>", "<script>alert(2)</script>", '"onfocus=alert(3) x="']
    callbacks = []
    for caller, name in zip((JANE, LUIS, "+12125550158"), names, strict=True):
        firm.name(caller, carrier_name=name)
        callbacks.append(firm.callback(caller, note=name))
    page = sign_in("sam")
    for times in ("once", "twice"):
        for callback, name in zip(callbacks, names, strict=True):
            expect(page.locator(f"#cb-{callback}")).to_contain_text(times)
            expect(page.locator(f"#cb-{callback} h3 bdi")).to_have_text(name)
            firm.set(callback, calls=2)
        turn(page)
    assert page.locator("#list script, #list img").count() == 0


@pytest.mark.parametrize(("size", "scheme"), [("phone", "light"), ("desk", "dark")])
@pytest.mark.proves("02-1.22")
def test_every_page_is_fit_for_everybody(firm: Firm, sign_in: Open, address: str, size: str, scheme: str) -> None:
    lease = clock.now() + dt.timedelta(minutes=9)
    firm.name(JANE, carrier_name="JANE")
    wrapping = firm.callback(state="wrapping_up", claimed_by="sam", lease_until=lease, due=-8, note="Boiler")
    firm.message(wrapping, b"RIFF")
    firm.callback(LUIS, state="claimed", claimed_by="alex", lease_until=lease)
    firm.callback(None, state="no_number")
    firm.callback("+12125550157", state="unreached", attempts=4, result="no_answer", rang_at=clock.now())
    firm.callback("+12125550158", state="closed", closed_reason="talked", closed_at=clock.now())
    with firm.database.transaction() as session:
        call = firm.call(session, "+12125550160", state="ringing").id
        session.add(Notice(key="new", words="Somebody rang a number that is not yours.", at=clock.now()))
    page = sign_in("sam", size, color_scheme=scheme, reduced_motion="reduce")
    assert page.evaluate(MOVES) == 0, "without that wish, several"
    fits(page)
    for path in ("/notices", f"/calls/{call}", "/nowhere"):
        page.goto(address + path)
        fits(page)


@pytest.mark.proves("02-1.22")
def test_nothing_runs_off_the_side_of_the_narrowest_phone(firm: Firm, sign_in: Open, address: str) -> None:
    lease = clock.now() + dt.timedelta(minutes=9)
    firm.name(JANE, "Bartholomew-Featherstonehaugh-Cholmondeley-of-Upper-Slaughter")
    firm.message(firm.callback(state="wrapping_up", claimed_by="sam", lease_until=lease, note="x" * 300), b"RIFF")
    page = sign_in("sam", "narrowest")
    for path in ("/", "/notices", "/nowhere"):
        if path != "/":
            page.goto(address + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path


def _talk(firm: Firm, callback: str) -> None:
    """What the carrier would have told us: both picked up, they talked, it is over."""
    now = clock.now()
    with firm.database.transaction() as session:
        _end_attempts(session, callback, now)
    firm.set(callback, state="wrapping_up", attempts=1, rang_at=now, lease_until=now + dt.timedelta(minutes=10))


def _end_attempts(session: Session, callback: str, now: dt.datetime) -> None:
    for attempt in session.query(Attempt).filter_by(callback_id=callback):
        attempt.state, attempt.ended_at, attempt.ending = "ended", now, "talked"
