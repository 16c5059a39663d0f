"""The card, a call's strip and an import in a real browser: on a phone and on a desk, with and without scripts."""

import pathlib

import pytest
from playwright.sync_api import Page, expect

from tests import windows
from tests.pages import JANE, Firm
from tests.windows import NARROWEST, Open
from voice import clock, imports, moves
from voice.models import Call

HOSTILE = "W" * 90 + " <script>x</script>"


@pytest.fixture(
    params=[("narrowest", True, "dark"), ("desk", False, "light")], ids=["small, scripts", "desk, no scripts"]
)
def page(request: pytest.FixtureRequest, sign_in: Open) -> Page:
    """A window signed in as the owner."""
    size, scripts, scheme = request.param
    return sign_in("sam", size, "/people", java_script_enabled=scripts, color_scheme=scheme)


def fits(page: Page) -> None:
    """That window on a desk runs no scripts, and these questions are scripts."""
    if page.viewport_size == NARROWEST:
        windows.fits(page)


@pytest.mark.proves("02-2.4")
def test_a_card_is_edited_and_a_call_read(firm: Firm, page: Page) -> None:
    callback = firm.callback(JANE)
    firm.name(JANE, None, HOSTILE)
    with firm.database.transaction() as session:
        call = session.query(Call).filter_by(callback_id=callback).one()
        moves.note(session, "received", call.received_at, call=call, ring="everyone", rings=20)
        moves.note(session, "phone_rings", clock.now(), call=call, staff="sam")
    page.reload()
    fits(page)
    page.get_by_role("link", name="W" * 20).click()
    page.locator("summary", has_text="Change the name").click()
    page.get_by_role("textbox", name="Name").fill("Jane Doe")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Jane Doe")
    page.get_by_label("A note about them").fill("Side door")
    page.get_by_role("button", name="Add the note").click()
    expect(page.get_by_text("Sam Field noted")).to_be_visible()
    fits(page)
    page.get_by_role("link", name="Rang").click()
    expect(page.get_by_role("cell", name="Everyone at once")).to_be_visible()
    fits(page)


@pytest.mark.proves("02-2.5")
def test_an_import_is_looked_at_and_its_progress_seen(firm: Firm, page: Page, tmp_path: pathlib.Path) -> None:
    rows = "".join(f"Person {index},+1212555{1000 + index}\n" for index in range(imports.CHUNK + 5))
    (tmp_path / "contacts.csv").write_text(f"name,phone\n{rows}{HOSTILE},abc\n")
    page.goto(f"{page.url}/import")
    fits(page)
    page.get_by_label("A CSV file").set_input_files(tmp_path / "contacts.csv")
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_text("is not a phone number")).to_be_visible()
    fits(page)
    page.get_by_role("button", name="Bring in 30 people").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    import_id = page.url.rpartition("/")[2]
    with firm.database.transaction() as session:
        imports.bring_in(session, import_id, clock.now())
    expect(page.get_by_text("25 of 30")).to_be_visible()
    with firm.database.transaction() as session:
        imports.bring_in(session, import_id, clock.now())
    expect(page.get_by_text("Done: 30 people are in")).to_be_visible()
