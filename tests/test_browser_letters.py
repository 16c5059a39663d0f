"""What owners look at beside the figures, in a real browser: the digest beforehand, staffing, warnings, what to get."""

import pathlib
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests import figures_history
from tests.firm import LINE, OFFICE
from tests.pages import Firm
from tests.windows import Open, fits
from voice.firm import Line, StaffMember


@pytest.fixture(scope="module")
def history(sqlite_template: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A week of a firm, up to now."""
    return figures_history.write(sqlite_template, tmp_path_factory.mktemp("history"))


@pytest.fixture
def firm(history: pathlib.Path, tmp_path: pathlib.Path, drawn: pathlib.Path) -> Iterator[Firm]:
    made = figures_history.copy(history, tmp_path)
    (tmp_path / "cache").symlink_to(drawn)
    with made.database.transaction() as session:
        session.get_one(Line, LINE).hours = OFFICE
        for name in ("sam", "alex"):
            session.get_one(StaffMember, name).shifts = {
                "mon": "09:00-12:30",
                "tue": "09:00-17:30",
                "wed": "10:00-17:30",
            }
    yield made
    made.close()


@pytest.mark.parametrize(("size", "scheme"), [("desk", "light"), ("phone", "dark")])
def test_an_owner_sees_what_goes_wrong_what_they_would_get_and_how_many_people_it_takes(
    firm: Firm, sign_in: Open, size: str, scheme: str
) -> None:
    page = sign_in("sam", size, "/owner", color_scheme=scheme, quiet=True)
    expect(page.locator(".wrong")).to_contain_text("wrong again and again")
    page.locator("#warnings").scroll_into_view_if_needed()
    fits(page, "owner-warnings")
    page.get_by_role("link", name="Set shifts").first.click()
    expect(page.locator("#gaps")).to_contain_text("nobody")
    page.go_back()
    page.get_by_role("link", name="By e-mail").click()
    expect(page.locator("#html h1")).to_be_visible()
    expect(page.get_by_text("No e-mail is sent yet.")).to_be_visible()
    expect(page.locator("#text")).to_contain_text("CALLERS LOST")
    assert page.locator("#html img").evaluate("async image => (await image.decode(), image.naturalWidth)") > 600
    fits(page, "digest")
    page.get_by_role("link", name="Of a day").click()
    expect(page.locator("#text")).to_contain_text("Missed calls by day")
    page.goto(page.url.partition("/digest")[0])
    page.get_by_role("link", name="Staffing").click()
    expect(page.locator("#picture-staffing svg")).to_have_count(1)
    expect(page.locator("#guess")).to_be_visible()
    fits(page, "staffing")
    page.get_by_label("within").fill("5")
    page.get_by_role("button", name="Work it out").click()
    expect(page.get_by_label("within")).to_have_value("5")
    page.goto(f"{page.url.partition('/owner')[0]}/account")
    page.get_by_label("A digest every morning").check()
    page.locator("#letters").get_by_role("button", name="Save").click()
    expect(page.locator("#letters").get_by_role("status")).to_have_text("Done.")
    expect(page.get_by_label("A digest every morning")).to_be_checked()
    page.locator("#letters").scroll_into_view_if_needed()
    fits(page, "account-letters")
