"""Browser windows of a small firm: whose pages are served, and somebody signed in at a phone or a desk.

To open a window costs a browser more than to load a page. So stories share windows, and each gets one as if new: what
it changed is put back, and whatever the browser has kept of it is deleted.
"""

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, CDPSession, Dialog, Error, Page
from werkzeug.exceptions import ServiceUnavailable
from werkzeug.serving import make_server

from tests.browsers import keep_last_pictures, keep_picture
from tests.pages import Firm
from tests.waiting import until

SIZES = {"phone": {"width": 375, "height": 740}, "desk": {"width": 1280, "height": 800}}
NARROWEST = {"width": 320, "height": 640}
FAULTS = """() => axe.run({resultTypes: ["violations"]}).then(({violations}) => violations.map(
  ({id, nodes}) => [id, nodes[0].html, nodes[0].failureSummary]))"""
ASKED = """() => {
  const {href} = new URL(document.querySelector("[data-part]").dataset.part, location);
  return performance.getEntriesByType("resource").some(({name}) => name === href);
}"""
Open = Callable[..., Page]


def fits(page: Page, name: str = "") -> None:
    """Nothing is cut off at the side, and nothing hinders who cannot see or point; a picture is kept under a `name`."""
    if name:
        keep_picture(page, name)
    assert page.evaluate("document.documentElement.scrollWidth") <= (page.viewport_size or {"width": 0})["width"]
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    assert [(page.url, *fault) for fault in page.evaluate(FAULTS)] == []


def turn(page: Page) -> None:
    """The story goes on at the other width: on a desk where it began on a phone, and the other way round."""
    wide = (page.viewport_size or {"width": 0})["width"] == SIZES["desk"]["width"]
    page.set_viewport_size(SIZES["phone" if wide else "desk"])  # type: ignore[arg-type]


def is_listening(page: Page) -> None:
    """Wait until the page has its place at the bell and has asked once more."""
    becomes(page, ASKED)


def becomes(page: Page, true: str) -> None:
    """Wait until a script says so. Playwright's own wait has the page ask itself, which ours may not: no `eval`."""
    until(lambda: page.evaluate(true), true)


class Site:
    """One address for the pages of all stories: whose they are changes."""

    def __init__(self) -> None:
        self.app: Any = None

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        answer: Iterable[bytes] = self.app(environ, start_response)
        return answer


class Window:
    """A window of a browser, with a page that is used by one story after the other."""

    def __init__(self, browser: Browser, scripts: bool, lasting: bool = True) -> None:
        self.scripts, self.lasting = scripts, lasting
        self.context = browser.new_context(java_script_enabled=scripts)
        self.page = self.context.new_page()
        self._wire: CDPSession = self.context.new_cdp_session(self.page)
        self._heard: list[tuple[Any, Any]] = []

    def turn_to(
        self,
        size: str,
        color_scheme: Literal["light", "dark"] = "light",
        reduced_motion: Literal["reduce", "no-preference"] = "no-preference",
    ) -> None:
        """Have it so large, on a device whose owner likes it so."""
        self.page.set_viewport_size(SIZES.get(size, NARROWEST))  # type: ignore[arg-type]
        self.page.emulate_media(media="null", color_scheme=color_scheme, reduced_motion=reduced_motion)
        self.page.set_default_timeout(10_000)

    def hear(self, event: Any, act: Callable[[Any], object]) -> None:
        """Listen to the page until the window is given back."""
        page: Any = self.page
        page.on(event, act)
        self._heard.append((event, act))

    def put_back(self, origin: str) -> None:
        """Make it as if new, and forget all that the pages of `origin` have kept."""
        keep_last_pictures(self.context)
        for other in self.context.pages:
            if other != self.page:
                other.close()
        for event, act in self._heard:
            self.page.remove_listener(event, act)
        self._heard.clear()
        self.page.unroute_all()
        self.page.goto("about:blank")
        self.context.set_offline(False)
        self.context.clear_permissions()
        self.context.clear_cookies()
        self._wire.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})


class Windows:
    """The windows of a worker: those in use by the story of now, and those that wait for the next."""

    def __init__(self, browser: Browser, origin: str) -> None:
        self._browser, self._origin = browser, origin
        self._free: list[Window] = []
        self._taken: list[Window] = []

    def take(self, size: str = "desk", java_script_enabled: bool = True, lasting: bool = True, **looks: Any) -> Window:
        """A window, as if new. Not `lasting`: for a story that does to it what cannot be put back."""
        free = next((each for each in self._free if lasting and each.scripts == java_script_enabled), None)
        if free:
            self._free.remove(free)
        window = free or Window(self._browser, java_script_enabled, lasting)
        self._taken.append(window)
        window.turn_to(size, **looks)
        return window

    def put_back(self) -> None:
        """The story that took them is over."""
        while self._taken:
            window = self._taken.pop()
            with contextlib.suppress(Error):  # it has crashed, or hangs: the next story is to have another
                if window.lasting:
                    window.put_back(self._origin)
                    self._free.append(window)
                    continue
            with contextlib.suppress(Error):
                window.context.close()


@pytest.fixture(scope="session")
def _windows(_chromium: tuple[Browser, Any], _site: tuple[Site, str]) -> Windows:
    return Windows(_chromium[0], _site[1])


@pytest.fixture
def windows(browser: Browser, _windows: Windows) -> Iterator[Windows]:
    """Windows to take; they are put back when the story is over."""
    yield _windows
    _windows.put_back()


@pytest.fixture(scope="session")
def _site() -> Iterator[tuple[Site, str]]:
    site = Site()
    server = make_server("127.0.0.1", 0, site, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield site, f"http://localhost:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def address(firm: Firm, _site: tuple[Site, str]) -> Iterator[str]:
    """Where the firm's pages are served, for as long as the story lasts."""
    site, address = _site
    site.app = firm.app
    yield address
    site.app = ServiceUnavailable()  # what a page still open asks now is not this firm's business


@pytest.fixture
def sign_in(address: str, firm: Firm, windows: Windows) -> Iterator[Open]:
    """Opens a page in a browser window signed in as somebody; a script's error on any page of it fails the test."""
    errors: list[str] = []

    def refuse(dialog: Dialog) -> None:
        errors.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def open_as(
        who: str, size: str = "desk", at: str = "/", init_script: str = "", quiet: bool = False,
        moved_clock: bool = False, **options: Any,
    ) -> Page:  # fmt: skip
        window = windows.take(size, lasting=not (init_script or moved_clock), **options)
        if moved_clock:
            window.page.clock.install()
        if init_script:
            window.context.add_init_script(init_script)
        if quiet:  # its pages may not grumble either
            window.hear("console", lambda said: errors.append(said.text) if said.type in ("error", "warning") else None)
        window.hear("pageerror", lambda error: errors.append(str(error)))
        window.hear("dialog", refuse)
        window.context.add_cookies([{"name": firm.SESSION_COOKIE, "value": firm.let_in(who), "url": address}])
        window.page.goto(address + at)  # until it is loaded: the script has run
        return window.page

    yield open_as
    windows.put_back()
    assert errors == []
