"""What a program can do with a callback besides claiming and calling: result, later, colleagues, by hand, undo."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import time_machine

from tests.program import JANE, MAIN, NOON, Program
from voice.db import Database
from voice.list_tables import Topic

pytest_plugins = ["tests.interface"]

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


def test_who_dials_by_hand_has_it_alone(program: Program, add_callback: AddRow) -> None:
    path = f"/callbacks/{add_callback()}"
    status, told = program.post(f"{path}/by-hand", staff="sam")
    assert (status, told["claimed_by"], told["lease_until"]) == (200, "sam", "2026-11-24T17:10:00Z")
    status, told = program.post(f"{path}/take-over", staff="alex")
    assert (status, told["holder"]) == (409, "sam")
    status, told = program.post(f"{path}/undo", staff="sam")
    assert (status, told["state"], told["claimed_by"]) == (200, "waiting", None)


@pytest.mark.parametrize(
    ("verb", "body", "named"),
    [
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
    ],
)
def test_a_body_that_makes_no_sense_names_the_member(
    program: Program, add_callback: AddRow, verb: str, body: dict[str, Any], named: str
) -> None:
    status, told = program.post(f"/callbacks/{add_callback()}/{verb}", staff="sam", **body)
    assert status == 400
    assert told["detail"].startswith(f"{named}:")
