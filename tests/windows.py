"""Browser windows of a small firm: a server of its own, and somebody signed in at a phone or a desk."""

import pathlib
import threading
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from tests.pages import PASSWORD, Firm

SIZES = {"phone": {"width": 375, "height": 740}, "desk": {"width": 1280, "height": 800}}
Open = Callable[..., Page]


@pytest.fixture
def firm(sqlite_url: str, tmp_path: pathlib.Path) -> Iterator[Firm]:
    made = Firm(sqlite_url, tmp_path)
    yield made
    made.close()


@pytest.fixture
def address(firm: Firm) -> Iterator[str]:
    """Where the firm's pages are served."""
    server = make_server("127.0.0.1", 0, firm.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def sign_in(browser: Browser, address: str) -> Iterator[Open]:
    """Opens a browser window signed in as somebody; a script's error on any page of it fails the test."""
    contexts, errors = [], []

    def open_as(who: str, size: str = "desk", **options: object) -> Page:
        context = browser.new_context(viewport=SIZES.get(size), **options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("dialog", lambda dialog: errors.append(f"dialog: {dialog.message}"))
        page.goto(address)
        page.get_by_label("Email").fill(f"{who}@example.com")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator("#list")).to_be_visible()
        page.wait_for_load_state()  # the script has run
        return page

    yield open_as
    for context in contexts:
        context.close()
    assert errors == []
