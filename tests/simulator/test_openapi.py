"""What is asked of the carrier in a box, and what it answers, by the carrier's own OpenAPI files."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException

from tests.simulator.openapi import example_faults, faults, needs_files
from tests.simulator.town import APP, LINE, Town
from voice.simulator.scripts import Answers, Declines
from voice.simulator.switches import RestFault

pytestmark = [pytest.mark.proves("01-4.1"), needs_files]
SIMULATED = re.compile(
    r".*/(Accounts|Calls|Queues|Members|Messages|Recordings|IncomingPhoneNumbers|Events)(/\{\w+\})?\.json"
    r"|/v2/PhoneNumbers/\{PhoneNumber\}"
)


@pytest.fixture
def checked(town: Town) -> Iterator[Town]:
    """A town in which something is asked; as everywhere, each request and answer is as the files say."""
    yield town
    assert town.day.carrier.requests


def test_the_files_own_examples_pass() -> None:
    """All but those of a call's recordings, where example and type disagree about the price."""
    found = example_faults(SIMULATED)
    assert {what for what in found if not what.endswith("price: '-0.0025' is not of type 'number'")} == set()


def test_calls_created_fetched_moved_ended_and_deleted(checked: Town) -> None:
    calls = checked.client.calls
    checked.sam.script = Answers(after=1, key="")
    checked.answers(leg="<Pause length='60'/>", elsewhere="<Pause length='60'/>")
    call = checked.ring(checked.sam, timeout=20, time_limit=600, fallback_url=f"{APP}/fallback", method="GET")
    inline = calls.create(to=checked.alex.number, from_=LINE, twiml="<Response><Pause/></Response>")
    for seconds in (0.1, 0.4, 4.5):  # dialled, ringing, answered
        checked.day.advance(seconds)
        calls(call.sid).fetch()
    calls(call.sid).update(
        url=f"{APP}/elsewhere",
        method="POST",
        status_callback=f"{APP}/progress",
        status_callback_method="POST",
        fallback_url=f"{APP}/fallback",
        fallback_method="POST",
    )
    checked.day.advance(5)
    calls(call.sid).update(twiml="<Response><Pause length='9'/></Response>", time_limit=60)
    calls(inline.sid).update(status="canceled")
    calls(call.sid).update(status="completed")
    checked.day.advance(5)
    calls(call.sid).fetch()
    assert calls(inline.sid).delete()
    with pytest.raises(TwilioRestException):
        calls(inline.sid).fetch()


def test_calls_listed_by_every_filter_page_by_page(checked: Town) -> None:
    checked.answers(voice="<Dial action='/dialled'>+12125550111</Dial>", dialled="<Hangup/>")
    checked.sam.script = Declines(after=1)
    leg = checked.call(forwarded_from="+13125550000")
    checked.day.phone("anonymous").dial(LINE)
    checked.day.advance(10)
    calls, now = checked.client.calls, checked.day.now
    day = timedelta(days=1)
    assert len(calls.list(page_size=1)) == 4
    assert len(calls.list(to=LINE, from_=checked.ann.number, status="completed")) == 1
    assert len(calls.list(parent_call_sid=leg.sid)) == 1
    assert len(calls.list(start_time_after=now - day, start_time_before=now + day, start_time="2026-11-23")) == 4
    assert len(calls.list(end_time_after=now - day, end_time_before=now + day, end_time="2026-11-23")) == 4


def test_events_of_a_call(checked: Town) -> None:
    checked.answers(voice="<Say>Hello.</Say>")
    leg = checked.call()
    checked.day.advance(1000)
    assert len(checked.client.calls(leg.sid).events.list(page_size=1)) == 2


def test_queues_and_their_members(checked: Town) -> None:
    queues = checked.client.queues
    queue = queues.create(friendly_name="one", max_size=5)
    checked.answers(voice="<Enqueue waitUrl='/wait' action='/left'>one</Enqueue>", wait="<Pause length='60'/>")
    checked.answers(left="<Hangup/>", taken="<Hangup/>")
    legs = [checked.call(), checked.day.phone("+12125550178").dial(LINE)]
    checked.day.advance(5)
    queues(queue.sid).update(friendly_name="two", max_size=7)
    assert len(queues.list(page_size=1)) == 1
    members = queues(queue.sid).members
    assert len(members.list(page_size=1)) == 2
    members(legs[1].sid).fetch()
    members("Front").fetch()
    members("Front").update(url=f"{APP}/taken", method="POST")
    members(legs[1].sid).update(url=f"{APP}/taken")
    checked.day.advance(5)
    queues(queue.sid).fetch()
    assert queues(queue.sid).delete()


def test_texts_sent_received_and_listed(checked: Town) -> None:
    checked.answers(sent=204, text="<Message>We will ring you.</Message>")
    messages = checked.client.messages
    checked.alex.line_type = "landline"
    for phone in (checked.ann, checked.alex):
        messages.create(to=phone.number, from_=LINE, body="Hello", status_callback=f"{APP}/sent")
    checked.ann.text(LINE, "Ring me")
    checked.day.advance(5)
    assert {each.status for each in messages.list(page_size=1)} == {"received", "delivered", "undelivered"}
    now = checked.day.now
    day = timedelta(days=1)
    found = messages.list(
        to=checked.ann.number, from_=LINE, date_sent_after=now - day, date_sent_before=now + day, date_sent="2026-11-23"
    )
    messages(found[0].sid).fetch()


def test_recordings_and_their_sound(checked: Town) -> None:
    checked.answers(voice="<Record action='/heard'/>", heard="<Hangup/>")
    leg = checked.call(message="My tap drips.")
    checked.day.advance(3)
    assert checked.client.calls(leg.sid).recordings.list()[0].status == "processing"
    checked.day.advance(8)
    recordings, now = checked.client.recordings, checked.day.now
    day = timedelta(days=1)
    (kept,) = recordings.list(call_sid=leg.sid, date_created_after=now - day, date_created_before=now + day)
    recordings(kept.sid).fetch()
    assert recordings.list(conference_sid="CF" + "0" * 32) == []
    for kind in ("", ".wav", ".mp3"):
        path = f"/2010-04-01/Accounts/{kept.account_sid}/Recordings/{kept.sid}{kind}"
        assert checked.client.request("GET", f"https://api.twilio.com{path}").status_code == 200
    assert recordings(kept.sid).delete()
    assert recordings.list() == []
    assert [each.status for each in recordings.list(include_soft_deleted=True)] == ["deleted"]
    assert recordings(kept.sid).fetch(include_soft_deleted=True).status == "deleted"


def test_numbers_of_the_account(checked: Town) -> None:
    numbers = checked.client.incoming_phone_numbers
    (number,) = numbers.list(phone_number=LINE, friendly_name=LINE, beta=False, origin="twilio", page_size=1)
    assert numbers.list(beta=True) == []
    assert numbers.list(origin="hosted") == []
    numbers(number.sid).fetch()
    numbers(number.sid).update(
        friendly_name="The line",
        voice_url=f"{APP}/new",
        voice_method="GET",
        voice_fallback_url=f"{APP}/fallback",
        voice_fallback_method="POST",
        status_callback="",
        status_callback_method="POST",
        sms_url=f"{APP}/text",
        sms_method="POST",
        sms_fallback_url=f"{APP}/text",
        sms_fallback_method="GET",
        voice_caller_id_lookup=True,
    )
    assert numbers(number.sid).fetch().voice_caller_id_lookup is True


def test_the_account(checked: Town) -> None:
    accounts = checked.client.api.accounts
    account = accounts(checked.day.carrier.config.account_sid).fetch()
    assert len(accounts.list(status="active", friendly_name=account.friendly_name)) == 1
    assert accounts.list(status="suspended") == []
    assert accounts.list(friendly_name="Another") == []


@pytest.mark.parametrize(
    ("number", "valid", "why"),
    [
        ("+12125550177", True, []),
        ("+12125550111", True, []),
        ("+1212", False, ["TOO_SHORT"]),
        ("+1415992996000", False, ["TOO_LONG"]),
        ("+9995550177", False, ["INVALID_COUNTRY_CODE"]),
        ("tomorrow", False, ["NOT_A_NUMBER"]),
    ],
)
def test_numbers_looked_up(checked: Town, number: str, valid: bool, why: list[str]) -> None:
    fields = "line_type_intelligence,caller_name"
    look_up = checked.client.lookups.v2.phone_numbers(number)
    found = look_up.fetch(fields=fields, country_code="US")
    assert (found.valid, found.validation_errors) == (valid, why)
    assert look_up.fetch().line_type_intelligence is None


def test_what_is_refused_is_refused_in_the_carriers_shape(checked: Town) -> None:
    refused: list[Any] = [
        lambda: checked.client.calls.create(to=checked.sam.number, from_="+13105550000", url=f"{APP}/leg"),
        lambda: checked.client.calls("CA" + "0" * 32).fetch(),
        lambda: checked.client.queues("QU" + "0" * 32).members("Front").fetch(),
    ]
    for ask in refused:
        with pytest.raises(TwilioRestException):
            ask()
    for fault in (RestFault("error", "", 1, 429, 20429, "Too Many Requests"), RestFault("error_done", "", 1)):
        checked.day.carrier.moods.rest.append(fault)
        with pytest.raises(TwilioRestException):
            checked.client.queues.create(friendly_name="one")


# --- the checker itself


def asked(town: Town, **changed: Any) -> dict[str, Any]:
    """A good request to place a call, and its answer; then changed."""
    town.ring(town.sam)
    return town.day.carrier.requests[-1] | changed


def with_form(entry: dict[str, Any], **form: list[str]) -> dict[str, Any]:
    return entry | {"form": entry["form"] | form}


def with_answer(entry: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return entry | {"body": json.dumps(json.loads(entry["body"]) | fields)}


def without(fields: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if key != name}


def test_a_good_request_and_answer_have_no_fault(town: Town) -> None:
    assert faults([asked(town)]) == []
    assert faults([with_answer(with_form(asked(town), Record=["true"], Timeout=["20"]), price=None)]) == []


@pytest.mark.parametrize(
    ("form", "what"),
    [
        ({"Colour": ["blue"]}, "form parameter Colour: is unknown"),
        ({"Method": ["PUT"]}, "form parameter Method: 'PUT' is not one of ['GET', 'POST']"),
        ({"Timeout": ["long"]}, "form parameter Timeout: 'long' is not of type 'integer'"),
        ({"Record": ["perhaps"]}, "form parameter Record: 'perhaps' is not of type 'boolean'"),
        ({"To": ["12125550111", "12125550112"]}, "form parameter To: is given 2 times"),
        ({"To": ["somebody"]}, "form parameter To: 'somebody' is not a 'endpoint'"),
        ({"Url": ["/leg"]}, "form parameter Url: '/leg' is not a 'uri'"),
        ({"Twiml": ["<Say>Hello.</Say>"]}, "form parameter Twiml: '<Say>Hello.</Say>' is not a 'twiml'"),
        ({"ApplicationSid": ["AP" + "x" * 32]}, f"form parameter ApplicationSid: 'AP{'x' * 32}' does not match"),
    ],
)
def test_a_request_the_files_do_not_know_is_a_fault(town: Town, form: dict[str, list[str]], what: str) -> None:
    (fault,) = faults([with_form(asked(town), **form)])
    assert what in fault


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"status": "initiated"}, "answer: status: 'initiated' is not one of ['queued'"),
        ({"status": None}, "answer: status: None is not"),
        ({"sid": "CA" + "x" * 32}, f"answer: sid: 'CA{'x' * 32}' does not match"),
        ({"queue_time": 0}, "answer: queue_time: 0 is not of type 'string'"),
        ({"price_unit": "dollars"}, "answer: price_unit: 'dollars' is not a 'currency'"),
        (
            {"date_created": "2026-11-23T15:00:00Z"},
            "answer: date_created: '2026-11-23T15:00:00Z' is not a 'date-time",
        ),
        ({"start_time": "Tue, 23 Nov 2026 15:00:00 +0000"}, "is not a 'date-time-rfc-2822'"),
        ({"subresource_uris": {"events": "no where"}}, "is not a 'uri-map'"),
        ({"colour": "blue"}, "answer: Additional properties are not allowed ('colour' was unexpected)"),
    ],
)
def test_a_wrong_answer_is_a_fault(town: Town, fields: dict[str, Any], what: str) -> None:
    found = faults([with_answer(asked(town), **fields)])
    assert found
    assert all(what in fault for fault in found)


def test_what_is_missing_or_somewhere_else_is_a_fault(town: Town) -> None:
    good = asked(town)
    answer = json.loads(good["body"])
    cases = {
        "form parameter To: is missing": good | {"form": without(good["form"], "To")},
        "'direction' is a required property": good | {"body": json.dumps(without(answer, "direction"))},
        "answer: status 200 is none of 201": good | {"status": 200},
        "answer: is text/html": good | {"type": "text/html"},
        "error: 'code' is a required property": good | {"status": 400, "body": "{}"},
        "the files know no such request": good | {"method": "PUT"},
        "path parameter AccountSid: 'AC1'": good | {"path": "/2010-04-01/Accounts/AC1/Calls.json"},
        "query parameter Direction: is unknown": good | {"query": {"Direction": ["inbound"]}},
    }
    for what, entry in cases.items():
        assert any(what in fault for fault in faults([entry])), what
    assert faults([good | {"status": 503, "type": "text/html", "body": "<html/>"}]) == []
    assert faults([good | {"lost": "timeout", "status": 503}]) == []
