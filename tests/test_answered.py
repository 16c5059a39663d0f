"""A call that reaches a person."""

import itertools

import pytest
import sqlalchemy as sa

from tests import firm
from tests.conftest import MakeWorld
from tests.world import World, seconds, talked_with
from voice.firm import StaffMember
from voice.simulator import scripts
from voice.simulator.switches import Rudeness


def no_mailbox(world: World, name: str) -> None:
    """Mark a phone that has no mailbox."""
    world.write(lambda session: setattr(session.get_one(StaffMember, name), "no_mailbox", True))


@pytest.mark.proves("01-6.1")
def test_a_key_on_a_staff_phone_connects_the_caller(world: World) -> None:
    sam = world.staff("sam", scripts.Answers(after=4))
    alex = world.staff("alex", scripts.Off())
    leg = world.rings(talk=40)
    world.advance(90)
    call = world.call(leg)
    assert (call.state, call.outcome, call.cause, call.answered_by) == ("completed", "talked", None, "sam")
    assert talked_with(leg) is sam
    assert world.callbacks() == []
    assert len(sam.rings) == 1
    assert alex.captions == []
    assert 39 <= call.talk_seconds <= 44
    assert call.first_ring_at is not None
    assert 0 <= seconds(call.first_ring_at, sam.rings[0].started) < 0.1


def test_any_key_will_do(make_world: MakeWorld) -> None:
    world = make_world(staff=("sam",))
    world.staff("sam", scripts.Answers(after=2, key="#"))
    leg = world.rings(talk=15)
    world.advance(40)
    assert world.call(leg).outcome == "talked"


@pytest.mark.proves("01-6.1")
def test_picking_up_is_enough_on_a_phone_without_a_mailbox(world: World) -> None:
    no_mailbox(world, "sam")
    sam = world.staff("sam", scripts.Answers(after=3, key=""))
    world.staff("alex", scripts.Off())
    leg = world.rings(talk=20)
    world.advance(40)
    assert world.call(leg).outcome == "talked"
    assert talked_with(leg) is sam
    assert world.heard(sam) == []


def test_picking_up_is_not_enough_on_any_other_phone(make_world: MakeWorld) -> None:
    world = make_world(staff=("sam",))
    sam = world.staff("sam", scripts.Answers(after=3, key=""))
    leg = world.rings(patience=70)
    world.advance(90)
    assert leg.bridges == []
    assert world.call(leg).outcome == "callback"
    assert "any key to take it" in sam.said_to_it()


@pytest.mark.proves("01-6.2", "01-2.2")
def test_phones_ring_while_the_greeting_is_spoken(make_world: MakeWorld) -> None:
    greeting = "Thanks for calling Acme Plumbing on Main Street, I'm getting someone for you now."
    world = make_world(greeting=greeting)
    sam = world.staff("sam")
    leg = world.rings()
    world.advance(20)
    caller = world.caller()
    spoken = next(caption for caption in caller.captions if caption.text == greeting)
    assert spoken.seconds > 5
    assert seconds(sam.rings[0].started, leg.created_at) <= 1
    assert spoken.until is not None
    assert sam.rings[0].started < spoken.until


@pytest.mark.proves("01-6.2")
def test_someone_quick_cuts_into_the_greeting(world: World) -> None:
    world.staff("sam", scripts.Answers(after=0.5, key_after=0.2))
    leg = world.rings(talk=20)
    world.advance(40)
    greeting = next(caption for caption in world.caller().captions if caption.kind == "say")
    assert greeting.until is not None
    assert seconds(greeting.until, greeting.at) < greeting.seconds - 1
    assert world.call(leg).outcome == "talked"


@pytest.mark.proves("01-2.4")
def test_phones_ring_one_second_apart(make_world: MakeWorld) -> None:
    world = make_world(staff=("sam", "alex", "kim"))
    phones = [world.staff(name) for name in ("sam", "alex", "kim")]
    leg = world.rings()
    world.advance(10)
    started = [phone.rings[0].started for phone in phones]
    assert seconds(started[0], leg.created_at) <= 1
    assert all(1 <= seconds(after, before) <= 1.5 for before, after in itertools.pairwise(started))
    assert all(len(phone.rings) == 1 for phone in phones)


@pytest.mark.proves("01-2.2", "01-2.6")
def test_the_caller_hears_a_greeting_then_ringback_then_at_most_a_name(world: World) -> None:
    world.staff("sam", scripts.Answers(after=13))
    world.staff("alex", scripts.Off())
    leg = world.rings(talk=20)
    world.advance(60)
    heard = [caption for caption in world.caller().captions if caption.kind in ("say", "play")]
    greeting, *tones, name = heard
    assert greeting.text == firm.line_row().greeting
    assert tones
    assert all(tone.kind == "play" and "ringback-US" in tone.text and tone.seconds <= 6 for tone in tones)
    assert name.text == "You're through to Sam Field."
    assert talked_with(leg).name == "sam"
    waits = [seen.at for seen in world.day.carrier.documents if seen.context == "wait"]
    assert len(waits) >= 2


@pytest.mark.proves("01-2.5")
def test_the_staff_phone_says_who_is_calling(make_world: MakeWorld) -> None:
    world = make_world(staff=("sam",))
    sam = world.staff("sam", scripts.Answers(after=2, key=""))
    for _ in range(2):
        world.rings(patience=3)
        world.advance(120)
    world.rings(patience=20)
    world.advance(30)
    who = "2 1 2, 5 5 5, 0 1 7 7, third call today, rang at ten, still waiting"
    assert world.heard(sam)[-1] == f"{who}: any key to take it."


@pytest.mark.proves("01-2.5")
def test_only_a_caller_who_is_owed_a_call_is_said_to_be_waiting_since(make_world: MakeWorld) -> None:
    world = make_world(staff=("sam",))
    sam = world.staff("sam", scripts.Answers(after=2, key=""))
    world.rings(patience=20)
    world.advance(30)
    assert set(world.heard(sam)) == {"2 1 2, 5 5 5, 0 1 7 7: any key to take it."}


@pytest.mark.proves("01-6.1", "01-2.4")
def test_take_it_on_a_ringing_phone_uses_that_ring(world: World) -> None:
    sam = world.staff("sam")
    world.staff("alex", scripts.Off())
    leg = world.rings(talk=15)
    world.advance(4)
    assert world.take_it(leg, "sam")
    world.advance(1)
    sam.pick_up()
    world.advance(0.5)
    assert world.heard(sam) == ["Any key."]
    sam.press("1")
    world.advance(40)
    assert talked_with(leg) is sam
    assert len(sam.rings) == 1


@pytest.mark.proves("01-6.1")
def test_take_it_rings_the_phone_of_whoever_tapped_and_nobody_new(make_world: MakeWorld) -> None:
    world = make_world(staff=("sam", "alex", "kim"), ring="in_order", in_order_step_seconds=6)
    sam, alex = world.staff("sam", scripts.Answers(after=60)), world.staff("alex", scripts.Answers(after=60))
    kim = world.staff("kim", scripts.Answers(after=7))
    leg = world.rings(talk=15)
    world.advance(3)
    assert world.take_it(leg, "kim")
    world.advance(8)
    assert len(sam.rings) == 1  # goes on ringing
    assert alex.rings == []  # no new wave
    assert seconds(kim.rings[0].started, leg.created_at) < 5
    world.advance(40)
    assert talked_with(leg) is kim
    assert world.heard(kim)[0] == "Any key."


def test_others_that_ring_may_win_against_a_reservation(world: World) -> None:
    sam = world.staff("sam", scripts.Answers(after=6))
    world.staff("alex", scripts.Answers(after=12))
    leg = world.rings(talk=15)
    world.advance(4)
    assert world.take_it(leg, "alex")
    world.advance(40)
    assert talked_with(leg) is sam


def test_a_second_tap_does_not_take_what_another_has_taken(world: World) -> None:
    world.staff("sam")
    world.staff("alex")
    leg = world.rings()
    world.advance(3)
    assert world.take_it(leg, "sam")
    assert not world.take_it(leg, "alex")
    assert world.take_it(leg, "sam")
    world.advance(16)
    assert world.take_it(leg, "alex")


@pytest.mark.proves("01-6.1", "01-2.4")
def test_a_lapsed_reservation_resumes_the_plan(make_world: MakeWorld) -> None:
    world = make_world(staff=("sam", "alex"), ring="in_order", in_order_step_seconds=8, ring_seconds=20)
    world.staff("sam", scripts.Off())
    alex = world.staff("alex", scripts.Answers(after=3))
    leg = world.rings(talk=15)
    world.advance(6.5)
    assert world.take_it(leg, "sam")
    world.advance(14)
    assert alex.rings == []
    world.advance(60)
    assert 21.5 <= seconds(alex.rings[0].started, leg.created_at) <= 23.5  # what was left of the 20 s comes after it
    assert talked_with(leg) is alex


def test_declining_after_take_it_gives_the_caller_back_to_the_others(make_world: MakeWorld) -> None:
    world = make_world(staff=("sam", "alex"), ring="in_order", in_order_step_seconds=5, ring_seconds=40)
    sam = world.staff("sam", scripts.Declines(after=3))
    alex = world.staff("alex", scripts.Answers(after=3))
    leg = world.rings(talk=15)
    world.advance(1)
    assert world.take_it(leg, "sam")
    world.advance(60)
    assert len(sam.rings) == 1
    assert seconds(alex.rings[0].started, leg.created_at) <= 7
    assert talked_with(leg) is alex


@pytest.mark.proves("01-2.4")
def test_who_is_on_a_call_or_has_no_phone_cannot_take_another_caller(make_world: MakeWorld) -> None:
    world = make_world(staff=("sam", "alex"), ring="in_order", in_order_step_seconds=6)
    world.staff("sam", scripts.Answers(after=1))
    alex = world.staff("alex", scripts.Off())
    world.rings("+12125550171", talk=90)
    world.advance(8)
    world.staff("alex", scripts.Answers(after=4))
    leg = world.rings("+12125550172", talk=15)
    world.advance(0.2)
    world.write(lambda session: session.execute(sa.update(StaffMember).where(StaffMember.id == "kim").values(phone="")))
    assert [world.refused(leg, name) for name in ("sam", "kim")] == ["phone_busy", "no_phone"]
    world.advance(60)
    assert seconds(alex.rings[0].started, leg.created_at) < 1.5  # no turn is kept for Sam, who talks
    assert talked_with(leg) is alex


def test_nobody_can_take_a_call_that_is_not_ringing(world: World) -> None:
    world.staff("sam", scripts.Answers(after=1))
    leg = world.rings(talk=20)
    world.advance(10)
    assert not world.take_it(leg, "alex")
    world.advance(40)
    assert not world.take_it(leg, "alex")


@pytest.mark.proves("01-2.4")
@pytest.mark.lived_on("postgres")
def test_take_it_at_the_last_moment_gives_the_whole_time_and_an_extra_wait_request_changes_nothing(
    make_world: MakeWorld,
) -> None:
    world = make_world(ring="in_order", in_order_step_seconds=60)
    world.day.carrier.moods.webhooks.append(Rudeness("duplicate", "/wait", None, 0.2, same_token=False))
    world.staff("sam", scripts.Off())
    alex = world.staff("alex", scripts.Answers(after=9))
    leg = world.rings(talk=15)
    world.advance(17)
    assert world.take_it(leg, "alex")
    world.advance(40)
    assert talked_with(leg) is alex
    second = world.rings("+12125550178")
    world.staff("alex", scripts.Off())
    world.advance(40)
    assert world.events(world.call(second)).count("unanswered") == 1
    assert len([words for words in world.heard(world.caller("+12125550178")) if "will ring you" in words]) == 1
