"""How a callback ends, as staff say it; and what may not end it."""

import datetime as dt
from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from dashboard import list_words
from tests.missed import opened
from tests.program import NOON
from voice import callbacks, claims, results
from voice.about import About
from voice.db import Database
from voice.models import Attempt, Callback

pytest_plugins = ["tests.interface"]

MINUTE = dt.timedelta(minutes=1)
PREMIUM = "+19005550100"


@pytest.fixture
def session(acme: Database) -> Iterator[Session]:
    """One transaction on Acme's tables."""
    with acme.transaction() as session:
        yield session


@pytest.mark.proves("01-3.3", "02-1.14")
@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ("sorted", "talked"),
        ("wrong_person", "wrong_person"),
        ("do_not_call", "withdrawn_by_caller"),
        ("done_by_hand", "done_by_staff"),
    ],
)
def test_a_result_that_settles_it_closes_it(session: Session, result: str, reason: str) -> None:
    callback = opened(session)
    claims.claim(session, callback, "sam", NOON)
    assert results.give_result(session, callback, "sam", result, NOON, about=About("boiler fixed")) is None
    assert (callback.state, callback.closed_reason, callback.result) == ("closed", reason, result)
    assert (callback.note, callback.claimed_by) == ("boiler fixed", None)


@pytest.mark.proves("02-1.14")
def test_call_again_waits_until_the_time_that_was_agreed(session: Session) -> None:
    callback, friday = opened(session), NOON + dt.timedelta(days=3)
    claims.claim(session, callback, "sam", NOON)
    assert results.give_result(session, callback, "sam", "call_again", NOON, friday) is None
    assert (callback.state, callback.due_at, callback.claimed_by, callback.attempts) == ("waiting", friday, None, 0)
    assert callback.owed_by == "sam"
    assert callback.promised_by == NOON + 60 * MINUTE


@pytest.mark.proves("01-3.3", "02-1.14")
@pytest.mark.parametrize("result", ["no_answer", "left_voicemail"])
def test_tries_by_hand_come_back_at_widening_gaps_and_then_it_is_unreached(session: Session, result: str) -> None:
    callback, gaps = opened(session), []
    for tries in (1, 2, 3):
        assert results.give_result(session, callback, "sam", result, NOON) is None
        assert (callback.state, callback.attempts) == ("waiting", tries)
        gaps.append(callback.due_at - NOON)
    assert gaps == [15 * MINUTE, 120 * MINUTE, dt.timedelta(hours=21)]
    assert results.give_result(session, callback, "sam", result, NOON) is None
    assert (callback.state, callback.attempts) == ("unreached", 4)


@pytest.mark.proves("C16")
def test_a_machine_that_picked_up_is_not_the_caller(session: Session) -> None:
    callback = opened(session)
    callback.state, callback.claimed_by = "wrapping_up", "sam"
    times = {"created_at": NOON, "answered_at": NOON, "ended_at": NOON + MINUTE}
    attempt = Attempt(callback_id=callback.id, staff_id="sam", state="ended", ending="talked", **times)
    session.add(attempt)
    assert results.give_result(session, callback, "sam", "left_voicemail", NOON + MINUTE) is None
    assert attempt.ending == "machine"
    callback.state, callback.claimed_by = "wrapping_up", "sam"  # nobody said; it was them after all
    assert results.give_result(session, callback, "sam", "sorted", NOON + MINUTE) is None
    assert attempt.ending == "talked"


def noting(callback: Callback) -> None:
    """Sam has talked with them, and writes down how it went."""
    callback.state, callback.claimed_by = "wrapping_up", "sam"


def test_a_talk_settles_nothing_they_have_rung_about_since(session: Session) -> None:
    callback = opened(session)
    noting(callback)
    times = {"created_at": NOON, "answered_at": NOON, "ended_at": NOON + MINUTE}
    session.add(Attempt(callback_id=callback.id, staff_id="sam", state="ended", ending="talked", **times))
    callback.last_called_at, callback.due_at = NOON + 2 * MINUTE, callback.promised_by
    assert results.give_result(session, callback, "sam", "sorted", NOON + 3 * MINUTE, about=About("tap")) is None
    assert (callback.state, callback.claimed_by, callback.due_at) == ("waiting", None, callback.promised_by)
    assert (callback.result, callback.note) == ("sorted", "tap")
    said = list_words.tries(callback, 4, False, NOON + 3 * MINUTE, "America/New_York")
    assert said == "rang again after you talked: still to be rung back"
    for result in ("left_voicemail", "call_again"):
        noting(callback)
        assert results.give_result(session, callback, "sam", result, NOON + 3 * MINUTE, NOON + 3000 * MINUTE) is None
        assert (callback.state, callback.due_at) == ("waiting", callback.promised_by), "what they were told stands"
    noting(callback)
    assert results.close_by_hand(session, callback, "sam", "talked", NOON + 3 * MINUTE, About()) is None
    assert callback.state == "waiting"
    noting(callback)
    assert results.give_result(session, callback, "sam", "do_not_call", NOON + 3 * MINUTE) is None
    assert callback.state == "closed", "what they said of the future holds for the call since, too"


def test_a_result_or_reason_nobody_knows_is_refused_by_name(session: Session) -> None:
    callback = opened(session)
    with pytest.raises(ValueError, match="result must be one of: sorted"):
        results.give_result(session, callback, "sam", "mended", NOON)
    with pytest.raises(ValueError, match="needs the time"):
        results.give_result(session, callback, "sam", "call_again", NOON)
    with pytest.raises(ValueError, match="reason must be one of: talked"):
        callbacks.close(session, callback, "sam", "erased", NOON)


@pytest.mark.proves("S21")
def test_nobody_closes_what_another_holds(session: Session) -> None:
    callback = opened(session)
    claims.claim(session, callback, "alex", NOON)
    for refused in (
        callbacks.close(session, callback, "sam", "done_by_staff", NOON),
        results.give_result(session, callback, "sam", "sorted", NOON),
        results.give_result(session, callback, "sam", "no_answer", NOON),
    ):
        assert refused == claims.Refusal("held_by", holder="alex")
    assert (callback.state, callback.result, callback.attempts) == ("claimed", None, 0)


@pytest.mark.proves("C15")
def test_it_is_not_closed_while_a_phone_is_live_for_it(session: Session) -> None:
    callback = opened(session)
    callback.state, callback.claimed_by = "calling", "sam"
    attempt = Attempt(callback_id=callback.id, staff_id="sam", created_at=NOON)
    session.add(attempt)
    assert callbacks.close(session, callback, "sam", "done_by_staff", NOON) == claims.Refusal("under_way", "sam")
    assert results.give_result(session, callback, "sam", "sorted", NOON) == claims.Refusal("under_way", "sam")
    callback.state, attempt.ended_at = "wrapping_up", NOON
    assert results.give_result(session, callback, "sam", "sorted", NOON) is None


def test_reopened_it_is_due_now_and_the_promise_stays_as_it_was_said(session: Session) -> None:
    callback, promised = opened(session), NOON + 60 * MINUTE
    callbacks.close(session, callback, "sam", "wrong_person", NOON)
    later = NOON + 90 * MINUTE
    assert callbacks.reopen(session, callback, later) is None
    assert (callback.state, callback.due_at, callback.promised_by) == ("waiting", later, promised)
    assert (callback.closed_reason, callback.closed_at) == (None, None)


def test_reopening_is_refused_when_the_caller_has_another_open_one(session: Session) -> None:
    first = opened(session)
    callbacks.close(session, first, "sam", "wrong_person", NOON)
    opened(session, NOON + MINUTE)
    assert callbacks.reopen(session, first, NOON + 2 * MINUTE) == claims.Refusal("open")


@pytest.mark.parametrize(("caller", "state"), [(None, "no_number"), (PREMIUM, "held")])
def test_reopening_does_not_make_an_undiallable_number_diallable(
    session: Session, caller: str | None, state: str
) -> None:
    callback = opened(session, caller=caller)
    callbacks.close(session, callback, "sam", "done_by_staff", NOON)
    callbacks.reopen(session, callback, NOON)
    assert callback.state == state
