"""Deliveries nobody would make up: two readings of one signature, odd numbers, odd addresses, two at one moment."""

import itertools
import threading
from pathlib import Path
from xml.etree import ElementTree

import pytest
import sqlalchemy as sa
from flask import Flask
from structlog.testing import capture_logs
from twilio.request_validator import RequestValidator

from tests import firm
from tests.conftest import AUTH_TOKEN, make_settings
from tests.signed import arrival, call_sid, count, post
from tests.world import URL
from voice.app import create_app
from voice.carrier import twiml
from voice.carrier.delivery import Delivery
from voice.db import Database
from voice.ledger import CarrierEvent, Message, Outbox
from voice.models import Call, Callback
from voice.settings import BadSetting, Settings


@pytest.fixture
def app(settings: Settings, database: Database) -> Flask:
    """The phone side of Acme Plumbing, alone."""
    firm.found(database)
    return create_app(settings, database)


NUMBERS = {  # what stands where a whole number should, and what it is taken for
    "": None, "-1": None, "one": None, "1.5": None, "1e3": None, " 7": None, "٣": 3, "0": 0, "2147483647": 2147483647,
    "2147483648": None, "9" * 400: None, "²": None,
}  # fmt: skip


@pytest.mark.proves("A10")
def test_a_number_that_is_none_counts_as_missing() -> None:
    settings = Settings.from_env({})
    for text, taken in NUMBERS.items():
        delivery = Delivery(settings, "/voice/status", {"SequenceNumber": text}, "", firm.MONDAY_TEN)
        assert (delivery.number("SequenceNumber"), delivery.number("Another")) == (taken, None), text


@pytest.mark.proves("A9", "A10")
@pytest.mark.lived_on("postgres")
def test_a_status_nobody_has_heard_of_is_kept_and_changes_nothing(app: Flask, database: Database) -> None:
    sid = call_sid()
    post(app, "/voice/incoming", arrival(sid))
    for status in ("paused", "", "COMPLETED", "completed\u0301", "x" * 9000):
        for number in ("99999999999999999999", "-3"):
            news = arrival(sid, CallStatus=status, SequenceNumber=number, NewThing="y" * 100)
            assert post(app, "/voice/status", news).status_code == 204
    with database.reading() as session:
        assert session.execute(sa.select(Call.state, Call.outcome)).one() == ("ringing", "pending")
        kept = session.scalars(sa.select(CarrierEvent.form).where(CarrierEvent.route == "status")).all()
    assert {form["CallStatus"][:9] for form in kept} == {"paused", "", "COMPLETED", "completed", "x" * 9}


@pytest.mark.proves("A18")
@pytest.mark.lived_on("sqlite")
def test_a_request_that_went_to_the_fallback_and_reaches_us_is_served_like_any_other(
    app: Flask, database: Database
) -> None:
    failed = {"ErrorCode": "11205", "ErrorUrl": f"{URL}/voice/incoming"}
    first = post(app, "/voice/incoming", arrival(call_sid(), **failed))
    assert b"<Enqueue" in first.data
    with database.reading() as session:
        assert session.scalars(sa.select(CarrierEvent.form)).one()["ErrorCode"] == "11205"
    sid = call_sid()
    answer = post(app, "/voice/incoming", arrival(sid)).data  # and its way back was lost
    assert post(app, "/voice/incoming", arrival(sid, **failed)).data == answer
    assert count(database, Call) == 2


@pytest.mark.proves("F3")
@pytest.mark.lived_on("sqlite")
def test_one_signature_read_in_two_ways_opens_nothing(app: Flask, database: Database) -> None:
    form = arrival(call_sid())
    signature = RequestValidator(AUTH_TOKEN).compute_signature(f"{URL}/voice/incoming", form)
    post(app, "/voice/incoming", form)
    for name, after in itertools.pairwise(sorted(form)):  # the second field becomes a part of the first's value
        folded = {key: value for key, value in form.items() if key != after}
        folded[name] += after + form[after]
        assert RequestValidator(AUTH_TOKEN).validate(f"{URL}/voice/incoming", folded, signature), "or it shows nothing"
        answer = app.test_client().post("/voice/incoming", data=folded, headers={"X-Twilio-Signature": signature})
        if after in ("AccountSid", "CallSid") or name in ("AccountSid", "CallSid"):
            assert answer.status_code in (400, 403), (name, after)
    less = {key: value for key, value in form.items() if key != "AccountSid"}
    path = f"/voice/incomingAccountSid{form['AccountSid']}"
    answer = app.test_client().post(path, data=less, headers={"X-Twilio-Signature": signature})
    assert answer.status_code == 404
    assert (count(database, Call), count(database, Callback)) == (1, 0)
    with database.reading() as session:  # once, for the one call
        assert session.scalar(sa.select(sa.func.count()).where(Outbox.job == "ring")) == 1


ADDRESSES = [
    "https://phone.example.com", "https://phone.example.com:8443", "https://phone.example.com/ringback",
    "https://203.0.113.9", "https://[2001:db8::1]:8443", "http://127.0.0.1:8000",
]  # fmt: skip


@pytest.mark.proves("F5")
@pytest.mark.lived_on("sqlite")
@pytest.mark.parametrize("public_url", ADDRESSES)
def test_signatures_are_checked_against_the_public_address_whatever_it_looks_like(
    database: Database, tmp_path: Path, public_url: str
) -> None:
    firm.found(database)
    app = create_app(make_settings(database.url, tmp_path, PUBLIC_URL=public_url), database)
    for base, status in ((public_url, 200), ("https://proxy.internal:3000", 403)):
        form = arrival(call_sid())
        signature = RequestValidator(AUTH_TOKEN).compute_signature(f"{base}/voice/incoming", form)
        headers = {"X-Twilio-Signature": signature, "X-Forwarded-Host": "proxy.internal:3000"}
        answer = app.test_client().post("/voice/incoming", data=form, headers=headers)
        assert answer.status_code == status
        assert status != 200 or f'"{public_url}/voice/'.encode() in answer.data


@pytest.mark.proves("F5")
@pytest.mark.parametrize("url", ["https://user@x.test", "https://u:p@x.test", "https://x.test?a=b", "ftp://x.test"])
def test_an_address_a_signature_could_not_be_checked_against_is_refused_at_start(url: str) -> None:
    with pytest.raises(BadSetting, match="PUBLIC_URL"):
        Settings.from_env({"PUBLIC_URL": url})


@pytest.mark.proves("A7")
def test_of_two_deliveries_about_one_call_at_the_same_moment_nothing_is_lost(app: Flask, database: Database) -> None:
    for _round in range(3):
        sid, start = call_sid(), threading.Barrier(3)
        post(app, "/voice/incoming", arrival(sid))
        with database.reading() as session:
            call_id = session.scalars(sa.select(Call.id).where(Call.sid == sid)).one()
        ends = {
            f"/voice/calls/{call_id}/left?turn=1": {"QueueResult": "hangup", "CallStatus": "completed"},
            "/voice/status": {"CallStatus": "completed"},
            "/voice/recording": {
                "RecordingSid": f"RE{sid[2:]}", "RecordingStatus": "completed", "RecordingDuration": "7"
            },
        }  # fmt: skip

        def deliver(path: str, form: dict[str, str], start: threading.Barrier = start) -> None:
            start.wait(10)
            post(app, path, form)

        threads = [threading.Thread(target=deliver, args=(path, arrival(sid, **more))) for path, more in ends.items()]
        with capture_logs() as logs:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(20)
        assert [line["event"] for line in logs if line["log_level"] == "error"] == []
        with database.reading() as session:
            call = session.scalars(sa.select(Call).where(Call.sid == sid)).one()
            callback = session.scalars(sa.select(Callback)).one()
        assert (call.outcome, call.callback_id) == ("callback", callback.id)
        assert call.ended_at is not None
        assert (callback.calls, count(database, Message)) == (_round + 1, _round + 1)


@pytest.mark.proves("F41")
@pytest.mark.lived_on("sqlite")
def test_a_sound_is_found_by_its_name_and_by_no_path(app: Flask, settings: Settings) -> None:
    (settings.home / "secret.wav").write_bytes(b"RIFF")
    for name in (
        "../secret",
        "..%2fsecret",
        "%2e%2e%2fsecret",
        "....//secret",
        "%2fetc%2fpasswd",
        "x%00",
        "..\\secret",
    ):
        for kind in ("greeting", "ringback"):
            answer = app.test_client().get(f"/voice/sounds/{kind}-{name}.wav")
            assert answer.status_code in (200, 404)
            assert answer.status_code == 404 or kind == "ringback", "a country nobody knows has the usual tone"
            assert b"secret" not in answer.data
            assert answer.data != b"RIFF"


@pytest.mark.proves("F20")
def test_markup_in_any_words_is_spoken_as_it_is() -> None:
    hostile = (
        '<Gather numDigits="1"/>',
        "</Say><Dial>+19005550100</Dial>",
        "]]>&amp;'\"",
        "<!-- ",
        "<?xml?>",
        "{{7*7}}",
    )
    for words in hostile:
        made = (
            twiml.greet(words, "en-US"), twiml.hang_up(words), twiml.ask_for_key(words, "en-US", f"{URL}/a"),
            twiml.enqueue("rb-1", f"{URL}/w", f"{URL}/a", words), twiml.take_message(words, "en-US", URL, URL),
        )  # fmt: skip
        for document in made:
            root = ElementTree.fromstring(document)  # noqa: S314  our own
            assert {each.text for each in root.iter("Say")} == {words}
            assert [each.tag for each in root.iter("Dial")] == []
