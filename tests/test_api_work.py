"""What a program can do with a callback besides claiming and calling: result, later, colleagues, by hand, undo."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from dashboard.api import shapes
from dashboard.api.operation import OPERATIONS
from tests.program import JANE, MAIN, NOON, Program
from voice import tokens
from voice.db import Database
from voice.doors import AuditEntry
from voice.firm import Audio, StaffMember
from voice.ledger import Message
from voice.list_tables import Topic
from voice.models import Attempt, Call, Contact, Leg

pytest_plugins = ["tests.interface"]

# The buttons of the list, and what a program does in their place.
DEEDS = {
    **{name: name for name in ("claim", "release", "take_over", "hand_over", "call", "dial_by_hand", "give_number")},
    **{name: name for name in ("allow", "close", "reopen", "take_back", "take")},
    "result": "give_result",
    "snooze": "set_aside",
    "seen": "told_seen",
}
LUIS = "+12125550177"
AddRow = Callable[..., str]


def test_a_result_leads_where_it_leads_on_the_page_with_all_that_was_said(
    program: Program, acme: Database, add_callback: AddRow
) -> None:
    with acme.transaction() as session:
        session.add(Topic(id=3, name="A quote", position=0))
    assert program.get("/topics")[1]["items"] == [{"id": 3, "name": "A quote"}]
    callback = add_callback()
    path = f"/callbacks/{callback}"
    status, told = program.post(
        f"{path}/result", staff="sam", result="call_again", due_at="2026-11-24T19:00:00Z", topic=3, note="two boilers"
    )
    assert (status, told["state"], told["later"], told["due_at"]) == (
        200, "waiting", "call_again", "2026-11-24T19:00:00Z",
    )  # fmt: skip
    assert (told["topic"], told["note"], told["promised_by"]) == (3, "two boilers", "2026-11-24T17:30:00Z")
    status, told = program.post(f"{path}/result", staff="sam", result="sorted", bought=False, why_not="too dear")
    assert (told["state"], told["bought"], told["why_not"], told["topic"]) == ("closed", False, "too dear", 3)
    assert told["closed_at"] == "2026-11-24T17:00:00Z"


def test_later_hand_over_take_over_and_undo(program: Program, add_callback: AddRow) -> None:
    path = f"/callbacks/{add_callback()}"
    status, told = program.post(f"{path}/snooze", staff="sam", until="2026-11-24T19:00:00Z")
    assert (status, told["later"], told["due_at"]) == (200, "snoozed", "2026-11-24T19:00:00Z")
    status, told = program.post(f"{path}/undo", staff="sam")
    assert (status, told["later"], told["due_at"]) == (200, None, "2026-11-24T17:30:00Z")
    status, told = program.post(f"{path}/undo", staff="sam")
    assert (status, told["kind"]) == (409, "too_late")
    _, told = program.post(f"{path}/hand-over", staff="sam", to="alex", word="for you")
    assert (told["claimed_by"], told["handed_by"], told["handed_word"]) == ("alex", "sam", "for you")
    assert program.post(f"{path}/snooze", staff="sam", until="2026-11-24T19:00:00Z")[1]["holder"] == "alex"
    status, told = program.post(f"{path}/take-over", staff="sam")
    assert (status, told["claimed_by"]) == (200, "sam")
    with time_machine.travel(NOON + dt.timedelta(seconds=16), tick=False):
        assert program.post(f"{path}/undo", staff="sam")[0] == 409


def test_two_numbers_of_one_person_are_put_on_one_card_and_either_id_is_the_one_that_goes_on(
    program: Program, add_call: AddRow, add_callback: AddRow
) -> None:
    mine, other = add_callback(10), add_callback(20, caller=LUIS)
    for place, (callback, caller) in enumerate(((mine, JANE), (other, LUIS))):
        add_call(place, caller=caller, callback_id=callback)
    assert program.post(f"/contacts/{JANE}/merge", number=LUIS)[1]["numbers"] == [JANE, LUIS]
    assert program.post(f"/contacts/{JANE}/merge", number=LUIS)[0] == 422
    assert program.post(f"/contacts/{JANE}/merge", number=MAIN)[0] == 422
    assert program.post(f"/contacts/{JANE}/merge", number="rubbish")[0] == 400
    states = "waiting,claimed,closed"
    assert [each["id"] for each in program.get("/callbacks", state=states)[1]["items"]] == [mine]
    assert program.get(f"/callbacks/{other}")[1]["id"] == mine
    assert program.post(f"/callbacks/{other}/claim", staff="sam")[1]["id"] == mine
    assert program.get(f"/callbacks/{mine}")[1]["claimed_by"] == "sam"
    assert program.post(f"/callbacks/{other}/close", staff="sam", reason="done_by_staff")[0] == 200
    assert program.get(f"/callbacks/{other}")[1]["closed_reason"] == "done_by_staff"
    assert program.post(f"/callbacks/{mine}/reopen")[0] == 200
    assert program.post(f"/contacts/{LUIS}/split")[1]["numbers"] == [LUIS]
    assert sorted(each["caller"] for each in program.get("/callbacks")[1]["items"]) == sorted([JANE, LUIS])
    assert program.post("/contacts/+12125550999/split")[0] == 404


@pytest.mark.proves("02-5.1")
def test_each_deed_of_the_list_has_its_operation(program: Program) -> None:
    """A button that is added to the list is a deed: say above which operation does it, and make that if need be."""
    ours = [
        rule for rule in program.client.application.url_map.iter_rules() if rule.endpoint.startswith("callback_list.")
    ]
    buttons = {rule.endpoint for rule in ours if "POST" in (rule.methods or ())}
    operations = {each.name for each in OPERATIONS if each.method != "GET"}
    assert {button.partition(".")[2] for button in buttons} == set(DEEDS)
    assert set(DEEDS.values()) <= operations


@pytest.mark.proves("02-4.8", "02-5.1")
def test_what_was_said_is_read_and_heard_and_who_heard_it_is_kept(
    program: Program, acme: Database, add_call: AddRow, add_callback: AddRow
) -> None:
    callback = add_callback()
    call, sound = (
        add_call(callback_id=callback),
        Audio(id="s", content_type="audio/x-wav", seconds=4, data=b"RIFFsound"),
    )
    with acme.transaction() as session:
        session.add_all([sound, session.get_one(Call, call)])
        session.flush()
        said: dict[str, Any] = {"call_id": call, "received_at": NOON, "seconds": 4}
        session.add(
            Message(id="m", state="ready", recording_sid="RE1", audio_id="s", transcript="Two <b>boilers", **said)
        )
        session.add(Message(id="gone", state="failed", recording_sid="RE2", **said))
        session.add(Message(id="noise", state="empty", recording_sid="RE3", **said))
    _, told = program.get(f"/callbacks/{callback}/messages")
    assert [(each["id"], each["transcript"], each["audio"]) for each in told["items"]] == [
        ("gone", None, None), ("m", "Two <b>boilers", "/api/v1/messages/m/audio"),
    ]  # fmt: skip
    assert program.get("/messages/m") == (200, told["items"][1])
    assert program.get("/messages/noise")[0] == program.get("/messages/gone/audio")[0] == 404
    whole = program.raw("GET", "/messages/m/audio")
    assert (whole.status_code, whole.mimetype, whole.data) == (200, "audio/wav", b"RIFFsound")
    part = program.raw("GET", "/messages/m/audio", headers={"Range": "bytes=4-6"})
    assert (part.status_code, part.data, part.headers["Content-Range"]) == (206, b"sou", "bytes 4-6/9")
    assert program.raw("GET", "/messages/m/audio", headers={"Range": "bytes=99-"}).status_code == 416
    with acme.transaction() as session:
        heard = session.execute(sa.select(AuditEntry.who, AuditEntry.what, AuditEntry.object)).all()
        manager = tokens.make_token(session, "machine", NOON, scopes=["work"])
    assert heard == [("token tests", "message_heard", "m")]
    listener = Program(program.client, manager)
    assert listener.get("/messages/m")[0] == 403
    said_then = " Two\n boilers, <i>both</i>\x07 cold "
    assert listener.patch("/messages/m", transcript=said_then)[1]["transcript"] == "Two boilers, <i>both</i> cold"
    assert program.get("/messages/m")[1]["transcript"] == "Two boilers, <i>both</i> cold"
    assert listener.patch("/messages/m", transcript=None)[1]["transcript"] is None
    wrong: list[dict[str, Any]] = [{"transcript": "x" * 10_001}, {}, {"transcript": 3}]
    assert [listener.patch("/messages/m", **body)[0] for body in wrong] == [400] * 3
    assert listener.patch("/messages/noise", transcript="hm")[0] == 404


@pytest.mark.proves("02-5.1")
def test_a_ring_back_is_followed_step_by_step(
    program: Program, acme: Database, add_call: AddRow, add_callback: AddRow
) -> None:
    callback = add_callback()
    attempt = program.post(f"/callbacks/{callback}/call", staff="sam")[1]["attempt"]
    assert program.get(f"/callbacks/{callback}")[1]["attempt"] == attempt

    def told(**happened: Any) -> tuple[Any, Any]:
        with acme.transaction() as session:
            for name, value in happened.items():
                setattr(session.get_one(Attempt, attempt), name, value)
        now = program.get(f"/attempts/{attempt}")[1]
        return now["step"], now["since"]

    at = [NOON + dt.timedelta(seconds=10 * step) for step in range(6)]
    assert told() == ("ringing_staff", shapes.time(NOON))
    with acme.transaction() as session:
        times = {"placed_at": NOON, "stop_at": at[5], "picked_up_at": at[1]}
        leg = Leg(purpose="ring_back", staff_id="sam", line=MAIN, phone="+12125550111", state="picked_up", **times)
        session.add(leg)
        session.flush()
        session.get_one(Attempt, attempt).leg_id = leg.id
    assert told() == ("picked_up", shapes.time(at[1]))
    add_call(caller=LUIS, sid="CAnew", state="ringing", outcome="pending")
    status, refused = program.post("/calls/CAnew/take", staff="sam")
    assert (status, refused["kind"]) == (409, "phone_busy"), "nobody is kept waiting for a phone that is in use"
    with acme.transaction() as session:
        session.execute(sa.update(StaffMember).values(phone=""))
    status, refused = program.post("/calls/CAnew/take", staff="alex")
    assert (status, refused["kind"]) == (409, "no_phone"), "the page's own status, and its words"
    assert "missing or cannot be rung. The owner can mend it on the page Team." in refused["detail"]
    with acme.transaction() as session:
        session.execute(sa.update(StaffMember).values(phone="+12125550112"))
    assert program.post("/calls/CAnew/take", staff="alex")[1]["taken_by"] == "alex"
    with acme.reading() as session:
        told_of = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert told_of
    assert (told_of.who, told_of.what, told_of.object) == ("token tests", "take", "CAnew")
    assert told(state="sending", sending_at=at[2]) == ("ringing_caller", shapes.time(at[2]))
    assert told(state="placed", rang_at=at[3], answered_at=at[4]) == ("talking", shapes.time(at[4]))
    assert told(state="ended", ended_at=at[5], ending="talked", talk_seconds=10) == (None, None)
    with acme.transaction() as session:
        session.add(Contact(number=JANE, last_staff_id="sam", last_talk_at=at[5]))
    now = program.get(f"/callbacks/{callback}")[1]
    assert (now["attempt"], now["last_spoke_with"], now["last_spoke_at"]) == (None, "sam", shapes.time(at[5]))
    card = program.get(f"/contacts/{JANE}")[1]
    assert (card["last_spoke_with"], card["last_spoke_at"]) == ("sam", shapes.time(at[5]))
    assert program.get("/attempts/none")[0] == 404


@pytest.mark.proves("02-5.1")
def test_who_is_told_what_colleagues_did_says_ok_and_it_is_gone(program: Program, add_callback: AddRow) -> None:
    callback = add_callback()
    program.post(f"/callbacks/{callback}/claim", staff="sam")
    program.post(f"/callbacks/{callback}/take-over", staff="alex")
    (news,) = program.get("/told", staff="sam")[1]["items"]
    assert (news["by"], news["callback_id"], news["kind"], news["seen_at"]) == ("alex", callback, "took_over", None)
    assert program.get("/told", staff="alex")[1]["items"] == []
    assert program.get("/told", staff="nobody")[0] == 400
    seen = f"/told/{news['id']}/seen"
    assert program.post(seen, staff="alex")[1]["kind"] == "not_theirs"
    assert program.post(seen, staff="sam") == (200, news | {"seen_at": "2026-11-24T17:00:00Z"})
    assert program.post(seen, staff="sam")[0] == 200
    assert program.get("/told")[1]["items"] == []
    assert program.post("/told/x/seen", staff="sam")[0] == program.post("/told/99/seen", staff="sam")[0] == 404


def test_a_merge_and_a_reopening_can_be_taken_back_for_ten_seconds(
    program: Program, add_call: AddRow, add_callback: AddRow
) -> None:
    mine, other = add_callback(10), add_callback(20, caller=LUIS)
    program.patch(f"/contacts/{LUIS}", name="Luis", vip=True)
    program.post(f"/contacts/{JANE}/merge", number=LUIS)
    assert program.get(f"/contacts/{JANE}")[1]["vip"] is True
    assert program.post(f"/contacts/{MAIN}/merge/undo")[0] == 409
    status, told = program.post(f"/contacts/{JANE}/merge/undo")
    assert (status, told["vip"], told["numbers"]) == (200, False, [JANE])
    assert {each["id"] for each in program.get("/callbacks")[1]["items"]} == {mine, other}
    assert program.post(f"/contacts/{JANE}/merge/undo")[1]["kind"] == "too_late"
    program.post(f"/callbacks/{mine}/close", staff="sam", reason="talked", note="done", bought=True)
    assert program.post(f"/callbacks/{mine}/reopen", staff="sam")[1]["state"] == "waiting"
    status, told = program.post(f"/callbacks/{mine}/undo", staff="sam")
    assert (status, told["state"], told["note"], told["bought"]) == (200, "closed", "done", True)


def test_the_carriers_word_on_a_number_is_told_with_call_and_callback(
    program: Program, add_call: AddRow, add_callback: AddRow
) -> None:
    callback = add_callback()
    add_call(50, callback_id=callback, verstat="TN-Validation-Passed-A")
    add_call(40, callback_id=callback, verstat="TN-Validation-Failed-A", reserved_by="sam", reserved_until=NOON)
    add_call(30, callback_id=callback, reserved_by="sam", reserved_until=NOON + dt.timedelta(seconds=15))
    told = program.get("/calls")[1]["items"]
    assert [(each["verified"], each["taken_by"]) for each in told] == [(None, "sam"), (False, None), (True, None)]
    assert program.get(f"/callbacks/{callback}")[1]["verified"] is False


def test_who_dials_by_hand_has_it_alone(program: Program, add_callback: AddRow) -> None:
    path = f"/callbacks/{add_callback()}"
    status, told = program.post(f"{path}/by-hand", staff="sam")
    assert (status, told["claimed_by"], told["lease_until"]) == (200, "sam", "2026-11-24T17:10:00Z")
    status, told = program.post(f"{path}/take-over", staff="alex")
    assert (status, told["holder"]) == (409, "sam")
    status, told = program.post(f"{path}/undo", staff="sam")
    assert (status, told["state"], told["claimed_by"]) == (200, "waiting", None)


BAD_BODIES: list[tuple[str, dict[str, Any], str]] = [
    ("result", {"result": "mended"}, "result"),
    ("result", {"result": "call_again"}, "due_at"),
    ("result", {"result": "call_again", "due_at": "2026-11-24T16:59:00Z"}, "due_at"),
    ("result", {"result": "sorted", "topic": 99}, "topic"),
    ("result", {"result": "sorted", "topic": True}, "topic"),
    ("result", {"result": "sorted", "bought": "yes"}, "bought"),
    ("result", {"result": "sorted", "note": "x" * 501}, "note"),
    ("snooze", {"until": "soon"}, "until"),
    ("snooze", {"until": 5}, "until"),
    ("snooze", {}, "until"),
    ("hand-over", {"to": "sam"}, "to"),
    ("hand-over", {"to": "nobody"}, "to"),
    ("hand-over", {"to": "alex", "word": ["x"]}, "word"),
    ("undo", {"callback": "x"}, "callback"),
]


def test_a_body_that_makes_no_sense_names_the_member(program: Program, add_callback: AddRow) -> None:
    callback = add_callback()
    for verb, body, named in BAD_BODIES:
        status, told = program.post(f"/callbacks/{callback}/{verb}", staff="sam", **body)
        assert status == 400, (verb, body)
        assert told["detail"].startswith(f"{named}:")
