"""Who has a callback in hand: one person at a time, for as long as there is a sign of life."""

import datetime as dt
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import get_args

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.program import NOON
from voice import attempts, callbacks, claims
from voice.claims import Refusal
from voice.db import Database
from voice.models import Attempt, Callback
from voice.rules import lease

pytest_plugins = ["tests.interface"]

AddRow = Callable[..., str]
LEASE, WRAP_UP = dt.timedelta(seconds=90), dt.timedelta(minutes=10)  # a line's own unless it says otherwise
LAPSED = NOON + dt.timedelta(seconds=91)


def test_how_long_one_has_it_is_the_lines_to_say_and_a_dial_or_a_talk_gets_the_time_to_say_how_it_went() -> None:
    given = {hold: lease.until(hold, NOON, lease_seconds=45, wrap_up_minutes=7) - NOON for hold in get_args(lease.Hold)}
    seven = dt.timedelta(minutes=7)
    assert given == {
        "claimed": dt.timedelta(seconds=45), "handed_over": lease.HANDED, "by_hand": seven, "wrapping_up": seven
    }  # fmt: skip


def test_only_a_mere_claim_lapses_and_only_after_its_time() -> None:
    assert not lease.lapsed("claimed", NOON, NOON)
    assert lease.lapsed("claimed", NOON, NOON + dt.timedelta(microseconds=1))
    assert not lease.lapsed("wrapping_up", NOON, LAPSED)
    assert not lease.lapsed("claimed", None, NOON)


@pytest.fixture
def session(acme: Database) -> Iterator[Session]:
    """One transaction on Acme's tables."""
    with acme.transaction() as session:
        yield session


@pytest.fixture
def callback(session: Session) -> Callback:
    """A waiting callback of Jane's."""
    return session.get_one(Callback, add_callback_in(session))


def add_callback_in(session: Session, **values: object) -> str:
    usual = {"line": "+12125550100", "caller": "+12125550142", "caller_key": "+12125550142", "reason": "rang_out"}
    times = dict.fromkeys(("first_called_at", "last_called_at", "promised_by", "due_at"), NOON)
    row = Callback(**(usual | times | values))
    session.add(row)
    session.flush()
    return row.id


def dialling(session: Session, callback: Callback) -> Attempt:
    """An attempt under way."""
    attempt = Attempt(callback_id=callback.id, staff_id=callback.claimed_by or "sam", created_at=NOON)
    session.add(attempt)
    session.flush()
    return attempt


def together(database: Database, verb: Callable[[Session, Callback, str], object], callback_id: str) -> list[object]:
    """Eight threads do `verb` at the same moment, sam and alex by turns; what each got, sam's first."""

    def once(staff_id: str) -> object:
        with database.transaction() as session:
            return verb(session, session.get_one(Callback, callback_id), staff_id)

    with ThreadPoolExecutor(8) as threads:
        return list(threads.map(once, ["sam"] * 4 + ["alex"] * 4))


@pytest.mark.proves("01-3.3")
def test_of_eight_who_claim_at_once_one_person_wins(acme: Database, add_callback: AddRow) -> None:
    callback_id = add_callback()
    got = together(acme, lambda session, row, who: claims.claim(session, row, who, NOON), callback_id)
    with acme.reading() as session:
        holder = session.get_one(Callback, callback_id).claimed_by
    won, lost = [None] * 4, [Refusal("held_by", holder=holder)] * 4
    assert got == (won + lost if holder == "sam" else lost + won)


@pytest.mark.proves("01-3.3", "01-6.14", "C13", "S4")
def test_two_people_who_call_at_once_make_one_attempt(acme: Database, add_callback: AddRow) -> None:
    callback_id = add_callback()
    got = together(acme, lambda session, row, who: attempts.ring_back(session, row, who, NOON), callback_id)
    with acme.reading() as session:
        (attempt,) = session.scalars(sa.select(Attempt))
        mine = [one for one in got if isinstance(one, Attempt)]
        assert {one.id for one in mine} == {attempt.id}
        assert len(mine) == 4  # the same person again: the same attempt
        others = [one for one in got if isinstance(one, Refusal)]
        assert others == [Refusal("held_by", holder=attempt.staff_id)] * 4


@pytest.mark.proves("01-3.3", "C15")
def test_of_close_and_call_at_the_same_moment_one_happens(acme: Database, add_callback: AddRow) -> None:
    callback_id = add_callback()

    def race(session: Session, row: Callback, who: str) -> object:
        if who == "alex":
            return callbacks.close(session, row, who, "done_by_staff", NOON)
        return attempts.ring_back(session, row, who, NOON)

    together(acme, race, callback_id)
    with acme.reading() as session:
        state = session.get_one(Callback, callback_id).state
        tried = session.scalar(sa.select(sa.func.count(Attempt.id)))
        assert (state, tried) in {("closed", 0), ("calling", 1)}


@pytest.mark.proves("02-1.10")
def test_the_holder_again_renews_and_another_is_told_who_has_it(session: Session, callback: Callback) -> None:
    assert claims.claim(session, callback, "sam", NOON) is None
    assert callback.lease_until == NOON + dt.timedelta(seconds=90)
    later = NOON + dt.timedelta(seconds=80)
    assert claims.claim(session, callback, "sam", later) is None
    assert callback.lease_until == later + dt.timedelta(seconds=90)
    assert claims.claim(session, callback, "alex", later) == Refusal("held_by", holder="sam")
    assert callback.claimed_by == "sam"


@pytest.mark.proves("S21")
def test_a_lapsed_claim_can_be_taken_over_before_any_sweep(session: Session, callback: Callback) -> None:
    claims.claim(session, callback, "sam", NOON)
    assert claims.claim(session, callback, "alex", NOON + LEASE) == Refusal("held_by", holder="sam")
    assert claims.claim(session, callback, "alex", LAPSED) is None
    assert (callback.claimed_by, callback.state) == ("alex", "claimed")
    assert not claims.renew(session, callback, "sam", LAPSED)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"state": "closed", "closed_reason": "talked"}, "closed"),
        ({"state": "held", "held_reason": "premium"}, "held"),
        ({"state": "no_number", "caller": None}, "no_number"),
    ],
)
def test_what_cannot_be_rung_cannot_be_claimed(session: Session, values: dict[str, object], kind: str) -> None:
    row = session.get_one(Callback, add_callback_in(session, **values))
    refused = claims.claim(session, row, "sam", NOON)
    assert refused is not None
    assert refused.kind == kind


@pytest.mark.proves("02-1.10")
def test_releasing_gives_it_back_and_only_the_holder_can(session: Session, callback: Callback) -> None:
    claims.claim(session, callback, "sam", NOON)
    assert claims.release(session, callback, "alex", NOON) == Refusal("held_by", holder="sam")
    assert claims.release(session, callback, "sam", NOON) is None
    assert (callback.state, callback.claimed_by, callback.lease_until) == ("waiting", None, None)
    assert claims.release(session, callback, "sam", NOON) is None


def test_one_that_was_tried_often_enough_goes_back_as_unreached(session: Session, callback: Callback) -> None:
    callback.state, callback.attempts = "unreached", 4
    claims.claim(session, callback, "sam", NOON)
    assert callback.state == "claimed"
    claims.release(session, callback, "sam", NOON)
    assert callback.state == "unreached"


@pytest.mark.proves("01-3.3", "02-3.1", "C14", "L3")
def test_a_claim_without_a_sign_of_life_lapses_after_ninety_seconds(session: Session, callback: Callback) -> None:
    claims.claim(session, callback, "sam", NOON)
    assert claims.lapse(session, NOON + LEASE) == 0
    assert claims.lapse(session, LAPSED) == 1
    assert (callback.state, callback.claimed_by) == ("waiting", None)
    assert callbacks.owed_by(session, callback.line, callback.caller_key) == "sam"


@pytest.mark.proves("B11", "C14", "L3")
def test_nothing_lapses_while_a_leg_is_live(session: Session, callback: Callback) -> None:
    claims.claim(session, callback, "sam", NOON)
    callback.state = "calling"
    attempt = dialling(session, callback)
    assert claims.lapse(session, LAPSED) == 0
    callback.state = "claimed"  # even in a state that could lapse
    assert claims.lapse(session, LAPSED) == 0
    assert claims.claim(session, callback, "alex", LAPSED) == Refusal("held_by", holder="sam")
    attempt.ended_at = LAPSED
    assert claims.lapse(session, LAPSED) == 1


@pytest.mark.proves("02-1.15", "L3")
def test_a_talk_whose_result_nobody_says_is_listed_again_not_closed(session: Session, callback: Callback) -> None:
    claims.claim(session, callback, "sam", NOON)
    callback.state, callback.lease_until = "wrapping_up", NOON + WRAP_UP
    assert claims.renew(session, callback, "sam", NOON + dt.timedelta(minutes=9))
    assert callback.lease_until == NOON + WRAP_UP  # a page left open is no answer
    silent = NOON + dt.timedelta(minutes=10, seconds=1)
    assert claims.lapse(session, silent) == 1
    assert (callback.state, callback.result, callback.due_at) == ("waiting", "not_recorded", silent)
