"""<Gather> and <Record>: what is keyed and said, and when the action hears of it."""

from collections.abc import Callable

import pytest

from tests.simulator.town import APP, Town
from voice.simulator.scripts import Answers, Mailbox, Screener

pytestmark = pytest.mark.proves("01-4.2")
GATHER = "<Gather numDigits='1' timeout='5' action='/keyed'><Say>Somebody calls. Any key to take it.</Say></Gather>"


def asked_for_a_key(town: Town, gather: str = GATHER) -> None:
    town.answers(leg=gather + "<Hangup/>", keyed="<Say>Thank you.</Say>", said="<Say>I see.</Say>")
    town.ring(town.sam)


def test_a_key_cuts_the_prompt_short_and_goes_to_the_action(town: Town) -> None:
    town.sam.script = Answers(after=2, key="7", key_after=1)
    asked_for_a_key(town)
    town.day.advance(10)
    assert town.toy.at("/keyed")[0]["Digits"] == "7"
    prompt = town.sam.captions[1]
    assert prompt.until is not None
    assert (prompt.until - prompt.at).total_seconds() == pytest.approx(1, abs=0.01)


def test_the_timeout_starts_after_the_prompt_and_silence_goes_on(town: Town) -> None:
    town.sam.script = Answers(after=2, key="")
    asked_for_a_key(town)
    town.day.advance(20)
    leg = town.sam.legs[0]
    assert not town.toy.at("/keyed")
    assert leg.ended_at is not None
    assert leg.answered_at is not None
    prompt = len("Somebody calls. Any key to take it.") / 14
    assert (leg.ended_at - leg.answered_at).total_seconds() == pytest.approx(prompt + 5, abs=0.1)


@pytest.mark.parametrize("script", [Mailbox(after=2), Screener(after=2)])
def test_speech_is_no_key(town: Town, script: Mailbox) -> None:
    town.sam.script = script
    asked_for_a_key(town)
    town.day.advance(30)
    assert not town.toy.at("/keyed")
    assert town.sam.legs[0].ended_by == "application"


def test_a_key_may_be_the_one_that_finishes(town: Town) -> None:
    asked_for_a_key(town, "<Gather action='/keyed' timeout='3'/>")
    town.day.advance(1)
    town.sam.pick_up()
    town.day.advance(1)
    town.sam.press("12#9")
    town.day.advance(2)
    assert town.toy.at("/keyed")[0]["Digits"] == "12"


def test_an_empty_result_is_told_when_asked_for(town: Town) -> None:
    town.sam.script = Answers(after=1, key="")
    asked_for_a_key(town, "<Gather action='/keyed' timeout='3' actionOnEmptyResult='true'/>")
    town.day.advance(10)
    assert town.toy.at("/keyed")[0]["Digits"] == ""


@pytest.mark.parametrize(
    ("asked", "silence"), [("", 5), ("timeout='3'", 3), ("speechTimeout='2'", 2), ("speechTimeout='auto'", 1)]
)
def test_speech_is_told_when_it_is_over(town: Town, asked: str, silence: int) -> None:
    town.answers(voice=f"<Gather input='speech' action='/said' {asked}/>", said="<Hangup/>")
    town.call()
    town.day.advance(1)
    town.ann.speak("two one two", 3)
    town.day.advance(2.5 + silence)
    assert not town.toy.at("/said")
    town.day.advance(1)
    assert town.toy.at("/said")[0]["SpeechResult"] == "two one two"
    assert float(town.toy.at("/said")[0]["Confidence"]) > 0


def test_hanging_up_during_a_gather_sends_only_the_end(town: Town) -> None:
    town.answers(voice="<Gather input='speech' action='/said'/>")
    town.call()
    town.day.advance(2)
    town.ann.hang_up()
    town.day.advance(2)
    assert not town.toy.at("/said")
    assert town.toy.at("/over")


# What the document asks for, and what the caller does each time it comes round.
LOOPS: dict[str, tuple[str, Callable[[Town], None]]] = {
    "<Gather> without an action": (
        "<Gather input='speech' speechTimeout='auto'/>",
        lambda town: town.ann.speak("Hello?", 0),
    ),
    "<Record> without an action": ("<Record timeout='5'/>", lambda town: None),
    "<Redirect> without an action": ("<Pause length='5'/><Redirect/>", lambda town: None),
}


@pytest.mark.proves("01-4.3")
@pytest.mark.parametrize("mistake", LOOPS)
def test_a_document_that_leads_nowhere_is_run_again_until_somebody_hangs_up(town: Town, mistake: str) -> None:
    document, each_time = LOOPS[mistake]
    town.answers(voice=f"<Say>Tell us.</Say>{document}")
    leg = town.call()
    for _ in range(8):
        town.day.advance(2)
        each_time(town)
    town.ann.hang_up()
    heard = town.heard(town.ann)
    town.day.advance(60)
    assert len(heard) > 2
    assert set(heard) == {"Tell us."}
    assert town.heard(town.ann) == heard
    assert leg.ended_by == "phone"
    asked = [form for form in town.toy.at("/voice") if form["CallStatus"] != "completed"]
    assert len(asked) == len(heard)
    assert town.complaints.count(f"{mistake} or target runs its own document again") >= len(heard)


def test_a_loop_ends_with_the_time_that_the_call_was_given(town: Town) -> None:
    town.answers(leg="<Say>Tell us.</Say><Record timeout='5'/>")
    town.sam.script = Answers(after=1, key="", talk=None)
    call = town.ring(town.sam, time_limit=3000)
    town.day.advance(30)
    town.client.calls(call.sid).update(time_limit=100)
    town.day.advance(120)
    assert "without an action" in town.complaints
    assert (town.sam.legs[0].seconds, town.sam.legs[0].ended_by) == (100, "carrier")
    assert len(town.toy.at("/leg")) > 10


@pytest.mark.parametrize(
    "verb", ["<Dial>+12125550111</Dial>", "<Enqueue waitUrl='/wait'>one</Enqueue>", "<Gather input='speech'/>"]
)
def test_with_nothing_to_tell_an_action_that_is_missing_makes_no_loop(town: Town, verb: str) -> None:
    town.sam.script = Answers(after=1, key="", talk=2)
    town.answers(voice=f"{verb}<Say>And then.</Say>", wait="<Pause/><Leave/>")
    town.call()
    town.day.advance(30)
    assert (len(town.toy.at("/voice")), town.heard(town.ann)) == (1, ["And then."])
    assert ("<Gather> without" in town.complaints) == verb.startswith("<Gather")


def recorded(town: Town, attributes: str = "") -> None:
    town.answers(
        voice=f"<Say>Tell us.</Say><Record action='/heard' recordingStatusCallback='/ready' {attributes}/>"
        "<Say>Nothing, then.</Say>",
        heard="<Say>Thank you.</Say>",
        ready=204,
    )


def test_a_message_ends_with_silence_and_its_sound_follows_later(town: Town) -> None:
    recorded(town)
    leg = town.call()
    town.day.advance(2)
    assert any(caption.kind == "beep" for caption in town.ann.captions)
    town.ann.speak("My tap drips.", 6)
    town.day.advance(12)
    heard = town.toy.at("/heard")[0]
    assert heard["RecordingDuration"] == "7"
    assert "Digits" not in heard
    assert heard["CallStatus"] == "in-progress"
    sid = heard["RecordingSid"]
    town.day.advance(3)
    ready = town.toy.at("/ready")[0]
    assert (ready["RecordingSid"], ready["RecordingStatus"], ready["CallSid"]) == (sid, "completed", leg.sid)
    kept = town.client.recordings(sid).fetch()
    assert (kept.call_sid, kept.duration, kept.source) == (leg.sid, "7", "RecordVerb")
    sound = town.day.http_client.request("GET", heard["RecordingUrl"] + ".wav", auth=("x", "y"))
    assert sound.status_code == 401  # media too want to know who asks
    assert town.day.carrier.recordings.by_sid[sid].words == "My tap drips."
    assert "Thank you." in town.ann.said_to_it()


def test_the_sound_is_missing_until_it_is_ready_and_after_it_is_deleted(town: Town) -> None:
    town.day.carrier.switches.recording_delay_seconds = 10
    recorded(town)
    town.call()
    town.day.advance(1)
    town.ann.speak("My tap drips.", 3)
    town.day.advance(1)
    town.ann.hang_up()
    town.day.advance(1)
    heard = town.toy.at("/heard")[0]
    who = (town.day.carrier.config.account_sid, town.day.carrier.config.auth_token)
    assert town.day.http_client.request("GET", heard["RecordingUrl"] + ".wav", auth=who).status_code == 404
    town.day.advance(10)
    for kind in (".wav", ".mp3", ""):
        assert town.day.http_client.request("GET", heard["RecordingUrl"] + kind, auth=who).status_code == 200
    assert town.client.recordings(heard["RecordingSid"]).delete()
    assert not town.client.recordings.list()


def test_hanging_up_during_a_message_keeps_it_and_says_so(town: Town) -> None:
    recorded(town)
    town.call()
    town.day.advance(2)
    town.ann.speak("My tap drips.", 6)
    town.day.advance(3)
    town.ann.hang_up()
    town.day.advance(5)
    heard = town.toy.at("/heard")[0]
    assert (heard["Digits"], heard["CallStatus"]) == ("hangup", "completed")
    assert "Thank you." not in town.ann.said_to_it()
    assert town.toy.at("/ready")[0]["RecordingDuration"] == heard["RecordingDuration"] == "4"


@pytest.mark.parametrize(("silent", "told"), [("action", ["hangup"]), ("absent", [])])
def test_hanging_up_before_a_word_is_a_short_recording_or_none(town: Town, silent: str, told: list[str]) -> None:
    town.day.carrier.switches.silent_record = silent
    recorded(town, "recordingStatusCallbackEvent='completed absent'")
    town.call()
    town.day.advance(2)
    town.ann.hang_up()
    town.day.advance(5)
    assert [form["Digits"] for form in town.toy.at("/heard")] == told
    (ready,) = town.toy.at("/ready")
    assert (ready["RecordingStatus"], ready["RecordingDuration"]) == ("completed" if told else "absent", "0")
    assert len(town.toy.at("/over")) == 1


def test_a_key_ends_a_message_and_is_told(town: Town) -> None:
    recorded(town)
    town.call()
    town.day.advance(2)
    town.ann.press("4")
    town.day.advance(1)
    assert town.toy.at("/heard")[0]["Digits"] == "4"


def test_an_empty_finish_key_lets_keys_do_nothing(town: Town) -> None:
    recorded(town, "finishOnKey=''")
    town.call()
    town.day.advance(2)
    town.ann.press("4")
    town.day.advance(1)
    assert not town.toy.at("/heard")
    town.day.advance(5)
    assert town.toy.at("/heard")


def test_by_switch_a_silent_message_is_absent_and_the_next_verb_runs(town: Town) -> None:
    town.day.carrier.switches.silent_record = "absent"
    recorded(town)
    town.call()
    town.day.advance(15)
    assert not town.toy.at("/heard")
    assert "Nothing, then." in town.ann.said_to_it()


def test_a_message_has_a_longest_length(town: Town) -> None:
    recorded(town, "maxLength='10'")
    town.call()
    town.day.advance(2)
    town.ann.speak("on and on", 60)
    town.day.advance(11)
    assert town.toy.at("/heard")[0]["RecordingDuration"] == "10"


def test_a_transcription_comes_later(town: Town) -> None:
    recorded(town, f"transcribe='true' transcribeCallback='{APP}/words'")
    town.answers(words=204)
    town.call()
    town.day.advance(2)
    town.ann.speak("My tap drips.", 6)
    town.day.advance(40)
    assert town.toy.at("/words")[0]["TranscriptionText"] == "My tap drips."
