"""On, away until a time, off; on which phone; by which shifts and days off; and away after three rings in vain."""

import datetime as dt

import pytest
import sqlalchemy as sa

from tests import firm
from tests.conftest import MakeWorld
from tests.world import World
from voice import availability, phones, roster
from voice.firm import StaffMember
from voice.rules import availability as rules
from voice.rules.availability import Heard
from voice.simulator import scripts

OTHER_PHONE = "+12125550155"
HOUR = dt.timedelta(hours=1)


def person(world: World, name: str = "sam") -> StaffMember:
    """Their row."""
    return world.read(lambda session: session.get_one(StaffMember, name))


def set_to(world: World, wanted: rules.Availability, until: dt.datetime | None = None, name: str = "sam") -> None:
    """They tap on the page."""
    world.write(
        lambda session: availability.set_to(session, session.get_one(StaffMember, name), wanted, world.now, until)
    )


def on_shift(world: World, at: dt.datetime | None = None) -> list[str]:
    """Whom a caller's call would ring."""

    def look(session: sa.orm.Session) -> list[str]:
        card = roster.current(session).line(firm.LINE)
        assert card is not None
        return [each.id for each in card.on_shift(at or world.now)]

    return world.read(look)


def change(world: World, name: str = "sam", **values: object) -> None:
    """As `apply` would."""

    def write(session: sa.orm.Session) -> None:
        for field, value in values.items():
            setattr(session.get_one(StaffMember, name), field, value)

    world.write(write)


def an_hour_goes_by(world: World) -> None:
    """And a minute. The worker looks every 30 s instead of five times a second: what it does may only come later."""
    world.rest, usual = dt.timedelta(seconds=30), world.rest
    world.advance(HOUR.total_seconds() + 60)
    world.rest = usual


@pytest.mark.proves("02-3.8")
def test_away_until_a_time_is_back_by_itself(world: World) -> None:
    set_to(world, "away", world.now + HOUR)
    assert on_shift(world) == ["alex"]
    assert on_shift(world, world.now + HOUR) == ["sam", "alex"]
    an_hour_goes_by(world)
    back = person(world)
    assert (back.availability, back.away_until) == ("on", None)


def test_who_is_back_is_rung_although_no_worker_has_noticed_it(world: World) -> None:
    set_to(world, "away", world.now + HOUR)
    world.kill_worker()
    an_hour_goes_by(world)
    assert person(world).availability == "away"
    assert on_shift(world) == ["sam", "alex"]
    world.staff("sam")
    world.staff("alex")
    world.rings(patience=60)  # with no worker the ladder rings one phone after the other, from what is in the tables
    world.advance(40)
    assert len(world.phones["sam"].rings) == 1


@pytest.mark.parametrize("days", [0, 32])
def test_away_until_the_past_or_for_ever_is_refused(world: World, days: int) -> None:
    with pytest.raises(availability.BadChoice, match="away_until"):
        set_to(world, "away", world.now + dt.timedelta(days=days))


@pytest.mark.proves("02-3.10")
def test_three_callers_in_vain_and_a_phone_is_left_alone_for_an_hour(world: World) -> None:
    world.staff("sam")
    world.staff("alex", scripts.Off())
    for number in range(3):
        assert person(world).availability == "on"
        world.rings(f"+1212555017{number}", patience=40)
        world.advance(70)
    away = person(world)
    assert (away.availability, away.away_why) == ("away", "missed")
    assert person(world, "alex").availability == "on"  # the last one of a line is rung on, whoever is there
    rings = len(world.phones["sam"].rings)
    world.rings("+12125550179", patience=40)
    world.advance(60)
    assert len(world.phones["sam"].rings) == rings
    an_hour_goes_by(world)
    assert (person(world).availability, person(world).away_why) == ("on", "")


def test_a_tap_or_a_hand_on_the_phone_forgives_the_rings_before(world: World) -> None:
    world.staff("alex", scripts.Off())
    for number, script in enumerate([None, None, scripts.Declines(after=3), None, None]):
        world.staff("sam", script)
        world.rings(f"+1212555017{number}", patience=40)
        world.advance(70)
    assert person(world).availability == "on"
    set_to(world, "on")
    world.staff("sam")
    world.rings("+12125550179", patience=40)
    world.advance(70)
    assert person(world).availability == "on"


def test_rings_cut_short_by_others_say_nothing_and_one_caller_counts_once() -> None:
    missed = [Heard("a", "no_answer", 15), Heard("b", "cancelled", 3), Heard("c", "cancelled", 15)]
    assert rules.missed_in_a_row(missed) == 2
    assert rules.missed_in_a_row([Heard("a", "no_answer", 15)] * 3) == 1
    assert rules.missed_in_a_row([Heard("a", "not_screened", 2), Heard("b", "ended", 60), *missed]) == 1


@pytest.mark.proves("02-1.13")
def test_the_phone_of_today_rings_until_midnight_and_then_their_own(world: World) -> None:
    world.write(
        lambda session: availability.phone_here(session, session.get_one(StaffMember, "sam"), "212 555 0155", world.now)
    )
    sam = person(world)
    assert sam.phone_today == OTHER_PHONE
    midnight = dt.datetime(2026, 11, 24, 5, 0, tzinfo=dt.UTC)
    assert sam.phone_until == midnight
    assert phones.number_of(sam, midnight - HOUR) == OTHER_PHONE
    assert phones.number_of(sam, midnight) == firm.PHONES["sam"]
    today = world.day.staff(OTHER_PHONE, name="today")
    today.script = scripts.Answers(after=2, key_after=4)
    world.staff("alex", scripts.Off())
    leg = world.rings(talk=20)
    world.advance(40)
    assert world.call(leg).answered_by == "sam"
    assert world.phones["sam"].rings == []


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("12", "not a full"),
        ("+19005550123", "cost"),
        (firm.LINE, "own lines"),
        ("+442079460000", "abroad"),
    ],
)
def test_a_phone_the_number_rules_forbid_is_not_taken(world: World, number: str, why: str) -> None:
    with pytest.raises(availability.BadChoice, match=why):
        world.write(
            lambda session: availability.phone_here(session, session.get_one(StaffMember, "sam"), number, world.now)
        )
    assert person(world).phone_today is None


@pytest.mark.proves("02-3.9")
def test_shifts_are_on_the_persons_own_clock_and_days_off_are_off(make_world: MakeWorld) -> None:
    world = make_world(staff=("sam", "alex", "kim"))
    change(world, "sam", shifts={"mon": "09:00-17:00"}, time_zone="America/Los_Angeles")
    change(world, "alex", shifts={"mon": "09:00-17:00"})
    change(world, "kim", days_off=["2026-11-23"])
    assert on_shift(world) == ["alex"]  # ten in New York is seven in Los Angeles
    assert on_shift(world, world.now + 2 * HOUR) == ["sam", "alex"]
    assert on_shift(world, world.now + 24 * HOUR) == ["kim"]


def test_the_roster_file_knows_it_all_for_the_day_the_tables_are_gone(world: World) -> None:
    set_to(world, "away", world.now + HOUR)
    change(world, "sam", days_off=["2026-12-01"], phone_today=OTHER_PHONE, phone_until=world.now + HOUR)
    firm_now = world.read(roster.current)
    roster.keep(firm_now, world.settings.home)
    assert roster.kept(world.settings.home) == firm_now
