"""People at a phone do not notice that REST moves their call: what they were about to do, they still do."""

from datetime import timedelta

import pytest

from tests.simulator.town import APP, Town
from voice.simulator.legs import Leg
from voice.simulator.scripts import Answers, Mailbox

pytestmark = pytest.mark.proves("01-4.5")
LONG = "<Pause length='120'/>"


def moved_after(town: Town, leg: Leg, seconds: float, where: str = "elsewhere") -> None:
    town.day.advance(seconds)
    town.client.calls(leg.sid).update(url=f"{APP}/{where}")


def lasted(leg: Leg) -> float:
    assert leg.ended_at is not None
    return (leg.ended_at - leg.created_at) / timedelta(seconds=1)


def test_a_caller_who_is_moved_loses_patience_when_they_would_have(town: Town) -> None:
    town.answers(voice=f"<Say>Hello.</Say>{LONG}", elsewhere=LONG)
    leg = town.call(patience=20)
    moved_after(town, leg, 3)
    moved_after(town, leg, 3)
    town.day.advance(30)
    assert leg.ended_by == "phone"
    assert lasted(leg) == pytest.approx(20)


def test_a_caller_who_is_moved_before_the_beep_still_leaves_a_message(town: Town) -> None:
    town.answers(voice=LONG, elsewhere="<Record action='/heard'/>", heard="<Hangup/>")
    leg = town.call(message="My tap drips.")
    moved_after(town, leg, 3)
    town.day.advance(20)
    assert [kept.words for kept in town.day.carrier.recordings.by_sid.values()] == ["My tap drips."]
    assert leg.ended_by == "phone"


def test_a_caller_who_is_moved_before_they_are_joined_says_goodbye_in_the_end(town: Town) -> None:
    town.sam.script = Answers(after=2, key="")
    town.answers(voice=LONG, elsewhere="<Dial action='/x'><Number>+12125550111</Number></Dial>", x="<Hangup/>")
    leg = town.call(talk=10)
    moved_after(town, leg, 3)
    town.day.advance(30)
    (talk,) = leg.bridges
    assert talk.until is not None
    assert (talk.until - talk.at).total_seconds() == pytest.approx(10)
    assert leg.ended_by == "phone"


def test_a_redirect_after_a_dial_without_an_action_is_asked_for_though_they_are_elsewhere(town: Town) -> None:
    town.answers(voice="<Dial>+12125550111</Dial><Redirect>/after</Redirect>", after="<Say>After.</Say>")
    town.answers(elsewhere="<Say>Elsewhere.</Say>")
    moved_after(town, town.call(), 5)
    town.day.advance(10)
    assert len(town.toy.at("/after")) == 1
    assert town.heard(town.ann) == ["Elsewhere."]


def test_a_staff_phone_that_is_moved_goes_on_with_its_script(town: Town) -> None:
    gather = "<Gather numDigits='1' action='/keyed'><Say>Any key.</Say></Gather>"
    town.sam.script = Answers(after=1, key="5", key_after=4)
    town.answers(leg=gather + LONG, elsewhere=gather + LONG, keyed="<Hangup/>")
    town.ring(town.sam)
    moved_after(town, town.day.calls()[0], 3)
    town.day.advance(10)
    assert [form["Digits"] for form in town.toy.at("/keyed")] == ["5"]


def test_a_mailbox_that_is_moved_hangs_up_when_its_tape_is_full(town: Town) -> None:
    town.sam.script = Mailbox(after=1, greeting="Mailbox.", records=10)
    town.answers(leg=LONG, elsewhere=LONG)
    town.ring(town.sam)
    leg = town.day.calls()[0]
    moved_after(town, leg, 5)
    town.day.advance(30)
    assert leg.ended_by == "phone"
    assert lasted(leg) < 15
