"""Everything as a person starts it: one supervisor, real processes, real sockets, a real browser."""

import json
import os
import re
import signal
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from bench import first_ring
from tests.terminal import Phones, Terminal
from tests.waiting import until

JANE, TOM = "+12125550142", "+13105550147"


@dataclass
class Desk:
    """A running demo: its terminal, its phones, and where to sign in."""

    terminal: Terminal
    phones: Phones
    line: str
    pages: str
    email: str
    password: str
    token: str

    def staff(self) -> dict[str, str]:
        """Staff phones by first name."""
        found = self.phones.get("phones")["phones"]
        return {phone["name"].split()[0]: phone["number"] for phone in found if phone["role"] == "staff"}

    def everybody(self, script: str, **how: Any) -> None:
        """What every staff phone does when it rings."""
        for number in self.staff().values():
            self.phones.script(number, script, **how)

    def everybody_on(self) -> None:
        """Also who has missed three callers and rests for it; and the worker is back, and knows the call log."""
        for who in self.staff():
            request = urllib.request.Request(f"{self.pages}/api/v1/staff/{who.lower()}", method="PATCH")  # noqa: S310
            request.add_header("Authorization", f"Bearer {self.token}")
            request.add_header("Content-Type", "application/json")
            urllib.request.urlopen(request, b'{"availability": "on"}', timeout=10).close()  # noqa: S310
        until(lambda: _answers(f"{self.pages}/readyz"), "Ringback to be ready", seconds=20)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The demo, started once for all stories of this file."""
    home = tmp_path_factory.mktemp("home")
    env = {"RINGBACK_HOME": str(home), "RINGBACK_REDIS_SERVER": "wheel", "PORT": "0", "PYTHONUNBUFFERED": "1"}
    opened = home / "opened"
    env["BROWSER"] = f"sh -c 'echo %s >>{opened}'"
    terminal = Terminal(("demo", "--no-browser"), env, home / "printed")
    phones = Phones(terminal.address())
    told = terminal.printed()
    assert re.search(r"Everything is up after \d+\.\d s", told)
    email, password = re.search(r"lets (\S+) in with the password (\S+)", told).groups()  # type: ignore[union-attr]
    pages = phones.list_address()
    line = phones.get("numbers")["numbers"][0]["number"]
    token = json.loads((home / "demo" / "keys.json").read_text())["token"]
    yield Desk(terminal, phones, line, pages, email, password, token)
    assert not opened.exists(), "--no-browser opens none"
    children, wrong = terminal.children().values(), phones.wrong()
    assert terminal.interrupt() == 0
    assert [pid for pid in children if Path(f"/proc/{pid}").exists()] == []  # Ctrl-C leaves nothing running
    assert wrong == []


@pytest.fixture
def phones(desk: Desk, browser: Browser) -> Iterator[Page]:
    """The page of the phones; everybody is at work, and every phone is played by hand."""
    desk.everybody("manual")
    desk.everybody_on()
    context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    page = context.new_page()
    page.goto(desk.phones.page)
    yield page
    context.close()


def kill(desk: Desk, name: str) -> None:
    """Kill a process as hard as can be; it is back when those it had started are gone and another is in its place."""
    before = desk.terminal.family(name)
    os.kill(desk.terminal.children()[name], signal.SIGKILL)
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in before), f"the old {name} to be gone", seconds=20)
    until(lambda: name in desk.terminal.children(), f"{name} to be back", seconds=20)


def talk(desk: Desk, name: str = "Sam") -> None:
    """Jane rings, somebody presses a key, they talk, she hangs up."""
    desk.everybody("off")
    desk.phones.script(desk.staff()[name], "answers", after=0.5, key_after=0.5)
    desk.phones.do(JANE, "dial", to=desk.line)
    until(lambda: desk.phones.of(JANE)["state"] == "talking", "Jane to be talking", seconds=25)
    desk.phones.do(JANE, "hang_up")
    until(lambda: desk.phones.of(desk.staff()[name])["state"] == "idle", "the staff phone to be free", seconds=15)


@pytest.mark.proves("01-1.1", "01-6.15", "E4")
@pytest.mark.parametrize("name", ["web", "worker", "jobs", "redis", "phones"])
def test_a_process_that_is_killed_is_back_and_the_next_call_is_answered(desk: Desk, name: str) -> None:
    kill(desk, name)
    until(lambda: _answers(f"{desk.pages}/healthz"), "the pages to answer", seconds=20)
    until(lambda: _answers(f"{desk.phones.url}/clock"), "the phones to answer", seconds=20)
    talk(desk)


@pytest.mark.proves("01-1.1", "01-6.15", "E1")
def test_a_caller_who_hangs_up_while_web_is_dead_is_on_the_list(desk: Desk) -> None:
    desk.everybody("off")
    desk.phones.do(TOM, "dial", to=desk.line)
    until(lambda: _heard_words(desk, TOM), "Tom to hear the greeting", seconds=10)
    os.kill(desk.terminal.children()["web"], signal.SIGKILL)  # and does not wait for it to be back
    desk.phones.do(TOM, "hang_up")
    until(lambda: _answers(f"{desk.pages}/healthz"), "the pages to answer", seconds=20)
    until(lambda: _is_waiting(desk, TOM), "Tom to be on the list", seconds=100)


def _heard_words(desk: Desk, number: str) -> bool:
    return any(caption["kind"] == "say" for caption in desk.phones.of(number)["captions"])


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except OSError:
        return False


def _is_waiting(desk: Desk, caller: str) -> bool:
    told = desk.phones.list_panel()
    return any(each["caller"] == caller for each in told.get("items", ()))


def sign_in(desk: Desk, page: Page) -> None:
    """Fill in the form."""
    page.goto(f"{desk.pages}/login".replace("127.0.0.1", "localhost"))
    page.get_by_label("Email").fill(desk.email)
    page.get_by_label("Password").fill(desk.password)
    page.get_by_role("button", name="Sign in").click()


def station(phones: Page, name: str) -> Locator:
    return phones.get_by_role("article", name=name)


def take(phones: Page, name: str) -> None:
    """That staff phone is answered and a key pressed, by clicks."""
    station(phones, name).get_by_role("button", name="Answer").click(timeout=20_000)
    expect(station(phones, name)).to_contain_text(re.compile("any key", re.IGNORECASE), timeout=10_000)
    station(phones, name).get_by_role("button", name="5", exact=True).click()


@pytest.mark.proves("01-5.1", "01-6.15")
def test_both_ends_of_a_call_are_played_on_the_phones_page(desk: Desk, phones: Page) -> None:
    customer = phones.locator("#customer")
    phones.get_by_role("radio", name="Tom").check()
    customer.get_by_role("button", name="Call", exact=True).click()
    take(phones, "Sam Field")
    expect(customer).to_contain_text("With Sam Field", timeout=20_000)
    phones.get_by_label("What the customer says").fill("My boiler leaks.")
    customer.get_by_role("button", name="Say").click()
    expect(station(phones, "Sam Field")).to_contain_text("My boiler leaks.")
    station(phones, "Sam Field").get_by_role("button", name="Hang up").click()
    customer.get_by_role("button", name="Hang up").click()
    expect(customer.get_by_role("button", name="Call", exact=True)).to_be_enabled()


@pytest.mark.proves("01-5.1", "01-6.15", "01-3.3")
def test_a_missed_caller_is_claimed_rung_back_by_hand_and_sorted_in_the_browser(desk: Desk, phones: Page) -> None:
    customer = phones.locator("#customer")
    customer.get_by_role("button", name="Call", exact=True).click()
    expect(phones.locator("#customer-talk")).to_contain_text("Acme Plumbing", timeout=10_000)
    customer.get_by_role("button", name="Hang up").click()
    page = phones.context.new_page()
    page.set_viewport_size({"width": 375, "height": 800})
    sign_in(desk, page)
    row = page.locator("[data-row]").filter(has_text="555-0142")
    expect(row).to_be_visible(timeout=15_000)
    row.get_by_role("button", name=re.compile("^Claim")).click()
    expect(row).to_contain_text("You have it")
    row.get_by_role("button", name=re.compile("^Call")).first.click()
    anyway = page.get_by_role("button", name=re.compile("anyway", re.IGNORECASE))
    expect(anyway.or_(row.get_by_text("Ringing: first your phone"))).to_be_visible(timeout=10_000)
    if anyway.is_visible():  # it is night where Jane lives while this test runs
        anyway.click()
    take(phones, "Kim Novak")
    expect(phones.locator("#hint")).to_contain_text("Kim rings Jane Doe back", timeout=20_000)
    customer.get_by_role("button", name="Answer").click()
    expect(customer).to_contain_text("With Kim Novak", timeout=20_000)
    customer.get_by_role("button", name="Hang up").click()
    sorted_out = row.get_by_role("button", name="Sorted", exact=True)
    expect(sorted_out).to_be_visible(timeout=15_000)
    sorted_out.click()
    expect(page.locator("[data-row].shut").filter(has_text="555-0142")).to_be_visible(timeout=10_000)


@pytest.mark.proves("01-7.2")
def test_the_seconds_from_a_call_to_the_first_ring_are_printed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.everybody("answers", after=9)
    here = lambda calls: [first_ring.seconds_to_ring(desk.phones, TOM, desk.line) for _ in range(calls)]  # noqa: E731
    monkeypatch.setattr(first_ring, "measure", here)  # the bench starts a demo of its own
    monkeypatch.setattr(sys, "argv", ["bench", "--calls", "1", "--json"])
    first_ring.main()
    figures = json.loads(capsys.readouterr().out)
    assert figures["calls"] == 1
    assert 0 < figures["median_seconds"] == figures["slowest_seconds"]
