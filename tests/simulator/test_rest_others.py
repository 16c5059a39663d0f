"""Texts, look-ups, numbers and the account by REST, through the real SDK."""

import pytest
from twilio.base.exceptions import TwilioRestException

from tests.simulator.town import APP, LINE, Town

pytestmark = pytest.mark.proves("01-4.1")


def test_a_text_is_delivered_and_its_status_told(town: Town) -> None:
    town.answers(sent=204)
    message = town.client.messages.create(to=town.ann.number, from_=LINE, body="Hello", status_callback=f"{APP}/sent")
    assert message.status == "queued"
    town.day.advance(5)
    assert [form["MessageStatus"] for form in town.toy.at("/sent")] == ["sent", "delivered"]
    assert town.ann.texts[0].body == "Hello"
    assert town.client.messages(message.sid).fetch().status == "delivered"
    assert [each.sid for each in town.client.messages.list(to=town.ann.number)] == [message.sid]


def test_nobody_who_said_stop_is_texted_until_they_say_start(town: Town) -> None:
    town.ann.text(LINE, "Stop")
    with pytest.raises(TwilioRestException) as refused:
        town.client.messages.create(to=town.ann.number, from_=LINE, body="Hello")
    assert (refused.value.code, refused.value.status) == (21610, 400)
    town.ann.text(LINE, "START")
    assert town.client.messages.create(to=town.ann.number, from_=LINE, body="Hello").status == "queued"
    town.day.advance(1)
    assert [form["Body"] for form in town.toy.at("/text")] == ["Stop", "START"]
    town.ann.text(LINE, "help")
    stopped, again, helped = (text.body for text in town.ann.texts if text.frm == LINE and text.body != "Hello")
    assert "have successfully been unsubscribed" in stopped
    assert "have successfully been re-subscribed" in again
    assert helped == "Reply STOP to unsubscribe."


def test_a_text_webhook_may_answer_with_a_message(town: Town) -> None:
    town.answers(text="<Message>We will ring you.</Message>")
    town.ann.text(LINE, "Ring me")
    town.day.advance(5)
    assert town.ann.texts[-1].body == "We will ring you."


def test_a_landline_gets_no_text(town: Town) -> None:
    town.answers(sent=204)
    town.ann.line_type = "landline"
    town.client.messages.create(to=town.ann.number, from_=LINE, body="Hello", status_callback=f"{APP}/sent")
    town.day.advance(5)
    last = town.toy.at("/sent")[-1]
    assert (last["MessageStatus"], last["ErrorCode"]) == ("undelivered", "30006")
    assert not town.ann.texts


@pytest.mark.parametrize(
    ("to", "frm", "body", "code"),
    [
        ("12", LINE, "x", 21211),
        ("+12125550177", "+13105550000", "x", 21606),
        ("+12125550177", LINE, "", 21602),
        ("+12125550177", LINE, "x" * 1601, 21617),
    ],
)
def test_texts_that_cannot_be_sent_are_refused(town: Town, to: str, frm: str, body: str, code: int) -> None:
    with pytest.raises(TwilioRestException) as refused:
        town.client.messages.create(to=to, from_=frm, body=body)
    assert refused.value.code == code


def test_a_number_can_be_looked_up_with_its_kind_of_line(town: Town) -> None:
    town.ann.line_type = "landline"
    found = town.client.lookups.v2.phone_numbers(town.ann.number).fetch(fields="line_type_intelligence")
    assert (found.valid, found.country_code) == (True, "US")
    assert found.line_type_intelligence["type"] == "landline"
    assert town.client.lookups.v2.phone_numbers(town.ann.number).fetch().line_type_intelligence is None
    assert not town.client.lookups.v2.phone_numbers("+1212").fetch().valid


def test_a_number_is_pointed_elsewhere_and_calls_follow(town: Town) -> None:
    (number,) = town.client.incoming_phone_numbers.list(phone_number=LINE)
    assert number.voice_url == f"{APP}/voice"
    changed = town.client.incoming_phone_numbers(number.sid).update(voice_url=f"{APP}/new", status_callback="")
    assert (changed.voice_url, changed.status_callback) == (f"{APP}/new", "")
    town.answers(new="<Reject/>")
    town.call()
    town.day.advance(1)
    assert town.toy.at("/new")
    assert not town.toy.at("/over")


def test_the_account_says_that_it_is_active(town: Town) -> None:
    account = town.client.api.accounts(town.day.carrier.config.account_sid).fetch()
    assert account.status == "active"
    assert [each.sid for each in town.client.api.accounts.list()] == [account.sid]


def test_a_queue_has_a_name_and_a_size(town: Town) -> None:
    queue = town.client.queues.create(friendly_name="one", max_size=5)
    assert town.client.queues(queue.sid).fetch().max_size == 5
    with pytest.raises(TwilioRestException):
        town.client.queues.create(friendly_name="one")
    with pytest.raises(TwilioRestException) as missing:
        town.client.queues(queue.sid).members("Front").fetch()
    assert missing.value.status == 404
