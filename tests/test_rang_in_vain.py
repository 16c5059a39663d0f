"""A ring-back whose staff phone was not taken says so on the row; one who rings in from another number is met there."""

import datetime as dt

import pytest
import sqlalchemy as sa

from dashboard import steps
from tests.conftest import MakeWorld
from tests.pages import Firm, reads
from tests.test_missed import counted
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


def test_a_time_told_after_a_ring_in_vain_is_watched_like_the_first(make_world: MakeWorld) -> None:
    world = make_world(staff=("sam",))
    world.staff("sam", scripts.Off())
    world.rings(JANE, patience=8)
    world.advance(30)
    sam = world.staff("sam", scripts.Answers(after=2))
    world.caller(JANE).script = scripts.Off()
    world.ring_back("sam")
    world.advance(90)
    assert world.callbacks()[0].rang_at is not None
    world.staff("sam", scripts.Off())
    world.rings(JANE, message="Me again.")
    world.advance(60)
    (told,) = world.callbacks()
    assert [promise.channel for promise in world.promises()] == ["none", "voice"]
    assert told.rang_at is None
    sam = world.staff("sam", scripts.Script())
    before = len(sam.rings)
    world.run_until(told.promised_by - dt.timedelta(minutes=4))
    assert len(sam.rings) == before + 1, "for the time that was told"


def test_nobody_is_told_a_time_that_is_all_but_over(make_world: MakeWorld) -> None:
    world = make_world(staff=(), promise_minutes=10)
    world.rings(JANE, patience=4)
    world.advance(10)
    (first,) = world.callbacks()
    world.run_until(first.promised_by - dt.timedelta(seconds=30))
    world.rings(JANE, message="It's me.")
    world.advance(60)
    (now,) = world.callbacks()
    assert [promise.promised_by for promise in world.promises()] == [first.promised_by, now.promised_by]
    assert now.promised_by >= first.promised_by + dt.timedelta(minutes=9)
    assert now.due_at == first.due_at, "the same place"
    assert (counted(world, "broken"), counted(world, "kept")) == (1, 0), "the first is judged all the same"


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
