"""However many people press at once, and in however many tabs: one dial."""

import pathlib
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
import time_machine

from tests.firm import MONDAY_TEN
from tests.pages import Firm, Visitor
from voice.models import Attempt

TAPS = 50
BUTTONS = ("call", "call", "by-hand", "claim", "take-over")


@pytest.mark.proves("01-3.3", "02-3.3", "C13", "S4")
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_fifty_taps_at_once_in_many_tabs_dial_once(
    kind: str, request: pytest.FixtureRequest, tmp_path: pathlib.Path
) -> None:
    firm = Firm(request.getfixturevalue(f"{kind}_url"), tmp_path)
    with time_machine.travel(MONDAY_TEN, tick=True):
        callback = firm.callback()
        people = [firm.visitor(f"{who}@example.com") for who in ("sam", "alex")]
        tabs = [tab(people[place % 2]) for place in range(TAPS)]
        start = threading.Barrier(TAPS)

        def press(place: int, button: str) -> tuple[str, int]:
            visitor, token = tabs[place]
            return button, visitor.post(f"/callbacks/{callback}/{button}", {"csrf_token": token}).status_code

        def tap(place: int) -> tuple[str, int]:
            start.wait()
            return press(place, BUTTONS[place % len(BUTTONS)])

        with ThreadPoolExecutor(TAPS) as threads:
            answers = Counter(threads.map(tap, range(TAPS)))
        row = firm.row(callback)
        if not answers["call", 303]:  # it went from hand to hand: each pressed “Call” while the other had it
            assert dialled(firm) == [], answers
            assert press(("sam", "alex").index(row.claimed_by or ""), "call") == ("call", 303)
            row = firm.row(callback)
        (dials,) = dialled(firm)
        assert (row.state, row.claimed_by, row.by_hand_at) == ("calling", dials, None)
    firm.close()
    assert {status for _, status in answers} == {303, 409}, answers


def dialled(firm: Firm) -> list[str]:
    """Whose phones were to be rung for it."""
    with firm.database.reading() as session:
        return list(session.scalars(sa.select(Attempt.staff_id)))


def tab(visitor: Visitor) -> tuple[Visitor, str]:
    """Another window of the same browser, with the token of its page."""
    other = Visitor(visitor.firm)
    other.client.set_cookie("ringback-session", str(visitor.cookie("session")))
    return other, other.token("/")
