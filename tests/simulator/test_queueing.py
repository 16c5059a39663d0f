"""<Enqueue> and <Dial><Queue>: waiting, being taken out, and every other way out of a queue."""

import pytest

from tests.simulator.town import APP, Form, Town
from voice.simulator.scripts import Answers

pytestmark = pytest.mark.proves("01-4.2")
WAIT = "<Say>Thanks for calling, somebody is being found for you right now.</Say><Pause length='3'/>"


def queued(town: Town, **more: str) -> None:
    town.answers(
        voice="<Enqueue waitUrl='/wait' action='/out'>one</Enqueue>",
        wait=WAIT,
        out="<Say>After the queue.</Say>",
        leg="<Dial timeout='5' action='/dialled'><Queue url='/through'>one</Queue></Dial>",
        through="<Say>You are through.</Say>",
        dialled="<Hangup/>",
        **more,
    )


def result(town: Town) -> str:
    (form,) = town.toy.at("/out")
    return form["QueueResult"]


def test_the_wait_document_is_requested_again_when_it_ends_with_the_same_place_in_the_queue(town: Town) -> None:
    queued(town)
    town.call()
    town.day.advance(20)
    waits = town.toy.at("/wait")
    assert len(waits) == 3
    assert {form["QueuePosition"] for form in waits} == {"1"}
    assert [form["QueueTime"] for form in waits] == ["0", "7", "15"]
    assert waits[0]["CurrentQueueSize"] == "1"
    assert waits[0]["MaxQueueSize"] == "1000"
    tokens = [asked.headers["i-twilio-idempotency-token"] for asked in town.toy.requests("/wait")]
    assert len(set(tokens)) == 3


def test_a_dialling_leg_cuts_into_the_wait_document_and_the_caller_hears_who(town: Town) -> None:
    town.sam.script = Answers(after=1, key="", talk=30)
    queued(town)
    leg = town.call()
    town.day.advance(0.5)
    town.ring(town.sam)
    town.day.advance(5)
    assert town.ann.talking_to == town.sam.number
    greeting = next(caption for caption in town.ann.captions if caption.kind == "say")
    assert greeting.until is not None
    assert (greeting.until - greeting.at).total_seconds() < greeting.seconds
    through = town.toy.at("/through")[0]
    assert through["CallSid"] == leg.sid
    assert through["DequeingCallSid"] == town.sam.legs[0].sid
    assert not town.toy.at("/out")  # it comes after the bridge
    town.day.advance(40)
    assert result(town) == "bridged"
    assert town.toy.at("/out")[0]["QueueTime"] == "3"
    assert town.toy.at("/dialled")[0]["DialCallStatus"] == "completed"
    assert "After the queue." in town.ann.said_to_it()  # the staff leg left first: the answer is run


def test_by_switch_the_wait_document_is_let_end_first(town: Town) -> None:
    town.day.carrier.switches.dequeue_waits_for_document = True
    town.sam.script = Answers(after=1, key="")
    queued(town)
    town.call()
    town.ring(town.sam)
    town.day.advance(6)
    assert town.ann.talking_to is None
    town.day.advance(5)
    assert town.ann.talking_to == town.sam.number


def test_leave_takes_the_caller_to_the_action(town: Town) -> None:
    queued(town)
    town.answers(wait="<Leave/>")
    town.call()
    town.day.advance(3)
    assert result(town) == "leave"
    assert "After the queue." in town.ann.said_to_it()


@pytest.mark.parametrize(("after", "expected"), [(0.05, "system-error"), (5, "hangup")])
def test_hanging_up_while_waiting(town: Town, after: float, expected: str) -> None:
    queued(town)
    town.call()
    town.day.advance(after)
    town.ann.hang_up()
    town.day.advance(2)
    assert result(town) == expected
    assert town.toy.at("/out")[0]["CallStatus"] == "completed"
    assert "After the queue." not in town.ann.said_to_it()


def test_hanging_up_while_talking_has_been_bridged(town: Town) -> None:
    town.sam.script = Answers(after=1, key="")
    queued(town)
    town.call()
    town.ring(town.sam)
    town.day.advance(10)
    town.ann.hang_up()
    town.day.advance(2)
    assert result(town) == "bridged"
    assert town.toy.at("/dialled")[0]["CallStatus"] == "in-progress"


def test_moving_a_waiting_caller_by_rest_asks_the_action_and_ignores_its_answer(town: Town) -> None:
    queued(town, elsewhere="<Say>Somewhere else.</Say>")
    leg = town.call()
    town.day.advance(5)
    town.client.calls(leg.sid).update(url=f"{APP}/elsewhere")
    town.day.advance(5)
    assert result(town) == "redirected"
    assert "Somewhere else." in town.ann.said_to_it()
    assert "After the queue." not in town.ann.said_to_it()
    assert not next(iter(town.day.carrier.queues.values())).members


def test_moving_a_talking_caller_by_rest_is_redirected_from_bridged(town: Town) -> None:
    town.sam.script = Answers(after=1, key="")
    queued(town, elsewhere="<Say>Somewhere else.</Say>")
    leg = town.call()
    town.ring(town.sam)
    town.day.advance(10)
    town.client.calls(leg.sid).update(url=f"{APP}/elsewhere")
    town.day.advance(5)
    assert result(town) == "redirected-from-bridged"
    assert "Somewhere else." in town.ann.said_to_it()
    assert town.toy.at("/dialled")


def test_a_full_queue_refuses(town: Town) -> None:
    town.client.queues.create(friendly_name="one", max_size=1)
    queued(town)
    town.call()
    town.day.phone("+12125550178").dial("+12125550100")
    town.day.advance(3)
    assert result(town) == "queue-full"


def test_dialling_an_empty_queue_waits_for_the_timeout_only(town: Town) -> None:
    town.client.queues.create(friendly_name="one")
    town.sam.script = Answers(after=1, key="")
    queued(town)
    town.ring(town.sam)
    town.day.advance(5.9)
    assert not town.toy.at("/dialled")
    town.day.advance(1)
    told = town.toy.at("/dialled")[0]
    assert (told["DialCallStatus"], told["DialBridged"]) == ("no-answer", "false")


def test_dialling_an_empty_queue_takes_whoever_joins_in_time(town: Town) -> None:
    town.client.queues.create(friendly_name="one")
    town.sam.script = Answers(after=1, key="")
    queued(town)
    town.ring(town.sam)
    town.day.advance(4)
    town.call()
    town.day.advance(4)
    assert town.ann.talking_to == town.sam.number


def test_dialling_a_queue_that_does_not_exist_fails_at_once(town: Town) -> None:
    town.sam.script = Answers(after=1, key="")
    queued(town)
    town.ring(town.sam)
    town.day.advance(2)
    assert town.toy.at("/dialled")[0]["DialCallStatus"] == "failed"


def test_two_diallers_take_the_callers_in_the_order_they_came(town: Town) -> None:
    town.sam.script = Answers(after=1, key="")
    town.alex.script = Answers(after=1, key="")
    queued(town)
    town.call()
    bob = town.day.phone("+12125550178", name="Bob")
    town.day.advance(1)
    bob.dial("+12125550100")
    town.ring(town.alex)
    town.ring(town.sam)
    town.day.advance(10)
    assert (town.ann.talking_to, bob.talking_to) == (town.alex.number, town.sam.number)


def test_a_dialler_lost_during_the_announcement_is_bridging_in_process(town: Town) -> None:
    town.sam.script = Answers(after=1, key="")
    queued(town)
    town.answers(through="<Say>" + "You are through. " * 5 + "</Say>")
    town.call()
    town.ring(town.sam)
    town.day.advance(3)
    town.sam.hang_up()
    town.day.advance(10)
    assert result(town) == "bridging-in-process"


def test_a_caller_lost_during_the_announcement_leaves_the_dialler_waiting(town: Town) -> None:
    town.sam.script = Answers(after=1, key="")
    queued(town)
    town.call()
    town.ring(town.sam)
    town.day.advance(1.5)
    town.ann.hang_up()
    town.day.advance(10)
    assert result(town) == "hangup"
    assert town.toy.at("/dialled")[0]["DialCallStatus"] == "no-answer"


def test_the_front_of_a_queue_can_be_taken_out_by_rest(town: Town) -> None:
    queued(town, elsewhere="<Say>Somewhere else.</Say>")
    leg = town.call()
    town.day.advance(5)
    queue = town.client.queues.list()[0]
    assert (queue.friendly_name, queue.current_size) == ("one", 1)
    member = town.client.queues(queue.sid).members.list()[0]
    assert (member.call_sid, member.position, member.wait_time) == (leg.sid, 1, 5)
    town.client.queues(queue.sid).members("Front").update(url=f"{APP}/elsewhere")
    town.day.advance(5)
    assert "Somewhere else." in town.ann.said_to_it()
    assert result(town) == "redirected"


def test_a_gather_in_a_wait_document_may_lead_to_leave(town: Town) -> None:
    def said(form: Form) -> str:
        return "<Leave/>" if form["SpeechResult"] == "never mind" else WAIT

    queued(town)
    town.toy.answers["/said"] = said
    town.answers(wait=f"<Gather input='speech' action='/said'>{WAIT}</Gather>")
    town.call()
    town.day.advance(1)
    town.ann.speak("never mind", 1)
    town.day.advance(10)
    assert result(town) == "leave"


def test_a_wait_document_that_cannot_be_had_ends_the_call_with_an_apology(town: Town) -> None:
    queued(town)
    town.answers(wait=500)
    leg = town.call()
    town.day.advance(10)
    assert "application error" in town.ann.said_to_it()
    assert leg.status == "completed"


def test_by_switch_it_leaves_the_caller_in_silence_and_is_asked_for_again(town: Town) -> None:
    town.day.carrier.switches.wait_failure = "silence"
    queued(town)
    town.answers(wait=500)
    leg = town.call()
    town.day.advance(25)
    assert len(town.toy.at("/wait")) == 3
    assert leg.status == "in-progress"


def test_a_caller_gone_at_the_very_instant_of_being_taken_leaves_the_dialler_waiting(town: Town) -> None:
    town.sam.script = Answers(after=1, key="")
    queued(town)
    leg = town.call()
    town.day.advance(1)
    queue = next(iter(town.day.carrier.queues.values()))
    town.ring(town.sam)
    while not queue.members[0].taken.done():
        town.day.advance(0.005)
    assert leg.bridge is None
    town.ann.hang_up()
    town.day.advance(10)
    assert town.toy.at("/dialled")[0]["DialCallStatus"] == "no-answer"


def test_a_deleted_queue_is_gone_but_not_while_somebody_waits(town: Town) -> None:
    queued(town)
    town.call()
    town.day.advance(2)
    queue = town.client.queues.list()[0]
    assert town.client.http_client is town.day.http_client
    with pytest.raises(Exception, match="not empty"):
        town.client.queues(queue.sid).delete()
    town.ann.hang_up()
    town.day.advance(1)
    assert town.client.queues(queue.sid).delete()
    assert not town.client.queues.list()
