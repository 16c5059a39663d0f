"""Calls and callbacks as a program reads them: filters, order, pages."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from tests.program import JANE, MAIN, NOON, OTHER, Program
from voice.db import Database
from voice.models import Contact

pytest_plugins = ["tests.interface"]

AddRow = Callable[..., str]


def before_noon(minutes: float) -> dt.datetime:
    return NOON - dt.timedelta(minutes=minutes)


def everything(program: Program, path: str, **query: Any) -> list[dict[str, Any]]:
    """All pages of a list, from the first to the last."""
    items: list[dict[str, Any]] = []
    while True:
        status, page = program.get(path, **query)
        assert status == 200
        items += page["items"]
        if page["next"] is None:
            return items
        query["cursor"] = page["next"]


@pytest.mark.proves("01-2.18")
def test_a_call_is_told_with_all_its_fields(program: Program, add_call: AddRow, add_callback: AddRow) -> None:
    callback = add_callback()
    add_call(
        30,
        first_ring_at=before_noon(29.9),
        joined_at=before_noon(29),
        ended_at=before_noon(20),
        answered_by="sam",
        callback_id=callback,
    )
    _, page = program.get("/calls")
    assert page == {
        "items": [
            {
                "sid": "CA" + "0" * 32,
                "line": MAIN,
                "caller": JANE,
                "state": "completed",
                "outcome": "talked",
                "cause": None,
                "path": "queue",
                "started_at": "2026-11-24T16:30:00Z",
                "first_ring_at": "2026-11-24T16:30:06Z",
                "answered_at": "2026-11-24T16:31:00Z",
                "ended_at": "2026-11-24T16:40:00Z",
                "answered_by": "sam",
                "callback_id": callback,
                "taken_by": None,
                "verified": None,
            }
        ],
        "next": None,
    }


@pytest.mark.proves("01-2.18")
def test_calls_are_the_last_seven_days_newest_first_unless_asked_otherwise(program: Program, add_call: AddRow) -> None:
    day = 24 * 60
    for minutes in (5, 2 * day, 7 * day, 7 * day + 1, 0):
        add_call(minutes)
    assert [call["started_at"] for call in everything(program, "/calls")] == [
        "2026-11-24T17:00:00Z", "2026-11-24T16:55:00Z", "2026-11-22T17:00:00Z", "2026-11-17T17:00:00Z",
    ]  # fmt: skip
    early = everything(program, "/calls", until="2026-11-22T17:00:00Z")
    assert [call["started_at"] for call in early] == ["2026-11-17T17:00:00Z", "2026-11-17T16:59:00Z"]
    late = everything(program, "/calls", since="2026-11-24T11:55:00-05:00")
    assert [call["started_at"] for call in late] == ["2026-11-24T17:00:00Z", "2026-11-24T16:55:00Z"]


@pytest.mark.proves("01-2.18")
def test_calls_are_filtered_by_line_caller_and_outcome(program: Program, add_call: AddRow) -> None:
    add_call(1, line=OTHER)
    add_call(2, caller=None)
    add_call(3, outcome="callback", state="abandoned", cause="short_abandon")
    assert [call["line"] for call in everything(program, "/calls", line=OTHER)] == [OTHER]
    assert len(everything(program, "/calls", caller=JANE)) == 2
    assert [call["cause"] for call in everything(program, "/calls", outcome="callback")] == ["short_abandon"]
    assert len(everything(program, "/calls", outcome="callback,talked")) == 3
    assert [call["caller"] for call in everything(program, "/calls", line=MAIN, outcome="talked")] == [None]
    assert len(program.raw("GET", f"/calls?line={OTHER}").get_json()["items"]) == 1, "an unescaped + is forgiven"


@pytest.mark.proves("01-2.18")
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 200])
def test_pages_hold_every_call_once_also_where_many_came_at_the_same_instant(
    program: Program, add_call: AddRow, limit: int
) -> None:
    for minutes in (1, 2, 2, 2, 2, 3, 4):
        add_call(minutes)
    assert program.get("/calls", limit=limit)[1]["next"] is None or limit < 7
    sids = [call["sid"] for call in everything(program, "/calls", limit=limit)]
    assert len(sids) == len(set(sids)) == 7


def test_a_list_is_fifty_long_unless_asked_otherwise(program: Program, add_call: AddRow) -> None:
    for minutes in range(51):
        add_call(minutes)
    _, page = program.get("/calls")
    assert len(page["items"]) == 50
    _, rest = program.get("/calls", cursor=page["next"])
    assert len(rest["items"]) == 1
    assert rest["next"] is None


@pytest.mark.proves("01-2.18")
def test_a_callback_is_told_with_all_its_fields(program: Program, acme: Database, add_callback: AddRow) -> None:
    lease = NOON + dt.timedelta(seconds=90)
    callback = add_callback(20, state="claimed", claimed_by="sam", lease_until=lease, calls=3, attempts=1)
    with acme.transaction() as session:
        session.add(Contact(number=JANE, name="Jane Doe", carrier_name="DOE J"))
    told = {
        "id": callback,
        "line": MAIN,
        "caller": JANE,
        "numbers": [JANE],
        "name": "Jane Doe",
        "state": "claimed",
        "reason": "rang_out",
        "held_reason": None,
        "closed_reason": None,
        "calls": 3,
        "first_called_at": "2026-11-24T16:30:00Z",
        "promised_by": "2026-11-24T17:20:00Z",
        "due_at": "2026-11-24T17:20:00Z",
        "claimed_by": "sam",
        "lease_until": "2026-11-24T17:01:30Z",
        "attempts": 1,
        **dict.fromkeys(("later", "result", "topic", "bought", "handed_by", "handed_to", "rang_at", "closed_at")),
        **dict.fromkeys(("last_spoke_with", "last_spoke_at", "verified", "attempt")),
        **dict.fromkeys(("note", "why_not", "handed_word"), ""),
    }
    assert program.get("/callbacks") == (200, {"items": [told], "next": None})
    assert program.get(f"/callbacks/{callback}") == (200, told)
    assert program.get("/callbacks/nothing")[0] == 404


@pytest.mark.proves("01-2.18")
def test_callbacks_come_in_order_of_promise_and_all_that_are_not_closed(program: Program, add_callback: AddRow) -> None:
    rows = {
        "late": add_callback(-10, caller="+12125550151"),
        "later": add_callback(60, caller="+12125550152", state="unreached"),
        "soon": add_callback(5, caller="+12125550153", state="claimed", claimed_by="sam"),
        "same": add_callback(5, caller=None, state="no_number"),
        "done": add_callback(1, caller="+12125550154", state="closed", closed_reason="talked"),
    }
    twins = sorted([rows["soon"], rows["same"]])
    for limit in (1, 2, 50):
        listed = [each["id"] for each in everything(program, "/callbacks", limit=limit)]
        assert listed == [rows["late"], *twins, rows["later"]]
    assert [each["id"] for each in everything(program, "/callbacks", state="closed")] == [rows["done"]]
    day = {"state": "closed", "closed_reason": "talked", "closed_at": NOON - dt.timedelta(hours=12)}
    today = add_callback(-90, caller="+12125550155", **day)
    add_callback(-95, caller="+12125550156", **(day | {"closed_at": NOON - dt.timedelta(hours=13)}))
    lately = everything(program, "/callbacks", closed_since="2026-11-24T00:00:00-05:00")
    assert [each["id"] for each in lately] == [today]
    some = everything(program, "/callbacks", state="unreached,waiting")
    assert [each["id"] for each in some] == [rows["late"], rows["later"]]
