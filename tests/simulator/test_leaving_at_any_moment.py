"""Whoever leaves a call at whatever moment: it ends for everybody, nothing is left running, and the end is told."""

from collections.abc import Callable

import pytest

from tests.simulator.town import APP, Town, make_town
from voice.simulator.scripts import Answers

pytestmark = pytest.mark.proves("01-4.2")
MOMENTS = [tenth / 10 for tenth in range(0, 120, 3)]


def through_a_queue(town: Town) -> None:
    town.answers(
        voice="<Enqueue waitUrl='/wait' action='/out'>one</Enqueue>",
        wait="<Say>Somebody is being found for you.</Say><Pause length='2'/>",
        out="<Say>Leave a message.</Say><Record action='/heard'/>",
        leg="<Gather numDigits='1' timeout='3' action='/keyed'><Say>A caller.</Say></Gather><Hangup/>",
        keyed="<Dial timeout='5' action='/dialled'><Queue url='/through'>one</Queue></Dial>",
        through="<Say>You are through.</Say>",
        dialled="<Hangup/>",
        heard="<Hangup/>",
    )
    town.call()
    town.ring(town.sam, timeout=15)


def through_a_dial(town: Town) -> None:
    town.answers(
        voice="<Say>Hello.</Say><Dial timeout='12' action='/out'><Number url='/leg'>+12125550111</Number></Dial>",
        leg="<Gather numDigits='1' timeout='3' action='/keyed'><Say>A caller.</Say></Gather><Hangup/>",
        out="<Say>Leave a message.</Say><Record action='/heard'/>",
        heard="<Hangup/>",
    )
    town.call()


def ann_hangs_up(town: Town) -> None:
    town.ann.hang_up()


def sam_hangs_up(town: Town) -> None:
    town.sam.hang_up()


def the_application_ends_it(town: Town) -> None:
    for leg in town.day.calls():
        if not leg.over:
            town.client.calls(leg.sid).update(status="completed")


def the_application_moves_the_caller(town: Town) -> None:
    town.answers(elsewhere="<Say>Somewhere else.</Say>")
    if not town.ann.legs[0].over:
        town.client.calls(town.ann.legs[0].sid).update(url=f"{APP}/elsewhere")


@pytest.mark.parametrize("way", [through_a_queue, through_a_dial])
@pytest.mark.parametrize(
    "leaving", [ann_hangs_up, sam_hangs_up, the_application_ends_it, the_application_moves_the_caller]
)
def test_a_call_left_at_any_moment_ends(way: Callable[[Town], None], leaving: Callable[[Town], None]) -> None:
    for moment in MOMENTS:
        town = make_town()
        town.sam.script = Answers(after=2, key="5", talk=6)
        way(town)
        town.day.advance(moment)
        leaving(town)
        town.day.advance(30)
        town.ann.hang_up()  # where nobody came, the caller waits on
        town.day.advance(60)
        assert town.day.next_event_at() is None, moment
        assert all(leg.over for leg in town.day.calls()), moment
        assert [form["CallSid"] for form in town.toy.at("/over")] == [town.ann.legs[0].sid], moment
        assert not any(queue.members for queue in town.day.carrier.queues.values()), moment
        assert all(caption.until for phone in (town.ann, town.sam) for caption in phone.captions), moment
        assert all(ring.ended for phone in (town.ann, town.sam) for ring in phone.rings), moment
        assert not town.day.carrier.complaints, moment
        town.close()
