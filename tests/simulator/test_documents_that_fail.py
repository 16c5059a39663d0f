"""What the carrier does when a document cannot be had or run: retries, limits, redirects, the fallback."""

import pytest

from tests.simulator.town import APP, Answer, Town, make_town
from voice.simulator.switches import Rudeness

pytestmark = pytest.mark.proves("01-4.2")
XML = {"Content-Type": "text/xml"}


def safe_town(**number: str) -> Town:
    town = make_town(number={"voice_fallback_url": f"{APP}/safe"} | number)
    town.answers(safe="<Say>Please call again.</Say>")
    town.may_complain = True
    return town


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (500, "11200"),
        (404, "11200"),
        ((200, XML, b"<Response><Say>half"), "12100"),
        ((200, XML, b"<Answer/>"), "12100"),
        ((200, {"Content-Type": "application/json"}, b"{}"), "12300"),
    ],
)
def test_the_fallback_is_told_what_failed_and_its_document_is_run(answer: Answer, code: str) -> None:
    town = safe_town()
    town.answers(voice=answer)
    town.call()
    town.day.advance(5)
    told = town.toy.at("/safe")[0]
    assert (told["ErrorCode"], told["ErrorUrl"]) == (code, f"{APP}/voice")
    assert town.ann.said_to_it() == "Please call again."
    town.close()


def test_the_fallback_saves_a_call_at_a_later_step_too() -> None:
    town = safe_town()
    town.answers(voice="<Say>Hello.</Say><Redirect>/later</Redirect>", later=500)
    town.call()
    town.day.advance(5)
    assert town.toy.at("/safe")[0]["ErrorUrl"] == f"{APP}/later"
    assert "Please call again." in town.ann.said_to_it()
    town.close()


def test_the_fallback_takes_a_caller_out_of_a_queue_whose_wait_document_fails() -> None:
    town = safe_town()
    town.answers(voice="<Enqueue waitUrl='/wait'>one</Enqueue>", wait=500)
    town.call()
    town.day.advance(5)
    assert "Please call again." in town.ann.said_to_it()
    assert not next(iter(town.day.carrier.queues.values())).members
    town.close()


def test_without_a_fallback_the_caller_hears_an_application_error(town: Town) -> None:
    town.answers(voice=500)
    leg = town.call()
    town.day.advance(10)
    assert "application error" in town.ann.said_to_it()
    assert leg.status == "completed"


def test_a_server_error_is_not_tried_again_unless_asked_for(town: Town) -> None:
    town.answers(voice=500)
    town.call()
    town.day.advance(10)
    assert len(town.toy.at("/voice")) == 1


def test_the_fragment_asks_for_retries_which_carry_the_same_token() -> None:
    town = make_town(number={"voice_url": f"{APP}/voice?a=1#rc=2&rp=5xx,ct,rt&rt=4000&tt=13000"})
    town.answers(voice=503)
    town.call()
    town.day.advance(10)
    asked = town.toy.requests("/voice")
    assert len(asked) == 3
    assert len({each.headers["i-twilio-idempotency-token"] for each in asked}) == 1
    town.close()


@pytest.mark.parametrize(("fragment", "asked"), [("rt=4000", 1), ("rt=4000&rc=5&rp=rt", 4), ("rc=1&rp=4xx", 1)])
def test_the_fragment_says_how_long_an_answer_may_take(fragment: str, asked: int) -> None:
    town = make_town(number={"voice_url": f"{APP}/voice#{fragment}"})
    town.day.carrier.moods.webhooks.append(Rudeness("slow", path="/voice", seconds=9))
    town.answers(voice="<Say>Late.</Say>")
    leg = town.call()
    town.day.advance(30)
    assert len(town.toy.at("/voice")) == asked
    took = (town.ann.captions[1].at - leg.created_at).total_seconds()
    expected = {1: 4.02 if "rt=" in fragment else 9.02, 4: 15}[asked]
    assert took == pytest.approx(expected, abs=0.03)
    assert (town.heard(town.ann) == ["Late."]) == ("rt=" not in fragment)
    town.close()


def test_a_failed_connection_is_tried_once_more_by_itself(town: Town) -> None:
    town.day.transport.down.add(APP)
    town.call()
    town.day.advance(10)
    assert town.day.carrier.exchanges[0].attempts == 2
    assert town.day.carrier.exchanges[0].error == 11205


def test_an_answer_after_fifteen_seconds_is_no_answer(town: Town) -> None:
    town.day.carrier.moods.webhooks.append(Rudeness("slow", path="/voice", seconds=20))
    town.answers(voice="<Say>Too late.</Say>")
    town.call()
    town.day.advance(14.9)
    assert not town.ann.said_to_it()
    town.day.advance(10)
    assert "application error" in town.ann.said_to_it()
    assert "Too late." not in town.ann.said_to_it()


def test_a_redirect_turns_a_post_into_a_get_and_loses_its_parameters(town: Town) -> None:
    town.answers(voice=(302, {"Location": "/there", "Content-Type": "text/plain"}, b""), there="<Say>Here.</Say>")
    town.call()
    town.day.advance(5)
    (there,) = town.toy.requests("/there")
    assert (there.method, there.form) == ("GET", {})
    assert town.ann.said_to_it() == "Here."


def test_redirects_end_after_ten(town: Town) -> None:
    town.answers(voice=(302, {"Location": "/voice", "Content-Type": "text/plain"}, b""))
    town.call()
    town.day.advance(5)
    assert town.day.carrier.exchanges[0].error == 11215
    assert len(town.toy.at("/voice")) == 11


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        ("text/plain", b"We are closed.", "We are closed."),
        ("text/plain", b"<Response><Say>From plain text.</Say></Response>", "From plain text."),
        ("text/html; charset=utf-8", b"<Response><Say>From html.</Say></Response>", "From html."),
    ],
)
def test_other_kinds_of_text_are_run_or_spoken(town: Town, kind: str, body: bytes, said: str) -> None:
    town.answers(voice=(200, {"Content-Type": kind}, body))
    leg = town.call()
    town.day.advance(5)
    assert town.ann.said_to_it() == said
    assert leg.status == "completed"


def test_sound_is_played_and_the_call_ends(town: Town) -> None:
    town.answers(voice=(200, {"Content-Type": "audio/mpeg"}, b"not really"))
    leg = town.call()
    town.day.advance(5)
    assert [caption.kind for caption in town.ann.captions] == ["ring", "play"]
    assert leg.status == "completed"


def test_a_get_webhook_carries_its_parameters_in_the_query_and_is_signed() -> None:
    town = make_town(number={"voice_method": "GET", "voice_url": f"{APP}/voice?line=1"})
    town.answers(voice="<Say>Hello.</Say>")
    town.call()
    town.day.advance(3)
    (asked,) = town.toy.requests("/voice")
    assert asked.method == "GET"
    assert (asked.form["line"], asked.form["CallStatus"]) == ("1", "ringing")
    assert town.ann.said_to_it() == "Hello."
    town.close()


def test_a_sound_file_that_is_missing_is_passed_over_loudly(town: Town) -> None:
    town.answers(voice="<Play>/gone.wav</Play><Say>Hello.</Say>")
    town.toy.answers["/gone.wav"] = 404
    town.call()
    town.day.advance(3)
    assert town.ann.said_to_it() == "Hello."
    assert "sound file" in town.complaints


def test_an_application_that_raises_is_a_server_error_and_a_complaint(town: Town) -> None:
    def broken(_: dict[str, str]) -> Answer:
        raise LookupError("no such line")

    town.toy.answers["/voice"] = broken
    town.call()
    town.day.advance(10)
    assert "application error" in town.ann.said_to_it()
    assert "no such line" in town.complaints
