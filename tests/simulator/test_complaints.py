"""Loud where the carrier is silent: each mistake of a document is a sentence in `complaints`."""

import pytest
from twilio.base.exceptions import TwilioRestException

from tests.simulator.town import APP, LINE, Town, make_town
from voice.simulator.scripts import Answers

pytestmark = pytest.mark.proves("01-4.3")


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ("<Speak>Hello.</Speak>", "<Speak> is no verb"),
        ("<Number>+12125550111</Number>", "<Number> is no verb"),
        ("<Say volume='9'>Hello.</Say>", "<Say> has no attribute volume (12200)"),
        ("<Dial timeOut='9'>+12125550111</Dial>", "<Dial> has no attribute timeOut (12200)"),
        ("<Gather input='speech' action='/x'><Dial>+12125550111</Dial></Gather>", "does not belong inside <Gather>"),
        ("<Say><Play>/x.wav</Play></Say>", "<Play> does not belong inside <Say>"),
        ("<Gather input='speech'/>", "<Gather> without an action"),
        ("<Record/>", "<Record> without an action"),
        ("<Gather action='/x'/>", "a <Gather> asks the caller for digits"),
        ("<Gather input='dtmf speech' action='/x'/>", "a <Gather> asks the caller for digits"),
        ("<Leave/>", "<Leave> is not allowed in a call document"),
        ("<Say></Say>", "<Say> is empty"),
        ("<Dial/>", "<Dial> dials nobody"),
        ("<Dial><Queue>one</Queue><Number>+12125550111</Number></Dial>", "<Queue> must stand alone"),
        ("<Hangup/><Say>Hello.</Say>", "<Say> after <Hangup> never runs"),
        ("<Say>Hello.</Say><Reject/>", "<Reject> is free only as the first verb"),
        ("<Dial timeout='soon'>+12125550111</Dial>", '<Dial timeout="soon"> is not from 5 to 600'),
        ("<Pause length='0'/>", '<Pause length="0"> is not from 1 to 14400'),
        ("<Reject reason='bored'/>", 'reason="bored"> is no value'),
        ("<Dial action='http://my_host/x'>+12125550111</Dial>", "host with an underscore"),
        ("<Dial hangupOnStar='maybe'>+12125550111</Dial>", '<Dial hangupOnStar="maybe"> is no value'),
        ("<Dial record='perhaps'>+12125550111</Dial>", '<Dial record="perhaps"> is no value'),
        ("<Dial referUrl='/x'>+12125550111</Dial>", "<Dial referUrl> is not simulated"),
        ("<Dial><Number sendDigits='1'>+12125550111</Number></Dial>", "<Number sendDigits> is not simulated"),
        ("<Dial><Number byoc='BY1'>+12125550111</Number></Dial>", "<Number byoc> is not simulated"),
        ("<Dial><Number machineDetection='Enable'>+12125550111</Number></Dial>", "machineDetection> is not simulated"),
        (
            "<Dial><Number statusCallback='/x' statusCallbackEvent='rang'>+12125550111</Number></Dial>",
            '<Number statusCallbackEvent="rang"> is no value',
        ),
        (
            "<Dial><Conference maxParticipants='2'>x</Conference></Dial>",
            "<Conference maxParticipants> is not simulated",
        ),
        ("<Dial><Conference muted='true'>x</Conference></Dial>", "<Conference muted> is not simulated"),
        ("<Enqueue workflowSid='WW1'>x</Enqueue>", "<Enqueue workflowSid> is not simulated"),
        (
            "<Gather input='speech' action='/x' partialResultCallback='/y'/>",
            "<Gather partialResultCallback> is not simulated",
        ),
        ("<Gather input='dtmf smell' action='/x'/>", '<Gather input="dtmf smell"> is no value'),
        ("<Gather input='speech' action='/x'>Speak.</Gather>", '"Speak." stands inside <Gather>'),
        ("<Say loop='often'>Hello.</Say>", '<Say loop="often"> is no value'),
        ("<Redirect method='PUT'>/x</Redirect>", '<Redirect method="PUT"> is no value'),
        ("<Pause/> stray words <Hangup/>", '"stray words" stands inside <Response>'),
        ("<Redirect></Redirect>", "<Redirect> without an action or target"),
        ("<Enqueue action='/x'/>", "<Enqueue> names no queue"),
        ("<Say>" + "x" * 4_097 + "</Say>", "<Say> is longer than 4096 characters"),
        ("<Say>" + "x" * 70_000 + "</Say>", "over 64 kB"),
    ],
)
def test_a_mistake_in_a_callers_document(town: Town, document: str, complaint: str) -> None:
    town.answers(voice=document)
    town.call()
    town.day.advance(0.5)
    town.ann.hang_up()
    town.day.advance(1)
    assert complaint in town.complaints
    assert town.day.carrier.documents[0].complaints


def test_a_complaint_that_nobody_asked_about_fails_the_test() -> None:
    town = make_town()
    town.answers(voice="<Speak>Hello.</Speak>")
    town.call()
    town.day.advance(1)
    with pytest.raises(AssertionError, match="<Speak> is no verb"):
        town.close()


def test_a_document_without_mistakes_is_met_with_silence(town: Town) -> None:
    town.answers(
        voice="<Say voice='Polly.Joanna' language='en-US'>Hello <break time='1s'/> you.</Say>"
        "<Gather input='speech' action='/said' timeout='2'><Say>Speak.</Say></Gather>"
        "<Record action='/heard' maxLength='120'/><Say>Goodbye.</Say><Hangup/>",
        said="<Hangup/>",
        heard="<Hangup/>",
    )
    town.call()
    town.day.advance(30)
    assert not town.day.carrier.complaints


def test_a_staff_phone_may_be_asked_for_a_key(town: Town) -> None:
    town.sam.script = Answers(after=1)
    town.answers(leg="<Gather numDigits='1' action='/keyed'><Say>Any key.</Say></Gather><Hangup/>", keyed="<Hangup/>")
    town.ring(town.sam)
    town.day.advance(5)
    assert town.day.carrier.documents[0].facing == "staff"
    assert not town.day.carrier.complaints


def test_somebody_outside_who_is_rung_may_not(town: Town) -> None:
    town.ann.script = Answers(after=1)
    town.answers(leg="<Gather numDigits='1' action='/keyed'><Say>Any key.</Say></Gather><Hangup/>", keyed="<Hangup/>")
    town.ring(town.ann)
    town.day.advance(5)
    assert "asks the caller for digits" in town.complaints


def test_dial_in_a_screening_document_is_not_run(town: Town) -> None:
    town.sam.script = Answers(after=1, key="")
    town.answers(
        voice="<Dial action='/dialled'><Number url='/screen'>+12125550111</Number></Dial>",
        screen="<Dial>+12125550112</Dial>",
        dialled="<Hangup/>",
    )
    town.call()
    town.day.advance(5)
    assert "<Dial> is not allowed in a screening document" in town.complaints
    assert not town.alex.rings


@pytest.mark.parametrize("verb", ["<Dial>+12125550111</Dial>", "<Record action='/x'/>", "<Enqueue>two</Enqueue>"])
def test_a_verb_that_cannot_be_in_a_wait_document(town: Town, verb: str) -> None:
    town.answers(voice="<Enqueue waitUrl='/wait' action='/out'>one</Enqueue>", wait=f"{verb}<Pause length='5'/>")
    town.call()
    town.day.advance(2)
    assert "is not allowed in a wait document" in town.complaints


def test_a_wait_document_that_ends_at_once_would_be_requested_without_pause(town: Town) -> None:
    town.answers(voice="<Enqueue waitUrl='/wait' action='/out'>one</Enqueue>", wait="")
    town.call()
    town.day.advance(3)
    assert "ends at once" in town.complaints
    assert len(town.toy.at("/wait")) < 40


def test_a_relative_link_in_inline_twiml(town: Town) -> None:
    town.sam.script = Answers(after=1, key="")
    twiml = "<Response><Gather numDigits='1' action='/keyed'/></Response>"
    town.client.calls.create(to=town.sam.number, from_=LINE, twiml=twiml)
    town.day.advance(10)
    assert "15004" in town.complaints
    seen = town.day.carrier.documents[0]
    assert (seen.kind, seen.body, seen.facing) == ("inline", twiml, "staff")


def test_xml_that_cannot_be_read(town: Town) -> None:
    town.answers(voice=(200, {"Content-Type": "text/xml"}, b"<Response><Say>"))
    town.call()
    town.day.advance(1)
    assert "cannot be run (12100)" in town.complaints


def test_a_status_webhook_answered_with_anything_but_success(town: Town) -> None:
    town.answers(over=500, voice="<Reject/>")
    town.call()
    town.day.advance(1)
    assert "a status webhook was answered with 500" in town.complaints


def test_every_document_is_kept_with_what_was_asked(town: Town) -> None:
    town.answers(voice="<Enqueue waitUrl='/wait' action='/out'>one</Enqueue>", wait="<Pause length='5'/>")
    leg = town.call()
    town.day.advance(2)
    first, second = town.day.carrier.documents
    assert (first.url, first.call_sid, first.direction, first.facing) == (f"{APP}/voice", leg.sid, "inbound", "caller")
    assert (first.context, second.context) == ("call", "wait")
    assert second.params["QueuePosition"] == "1"
    assert "<Pause" in second.body
    assert second.status == 200
    assert second.headers["content-type"] == "text/xml"


def test_a_status_event_that_does_not_exist_is_refused(town: Town) -> None:
    with pytest.raises(TwilioRestException):
        town.ring(town.sam, status_callback_event=["picked-up"])


def test_a_parameter_that_would_change_nothing(town: Town) -> None:
    placed = town.ring(town.sam, machine_detection="Enable")
    address = f"https://api.twilio.com/2010-04-01/Accounts/{placed.account_sid}/Calls/{placed.sid}.json"
    town.client.request("POST", address, data={"Status": "canceled", "Timeout": "9"})
    assert "not simulated for a call: MachineDetection" in town.complaints
    assert "not simulated for a call: Timeout" in town.complaints
    town.day.carrier.requests.clear()  # of such a parameter for a change the carrier's own files know nothing
