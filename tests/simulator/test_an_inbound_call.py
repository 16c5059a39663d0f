"""Somebody dials the number: what the application is asked, and what its first verbs do to the call."""

import pytest

from tests.simulator.town import LINE, Town, make_town

pytestmark = pytest.mark.proves("01-4.2")


def test_the_first_webhook_carries_everything_about_the_call(town: Town) -> None:
    leg = town.call(forwarded_from="+13125550000")
    town.day.advance(1)
    asked = town.toy.requests("/voice")[0]
    assert asked.form["CallSid"] == leg.sid
    assert asked.form["CallStatus"] == "ringing"
    assert asked.form["From"] == asked.form["Caller"] == town.ann.number
    assert asked.form["To"] == asked.form["Called"] == LINE
    assert asked.form["Direction"] == "inbound"
    assert asked.form["ApiVersion"] == "2010-04-01"
    assert asked.form["ForwardedFrom"] == "+13125550000"
    assert asked.form["StirVerstat"] == "TN-Validation-Passed-A"
    assert "parentCallInfoToken" in asked.form["CallToken"]
    assert asked.form["FromCity"] == asked.form["CallerCity"] == "NEW YORK"
    assert len(asked.headers["i-twilio-idempotency-token"]) > 20


def test_the_callers_name_is_told_where_the_number_looks_it_up(town: Town) -> None:
    for looked_up, told in ((False, None), (True, "ANN")):
        town.day.carrier.numbers[LINE].voice_caller_id_lookup = looked_up
        leg = town.call()
        town.day.advance(1)
        assert town.toy.at("/voice")[-1].get("CallerName") == told
        assert town.client.calls(leg.sid).fetch().caller_name == (told or "")


def test_a_withheld_number_arrives_as_its_placeholder_without_verification(town: Town) -> None:
    town.day.phone("+266696687").dial(LINE)
    town.day.advance(1)
    form = town.toy.at("/voice")[0]
    assert form["From"] == "+266696687"
    assert form["FromCountry"] == ""
    assert "StirVerstat" not in form


def test_the_end_of_a_call_is_told_once_with_its_length(town: Town) -> None:
    town.answers(voice="<Pause/><Say>Hello.</Say><Pause length='60'/>")
    leg = town.call()
    town.day.advance(31)
    town.ann.hang_up()
    town.day.advance(5)
    (over,) = town.toy.at("/over")
    assert over["CallStatus"] == "completed"
    assert over["CallDuration"] == "30"
    assert over["Duration"] == "1"
    assert over["SequenceNumber"] == "0"
    assert over["CallbackSource"] == "call-progress-events"
    assert leg.ended_by == "phone"


@pytest.mark.parametrize(("reason", "status"), [("busy", "busy"), ("rejected", "no-answer"), (None, "no-answer")])
def test_reject_as_the_first_verb_leaves_the_call_unanswered(town: Town, reason: str | None, status: str) -> None:
    town.answers(voice=f"<Reject reason='{reason}'/>" if reason else "<Reject/>")
    leg = town.call()
    town.day.advance(1)
    assert leg.status == status
    assert leg.answered_at is None
    assert town.toy.at("/over")[0]["CallStatus"] == status


def test_a_pause_as_the_first_verb_delays_the_answer(town: Town) -> None:
    town.answers(voice="<Pause length='3'/><Say>Hello.</Say>")
    leg = town.call()
    town.day.advance(2.5)
    assert leg.answered_at is None
    town.day.advance(1)
    assert leg.answered_at is not None


def test_hanging_up_before_any_answer_is_no_answer_or_canceled_by_switch(town: Town) -> None:
    town.answers(voice="<Pause length='3'/><Say>Hello.</Say>")
    first = town.call()
    town.day.advance(1)
    town.ann.hang_up()
    town.day.carrier.switches.unanswered_hangup_status = "canceled"
    second = town.call()
    town.day.advance(1)
    town.ann.hang_up()
    assert (first.status, second.status) == ("no-answer", "canceled")


def test_a_document_that_comes_after_the_hang_up_is_not_played(town: Town) -> None:
    town.answers(voice="<Say>Hello.</Say>")
    leg = town.call()
    town.ann.hang_up()
    town.day.advance(5)
    assert town.toy.at("/voice")
    assert not town.ann.said_to_it()
    assert leg.status == "no-answer"


@pytest.mark.parametrize("voice", ["<Hangup/>", "<Redirect>/more</Redirect>"])
def test_hangup_or_redirect_alone_is_answered_and_billed(town: Town, voice: str) -> None:
    town.answers(voice=voice, more="<Reject/>")  # which is too late, and no longer free
    leg = town.call()
    town.day.advance(1)
    assert leg.status == "completed"
    assert leg.answered_at is not None


def test_speech_and_sound_last_as_long_as_they_are(town: Town) -> None:
    from voice.simulator.media import tone_wav

    words = "x" * 70
    town.answers(voice=f"<Say language='de-DE'>{words}</Say><Play loop='2'>/two.wav</Play><Say>Bye.</Say>")
    town.toy.answers["/two.wav"] = (200, {"Content-Type": "audio/wav"}, tone_wav(2.0))
    town.call()
    town.day.advance(30)
    said, first, second, bye = [caption for caption in town.ann.captions if caption.kind in {"say", "play"}]
    assert said.language == "de-DE"
    assert (first.at - said.at).total_seconds() == pytest.approx(5, abs=0.05)
    assert (second.at - first.at).total_seconds() == pytest.approx(2, abs=0.01)
    assert bye.text == "Bye."
    assert len(town.toy.at("/two.wav")) == 1  # sound is cached


def test_cookies_come_back_for_the_rest_of_the_call_only(town: Town) -> None:
    redirect = b"<Response><Redirect>/more</Redirect></Response>"
    town.answers(voice=(200, {"Content-Type": "text/xml", "Set-Cookie": "seen=1; Path=/"}, redirect))
    town.call()
    town.day.advance(2)
    assert town.toy.requests("/more")[0].headers["cookie"] == "seen=1"
    town.call()
    town.day.advance(2)
    assert "cookie" not in town.toy.requests("/voice")[1].headers


def test_a_number_without_an_address_drops_the_call() -> None:
    town = make_town(number={"voice_url": ""})
    leg = town.call()
    town.day.advance(1)
    assert leg.status == "failed"
    town.close()
