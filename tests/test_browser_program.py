"""The real program with a page open: a Redis that dies and stays away, and a browser that is woken."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from tests import push_service
from tests.firm import LINE, PHONES
from tests.installed import Installed, installed
from tests.pages import JANE, PASSWORD
from tests.postgres import start_tied
from tests.push_service import Browser, PushService
from tests.test_browser_alerts import deliver, displayed, switch
from tests.waiting import until
from tests.windows import SIZES
from voice import push_key
from voice.embedded.redis_server import embedded_url, redis_process

TOM, LUIS = "+12125550143", "+12125550177"
# No push service of a vendor can be reached from a test: the browser's own half of it is given, the rest is the page's.
SUBSCRIPTION = """given => {
  let made = null;
  const subscribed = ({applicationServerKey}) => ({
    endpoint: given.endpoint,
    options: {applicationServerKey: new Uint8Array(applicationServerKey).buffer},
    toJSON: () => ({endpoint: given.endpoint, expirationTime: null, keys: {p256dh: given.p256dh, auth: given.auth}}),
    unsubscribe: async () => { made = null; return true; },
  });
  window.asked = [];
  PushManager.prototype.subscribe = async (how) => { window.asked.push(how); return (made = subscribed(how)); };
  PushManager.prototype.getSubscription = async () => made;
}"""
# A person's click lets a page be brought to the front and is trusted; both is given, the rest is our worker's.
CLICK = """async title => {
  const [notification] = (await registration.getNotifications()).filter((each) => each.title === title);
  self.opened = [];
  WindowClient.prototype.focus = async function () { self.opened.push("focus"); return this; };
  Clients.prototype.openWindow = async (address) => { self.opened.push(address); return null; };
  const event = new NotificationEvent("notificationclick", {notification});
  let done = null;
  event.waitUntil = (work) => (done = work);
  dispatchEvent(event);
  await done;
  return [self.opened, (await registration.getNotifications()).some((each) => each.title === title)];
}"""


@pytest.fixture(scope="module")
def push() -> Iterator[PushService]:
    with push_service.running() as made:
        yield made


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator["subprocess.Popen[bytes]"]:
    """A Redis-protocol server that no supervisor starts again."""
    home = tmp_path_factory.getbasetemp() / "redis-home"
    told = redis_process(home, "wheel")
    assert told is not None
    process = start_tied(told.command)
    until(told.ready, "the Redis server to answer", seconds=20)
    yield process
    process.kill()
    process.wait()


@pytest.fixture(scope="module")
def there(
    sqlite_template: Path,
    tmp_path_factory: pytest.TempPathFactory,
    push: PushService,
    redis: "subprocess.Popen[bytes]",
) -> Iterator[Installed]:
    home = tmp_path_factory.mktemp("home")
    (home / "ringback.db").write_bytes(sqlite_template.read_bytes())
    redis_url = embedded_url(tmp_path_factory.getbasetemp() / "redis-home", "wheel")
    with installed(f"sqlite:///{home}/ringback.db", home, redis_url or "", PUSH_SERVICES=push.host) as made:
        yield made


@pytest.fixture
def sign_in(browser: Chromium, there: Installed) -> Iterator[Any]:
    contexts, errors = [], []

    def open_as(who: str, size: str = "desk", script: str = "") -> Page:
        context = browser.new_context(viewport=SIZES.get(size))  # type: ignore[arg-type]
        contexts.append(context)
        context.grant_permissions(["notifications"])
        if script:
            context.add_init_script(script)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(there.pages)
        page.get_by_label("Email").fill(f"{who}@example.com")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator("#list")).to_be_visible()
        page.wait_for_load_state()
        return page

    yield open_as
    for context in contexts:
        context.close()
    assert errors == []


def misses(there: Installed, caller: str) -> None:
    """Somebody rings, hears the greeting, and hangs up."""
    there.phones.script(caller, "answers", after=0.5, key="")
    there.phones.do(caller, "dial", to=LINE)
    until(lambda: there.phones.of(caller)["state"] != "idle", "the call to be under way")
    until(lambda: any(each["kind"] == "say" for each in there.phones.of(caller)["captions"]), "the greeting")
    there.phones.do(caller, "hang_up")


def row_of(page: Page, caller: str) -> Any:
    return page.locator("[data-row]").filter(has_text=f"555-{caller[-4:]}")


@pytest.mark.proves("02-1.4")
def test_a_browser_is_woken_through_its_push_service_and_its_notification_leads_to_the_row(
    there: Installed, push: PushService, sign_in: Any
) -> None:
    for number in PHONES.values():
        there.phones.script(number, "off")
    browser = Browser(push, "sam")
    given = {"endpoint": browser.endpoint, "p256dh": browser.p256dh, "auth": browser.auth}
    page = sign_in("sam", script=f"({SUBSCRIPTION})({given})")
    for size in SIZES.values():
        page.set_viewport_size(size)
        page.locator("#alerts > summary").click()
        found = Axe().run(page).response["violations"]
        assert [fault["id"] for fault in found] == []
        page.locator("#alerts > summary").click()
    switch(page, "Notifications on this device")
    expect(page.locator("#alerts [role=status]")).to_contain_text("also when this page is closed")
    asked = page.evaluate(
        "asked.map(({userVisibleOnly, applicationServerKey}) => [userVisibleOnly, ...applicationServerKey])"
    )
    key = push_service.b64(bytes(asked[0][1:]))
    assert (asked[0][0], key) == (True, push_key.public(there.firm.settings.key()))

    misses(there, LUIS)
    until(lambda: browser.shown, "the push service to be told", seconds=20)
    told = browser.shown[0]
    assert (told["kind"], told["who"]) == ("new", None)
    push.signed_by(key)
    (worker,) = page.context.service_workers
    with displayed(page, "Somebody is waiting"):
        deliver(page, told, closing=True)
    page.goto(f"{there.pages}/")
    page.get_by_label("Find somebody").fill("0177")
    expect(page).to_have_url(re.compile("q=0177$"))
    page.evaluate("document.body.style.paddingTop = '4000px'")  # the row is out of sight
    assert worker.evaluate(CLICK, "Somebody is waiting") == [["focus"], False]
    row = page.locator(f"#cb-{told['callback']}")
    expect(row).to_be_in_viewport()
    expect(row).to_contain_text("555-0177")
    expect(page.get_by_label("Find somebody")).to_have_value("0177")
    with displayed(page, "Somebody is waiting"):
        deliver(page, told, closing=True)
    assert worker.evaluate(CLICK, "Somebody is waiting") == [[f"/#cb-{told['callback']}"], False]

    page.goto(f"{there.pages}/")
    page.locator("#alerts > summary").click()
    page.get_by_label("Notifications on this device").uncheck()
    expect(page.locator("#alerts > summary")).to_have_text("Alerts: off")
    misses(there, TOM)
    expect(row_of(page, TOM)).to_be_visible()
    assert len(browser.shown) == 1


@pytest.mark.proves("02-6.3", "D12")
def test_a_redis_that_dies_and_stays_away_is_not_noticed_on_an_open_page(
    there: Installed, sign_in: Any, redis: "subprocess.Popen[bytes]"
) -> None:
    for number in PHONES.values():
        there.phones.script(number, "off")
    sam, alex = sign_in("sam", "phone"), sign_in("alex")
    callback = there.firm.callback("+12125550199")
    expect(sam.locator(f"#cb-{callback}")).to_be_visible()
    os.kill(redis.pid, signal.SIGKILL)
    redis.wait()
    began = time.perf_counter()
    alex.locator(f"#claim-{callback}").click()
    expect(sam.locator(f"#cb-{callback}")).to_contain_text("Alex Moor has it")
    claimed = time.perf_counter() - began
    misses(there, JANE)
    began = time.perf_counter()
    row = row_of(sam, JANE)
    expect(row).to_be_visible()
    missed = time.perf_counter() - began
    print(f"without Redis: a claim seen after {claimed:.2f} s, a missed caller after {missed:.2f} s")  # noqa: T201
    assert min(claimed, missed) < 2  # about one where the machine is free; without the bell, three or more
    there.phones.script(PHONES["sam"], "answers", after=0.5, key_after=0.5)
    row.get_by_role("button", name=re.compile("^Call")).first.click()
    anyway = sam.get_by_role("button", name=re.compile("anyway"))
    expect(anyway.or_(row.get_by_text("Ringing: first your phone"))).to_be_visible()
    if anyway.is_visible():  # it is night where Jane lives while this test runs
        anyway.click()
    until(lambda: there.phones.of(JANE)["state"] == "talking", "Jane to be talking", seconds=30)
    there.phones.do(JANE, "hang_up")
    row.get_by_role("button", name="Sorted", exact=True).click()
    expect(sam.locator("#group-closed").filter(has_text="555-0142")).to_be_visible()
    expect(sam.locator("#connection")).to_be_hidden()
    expect(sam.get_by_role("alert")).to_have_count(0)
