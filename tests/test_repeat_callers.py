"""Callers who ring again, and several at once: one callback each, and no phone is wasted while somebody waits."""

import pytest

from tests.conftest import MakeWorld
from tests.world import World, talked_with
from voice import claims
from voice.models import Callback
from voice.simulator import scripts

pytestmark = pytest.mark.proves("01-6.8")

ANN, BOB, CLEO = "+12125550171", "+12125550172", "+12125550173"


def nobody_answers(world: World) -> None:
    """Every phone is off."""
    for name in ("sam", "alex", "kim"):
        world.staff(name, scripts.Off())


def missed(world: World, number: str = ANN) -> Callback:
    """Somebody rings and nobody answers; their callback."""
    world.rings(number, patience=8)
    world.advance(20)
    return next(callback for callback in world.callbacks() if callback.caller == number)


@pytest.mark.proves("01-3.1", "01-2.12", "C11")
def test_however_often_they_ring_there_is_one_callback_that_keeps_its_place(world: World) -> None:
    nobody_answers(world)
    first = missed(world)
    for ring in range(2, 7):
        world.advance(60)
        again = missed(world)
        assert (again.id, again.calls) == (first.id, ring)
    assert len(world.callbacks()) == 1
    assert (again.first_called_at, again.due_at) == (first.first_called_at, first.due_at)
    assert again.last_called_at > first.last_called_at
    assert {call.callback_id for call in world.calls()} == {first.id}


@pytest.mark.proves("01-2.12")
def test_whoever_owes_them_rings_first_and_alone(make_world: MakeWorld) -> None:
    world = make_world(staff=("sam", "alex"), last_person_first=False)
    nobody_answers(world)
    callback = missed(world)
    world.write(
        lambda session: claims.claim(session, session.get_one(Callback, callback.id), "alex", world.now)
    )  # fmt: skip
    sam, alex = world.staff("sam"), world.staff("alex")
    world.rings(ANN)
    world.advance(4.5)
    assert (sam.ringing, alex.ringing) == (False, True)
    world.advance(4)
    assert sam.ringing


@pytest.mark.proves("01-2.12")
def test_who_has_it_in_hand_is_rung_though_not_of_the_line(make_world: MakeWorld) -> None:
    world = make_world(staff=("sam", "alex"))
    nobody_answers(world)
    callback = missed(world)
    world.write(lambda session: claims.claim(session, session.get_one(Callback, callback.id), "kim", world.now))
    sam, alex, kim = (world.staff(name) for name in ("sam", "alex", "kim"))
    world.rings(BOB)
    world.advance(3)
    assert (sam.ringing, alex.ringing, kim.ringing) == (True, True, False)
    leg = world.rings(ANN, talk=20)
    world.advance(3)
    assert kim.ringing
    kim.pick_up()
    world.advance(2)
    kim.press("1")
    world.advance(3)
    assert world.call(leg).answered_by == "kim"


@pytest.mark.proves("01-2.12")
def test_getting_through_closes_the_callback(world: World) -> None:
    nobody_answers(world)
    callback = missed(world)
    world.staff("sam", scripts.Answers(after=3))
    leg = world.rings(ANN, talk=20)
    world.advance(40)
    closed = world.callbacks()[0]
    assert (closed.id, closed.state, closed.closed_reason) == (callback.id, "closed", "got_through")
    assert world.call(leg).outcome == "talked"
    nobody_answers(world)
    world.rings(ANN, patience=8)
    world.advance(30)
    assert [row.state for row in world.callbacks()] == ["closed", "waiting"]  # the next miss is another matter


@pytest.mark.proves("01-2.12")
def test_missed_again_raises_it_and_the_staff_hear_how_long(make_world: MakeWorld) -> None:
    world = make_world(due_ring=False)  # rung in vain for the promise too, the phones would rest: another story
    nobody_answers(world)
    missed(world)
    world.advance(3600)
    raised = missed(world)
    assert (raised.calls, raised.state) == (2, "waiting")
    assert [promise.callback_id for promise in world.promises()].count(raised.id) >= 1
    sam = world.staff("sam", scripts.Answers(after=3, key=""))
    world.rings(ANN, patience=10)
    world.advance(15)
    assert "third call today" in world.heard(sam)[0]


@pytest.mark.proves("C5")
def test_a_short_talk_keeps_the_callback_open(world: World) -> None:
    nobody_answers(world)
    callback = missed(world)
    world.staff("sam", scripts.Answers(after=3))
    world.rings(ANN, talk=5)
    world.advance(30)
    assert [(row.id, row.state) for row in world.callbacks()] == [(callback.id, "waiting")]


@pytest.mark.proves("01-2.4")
def test_two_callers_and_two_staff_all_talk(world: World) -> None:
    sam = world.staff("sam", scripts.Answers(after=3))
    alex = world.staff("alex", scripts.Answers(after=5))
    ann = world.rings(ANN, talk=30)
    world.advance(1)
    bob = world.rings(BOB, talk=30)
    world.advance(60)
    assert [talked_with(ann), talked_with(bob)] == [sam, alex]
    assert "0 1 7 1" in world.heard(sam)[0]
    assert "0 1 7 2" in world.heard(alex)[0]
    assert [len(phone.rings) for phone in (sam, alex)] == [1, 1]
    assert world.callbacks() == []


@pytest.mark.proves("01-2.4")
def test_every_callers_first_phone_goes_before_anyones_second(make_world: MakeWorld) -> None:
    world = make_world(staff=("sam", "alex", "kim"))
    for name in ("sam", "alex", "kim"):
        world.staff(name)
    ann, bob = world.rings(ANN), world.rings(BOB)
    world.advance(2)
    placed = [row.call_id for leg in (ann, bob) for row in world.legs(world.call(leg))]
    assert placed == [world.call(ann).id, world.call(bob).id]


@pytest.mark.proves("01-2.4")
def test_three_callers_and_one_who_answers_one_after_the_other(make_world: MakeWorld) -> None:
    world = make_world(staff=("sam",), ring_seconds=120)
    sam = world.staff("sam", scripts.Answers(after=2))
    legs = []
    for number in (ANN, BOB, CLEO):
        legs.append(world.rings(number, talk=15))
        world.advance(0.5)
    world.advance(120)
    assert [talked_with(leg) for leg in legs] == [sam, sam, sam]
    joined = [world.call(leg).joined_at for leg in legs]
    assert joined == sorted(joined, key=str)  # the longest waiting first
    assert "0 1 7 1" in world.heard(sam)[0]
    assert len(sam.rings) == 3
    assert world.callbacks() == []


@pytest.mark.proves("01-2.4")
def test_a_ringing_phone_passes_to_the_next_caller_when_the_first_is_taken(world: World) -> None:
    world.staff("sam", scripts.Answers(after=3))
    alex = world.staff("alex", scripts.Answers(after=9))
    ann = world.rings(ANN, talk=60)
    world.advance(2)
    bob = world.rings(BOB, talk=15)
    world.advance(40)
    assert talked_with(ann).name == "sam"
    assert talked_with(bob) is alex
    assert len(alex.rings) == 1  # it never stopped
    assert "0 1 7 2" in world.heard(alex)[0]
    assert "passed_on" in world.events(world.call(bob))


@pytest.mark.proves("01-2.4")
def test_the_whisper_names_the_caller_waiting_longest_whoever_the_phone_was_rung_for(make_world: MakeWorld) -> None:
    world = make_world(staff=("sam", "alex"))
    sam, alex = world.staff("sam"), world.staff("alex")
    world.rings(ANN)
    world.advance(1.5)
    world.rings(BOB)
    world.advance(2)
    alex.pick_up()
    world.advance(0.5)
    sam.pick_up()
    world.advance(0.5)
    assert "0 1 7 1" in world.heard(alex)[0]
    assert "0 1 7 2" in world.heard(sam)[0]  # no caller is offered twice while another is not offered at all


def test_acceptance_takes_the_caller_that_was_named_and_no_other(make_world: MakeWorld) -> None:
    world = make_world(staff=("sam", "alex"))
    sam, alex = world.staff("sam"), world.staff("alex")
    ann = world.rings(ANN, talk=20)
    world.advance(1.5)
    bob = world.rings(BOB, talk=20)
    world.advance(2)
    for phone in (sam, alex):
        phone.pick_up()
        world.advance(0.5)
    alex.press("1")  # the second to pick up is the first to press
    world.advance(0.5)
    sam.press("1")
    world.advance(40)
    assert (talked_with(ann), talked_with(bob)) == (sam, alex)


def test_phones_are_ended_only_when_nobody_waits(world: World) -> None:
    world.staff("sam", scripts.Answers(after=3))
    world.staff("alex", scripts.Answers(after=100))
    world.rings(ANN, talk=60)
    world.advance(2)
    bob = world.rings(BOB)
    world.advance(5)
    assert world.ringing() == ["alex"]
    world.caller(BOB).hang_up()
    world.advance(3)
    assert world.ringing() == []
    assert world.call(bob).outcome == "callback"
