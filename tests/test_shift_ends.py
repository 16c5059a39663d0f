"""The line closes, or a day ends, while a phone rings: whom it rings for is taken all the same."""

import datetime as dt

import pytest
import sqlalchemy as sa

from tests import firm
from tests.conftest import MakeWorld
from tests.world import World, seconds
from voice.firm import StaffMember
from voice.models import Attempt
from voice.simulator import scripts

CLOSING = dt.datetime(2026, 11, 23, 22, 29, 55, tzinfo=dt.UTC)  # five seconds before half past five in New York


@pytest.mark.proves("01-2.4", "01-2.5")
def test_a_phone_that_rings_when_the_line_closes_still_takes_its_caller(make_world: MakeWorld) -> None:
    world = make_world(start=CLOSING, staff=("sam",), hours=firm.OFFICE)
    world.staff("sam", scripts.Answers(after=8))
    leg = world.rings(talk=20)
    world.advance(40)
    assert (world.call(leg).outcome, world.call(leg).answered_by) == ("talked", "sam")


@pytest.mark.proves("01-2.4")
def test_who_is_cut_off_after_closing_gets_that_person_back(make_world: MakeWorld) -> None:
    world = make_world(start=CLOSING, staff=("sam",), hours=firm.OFFICE)
    world.staff("sam", scripts.InTurn((scripts.Answers(after=1, talk=20), scripts.Answers(after=3))))
    leg = world.rings()
    world.advance(75)
    assert len(leg.bridges) == 2
    world.caller().hang_up()
    world.advance(20)


@pytest.mark.parametrize(
    ("key_after", "rings_at"), [pytest.param(8, 3, id="no key yet"), pytest.param(1, 9, id="dialling them")]
)
@pytest.mark.proves("01-6.14", "02-3.2")
def test_a_caller_who_rings_in_after_closing_while_rung_back_is_joined(
    make_world: MakeWorld, key_after: float, rings_at: float
) -> None:
    world = make_world(start=CLOSING - dt.timedelta(minutes=5), staff=("sam",), hours=firm.OFFICE)
    world.staff("sam", scripts.Off())
    world.rings()
    world.advance(20)
    world.caller().hang_up()
    world.advance(600)
    world.staff("sam", scripts.Answers(after=key_after))
    world.ring_back("sam")
    world.advance(rings_at)
    leg = world.rings(talk=25)
    world.advance(90)
    assert (world.call(leg).outcome, world.call(leg).answered_by) == ("talked", "sam")
    assert world.read(lambda session: list(session.scalars(sa.select(Attempt.state)))) == ["crossed"]
    assert [callback.attempts for callback in world.callbacks()] == [0]


def _kim_takes_it(world: World) -> list[float]:
    """Seconds after the call at which her phone rings."""
    leg = world.rings(talk=20)
    world.advance(4)
    assert world.take_it(leg, "kim")
    world.advance(40)
    assert world.call(leg).answered_by == "kim"
    return [seconds(ring.started, leg.created_at) for ring in world.phones["kim"].rings]


@pytest.mark.proves("01-2.4", "01-6.1")
def test_take_it_rings_the_taker_at_once_who_is_not_on_the_line_or_away(make_world: MakeWorld) -> None:
    world = make_world(staff=("sam", "alex"))
    for name in ("sam", "alex"):
        world.staff(name, scripts.Answers(after=100))
    world.staff("kim", scripts.Answers(after=2))
    world.write(lambda session: setattr(session.get_one(StaffMember, "kim"), "availability", "away"))
    [rang] = _kim_takes_it(world)
    assert rang < 6


@pytest.mark.proves("01-6.1")
def test_after_a_reservation_has_lapsed_the_whisper_names_the_longest_waiting(make_world: MakeWorld) -> None:
    world = make_world(ring_seconds=60)
    world.staff("alex", scripts.Off())
    sam = world.staff("sam")
    world.rings("+12125550171")
    world.advance(2)
    later = world.rings("+12125550172")
    world.advance(1)
    assert world.take_it(later, "sam")
    world.advance(22)
    while not sam.ringing:
        world.advance(0.5)
    sam.pick_up()
    world.advance(0.5)
    [words] = world.heard(sam)
    assert "0 1 7 1" in words or "0171" in words.replace(" ", ""), words
    for number in ("+12125550171", "+12125550172"):
        world.caller(number).hang_up()
    world.advance(30)
