"""The callback list: one open callback per caller and line, a promise that is kept on record, and how it ends."""

import datetime as dt
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.missed import missed, opened
from tests.program import JANE, MAIN, NOON, OTHER
from voice import callbacks, claims, contacts, crossings, promising
from voice.db import Database
from voice.models import Attempt, Call, Callback, Promise

pytest_plugins = ["tests.interface"]

AddRow = Callable[..., str]
MINUTE = dt.timedelta(minutes=1)
PREMIUM = "+19005550100"


@pytest.fixture
def session(acme: Database) -> Iterator[Session]:
    """One transaction on Acme's tables."""
    with acme.transaction() as session:
        yield session


def promises(session: Session) -> list[tuple[str, str]]:
    return [(row.channel, row.words) for row in session.scalars(sa.select(Promise).order_by(Promise.id))]


@pytest.mark.proves("01-3.1")
def test_a_caller_who_rings_three_times_has_one_callback_in_the_first_place(session: Session) -> None:
    first = opened(session)
    place = (first.due_at, first.id)
    for minutes in (3, 7):
        assert opened(session, NOON + minutes * MINUTE).id == first.id
    assert (first.calls, first.first_called_at, first.last_called_at) == (3, NOON, NOON + 7 * MINUTE)
    assert (first.due_at, first.id) == place


@pytest.mark.proves("01-3.1", "S3")
def test_eight_calls_at_once_from_one_number_make_one_callback(acme: Database) -> None:
    with acme.transaction() as session:
        calls = [missed(session).id for _ in range(8)]

    def miss(call_id: str) -> str:
        with acme.transaction() as session:
            callback = callbacks.open_for(session, session.get_one(Call, call_id), "rang_out", NOON)
            assert callback is not None
            return callback.id

    with ThreadPoolExecutor(8) as threads:
        found = set(threads.map(miss, calls))
    with acme.reading() as session:
        (callback,) = session.scalars(sa.select(Callback))
        assert found == {callback.id}
        assert callback.calls == 8
        assert session.scalars(sa.select(Call.callback_id)).all() == [callback.id] * 8


def test_the_same_call_asked_for_twice_counts_once(session: Session) -> None:
    call = missed(session)
    first = callbacks.open_for(session, call, "rang_out", NOON)
    again = callbacks.open_for(session, call, "abandoned", NOON + MINUTE)
    assert first is not None
    assert again is first
    assert (first.calls, first.reason) == (1, "rang_out")


@pytest.mark.proves("S20")
def test_a_call_found_late_moves_the_first_time_back_and_nothing_else(session: Session) -> None:
    callback = opened(session)
    opened(session, NOON + MINUTE, received_at=NOON - 60 * MINUTE)
    assert (callback.first_called_at, callback.last_called_at) == (NOON - 60 * MINUTE, NOON)


def test_each_line_and_each_hidden_caller_has_a_callback_of_their_own(session: Session) -> None:
    rows = [opened(session), opened(session, line=OTHER), opened(session, caller=None), opened(session, caller=None)]
    assert len({row.id for row in rows}) == 4
    assert [row.state for row in rows] == ["waiting", "waiting", "no_number", "no_number"]


@pytest.mark.proves("01-3.1")
def test_the_promise_counts_open_minutes_only(session: Session) -> None:
    at_ten_to_five = NOON + 290 * MINUTE  # closing at 17:30, opening at 09:00: 40 minutes today, 20 tomorrow
    assert opened(session, at_ten_to_five).promised_by == NOON + dt.timedelta(hours=21, minutes=20)


def test_a_promise_that_still_holds_is_not_changed(session: Session) -> None:
    callback = opened(session)
    opened(session, NOON + 57 * MINUTE)
    assert callback.promised_by == NOON + 60 * MINUTE
    opened(session, NOON + 59 * MINUTE, ended_at=NOON + 59 * MINUTE)
    assert callback.promised_by == NOON + 60 * MINUTE, "who rang and heard nothing was told no other time"
    opened(session, NOON + 59 * MINUTE)
    assert callback.promised_by > NOON + 60 * MINUTE


def test_after_a_broken_promise_a_new_one_is_made_and_the_place_is_kept(session: Session) -> None:
    callback = opened(session)
    callback.rang_at = NOON + 30 * MINUTE
    opened(session, NOON + 61 * MINUTE)
    assert callback.promised_by == NOON + 125 * MINUTE
    assert callback.due_at == NOON + 60 * MINUTE
    assert callback.rang_at is None


def test_a_new_ring_brings_a_retry_forward_to_what_is_promised(session: Session) -> None:
    callback = opened(session)
    callback.due_at = NOON + 120 * MINUTE
    opened(session, NOON + MINUTE)
    assert callback.due_at == NOON + 60 * MINUTE


def test_an_unreached_caller_who_rings_again_is_waiting_with_all_tries_ahead(session: Session) -> None:
    callback = opened(session)
    callback.state, callback.attempts = "unreached", 4
    opened(session, NOON + MINUTE)
    assert (callback.state, callback.attempts) == ("waiting", 0)


def test_what_was_said_is_kept_word_by_word_and_who_was_gone_was_told_nothing(session: Session) -> None:
    call = missed(session)
    callback = callbacks.open_for(session, call, "rang_out", NOON)
    assert callback is not None
    promising.tell(session, callback, call, "We will ring you by one.", "voice", NOON)
    opened(session, NOON + MINUTE, ended_at=NOON + MINUTE)  # the same promise, nothing new to be said
    opened(session, caller="+12125550143", ended_at=NOON)
    assert promises(session) == [("voice", "We will ring you by one."), ("none", "")]


def test_getting_through_closes_it_and_nobody_elses(session: Session) -> None:
    mine, other_line, other = opened(session), opened(session, line=OTHER), opened(session, caller="+12125550143")
    call = missed(session, NOON + MINUTE)
    assert crossings.got_through(session, call, NOON + 2 * MINUTE) is mine
    assert (mine.state, mine.closed_reason, mine.closed_at) == ("closed", "got_through", NOON + 2 * MINUTE)
    assert {other_line.state, other.state} == {"waiting"}
    assert crossings.got_through(session, call, NOON + 3 * MINUTE) is None


def test_a_talk_told_of_late_does_not_close_what_a_later_call_has_raised(session: Session) -> None:
    talk = missed(session, NOON, joined_at=NOON + MINUTE)
    raised = opened(session, NOON + 10 * MINUTE)
    assert crossings.got_through(session, talk, NOON + 20 * MINUTE) is None
    assert raised.state == "waiting"


def test_after_it_is_closed_a_new_call_opens_another(session: Session) -> None:
    first = opened(session)
    crossings.got_through(session, missed(session), NOON)
    second = opened(session, NOON + MINUTE)
    assert second.id != first.id
    assert second.calls == 1


def test_who_holds_or_last_held_it_owes_the_caller(session: Session) -> None:
    callback = opened(session)
    assert callbacks.owed_by(session, MAIN, JANE) is None
    claims.claim(session, callback, "alex", NOON)
    assert callbacks.owed_by(session, MAIN, JANE) == "alex"
    claims.release(session, callback, "alex", NOON)
    assert callbacks.owed_by(session, MAIN, JANE) == "alex"


def test_a_blocked_caller_is_never_listed(session: Session) -> None:
    contacts.block(session, JANE, blocked=True)
    assert callbacks.open_for(session, missed(session), "rang_out", NOON) is None


def test_blocking_closes_what_is_open_but_not_under_a_live_phone(session: Session) -> None:
    callback, dialled = opened(session), opened(session, line=OTHER)
    dialled.state, dialled.claimed_by = "calling", "sam"
    session.add(Attempt(callback_id=dialled.id, staff_id="sam", created_at=NOON))
    callbacks.block(session, JANE, True, NOON)
    assert (callback.state, callback.closed_reason, dialled.state) == ("closed", "blocked", "calling")
    callbacks.block(session, JANE, False, NOON)
    assert opened(session, NOON + MINUTE).state == "waiting"


@pytest.mark.parametrize("in_hand", [False, True])
def test_unblocking_puts_back_what_the_block_closed_as_it_was(session: Session, in_hand: bool) -> None:
    callback = opened(session)
    if in_hand:
        claims.claim(session, callback, "alex", NOON)
        callback.by_hand_at, callback.lease_until = NOON, NOON + 10 * MINUTE
    before = columns(callback)
    callbacks.block(session, JANE, True, NOON + MINUTE)
    assert (callback.state, callback.claimed_by, callback.lease_until) == ("closed", None, None)
    callbacks.block(session, JANE, False, NOON + 2 * MINUTE)
    assert columns(callback) == before
    callbacks.close(session, callback, "alex", "wrong_person", NOON + 3 * MINUTE)
    callbacks.block(session, JANE, False, NOON + 4 * MINUTE)
    assert callback.closed_reason == "wrong_person", "what a person closed stays closed"


def test_unblocking_leaves_a_newer_place_the_only_one_and_what_was_blocked_long_ago(session: Session) -> None:
    old = opened(session)
    callbacks.block(session, JANE, True, NOON)
    contacts.block(session, JANE, False)
    new = opened(session, NOON + MINUTE)
    callbacks.block(session, JANE, False, NOON + MINUTE)
    assert (old.state, new.state) == ("closed", "waiting")
    callbacks.close(session, new, "alex", "talked", NOON + MINUTE)
    callbacks.block(session, JANE, False, NOON + dt.timedelta(days=31))
    assert old.state == "closed"
    callbacks.block(session, JANE, False, NOON + dt.timedelta(days=29))
    assert old.state == "waiting"


def columns(row: Callback) -> dict[str, object]:
    return {column.name: getattr(row, column.name) for column in Callback.__table__.columns}


@pytest.mark.proves("01-3.3", "S16")
@pytest.mark.parametrize(("number", "why"), [(PREMIUM, "premium"), ("+442071234567", "foreign"), (OTHER, "own_line")])
def test_a_number_the_policy_forbids_is_held_with_the_reason(session: Session, number: str, why: str) -> None:
    callback = opened(session, caller=number)
    assert (callback.state, callback.held_reason) == ("held", why)


@pytest.mark.proves("01-3.2")
def test_the_list_is_in_order_of_promise_and_its_pages_fit_together(session: Session) -> None:
    for last, due in enumerate((40, 20, 20, 60, 20, 10)):
        callback = opened(session, caller=f"+1212555014{last}")
        callback.due_at = NOON + due * MINUTE
    session.flush()
    whole = callbacks.listed(session, limit=50)
    assert [row.due_at for row in whole.items] == sorted(row.due_at for row in whole.items)
    assert whole.next is None
    pages: list[str] = []
    cursor = None
    while not pages or cursor is not None:
        page = callbacks.listed(session, limit=2, cursor=cursor)
        pages += [row.id for row in page.items]
        cursor = page.next
    assert pages == [row.id for row in whole.items]
    assert callbacks.listed(session, ["held"]).items == []


@pytest.mark.parametrize("cursor", ["", "x", "bm90IG91cnM", "🙂"])
def test_a_cursor_that_is_not_ours_is_refused(session: Session, cursor: str) -> None:
    with pytest.raises(ValueError, match="did not come from a list of ours"):
        callbacks.listed(session, cursor=cursor)


def test_calls_today_are_counted_from_midnight_on_the_line(session: Session) -> None:
    zone = "America/New_York"
    for hours in (13, 11, 1, 0):  # 23:00 the evening before, then 01:00, 11:00 and noon
        missed(session, NOON - dt.timedelta(hours=hours))
    missed(session, NOON, line=OTHER)
    assert contacts.calls_today(session, MAIN, JANE, NOON, zone) == 3
    assert contacts.calls_today(session, MAIN, None, NOON, zone) == 1


def test_a_name_given_by_staff_wins_over_the_carriers(session: Session) -> None:
    assert contacts.name_of(session, JANE) is None
    contacts.remember(session, JANE, carrier_name="DOE J")
    assert contacts.name_of(session, JANE) == "DOE J"
    contacts.block(session, JANE, name="Jane Doe")
    assert contacts.name_of(session, JANE) == "Jane Doe"
    contacts.remember_talk(session, missed(session), "sam", NOON)
    contact = contacts.find(session, JANE)
    assert contact is not None
    assert (contact.name, contact.last_staff_id, contact.last_talk_at) == ("Jane Doe", "sam", NOON)
