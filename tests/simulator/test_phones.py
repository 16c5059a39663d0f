"""Phones: scripts, what each one hears, and calls that come back to the line they came from."""

import pytest

from tests.simulator.town import APP, LINE, Town
from voice.simulator import scripts
from voice.simulator.busy_monday import CALLERS, SECONDS, cast
from voice.simulator.scripts import (
    Answers,
    Busy,
    Declines,
    Drops,
    Fails,
    Forwards,
    InTurn,
    Mailbox,
    Off,
    Ring,
    Screener,
    Script,
)

pytestmark = pytest.mark.proves("01-4.5")
SCREEN = "<Gather numDigits='1' timeout='5' action='/keyed'><Say>Somebody calls. Any key.</Say></Gather><Hangup/>"


def rung(town: Town, script: Script | None, seconds: float = 40) -> None:
    town.sam.script = script
    town.answers(leg=SCREEN, keyed="<Say>Thank you.</Say><Pause length='30'/>")
    town.ring(town.sam, timeout=25)
    town.day.advance(seconds)


def test_one_that_answers_and_presses_a_key(town: Town) -> None:
    rung(town, Answers(after=4, key="5", key_after=1), 12)
    ring = town.sam.rings[0]
    assert (town.sam.answered[0] - ring.started).total_seconds() == pytest.approx(4)
    assert ring.answered
    assert town.toy.at("/keyed")[0]["Digits"] == "5"
    assert [caption.kind for caption in town.sam.captions] == ["ring", "say", "say", "silence"]


@pytest.mark.parametrize("script", [Mailbox(after=22), Screener(after=1), Answers(after=1, key="", says="yes, hello?")])
def test_one_that_picks_up_and_never_presses(town: Town, script: Script) -> None:
    rung(town, script)
    assert town.sam.answered
    assert town.sam.legs[0].said
    assert not town.toy.at("/keyed")
    assert town.sam.state == "idle"


def test_one_that_drops_the_call(town: Town) -> None:
    rung(town, Drops(after=2, drops_after=3))
    leg = town.sam.legs[0]
    assert leg.ended_at is not None
    assert (leg.ended_at - town.sam.answered[0]).total_seconds() == pytest.approx(3)
    assert leg.ended_by == "phone"


def test_one_that_declines_or_lets_its_mailbox_do_it(town: Town) -> None:
    rung(town, InTurn((Declines(after=2), Declines(after=2, to_mailbox=True))))
    assert town.sam.legs[0].status == "busy"
    town.ring(town.sam)
    town.day.advance(20)
    assert town.sam.legs[1].status == "completed"
    assert town.sam.legs[1].said


def test_one_that_is_off_may_have_a_mailbox_in_the_network(town: Town) -> None:
    rung(town, Off(to_mailbox=True))
    assert not town.sam.rings
    assert town.sam.legs[0].status == "completed"


def test_one_that_forwards_to_the_line_is_a_new_call_that_says_so(town: Town) -> None:
    town.answers(voice="<Reject reason='busy'/>")
    rung(town, Forwards(to=LINE), 5)
    asked = town.toy.at("/voice")[0]
    assert (asked["From"], asked["To"], asked["ForwardedFrom"]) == (LINE, LINE, town.sam.number)
    assert town.sam.legs[0].status == "busy"
    assert not town.sam.answered


def test_a_forwarded_call_that_is_answered_answers_the_first_and_ends_with_it(town: Town) -> None:
    town.answers(voice="<Say>Hello.</Say><Pause length='60'/>")
    rung(town, Forwards(to=LINE), 3)
    first, second = town.sam.legs
    assert first.answered_at is not None
    town.client.calls(first.sid).update(status="completed")
    town.day.advance(1)
    assert second.status == "completed"


def test_one_that_forwards_to_another_phone(town: Town) -> None:
    town.alex.script = Answers(after=1)
    rung(town, Forwards(to=town.alex.number), 5)
    assert town.toy.at("/keyed")


def test_a_call_to_one_of_our_own_numbers_comes_in_again(town: Town) -> None:
    town.answers(voice="<Reject reason='busy'/>")
    call = town.client.calls.create(to=LINE, from_=LINE, url=f"{APP}/leg")
    town.day.advance(3)
    asked = town.toy.at("/voice")[0]
    assert (asked["From"], asked["To"]) == (LINE, LINE)
    assert "ForwardedFrom" not in asked
    assert town.client.calls(call.sid).fetch().status == "busy"


def test_one_by_hand(town: Town) -> None:
    rung(town, None, 3)
    assert town.sam.state == "ringing"
    town.sam.pick_up()
    town.day.advance(2)
    assert town.sam.state == "on a call"
    town.sam.press("9")
    town.day.advance(2)
    assert "Thank you." in town.sam.said_to_it()
    town.sam.hang_up()
    assert town.sam.state == "idle"
    with pytest.raises(RuntimeError, match="not ringing"):
        town.sam.pick_up()


def test_one_that_is_on_a_call_is_busy(town: Town) -> None:
    rung(town, Answers(after=1), 5)
    call = town.ring(town.sam)
    town.day.advance(3)
    assert town.events(call.sid)[-1] == "busy"


def test_phones_and_legs_are_shown_in_a_few_words(town: Town) -> None:
    rung(town, Answers(after=1), 5)
    leg = town.sam.legs[0]
    assert repr(town.sam) == "<Phone Sam on a call>"
    assert repr(leg) == f"<Leg {leg.sid[:8]} outbound-api Sam in-progress>"


def test_a_script_of_ones_own(town: Town) -> None:
    class Hesitates(Script):
        async def play(self, ring: Ring) -> None:
            await ring.wait(1)
            await ring.pick_up()
            await ring.say("Hello?")
            ring.leg.press("3")

    rung(town, Hesitates(), 10)
    assert town.toy.at("/keyed")[0]["Digits"] == "3"


def test_two_who_are_joined_hear_each_other(town: Town) -> None:
    town.sam.script = Answers(after=1, key="")
    town.answers(voice="<Dial action='/x'><Number>+12125550111</Number></Dial>")
    town.call()
    town.day.advance(4)
    assert (town.ann.state, town.sam.talking_to) == ("talking", town.ann.number)
    town.sam.speak("Acme, this is Sam.")
    assert town.ann.captions[-1].kind == "voice"
    assert town.ann.captions[-1].text == "Acme, this is Sam."


def test_a_caller_with_patience_talk_and_a_message(town: Town) -> None:
    town.answers(voice="<Say>Hello.</Say><Record action='/heard'/>", heard="<Hangup/>")
    patient = town.call(message="My tap drips.")
    town.day.advance(20)
    assert town.day.carrier.recordings.by_sid[town.toy.at("/heard")[0]["RecordingSid"]].words == "My tap drips."
    assert patient.ended_by == "phone"
    town.answers(voice="<Pause length='60'/>")
    town.call(patience=7)
    town.day.advance(20)
    assert town.toy.at("/over")[-1]["CallStatus"] == "no-answer"


def test_scripts_can_be_written_as_json_and_read_back() -> None:
    told = {"answers": Answers(after=2, key=""), "mailbox": Mailbox(after=3), "screener": Screener(says=("Yes.",))}
    told |= {"forwards": Forwards(to=LINE), "off": Off(), "declines": Declines(after=1), "busy": Busy()}
    told |= {"fails": Fails(), "drops": Drops(after=2, drops_after=3)}
    assert {*told, "manual"} == set(scripts.KINDS)
    for name, script in told.items():
        assert scripts.to_json(script)["script"] == name
        assert scripts.from_json(scripts.to_json(script)) == script
    assert scripts.from_json({"script": "manual"}) is None
    with pytest.raises(ValueError, match="no script is called dances"):
        scripts.from_json({"script": "dances"})
    with pytest.raises(ValueError, match="has no afterr"):
        scripts.from_json({"script": "answers", "afterr": 2})


def test_a_browser_and_a_desk_phone_are_rung_by_their_addresses(town: Town) -> None:
    browser = town.day.staff("client:alex", Answers(after=1, key=""))
    town.answers(voice="<Dial action='/x'><Sip>sip:desk@acme.test</Sip><Client>alex</Client></Dial>")
    town.call()
    town.day.advance(4)
    assert town.ann.talking_to == browser.number
    assert f"{APP}/voice" in town.day.carrier.documents[0].url


def test_the_same_monday_comes_again() -> None:
    day = cast("a seed")
    assert len(day) == CALLERS == len({caller.number for caller in day})
    assert all(0 <= caller.at < SECONDS for caller in day)
    assert day == cast("a seed") != cast("another")
