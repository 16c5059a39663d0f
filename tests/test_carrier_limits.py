"""What the carrier bears and what it refuses: every limit and fault of its API costs seconds, never a caller."""

import datetime as dt
import itertools

import pytest
import sqlalchemy as sa

from tests import firm
from tests.conftest import MakeWorld
from tests.world import World
from voice import carrier_pace, legs
from voice.db import Database
from voice.ledger import Notice
from voice.models import Leg
from voice.replay.box import SOON
from voice.simulator import scripts
from voice.simulator.switches import RestFault

PLACING = "POST .*/Calls.json"
ALL = ("sam", "alex", "kim")


def placed(world: World) -> list[dt.datetime]:
    """When the carrier was asked to place a leg."""
    asked = (each for each in world.day.carrier.requests if each["method"] == "POST")
    return [dt.datetime.fromisoformat(each["at"]) for each in asked if each["path"].endswith("/Calls.json")]


def overlaps(world: World) -> int:
    """How many staff phones rang at the same moment, at most."""
    changes = [
        change
        for phone in world.phones.values()
        for ring in phone.rings
        for change in ((ring.started, 1), (ring.ended or world.now, -1))
    ]
    level = most = 0
    for _at, step in sorted(changes):
        level += step
        most = max(most, level)
    return most


@pytest.mark.proves("01-6.10", "B11")
def test_legs_are_asked_for_one_a_second_and_callers_first_phones_come_first(make_world: MakeWorld) -> None:
    world = make_world(staff=ALL)
    for name in ALL:
        world.staff(name, scripts.Script())
    for caller in ("+12125550177", "+12125550178", "+12125550179"):
        world.rings(caller)
        world.advance(0.1)
    world.advance(10)
    times = placed(world)
    assert len(times) >= 3
    assert all((later - one).total_seconds() >= 1 for one, later in itertools.pairwise(times))
    firsts = world.read(lambda session: list(session.scalars(sa.select(Leg.call_id).order_by(Leg.placed_at)).all()))
    assert len(set(firsts[:3])) == 3  # one phone for everybody before a second for anybody
    assert {request["status"] for request in world.day.carrier.requests} <= {200, 201}  # nothing had to be queued


@pytest.mark.proves("01-6.10")
@pytest.mark.parametrize("mode", ["create", "fail"])
def test_an_account_that_bears_two_legs_rings_one_phone_at_a_time_and_still_reaches_somebody(
    make_world: MakeWorld, mode: str
) -> None:
    world = make_world(staff=ALL, ring_seconds=30)
    world.day.carrier.switches.set(max_legs=2, cap_mode=mode)  # the caller's own, and one more
    sam, alex = world.staff("sam", scripts.Declines(after=6)), world.staff("alex", scripts.Answers(after=5))
    world.staff("kim", scripts.Answers(after=5))
    world.tick = SOON  # in "fail" a third is asked for in the moment before the second is known to have failed
    leg = world.rings(talk=30)
    world.advance(5)
    asked_early = len(placed(world))
    world.advance(85)
    call = world.call(leg)
    assert call.outcome == "talked"
    assert call.answered_by in ("alex", "kim")
    assert overlaps(world) == 1
    # The second was refused; from then on nobody is asked for while a phone rings. A failed leg says so a second later.
    assert asked_early == (2 if mode == "create" else 3)
    assert len(sam.rings) == 1
    limited = world.read(lambda session: session.scalars(sa.select(Leg).where(Leg.state == "limited")).all())
    assert len(limited) == asked_early - 1
    assert world.callbacks() == []
    assert [alex.rings, world.phones["kim"].rings].count([]) == 1  # the one after the other, nobody for show


@pytest.mark.proves("01-6.10")
def test_a_learned_limit_holds_for_the_next_caller_and_is_forgotten_in_time(make_world: MakeWorld) -> None:
    world = make_world(staff=ALL)
    world.day.carrier.switches.set(max_legs=2)
    for name in ALL:
        world.staff(name, scripts.Answers(after=3))
    world.staff("sam", scripts.Declines(after=10))
    taken = world.rings(talk=20)
    world.advance(4)
    assert world.take_it(taken, "kim")  # there is no room for their phone as yet
    world.advance(56)
    assert world.call(taken).answered_by == "kim"
    world.staff("sam", scripts.Answers(after=3))
    before = len(placed(world))
    world.rings("+12125550178", talk=20)
    world.advance(3)
    assert len(placed(world)) == before + 1  # no second refusal to find out what is known
    world.advance(600)
    world.day.carrier.switches.set(max_legs=None)
    for name in ALL:
        world.staff(name, scripts.Script())
    world.rings("+12125550179", patience=8)
    world.advance(20)
    assert overlaps(world) == 3


def learned_cap(world: World) -> int | None:
    """How many legs at once we believe the carrier bears."""
    return world.read(lambda session: carrier_pace.cap(session, world.now))


@pytest.mark.proves("01-6.10")
@pytest.mark.lived_on("sqlite")
def test_one_phone_that_cannot_be_reached_is_no_limit_of_the_carrier(make_world: MakeWorld) -> None:
    world = make_world(staff=ALL, ring_seconds=30)
    world.staff("alex", scripts.Fails())
    world.tick = SOON
    world.rings(patience=50)
    world.advance(23)  # Alex' phone has failed once more, and nothing else was up
    assert (learned_cap(world), sorted(world.ringing())) == (None, ["kim", "sam"])
    world.advance(50)
    second = world.rings("+12125550178", patience=50)
    world.advance(8)
    assert (learned_cap(world), sorted(world.ringing())) == (None, ["kim", "sam"])
    assert [leg.state for leg in world.legs(world.call(second)) if leg.staff_id == "alex"] == ["failed"]


@pytest.mark.proves("01-6.10")
def test_a_limit_is_unlearned_as_soon_as_more_phones_ring_at_once(database: Database) -> None:
    firm.found(database, staff=ALL)
    now = firm.MONDAY_TEN
    with database.transaction() as session:
        placed = {"line": firm.LINE, "purpose": "ring", "placed_at": now, "stop_at": now + dt.timedelta(seconds=19)}
        sam, alex, kim = (Leg(id=who, staff_id=who, phone=firm.PHONES[who], sid=who, **placed) for who in ALL)
        kim.sid = None  # the carrier is being asked
        session.add_all((sam, alex, kim))
        session.flush()
        legs.apply(session, sam, "ringing", now)
        legs.apply(session, alex, "failed", now + dt.timedelta(seconds=1))
        assert (alex.state, carrier_pace.cap(session, now)) == ("limited", 1)
        legs.apply(session, kim, "ringing", now + dt.timedelta(seconds=1))
        assert carrier_pace.cap(session, now) is None


@pytest.mark.proves("01-6.10", "B1")
def test_too_many_requests_is_asked_again_and_no_limit_is_learned_from_it(make_world: MakeWorld) -> None:
    world = make_world(staff=ALL)
    busy = RestFault("error", match=PLACING, times=2, status=429, code=20429, message="Too many requests")
    world.day.carrier.moods.rest.append(busy)
    sam = world.staff("sam", scripts.Answers(after=4))
    world.staff("alex", scripts.Script())
    world.staff("kim", scripts.Script())
    leg = world.rings(talk=30)
    world.advance(90)
    assert world.call(leg).outcome == "talked"
    assert len(sam.rings) <= 1
    assert overlaps(world) == 3
    times = placed(world)
    assert (times[1] - times[0]).total_seconds() >= 2  # it was told to slow down


@pytest.mark.proves("01-6.10", "B3", "S8")
@pytest.mark.parametrize("fault", ["error_done", "timeout_done"])
def test_a_call_that_was_placed_though_its_answer_was_lost_rings_once_and_is_bound_by_its_news(
    make_world: MakeWorld, fault: str
) -> None:
    world = make_world(staff=("sam",))
    world.day.carrier.moods.rest.append(RestFault(fault, match=PLACING, times=1))  # type: ignore[arg-type]
    sam = world.staff("sam", scripts.Answers(after=6))
    leg = world.rings(talk=30)
    world.advance(90)
    assert len(placed(world)) == 1
    assert len(sam.rings) == 1
    rows = world.read(lambda session: session.scalars(sa.select(Leg)).all())
    assert [row.sid for row in rows] == [sam.legs[0].sid]
    assert world.call(leg).outcome == "talked"


@pytest.mark.proves("01-6.10", "B2", "S8")
@pytest.mark.parametrize("fault", ["error", "timeout"])
def test_a_call_that_was_not_placed_is_not_sent_again_blindly_and_another_phone_rings(
    make_world: MakeWorld, fault: str
) -> None:
    world = make_world(staff=("sam", "alex"), ring_seconds=40)
    world.day.carrier.moods.rest.append(RestFault(fault, match=PLACING, times=1))  # type: ignore[arg-type]
    sam, alex = world.staff("sam", scripts.Answers(after=4)), world.staff("alex", scripts.Answers(after=8))
    leg = world.rings(talk=30)
    world.advance(15)
    assert sam.rings == []  # perhaps it rings: nobody asks twice
    world.advance(90)
    assert len(alex.rings) == 1
    assert world.call(leg).answered_by == "alex"
    assert all(row.ended_at for row in world.read(lambda session: session.scalars(sa.select(Leg)).all()))


@pytest.mark.proves("01-6.10", "B4")
def test_a_refused_connection_was_not_a_call_so_the_phone_is_asked_for_again(make_world: MakeWorld) -> None:
    world = make_world(staff=("sam",))
    world.day.carrier.moods.rest.append(RestFault("refused", match=PLACING, times=2))
    sam = world.staff("sam", scripts.Answers(after=3))
    leg = world.rings(talk=30)
    world.advance(90)
    assert len(sam.rings) == 1
    assert world.call(leg).outcome == "talked"


@pytest.mark.proves("01-6.10", "01-2.14", "B6")
@pytest.mark.parametrize(("status", "code"), [(401, 20003), (400, 21216), (400, 10003), (403, 20005)])
def test_an_account_that_may_not_call_counts_as_dead_at_once_and_the_owner_is_told(
    world: World, status: int, code: int
) -> None:
    world.day.carrier.moods.rest.append(RestFault("error", match=PLACING, status=status, code=code))
    sam, alex = world.staff("sam", scripts.Script()), world.staff("alex", scripts.Answers(after=3))
    leg = world.rings(talk=30)
    world.advance(120)
    call = world.call(leg)
    assert len(placed(world)) == 1  # one refusal is enough
    assert (call.path, call.outcome, call.answered_by) == ("dial", "talked", "alex")
    assert [len(sam.rings), len(alex.rings)] == [1, 1]
    notices = world.read(lambda session: session.scalars(sa.select(Notice.words)).all())
    assert len(notices) == 1
    assert str(code) in notices[0]


@pytest.mark.proves("01-6.10", "B7", "B8")
@pytest.mark.parametrize(("status", "code"), [(400, 21211), (400, 21215), (403, 21215), (400, 13227)])
def test_a_number_that_cannot_be_rung_is_not_tried_again_and_the_others_still_ring(
    world: World, status: int, code: int
) -> None:
    world.day.carrier.moods.rest.append(RestFault("error", match=PLACING, times=1, status=status, code=code))
    sam, alex = world.staff("sam", scripts.Answers(after=3)), world.staff("alex", scripts.Answers(after=4))
    leg = world.rings(talk=30)
    world.advance(90)
    assert sam.rings == []
    assert len(alex.rings) == 1
    assert (world.call(leg).path, world.call(leg).answered_by) == ("queue", "alex")
    notices = world.read(lambda session: session.scalars(sa.select(Notice.words)).all())
    assert ["sam" in words for words in notices] == [True]
    assert firm.PHONES["sam"] not in notices[0]


@pytest.mark.proves("01-6.10", "01-2.14", "B4")
def test_an_api_that_answers_nothing_is_left_alone_after_three_tries_and_the_ladder_serves_the_caller(
    make_world: MakeWorld,
) -> None:
    world = make_world(staff=ALL, ring_seconds=30)
    world.day.http_client.dead = True
    world.staff("sam", scripts.Answers(after=3))
    leg = world.rings(talk=30)
    world.advance(100)
    call = world.call(leg)
    assert (call.path, call.outcome, call.answered_by) == ("dial", "talked", "sam")
    shut = [line for line in world.logs if line["event"] == "leg_not_placed"]
    assert 3 <= len(shut) <= 4
    world.day.http_client.dead = False
    world.advance(60)
    second = world.rings("+12125550178", talk=30)
    world.advance(90)
    assert (world.call(second).path, world.call(second).outcome) == ("queue", "talked")


@pytest.mark.proves("01-6.10", "01-2.14", "B12")
def test_an_api_that_hangs_does_not_hold_the_caller_in_a_queue_where_nothing_rings(make_world: MakeWorld) -> None:
    world = make_world(staff=ALL, ring_seconds=40)
    world.day.carrier.moods.rest.append(RestFault("timeout", match=PLACING))
    sam = world.staff("sam", scripts.Answers(after=3))
    leg = world.rings(talk=30)
    world.advance(120)
    assert (world.call(leg).path, world.call(leg).outcome) == ("dial", "talked")
    assert len(sam.rings) == 1


@pytest.mark.proves("01-6.10", "01-2.9")
@pytest.mark.parametrize("fault", ["error", "timeout"])
def test_an_api_that_refuses_everything_when_all_have_declined_costs_the_caller_one_more_wait(
    make_world: MakeWorld, fault: str
) -> None:
    world = make_world(ring_seconds=60)
    world.forgiven.add("job_failed")  # nobody can be fetched out of their queue
    for name in ("sam", "alex"):
        world.staff(name, scripts.Declines(after=4))
    leg = world.rings()
    world.advance(4)
    assert world.ringing() == ["sam", "alex"]
    world.day.carrier.moods.rest.append(RestFault(fault, status=401, code=20003))  # type: ignore[arg-type]
    world.advance(30)
    call = world.call(leg)
    assert (call.outcome, call.cause, call.path) == ("callback", "declined", "queue")
    assert "will ring you" in world.caller().said_to_it()
    given_up = max(ring.ended for phone in world.phones.values() for ring in phone.rings if ring.ended)
    assert call.told_at is not None
    assert (call.told_at - given_up).total_seconds() <= 6.5  # a wait document, and the way there and back
