"""The rest of the list's work in a real browser: later, hand over, undo, search, dialling by hand, playing messages."""

import datetime as dt
from collections.abc import Iterator

import pytest
import time_machine
from playwright.sync_api import expect

from tests.firm import MONDAY_TEN
from tests.pages import JANE, Firm
from tests.windows import Open, fits, turn
from voice import claims, clock
from voice.list_tables import Topic
from voice.models import Callback

LUIS = "+12125550177"
RESULTS = {"voicemail": "later", "none": "later", "wrong": "closed", "never": "closed"}  # buttons, where the row goes
# What a phone would be asked to dial: here there is none that could.
DIALLED = """
window.dialled = [];
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='tel:']");
  if (!link) return;
  event.preventDefault();
  window.dialled.push(link.getAttribute("href"));
}, true);
"""


@pytest.fixture(autouse=True)
def _morning() -> Iterator[None]:
    """Ten on a Monday morning."""
    with time_machine.travel(MONDAY_TEN, tick=True):
        yield


@pytest.mark.parametrize(("size", "script"), [("phone", True), ("desk", False)], ids=["phone", "desk, no script"])
def test_setting_aside_and_undoing_it_are_a_few_taps(firm: Firm, sign_in: Open, size: str, script: bool) -> None:
    callback = firm.callback(due=20)
    page = sign_in("sam", size, java_script_enabled=script)
    page.locator(f"#more-{callback}").click()
    if not script:
        page.get_by_role("link", name="Results, later, hand over").click()
    page.locator(f"#later-hour-{callback}").click()
    expect(page.locator("#group-later")).to_contain_text("set aside")
    turn(page)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#group-waiting .count")).to_have_text("1")
    expect(page.locator(".toast")).to_have_count(0)
    assert firm.row(callback).later is None


@pytest.mark.proves("02-1.21")
def test_later_hand_over_and_undo_by_keyboard(firm: Firm, sign_in: Open) -> None:
    first, second = firm.callback(due=5), firm.callback(LUIS, due=10)
    page = sign_in("sam")
    page.keyboard.press("j")
    page.keyboard.press("s")
    expect(page.locator(f"#later-hour-{first}")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(f"#group-later #cb-{first}")).to_be_visible()
    page.keyboard.press("z")
    expect(page.locator(f"#group-waiting #cb-{first}")).to_be_visible()
    turn(page)
    page.locator(f"#cb-{second}").focus()
    page.keyboard.press("h")
    expect(page.locator(f"#to-{second}")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(f"#cb-{second}")).to_be_focused()
    page.keyboard.press("r")
    expect(page.locator(f"#sorted-{second}")).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()


@pytest.mark.proves("02-1.8")
def test_searching_while_typing_keeps_to_what_is_looked_for(firm: Firm, sign_in: Open) -> None:
    firm.name(JANE, "Jane Doe")
    jane, luis = firm.callback(), firm.callback(LUIS)
    page = sign_in("sam")
    page.locator("#q").press_sequentially("555-0177", delay=10)
    expect(page.locator(f"#group-found #cb-{luis}")).to_be_visible()
    expect(page.locator(f"#cb-{jane}")).to_have_count(0)
    turn(page)
    page.locator(f"#claim-{luis}").click()
    expect(page.locator(f"#cb-{luis}")).to_contain_text("You have it")
    expect(page.locator(f"#cb-{jane}")).to_have_count(0)
    page.reload()
    expect(page.locator("#q")).to_have_value("555-0177")
    expect(page.locator(f"#cb-{luis}")).to_be_visible()
    page.locator("#q").focus()
    page.keyboard.press("Escape")
    expect(page.locator(f"#cb-{jane}")).to_be_visible()


def test_more_of_a_long_group_stays_shown_while_one_works_on_it(firm: Firm, sign_in: Open) -> None:
    callbacks = [firm.callback(f"+1212555{number:04d}", due=number) for number in range(52)]
    page = sign_in("sam")
    expect(page.locator(f"#cb-{callbacks[51]}")).to_have_count(0)
    page.locator("#more-of-waiting").click()
    turn(page)
    expect(page.locator(f"#cb-{callbacks[51]}")).to_be_visible()
    page.locator(f"#claim-{callbacks[0]}").click()
    expect(page.locator(f"#group-mine #cb-{callbacks[0]}")).to_be_visible()
    expect(page.locator(f"#cb-{callbacks[51]}")).to_be_visible()


def test_dialling_by_hand_offers_the_number_and_asks_how_it_went(firm: Firm, sign_in: Open) -> None:
    callback = firm.callback()
    others = [firm.callback(f"+1212555019{place}") for place, _ in enumerate(RESULTS)]
    page = sign_in("sam")
    page.locator(f"#more-{callback}").click()
    page.locator(f"#by-hand-{callback}").click()
    expect(page.locator(f"#dial-{callback}")).to_have_attribute("href", f"tel:{JANE}")
    turn(page)
    expect(page.locator(f"#cb-{callback}")).to_contain_text("How did it go?")
    page.locator(f"#sorted-{callback}").click()
    expect(page.locator("#group-closed")).to_contain_text("Sorted by hand")
    for callback, (result, group) in zip(others, RESULTS.items(), strict=True):
        page.locator(f"#more-{callback}").click()
        page.locator(f"#{result}-{callback}").click()
        expect(page.locator(f"#group-{group} #cb-{callback}")).to_be_visible()


@pytest.mark.proves("02-1.12")
def test_on_a_phone_dialling_by_hand_dials_at_once_and_not_before_it_is_ours(firm: Firm, sign_in: Open) -> None:
    callback, taken = firm.callback(), firm.callback(LUIS)
    page = sign_in("sam", "phone", init_script=DIALLED)
    finger = page.context.new_cdp_session(page)
    finger.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    assert page.evaluate("matchMedia('(pointer: coarse)').matches")
    page.locator(f"#more-{taken}").click()
    expect(page.locator(f"#by-hand-{taken}")).to_be_visible()
    page.route("**/list?*", lambda route: route.abort())  # what Alex does now is not seen here
    firm.set(taken, state="claimed", claimed_by="alex", lease_until=clock.now() + dt.timedelta(minutes=1))
    page.locator(f"#by-hand-{taken}").click()
    expect(page.get_by_role("alert")).to_contain_text("Alex Moor has this one.")
    assert page.evaluate("dialled") == []
    page.unroute_all()
    turn(page)  # a tablet
    page.locator(f"#more-{callback}").click()
    page.locator(f"#by-hand-{callback}").click()
    expect(page.locator(f"#dial-{callback}")).to_be_visible()
    assert page.evaluate("dialled") == [f"tel:{JANE}"]
    firm.set(callback, calls=2)
    expect(page.locator(f"#cb-{callback}")).to_contain_text("twice")
    assert page.evaluate("dialled") == [f"tel:{JANE}"], "once, whatever is shown anew"


@pytest.mark.proves("02-1.6")
def test_the_speed_of_messages_is_remembered_on_this_device(firm: Firm, sign_in: Open) -> None:
    message = firm.message(firm.callback(), b"RIFF")
    page = sign_in("sam")
    page.locator(f"#speed-{message}").select_option("1.5")
    rate = f"document.getElementById('audio-{message}').playbackRate"
    assert page.evaluate(rate) == 1.5
    turn(page)
    page.reload()
    expect(page.locator(f"#speed-{message}")).to_have_value("1.5")
    assert page.evaluate(rate) == 1.5


@pytest.mark.parametrize(("size", "scheme"), [("phone", "dark"), ("desk", "light")])
def test_all_of_it_is_fit_for_everybody_down_to_the_narrowest_phone(
    firm: Firm, sign_in: Open, address: str, size: str, scheme: str
) -> None:
    now = clock.now()
    with firm.database.transaction() as session:
        session.add(Topic(name="A quote, or a question about one (long)", position=0))
    firm.name(JANE, "Bartholomew-Featherstonehaugh-Cholmondeley-of-Upper-Slaughter")
    handed = firm.callback(JANE, due=-8)
    firm.callback("+13105550177", due=30, later="snoozed")
    firm.callback("+13105550178", state="unreached", attempts=4, result="no_answer", rang_at=now)
    firm.callback("+12125550155", state="claimed", claimed_by="alex", lease_until=now + dt.timedelta(minutes=1))
    aside = firm.callback(LUIS, due=10)
    with firm.database.transaction() as session:
        claims.hand_over(session, session.get_one(Callback, handed), "alex", "sam", "x" * 200, now)
    page = sign_in("sam", size, color_scheme=scheme, reduced_motion="reduce")
    page.locator(f"#claim-{aside}").click()
    expect(page.locator(".toast")).to_be_visible()
    for path in ("", "/?q=nobody", f"/?open={handed}", "/topics"):
        if path:
            page.goto(address + path)
        fits(page)
        if size == "phone":
            page.set_viewport_size({"width": 320, "height": 640})
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
