"""What the carrier says of a caller we ring back may come in any order, twice or never: one end, counted once."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests.program import JANE, MAIN, NOON, OTHER
from tests.signed import arrival, call_sid, post
from voice import attempts, contacts, dialled
from voice.app import create_app
from voice.claims import Refusal
from voice.db import Database
from voice.dialled import News
from voice.ledger import Outbox
from voice.models import Attempt, Call, Callback, Leg
from voice.settings import Settings

pytest_plugins = ["tests.interface"]

SECOND = dt.timedelta(seconds=1)
WRAP_UP = dt.timedelta(minutes=10)
CHILD = "CA" + "c" * 32
ANSWERED = [News(None, CHILD, 0, 0), News("ringing", CHILD, 0, 1), News("picked_up", CHILD, 0, 2)]
STORIES = {  # what is told, and how it must end: attempt, callback, tries
    "talk": ([*ANSWERED, News("end", CHILD, 40, 3), News("end", CHILD, 40)], ("talked", "wrapping_up", 1)),
    "short talk": ([*ANSWERED, News("end", CHILD, 9, 3), News("end", None, 9)], ("short_talk", "wrapping_up", 1)),
    "no answer": ([*ANSWERED[:2], News("no_answer", CHILD, 0, 2), News("no_answer")], ("no_answer", "waiting", 1)),
    "busy": ([*ANSWERED[:1], News("busy", CHILD, 0, 1), News("busy", CHILD)], ("busy", "waiting", 1)),
    "failed": ([*ANSWERED[:1], News("failed", CHILD, 0, 1), News("failed", CHILD)], ("failed", "claimed", 0)),
    "bad number": (
        [News("failed", CHILD, 0, 1, "invalid"), News("failed", None, hold="invalid")],
        ("failed", "held", 0),
    ),
    "staff hung up unrung": ([*ANSWERED[:1], News("cancelled", CHILD, 0, 1)], ("cancelled", "claimed", 0)),
}


@pytest.fixture
def session(acme: Database) -> Iterator[Session]:
    """One transaction on Acme's tables."""
    with acme.transaction() as session:
        yield session


def waiting(session: Session, **values: Any) -> Callback:
    """Jane's callback, due at noon."""
    usual = {"line": MAIN, "caller": JANE, "caller_key": JANE, "reason": "rang_out"}
    times = dict.fromkeys(("first_called_at", "last_called_at", "promised_by", "due_at"), NOON)
    callback = Callback(**(usual | times | values))
    session.add(callback)
    session.flush()
    return callback


def intended(session: Session, callback: Callback | None = None) -> tuple[Attempt, Callback, Leg]:
    """Sam's phone rings for Jane."""
    callback = callback or waiting(session)
    attempt = attempts.ring_back(session, callback, "sam", NOON)
    assert isinstance(attempt, Attempt)
    leg = attempts.ring_staff(session, attempt, NOON)
    assert leg is not None
    return attempt, callback, leg


def sent(session: Session, callback: Callback | None = None) -> tuple[Attempt, Callback, Leg]:
    """Sam has pressed the key."""
    attempt, callback, leg = intended(session, callback)
    assert attempts.send(session, attempt, leg, NOON) is None
    assert (attempt.state, callback.state, leg.state) == ("sending", "calling", "accepted")
    return attempt, callback, leg


def jobs(session: Session) -> list[str]:
    asked = sa.select(Outbox.job).where(Outbox.job != "write_roster").order_by(Outbox.id)
    return list(session.scalars(asked))


@pytest.mark.proves("01-6.14", "A3", "M1")
@pytest.mark.parametrize("story", STORIES)
def test_the_end_is_the_same_in_any_order_twice_or_with_losses(session: Session, story: str) -> None:
    told, (ending, state, tries) = STORIES[story]
    ends = [news for news in told if news.event not in (None, "ringing", "picked_up")]
    others = st.lists(st.sampled_from(told), max_size=8)
    attempt, callback, _leg = sent(session)
    # The order is decided by the same lines on both databases; Postgres, the slower one, is asked fewer of them.
    examples = 25 if session.get_bind().dialect.name == "sqlite" else 10

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(before=others, end=st.sampled_from(ends), after=others)
    def holds(before: list[News], end: News, after: list[News]) -> None:
        nested = session.begin_nested()
        for second, news in enumerate([*before, end, *after]):
            dialled.heard(session, attempt, news, NOON + second * SECOND)
        assert (attempt.state, attempt.ending) == ("ended", ending)
        assert (callback.state, callback.attempts) == (state, tries)
        assert (attempt.rang_at is not None) == bool(tries) == (callback.rang_at is not None)
        nested.rollback()
        session.expire_all()

    holds()


SAID_OF_A_NUMBER = {  # what the Dial's action may say beside `failed`: the carrier's pages leave open whether it does
    "": ("claimed", None), "13223": ("held", "invalid"), "13224": ("held", "invalid"),
    "13225": ("held", "not_allowed"), "13227": ("held", "not_allowed"), "31005": ("claimed", None),
}  # fmt: skip


@pytest.mark.proves("01-6.14", "B7", "B8")
def test_whatever_the_carrier_says_of_a_number_it_cannot_ring_is_heard(acme: Database, settings: Settings) -> None:
    app = create_app(settings, acme)
    for code, held in SAID_OF_A_NUMBER.items():
        with acme.transaction() as session:
            attempt, callback, leg = sent(session)
        form = arrival(call_sid(), CallStatus="in-progress", DialCallStatus="failed", ErrorCode=code)
        assert post(app, f"/voice/attempts/{attempt.id}/dialled", form).status_code == 200
        with acme.transaction() as session:
            found = session.get_one(Callback, callback.id)
            assert (found.state, found.held_reason) == held, code
            found.state, session.get_one(Leg, leg.id).ended_at = "closed", NOON


UNRUNG_BEFORE = [  # how the tries before ended, whether another leg is up, and what a failed one makes of it then
    (["failed"], False, "held"), ([], False, "claimed"), (["failed"], True, "claimed"),
    (["failed", "no_answer"], False, "claimed"),
]  # fmt: skip


def test_a_phone_that_cannot_be_rung_twice_running_is_held_unless_our_legs_may_have_been_too_many(
    session: Session,
) -> None:
    times = dict.fromkeys(("placed_at", "stop_at"), NOON)
    other = Leg(line=MAIN, staff_id="alex", phone="+12125550112", purpose="ring", ended_at=NOON, **times)
    session.add(other)
    for before, beside, state in UNRUNG_BEFORE:
        nested = session.begin_nested()
        callback, other.ended_at = waiting(session), None if beside else NOON
        for minute, ending in enumerate(before):
            at = NOON - dt.timedelta(minutes=9 - minute)
            times = dict.fromkeys(("created_at", "sending_at", "ended_at"), at)
            session.add(Attempt(callback_id=callback.id, staff_id="sam", state="ended", ending=ending, **times))
        attempt, callback, _leg = sent(session, callback)
        dialled.heard(session, attempt, News("failed", CHILD), NOON + SECOND)
        assert callback.state == state, (before, beside)
        nested.rollback()


@pytest.mark.proves("C17")
def test_the_retry_comes_after_a_quarter_of_an_hour_and_the_last_one_never(session: Session) -> None:
    attempt, callback, leg = sent(session)
    dialled.heard(session, attempt, News("no_answer", CHILD), NOON)
    leg.state, leg.ended_at = "ended", NOON
    assert callback.due_at == NOON + dt.timedelta(minutes=15)
    assert (callback.claimed_by, callback.owed_by) == (None, "sam")
    for tries in (2, 3, 4):
        again = attempts.ring_back(session, callback, "sam", NOON)
        assert isinstance(again, Attempt)
        again.state, again.leg_id = "sending", None
        dialled.heard(session, again, News("busy", f"CA{tries:032x}"), NOON)
    assert (callback.state, callback.attempts) == ("unreached", 4)


def test_the_first_ring_keeps_the_promise_and_a_long_talk_is_remembered(session: Session) -> None:
    attempt, callback, leg = sent(session)
    for seconds, event in ((3, "ringing"), (8, "picked_up")):
        dialled.heard(session, attempt, News(event, CHILD), NOON + seconds * SECOND)
    assert (callback.state, callback.rang_at, leg.state) == ("talking", NOON + 3 * SECOND, "joined")
    dialled.heard(session, attempt, News("end", CHILD, 30), NOON + 38 * SECOND)
    assert callback.lease_until == NOON + 38 * SECOND + WRAP_UP
    contact = contacts.find(session, JANE)
    assert contact is not None
    assert contact.last_staff_id == "sam"


def test_news_of_another_leg_changes_nothing(session: Session) -> None:
    attempt, callback, _leg = sent(session)
    dialled.heard(session, attempt, News("ringing", CHILD), NOON)
    dialled.heard(session, attempt, News("busy", "CA" + "d" * 32), NOON)
    assert (attempt.state, callback.state) == ("placed", "calling")


def test_staff_who_hang_up_while_it_rings_keep_the_callback_and_the_try_counts(session: Session) -> None:
    attempt, callback, _leg = sent(session)
    dialled.heard(session, attempt, News("cancelled", CHILD), NOON)
    assert (callback.state, callback.claimed_by, callback.attempts) == ("claimed", "sam", 0)
    dialled.heard(session, attempt, News("ringing", CHILD), NOON)  # late: their phone did ring
    assert (callback.state, callback.attempts) == ("claimed", 1)


@pytest.mark.proves("S6")
def test_a_caller_who_is_on_the_line_by_now_is_not_dialled(session: Session) -> None:
    attempt, callback, leg = intended(session)
    times = dict.fromkeys(("received_at", "ring_from", "ring_until", "seen_at"), NOON)
    usual = {"line": MAIN, "dialled": MAIN, "source": "webhook", "state": "unanswered", "sid": "CA" + "e" * 32}
    session.add(Call(caller=JANE, caller_key=JANE, **(usual | times)))
    assert attempts.send(session, attempt, leg, NOON) == Refusal("on_the_line")
    assert (attempt.state, callback.state, callback.claimed_by) == ("refused", "claimed", "sam")


@pytest.mark.proves("S6")
def test_a_caller_with_callbacks_on_two_lines_is_rung_for_one_at_a_time(session: Session) -> None:
    sent(session)
    assert attempts.ring_back(session, waiting(session, line=OTHER), "alex", NOON) == Refusal("on_the_line")


def test_a_key_pressed_twice_dials_once(session: Session) -> None:
    attempt, _callback, leg = sent(session)
    assert attempts.send(session, attempt, leg, NOON) is not None
    assert attempt.state == "sending"


def test_a_staff_phone_that_gives_no_key_counts_nothing(session: Session) -> None:
    attempt, callback, leg = intended(session)
    attempts.staff_leg_ended(session, attempt, leg, NOON)
    assert (attempt.state, attempt.ending) == ("ended", "not_accepted")
    assert (callback.state, callback.claimed_by, callback.attempts) == ("claimed", "sam", 0)
    assert attempts.send(session, attempt, leg, NOON) is not None  # a key that comes late dials nobody
    assert (attempt.state, jobs(session)) == ("ended", [])


def test_a_staff_leg_that_ends_after_the_dial_has_the_carrier_asked(session: Session) -> None:
    attempt, callback, leg = sent(session)
    attempts.staff_leg_ended(session, attempt, leg, NOON)
    assert (attempt.state, callback.state, jobs(session)) == ("sending", "calling", ["look_up_attempt"])
    dialled.found(session, attempt, [News("end", CHILD, 25)], NOON + 10 * SECOND)
    assert (attempt.ending, callback.state) == ("talked", "wrapping_up")


@pytest.mark.proves("L2", "S4", "S8")
def test_a_dial_nobody_tells_of_is_unknown_and_looked_up_not_repeated(session: Session) -> None:
    attempt, callback, _leg = sent(session)
    dialled.lose_sight(session, NOON + 60 * SECOND)
    assert attempt.state == "sending"
    dialled.lose_sight(session, NOON + 61 * SECOND)
    assert (attempt.state, callback.state, jobs(session)) == ("unknown", "calling", ["look_up_attempt"])
    assert attempts.ring_back(session, callback, "sam", NOON + 62 * SECOND) is attempt
    assert attempts.to_ring(session) == []


@pytest.mark.proves("B2", "L2", "R12")
def test_not_in_the_carriers_log_after_ninety_seconds_it_was_never_dialled(session: Session) -> None:
    attempt, callback, _leg = sent(session)
    dialled.found(session, attempt, [], NOON + 80 * SECOND)
    assert attempt.state == "sending"
    dialled.found(session, attempt, [], NOON + 90 * SECOND)
    assert (attempt.state, callback.state, callback.claimed_by) == ("refused", "claimed", "sam")
    assert callback.attempts == 0


@pytest.mark.proves("L2", "R12")
def test_found_in_the_log_it_is_followed_to_its_end(session: Session) -> None:
    attempt, callback, _leg = sent(session)
    dialled.lose_sight(session, NOON + 61 * SECOND)
    dialled.found(session, attempt, [News("picked_up", CHILD)], NOON + 65 * SECOND)
    assert (attempt.state, callback.state) == ("placed", "talking")
    assert jobs(session) == ["look_up_attempt"] * 2  # asked again while it lasts
    dialled.found(session, attempt, [News("end", CHILD, 70)], NOON + 130 * SECOND)
    assert (attempt.state, callback.state) == ("ended", "wrapping_up")


def test_a_staff_phone_that_could_not_be_rung_in_two_minutes_is_not_rung_out_of_the_blue(session: Session) -> None:
    callback = waiting(session)
    attempt = attempts.ring_back(session, callback, "sam", NOON)
    assert isinstance(attempt, Attempt)
    dialled.lose_sight(session, NOON + 121 * SECOND)
    assert (attempt.ending, callback.state, attempts.to_ring(session)) == ("not_placed", "claimed", [])
    assert attempts.ring_staff(session, attempt, NOON + 122 * SECOND) is None
