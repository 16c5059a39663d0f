"""After a talk: a normal goodbye rings nobody, a caller left on the line gets that person back, once."""

import dataclasses

import pytest

from tests import firm
from tests.conftest import MakeWorld
from tests.world import World
from voice import availability
from voice.carrier import fallback
from voice.carrier.delivery import Delivery
from voice.firm import StaffMember
from voice.settings import Settings
from voice.simulator import scripts
from voice.simulator.legs import Leg as PhoneLeg
from voice.simulator.phones import Phone
from voice.simulator.switches import RestFault, Rudeness

pytestmark = pytest.mark.proves("01-6.9")

DROPS = scripts.Answers(after=2, talk=20)  # the staff phone is gone after 20 s of talk
BACK = "If we were cut off, I'm getting Sam Field back."


def cut_off(make_world: MakeWorld, then: scripts.Script) -> tuple[World, PhoneLeg, Phone]:
    """Sam's phone drops after 20 s of talk, and does `then` when it rings again; the caller stays."""
    world = make_world(staff=("alex", "sam"))
    world.staff("alex", scripts.Off())  # who would be dialled first
    sam = world.staff("sam", scripts.InTurn((DROPS, then)))
    leg = world.rings()
    world.advance(10)
    while sam.state == "talking":
        world.advance(0.1)
    world.staff("alex")  # from here on Alex's phone would ring for all to see
    assert sam.state == "idle"
    assert leg.bridges[0].other.phone is sam
    return world, leg, sam


def test_a_caller_left_on_the_line_is_told_and_that_phone_alone_rings(make_world: MakeWorld) -> None:
    world, leg, sam = cut_off(make_world, scripts.Answers(after=3))
    world.advance(3)
    assert len(sam.rings) == 1  # a few seconds of silence first: people are slow to hang up
    world.advance(20)
    assert BACK in world.heard(world.caller())
    assert sam.talking_to == world.caller().number
    assert len(leg.bridges) == 2
    assert [name for name, phone in world.phones.items() if phone.rings] == ["sam"]
    assert "Cut off from 2 1 2, 5 5 5, 0 1 7 7: any key to go on, hang up if you were done." in world.heard(sam)
    world.caller().hang_up()
    world.advance(10)
    call = world.call(leg)
    assert (call.state, call.outcome) == ("completed", "talked")
    assert world.callbacks() == []


def test_the_phone_rings_after_its_old_leg_has_ended(make_world: MakeWorld) -> None:
    world, _leg, sam = cut_off(make_world, scripts.Answers(after=3))
    world.advance(20)
    first, second = sam.legs
    assert first.ended_at is not None
    assert second.created_at > first.ended_at


@pytest.mark.parametrize("gone", ["", "the worker"])
def test_hanging_up_on_the_question_means_done(make_world: MakeWorld, gone: str) -> None:
    world, leg, sam = cut_off(make_world, scripts.Drops(after=3, drops_after=2))
    if gone:
        world.kill_worker()
    world.advance(30)
    assert world.heard(world.caller()).count(BACK) == 1
    call = world.call(leg)
    assert (call.state, call.outcome) == ("completed", "talked")
    assert leg.over  # let go, with a word of goodbye
    assert world.heard(world.caller())[-1].startswith("Thank")
    assert world.callbacks() == []
    assert [len(phone.rings) for phone in (sam, world.staff("alex"))] == [2, 0]
    assert call.path == ("dial" if gone else "queue")


@pytest.mark.parametrize(
    "then",
    [scripts.Answers(after=100), scripts.Mailbox(after=3), scripts.Off(), scripts.Busy(), scripts.Declines(after=3)],
    ids=lambda script: type(script).__name__,
)
def test_no_answer_a_machine_or_a_refusal_is_a_callback(make_world: MakeWorld, then: scripts.Script) -> None:
    world, leg, sam = cut_off(make_world, then)
    world.advance(50)
    call = world.call(leg)
    assert (call.state, call.outcome) == ("unanswered", "callback")
    assert "will ring you" in world.caller().said_to_it()
    assert len(sam.legs) == 2  # once, and nobody else
    assert [name for name, phone in world.phones.items() if phone.rings] == ["sam"]
    assert [callback.caller for callback in world.callbacks()] == [world.caller().number]


@pytest.mark.parametrize("what", ["too fast", "away"])
@pytest.mark.lived_on("sqlite")
def test_that_phone_rings_once_more_though_told_to_wait_and_though_they_went_away(
    make_world: MakeWorld, what: str
) -> None:
    world, leg, sam = cut_off(make_world, scripts.Answers(after=3))
    if what == "too fast":
        fault = RestFault("error", match="POST .*/Calls.json", times=2, status=429, code=20429)
        world.day.carrier.moods.rest.append(fault)
    else:
        world.write(
            lambda session: availability.set_to(session, session.get_one(StaffMember, "sam"), "away", world.now)
        )
    world.advance(25)
    assert sam.talking_to == world.caller().number
    assert len(leg.bridges) == 2
    assert len(sam.rings) == 2


def test_a_second_cut_off_is_a_goodbye(make_world: MakeWorld) -> None:
    world, leg, sam = cut_off(make_world, dataclasses.replace(DROPS, after=3))
    world.advance(60)
    assert len(sam.rings) == 2
    assert leg.over
    call = world.call(leg)
    assert (call.state, call.outcome) == ("completed", "talked")
    assert world.heard(world.caller()).count(BACK) == 1


def test_a_caller_who_gives_up_while_that_phone_rings_again_has_talked(make_world: MakeWorld) -> None:
    world, leg, _sam = cut_off(make_world, scripts.Answers(after=100))
    world.advance(12)
    assert world.ringing() == ["sam"]
    world.caller().hang_up()
    world.advance(3)
    assert world.ringing() == []
    call = world.call(leg)
    assert (call.state, call.outcome) == ("completed", "talked")
    assert world.callbacks() == []


@pytest.mark.parametrize("after", [100, 2], ids=["gone", "twice"])
def test_cut_off_after_a_few_words_and_gone_or_cut_off_again_is_a_short_talk(
    make_world: MakeWorld, after: float
) -> None:
    world = make_world(staff=("sam",))
    world.staff("sam", scripts.InTurn((scripts.Answers(after=2, talk=6), scripts.Answers(after=after, talk=6))))
    leg = world.rings()
    world.advance(19)
    if after == 100:
        world.caller().hang_up()
    world.advance(16)
    call = world.call(leg)
    assert (call.outcome, call.cause) == ("callback", "short_talk")
    assert len(leg.bridges) == (2 if after == 2 else 1)
    assert len(world.callbacks()) == 1


@pytest.mark.parametrize("how", ["at once", "after a while", "on the ladder"])
def test_that_phone_is_kept_for_who_was_cut_off_though_another_caller_waits(make_world: MakeWorld, how: str) -> None:
    world = make_world(staff=("sam",), ring_seconds=60)
    sam = world.staff("sam", scripts.InTurn((DROPS, scripts.Answers(after=6, talk=30), scripts.Answers(after=2))))
    if how == "after a while":
        world.day.carrier.moods.webhooks.append(Rudeness("delay", "/still-there", seconds=8))
    if how == "on the ladder":
        world.kill_worker()
    first = world.rings(talk=50)
    world.advance(10)
    world.wake_worker()
    second = world.rings("+12125550172", talk=12)
    while BACK not in world.heard(world.caller()):
        world.advance(0.5)
    world.advance(12)
    assert sam.talking_to == world.caller().number
    by_legs = [leg.purpose for leg in world.legs(world.call(first))]
    assert by_legs == ([] if how == "on the ladder" else ["ring", "cut_off"])
    assert "any key to go on" in world.heard(sam)[-1]
    world.advance(60)
    assert [world.call(leg).outcome for leg in (first, second)] == ["talked", "talked"]
    assert len(sam.rings) == 3


@pytest.mark.parametrize("slow", [0.2, 2.0, 3.9])
def test_a_normal_goodbye_rings_nobody_again(make_world: MakeWorld, slow: float) -> None:
    world = make_world(staff=("sam",))
    sam = world.staff("sam", scripts.Answers(after=2, talk=20))
    leg = world.rings()
    world.advance(10)
    while sam.state == "talking":
        world.advance(0.1)
    world.advance(slow - 0.1)
    world.caller().hang_up()
    world.advance(60)
    assert len(sam.rings) == 1
    assert world.call(leg).outcome == "talked"
    assert BACK not in world.heard(world.caller())
    assert world.callbacks() == []


AGAIN = dataclasses.replace(DROPS, after=3)


@pytest.mark.proves("01-2.14")
@pytest.mark.parametrize(
    ("then", "gone", "outcome", "last"),
    [
        (scripts.Mailbox(after=3), False, "callback", "will ring you by"),
        (scripts.Drops(after=3, drops_after=2), False, "talked", "Thank"),
        (AGAIN, False, "talked", "Thank"),
        (AGAIN, True, "talked", "Thank"),
        (scripts.Mailbox(after=3), True, "callback", "what it's about"),
    ],
    ids=["a machine", "who was done", "cut off twice", "without the tables", "a machine without them"],
)
def test_on_the_ladder_too_that_phone_alone_is_rung_once_more(
    make_world: MakeWorld, then: scripts.Script, gone: bool, outcome: str, last: str
) -> None:
    world = make_world(staff=("sam", "alex"))
    world.day.carrier.moods.rest.append(RestFault("error", match="POST .*/Calls.json", status=400, code=10003))
    sam = world.staff("sam", scripts.InTurn((DROPS, then)))
    world.advance(1)
    if gone:
        world.lose_storage()
    leg = world.rings()
    world.advance(85)
    heard = world.heard(world.caller())
    assert heard.count(BACK) == 1
    assert any(last in words for words in heard[heard.index(BACK) :])
    assert [len(phone.rings) for phone in (sam, world.staff("alex"))] == [2, 0]
    assert len(leg.bridges) == (2 if then is AGAIN else 1)
    if not gone:
        assert "any key to go on, hang up if you were done." in sam.said_to_it()
        world.caller().hang_up()
    else:
        world.restore_storage()
    world.advance(20)
    call = world.call(leg)
    assert (call.outcome, call.answered_by, len(world.callbacks())) == (outcome, "sam", outcome == "callback")


@pytest.mark.proves("01-2.15")
@pytest.mark.parametrize(
    ("then", "rang", "outcome", "last"),
    [
        (AGAIN, 0, "talked", "Thank"),
        (scripts.Mailbox(after=3), 0, "callback", "what it's about"),
        (scripts.Answers(after=100), 1, "callback", "what it's about"),
    ],
    ids=["cut off twice", "a machine", "as it rings"],
)
def test_with_the_tables_gone_in_those_seconds_that_phone_is_rung_all_the_same(
    make_world: MakeWorld, then: scripts.Script, rang: int, outcome: str, last: str
) -> None:
    world, leg, sam = cut_off(make_world, then)
    world.advance(8 * rang)
    assert len(sam.rings) == 1 + rang
    world.lose_storage()  # nobody who presses a key on a phone that rings now is joined
    world.advance(45)
    assert (world.heard(world.caller()).count(BACK), len(sam.rings)) == (1, 2 + rang)
    assert world.phones["alex"].rings == []
    assert last in world.caller().said_to_it()
    world.restore_storage()
    world.caller().hang_up()
    world.advance(20)
    call = world.call(leg)
    assert (call.outcome, call.answered_by, len(world.callbacks())) == (outcome, "sam", outcome == "callback")
    assert len(sam.rings) == 2 + rang  # what is read back rings nobody


@pytest.mark.proves("01-2.15")
def test_cut_off_from_the_end_of_the_talk_with_the_tables_gone_they_leave_a_message_and_are_rung_back(
    make_world: MakeWorld,
) -> None:
    world = make_world(staff=("sam",))
    world.staff("sam", scripts.Answers(after=2, talk=40))
    leg = world.rings(message="We were cut off.")
    world.advance(20)
    world.lose_storage()
    world.advance(90)
    assert "what it's about" in world.caller().said_to_it()
    world.restore_storage()
    world.advance(60)
    call = world.call(leg)
    assert (call.outcome, call.cause, call.answered_by) == ("callback", "our_outage", "sam")
    assert [callback.state for callback in world.callbacks()] == ["waiting"]
    assert len(world.phones["sam"].rings) == 1


@pytest.mark.lived_on("sqlite")
def test_with_the_tables_gone_from_the_end_of_the_talk_a_caller_still_there_may_leave_a_message(
    settings: Settings,
) -> None:
    form = {"CallSid": "CA" + "0" * 32, "QueueResult": "bridged", "CallStatus": "in-progress"}
    left = Delivery(settings, "/voice/calls/c1/left?turn=2", form, "", firm.MONDAY_TEN)
    assert "/voice/calls/c1/still-there?turn=2#" in fallback.answer("left", left, {"call_id": "c1"})
    asked = dataclasses.replace(left, route="/voice/calls/c1/still-there?turn=2")
    assert "<Record" in fallback.answer("still_there", asked, {"call_id": "c1"})
    again = fallback.answer("left", dataclasses.replace(left, route=left.route + "&rung=sam"), {"call_id": "c1"})
    assert "/still-there?rung=sam.sam&amp;turn=2#" in again  # the second time it is a goodbye
    for name, each in (("left", left), ("still_there", asked)):
        gone = dataclasses.replace(each, form=form | {"CallStatus": "completed"})
        assert "<Hangup" in fallback.answer(name, gone, {"call_id": "c1"})
