"""The phones page in a real browser: a call played with both hands, what everybody hears, and a busy Monday."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import urllib3
from playwright.sync_api import Locator, Page, expect

from tests.toy_line import ALEX, GREETING, HIDDEN, JANE, LINE, LUIS, OFFER, OWED, SAM, TOKEN, ToyLine, toy_town
from tests.windows import SIZES, Open, Windows, becomes, fits
from voice.simulator.busy_monday import CALLERS
from voice.simulator.server import Simulator
from voice.simulator.switches import Rudeness

Town = tuple[Simulator, ToyLine]
SEE_EARLY_KEYS = """key => new MutationObserver(() => { window.early ||= !key.disabled
  && !key.closest("article").querySelector(".talk").innerText.includes("any key"); }).observe(key, {attributes: 1})"""


@pytest.fixture
def town() -> Iterator[Town]:
    with toy_town() as town:
        yield town


@pytest.fixture
def visit(windows: Windows, town: Town) -> Iterator[Open]:
    """Opens the page; an error of its scripts, or anything its own policy refuses, fails the test.

    Nothing moves on it unless a story asks for that: to draw what moves is most of a browser's work here.
    """
    errors: list[str] = []

    def open_page(size: str = "desk", reduced_motion: str = "reduce", **options: Any) -> Page:
        window = windows.take(size, reduced_motion=reduced_motion, **options)
        window.hear("pageerror", lambda error: errors.append(str(error)))
        window.hear("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        window.page.goto(town[0].url.replace("127.0.0.1", "localhost"))
        expect(window.page.locator(".station")).to_have_count(3)
        return window.page

    yield open_page
    windows.put_back()
    assert errors == []


def station(page: Page, name: str) -> Locator:
    return page.get_by_role("article", name=name)


def call(page: Page) -> None:
    page.get_by_role("button", name="Call", exact=True).click()
    expect(station(page, "Sam Field")).to_have_attribute("data-state", "ringing")


def pick_up(page: Page) -> None:
    sam = station(page, "Sam Field")
    sam.get_by_role("button", name="Answer").click()
    expect(sam).to_contain_text(OFFER)


def connect(page: Page) -> None:
    """Jane calls, Sam answers and presses a key."""
    call(page)
    pick_up(page)
    sam = station(page, "Sam Field")
    sam.get_by_role("button", name="5", exact=True).click()
    expect(sam).to_have_attribute("data-state", "talking")


@pytest.mark.proves("01-5.1", "01-6.15")
@pytest.mark.parametrize("size", SIZES)
def test_a_call_by_clicks_rings_the_staff_and_a_key_joins_them(visit: Open, town: Town, size: str) -> None:
    page = visit(size, reduced_motion="no-preference")
    call(page)
    expect(page.locator(".station[data-state=ringing]")).to_have_count(3)
    expect(page.locator("#customer-talk")).to_contain_text(GREETING)
    sam = station(page, "Sam Field")
    sam.locator(".keys button").first.evaluate(SEE_EARLY_KEYS)
    town[0].carrier.moods.webhooks.append(Rudeness("slow", path="/answered", seconds=0.4))
    pick_up(page)
    expect(page.locator("#customer")).to_have_attribute("data-state", "on a call")
    sam.get_by_role("button", name="5", exact=True).click()
    assert not page.evaluate("early"), "a key pressed before anybody asks for one is heard by nobody"
    expect(sam).to_contain_text("Talking with Jane Doe")
    expect(page.locator("#customer-doing")).to_contain_text("With Sam Field")
    page.get_by_label("What the customer says").fill("My boiler leaks.")
    page.locator("#customer-say").get_by_role("button", name="Say").click()
    expect(sam).to_contain_text("My boiler leaks.")
    page.locator("#customer").get_by_role("button", name="Hang up").click()
    expect(sam).to_have_attribute("data-state", "idle")
    assert town[0].carrier.complaints == []


@pytest.mark.proves("01-5.1")
def test_the_customers_keys_change_nothing_and_the_page_says_so(visit: Open, town: Town) -> None:
    page = visit()
    keys = page.get_by_role("group", name="The customer's keys")
    expect(page.locator("#keys-note")).to_contain_text("do nothing")
    call(page)
    keys.get_by_role("button", name="5").click()
    expect(page.locator("#keys-note")).to_contain_text("nothing happened")
    expect(page.locator("#story")).to_contain_text("Jane Doe presses 5: nothing happens")
    expect(page.locator("#customer")).to_have_attribute("data-state", "on a call")
    assert town[0].carrier.phones[JANE].legs[-1].keys == "5"
    assert town[1].keys == []


def test_a_staff_member_declines_and_another_lets_the_mailbox_take_it(visit: Open, town: Town) -> None:
    page = visit()
    call(page)
    sam, alex = station(page, "Sam Field"), station(page, "Alex Moor")
    sam.get_by_role("button", name="Decline").click()
    expect(sam).to_contain_text("Declined")
    alex.get_by_role("button", name="Mailbox").click()
    expect(alex).to_contain_text("The mailbox picked up")
    expect(alex).to_contain_text("You have reached my mailbox")
    expect(page.locator("#customer-talk")).not_to_contain_text("mailbox")
    assert town[0].carrier.phones[JANE].talking_to is None


@pytest.mark.proves("01-5.1")
def test_the_timeline_tells_each_request_in_plain_words_and_shows_the_wire_and_captions_are_spoken(visit: Open) -> None:
    page = visit()
    # A browser with a voice that never comes to an end: nothing waits for it.
    page.evaluate("() => { window.spoken = []; speechSynthesis.speak = (words) => spoken.push(words.text); }")
    page.get_by_role("button", name="Sound").click()
    connect(page)
    assert {GREETING, OFFER} <= set(page.evaluate("spoken"))
    story = page.locator("#story")
    expect(story).to_contain_text("Jane Doe calls Main line")
    for line in (
        "The carrier asks: a call came in for Main line. What now?",
        "Ringback answers: put Jane Doe in a queue of their own",
        f"Ringback answers: say “{GREETING}”",
        "Ringback asks: ring Sam Field",
        "Sam Field's phone rings",
        "The carrier asks: Sam Field picked up. What now?",
        f"Ringback answers: ask Sam Field for a key: “{OFFER}”",
        "The carrier asks: Sam Field pressed 5. What now?",
        "Ringback answers: connect Sam Field with the caller in the queue",
        "Sam Field and Jane Doe are talking",
    ):
        expect(story).to_contain_text(line)
    answer = story.locator("details", has_text="put Jane Doe in a queue of their own")
    answer.locator("summary").click()
    expect(answer).to_contain_text('<Enqueue waitUrl="/wait" action="/left">')
    expect(answer).to_contain_text("CallSid")


@pytest.mark.proves("01-5.1")
def test_the_callback_list_is_read_by_the_server_and_the_token_stays_there(visit: Open, town: Town) -> None:
    page = visit(lasting=False)
    seen: list[str] = []
    page.on("request", lambda asked: seen.append(str(asked.all_headers()) + asked.url))
    page.on("response", lambda answer: seen.append(answer.text()))
    page.reload()
    row = page.locator("#list li")
    expect(row).to_contain_text("Luis Ortega")
    expect(row).to_contain_text("nobody picked up in time, rang 2 times")
    expect(row).to_contain_text(re.compile("by .*2:40"))  # New York's time, wherever the browser is
    there = "new Date().toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', timeZone: 'America/New_York' })"
    becomes(page, f"document.getElementById('clock').textContent === {there}")  # the phone tells it too
    expect(page.get_by_role("link", name="Open the real page")).to_have_attribute(
        "href", town[0].carrier.config.ringback_url
    )
    assert len(seen) > 10
    assert not [text for text in seen if TOKEN in text]


def test_a_simulator_alone_says_that_it_knows_no_list(windows: Windows) -> None:
    with toy_town(with_list=False) as (simulator, _):
        page = windows.take().page
        page.goto(simulator.url)
        expect(page.locator("#list-empty")).to_contain_text("knows of no Ringback")
        expect(page.get_by_role("link", name="Open the real page")).to_be_hidden()
        windows.put_back()


def test_a_play_is_one_tap_and_says_what_to_watch(visit: Open, town: Town) -> None:
    page = visit()
    sam, jane = (town[0].carrier.phones[number] for number in (SAM, JANE))
    plays = ("Nobody answers", "Mailbox wins?", "Two people accept", "Caller hangs up at once")
    for count, play in enumerate((*plays, plays[-1]), start=1):  # the last once more from the start
        button = page.get_by_role("button", name=play)
        button.click()
        expect(page.locator("#hint")).to_have_text(button.get_attribute("title") or "")
        expect(page.locator("#story .start")).to_have_count(count)
        expect(station(page, "Kim Heath")).to_have_attribute("data-state", "ringing")
        assert sam.script is not None
        *before, now = jane.legs  # the call before is ended first
        assert (len(before), now.over) == (count - 1, False)
        assert all(leg.over for leg in before)


def test_a_hidden_number_can_be_chosen_and_played(visit: Open, town: Town) -> None:
    page = visit()
    page.get_by_role("button", name="Withheld number").click()
    expect(page.get_by_role("radio", name="Withheld")).to_be_checked()
    expect(station(page, "Sam Field")).to_have_attribute("data-state", "ringing")
    assert town[0].carrier.phones[HIDDEN].leg is not None


@pytest.mark.proves("01-5.1")
def test_a_busy_monday_counts_who_is_lost_and_stops(visit: Open, town: Town) -> None:
    page, ring = visit(), town[1].ring
    town[1].ring = lambda number: ring(number) if number == SAM else None  # who calls while Sam talks, waits
    page.get_by_role("button", name="Busy Monday").click()
    expect(page.get_by_role("list", name="The callers").get_by_role("listitem")).to_have_count(CALLERS)
    told = urllib3.request("GET", f"{town[0].url}/simulator/phones").json()["phones"]
    assert next(phone["script"] for phone in told if phone["number"] == SAM) == {"script": "hurried"}
    assert urllib3.request("POST", f"{town[0].url}/simulator/phones/{ALEX}/hang_up").status == 200
    expect(page.locator("#score-talked")).not_to_have_text("0", timeout=30_000)
    expect(page.locator("#score-waiting")).not_to_have_text("0")
    lost = list(town[0].carrier.phones.values())[-1]
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#score-waiting")).to_have_text("0")
    expect(page.locator("#hint")).to_contain_text(re.compile(f"Monday is over.*Neither talked nor .*{lost.name}"))
    town[1].owed = [OWED | {"id": number, "caller": number} for number in town[0].carrier.phones]
    page.reload()
    expect(page.locator("#hint")).to_contain_text("Nobody was lost.")
    assert town[0].carrier.live_legs() == 0
    assert town[0].carrier.phones[SAM].script is None  # by hand again, as before
    page.get_by_role("button", name="Put away").click()
    expect(page.locator("#crowd")).to_be_hidden()


@pytest.mark.proves("01-5.1")
def test_whoever_is_rung_back_is_on_show_and_answers_by_hand(visit: Open, town: Town) -> None:
    page = visit("phone")
    customer, hint = page.locator("#customer"), page.locator("#hint")
    town[1].ring(SAM)
    expect(hint).to_contain_text("Sam's phone comes first, the customer's second.")
    station(page, "Sam Field").get_by_role("button", name="Answer").click()
    expect(hint).to_contain_text("Sam hears who is to be rung back.")
    town[1].ring(LUIS)
    expect(page.get_by_role("radio", name="Luis")).to_be_checked()
    expect(customer).to_contain_text("Main line rings")
    expect(hint).to_contain_text("Sam rings Luis Ortega back.")
    fits(page)
    page.get_by_role("button", name="Luis's phone is ringing").click()
    customer.get_by_role("button", name="Answer").click()
    expect(customer).to_have_attribute("data-state", "on a call")
    customer.get_by_role("button", name="Hang up").click()
    expect(customer.get_by_role("button", name="Call", exact=True)).to_be_enabled()


def test_a_call_can_be_played_from_the_keyboard(visit: Open) -> None:
    page = visit()
    page.get_by_role("button", name="Call", exact=True).focus()
    page.keyboard.press("Enter")
    sam = station(page, "Sam Field")
    expect(sam).to_have_attribute("data-state", "ringing")
    sam.get_by_role("button", name="Answer").focus()
    page.keyboard.press("Enter")
    expect(sam.get_by_role("button", name="1", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(sam).to_have_attribute("data-state", "talking")


def test_nothing_runs_off_the_side_of_a_phone(visit: Open) -> None:
    page = visit("phone")
    connect(page)
    for width in (375, 320):
        page.set_viewport_size({"width": width, "height": 640})
        for part in ("Phones", "What happens", "Callbacks"):
            page.get_by_role("navigation").get_by_role("button", name=part).click()
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (part, width)
    expect(page.locator("#list li")).to_be_visible()
    expect(page.locator("#customer")).to_be_hidden()


@pytest.mark.parametrize(("size", "scheme"), [("phone", "light"), ("desk", "dark")])
def test_the_page_is_fit_for_everybody(visit: Open, size: str, scheme: str) -> None:
    page = visit(size, color_scheme=scheme)
    for stage in (lambda page: None, call, pick_up):
        stage(page)
        fits(page)
    assert page.evaluate("document.getAnimations().length") == 0  # who asked for less motion gets none


def test_only_this_machine_by_its_own_names_may_play(town: Town) -> None:
    url = town[0].url
    answers = {
        name: urllib3.request("GET", f"{url}{path}", headers=headers).status
        for name, path, headers in (
            ("home", "/", {}),
            ("by another name", "/desk/now", {"Host": "elsewhere.example"}),
            ("from another site's page", "/desk/now", {"Sec-Fetch-Site": "cross-site"}),
            ("a link from elsewhere", "/", {"Sec-Fetch-Site": "cross-site"}),
        )
    }
    other_site = {"from another site's page": 403, "a link from elsewhere": 200}
    assert answers == {"home": 200, "by another name": 403} | other_site
    policy = urllib3.request("GET", url).headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert LINE in urllib3.request("GET", f"{url}/desk/setting").data.decode()
