"""A phone whose mailbox has been met rings to below it from then on, and again while the caller waits."""

import datetime as dt
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from tests import firm
from tests.conftest import MakeWorld
from tests.test_call_as_lived import reasons
from tests.world import World, seconds, talked_with
from voice import mailboxes, past_calls, ringing, roster
from voice.carrier import fallback
from voice.db import Database
from voice.firm import Line, StaffMember
from voice.models import Leg, Mailbox
from voice.rules import ring_limit
from voice.rules.availability import Heard as Rung
from voice.rules.availability import missed_in_a_row
from voice.rules.ring_limit import HOLDS, Heard, Limit, TakeOver
from voice.simulator import scripts
from voice.simulator.switches import RestFault

pytestmark = pytest.mark.proves("01-2.20")
NOON = dt.datetime(2026, 11, 23, 17, 0, tzinfo=dt.UTC)


def at(day: float) -> dt.datetime:
    """So many days after the first ring."""
    return NOON + dt.timedelta(days=day)


def after(*rings: tuple[str, float]) -> Limit | None:
    """What is known of a phone after these rings, one a day, the oldest first."""
    seen: tuple[TakeOver, ...] = ()
    for day, (by, second) in enumerate(rings):
        seen = ring_limit.learn(seen, Heard(by, second, at(day)))  # type: ignore[arg-type]
    return ring_limit.limit(seen)


def machines(*after: float) -> list[tuple[str, float]]:
    """Rings that a machine took."""
    return [("machine", second) for second in after]


@pytest.mark.parametrize(
    ("rings", "limit"),
    [
        (machines(13.2), None),  # once is an accident
        (machines(13.2, 12.9), 10),
        (machines(13.2, 13.6), 11),
        (machines(13.2, 9, 13.0), 11),  # declined in between: that network's mailbox comes when the hand says so
        (machines(13, 13, 10, 10), 8),  # moved
        (machines(10, 10, 13), 8),  # perhaps moved; the 10 still stands until it has been seen twice
        (machines(8, 8.1), 6),
        (machines(7.9, 7.9), None),  # too soon for anybody to have reached the phone
        (machines(1, 13, 2, 1, 3, 2, 13), 11),  # often off, or declined
        (machines(16.8, 16.4), 14),
        (machines(17.2, 17.1), None),  # a ring ends before that anyway
        ([*machines(13, 13), ("person", 6)], 11),
        ([*machines(13, 13), ("person", 11.4)], 11),  # picked up while we were ending the ring
        ([*machines(13, 13), ("person", 12.5)], None),  # they would have been cut off
        ([("person", 12.5), *machines(13, 13)], 11),  # the newest word counts; they are rung a second time anyway
        ([*machines(13, 13), ("person", 14)], None),
        ([*machines(13, 13), ("nobody", 15.1)], None),  # gone, or moved beyond our ring
        ([*machines(13, 13), ("nobody", 11.3)], 11),  # ended below it: says nothing
        ([("machine", 13), ("nobody", 13.5), ("machine", 13)], 11),  # ended by another's answer, a moment too late
        ([], None),
    ],
)
def test_two_take_overs_alike_are_a_mailbox_until_something_speaks_against_it(
    rings: list[tuple[str, float]], limit: int | None
) -> None:
    found = after(*rings)
    assert (found.seconds if found else None) == limit


def test_what_was_learned_is_tried_again_after_a_month_and_one_more_take_over_renews_it() -> None:
    found = after(*machines(13, 13))
    assert found == Limit(11, 13, at(1) + HOLDS)
    seen = [TakeOver(13, at(1)), TakeOver(13, at(0))]
    again = ring_limit.limit(ring_limit.learn(seen, Heard("machine", 13.4, at(33))))
    assert again == Limit(11, 13, at(33) + HOLDS)
    assert ring_limit.learn(seen, Heard("nobody", 15.0, at(33))) == ()


@given(st.lists(st.tuples(st.sampled_from(("machine", "person", "nobody")), st.floats(0, 20)), max_size=12))
def test_whatever_was_heard_a_phone_rings_long_enough_and_below_two_take_overs(rings: list[tuple[str, float]]) -> None:
    found = after(*rings)
    if found is not None:
        assert 6 <= found.seconds < 15
        assert sum(by == "machine" and second >= found.seconds + 2 for by, second in rings) >= 2
        assert not any(by == "person" and second > found.seconds + 2 for by, second in rings[-1:])


@pytest.mark.parametrize(("limit", "timeout"), [(None, 12), (14, 9), (11, 6), (6, 5)])
def test_the_ladder_dials_below_the_mailbox_by_the_seconds_the_carrier_adds(limit: int | None, timeout: int) -> None:
    known = Limit(limit, limit + 2, NOON) if limit else None
    assert fallback.step_seconds(known) == timeout


def test_a_phone_that_rang_to_its_limit_has_rung_out() -> None:
    stopped = [Rung(str(caller), "cancelled", 11.2, 11) for caller in range(3)]
    assert missed_in_a_row(stopped) == 3
    assert missed_in_a_row([Rung(ring.call_id, ring.end, ring.rang, 15) for ring in stopped]) == 0


def rung(world: World) -> list[float]:
    """How long each ring of Sam's phone lasted, in seconds."""
    return [
        round(seconds(ring.ended or world.now, ring.started)) for ring in world.phones["sam"].rings
    ]  # fmt: skip


@pytest.mark.proves("C2")
def test_a_mailbox_at_13_s_takes_two_callers_and_no_third(make_world: MakeWorld) -> None:
    world = make_world(staff=("sam",), ring_seconds=30)
    world.day.carrier.switches.api_buffer_seconds = 5.0  # the carrier may add these: it is we who end the ring
    machine = scripts.Mailbox(after=13)
    sam = world.staff("sam", scripts.InTurn((*[machine] * 4, scripts.Answers(after=4))))
    for caller in range(2):
        leg = world.rings(f"+1212555017{caller}")
        world.advance(40)
        assert world.call(leg).cause == "mailbox"
    world.ring_back("sam")
    world.advance(20)
    assert rung(world) == [13, 13, 11]  # who rings back is spared their mailbox as well
    leg = world.rings(talk=20)
    world.advance(50)
    assert talked_with(leg) is sam
    assert rung(world)[3:] == [11, 4]
    assert [(row.ring_seconds, row.state) for row in world.legs(world.call(leg))] == [(11, "cancelled"), (11, "ended")]
    plan = world.read(lambda session: ringing.waiting(session, session.merge(world.call(leg), load=False), world.now))
    assert {ring.seconds for ring in plan.rings} == {11}
    outbound = [placed.timeout for placed in world.day.carrier.calls.values() if placed.direction == "outbound-api"]
    assert outbound == [15, 15, 11, 11, 11]
    told = reasons(world, world.call(leg))
    assert "Everyone at once: the line's setting; for 11 s at most, as its mailbox takes over at 13 s" in told
    assert "Stopped at 11 s, before the mailbox" in told
    assert "Rung again: nobody had taken the call yet; for 11 s at most, as its mailbox takes over at 13 s" in told

    # What is played again later rings as long; the file for the day the tables are gone knows it too.
    line = world.read(lambda session: session.get_one(Line, firm.LINE))
    past = world.read(lambda session: past_calls.read(session, line, world.now - dt.timedelta(hours=1), world.now))
    assert [[ring.limit for ring in call.rings] for call in past.calls] == [[15], [15], [11, 11]]
    home = Path(world.settings.ringback_home)
    roster.keep(world.read(roster.current), home)
    assert roster.kept(home) == world.read(roster.current)

    # On the ladder the carrier adds five seconds of its own.
    world.day.carrier.moods.rest.append(RestFault("error", match="POST .*/Calls.json", status=400, code=10003))
    world.staff("sam", machine)
    world.rings("+12125550179", patience=20)
    world.advance(30)
    assert rung(world)[5:] == [11]


@pytest.fixture
def acme(database: Database) -> Database:
    """Acme Plumbing, on each of the two databases."""
    firm.found(database)
    return database


def rang(database: Database, state: str, after: float, key: bool = False, phone: str = "sam") -> None:
    """A phone has rung, and it stopped or was picked up after so many seconds."""
    leg = Leg(line=firm.LINE, staff_id="sam", phone=firm.PHONES[phone], state=state, ringing_at=NOON)
    end = NOON + dt.timedelta(seconds=after)
    if state in ("not_screened", "ended"):
        leg.picked_up_at = end
    leg.accepted_at, leg.ended_at = end if key else None, end
    with database.transaction() as session:
        mailboxes.heard(session, leg, silent=state == "not_screened")


def limits(database: Database, **values: object) -> tuple[int, int]:
    """How long Sam's phone may ring now and in a month, with these columns of his."""
    with database.transaction() as session:
        sam = session.get_one(StaffMember, "sam")
        for name, value in values.items():
            setattr(sam, name, value)
        session.flush()
        now, month = (mailboxes.ring_seconds(session, sam, at(day)) for day in (0, 30.1))
        return now, month


def test_it_is_remembered_by_number_for_a_month_and_forgotten_when_nothing_takes_over(acme: Database) -> None:
    for _ in range(2):
        assert limits(acme) == (15, 15)
        rang(acme, "not_screened", 13.1)
        rang(acme, "failed", 0)
        rang(acme, "cancelled", 11)
        rang(acme, "ended", 12)  # picked up and put down: whoever that was
    assert limits(acme) == (11, 15)
    assert limits(acme, no_mailbox=True) == (15, 15)
    assert limits(acme, no_mailbox=False, phone=firm.PHONES["alex"]) == (15, 15)
    rang(acme, "no_answer", 15, phone="alex")
    assert limits(acme, phone=firm.PHONES["sam"]) == (11, 15)
    rang(acme, "ended", 12.5, key=True)
    assert limits(acme) == (15, 15)
    rang(acme, "not_screened", 13)
    rang(acme, "not_screened", 13)
    assert limits(acme) == (11, 15)
    rang(acme, "no_answer", 15)
    with acme.reading() as session:
        assert session.scalars(sa.select(Mailbox)).all() == []
