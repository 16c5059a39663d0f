"""Machines, and phones that are not there: none of them is ever taken for a person."""

import pytest

from tests import firm
from tests.conftest import MakeWorld
from tests.world import World, talked_with
from voice.simulator import scripts
from voice.simulator.legs import Leg as PhoneLeg

MACHINES = {
    "mailbox": scripts.Mailbox(after=3),
    "mailbox that answers at once": scripts.Mailbox(after=0.5),
    "mailbox that says yes": scripts.Mailbox(after=2, greeting="Yes. Yes, please. One. Go on, I'll take it."),
    "call screener": scripts.Screener(after=1),
    "off, into its mailbox": scripts.Off(to_mailbox=True),
    "declined into its mailbox": scripts.Declines(after=2, to_mailbox=True),
}
NOT_THERE = {
    "off": scripts.Off(),
    "busy": scripts.Busy(),
    "fails": scripts.Fails(),
    "drops": scripts.Drops(after=3, drops_after=3),
    "forwards to the line": scripts.Forwards(to=firm.LINE, after=1),
}
NOBODY = MACHINES | NOT_THERE


def nobody_had(world: World, leg: PhoneLeg) -> None:
    """The caller was connected with nothing at all, and is on the list."""
    call = world.call(leg)
    assert leg.bridges == []
    assert (call.outcome, call.answered_by, call.joined_at) == ("callback", None, None)
    assert "through to" not in world.caller().said_to_it()
    assert [callback.caller for callback in world.callbacks()] == ["+12125550177"]


@pytest.mark.proves("01-6.5", "01-2.5", "C2", "C3")
@pytest.mark.parametrize("ring", ["everyone", "in_order"])
@pytest.mark.parametrize("kind", NOBODY)
def test_it_does_not_keep_the_caller_from_a_person(make_world: MakeWorld, kind: str, ring: str) -> None:
    world = make_world(staff=("sam", "alex"), ring=ring, in_order_step_seconds=4)
    world.staff("sam", NOBODY[kind])
    alex = world.staff("alex", scripts.Answers(after=8))
    leg = world.rings(talk=15)
    world.advance(70)
    assert talked_with(leg) is alex
    assert (world.call(leg).outcome, world.call(leg).answered_by) == ("talked", "alex")
    assert world.callbacks() == []


@pytest.mark.proves("01-6.5", "C2", "C3", "S2")
@pytest.mark.parametrize("kind", NOBODY)
def test_alone_it_leads_to_the_promise(make_world: MakeWorld, kind: str) -> None:
    world = make_world(staff=("sam",))
    world.staff("sam", NOBODY[kind])
    leg = world.rings()
    world.advance(60)
    assert "will ring you" in world.caller().said_to_it()
    world.caller().hang_up()
    world.advance(5)
    nobody_had(world, leg)


@pytest.mark.parametrize(
    ("kind", "cause"),
    [("mailbox", "mailbox"), ("call screener", "mailbox"), ("off", "rang_out"), ("busy", "rang_out")],
)
def test_the_cause_says_what_it_was(make_world: MakeWorld, kind: str, cause: str) -> None:
    world = make_world(staff=("sam",))
    world.staff("sam", NOBODY[kind])
    leg = world.rings()
    world.advance(60)
    assert world.call(leg).cause == cause


def test_when_every_phone_has_a_machine_the_caller_need_not_wait_it_out(make_world: MakeWorld) -> None:
    world = make_world(staff=("sam", "alex"), ring_seconds=60)
    for name in ("sam", "alex"):
        world.staff(name, scripts.Mailbox(after=2))
    leg = world.rings()
    world.advance(40)
    assert world.call(leg).state == "unanswered"
    assert all(len(world.phones[name].rings) == 1 for name in ("sam", "alex"))


@pytest.mark.proves("01-6.5", "01-6.7", "C19")
def test_a_phone_that_forwards_to_the_line_gets_a_busy_signal_and_no_callback(make_world: MakeWorld) -> None:
    world = make_world(staff=("sam", "alex"))
    world.staff("sam", scripts.Forwards(to=firm.LINE, after=1))
    world.staff("alex", scripts.Answers(after=6))
    leg = world.rings(talk=15)
    world.advance(60)
    first, *loops = world.calls()
    assert first.sid == leg.sid
    assert len(loops) == 1  # one wave, one loop: the phone is not hammered
    assert [(call.state, call.outcome, call.cause) for call in loops] == [("blocked", "blocked", "loop")]
    assert world.callbacks() == []


def test_a_mailbox_hears_the_question_twice_and_is_hung_up_on(make_world: MakeWorld) -> None:
    world = make_world(staff=("sam",))
    sam = world.staff("sam", scripts.Mailbox(after=2, records=100))
    world.rings()
    world.advance(40)
    assert len(world.heard(sam)) == 2
    assert sam.state == "idle"
