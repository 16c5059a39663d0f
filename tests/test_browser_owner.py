"""The owner's page in a real browser: on a desk, on a phone in the dark, on paper, and without scripts."""

import json
import pathlib
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests import figures_history
from tests.pages import Firm
from tests.windows import Open, fits
from voice import pictures

DRAWN = ("reached", "hours", "causes", "lines", "days")


@pytest.fixture(scope="module")
def history(sqlite_template: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A week of a firm, up to now."""
    return figures_history.write(sqlite_template, tmp_path_factory.mktemp("history"))


@pytest.fixture
def firm(history: pathlib.Path, tmp_path: pathlib.Path, drawn: pathlib.Path) -> Iterator[Firm]:
    made = figures_history.copy(history, tmp_path)
    (tmp_path / "cache").symlink_to(drawn)
    yield made
    made.close()


def settled(page: Page) -> None:
    """All pictures are there."""
    for name in DRAWN:
        expect(page.locator(f"#picture-{name} svg")).to_have_count(1)


def width_of(page: Page, name: str) -> float:
    """How wide a picture is drawn."""
    box = page.locator(f"#picture-{name} svg").bounding_box()
    assert box
    return box["width"]


@pytest.mark.parametrize(("size", "scheme"), [("desk", "light"), ("phone", "dark")])
def test_a_minute_with_the_page(firm: Firm, sign_in: Open, size: str, scheme: str) -> None:
    page = sign_in("sam", size, color_scheme=scheme, quiet=True)
    page.get_by_role("link", name="Figures").click()
    settled(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Did callers reach people?")
    expect(page.locator("#head-lost")).to_contain_text("Maria Lopez")
    fits(page)
    room = page.locator("main").evaluate("main => main.clientWidth")
    assert all(room - 40 <= width_of(page, name) <= room for name in DRAWN)

    # What a number means, then who is behind it.
    row = page.locator('#table-figures tr:has(summary:text-is("Missed"))')
    row.locator("summary").click()
    expect(row.get_by_text("Offered calls that nobody was joined to")).to_be_visible()
    count = row.locator("td a").first.inner_text()
    row.locator("td a").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Missed: {count}")
    expect(page.locator(".behind > li")).to_have_count(int(count))
    fits(page)
    page.go_back()
    settled(page)

    # A field of the heat map tells what it holds, and leads there.
    described = json.loads(page.locator("#picture-hours").get_attribute("data-chart") or "")
    fullest = max(described["data"]["values"], key=lambda field: field["calls"])
    number = page.locator("#picture-hours svg .mark-text.role-mark text", has_text=str(fullest["calls"])).first
    number.hover()
    number.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"^Missed: \d+$"))
    expect(page.locator(".behind > li")).to_have_count(int(page.locator("#total").inner_text()))
    page.go_back()
    settled(page)

    # Other days, and other calls to look at.
    page.locator("#pick > summary").click()
    page.locator("#pick select").select_option("Second line")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator(".days")).to_contain_text("Second line")
    page.get_by_role("link", name="28 days").click()
    expect(page.get_by_role("link", name="28 days")).to_have_attribute("aria-current", "true")


def test_what_happens_now_appears_and_what_is_open_stays_so(firm: Firm, sign_in: Open) -> None:
    page = sign_in("sam", "phone", "/owner?days=today")
    expect(page.locator("#picture-hours svg")).to_have_count(1)
    page.locator("#head-lost .says summary").click()
    before = page.locator('#table-figures tr:has(summary:text-is("Offered")) td').first
    offered = int(before.inner_text())
    with firm.database.transaction() as session:
        firm.call(session, "+12125550163", state="unanswered", outcome="callback", cause="declined")
    expect(before).to_have_text(str(offered + 1))
    expect(page.locator("#picture-causes")).to_have_attribute("data-chart", re.compile("Everybody declined"))
    expect(page.locator("#head-lost .says p")).to_be_visible()
    assert page.locator("#picture-hours svg").count() == 1


def test_on_paper_it_is_black_on_white_with_its_pictures_and_without_its_buttons(firm: Firm, sign_in: Open) -> None:
    page = sign_in("sam", "desk", "/owner", color_scheme="dark")
    settled(page)
    page.emulate_media(media="print", color_scheme="dark")
    shade = "getComputedStyle(document.documentElement).getPropertyValue"
    assert page.evaluate(f"{shade}('--page')") == "#ffffff"
    assert page.evaluate(f"{shade}('--chart-main')") == "#0b5a8a"
    for hidden in (".top", ".pick", "#raw", "#reached .files"):
        expect(page.locator(hidden)).to_be_hidden()
    for kept in ("#summary", "#picture-hours svg", "#table-figures", "#lived-worst"):
        expect(page.locator(kept)).to_be_visible()
    assert page.pdf()[:4] == b"%PDF"


def test_without_scripts_there_are_tables_and_drawn_pictures(
    firm: Firm, sign_in: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    square = (
        b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>'  # how they are drawn: the files' story
    )
    monkeypatch.setattr(pictures, "picture", lambda *_: square)
    page = sign_in("sam", "desk", "/owner", java_script_enabled=False)
    expect(page.locator("#hours img.picture")).to_be_visible()
    expect(page.locator("div.picture").first).to_be_hidden()
    page.locator("#hours summary", has_text="As a table").click()
    expect(page.locator("#table-hours")).to_be_visible()


def test_before_the_first_call_it_fits_as_well(firm: Firm, sign_in: Open) -> None:
    with firm.database.transaction() as session:
        for table in ("call_events", "legs", "attempts", "promises", "calls", "callbacks"):
            session.connection().exec_driver_sql("PRAGMA defer_foreign_keys=ON")
            session.connection().exec_driver_sql(f"DELETE FROM {table}")  # noqa: S608
    page = sign_in("sam", "phone", "/owner")
    expect(page.locator("#empty")).to_contain_text("No call has come in yet.")
    fits(page)
