"""Two people want one caller, or one person wants a caller whose time is up: one UPDATE decides."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests import firm
from tests.conftest import MakeWorld
from tests.world import World, seconds, talked_with
from voice import calls, ringing
from voice.db import Database
from voice.firm import StaffMember
from voice.models import Leg
from voice.simulator import scripts


@pytest.mark.proves("01-6.3", "01-2.6", "C4")
@pytest.mark.parametrize("gap", [0.0, 0.01, 0.05])
def test_of_two_who_accept_within_50_ms_one_is_joined_and_the_other_hears_who(world: World, gap: float) -> None:
    sam, alex = world.staff("sam"), world.staff("alex")
    leg = world.rings(talk=30)
    world.advance(4)
    sam.pick_up()
    alex.pick_up()
    world.advance(1)
    sam.press("1")
    world.advance(gap)
    alex.press("1")
    world.advance(3)
    winner = talked_with(leg)
    loser = alex if winner is sam else sam
    assert world.heard(loser)[-1] == f"{winner.name.title()} {'Field' if winner is sam else 'Moor'} has it."
    world.advance(1)
    assert loser.state == "idle"
    world.advance(60)
    assert world.call(leg).outcome == "talked"
    assert loser.leg is None
    assert [len(phone.rings) for phone in (sam, alex)] == [1, 1]
    assert world.events(world.call(leg)).count("accepted") == 1
    assert world.callbacks() == []


def test_a_key_pressed_twice_accepts_once(make_world: MakeWorld) -> None:
    world = make_world(staff=("sam",))
    sam = world.staff("sam")
    leg = world.rings(talk=15)
    world.advance(4)
    sam.pick_up()
    world.advance(1)
    sam.press("11")
    world.advance(30)
    assert talked_with(leg) is sam
    assert world.events(world.call(leg)).count("accepted") == 1


def test_who_picks_up_after_another_has_accepted_hears_so_and_nobody_else_is_disturbed(world: World) -> None:
    sam, alex = world.staff("sam", scripts.Answers(after=4, key_after=1)), world.staff("alex")
    leg = world.rings(talk=30)
    world.advance(5.5)
    alex.pick_up()  # in the moment between the acceptance and the end of the ringing
    world.advance(10)
    assert talked_with(leg) is sam
    assert alex.state == "idle"
    world.advance(60)
    assert world.callbacks() == []


@pytest.mark.proves("01-2.4")
@pytest.mark.lived_on("sqlite")
def test_who_presses_a_key_too_late_is_a_person_and_is_not_sent_away(make_world: MakeWorld) -> None:
    world = make_world(ring_seconds=16)
    sam = world.staff("sam", scripts.Answers(after=5, key_after=4))
    for number in range(2):
        world.staff("alex", scripts.Answers(after=4, key_after=1))
        world.rings(f"+1212555017{number}", talk=12)
        world.advance(30)
        assert world.heard(sam)[-1] == "Alex Moor has it."
    world.staff("sam")
    world.staff("alex", scripts.Off())
    leg = world.rings("+12125550172")
    world.advance(14)
    sam.pick_up()
    while world.call(leg).state == "ringing":
        world.advance(0.2)
    sam.press("1")
    world.advance(2)
    assert world.heard(sam)[-1].startswith("A moment too late: they are being asked for a message now.")
    world.advance(20)
    assert world.call(leg).cause == "rang_out"
    legs = [row for call in world.calls() for row in world.legs(call) if row.staff_id == "sam" and row.picked_up_at]
    assert [row.state for row in legs] == ["ended"] * 3
    assert world.read(lambda session: session.get_one(StaffMember, "sam").availability) == "on"


@pytest.mark.proves("01-2.4")
@pytest.mark.lived_on("postgres")
def test_who_was_second_and_does_not_want_the_next_caller_has_declined_that_one(make_world: MakeWorld) -> None:
    world = make_world(ring_seconds=20)
    sam, alex = world.staff("sam"), world.staff("alex")
    world.rings("+12125550171", talk=50)
    world.advance(4)
    sam.pick_up()
    alex.pick_up()
    world.advance(0.5)
    second = world.rings("+12125550172")
    world.advance(1)
    alex.press("1")
    world.advance(0.5)
    sam.press("1")
    world.advance(2)
    assert "0 1 7 2" in world.heard(sam)[-1]
    sam.hang_up()
    world.advance(24)
    assert len(sam.rings) == 1
    assert (world.call(second).outcome, world.call(second).cause) == ("callback", "declined")


def deciding_wait(world: World, ring_seconds: float) -> float:
    """When, in seconds after the call, the first wait request at or after the end of the ring time comes."""
    leg = world.rings("+12125550188")
    world.advance(ring_seconds + 8)
    waits = [seen.at for seen in world.day.carrier.documents if seen.context == "wait" and "<Leave" in seen.body]
    world.caller("+12125550188").hang_up()
    world.advance(30)
    return seconds(waits[0], leg.created_at)


@pytest.mark.proves("01-6.4")
@pytest.mark.parametrize("offset", [-0.3, -0.1, -0.05, -0.02, 0.0, 0.02, 0.05, 0.1, 0.3])
def test_an_acceptance_at_the_very_end_wins_or_loses_never_both(make_world: MakeWorld, offset: float) -> None:
    world = make_world(staff=("sam",), ring_seconds=15)
    sam = world.staff("sam", scripts.Off())
    end = deciding_wait(world, 15)
    sam.script = None
    leg = world.rings(talk=20)
    world.advance(10)
    sam.pick_up()
    world.advance(end + offset - 10)
    sam.press("1")
    world.advance(60)
    call = world.call(leg)
    promised = [words for words in world.heard(world.caller()) if "will ring you" in words]
    if leg.bridges:
        assert offset <= 0.1
        assert (call.outcome, call.callback_id, promised) == ("talked", None, [])
        assert world.events(call).count("accepted") == 1
    else:
        assert offset >= -0.1
        assert (call.state, call.outcome, len(promised)) == ("unanswered", "callback", 1)
        assert call.callback_id in [callback.id for callback in world.callbacks()]
        assert "accepted" not in world.events(call)


@pytest.mark.proves("01-2.4")
def test_two_phones_picked_up_at_the_same_moment_are_offered_two_callers(database: Database) -> None:
    firm.found(database)
    sam_has, alex_has = threading.Event(), threading.Event()

    def sam() -> str | None:
        with database.transaction() as session:
            call = ringing.pick_up(session, session.get_one(Leg, "sam"), firm.MONDAY_TEN)
            sam_has.set()
            alex_has.wait(0.2)  # in vain: until this is committed, Alex's pick-up has to wait
        return call.caller if call else None

    def alex() -> str | None:
        sam_has.wait(5)
        with database.transaction() as session:
            call = ringing.pick_up(session, session.get_one(Leg, "alex"), firm.MONDAY_TEN)
        alex_has.set()
        return call.caller if call else None

    with database.transaction() as session:
        for name, caller in (("sam", "+12125550171"), ("alex", "+12125550172")):
            arrival = calls.arrival_from(f"CA{caller[1:]:0>32}", {"From": caller, "To": firm.LINE}, "webhook")
            call = calls.arrive(session, arrival, firm.MONDAY_TEN)
            leg = {"call_id": call.id, "staff_id": name, "phone": firm.PHONES[name], "line": firm.LINE}
            session.add(Leg(id=name, **leg, purpose="ring", placed_at=firm.MONDAY_TEN, stop_at=firm.MONDAY_TEN))
    with ThreadPoolExecutor(2) as threads:
        offered = [each.result() for each in (threads.submit(sam), threads.submit(alex))]
    assert set(offered) == {"+12125550171", "+12125550172"}
