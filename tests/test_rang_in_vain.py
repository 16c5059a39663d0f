"""A ring-back whose staff phone was not taken says so on the row; one who rings in from another number is met there."""

import pytest
import sqlalchemy as sa

from dashboard import steps
from tests.pages import Firm, reads
from tests.world import World
from voice import attempts, clock, same_person
from voice.models import Attempt, Callback, Leg
from voice.simulator import scripts

JANE, OFFICE = "+12125550177", "+12125550143"


def told(world: World, who: str = "sam") -> list[str]:
    """What that person reads of their own phone."""
    return world.read(lambda session: list(steps.missed(session, world.callbacks(), who, world.now).values()))


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (scripts.Script(), "Your phone rang, you did not pick up."),
        (scripts.Answers(after=2, key=""), "Your phone was picked up, but no key was pressed, so nobody was rung."),
        (scripts.Busy(), "Your phone was busy."),
    ],
    ids=["not picked up", "no key", "busy"],
)
def test_what_became_of_ones_own_phone_is_said_for_a_while_and_to_nobody_else(
    world: World, script: scripts.Script, said: str
) -> None:
    world.rings(JANE, patience=6)
    world.advance(12)
    world.staff("sam", script)
    world.ring_back("sam")
    assert told(world) == []
    world.advance(45)
    assert told(world) == [said]
    assert told(world, "alex") == []
    world.advance(15 * 60)
    assert told(world) == []


def test_who_is_rung_on_one_number_and_rings_in_from_another_is_met(world: World) -> None:
    world.rings(JANE, patience=6)
    world.advance(12)
    world.write(lambda session: same_person.merge(session, JANE, OFFICE, "Sam", world.now))
    sam = world.staff("sam", scripts.Answers(after=8))
    world.ring_back("sam")
    world.advance(3)
    assert sam.ringing
    leg = world.rings(OFFICE, talk=30)
    world.advance(60)
    assert world.call(leg).outcome == "talked"
    (callback,) = world.callbacks()
    assert (callback.closed_reason, callback.calls) == ("got_through", 1)
    rows = world.read(lambda session: list(session.scalars(sa.select(Attempt.ending))))
    assert rows == ["crossed"]


@pytest.mark.usefixtures("morning")
def test_the_row_says_it_kindly_with_one_tap_and_where_to_look(firm: Firm) -> None:
    callback = firm.callback()
    sam, alex = firm.visitor("sam@example.com"), firm.visitor("alex@example.com")
    sam.press(f"/callbacks/{callback}/call")
    with firm.database.transaction() as session:
        attempt, now = session.scalars(sa.select(Attempt)).one(), clock.now()
        line = session.get_one(Callback, callback).line
        leg = Leg(line=line, staff_id="sam", phone="+12125550111", purpose="ring_back", placed_at=now, stop_at=now)
        leg.state, leg.ended_at = "no_answer", now
        session.add(leg)
        session.flush()
        attempt.leg_id = leg.id
        attempts.staff_leg_ended(session, attempt, leg, now)
    html = sam.get("/list").text
    page = reads(html)
    assert "Your phone rang, you did not pick up. Ring again?" in page
    assert 'href="/team#staff-sam"' in html
    assert "Call again" in page
    assert "did not pick up" not in reads(alex.get("/list").text)
    assert sam.press(f"/callbacks/{callback}/call").status_code == 303
    assert "did not pick up" not in reads(sam.get("/list").text), "it rings again"
