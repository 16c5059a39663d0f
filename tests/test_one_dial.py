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


@pytest.mark.proves("01-3.3", "02-3.3")
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_fifty_taps_at_once_in_many_tabs_dial_at_most_once(
    kind: str, request: pytest.FixtureRequest, tmp_path: pathlib.Path
) -> None:
    firm = Firm(request.getfixturevalue(f"{kind}_url"), tmp_path)
    with time_machine.travel(MONDAY_TEN, tick=True):
        callback = firm.callback()
        people = [firm.visitor(f"{who}@example.com") for who in ("sam", "alex")]
        tabs = [tab(people[place % 2]) for place in range(TAPS)]
        start = threading.Barrier(TAPS)

        def tap(place: int) -> int:
            start.wait()
            visitor, token = tabs[place]
            address = f"/callbacks/{callback}/{BUTTONS[place % len(BUTTONS)]}"
            return visitor.post(address, {"csrf_token": token}).status_code

        with ThreadPoolExecutor(TAPS) as threads:
            answers = Counter(threads.map(tap, range(TAPS)))
        with firm.database.reading() as session:
            attempts = session.scalars(sa.select(Attempt.staff_id)).all()
        row = firm.row(callback)
    firm.close()
    assert answers[303] + answers[409] == TAPS, answers
    assert len(attempts) <= 1
    if attempts:
        assert (row.state, row.claimed_by, row.by_hand_at) == ("calling", attempts[0], None)


def tab(visitor: Visitor) -> tuple[Visitor, str]:
    """Another window of the same browser, with the token of its page."""
    other = Visitor(visitor.firm)
    other.client.set_cookie("ringback-session", str(visitor.cookie("session")))
    return other, other.token("/")
