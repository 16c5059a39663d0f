"""<Dial>: who rings for how long, who wins, what the action is told, and what a hang-up does at each moment."""

import pytest

from tests.simulator.town import LINE, Town
from voice.simulator.scripts import Answers, Busy, Declines, Drops, Fails, Mailbox, Off

pytestmark = pytest.mark.proves("01-4.2")
SAM = "<Number url='/screen' statusCallback='/progress' statusCallbackEvent='initiated ringing answered completed'>"
SAM += "+12125550111</Number>"
ALEX = "<Number url='/screen'>+12125550112</Number>"
SCREEN = "<Gather numDigits='1' timeout='5' action='/accepted'><Say>A caller. Any key.</Say></Gather><Hangup/>"


def screened(town: Town, *nouns: str, attributes: str = "timeout='12'") -> None:
    town.answers(
        voice=f"<Say>Hello.</Say><Dial action='/dialled' {attributes}>{''.join(nouns)}</Dial>",
        screen=SCREEN,
        accepted="",
        dialled="<Say>After the dial.</Say>",
    )


def test_a_phone_rings_for_the_timeout_and_five_seconds(town: Town) -> None:
    screened(town, SAM)
    town.call()
    town.day.advance(40)
    ring = town.sam.rings[0]
    assert ring.ended is not None
    assert (ring.ended - ring.started).total_seconds() == pytest.approx(17, abs=0.01)
    told = town.toy.at("/dialled")[0]
    assert (told["DialCallStatus"], told["DialBridged"], told["CallStatus"]) == ("no-answer", "false", "in-progress")
    assert "After the dial." in town.ann.said_to_it()


@pytest.mark.parametrize(("timeout", "rings"), [(None, 35), ("4", 35), ("5", 10), ("600", 605), ("900", 35)])
def test_a_timeout_from_five_to_six_hundred_is_kept_others_not(town: Town, timeout: str | None, rings: int) -> None:
    screened(town, SAM, attributes=f"timeout='{timeout}'" if timeout else "")
    town.call()
    town.day.advance(620)
    ring = town.sam.rings[0]
    assert ring.ended is not None
    assert (ring.ended - ring.started).total_seconds() == pytest.approx(rings, abs=0.01)
    said = f'<Dial timeout="{timeout}"> is not from 5 to 600 (12200)'
    assert (said in town.complaints) == (timeout in {"4", "900"})


def test_a_screened_key_joins_and_the_action_is_told_how_long(town: Town) -> None:
    town.sam.script = Answers(after=4, key="5", talk=20)
    screened(town, SAM)
    town.call()
    town.day.advance(10)
    assert town.ann.talking_to == town.sam.number
    town.day.advance(30)
    told = town.toy.at("/dialled")[0]
    assert (told["DialCallStatus"], told["DialBridged"], told["DialCallDuration"]) == ("completed", "true", "20")
    child = told["DialCallSid"]
    assert town.events(child) == ["initiated", "ringing", "in-progress", "completed"]
    assert [form["SequenceNumber"] for form in town.toy.at("/progress")] == list("0123")
    screen = town.toy.at("/screen")[0]
    assert screen["ParentCallSid"] == town.toy.at("/voice")[0]["CallSid"]
    assert (screen["Direction"], screen["From"], screen["To"]) == (
        "outbound-dial",
        town.ann.number,
        town.sam.number,
    )
    assert "After the dial." in town.ann.said_to_it()  # the callee hung up: the answer is run


def test_picking_up_stops_the_other_phones_and_a_refused_screening_ends_it_all(town: Town) -> None:
    town.sam.script = Mailbox(after=2)
    town.alex.script = Answers(after=6)
    screened(town, SAM, ALEX)
    town.call()
    town.day.advance(60)
    told = town.toy.at("/dialled")[0]
    assert (told["DialCallStatus"], told["DialBridged"]) == ("completed", "false")
    assert not town.alex.answered
    assert town.alex.legs[0].status == "canceled"


def test_by_switch_the_first_acceptance_wins_instead(town: Town) -> None:
    town.day.carrier.switches.accept_wins = True
    town.sam.script = Mailbox(after=2)
    town.alex.script = Answers(after=6)
    screened(town, SAM, ALEX)
    town.call()
    town.day.advance(15)
    assert town.ann.talking_to == town.alex.number
    assert town.sam.legs[0].status == "completed"


def test_sequential_rings_one_after_another_until_somebody_picks_up(town: Town) -> None:
    town.sam.script = Declines(after=2)
    town.alex.script = Answers(after=2)
    screened(town, SAM, ALEX, attributes="timeout='12' sequential='true'")
    town.call()
    town.day.advance(12)
    assert town.sam.rings[0].ended is not None
    assert town.alex.rings[0].started >= town.sam.rings[0].ended
    assert town.ann.talking_to == town.alex.number


@pytest.mark.parametrize(
    ("script", "status"), [(Declines(after=1), "busy"), (Busy(), "busy"), (Fails(), "failed"), (Off(), "no-answer")]
)
def test_nobody_reached_is_told_by_its_kind(town: Town, script: Busy, status: str) -> None:
    town.sam.script = script
    screened(town, SAM)
    town.call()
    town.day.advance(40)
    assert town.toy.at("/dialled")[0]["DialCallStatus"] == status
    if isinstance(script, Off):
        assert not town.sam.rings
        assert "ringing" not in town.events(town.toy.at("/dialled")[0]["DialCallSid"])


def test_the_caller_hanging_up_while_it_rings_is_canceled(town: Town) -> None:
    screened(town, SAM)
    leg = town.call()
    town.day.advance(5)
    town.ann.hang_up()
    town.day.advance(5)
    told = town.toy.at("/dialled")[0]
    assert (told["DialCallStatus"], told["CallStatus"], told["DialBridged"]) == ("canceled", "completed", "false")
    assert town.sam.legs[0].status == "canceled"
    assert not town.sam.ringing
    assert "After the dial." not in town.ann.said_to_it()
    assert leg.status == "completed"


def test_the_caller_hanging_up_before_any_answer_while_it_rings_was_never_answered(town: Town) -> None:
    screened(town, SAM)
    town.answers(voice=f"<Dial answerOnBridge='true' action='/dialled'>{SAM}</Dial>")
    town.call()
    town.day.advance(5)
    town.ann.hang_up()
    town.day.advance(5)
    (told,), (over,) = town.toy.at("/dialled"), town.toy.at("/over")
    assert (told["DialCallStatus"], told["CallStatus"], over["CallStatus"]) == ("canceled", "no-answer", "no-answer")
    assert town.events(told["DialCallSid"])[-1] == "canceled"


def test_by_switch_that_hang_up_sends_no_action_and_the_child_ends_as_no_answer(town: Town) -> None:
    town.day.carrier.switches.set(dial_action_on_hangup=False, hangup_child_status="no-answer")
    screened(town, SAM)
    town.call()
    town.day.advance(5)
    town.ann.hang_up()
    town.day.advance(5)
    assert not town.toy.at("/dialled")
    assert town.sam.legs[0].status == "no-answer"
    assert town.toy.at("/over")


def test_the_caller_hanging_up_during_the_screening_leaves_a_completed_child(town: Town) -> None:
    town.sam.script = Answers(after=2, key="")
    screened(town, SAM)
    town.call()
    town.day.advance(5)
    town.ann.hang_up()
    town.day.advance(2)
    told = town.toy.at("/dialled")[0]
    assert (told["DialCallStatus"], told["DialBridged"]) == ("completed", "false")
    assert town.sam.legs[0].status == "completed"


def test_the_caller_hanging_up_while_talking_has_talked(town: Town) -> None:
    town.sam.script = Answers(after=2, key="1")
    screened(town, SAM)
    leg = town.call()
    town.day.advance(10)
    town.ann.hang_up()
    town.day.advance(2)
    told = town.toy.at("/dialled")[0]
    assert (told["DialCallStatus"], told["DialBridged"], told["CallStatus"]) == ("completed", "true", "completed")
    assert leg.bridges[0].until == leg.ended_at
    assert "After the dial." not in town.ann.said_to_it()


def test_without_an_action_the_next_verb_runs_even_after_a_talk(town: Town) -> None:
    town.sam.script = Answers(after=2, key="", talk=5)
    town.answers(voice="<Dial>+12125550111</Dial><Say>Nobody is available.</Say>")
    town.call()
    town.day.advance(20)
    assert town.ann.said_to_it() == "Nobody is available."


def test_answer_on_bridge_leaves_the_call_ringing_until_somebody_is_joined(town: Town) -> None:
    town.sam.script = Answers(after=4, key="")
    town.answers(voice="<Dial answerOnBridge='true' action='/dialled'><Number>+12125550111</Number></Dial>")
    leg = town.call()
    town.day.advance(3)
    assert leg.status == "ringing"
    town.day.advance(3)
    assert leg.status == "in-progress"
    assert town.ann.talking_to == town.sam.number


@pytest.mark.parametrize(("pressed_at", "status", "bridged"), [(2, "canceled", "false"), (6, "completed", "true")])
def test_the_star_key_drops_the_callee_when_asked_for(town: Town, pressed_at: int, status: str, bridged: str) -> None:
    town.sam.script = Answers(after=2, key="")
    screened(town, "<Number>+12125550111</Number>", attributes="hangupOnStar='true'")
    town.call()
    town.day.advance(pressed_at)
    town.ann.press("*")
    town.day.advance(3)
    assert (town.sam.state, town.sam.legs[0].status) == ("idle", status)
    told = town.toy.at("/dialled")[0]
    assert (told["DialCallStatus"], told["DialBridged"]) == (status, bridged)
    assert "After the dial." in town.ann.said_to_it()


def test_a_caller_id_that_is_not_ours_fails_loudly(town: Town) -> None:
    screened(town, SAM, attributes="callerId='+13105550000'")
    town.call()
    town.day.advance(5)
    assert town.toy.at("/dialled")[0]["DialCallStatus"] == "failed"
    assert "13214" in town.complaints


def test_a_placeholder_as_caller_id_fails_the_leg(town: Town) -> None:
    screened(town, SAM)
    town.day.phone("+266696687").dial(LINE)
    town.day.advance(5)
    assert town.toy.at("/dialled")[0]["DialCallStatus"] == "failed"
    assert not town.sam.rings


def test_a_time_limit_ends_the_talk(town: Town) -> None:
    town.sam.script = Answers(after=2, key="")
    screened(town, "<Number>+12125550111</Number>", attributes="timeLimit='10'")
    town.call()
    town.day.advance(30)
    assert town.toy.at("/dialled")[0]["DialCallDuration"] == "10"


def test_somebody_who_drops_the_call_after_picking_up_was_not_joined(town: Town) -> None:
    town.sam.script = Drops(after=2, drops_after=1)
    screened(town, SAM)
    town.call()
    town.day.advance(20)
    told = town.toy.at("/dialled")[0]
    assert (told["DialCallStatus"], told["DialBridged"]) == ("completed", "false")


def test_moving_the_caller_out_asks_the_action_but_ignores_it(town: Town) -> None:
    town.sam.script = Answers(after=2, key="1")
    screened(town, SAM)
    town.answers(elsewhere="<Say>Somewhere else.</Say>")
    leg = town.call()
    town.day.advance(10)
    town.client.calls(leg.sid).update(url="https://app.test/elsewhere")
    town.day.advance(5)
    assert town.toy.at("/dialled")[0]["DialBridged"] == "true"
    assert "After the dial." not in town.ann.said_to_it()
    assert "Somewhere else." in town.ann.said_to_it()
    assert town.sam.legs[0].status == "completed"


def test_moving_the_callee_out_goes_on_for_both(town: Town) -> None:
    town.sam.script = Answers(after=2, key="1")
    screened(town, SAM)
    town.answers(elsewhere="<Say>Somewhere else.</Say><Pause length='20'/>")
    town.call()
    town.day.advance(10)
    town.client.calls(town.sam.legs[0].sid).update(url="https://app.test/elsewhere")
    town.day.advance(5)
    assert "Somewhere else." in town.sam.said_to_it()
    assert "After the dial." in town.ann.said_to_it()
    assert "DialCallDuration" not in town.toy.at("/dialled")[0]


def test_a_conference_whose_wait_document_fails_is_not_set_up(town: Town) -> None:
    town.answers(voice="<Dial action='/dialled'><Conference waitUrl='/hold'>room</Conference></Dial>", hold=500)
    leg = town.call()
    town.day.advance(10)
    assert "application error" in town.ann.said_to_it()
    assert (leg.status, town.day.carrier.conferences) == ("completed", {})


def test_a_conference_joins_whoever_enters_and_ends_with_the_last(town: Town) -> None:
    events = "statusCallback='/room' statusCallbackEvent='start end join leave'"
    room = f"<Conference waitUrl='/hold' {events}>room</Conference>"
    town.answers(voice=f"<Dial action='/dialled'>{room}</Dial>", room=204, dialled="<Hangup/>", hold="<Say>Wait.</Say>")
    town.call()
    town.day.advance(30)
    assert town.heard(town.ann) == ["Wait."]  # asked for once; then silence
    other = town.day.phone("+12125550178")
    other.dial(LINE)
    town.day.advance(5)
    town.ann.hang_up()
    other.hang_up()
    town.day.advance(5)
    told = [form["StatusCallbackEvent"] for form in town.toy.at("/room")]
    assert told.count("participant-join") == 2
    assert [form.get("ReasonParticipantLeft") for form in town.toy.at("/room")].count("participant_hung_up") == 2
    assert told[-1] == "conference-end"
    assert "conference-start" in told
    assert town.toy.at("/dialled")[0]["DialCallStatus"] == "answered"
