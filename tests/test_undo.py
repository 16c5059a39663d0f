"""Undo: for ten seconds what one just did can be taken back, if nothing has happened since."""

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from dashboard import list_words
from tests.pages import Firm, Visitor, reads
from voice import clock, undo
from voice.firm import StaffMember
from voice.ledger import CallEvent
from voice.models import Attempt, Callback

MINUTE = dt.timedelta(minutes=1)


pytestmark = pytest.mark.usefixtures("morning")


def words(visitor: Visitor, address: str = "/") -> str:
    return reads(visitor.get(address).text)


def changes() -> list[tuple[str, str, dict[str, str]]]:
    """Everything a person can do that can be undone, and the state it starts from."""
    plain: list[tuple[str, str, dict[str, str]]] = [("claim", "waiting", {}), ("by-hand", "waiting", {})]
    plain += [("take-over", "claimed", {}), ("release", "claimed", {}), ("allow", "held", {}), ("reopen", "closed", {})]
    when = [("snooze", "waiting", {"until": "hour"}), ("number", "no_number", {"number": "+12125550199"})]
    handed: list[tuple[str, str, dict[str, str]]] = [("hand-over", "unreached", {"to": "alex", "word": "hm"})]
    results = ("sorted", "call_again", "left_voicemail", "no_answer", "wrong_person", "do_not_call")
    said = [("result", "wrapping_up", {"result": result, "in": "60", "note": "hm"}) for result in results]
    shut = [("close", state, {"reason": "done_by_staff"}) for state in ("held", "no_number", "claimed")]
    said += [("result", "claimed", {"result": "done_by_hand"})]
    return [*plain, *when, *handed, *said, *shut]


@pytest.mark.proves("02-1.20")
def test_everything_can_be_undone_for_ten_seconds(firm: Firm, sam: Visitor) -> None:
    for place, (verb, state, fields) in enumerate(changes()):
        done_and_undone(firm, sam, None if state == "no_number" else f"+121255501{place:02d}", verb, state, fields)
    with firm.database.transaction() as session:  # an owner who has no phone here
        session.get_one(StaffMember, "sam").email = ""
    done_and_undone(firm, sam, "+12125550199", "allow", "held", {})
    with firm.database.reading() as session:
        undone = session.scalars(sa.select(CallEvent.data).where(CallEvent.kind == "undone")).all()
    shown = {data["what"] for data in undone} | {undo.PUT_AWAY}  # that one below
    assert shown == set(list_words.DONE), "all that the page says can be undone"


def test_two_things_done_within_ten_seconds_can_both_be_undone(
    firm: Firm, sam: Visitor, morning: time_machine.Traveller
) -> None:
    first, second = firm.callback("+12125550171"), firm.callback("+12125550172")
    sam.press(f"/callbacks/{first}/claim")
    morning.shift(4)
    sam.press(f"/callbacks/{second}/claim")
    offered = [f"/callbacks/{row}/undo" in sam.get("/").text for row in (first, second)]
    assert offered == [False, True], "the newest is shown"
    assert sam.press(f"/callbacks/{second}/undo").status_code == 303
    assert 'data-left="6000"' in sam.get("/").text
    assert f"/callbacks/{first}/undo" in sam.get("/").text
    assert sam.press(f"/callbacks/{first}/undo").status_code == 303
    assert [firm.row(row).state for row in (first, second)] == ["waiting", "waiting"]


def done_and_undone(
    firm: Firm, sam: Visitor, caller: str | None, verb: str, state: str, fields: dict[str, str]
) -> None:
    """Do it, see the row changed and the button, press it, and see the row as it was to the last column."""
    in_hand: dict[str, Any] = {}
    if state in ("claimed", "wrapping_up"):
        in_hand = {"claimed_by": "alex" if verb == "take-over" else "sam", "lease_until": clock.now() + 9 * MINUTE}
    elif state == "closed":
        in_hand = {"closed_reason": "wrong_person", "closed_at": clock.now() - MINUTE}
    callback = firm.callback(caller, state=state, note="Boiler", attempts=1, **in_hand)
    with firm.database.transaction() as session:
        times = {"created_at": clock.now(), "answered_at": clock.now(), "ended_at": clock.now()}
        session.add(Attempt(callback_id=callback, staff_id="sam", state="ended", ending="talked", **times))
    before = everything(firm, callback)
    assert sam.press(f"/callbacks/{callback}/{verb}", **fields).status_code == 303
    assert everything(firm, callback) != before
    assert 'id="take-back"' in sam.get("/").text
    assert sam.press(f"/callbacks/{callback}/undo").status_code == 303
    assert everything(firm, callback) == before
    assert 'id="take-back"' not in sam.get("/").text


def everything(firm: Firm, callback: str) -> dict[str, object]:
    row = firm.row(callback)
    with firm.database.reading() as session:
        talks = session.scalars(sa.select(Attempt.ending).where(Attempt.callback_id == callback)).all()
    return {column.name: getattr(row, column.name) for column in Callback.__table__.columns} | {"talks": talks}


def test_what_was_undone_is_on_record_and_a_colleague_is_not_told_of_it(
    firm: Firm, sam: Visitor, alex: Visitor
) -> None:
    callback = firm.callback()
    sam.press(f"/callbacks/{callback}/claim")
    alex.press(f"/callbacks/{callback}/take-over")
    alex.press(f"/callbacks/{callback}/undo")
    assert firm.row(callback).claimed_by == "sam"
    assert "took over" not in words(sam).partition("Keys")[0]
    with firm.database.reading() as session:
        kinds = session.scalars(sa.select(CallEvent.kind).where(CallEvent.callback_id == callback)).all()
    assert kinds == ["claimed", "taken_over", "undone"]


def test_undo_is_refused_when_it_is_too_late_or_somebody_elses_or_something_happened_since(
    firm: Firm, sam: Visitor, alex: Visitor, morning: time_machine.Traveller
) -> None:
    callback = firm.callback()
    sam.press(f"/callbacks/{callback}/snooze", until="hour")
    assert alex.press(f"/callbacks/{callback}/undo").status_code == 409
    alex.press(f"/callbacks/{callback}/claim")
    assert 'id="take-back"' not in sam.get("/").text
    assert sam.press(f"/callbacks/{callback}/undo").status_code == 409
    assert firm.row(callback).claimed_by == "alex"
    alex.press(f"/callbacks/{callback}/release")
    morning.shift(10)
    assert 'id="take-back"' not in alex.get("/").text
    morning.shift(5)
    refused = alex.press(f"/callbacks/{callback}/undo")
    assert refused.status_code == 409
    assert "It is too late for that" in refused.text


def test_a_close_is_not_undone_when_the_caller_has_rung_again(firm: Firm, sam: Visitor) -> None:
    callback = firm.callback()
    sam.press(f"/callbacks/{callback}/result", result="wrong_person")
    firm.callback()
    refused = sam.press(f"/callbacks/{callback}/undo")
    assert refused.status_code == 409
    assert "has rung again meanwhile" in refused.text


def test_a_phone_that_was_rung_cannot_be_unrung_so_no_undo_is_offered(firm: Firm, sam: Visitor) -> None:
    callback = firm.callback()
    sam.press(f"/callbacks/{callback}/claim")
    sam.press(f"/callbacks/{callback}/call")
    assert 'id="take-back"' not in sam.get("/").text
    assert sam.press(f"/callbacks/{callback}/undo").status_code == 409
    with firm.database.reading() as session:
        assert session.scalars(sa.select(Attempt.ended_at)).all() == [None]


@pytest.mark.proves("02-1.19")
def test_one_can_be_reopened_for_thirty_days(firm: Firm, sam: Visitor, morning: time_machine.Traveller) -> None:
    callback = firm.callback()
    sam.press(f"/callbacks/{callback}/close", reason="wrong_person")
    morning.shift(29 * 86400)
    sam = firm.visitor("sam@example.com")
    assert "Reopen" in words(sam, "/?q=555-0142")
    morning.shift(1.1 * 86400)
    sam = firm.visitor("sam@example.com")
    assert "Reopen" not in words(sam, "/?q=555-0142")
    assert sam.press(f"/callbacks/{callback}/reopen").status_code == 409
