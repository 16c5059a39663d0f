"""Callers who hide their number, who are not wanted, or who are ourselves."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests import firm
from tests.conftest import MakeWorld
from tests.test_missed import counted
from tests.world import World, seconds
from voice import callbacks
from voice.firm import Line
from voice.simulator import scripts


def nobody_rang(world: World) -> None:
    """No phone of the staff made a sound."""
    assert all(phone.captions == [] for phone in world.phones.values())


HIDDEN = ["+266696687", "+7378742833", "+86282452253", "+2562533", "+8656696"]
HIDDEN += ["anonymous", "Restricted", "unavailable", "UNKNOWN", "private", "blocked", ""]


@pytest.mark.proves("01-6.7", "01-2.11", "C24", "F7")
@pytest.mark.parametrize("number", HIDDEN)
def test_a_hidden_number_rings_everyone_half_as_long_again(make_world: MakeWorld, number: str) -> None:
    world = make_world(staff=("sam", "alex"), ring="in_order", in_order_step_seconds=15)
    for name in ("sam", "alex"):
        world.staff(name, scripts.Answers(after=100))
    leg = world.rings(number)
    world.advance(5)
    assert all(phone.ringing for name, phone in world.phones.items() if name != "kim")
    world.advance(22)
    assert world.call(leg).state == "ringing"
    world.advance(20)
    call = world.call(leg)
    assert (call.state, call.caller, call.outcome) == ("unanswered", None, "callback")
    assert call.told_at is not None
    assert 30 <= seconds(call.told_at, leg.created_at) <= 36.5
    asked = world.heard(world.caller(number))[1]
    assert "Your number is hidden, so please say it with your message." in asked
    assert "will ring you by" not in asked
    assert [(row.state, row.caller) for row in world.callbacks()] == [("no_number", None)]
    assert world.promises() == []


def test_two_hidden_callers_are_two_people(make_world: MakeWorld) -> None:
    world = make_world(staff=())
    for _ in range(2):
        world.rings("+266696687", patience=4)
        world.advance(10)
    assert len(world.callbacks()) == 2
    assert world.promises() == [], "who cannot be rung back is owed no call by any time"
    world.advance(7200)
    assert [counted(world, name) for name in ("owed", "broken", "lost")] == [0, 0, 2]


@pytest.mark.proves("01-6.7", "01-2.13", "F12")
def test_a_blocked_caller_is_refused_before_anything(world: World) -> None:
    world.write(lambda session: callbacks.block(session, "+12125550177", True, world.now))
    leg = world.rings()
    world.advance(30)
    call = world.call(leg)
    assert (call.state, call.outcome, call.cause) == ("blocked", "blocked", "blocked")
    assert leg.answered_at is None
    assert world.documents(leg) == [seen for seen in world.documents(leg) if 'reason="rejected"' in seen]
    nobody_rang(world)
    assert (world.callbacks(), world.promises()) == ([], [])


def test_whom_the_owner_blocks_while_they_ring_is_blocked_and_owed_nothing(world: World) -> None:
    world.staff("sam", scripts.Script())
    leg = world.rings("+12125550177", patience=12)
    world.advance(5)
    world.write(lambda session: callbacks.block(session, "+12125550177", True, world.now))
    world.advance(20)
    assert (world.call(leg).outcome, world.call(leg).cause, world.callbacks()) == ("blocked", "blocked", [])


@pytest.mark.proves("01-6.7")
def test_a_call_from_one_of_our_own_lines_is_a_loop(world: World) -> None:
    leg = world.rings(firm.LINE)
    world.advance(20)
    assert (world.call(leg).outcome, world.call(leg).cause, leg.status) == ("blocked", "loop", "busy")
    nobody_rang(world)
    assert world.callbacks() == []


def test_when_every_line_is_switched_off_nobody_is_lost_all_the_same(world: World) -> None:
    def switch_off(session: Session) -> None:
        for line in session.scalars(sa.select(Line)):
            line.active = False

    world.write(switch_off)
    leg = world.rings(message="Are you still there?")
    world.advance(60)
    call = world.call(leg)
    assert (call.line, call.outcome, call.cause) == (firm.LINE, "callback", "nobody_on_shift")
    assert [(row.state, row.calls) for row in world.callbacks()] == [("waiting", 1)]
    assert [promise.words for promise in world.promises()] == [world.heard(world.caller())[0]]
    assert [firm.LINE in notice.words for notice in world.notices()] == [True]
    nobody_rang(world)


@pytest.mark.proves("01-2.1", "A11")
def test_a_number_that_is_no_line_of_ours_is_answered_with_the_first_lines_words(world: World) -> None:
    sam = world.staff("sam", scripts.Answers(after=3))
    leg = world.rings(line=firm.SECOND_LINE, talk=15)
    world.advance(40)
    call = world.call(leg)
    assert (call.line, call.dialled, call.outcome) == (firm.LINE, firm.SECOND_LINE, "talked")
    assert world.heard(world.caller())[0] == firm.line_row().greeting
    assert sam.answered
    world.rings("+12125550178", line=firm.SECOND_LINE, patience=2)
    world.advance(5)
    assert len(world.calls()) == 2
    assert [firm.SECOND_LINE in notice.words for notice in world.notices()] == [True]
