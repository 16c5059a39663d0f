"""Accepted is not joined: a phone that takes a caller and is gone leaves the caller with the others."""

import pytest

from tests.conftest import MakeWorld
from tests.world import seconds, talked_with
from voice.simulator import scripts
from voice.simulator.switches import Rudeness

pytestmark = pytest.mark.proves("01-6.9", "01-2.4")


class TakesAndDrops(scripts.Script):
    """Presses the key and is gone `later` seconds after it, once; then it is answered and stays."""

    def __init__(self, later: float) -> None:
        object.__setattr__(self, "later", later)

    later: float

    async def play(self, ring: scripts.Ring) -> None:
        await ring.wait(2)
        await ring.pick_up()
        await ring.heard_a_prompt()
        await ring.wait(1)
        ring.leg.press("1")
        await ring.wait(self.later)
        ring.hang_up()


@pytest.mark.parametrize("later", [0.01, 0.03, 0.05, 0.1, 0.5, 1.5])
@pytest.mark.parametrize("reading", ["bridging-in-process", "bridged"])
def test_accepted_but_never_joined_the_caller_waits_on(make_world: MakeWorld, later: float, reading: str) -> None:
    world = make_world(staff=("sam", "alex"), ring_seconds=30)
    world.day.carrier.switches.dialler_lost = reading
    world.staff("sam", scripts.InTurn((TakesAndDrops(later), scripts.Answers(after=3))))
    world.staff("alex", scripts.Off())
    leg = world.rings(talk=15)
    world.advance(90)
    call = world.call(leg)
    assert (call.state, call.outcome, call.answered_by) == ("completed", "talked", "sam")
    assert talked_with(leg) is world.phones["sam"]
    assert world.callbacks() == []


def test_others_may_win_a_caller_an_acceptance_has_lost(make_world: MakeWorld) -> None:
    world = make_world(staff=("sam", "alex"), ring_seconds=40)
    world.staff("sam", scripts.InTurn((TakesAndDrops(0.03), scripts.Off())))
    alex = world.staff("alex", scripts.Answers(after=4))
    leg = world.rings(talk=15)
    world.advance(60)
    assert talked_with(leg) is alex
    assert len(alex.rings) == 2  # ended when Sam took the caller, rung again when Sam was gone
    assert seconds(alex.answered[0], leg.created_at) < 12
    assert world.call(leg).outcome == "talked"


@pytest.mark.parametrize("late", [4.0, 9.0])
def test_a_queue_that_is_not_there_yet_is_tried_again(make_world: MakeWorld, late: float) -> None:
    world = make_world(staff=("sam",), ring_seconds=30)
    # The caller's first document is slow on its way back, so the phone is quicker than the caller's queue.
    world.day.carrier.moods.webhooks.append(Rudeness("slow", path="/voice/incoming", times=1, seconds=late))
    sam = world.staff("sam", scripts.Answers(after=0.5, key_after=0.3))
    leg = world.rings(talk=15)
    world.advance(60)
    call = world.call(leg)
    assert (call.state, call.outcome) == ("completed", "talked")
    assert talked_with(leg) is sam
    patient = late < 5
    assert len(sam.rings) == (1 if patient else 2)  # three tries on one leg, then the plan goes on
    assert world.events(call).count("not_joined") == (0 if patient else 1)
    assert world.callbacks() == []


def test_an_acceptance_that_arrives_after_its_phone_hung_up_takes_nobody(make_world: MakeWorld) -> None:
    world = make_world(staff=("sam", "alex"), ring_seconds=30)
    world.day.carrier.moods.webhooks.append(Rudeness("delay", path="/accepted", times=1, seconds=2))
    world.staff("sam", scripts.InTurn((TakesAndDrops(0.5), scripts.Off())))
    alex = world.staff("alex", scripts.Answers(after=9))
    leg = world.rings(talk=15)
    world.advance(6.5)
    assert world.call(leg).state == "ringing"
    world.advance(50)
    assert talked_with(leg) is alex
    assert len(alex.rings) == 1  # it never stopped ringing
    assert "not_joined" not in world.events(world.call(leg))
