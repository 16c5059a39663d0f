"""Told while one does not look: a sound, a notification, a push to a page that is closed, a page without network."""

import contextlib
import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from playwright.sync_api import Page, expect

from tests.firm import LINE, MONDAY_TEN
from tests.pages import JANE, Firm
from tests.waiting import until
from tests.windows import Open, becomes, turn
from voice import callbacks, clock

EARLIER = MONDAY_TEN - dt.timedelta(hours=1)
# Counts the notes a page plays: what comes out of a loudspeaker cannot be asked for.
COUNT_NOTES = """
window.notes = 0;
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...when) { window.notes += 1; return start.apply(this, when); };
"""
LISTED = """async () => (await (await navigator.serviceWorker.ready).getNotifications())
  .map(({title, body, tag, data}) => ({title, body, tag, data}))"""


@pytest.fixture(autouse=True)
def _morning() -> Iterator[None]:
    with time_machine.travel(MONDAY_TEN, tick=True):
        yield


def new_caller(firm: Firm, caller: str | None = JANE) -> str:
    """Somebody is missed; the id of their callback."""
    with firm.database.transaction() as session:
        call = firm.call(session, caller, state="unanswered", outcome="callback", ended_at=clock.now())
        callback = callbacks.open_for(session, call, "rang_out", clock.now())
        assert callback is not None
        return callback.id


def switch(page: Page, words: str) -> None:
    """Touch a switch of the alerts."""
    if not page.locator("#alerts .sheet").is_visible():
        page.locator("#alerts > summary").click()
    page.get_by_label(words).check()


def deliver(page: Page, news: dict[str, str | None], closing: bool = False) -> None:
    """What a push service would hand to the browser's worker, by the browser's own means; once our page is `closing`:
    when none of ours is open any more."""
    wire = page.context.new_cdp_session(page)
    seen: list[str] = []

    def found(event: dict[str, list[dict[str, Any]]]) -> None:
        seen.extend(each["registrationId"] for each in event["registrations"] if not each["isDeleted"])

    wire.on("ServiceWorker.workerRegistrationUpdated", found)
    wire.send("ServiceWorker.enable")
    page.wait_for_timeout(200)
    origin = page.evaluate("location.origin")
    if closing:
        page.goto("about:blank")
    told = {"origin": origin, "registrationId": seen[-1], "data": json.dumps(news)}
    wire.send("ServiceWorker.deliverPushMessage", told)
    wire.detach()


@contextlib.contextmanager
def displayed(page: Page, title: str) -> Iterator[None]:
    """The block has the browser display a notification with that title: wait until its own log says that it did.

    Never by asking for the list of them until it is there: Chromium strikes off that list what is written down but not
    yet displayed at the moment it is asked, for good. (`platform_notification_context_impl.cc`)
    """
    wire, ours = page.context.new_cdp_session(page), {"service": "notifications"}
    titles: list[str] = []

    def found(event: dict[str, dict[str, Any]]) -> None:
        noted = event["backgroundServiceEvent"]["eventMetadata"]
        titles.extend(each["value"] for each in noted if each["key"] == "Title")

    wire.on("BackgroundService.backgroundServiceEventReceived", found)
    wire.send("BackgroundService.clearEvents", ours)
    wire.send("BackgroundService.startObserving", ours)
    wire.send("BackgroundService.setRecording", {"shouldRecord": True} | ours)
    yield

    def is_noted() -> bool:
        page.wait_for_timeout(20)  # events are heard of only while the driver is called
        return title in titles

    until(is_noted, f"a notification: {title}")
    wire.detach()


def listed(page: Page, title: str) -> dict[str, object]:
    """The one notification with that title, of those that stand there."""
    (found,) = [each for each in page.evaluate(LISTED) if each["title"] == title]
    return dict(found)


@pytest.mark.proves("02-1.3")
def test_nothing_sounds_unless_asked_for_then_a_new_caller_does_and_it_is_remembered(firm: Firm, sign_in: Open) -> None:
    page = sign_in("sam", init_script=COUNT_NOTES)
    expect(page.locator("#alerts > summary")).to_have_text("Alerts: off")
    first = new_caller(firm)
    expect(page.locator(f"#cb-{first}")).to_be_visible()
    assert page.evaluate("notes") == 0
    switch(page, "A sound when somebody new is waiting")
    expect(page.locator("#alerts > summary")).to_have_text("Alerts: on")
    assert page.evaluate("notes") == 2
    turn(page)
    second = new_caller(firm, "+12125550143")
    expect(page.locator(f"#cb-{second}")).to_be_visible()
    assert page.evaluate("notes") == 4
    firm.set(first, calls=2)
    expect(page.locator(f"#cb-{first}")).to_contain_text("twice")
    assert page.evaluate("notes") == 4
    new_caller(firm, None)
    expect(page.locator("#group-no_number [data-row]")).to_be_visible()
    assert page.evaluate("notes") == 6
    many = [firm.callback(f"+1212556{number:04d}", first_called_at=EARLIER, due=1) for number in range(50)]
    expect(page.locator(f"#cb-{many[49]}")).to_be_visible(timeout=10_000)
    assert page.evaluate("notes") == 6
    last = new_caller(firm, "+12125550144")
    becomes(page, "notes === 8")
    expect(page.locator(f"#cb-{last}")).to_have_count(0)
    page.reload()
    expect(page.get_by_label("A sound when somebody new is waiting")).to_be_checked()


def test_a_push_shows_who_waits_and_leads_to_them(firm: Firm, sign_in: Open) -> None:
    callback = firm.callback()
    page = sign_in("sam", "phone")
    page.context.grant_permissions(["notifications"])
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    by = firm.row(callback).due_at.isoformat()
    with displayed(page, "Somebody is waiting"):
        deliver(page, {"kind": "new", "callback": callback, "who": None, "by": by})
    told = listed(page, "Somebody is waiting")
    assert str(told["body"]).startswith("To be rung back by ")
    assert told["data"] == {"address": f"/#cb-{callback}"}
    turn(page)
    with displayed(page, "Jane <b>Doe is yours to ring back"):
        deliver(page, {"kind": "handed", "callback": callback, "who": "Jane <b>Doe", "by": by})
    assert listed(page, "Jane <b>Doe is yours to ring back")["tag"] == f"callback-{callback}"
    assert len(page.evaluate(LISTED)) == 1  # once for each caller: the newer takes the place of the older


@pytest.mark.proves("02-1.3")
def test_a_page_nobody_looks_at_notifies_where_no_push_service_is(firm: Firm, sign_in: Open) -> None:
    page = sign_in("sam")
    page.context.grant_permissions(["notifications"])
    switch(page, "Notifications on this device")
    expect(page.locator("#alerts [role=status]")).to_contain_text("You will be told on this device")
    page.evaluate("document.hasFocus = () => false")
    turn(page)
    with displayed(page, "Somebody is ringing now"), firm.database.transaction() as session:
        call = firm.call(session, "+12125550143", state="ringing").id
    told = listed(page, "Somebody is ringing now")
    assert (told["tag"], str(told["body"])[:6]) == (f"ringback-live-{call}", "Since ")
    with displayed(page, "Somebody is waiting"):
        new_caller(firm)
    assert listed(page, "Somebody is waiting")


def test_a_refusal_to_be_notified_is_explained(firm: Firm, sign_in: Open) -> None:
    page = sign_in("sam")
    page.evaluate("Notification.requestPermission = async () => 'denied'")
    turn(page)
    page.locator("#alerts > summary").click()
    page.get_by_label("Notifications on this device").click()
    expect(page.locator("#alerts [role=status]")).to_contain_text("Allow notifications for this site")
    expect(page.get_by_label("Notifications on this device")).not_to_be_checked()


@pytest.mark.proves("02-1.23")
def test_without_a_network_the_app_says_so_and_keeps_nobodys_data(firm: Firm, sign_in: Open) -> None:
    firm.name(JANE, "Jane Doe")
    firm.callback()
    page = sign_in("sam", "phone")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    kept = """async () => {
      const all = [];
      for (const name of await caches.keys())
        for (const request of await (await caches.open(name)).keys())
          all.push(request.url + await (await caches.match(request)).text());
      return all.join();
    }"""
    text = page.evaluate(kept)
    assert "/offline" in text
    assert not [word for word in ("Jane", "sam@example.com", "Sam Field", LINE, "/list") if word in text]
    page.context.set_offline(True)
    page.reload()
    expect(page.get_by_role("heading", name="No connection")).to_be_visible()
    turn(page)
    assert page.evaluate("getComputedStyle(document.querySelector('.card')).borderRadius") == "14px"  # it has its look
    page.context.set_offline(False)
    expect(page.locator("#list")).to_contain_text("Jane Doe", timeout=10_000)


@pytest.mark.proves("02-1.4")
def test_it_can_be_installed(firm: Firm, sign_in: Open) -> None:
    page = sign_in("sam", "phone")
    wire = page.context.new_cdp_session(page)
    manifest = wire.send("Page.getAppManifest")
    assert manifest["errors"] == []
    told = json.loads(manifest["data"])
    sizes = {(icon["sizes"], icon["purpose"]) for icon in told["icons"]}
    assert {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")} <= sizes
    faults = [fault["errorId"] for fault in wire.send("Page.getInstallabilityErrors")["installabilityErrors"]]
    assert faults in ([], ["in-incognito"])  # a test's window is a private one
