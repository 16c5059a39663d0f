"""Held and said numbers, two numbers of one person, a phone that rang in vain, somebody new: in a real browser."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
import time_machine
from playwright.sync_api import expect

from tests.firm import MONDAY_TEN
from tests.pages import JANE, Firm
from tests.windows import Open, fits
from voice import attempts, clock, persons, same_person
from voice.models import Attempt, Leg

OFFICE, ABROAD = "+12125550143", "+442079460123"


@pytest.fixture(autouse=True)
def _morning() -> Iterator[None]:
    """Ten on a Monday morning."""
    with time_machine.travel(MONDAY_TEN, tick=True):
        yield


def rang_in_vain(firm: Firm, callback: str) -> None:
    """Sam's phone has rung for it, and nobody picked up."""
    with firm.database.transaction() as session:
        attempt, now = session.scalars(sa.select(Attempt).where(Attempt.callback_id == callback)).one(), clock.now()
        times = {"placed_at": now, "stop_at": now, "ended_at": now, "state": "no_answer"}
        leg = Leg(line="+12125550100", staff_id="sam", phone="+12125550111", purpose="ring_back", **times)
        session.add(leg)
        session.flush()
        attempt.leg_id = leg.id
        attempts.staff_leg_ended(session, attempt, leg, now)


@pytest.mark.parametrize("size", ["phone", "desk"])
def test_what_the_row_offers_is_a_tap_away(firm: Firm, sign_in: Open, size: str) -> None:
    with firm.database.transaction() as session:
        persons.change(session, JANE, "Sam", clock.now(), name="Jane Doe")
        same_person.merge(session, JANE, OFFICE, "Sam", clock.now())
    jane, hidden = firm.callback(JANE), firm.callback(None, state="no_number")
    held = firm.callback(ABROAD, state="held", held_reason="foreign")
    page = sign_in("sam", size)
    fits(page)
    expect(page.locator(f"#cb-{jane}")).to_contain_text("also (212) 555-0143")
    page.locator(f"#cb-{jane}").get_by_role("button", name="Call (212) 555-0143").click()
    expect(page.locator(f"#cb-{jane}")).to_contain_text("Ringing you")
    rang_in_vain(firm, jane)
    expect(page.locator(f"#cb-{jane}")).to_contain_text("you did not pick up. Ring again?")
    expect(page.locator(f"#call-{jane}")).to_have_text("Call again: Jane Doe")
    page.locator(f"#enter-{hidden}").click()
    page.locator(f"#number-{hidden}").fill("555")
    page.locator(f"#give-{hidden}").click()
    expect(page.locator(f"#wrong-{hidden}")).to_contain_text("is not a phone number")
    expect(page.locator(f"#number-{hidden}")).to_have_value("555")
    fits(page)
    page.locator(f"#number-{hidden}").fill("(212) 555-0199")
    page.locator(f"#give-{hidden}").click()
    expect(page.locator(f"#group-waiting #cb-{hidden}")).to_be_visible()
    page.locator(f"#allow-{held}").click()
    expect(page.locator(f"#group-waiting #cb-{held}")).to_be_visible()
    expect(page.locator(".toast")).to_contain_text("You allowed")


@pytest.mark.parametrize("size", ["phone", "desk"])
def test_somebody_new_is_written_down(firm: Firm, sign_in: Open, size: str) -> None:
    firm.callback(JANE)
    page = sign_in("sam", size, "/people")
    page.get_by_role("link", name="Add a person").click()
    page.get_by_role("textbox", name="Name").fill("Luis Rey")
    page.get_by_label("Numbers").fill(JANE)
    page.get_by_role("button", name="Add them").click()
    expect(page.get_by_role("alert")).to_contain_text("is on a card already")
    fits(page)
    page.get_by_label("Numbers").fill("(212) 555-0198")
    page.get_by_role("button", name="Add them").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Luis Rey")
