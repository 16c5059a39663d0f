"""Webhooks twice, late, out of order, never, and with answers that get lost: only when asked for."""

import pytest

from tests.simulator.town import APP, Town
from voice.simulator.scripts import Answers
from voice.simulator.switches import Rudeness

pytestmark = pytest.mark.proves("01-4.4")


def ringing(town: Town, *rules: Rudeness) -> str:
    town.day.carrier.moods.webhooks += rules
    town.sam.script = Answers(after=4, key="")
    town.answers(leg="<Say>Hello.</Say>")
    sid: str = town.ring(town.sam).sid
    town.day.advance(30)
    return sid


@pytest.mark.parametrize("same", [True, False])
def test_a_webhook_may_come_twice_with_its_token_or_a_new_one(town: Town, same: bool) -> None:
    sid = ringing(town, Rudeness("duplicate", "/progress", times=1, seconds=2, same_token=same))
    assert town.events(sid).count("initiated") == 2
    first, second = (asked for asked in town.toy.requests("/progress") if asked.form["CallStatus"] == "initiated")
    assert (second.at - first.at).total_seconds() == pytest.approx(2, abs=0.01)
    tokens = {asked.headers["i-twilio-idempotency-token"] for asked in (first, second)}
    assert len(tokens) == (1 if same else 2)


def test_a_webhook_may_be_late(town: Town) -> None:
    sid = ringing(town, Rudeness("delay", "/progress", times=1, seconds=10))
    assert town.events(sid) == ["ringing", "in-progress", "completed", "initiated"]


def test_a_webhook_may_be_overtaken(town: Town) -> None:
    sid = ringing(town, Rudeness("reorder", "/progress", times=1, seconds=10))
    assert town.events(sid) == ["ringing", "initiated", "in-progress", "completed"]
    numbers = [form["SequenceNumber"] for form in town.toy.at("/progress")]
    assert numbers == ["1", "0", "2", "3"]


def test_a_webhook_may_never_come(town: Town) -> None:
    sid = ringing(town, Rudeness("drop", "/progress", times=2))
    assert town.events(sid) == ["in-progress", "completed"]


def test_a_dropped_document_is_a_failed_connection(town: Town) -> None:
    town.day.carrier.moods.webhooks.append(Rudeness("drop", "/voice"))
    town.call()
    town.day.advance(5)
    assert "application error" in town.ann.said_to_it()
    assert not town.toy.at("/voice")


def test_an_answer_may_get_lost_and_the_webhook_come_again_with_its_token(town: Town) -> None:
    town.day.carrier.moods.webhooks.append(Rudeness("retry", "/voice"))
    town.answers(voice="<Say>Hello.</Say>")
    town.call()
    town.day.advance(5)
    first, second = town.toy.requests("/voice")
    assert first.headers["i-twilio-idempotency-token"] == second.headers["i-twilio-idempotency-token"]
    assert first.form == second.form
    assert town.ann.said_to_it() == "Hello."


@pytest.mark.parametrize("delivered", [True, False])
def test_something_in_between_may_answer_instead(town: Town, delivered: bool) -> None:
    town.day.carrier.moods.webhooks.append(Rudeness("answer", "/voice", status=502, delivered=delivered))
    town.answers(voice="<Say>Hello.</Say>")
    town.call()
    town.day.advance(10)
    assert "application error" in town.ann.said_to_it()
    assert bool(town.toy.at("/voice")) == delivered


def test_an_answer_may_be_slow(town: Town) -> None:
    town.day.carrier.moods.webhooks.append(Rudeness("slow", "/voice", seconds=3))
    town.answers(voice="<Say>Hello.</Say>")
    town.call()
    town.day.advance(10)
    said = next(caption for caption in town.ann.captions if caption.kind == "say")
    assert (said.at - town.ann.captions[0].at).total_seconds() == pytest.approx(3.02, abs=0.01)


def test_politeness_returns(town: Town) -> None:
    town.day.carrier.moods.webhooks.append(Rudeness("drop", ""))
    town.day.carrier.moods.clear()
    town.answers(voice="<Reject/>")
    town.call()
    town.day.advance(1)
    assert len(town.toy.at("/voice")) == len(town.toy.at("/over")) == 1


def test_the_application_can_be_unreachable_for_a_while(town: Town) -> None:
    town.day.transport.down.add(APP)
    town.call()
    town.day.advance(10)
    assert not town.toy.asked
    town.day.transport.down.clear()
    town.answers(voice="<Reject/>")
    town.call()
    town.day.advance(1)
    assert town.toy.at("/voice")
