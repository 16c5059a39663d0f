"""The carrier's door: who may come in, in what shape, and that the same delivery twice is one delivery."""

import io
import itertools
import threading
from pathlib import Path
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
import sqlalchemy as sa
from flask import Flask
from structlog.testing import capture_logs
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from tests import firm
from tests.conftest import AUTH_TOKEN, make_settings
from tests.signed import arrival, call_sid, post
from tests.world import URL, World
from voice.app import create_app
from voice.carrier import inbound
from voice.db import Database
from voice.ledger import CallEvent, CarrierEvent, Notice, Outbox
from voice.models import Call, Callback
from voice.settings import Settings
from voice.simulator import scripts
from voice.simulator.switches import Rudeness

TABLES = (Call, CallEvent, CarrierEvent, Callback, Notice, Outbox)
ODD = "".join(map(chr, [*range(0x20), 0x7F, 0x85, 0xFFFE, 0xFFFF])) + "<&\"']]>"


@pytest.fixture
def app(settings: Settings, database: Database) -> Flask:
    """The phone side of Acme Plumbing, alone."""
    firm.found(database)
    return create_app(settings, database)


def rows(database: Database) -> list[int]:
    """How many rows the tables hold that a call writes to."""
    with database.reading() as session:
        return [session.scalar(sa.select(sa.func.count()).select_from(table)) or 0 for table in TABLES]


@pytest.mark.proves("01-2.1")
def test_a_call_is_recorded_with_its_event_and_the_work_that_follows_in_one_transaction(
    app: Flask, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    sid = call_sid()
    assert post(app, "/voice/incoming", arrival(sid)).status_code == 200
    with database.reading() as session:
        call = session.scalars(sa.select(Call).where(Call.sid == sid)).one()
        event = session.scalars(sa.select(CarrierEvent).where(CarrierEvent.sid == sid)).one()
        work = session.scalars(sa.select(Outbox)).one()
    assert (call.state, call.path, call.ring_claimed_at) == ("ringing", "queue", None)
    assert (work.job, work.args, work.done_at) == ("ring", {"call_id": call.id}, None)
    assert event.form["From"] == "+12125550177"
    assert call.id in event.answer

    before = rows(database)

    def stumbles(*_: object, **__: object) -> str:
        raise RuntimeError("in the middle of it")

    monkeypatch.setattr(inbound, "_queue", stumbles)  # the last step of all: what was written before it goes too
    with capture_logs():
        answer = post(app, "/voice/incoming", arrival(call_sid()))
    assert answer.status_code == 200  # a bug of ours must not cost the caller their call
    assert rows(database) == before


@pytest.mark.proves("01-2.1", "F1", "S25")
@pytest.mark.parametrize("signature", ["", "nonsense", "AAAAAAAAAAAAAAAAAAAAAAAAAAA=", "as of another url"])
def test_what_is_not_signed_is_refused_and_leaves_no_trace(app: Flask, database: Database, signature: str) -> None:
    form = arrival(call_sid())
    if signature == "as of another url":
        signature = RequestValidator(AUTH_TOKEN).compute_signature(f"{URL}/voice/status", form)
    before = rows(database)
    answer = app.test_client().post("/voice/incoming", data=form, headers={"X-Twilio-Signature": signature})
    assert (answer.status_code, answer.data) == (403, b"")
    assert app.test_client().post("/voice/incoming", data=form).status_code == 403
    assert rows(database) == before


@pytest.mark.proves("01-2.1", "A12", "F1", "S25")
def test_a_signature_of_another_account_or_of_changed_words_is_refused(app: Flask, database: Database) -> None:
    before, sid = rows(database), call_sid()
    assert post(app, "/voice/incoming", arrival(sid, AccountSid="AC" + "b2" * 16)).status_code == 403
    assert post(app, "/voice/incoming", arrival(sid), token="another token").status_code == 403
    changed = urlencode(arrival(sid, From="+12125550178"))
    assert post(app, "/voice/incoming", arrival(sid), data=changed).status_code == 403
    assert rows(database) == before


@pytest.mark.proves("01-2.1")
def test_only_a_post_is_a_delivery(app: Flask, database: Database) -> None:
    before = rows(database)
    for method in ("get", "put", "delete"):
        assert getattr(app.test_client(), method)("/voice/incoming").status_code == 405
    assert rows(database) == before


def _sends(app: Flask, body: bytes) -> TestResponse:
    return app.test_client().post(
        "/voice/incoming", data=body, content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": "whatever"},
    )  # fmt: skip


@pytest.mark.proves("01-2.1", "F4", "F15", "F16", "S25")
def test_bodies_the_carrier_never_sends_are_refused(app: Flask, database: Database) -> None:
    before, good = rows(database), urlencode(arrival(call_sid())).encode()
    assert _sends(app, good + b"&Big=" + b"x" * 70_000).status_code == 413
    assert _sends(app, good + b"&Name=\xff").status_code == 400  # raw
    assert _sends(app, good + b"&Name=%ff%fe").status_code == 400  # and escaped: neither is UTF-8
    assert _sends(app, good + b"&From=%2B12125550178").status_code == 400  # a repeated field could be swapped
    assert _sends(app, b"&".join(b"a%d=1" % n for n in range(500))).status_code == 400
    endless = io.BytesIO(b"x" * 2**20)  # in chunks, so that nobody says beforehand how long it is
    chunks = {"wsgi.input": endless, "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    assert app.test_client().post("/sms/incoming", environ_overrides=chunks).status_code == 413
    assert endless.tell() < 70_000
    assert rows(database) == before


@pytest.mark.proves("01-2.1")
@pytest.mark.parametrize("sid", ["", "CA123", "CA" + "G" * 32, "CA" + "a" * 33, "../etc"])
def test_a_call_without_a_proper_id_is_refused_even_when_it_is_signed(
    app: Flask, database: Database, sid: str
) -> None:  # fmt: skip
    before = rows(database)
    assert post(app, "/voice/incoming", arrival(sid)).status_code == 400
    assert rows(database) == before


@pytest.mark.proves("01-2.1", "E18")
def test_the_token_before_this_one_is_accepted_while_it_is_rotated(database: Database, tmp_path: Path) -> None:
    firm.found(database)
    settings = make_settings(database.url, tmp_path, TWILIO_AUTH_TOKEN_PREVIOUS="yesterday's token")
    app = create_app(settings, database)
    for token, status in ((AUTH_TOKEN, 200), ("yesterday's token", 200), ("the day before's", 403)):
        assert post(app, "/voice/incoming", arrival(call_sid()), token=token).status_code == status


@pytest.mark.proves("01-2.1")
def test_signatures_are_checked_against_the_public_address_whatever_host_the_request_claims(app: Flask) -> None:
    form = arrival(call_sid())  # `post` always claims another host
    assert post(app, "/voice/incoming", form, headers={"X-Forwarded-Host": "evil.test"}).status_code == 200
    form = arrival(call_sid())
    signed_for_host = RequestValidator(AUTH_TOKEN).compute_signature("http://somewhere.else.test/voice/incoming", form)
    headers = {"X-Twilio-Signature": signed_for_host, "Host": "somewhere.else.test"}
    assert app.test_client().post("/voice/incoming", data=form, headers=headers).status_code == 403


@pytest.mark.proves("01-2.1", "F6")
def test_documents_never_name_the_host_a_request_claims(app: Flask) -> None:
    answer = post(app, "/voice/incoming", arrival(call_sid()))
    assert b"somewhere.else" not in answer.data
    assert URL.encode() in answer.data


@pytest.mark.proves("01-2.1", "A1", "A2", "S12")
@pytest.mark.parametrize("tokens", [("one", "one"), ("one", "two"), ("", "")])
def test_two_deliveries_get_the_same_bytes_and_are_one_call(
    app: Flask, database: Database, tokens: tuple[str, str]
) -> None:
    form = arrival(call_sid())
    first, second = (post(app, "/voice/incoming", form, delivery=token) for token in tokens)
    assert (first.status_code, first.data) == (second.status_code, second.data)
    assert first.data
    assert rows(database)[0] == 1
    assert rows(database)[2] == 1


@pytest.fixture
def firm_on_both(settings: Settings, database: Database) -> Flask:
    """The phone side on each of the two databases."""
    firm.found(database)
    return create_app(settings, database)


@pytest.mark.proves("01-2.1", "01-2.16", "S12")
def test_deliveries_at_the_same_moment_get_the_same_bytes_and_are_one_call(
    firm_on_both: Flask, database: Database
) -> None:
    for _round in range(5):
        form, start = arrival(call_sid()), threading.Barrier(6)
        answers: list[bytes] = []

        def deliver(token: str, form: dict[str, str] = form, start: threading.Barrier = start) -> None:
            start.wait(10)
            answers.append(post(firm_on_both, "/voice/incoming", form, delivery=token).data)  # noqa: B023

        threads = [threading.Thread(target=deliver, args=(token,)) for token in ("a", "a", "b", "c", "", "")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert len(answers) == 6
        assert len(set(answers)) == 1
        assert b"Enqueue" in answers[0]
    assert rows(database)[0] == 5


@pytest.mark.proves("01-2.1", "A1", "A2")
def test_a_call_delivered_twice_rings_a_phone_once(world: World) -> None:
    for same in (True, False):
        world.day.carrier.moods.webhooks.append(
            Rudeness("duplicate", path="/voice/incoming", times=None, seconds=0.5, same_token=same)
        )
    sam, alex = world.staff("sam", scripts.Answers(after=4)), world.staff("alex", scripts.Off())
    leg = world.rings(talk=30)
    world.advance(90)
    assert len(sam.rings) == 1
    assert alex.rings == []
    assert [call.sid for call in world.calls()] == [leg.sid]
    assert world.call(leg).outcome == "talked"
    bodies = {seen.body for seen in world.day.carrier.exchanges if seen.webhook.url.endswith("/voice/incoming")}
    assert len(bodies) == 1


@pytest.mark.proves("01-2.1", "01-2.16")
def test_parameters_nobody_has_heard_of_are_kept_and_change_nothing(app: Flask, database: Database) -> None:
    sid = call_sid()
    odd = {"NewThing": "x" * 5000, "StirVerstat": "TN-Validation-Passed-A", "SequenceNumber": "-1", "Blank": ""}
    answer = post(app, "/voice/incoming", arrival(sid, **odd))
    assert answer.status_code == 200
    assert b"Enqueue" in answer.data
    for number in ("99999999999999999999", "-3", "one", "1.5"):
        ended = arrival(sid, CallStatus="completed", SequenceNumber=number)
        assert post(app, "/voice/status", ended).status_code == 204
    with database.reading() as session:
        assert session.scalars(sa.select(Call.outcome).where(Call.sid == sid)).all() == ["callback"]
        kept = session.scalars(sa.select(CarrierEvent.form).where(CarrierEvent.sid == sid)).all()
    assert odd["NewThing"] in [form.get("NewThing") for form in kept]


@pytest.mark.proves("01-2.1", "D19", "F19", "F20")
def test_control_characters_never_break_a_document_or_a_row(firm_on_both: Flask, database: Database) -> None:
    for piece in itertools.chain([ODD], (f"Mr {character} Smith" for character in ODD)):
        odd = dict.fromkeys(("CallerName", "FromCity", "ForwardedFrom", "New" + piece), piece)
        answer = post(firm_on_both, "/voice/incoming", arrival(call_sid(), **odd))
        assert answer.status_code == 200
        assert ElementTree.fromstring(answer.data).find("Enqueue") is not None  # noqa: S314
    for field in ("To", "From", "CallStatus", "CallToken", "QueueResult"):
        with capture_logs() as logs:
            answer = post(firm_on_both, "/voice/incoming", arrival(call_sid(), **{field: ODD}))
        assert [line["event"] for line in logs if line["event"] == "handler_failed"] == [], field
        assert ElementTree.fromstring(answer.data).tag == "Response"  # noqa: S314
    with database.reading() as session:
        names = session.scalars(sa.select(Call.caller_name)).all()
    assert "Mr Smith" in {" ".join(str(name).split()) for name in names}


@pytest.mark.proves("01-2.1", "F19", "F20")
def test_a_name_with_control_characters_is_spoken_to_staff_without_them(world: World) -> None:
    leg_params = {"CallerName": "Ann\x0b\x00 <Gather> & Co"}
    sid = call_sid()
    with capture_logs():
        post(world.app, "/voice/incoming", arrival(sid, **leg_params))
    sam = world.staff("sam", scripts.Answers(after=2, key=""))
    world.advance(12)
    assert "Ann <Gather> & Co" in sam.said_to_it()
