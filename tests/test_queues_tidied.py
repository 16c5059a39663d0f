"""A caller's queue is deleted some time after the call, by the id it had; what is left over goes at night."""

import datetime as dt

import pytest

from tests.conftest import MakeWorld
from voice.simulator import queues, scripts
from voice.simulator.switches import RestFault

DELETING = "DELETE .*/Queues/"


@pytest.mark.proves("01-2.2")
def test_a_used_queue_is_deleted_after_the_call_a_refusal_harms_nobody_and_the_night_takes_only_what_is_ours(
    make_world: MakeWorld,
) -> None:
    world = make_world(staff=("sam",))
    world.staff("sam", scripts.Answers(after=3))
    carrier = world.day.carrier
    leg = world.rings(talk=15)
    world.rest = dt.timedelta(seconds=10)
    world.advance(50)
    assert leg.ended_at is not None
    assert list(carrier.queues) == [world.call(leg).queue_sid], "while somebody may be on the way into it"
    world.advance(60)
    assert carrier.queues == {}
    carrier.moods.rest.append(RestFault("error", match=DELETING, status=503))
    again = world.rings("+12125550178", talk=15)
    world.advance(150)
    left = world.call(again).queue_sid
    assert list(carrier.queues) == [left]
    asked = [each for each in carrier.requests if each["method"] == "DELETE"]
    assert len(asked) == 2, "a deletion that fails is left to the night"
    carrier.moods.clear()
    theirs = [queues.create(carrier, name) for name in ("support", "orb-7")]
    world.rest = dt.timedelta(hours=1)
    world.advance(14 * 3600)
    assert left in carrier.queues, "it is midnight where the firm is, and not yet three"
    young = queues.create(carrier, "rb-of-a-call-that-begins-now")
    world.advance(4 * 3600)
    assert list(carrier.queues.values()) == [*theirs, young]
