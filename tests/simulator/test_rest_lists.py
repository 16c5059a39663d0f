"""Lists by REST, through the real SDK: their filters, their pages and the times they state."""

import re
from collections.abc import Callable
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from twilio.base.exceptions import TwilioException

from tests.simulator.town import LINE, Town
from voice.simulator.scripts import Declines, Off

pytestmark = pytest.mark.proves("01-4.1")


def test_calls_are_listed_newest_first_by_every_filter(town: Town) -> None:
    town.answers(voice="<Dial action='/dialled'>+12125550111</Dial>", dialled="<Hangup/>")
    town.sam.script = Declines(after=1)
    leg = town.call(forwarded_from="+13125550000")
    town.day.advance(10)
    (child,) = town.client.calls.list(parent_call_sid=leg.sid)
    assert (child.to, child.status, child.parent_call_sid) == (town.sam.number, "busy", leg.sid)
    assert [call.sid for call in town.client.calls.list(from_=town.ann.number, to=LINE)] == [leg.sid]
    assert [call.sid for call in town.client.calls.list()] == [child.sid, leg.sid]
    assert [call.sid for call in town.client.calls.list(status="completed")] == [leg.sid]
    assert town.client.calls.list(to=LINE)[0].forwarded_from == "+13125550000"
    now = town.day.now
    assert len(town.client.calls.list(start_time_after=now - timedelta(minutes=1))) == 2
    assert town.client.calls.list(start_time_after=now + timedelta(minutes=1)) == []
    assert len(town.client.calls.list(start_time_before=now)) == 2
    assert len(town.client.calls.list(end_time_after=now.date())) == 2
    assert town.client.calls.list(end_time_before=now.date() - timedelta(days=1)) == []
    town.day.carrier.switches.day_filters = True
    assert len(town.client.calls.list(start_time_after=now + timedelta(minutes=1))) == 2
    assert town.client.calls.list(start_time_after=now + timedelta(days=1)) == []


def refused(page: Callable[..., Any], **asked: Any) -> tuple[int, int]:
    """Status and code with which the carrier refuses a page of a list."""
    with pytest.raises(TwilioException) as error:  # the SDK's lists raise its plain exception
        page(**asked)
    told = re.search(r'HTTP (\d+) \{.*"code": ?(\d+)', " ".join(map(str, error.value.args)), re.DOTALL)
    assert told is not None, error.value.args
    return int(told[1]), int(told[2])


def test_lists_come_in_pages_until_the_last_and_a_page_is_found_by_its_token_only(town: Town) -> None:
    town.answers(voice="<Reject/>")
    legs = [town.call() for _ in range(7)]
    town.day.advance(1)
    calls = town.client.calls
    assert len(calls.list(page_size=3, to=LINE)) == 7
    listed = [entry["query"] for entry in town.day.carrier.requests if entry["method"] == "GET"]
    assert [query.get("Page") for query in listed] == [None, ["1"], ["2"]]
    assert len({token for query in listed[1:] for token in query["PageToken"]}) == 2
    assert all(query["To"] == [LINE] for query in listed)
    assert refused(calls.page, page_number=1, page_size=3) == (400, 20001)
    assert refused(calls.page, page_token="PA" + "0" * 32) == (400, 21481)
    assert refused(town.client.queues.page, page_token=listed[1]["PageToken"][0]) == (400, 21481)
    assert calls(legs[0].sid).delete()


def test_pages_miss_nobody_when_rows_come_and_go_between_them(town: Town) -> None:
    town.answers(voice="<Enqueue waitUrl='/wait'>one</Enqueue>", wait="<Pause length='60'/>")
    legs = [town.call() for _ in range(5)]
    town.day.advance(1)
    (queue,) = town.client.queues.list()
    first = town.client.queues(queue.sid).members.page(page_size=2)
    assert [row.call_sid for row in first] == [legs[0].sid, legs[1].sid]
    legs[1].end("completed", "phone")
    town.day.phone("+12125550178").dial(LINE)
    town.day.advance(1)
    second = first.next_page()
    assert [row.call_sid for row in second] == [legs[2].sid, legs[3].sid]
    back = second.previous_page()
    assert [row.call_sid for row in back] == [legs[0].sid]
    assert back.previous_page() is None
    newest = town.client.calls.page(page_size=2)
    town.day.phone("+12125550179").dial(LINE)
    assert [row.sid for row in newest.next_page()] == [legs[1].sid, legs[2].sid]


def test_a_call_that_is_dialled_and_does_not_ring_yet_is_queued_to_the_list_too(town: Town) -> None:
    town.sam.script = Off()
    call = town.ring(town.sam)
    for status in ("queued", "initiated"):
        assert town.day.calls()[0].status == status
        assert [row.status for row in town.client.calls.list(status="queued")] == ["queued"]
        town.day.advance(1)
    town.client.calls(call.sid).update(status="completed")
    assert town.client.calls.list(status="queued") == []


@pytest.mark.proves("01-4.4")
def test_a_wrong_clock_moves_every_time_the_carrier_states(town: Town) -> None:
    town.day.carrier.switches.clock_offset_seconds = -3600
    record = "<Record timeout='1' action='/voice' recordingStatusCallback='/ready'/>"
    wait = "<Enqueue waitUrl='/wait'>one</Enqueue>"
    town.answers(voice=lambda form: wait if form["From"] != town.ann.number else record, wait="<Pause length='60'/>")
    town.answers(ready=204)
    leg = town.call(patience=5)
    town.day.advance(10)
    town.day.phone("+12125550178").dial(LINE)
    town.ann.text(LINE, "Hello")
    town.day.advance(1000)
    client, hour = town.client, timedelta(hours=1)
    (queue,), (kept, *_), (text,) = client.queues.list(), client.recordings.list(), client.messages.list()
    (event, *_) = client.calls(leg.sid).events.list()
    stated = {
        client.calls(leg.sid).fetch().start_time,
        parsedate_to_datetime(event.response["date_created"]),
        parsedate_to_datetime(town.toy.at("/ready")[0]["RecordingStartTime"]),
        *(row.date_created for row in (queue, kept, text)),
        *(row.date_enqueued for row in client.queues(queue.sid).members.list()),
    }
    assert {round((moment - leg.created_at) / hour) for moment in stated} == {-1}
    after = leg.created_at - timedelta(minutes=1)
    assert client.calls.list(start_time_after=after) == client.calls.list(end_time_after=after) == []
    assert client.recordings.list(date_created_after=after) == client.messages.list(date_sent_after=after) == []
