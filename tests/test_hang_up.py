"""The caller hangs up: at any moment before acceptance it is a callback, exactly one, and the phones stop."""

import pytest
import sqlalchemy as sa

from tests.conftest import MakeWorld
from tests.world import World, seconds
from voice import attempts
from voice.models import Attempt, Call, Callback, Leg
from voice.simulator import scripts
from voice.simulator.legs import Leg as PhoneLeg
from voice.simulator.switches import Rudeness

EDGES = [0.1, 0.3, 0.5, 4.9, 5.1, 5.4]  # before the first ring; short or not; where the greeting ends


def settled(world: World, leg: PhoneLeg) -> Call:
    """The call, after checks that hold however it went: one callback, phones silent, nobody talked."""
    call = world.call(leg)
    assert leg.bridges == []
    assert (call.outcome, call.joined_at) == ("callback", None)
    assert [callback.id for callback in world.callbacks()] == [call.callback_id]
    assert world.callbacks()[0].calls == 1
    ended = [ring.ended for phone in world.phones.values() for ring in phone.rings]
    assert leg.ended_at is not None
    assert all(end is not None and seconds(end, leg.ended_at) <= 3 for end in ended)
    assert call.ended_at is not None
    assert abs(seconds(call.ended_at, leg.ended_at)) < 1
    return call


@pytest.mark.proves("01-6.6", "01-2.10", "C1")
@pytest.mark.parametrize("patience", [*EDGES, *range(61)])
def test_hanging_up_at_any_second_leaves_one_callback(world: World, patience: float) -> None:
    for name in ("sam", "alex"):
        world.staff(name, scripts.Answers(after=100))
    leg = world.rings(patience=patience)
    world.advance(patience + 6)
    call = settled(world, leg)
    if patience < 5:
        assert (call.state, call.cause) == ("abandoned", "short_abandon")
    elif patience < 20:
        assert (call.state, call.cause) == ("abandoned", "abandoned")
    elif patience > 26:
        assert (call.state, call.cause) == ("unanswered", "rang_out")
    assert world.callbacks()[0].reason == call.cause
    world.advance(30)
    assert all(phone.state == "idle" for phone in world.phones.values())
    assert all(len(phone.rings) <= 1 for phone in world.phones.values())


@pytest.mark.proves("01-6.6", "01-2.10", "C1")
@pytest.mark.parametrize("tenths", range(0, 44, 2))
def test_around_the_pick_up_the_key_and_the_join_it_is_one_or_the_other(make_world: MakeWorld, tenths: int) -> None:
    world = make_world(staff=("sam", "alex"))
    sam = world.staff("sam", scripts.Answers(after=3, key_after=1))  # rings at 0.4, picks up at 3.4, accepts at 4.4
    world.staff("alex", scripts.Answers(after=100))
    leg = world.rings()
    world.advance(3 + tenths / 10)
    world.caller().hang_up()
    world.advance(6)
    call = world.call(leg)
    assert call.outcome == "callback"
    assert [callback.id for callback in world.callbacks()] == [call.callback_id]
    assert (call.cause == "short_talk") == (call.joined_at is not None)
    assert not world.phones["alex"].ringing
    world.advance(40)
    assert sam.state == world.phones["alex"].state == "idle"


@pytest.mark.proves("01-2.7")
def test_gone_during_the_whisper_one_key_rings_them_back_on_the_same_leg(make_world: MakeWorld) -> None:
    world = make_world(staff=("sam",))
    sam = world.staff("sam", scripts.Answers(after=3, key=""))
    caller = world.caller()
    world.rings(patience=4)
    world.advance(4.5)
    sam.press("1")
    world.advance(1)
    assert world.heard(sam)[-1] == "They have hung up; any key to ring them back now."
    caller.script = scripts.Answers(after=3, key="", talk=25)
    sam.press("1")
    world.advance(10)
    assert sam.talking_to == caller.number
    assert caller.rings[-1].answered
    assert world.callbacks()[0].state == "talking"
    world.advance(40)
    callback = world.callbacks()[0]
    assert (callback.state, callback.claimed_by, callback.attempts) == ("wrapping_up", "sam", 1)
    assert len(caller.rings) == 1
    assert len(sam.rings) == 1
    world.give_result("sam", "sorted")
    assert [(row.state, row.closed_reason) for row in world.callbacks()] == [("closed", "talked")]


@pytest.mark.proves("01-2.7", "S5")
@pytest.mark.lived_on("postgres")
def test_of_two_who_want_to_ring_the_same_caller_back_one_dials_and_the_other_is_told(make_world: MakeWorld) -> None:
    world = make_world()
    sam, alex, caller = world.staff("sam"), world.staff("alex"), world.caller()
    world.rings()
    world.advance(4)
    for phone in (sam, alex):
        phone.pick_up()
    world.advance(1)
    caller.hang_up()
    caller.script = scripts.Answers(after=3, key="", talk=20)
    for _ in range(2):  # to take the call, and then to ring back
        world.advance(1)
        for phone in (sam, alex):
            phone.press("1")
    world.advance(10)
    talks, told = (sam, alex) if sam.talking_to else (alex, sam)
    assert talks.talking_to == caller.number
    assert "already dealt with" in world.heard(told)[-1]
    assert len(caller.rings) == 1
    assert [row.attempts for row in world.callbacks()] == [1]


@pytest.mark.parametrize(
    ("number", "said", "state"),
    [
        ("+12125550177", "They have hung up; any key to ring them back now.", "waiting"),
        ("+442079460123", "Thank you, nobody is waiting any more.", "held"),  # what may not be dialled is not offered
    ],
)
def test_gone_before_the_pick_up_is_said_at_once(make_world: MakeWorld, number: str, said: str, state: str) -> None:
    world = make_world(staff=("sam",))
    sam = world.staff("sam")
    world.rings(number)
    world.advance(4)
    world.kill_worker()  # nobody ends the ringing
    world.caller(number).hang_up()
    world.advance(1)
    sam.pick_up()
    world.advance(2)
    world.wake_worker()
    assert world.heard(sam)[:1] == [said]
    world.advance(30)
    assert sam.state == "idle"
    assert world.caller(number).rings == []  # no key, no ring-back
    assert world.callbacks()[0].state == state


@pytest.mark.proves("01-2.7")
def test_gone_while_they_are_being_joined_is_told_and_is_a_callback(make_world: MakeWorld) -> None:
    world = make_world(staff=("sam",))
    sam = world.staff("sam")
    leg = world.rings()
    world.advance(4)
    sam.pick_up()
    world.advance(1)
    world.caller().hang_up()
    sam.press("1")
    world.advance(12)
    assert "They have hung up; any key to ring them back now." in world.heard(sam)
    assert settled(world, leg).cause == "abandoned"


@pytest.mark.proves("01-2.7")
def test_gone_with_another_waiting_the_next_caller_is_offered_instead(make_world: MakeWorld) -> None:
    world = make_world(staff=("sam",))
    sam = world.staff("sam", scripts.Answers(after=6, key=""))
    world.rings("+12125550171", patience=8)
    world.advance(3)
    second = world.rings("+12125550172", talk=15)
    world.advance(6)
    sam.press("1")
    world.advance(1)
    assert "2 1 2, 5 5 5, 0 1 7 2" in world.heard(sam)[-1]
    sam.press("1")
    world.advance(30)
    assert world.call(second).outcome == "talked"
    assert len(sam.rings) == 1


@pytest.mark.proves("C5", "S2")
@pytest.mark.parametrize(("talk", "outcome", "cause"), [(6, "callback", "short_talk"), (14, "talked", None)])
def test_a_talk_of_less_than_ten_seconds_is_not_a_talk(
    make_world: MakeWorld, talk: float, outcome: str, cause: str | None
) -> None:
    world = make_world(staff=("sam",))
    world.staff("sam", scripts.Answers(after=2))
    leg = world.rings(talk=talk)
    world.advance(40)
    call = world.call(leg)
    assert (call.state, call.outcome, call.cause) == ("completed", outcome, cause)
    assert len(world.callbacks()) == (outcome == "callback")


@pytest.mark.proves("C1")
def test_hanging_up_while_speaking_keeps_what_was_said(make_world: MakeWorld) -> None:
    world = make_world(staff=("sam",))
    world.staff("sam", scripts.Off())
    leg = world.rings(message="The boiler is leaking and it is getting worse by the minute.")
    world.advance(60)
    assert settled(world, leg).state == "unanswered"
    assert [message.state for message in world.messages()] == ["ready"]


def test_who_wants_to_ring_back_while_their_phone_falls_silent_is_not_sent_away(world: World) -> None:
    sam = world.staff("sam", scripts.Answers(after=9, key_after=2))
    world.staff("alex", scripts.Off())
    world.day.carrier.moods.webhooks.append(Rudeness("delay", path="/voice/legs/.*/status", seconds=3))
    caller = world.rings(patience=4)
    world.advance(5)
    with world.database.transaction() as session:
        row = session.scalars(sa.select(Callback)).one()
        assert session.scalar(sa.select(sa.func.count()).where(Leg.staff_id == "sam", Leg.ended_at.is_(None))) == 1
        assert isinstance(attempts.ring_back(session, row, "sam", world.now), Attempt)
    world.caller(caller.frm).script = scripts.Answers(after=3, key="", talk=30)
    world.advance(60)
    assert [row.state for row in world.callbacks()] == ["wrapping_up"]
    assert len(sam.rings) == 2
    assert len([leg for leg in world.day.calls() if leg.to == caller.frm and leg.direction != "inbound"]) == 1
