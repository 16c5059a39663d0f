"""No worker has the ring, or the one that had it has died: the caller is taken up the ladder, and nobody rung twice."""

import datetime as dt

import pytest

from dashboard import steps
from tests.conftest import MakeWorld
from tests.world import World
from voice.simulator import scripts
from voice.simulator.legs import Leg as PhoneLeg
from voice.simulator.switches import RestFault
from voice.work.worker import Worker


def talked_seconds(leg: PhoneLeg) -> float:
    """By the carrier's own account."""
    return sum((span.until - span.at).total_seconds() for span in leg.bridges if span.until)


@pytest.mark.proves("01-2.14", "01-6.10")
def test_a_worker_that_died_before_the_call_costs_the_caller_the_greeting_and_no_more(world: World) -> None:
    world.kill_worker()
    sam = world.staff("sam", scripts.Answers(after=3))
    alex = world.staff("alex", scripts.Answers(after=3))
    leg = world.rings(talk=30)
    world.advance(60)
    assert sam.rings[0].started - leg.created_at <= dt.timedelta(seconds=11)  # greeting and one cycle of ringback
    assert talked_seconds(leg) >= 29
    call = world.call(leg)
    assert (call.path, call.outcome, call.answered_by) == ("dial", "talked", "sam")
    assert alex.rings == []
    assert world.callbacks() == []


@pytest.mark.proves("01-2.14", "01-6.10")
@pytest.mark.parametrize("back_after", [0.5, 4.0, 8.0, 12.0, 25.0])
def test_a_worker_that_wakes_late_rings_nobody_twice(world: World, back_after: float) -> None:
    world.kill_worker()
    sam, alex = world.staff("sam", scripts.Answers(after=6)), world.staff("alex", scripts.Script())
    leg = world.rings(talk=30)
    world.advance(back_after)
    world.wake_worker()
    world.advance(90)
    assert len(sam.rings) == 1
    assert len(alex.rings) <= 1
    assert world.call(leg).outcome == "talked"
    if world.call(leg).path == "dial":
        assert alex.rings == []
        assert [each for each in world.day.calls() if each.direction == "outbound-api"] == []
    assert world.callbacks() == []


@pytest.mark.proves("01-2.14", "01-6.10")
@pytest.mark.parametrize(
    ("dies", "lost", "back_after"),
    [(0.3, False, 60), (8, False, 60), (0.3, True, 60), (0.3, False, 23)],
    ids=["after one phone", "later", "its only leg never placed", "and wakes late"],
)
def test_a_worker_that_died_with_the_ring_in_hand_leaves_the_caller_to_the_ladder(
    make_world: MakeWorld, dies: float, lost: bool, back_after: float
) -> None:
    world = make_world(ring="in_order", ring_seconds=45)
    world.staff("sam", scripts.Declines(after=14) if dies > 1 else scripts.Off() if lost else scripts.Script())
    alex = world.staff("alex", scripts.Answers(after=4))
    if lost:
        world.day.carrier.moods.rest.append(RestFault("timeout", match="POST .*/Calls.json", times=1))
    leg = world.rings(talk=30)
    world.advance(dies)
    world.kill_worker()
    world.advance(back_after)
    world.wake_worker()
    world.advance(50)
    call = world.call(leg)
    assert (call.path, call.outcome, call.answered_by) == ("dial", "talked", "alex")
    assert len(alex.rings) == 1
    assert len([each for each in world.day.calls() if each.direction == "outbound-api"]) == (0 if lost else 1)


@pytest.mark.proves("01-2.14")
def test_a_worker_that_read_the_row_before_the_ladder_did_places_nothing_after_it(world: World) -> None:
    world.kill_worker()
    world.staff("sam", scripts.Script())
    world.rings(patience=60)
    world.advance(20)  # on the ladder
    assert isinstance(world.resting, Worker)
    for _ in range(5):
        world.resting.tick(world.now)
    assert [each for each in world.day.calls() if each.direction == "outbound-api"] == []


@pytest.mark.proves("R13")
def test_nobody_is_rung_back_before_the_log_has_been_read_once(world: World) -> None:
    world.staff("sam", scripts.Answers(after=2))
    world.rings("+12125550171", patience=1)
    world.advance(5)
    world.kill_worker()
    world.day.carrier.moods.rest.append(RestFault("error", match="GET .*/Calls.json"))
    world.restart_worker()
    world.advance(1)
    before = len(world.phones["sam"].rings)
    world.ring_back("sam")
    world.advance(20)
    assert len(world.phones["sam"].rings) == before
    [going] = world.read(lambda session: steps.read(session, "sam")).values()
    assert going[0].words == "Your phone rings once the carrier has said whether they got through meanwhile"
    caller = world.rings("+12125550172", patience=30, talk=15)
    world.advance(30)
    assert world.call(caller).outcome == "talked"  # who is on the line is served all the same
    world.day.carrier.moods.clear()
    before = len(world.phones["sam"].rings)
    world.advance(10)  # and as soon as it can be read, not a minute later
    assert len(world.phones["sam"].rings) == before + 1
