"""Somebody writes on a row while colleagues work on that very row: text, caret and focus stay, and it is said."""

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
import time_machine
from playwright.sync_api import Locator, Page, expect
from sqlalchemy.orm import Session

from tests.firm import MONDAY_TEN
from tests.pages import JANE, Firm
from tests.windows import Open, turn
from voice import callbacks, claims, clock, later, results
from voice.models import Callback

LUIS = "+12125550177"
WITHOUT_MOVE = "delete Element.prototype.moveBefore"  # browsers that cannot move what has the focus
Deed = Callable[[Session, Callback, dt.datetime], object]


@pytest.fixture(autouse=True)
def _morning() -> Iterator[None]:
    with time_machine.travel(MONDAY_TEN, tick=True):
        yield


def does(firm: Firm, callback: str, deed: Deed) -> None:
    """A colleague does something with it, in another window."""
    with firm.database.transaction() as session:
        assert deed(session, session.get_one(Callback, callback), clock.now()) is None


def begins_a_note(page: Page, callback: str) -> Locator:
    """Open the row, write, and set the caret back into the middle."""
    page.locator(f"#cb-{callback} summary").click()
    note = page.locator(f"#note-{callback}")
    note.press_sequentially("Wants a boiler")
    for _ in "boiler":
        note.press("ArrowLeft")
    return note


def goes_on(page: Page, note: Locator, letters: str, text: str) -> None:
    """Whoever writes has noticed nothing: the next letters go where the caret was."""
    expect(note).to_be_focused()
    page.keyboard.type(letters)
    expect(note).to_have_value(text)


def test_a_note_one_writes_outlives_whatever_colleagues_do_with_its_row(firm: Firm, sign_in: Open) -> None:
    firm.name(JANE, "Jane Doe")
    rows = [firm.callback(f"+1212555{number:04d}", due=number) for number in range(1, 13)]
    callback = firm.callback(due=13)
    page = sign_in("sam")
    note, row, said = begins_a_note(page, callback), page.locator(f"#cb-{callback}"), page.locator("#meanwhile")
    stood = note.evaluate("field => field.getBoundingClientRect().top")
    text = "Wants a {}boiler"

    tomorrow = clock.now() + dt.timedelta(days=1)
    does(firm, callback, lambda session, row, now: later.set_aside(session, row, "alex", tomorrow, now))
    expect(page.locator(f"#group-later #cb-{callback}")).to_contain_text("Meanwhile moved to “Later”: back")
    expect(said).to_contain_text("Meanwhile moved to “Later”: back")
    goes_on(page, note, "new ", text.format("new "))
    assert abs(note.evaluate("field => field.getBoundingClientRect().top") - stood) < 40

    firm.set(callback, later=None, due_at=clock.now() + dt.timedelta(minutes=13))
    does(firm, callback, lambda session, row, now: claims.hand_over(session, row, "alex", "sam", "Yours?", now))
    expect(page.locator(f"#group-mine #cb-{callback}")).to_contain_text("Meanwhile moved to “Yours”: You have it.")
    goes_on(page, note, "gas ", text.format("new gas "))

    does(firm, callback, lambda session, row, now: claims.hand_over(session, row, "sam", "alex", "", now))
    expect(row).to_contain_text("Meanwhile moved to “To ring back”: Alex Moor has it.")
    expect(row).to_contain_text("What you were writing is kept here. Nothing of it has been sent.")
    goes_on(page, note, "or ", text.format("new gas or "))

    turn(page)
    does(firm, callback, lambda session, row, now: claims.release(session, row, "alex", now))
    expect(row).to_contain_text("Meanwhile: nobody has it any more.")
    expect(row.locator(f".sheet #note-{callback}")).to_be_focused()
    expect(row.locator(".kept")).to_have_count(0)
    goes_on(page, note, "oil ", text.format("new gas or oil "))

    does(firm, callback, lambda session, row, now: results.give_result(session, row, "alex", "done_by_hand", now))
    expect(page.locator(f"#group-closed #cb-{callback}")).to_contain_text("Meanwhile moved to “Closed today”")
    goes_on(page, note, "fired ", text.format("new gas or oil fired "))

    for other in rows:  # eleven are closed after it: its row is beyond those shown
        does(firm, other, lambda session, row, now: callbacks.close(session, row, "alex", "done_by_staff", now))
    expect(row).to_have_count(0)
    expect(page.locator(f"#kept-{callback}")).to_contain_text("about Jane Doe is kept here")
    goes_on(page, note, "water ", text.format("new gas or oil fired water "))


def test_what_one_wrote_on_is_sent_once_and_then_forgotten(firm: Firm, sign_in: Open) -> None:
    callback, other = firm.callback(due=5), firm.callback(LUIS, due=10)
    page = sign_in("sam", "phone", init_script=WITHOUT_MOVE)
    note, row = begins_a_note(page, callback), page.locator(f"#cb-{callback}")
    does(firm, callback, lambda session, row, now: claims.claim(session, row, "alex", now))
    expect(row).to_contain_text("Meanwhile: Alex Moor has it.")
    goes_on(page, note, "new ", "Wants a new boiler")
    turn(page)
    row.get_by_role("button", name="Take over").click()
    expect(row).to_contain_text("You have it")
    expect(row.locator(f".sheet #note-{callback}")).to_be_visible()  # although the focus is on the button
    expect(note).to_have_value("Wants a new boiler")
    row.get_by_role("button", name="Sorted").click()
    expect(page.locator(f"#group-closed #cb-{callback}")).to_contain_text("Wants a new boiler")
    expect(note).to_have_count(0)
    expect(page.locator("#list .meanwhile")).to_have_count(0)
    page.locator(f"#cb-{other} summary").click()
    page.locator(f"#note-{other}").focus()
    page.locator("#q").focus()
    does(firm, other, lambda session, row, now: claims.claim(session, row, "alex", now))
    expect(page.locator(f"#cb-{other}")).to_contain_text("Alex Moor has it")
    expect(page.locator("#list .kept")).to_have_count(0)  # nothing was written there
    does(firm, other, lambda session, row, now: claims.release(session, row, "alex", now))
    page.locator(f"#later-hour-{other}").click()
    expect(page.locator(f"#group-later #cb-{other} details")).not_to_have_attribute("open", "")
