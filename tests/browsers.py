"""A Chromium for the tests that need one, and one plain line at the end of the run when there is none."""

import asyncio
import contextlib
import os
import pathlib
import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = "no Chromium here: install `chromium` with your package manager, or name one in CHROME_BIN"
WIDTHS, HEIGHT = (375, 1280), 800  # pictures of all stories are kept at these
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",  # a container's shared memory is too small for it
    "--disable-site-isolation-trials",  # all pages here are one site: a process for each would be started for nothing
    "--renderer-process-limit=1",
)

expect.set_options(timeout=15_000)  # a page that is right comes to it; the machine may have other tests to run


def find_chromium() -> str | None:
    """The browser's program, or None."""
    named = os.environ.get("CHROME_BIN")
    return named or next((found for name in NAMES if (found := shutil.which(name))), None)


def keep_picture(page: Page, name: str) -> None:
    """Keep what the page shows, whole, in the folder RINGBACK_SCREENSHOTS; nothing where none is named."""
    if folder := os.environ.get("RINGBACK_SCREENSHOTS"):
        wide = (page.viewport_size or {"width": 0})["width"]
        page.screenshot(
            path=pathlib.Path(folder) / f"{re.sub(r'[^a-z0-9]+', '-', name.lower())}-{wide}.png", full_page=True
        )


def keep_last_pictures(context: BrowserContext) -> None:
    """Keep what each page of a story shows at its end: at its width, and at the others it is used at."""
    if not os.environ.get("RINGBACK_SCREENSHOTS"):
        return
    story = os.environ.get("PYTEST_CURRENT_TEST", "").partition("::")[2].rpartition(" ")[0]
    for place, page in enumerate(context.pages):
        with contextlib.suppress(Error):  # a page that is just leaving has nothing to show
            size = page.viewport_size or {"width": WIDTHS[0], "height": HEIGHT}
            for width in {size["width"], *WIDTHS}:
                page.set_viewport_size({"width": width, "height": size["height"]})
                keep_picture(page, f"{story}-{place}")


@pytest.fixture(autouse=True, scope="session")
def _keep_pictures_of_closed_windows() -> Iterator[None]:
    close = BrowserContext.close

    def pictured(context: BrowserContext, **given: Any) -> None:
        if os.environ.get("PYTEST_CURRENT_TEST"):  # at the end of the run no story is told any more
            keep_last_pictures(context)
        close(context, **given)

    with pytest.MonkeyPatch.context() as patch:
        if os.environ.get("RINGBACK_SCREENSHOTS"):
            patch.setattr(BrowserContext, "close", pictured)
        yield


@pytest.fixture(scope="session")
def _chromium() -> Iterator[tuple[Browser, asyncio.AbstractEventLoop]]:
    """One headless Chromium for all stories of a worker, and the event loop its driver keeps running in this thread."""
    program = find_chromium()
    if program is None:
        pytest.skip(MISSING)
    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else [*FLAGS]  # Chromium has no sandbox for root
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=flags)
        loop = asyncio.get_running_loop()
        asyncio._set_running_loop(None)
        yield chromium, loop
        asyncio._set_running_loop(loop)
        chromium.close()


@pytest.fixture(scope="module")
def browser(_chromium: tuple[Browser, asyncio.AbstractEventLoop]) -> Iterator[Browser]:
    """A headless Chromium. Open pages by `localhost`, and close the contexts you make.

    Its driver's loop stands still between two calls, but counts as running in this thread. It does so only for the
    stories of files with a browser: the Day mount of the others runs a loop of its own.
    """
    chromium, loop = _chromium
    asyncio._set_running_loop(loop)
    yield chromium
    asyncio._set_running_loop(None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was not shown: a skip among hundreds of passes is overlooked."""
    skipped = [report for report in terminalreporter.stats.get("skipped", ()) if MISSING in str(report.longrepr)]
    if skipped:
        terminalreporter.write_line(f"{len(skipped)} browser tests did not run: {MISSING}.", yellow=True)
