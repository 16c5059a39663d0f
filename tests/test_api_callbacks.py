"""What a program can do with a callback: claim, release, call, close, reopen."""

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from tests.program import JANE, NOON, Program
from voice.db import Database
from voice.models import Attempt, Callback

pytest_plugins = ["tests.interface"]

AddRow = Callable[..., str]
NIGHT = dt.datetime(2026, 11, 24, 4, 0, tzinfo=dt.UTC)  # eleven in the evening in New York


@pytest.mark.proves("01-2.18", "01-3.3")
def test_a_claim_is_won_once_renewed_by_its_holder_and_refused_to_others(
    program: Program, add_callback: AddRow
) -> None:
    callback = add_callback()
    status, told = program.post(f"/callbacks/{callback}/claim", staff="sam")
    assert (status, told["state"], told["claimed_by"], told["lease_until"]) == (
        200, "claimed", "sam", "2026-11-24T17:01:30Z",
    )  # fmt: skip
    with time_machine.travel(NOON + dt.timedelta(seconds=30), tick=False):
        status, told = program.post(f"/callbacks/{callback}/claim", staff="sam")
    assert (status, told["lease_until"]) == (200, "2026-11-24T17:02:00Z")
    status, told = program.post(f"/callbacks/{callback}/claim", staff="alex")
    assert (status, told["holder"]) == (409, "sam")


@pytest.mark.proves("01-2.18", "01-3.3")
def test_two_who_claim_at_once_get_one_yes_and_one_no(program: Program, add_callback: AddRow) -> None:
    callback = add_callback()
    answers: list[tuple[int, Any]] = []
    start = threading.Barrier(2)

    def claim(staff: str) -> None:
        start.wait()
        answers.append(program.post(f"/callbacks/{callback}/claim", staff=staff))

    people = [threading.Thread(target=claim, args=[staff]) for staff in ("sam", "alex")]
    for person in people:
        person.start()
    for person in people:
        person.join()
    (won, theirs), (lost, problem) = sorted(answers, key=lambda answer: answer[0])
    assert (won, lost) == (200, 409)
    assert problem["holder"] == theirs["claimed_by"]


@pytest.mark.proves("01-2.18", "01-3.3")
def test_a_released_callback_is_free_for_the_next(program: Program, add_callback: AddRow) -> None:
    callback = add_callback()
    program.post(f"/callbacks/{callback}/claim", staff="sam")
    status, told = program.post(f"/callbacks/{callback}/release", staff="alex")
    assert (status, told["holder"]) == (409, "sam")
    status, told = program.post(f"/callbacks/{callback}/release", staff="sam")
    assert (status, told["state"], told["claimed_by"]) == (200, "waiting", None)
    assert program.post(f"/callbacks/{callback}/claim", staff="alex")[0] == 200


@pytest.mark.proves("01-2.18", "01-3.3")
def test_a_call_claims_and_a_second_one_is_the_same_attempt(
    program: Program, acme: Database, add_callback: AddRow
) -> None:
    callback = add_callback()
    status, told = program.post(f"/callbacks/{callback}/call", staff="sam")
    assert status == 202
    assert program.post(f"/callbacks/{callback}/call", staff="sam") == (202, told)
    with acme.reading() as session:
        assert session.scalars(sa.select(Attempt.id)).all() == [told["attempt"]]
        assert session.get_one(Callback, callback).claimed_by == "sam"
    status, told = program.post(f"/callbacks/{callback}/call", staff="alex")
    assert (status, told["holder"]) == (409, "sam")


@pytest.mark.proves("01-2.18", "01-3.3")
def test_at_night_a_call_is_refused_until_morning_unless_meant(program: Program, add_callback: AddRow) -> None:
    callback = add_callback()
    with time_machine.travel(NIGHT, tick=False):
        status, told = program.post(f"/callbacks/{callback}/call", staff="sam")
        assert (status, told["retry_at"]) == (409, "2026-11-24T13:00:00Z")
        assert program.post(f"/callbacks/{callback}/call", staff="sam", anyway=True)[0] == 202


@pytest.mark.proves("01-2.18", "01-3.3", "C24")
@pytest.mark.parametrize(
    ("caller", "values"),
    [
        (JANE, {"state": "closed", "closed_reason": "talked"}),
        (JANE, {"state": "held", "held_reason": "premium"}),
        (None, {"state": "no_number"}),
    ],
)
def test_who_cannot_be_rung_is_not_called(
    program: Program, acme: Database, add_callback: AddRow, caller: str | None, values: dict[str, Any]
) -> None:
    callback = add_callback(caller=caller, **values)
    assert program.post(f"/callbacks/{callback}/call", staff="sam", anyway=True)[0] == 422
    with acme.reading() as session:
        assert not session.scalars(sa.select(Attempt)).all()
        assert session.get_one(Callback, callback).state == values["state"]


@pytest.mark.proves("01-3.3")
def test_a_number_that_must_not_be_dialled_is_held_for_the_owner(
    program: Program, acme: Database, add_callback: AddRow
) -> None:
    callback = add_callback(caller="+442079460000")
    assert program.post(f"/callbacks/{callback}/call", staff="sam")[0] == 422
    status, told = program.get(f"/callbacks/{callback}")
    assert (status, told["state"], told["held_reason"]) == (200, "held", "foreign")
    assert told["promised_by"] is None, "whom nobody may ring was promised nothing"


@pytest.mark.proves("01-2.18", "01-3.3")
def test_a_callback_is_closed_with_a_reason_and_opened_again(program: Program, add_callback: AddRow) -> None:
    callback = add_callback()
    status, told = program.post(f"/callbacks/{callback}/close", staff="sam", reason="done_by_staff")
    assert (status, told["state"], told["closed_reason"]) == (200, "closed", "done_by_staff")
    assert program.post(f"/callbacks/{callback}/close", staff="alex", reason="talked")[0] == 422
    status, told = program.post(f"/callbacks/{callback}/reopen")
    assert (status, told["state"], told["closed_reason"]) == (200, "waiting", None)
    assert told["due_at"] == "2026-11-24T17:00:00Z"


def test_a_callback_in_somebodys_hands_is_not_closed_by_others(program: Program, add_callback: AddRow) -> None:
    callback = add_callback()
    program.post(f"/callbacks/{callback}/claim", staff="sam")
    status, told = program.post(f"/callbacks/{callback}/close", staff="alex", reason="talked")
    assert (status, told["holder"]) == (409, "sam")


def test_a_caller_who_has_another_open_callback_gets_no_second(program: Program, add_callback: AddRow) -> None:
    old = add_callback(state="closed", closed_reason="talked")
    add_callback()
    status, told = program.post(f"/callbacks/{old}/reopen")
    assert (status, told["kind"]) == (409, "open")


BAD_BODIES: list[tuple[str, dict[str, Any], str]] = [
    ("claim", {}, "staff"),
    ("claim", {"staff": "nobody"}, "staff"),
    ("claim", {"staff": None}, "staff"),
    ("claim", {"staff": "sam", "force": True}, "force"),
    ("call", {"staff": "sam", "anyway": "yes"}, "anyway"),
    ("close", {"staff": "sam"}, "reason"),
    ("close", {"staff": "sam", "reason": "erased"}, "reason"),
    ("reopen", {"staff": "nobody"}, "staff"),
    ("reopen", {"at": "once"}, "at"),
]


def test_a_body_that_makes_no_sense_is_a_400_that_names_the_member(program: Program, add_callback: AddRow) -> None:
    callback = add_callback()
    for verb, body, named in BAD_BODIES:
        status, told = program.post(f"/callbacks/{callback}/{verb}", **body)
        assert status == 400, (verb, body)
        assert told["detail"].startswith(f"{named}:")


VERBS = ["claim", "release", "call", "close", "reopen"]


def test_a_callback_we_do_not_know_is_a_404(program: Program) -> None:
    for verb in VERBS:
        assert program.post(f"/callbacks/nothing/{verb}", staff="sam", reason="talked")[0] == 404, verb
