"""The card, a call's strip and an import in a real browser: on a phone and on a desk, with and without scripts."""

import datetime as dt
import pathlib
import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from tests import windows
from tests.pages import JANE, Firm
from tests.windows import NARROWEST, Open, turn
from voice import clock, imports, moves, undo
from voice.list_tables import LastCardChange
from voice.models import Call

HOSTILE = "W" * 90 + " <script>x</script>"


@pytest.fixture(params=[True, False], ids=["small, scripts", "desk, no scripts"])
def scripts(request: pytest.FixtureRequest) -> bool:
    """Whether the window runs any."""
    return bool(request.param)


@pytest.fixture
def page(scripts: bool, sign_in: Open) -> Page:
    """A window signed in as the owner."""
    size, scheme = ("narrowest", "dark") if scripts else ("desk", "light")
    return sign_in("sam", size, "/people", java_script_enabled=scripts, color_scheme=scheme)


@pytest.fixture
def fits(scripts: bool) -> Callable[[Page], None]:
    """These questions are scripts."""
    return windows.fits if scripts else lambda page: None


@pytest.mark.proves("02-2.4")
def test_a_card_is_edited_and_a_call_read(firm: Firm, page: Page, scripts: bool, fits: Callable[[Page], None]) -> None:
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
    expect(page.locator(".toast")).to_contain_text("Changed: the name.")
    page.get_by_label("A note about them").fill("Side door")
    page.get_by_role("button", name="Add the note").click()
    expect(page.get_by_text("Sam Field noted")).to_be_visible()
    fits(page)
    if scripts:
        _undo_is_offered_for_half_a_second_more(firm, page)
    page.locator("summary", has_text="Add another number of theirs").click()
    page.get_by_label("Their other number").fill("(212) 555-0143")
    page.locator("form").filter(has_text="Their other number").get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name=re.compile("Not theirs.*0143"))).to_be_visible()
    turn(page)
    fits(page)
    page.get_by_role("link", name="Rang").click()
    expect(page.get_by_role("cell", name="Everyone at once")).to_be_visible()
    if scripts:
        page.set_viewport_size(NARROWEST)  # type: ignore[arg-type]
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


def _undo_is_offered_for_half_a_second_more(firm: Firm, page: Page) -> None:
    """Then it goes, and whoever stands on it stays on the page."""
    with firm.database.transaction() as session:
        at = clock.now() - undo.OFFERED + dt.timedelta(seconds=0.5)
        session.execute(sa.update(LastCardChange).values(at=at))
    page.reload()
    page.get_by_role("button", name="Undo").focus()
    expect(page.locator(".toast")).to_have_count(0)
    expect(page.locator("#main")).to_be_focused()


@pytest.mark.proves("02-2.5")
def test_an_import_is_looked_at_and_its_progress_seen(
    firm: Firm, page: Page, fits: Callable[[Page], None], tmp_path: pathlib.Path
) -> None:
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
    turn(page)
    import_id = page.url.rpartition("/")[2]
    with firm.database.transaction() as session:
        imports.bring_in(session, import_id, clock.now())
    expect(page.get_by_text("25 of 30")).to_be_visible()
    with firm.database.transaction() as session:
        imports.bring_in(session, import_id, clock.now())
    expect(page.get_by_text("Done: 30 people are in")).to_be_visible()
