"""Calls by REST, through the real SDK: placing at the account's pace, moving, ending, listing, and every refusal."""

from datetime import timedelta
from typing import Any

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from tests.simulator.town import APP, LINE, Town, make_town
from voice.simulator.scripts import Answers, Off
from voice.simulator.switches import RestFault

pytestmark = [pytest.mark.proves("01-4.1"), pytest.mark.proves("01-4.4")]
CALLS = "POST .*/Calls.json"


def test_a_call_goes_from_queued_to_completed_and_says_so(town: Town) -> None:
    town.sam.script = Answers(after=4, key="")
    town.answers(leg="<Say>Hello Sam.</Say>")
    call = town.ring(town.sam)
    assert (call.status, call.direction, call._from, call.to) == ("queued", "outbound-api", LINE, town.sam.number)
    town.day.advance(10)
    assert town.events(call.sid) == ["initiated", "ringing", "in-progress", "completed"]
    assert town.toy.at("/leg")[0]["CallStatus"] == "in-progress"
    fetched = town.client.calls(call.sid).fetch()
    assert (fetched.status, fetched.duration) == ("completed", "1")
    assert fetched.start_time < fetched.end_time


@pytest.mark.parametrize(("given", "rings"), [({"timeout": 15}, 15), ({}, 60), ({"timeout": 900}, 600)])
def test_a_phone_that_is_not_answered_rings_for_the_timeout_given(
    town: Town, given: dict[str, Any], rings: int
) -> None:
    call = town.ring(town.sam, **given)
    town.day.advance(rings + 5)
    ring = town.sam.rings[0]
    assert ring.ended == ring.started + timedelta(seconds=rings)
    assert town.client.calls(call.sid).fetch().status == "no-answer"
    (over,) = [form for form in town.toy.at("/progress") if form["CallStatus"] == "no-answer"]
    assert (over["CallDuration"], over["SipResponseCode"]) == ("0", "487")


def test_calls_start_one_a_second_first_come_first_served(town: Town) -> None:
    phones = [town.day.staff(f"+1212555020{number}") for number in range(4)]
    calls = [town.ring(phone) for phone in phones]
    town.client.calls(calls[1].sid).update(status="canceled")
    town.day.advance(5)
    started = [(phone.rings[0].started - phones[0].rings[0].started).total_seconds() for phone in phones if phone.rings]
    assert started == pytest.approx([0, 1, 2], abs=0.01)
    assert town.events(calls[1].sid) == []  # canceled while queued: nothing is ever sent
    assert town.client.calls(calls[3].sid).fetch().queue_time == "2000"


def test_inline_twiml_is_run(town: Town) -> None:
    town.sam.script = Answers(after=1, key="")
    town.client.calls.create(to=town.sam.number, from_=LINE, twiml="<Response><Say>Hello.</Say></Response>")
    town.day.advance(5)
    assert town.sam.said_to_it() == "Hello."


def test_a_ringing_call_can_be_canceled_and_any_call_completed(town: Town) -> None:
    first, second = town.ring(town.sam), town.ring(town.alex)
    town.day.advance(3)
    town.client.calls(first.sid).update(status="canceled")
    town.client.calls(second.sid).update(status="completed")
    town.day.advance(1)
    assert not town.sam.ringing
    assert not town.alex.ringing
    assert town.events(first.sid)[-1] == town.events(second.sid)[-1] == "canceled"
    with pytest.raises(TwilioRestException) as refused:
        town.client.calls(first.sid).update(status="completed")
    assert refused.value.code == 21220


def test_a_live_call_is_moved_at_once(town: Town) -> None:
    town.answers(voice="<Say>Hello.</Say><Pause length='60'/>", elsewhere="<Say>Somewhere else.</Say>")
    leg = town.call()
    town.day.advance(3)
    town.client.calls(leg.sid).update(url=f"{APP}/elsewhere")
    town.day.advance(1)
    assert "Somewhere else." in town.ann.said_to_it()


@pytest.mark.parametrize(
    ("to", "frm", "code"),
    [
        ("12", LINE, 21211),
        ("+12125550111", "+13105550000", 21210),
        ("+442071838750", LINE, 21215),
        ("+12125550666", LINE, 21216),
    ],
)
def test_numbers_that_may_not_be_called_are_refused(to: str, frm: str, code: int) -> None:
    town = make_town(countries=["US"], blocked_numbers=["+12125550666"])
    with pytest.raises(TwilioRestException) as refused:
        town.client.calls.create(to=to, from_=frm, url=f"{APP}/leg")
    assert (refused.value.code, refused.value.status) == (code, 400)
    assert not town.day.carrier.calls
    town.close()


def test_the_original_callers_number_may_be_shown_with_their_token(town: Town) -> None:
    town.answers(voice="<Say>Hello.</Say><Pause length='60'/>")
    town.call()
    town.day.advance(1)
    token = town.toy.at("/voice")[0]["CallToken"]
    town.client.calls.create(to=town.sam.number, from_=town.ann.number, call_token=token, url=f"{APP}/leg")
    town.day.advance(2)
    assert town.sam.captions[0].text == town.ann.number


def test_whoever_does_not_know_the_token_is_refused(town: Town) -> None:
    stranger = Client(town.day.carrier.config.account_sid, "wrong", http_client=town.day.http_client)
    with pytest.raises(TwilioRestException) as refused:
        stranger.calls("CA" + "0" * 32).fetch()
    assert (refused.value.code, refused.value.status) == (20003, 401)


def test_an_api_key_opens_the_door_too() -> None:
    town = make_town(api_keys={"SK1": "secret"})
    client = Client("SK1", "secret", town.day.carrier.config.account_sid, http_client=town.day.http_client)
    assert client.calls.list() == []
    town.close()


def test_an_unknown_call_is_not_found(town: Town) -> None:
    with pytest.raises(TwilioRestException) as missing:
        town.client.calls("CA" + "0" * 32).fetch()
    assert (missing.value.code, missing.value.status) == (20404, 404)


def test_over_the_cap_a_call_is_refused_at_create_or_fails_unrung(town: Town) -> None:
    switches = town.day.carrier.switches
    switches.max_legs = 1
    town.ring(town.sam)
    town.day.advance(1)
    with pytest.raises(TwilioRestException) as refused:
        town.ring(town.alex)
    assert refused.value.code == 10004
    switches.cap_mode = "fail"
    call = town.ring(town.alex)
    town.day.advance(2)
    assert town.events(call.sid) == ["initiated", "failed"]
    assert not town.alex.rings


def test_too_many_requests_are_not_processed(town: Town) -> None:
    town.day.carrier.moods.rest.append(RestFault("error", CALLS, 1, 429, 20429, "Too Many Requests"))
    with pytest.raises(TwilioRestException) as refused:
        town.ring(town.sam)
    assert (refused.value.status, refused.value.code) == (429, 20429)
    assert not town.day.carrier.calls
    assert town.ring(town.sam).status == "queued"


def test_a_call_may_be_placed_though_the_answer_is_an_error_or_never_comes(town: Town) -> None:
    moods = town.day.carrier.moods.rest
    moods.append(RestFault("error_done", CALLS, 1))
    with pytest.raises(TwilioRestException) as broken:
        town.ring(town.sam)
    assert broken.value.status == 503
    moods.append(RestFault("timeout_done", CALLS, 1))
    with pytest.raises(requests.exceptions.ReadTimeout):
        town.ring(town.alex)
    assert [leg.to for leg in town.day.calls()] == [town.sam.number, town.alex.number]


@pytest.mark.parametrize(
    ("kind", "raised"),
    [("timeout", requests.exceptions.ReadTimeout), ("refused", requests.exceptions.ConnectionError)],
)
def test_a_request_that_is_never_answered_may_have_done_nothing(town: Town, kind: str, raised: type[Exception]) -> None:
    town.day.carrier.moods.rest.append(RestFault(kind, CALLS))  # type: ignore[arg-type]
    with pytest.raises(raised):
        town.ring(town.sam)
    assert not town.day.carrier.calls


def test_an_account_out_of_balance_refuses_everything(town: Town) -> None:
    town.day.carrier.moods.rest.append(RestFault("error", "", None, 403, 10003, "Account is not active"))
    with pytest.raises(TwilioRestException) as refused:
        town.client.queues.create(friendly_name="one")
    assert refused.value.code == 10003


def test_what_was_asked_of_the_application_can_be_read_a_quarter_of_an_hour_later(town: Town) -> None:
    town.answers(voice="<Gather input='speech' action='/said'/>", said="<Hangup/>")
    leg = town.call()
    town.day.advance(1)
    town.ann.speak("hello", 1)
    town.day.advance(10)
    assert town.client.calls(leg.sid).events.list() == []
    town.day.advance(15 * 60)
    events = town.client.calls(leg.sid).events.list()
    assert [event.request["url"] for event in events] == [f"{APP}/voice", f"{APP}/said", f"{APP}/over"]
    assert events[1].request["parameters"]["speech_result"] == "hello"
    assert events[0].response["response_code"] == 200
    assert "<Gather" in events[0].response["response_body"]


@pytest.mark.parametrize("name", ["timeout", "time_limit"])
def test_seconds_that_are_no_number_are_refused(town: Town, name: str) -> None:
    with pytest.raises(TwilioRestException) as refused:
        town.ring(town.sam, **{name: "abc"})
    assert refused.value.status == 400
    assert not town.day.carrier.calls
    town.day.carrier.requests.clear()  # by the carrier's files it is wrong as well


def test_a_phone_that_is_off_never_rings(town: Town) -> None:
    town.sam.script = Off()
    call = town.ring(town.sam, timeout=10)
    town.day.advance(12)
    assert town.events(call.sid) == ["initiated", "no-answer"]


def test_every_request_and_answer_is_written_down(town: Town) -> None:
    town.ring(town.sam)
    entry = town.day.carrier.requests[-1]
    assert (entry["method"], entry["status"], entry["form"]["To"]) == ("POST", 201, [town.sam.number])
    assert entry["form"]["StatusCallbackEvent"] == ["initiated", "ringing", "answered", "completed"]
    assert '"status":"queued"' in entry["body"].replace(" ", "")
