"""A promise is near and nobody has it: one phone after the other rings by itself, and a key rings the caller."""

import datetime as dt

import pytest
import sqlalchemy as sa

from tests import firm
from tests.conftest import MakeWorld
from tests.world import World
from voice import attempts, callbacks, claims
from voice.claims import Refusal
from voice.models import Attempt, Callback
from voice.rules import near
from voice.simulator import scripts
from voice.simulator.phones import Phone
from voice.work.worker import SWEEP_EVERY

JANE = "+12125550177"
MINUTE, SECOND = dt.timedelta(minutes=1), dt.timedelta(seconds=1)


def owing(world: World) -> World:
    """Jane hung up while it rang; it is just before the last five minutes of the promise made to her."""
    world.rings(JANE, patience=6)
    world.advance(12)
    for phone in world.phones.values():
        phone.rings.clear()
    promise(world, world.now + 5 * MINUTE + dt.timedelta(seconds=1))  # as if an hour had gone by
    return world


def promise(world: World, by: dt.datetime) -> None:
    """Jane was promised that time."""
    with world.database.transaction() as session:
        callback = session.scalars(sa.select(Callback)).one()
        callback.promised_by = callback.due_at = by


def ringing(world: World) -> str:
    """Whose phone rings for the promise, once one does."""
    for _ in range(20):
        world.advance(1)
        if world.ringing():
            break
    (name,) = world.ringing()
    return name


def alone(world: World) -> Phone:
    """Nobody but Sam is on; their phone."""
    with world.database.transaction() as session:
        session.execute(sa.text("UPDATE staff SET availability='off' WHERE id='alex'"))
        session.execute(sa.text("UPDATE business SET version=version+1"))
    return world.staff("sam")


@pytest.fixture
def due(world: World) -> World:
    """Jane is owed a call by eleven o'clock."""
    world.rest = SWEEP_EVERY  # to the second
    return owing(world)


def row(world: World) -> Callback:
    """Jane's callback."""
    (found,) = world.callbacks()
    return found


def rung(world: World) -> dict[str, int]:
    """How often each phone rang since."""
    return {name: len(phone.rings) for name, phone in world.phones.items() if phone.rings}


def endings(world: World) -> list[tuple[str, str | None]]:
    """Whose phone rang for Jane, and how each ended."""
    rows = sa.select(Attempt).order_by(Attempt.created_at)
    return world.read(lambda session: [(each.staff_id, each.ending) for each in session.scalars(rows)])


@pytest.mark.proves("02-3.4")
def test_a_key_claims_it_and_rings_the_caller(due: World) -> None:
    sam = due.staff("sam", scripts.Answers(after=3, key_after=7))
    due.staff("alex", scripts.Answers(after=3, key_after=7))
    due.caller(JANE).script = scripts.Answers(after=3, key="", talk=30)
    promised = row(due).promised_by
    who = due.phones[ringing(due)]
    due.advance(4)
    assert "2 1 2, 5 5 5, 0 1 7 7 is due by ten oh five. Any key to ring them now." in who.said_to_it()
    assert (row(due).state, row(due).claimed_by) == ("waiting", None)
    due.advance(50)
    kept = row(due)
    assert (kept.state, kept.claimed_by) == ("wrapping_up", "sam" if who is sam else "alex")
    assert kept.rang_at is not None
    assert kept.rang_at < promised
    due.advance(300)
    assert sum(rung(due).values()) == 1


def test_each_is_rung_once_in_turn_and_nobody_twice_for_one_promise(due: World) -> None:
    due.advance(5 * 60)
    assert rung(due) == {"sam": 1, "alex": 1}
    assert [ending for _, ending in endings(due)] == ["not_accepted"] * 2
    assert (row(due).state, row(due).attempts) == ("waiting", 0)


def test_who_declines_is_followed_by_the_next(due: World) -> None:
    due.staff("sam", scripts.Declines(after=2))
    due.staff("alex", scripts.Declines(after=2))
    due.advance(40)
    assert rung(due) == {"sam": 1, "alex": 1}


def test_a_caller_who_rings_in_gets_the_phone_that_rings_for_a_promise(due: World) -> None:
    sam = alone(due)
    assert ringing(due) == "sam"
    leg = due.rings("+12125550199", talk=20)
    due.advance(2)
    assert len(sam.rings) == 1  # the same ring, now for the caller who is on the line
    sam.pick_up()
    due.advance(2)
    assert "any key to take it" in sam.said_to_it()
    sam.press("1")
    due.advance(40)
    assert due.call(leg).outcome == "talked"
    assert ringing(due) == "sam"  # and then Jane's promise again: it had got no chance
    due.advance(30)


@pytest.mark.proves("02-3.5")
def test_a_promise_that_would_be_missed_keeps_its_phone_when_a_caller_rings_in(due: World) -> None:
    sam = alone(due)
    due.caller(JANE).script = scripts.Answers(after=3, key="", talk=30)
    promise(due, due.now + 40 * SECOND)
    promised = row(due).promised_by
    assert ringing(due) == "sam"
    due.rings("+12125550199", patience=18)
    due.advance(3)
    sam.pick_up()
    due.advance(2)
    assert "is due by" in sam.said_to_it()
    sam.press("1")
    due.advance(10)
    kept = row(due)
    assert kept.rang_at is not None
    assert kept.rang_at < promised


@pytest.mark.parametrize("seconds", [240, 40], ids=["there is time", "it would be missed"])
@pytest.mark.proves("02-3.5")
def test_no_promise_takes_a_phone_while_a_caller_waits_unless_it_would_be_missed(due: World, seconds: int) -> None:
    promise(due, due.now + 9 * MINUTE)
    due.staff("sam", scripts.Declines(after=1))
    due.staff("alex")
    due.rings("+12125550199", patience=18)
    due.advance(5)
    promise(due, due.now + seconds * SECOND)
    due.advance(10)
    assert [who for who, _ in endings(due)] == ([] if seconds > 60 else ["sam"])  # although Sam's phone is free again
    due.advance(20)
    assert len(endings(due)) > 0


@pytest.mark.parametrize("how", ["claim", "close", "ring back"])
def test_whoever_takes_it_meanwhile_has_it_and_the_phone_stops(due: World, how: str) -> None:
    rings = ringing(due)
    other = "alex" if rings == "sam" else "sam"
    due.staff(other, scripts.Answers(after=2, key=""))
    with due.database.transaction() as session:
        callback = session.scalars(sa.select(Callback)).one()
        if how == "claim":
            assert claims.claim(session, callback, other, due.now) is None
        elif how == "close":
            assert callbacks.close(session, callback, other, "done_by_staff", due.now) is None
        else:
            assert not isinstance(attempts.ring_back(session, callback, other, due.now), Refusal)
    due.advance(8)
    assert rings not in due.ringing()
    due.advance(60)
    assert len(due.phones[rings].rings) == 1


def test_the_caller_rings_in_while_a_phone_rings_for_their_promise(due: World) -> None:
    rings = ringing(due)
    leg = due.rings(JANE, talk=20)
    due.advance(2)
    due.phones[rings].pick_up()
    due.advance(2)
    due.phones[rings].press("1")
    due.advance(40)
    assert (due.call(leg).outcome, row(due).closed_reason) == ("talked", "got_through")


@pytest.mark.parametrize(
    ("start", "line"),
    [(firm.MONDAY_TEN, {"due_ring": False}), (firm.MONDAY_TEN + dt.timedelta(hours=10, minutes=58), {})],
    ids=["switched off", "the caller's evening"],
)
def test_nobody_is_rung_where_the_line_or_the_callers_evening_forbids_it(
    make_world: MakeWorld, start: dt.datetime, line: dict[str, object]
) -> None:
    world = make_world(start=start, **line)
    world.rings(JANE, patience=6)
    world.advance(12)
    promise(world, start + 8 * MINUTE)
    world.advance(8 * 60)
    assert endings(world) == []


def test_a_worker_that_is_back_late_rings_for_no_promise_that_is_past(due: World) -> None:
    due.kill_worker()
    due.advance(6 * 60)
    due.wake_worker()
    due.advance(60)
    assert rung(due) == {}


def test_a_promise_put_off_by_somebody_is_not_rung_for(due: World) -> None:
    with due.database.transaction() as session:
        session.scalars(sa.select(Callback)).one().due_at += 60 * MINUTE
    due.advance(5 * 60)
    assert rung(due) == {}


@pytest.mark.parametrize(
    ("seconds_left", "live", "why"),
    [
        (600, True, "still time"),
        (44, False, "would be late"),
        (0, True, "late already"),
        (None, True, "kept already"),
    ],
)
@pytest.mark.proves("02-3.5")
def test_a_live_caller_goes_first_unless_the_oldest_promise_would_be_missed(
    seconds_left: float | None, live: bool, why: str
) -> None:
    now = firm.MONDAY_TEN
    first = near.first(None if seconds_left is None else now + dt.timedelta(seconds=seconds_left), now)
    assert first.live is live
    assert why in first.why


@pytest.mark.proves("02-3.4")
def test_the_list_says_so_loudly_from_five_minutes_before_until_somebody_has_it() -> None:
    now = firm.MONDAY_TEN
    assert not near.needs_somebody("waiting", now + 6 * MINUTE, None, now)
    assert near.needs_somebody("waiting", now + 5 * MINUTE, None, now)
    assert near.needs_somebody("waiting", now - 5 * MINUTE, None, now)
    assert not near.needs_somebody("claimed", now + MINUTE, None, now)
    assert not near.needs_somebody("waiting", now + MINUTE, now, now)


@pytest.mark.proves("02-3.4")
def test_the_freest_is_who_has_no_note_to_write_and_was_longest_off_the_phone() -> None:
    now = firm.MONDAY_TEN
    sam, alex = near.Candidate("sam", now - MINUTE), near.Candidate("alex", now - 9 * MINUTE)
    kim = near.Candidate("kim", None, wrapping_up=True)
    assert near.freest([sam, alex, kim], ()) == "alex"
    assert near.freest([sam, alex, kim], ("alex", "sam")) == "kim"
    assert near.freest([sam], ("sam",)) is None
