"""How the phones of a line are rung for one caller: everyone, in order, fewest recent, the last person first."""

import datetime as dt
import itertools

import pytest
import sqlalchemy as sa

from tests import firm
from tests.conftest import MakeWorld
from tests.world import World, seconds, talked_with
from voice.firm import StaffMember
from voice.replay.box import SOON
from voice.simulator import scripts
from voice.simulator.legs import Leg as PhoneLeg

pytestmark = pytest.mark.proves("01-2.4")

EVERYBODY = ("sam", "alex", "kim")
NEVER = scripts.Answers(after=100)


def first_rings(world: World, leg: PhoneLeg) -> dict[str, float]:
    """When each phone first rang, in seconds after the caller did."""
    rung = {name: phone.rings for name, phone in world.phones.items() if phone.rings}
    return {name: seconds(rings[0].started, leg.created_at) for name, rings in rung.items()}


def all_with(world: World, script: scripts.Script) -> None:
    """Every phone does the same."""
    for name in EVERYBODY:
        world.staff(name, script)


def test_everyone_rings_together_until_one_accepts(make_world: MakeWorld) -> None:
    world = make_world(staff=EVERYBODY)
    all_with(world, NEVER)
    kim = world.staff("kim", scripts.Answers(after=6))
    leg = world.rings(talk=12)
    world.advance(7)
    assert all(phone.ringing or phone.answered for phone in world.phones.values())
    world.advance(40)
    assert talked_with(leg) is kim
    assert all(len(phone.rings) == 1 for phone in world.phones.values())
    ended = [world.phones[name].rings[0].ended for name in ("sam", "alex")]
    assert all(end is not None and seconds(end, kim.answered[0]) < 4 for end in ended)


def test_in_order_adds_the_next_while_the_earlier_ring_on(make_world: MakeWorld) -> None:
    world = make_world(staff=EVERYBODY, ring="in_order", in_order_step_seconds=6, ring_seconds=30)
    all_with(world, NEVER)
    leg = world.rings()
    world.advance(14)
    assert [round(moment) for moment in first_rings(world, leg).values()] == [0, 6, 12]
    assert all(phone.ringing for phone in world.phones.values())


def test_in_order_somebody_added_late_may_win(make_world: MakeWorld) -> None:
    world = make_world(staff=EVERYBODY, ring="in_order", in_order_step_seconds=5)
    all_with(world, NEVER)
    world.staff("alex", scripts.Answers(after=3))
    leg = world.rings(talk=12)
    world.advance(40)
    assert talked_with(leg) is world.phones["alex"]
    assert world.phones["kim"].rings == []


@pytest.mark.parametrize("on_ladder", [False, True], ids=["on legs of ours", "on the ladder"])
def test_fewest_recent_begins_with_who_has_taken_fewer_calls(make_world: MakeWorld, on_ladder: bool) -> None:
    world = make_world(
        staff=("sam", "alex"), ring="fewest_recent", in_order_step_seconds=6, last_person_first=False
    )  # fmt: skip
    world.staff("sam", scripts.Answers(after=2))
    world.staff("alex", scripts.Answers(after=2))
    if on_ladder:
        world.kill_worker()
    first = world.rings("+12125550171", talk=12)
    world.advance(30)
    world.wake_worker()
    second = world.rings("+12125550172", talk=12)
    world.advance(30)
    assert [talked_with(leg).name for leg in (first, second)] == ["sam", "alex"]
    assert len(world.phones["alex"].rings) == 1


def test_the_last_person_this_caller_spoke_with_rings_alone_first(make_world: MakeWorld) -> None:
    world = make_world(staff=EVERYBODY)
    all_with(world, scripts.Off())
    world.staff("alex", scripts.Answers(after=2))
    world.rings(talk=12)
    world.advance(30)
    all_with(world, NEVER)
    leg = world.rings()
    world.advance(4.5)
    assert [name for name, phone in world.phones.items() if phone.ringing] == ["alex"]
    world.advance(5)
    assert all(phone.ringing for phone in world.phones.values())
    others = [world.phones[name].rings[-1].started for name in ("sam", "kim")]
    assert all(5 <= seconds(started, leg.created_at) <= 7.5 for started in others)


def test_nobody_rings_first_where_the_line_does_not_want_it(make_world: MakeWorld) -> None:
    world = make_world(staff=("sam", "alex"), last_person_first=False)
    world.staff("sam", scripts.Off())
    world.staff("alex", scripts.Answers(after=2))
    world.rings(talk=12)
    world.advance(30)
    world.staff("sam", NEVER)
    leg = world.rings()
    world.advance(3)
    assert seconds(world.phones["sam"].rings[0].started, leg.created_at) < 1.5


def test_a_phone_rings_fifteen_seconds_and_then_again(make_world: MakeWorld) -> None:
    world = make_world(staff=("sam",), ring_seconds=50)
    sam = world.staff("sam", NEVER)
    world.rings()
    world.advance(60)
    spans = [(ring.started, ring.ended or world.now) for ring in sam.rings]
    assert len(spans) == 3
    assert all(seconds(end, start) <= 15.5 for start, end in spans)
    assert all(seconds(later[0], before[1]) >= 2 for before, later in itertools.pairwise(spans))


def test_who_declines_is_left_in_peace_while_the_others_ring_on(make_world: MakeWorld) -> None:
    world = make_world(staff=("sam", "alex"), ring_seconds=40)
    world.day.carrier.switches.declined_status = "no-answer"
    sam, alex = world.staff("sam", scripts.Declines(after=3)), world.staff("alex", scripts.Answers(after=50))
    world.tick = SOON  # three rings only just fit
    leg = world.rings()
    world.advance(39)
    assert (len(sam.rings), len(alex.rings)) == (1, 3)
    assert world.call(leg).state == "ringing"


def test_a_busy_phone_is_not_hammered(make_world: MakeWorld) -> None:
    world = make_world(staff=("sam", "alex"), ring_seconds=40)
    sam = world.staff("sam", scripts.Busy())
    world.staff("alex", NEVER)
    leg = world.rings()
    world.advance(39)
    call = world.call(leg)
    assert sam.rings == []
    assert len([row for row in world.legs(call) if row.staff_id == "sam"]) <= 3


@pytest.mark.proves("C8")
def test_nobody_is_rung_for_their_own_call(make_world: MakeWorld) -> None:
    world = make_world(staff=("sam", "alex"))
    alex = world.staff("alex", scripts.Answers(after=2))
    sam = world.phones["sam"]
    leg = sam.dial(firm.LINE, talk=12)
    world.advance(40)
    assert sam.rings == []
    assert talked_with(leg) is alex


def test_somebody_on_a_call_is_left_out(make_world: MakeWorld) -> None:
    world = make_world(staff=("sam", "alex"))
    sam, alex = world.staff("sam", scripts.Answers(after=2)), world.staff("alex", scripts.Off())
    world.rings("+12125550171", talk=90)
    world.advance(10)
    alex.script = scripts.Answers(after=4)
    second = world.rings("+12125550172", talk=12)
    world.advance(30)
    assert talked_with(second) is alex
    alex.script = scripts.Declines(after=2)
    third = world.rings("+12125550173")
    world.advance(27)
    assert len(sam.rings) == 1
    call, declined = world.call(third), alex.rings[-1].ended
    assert call.cause == "declined"
    assert declined is not None
    assert call.told_at is not None
    assert seconds(call.told_at, declined) < 1  # by everybody who was free: no phone would have rung on


@pytest.mark.parametrize("script", [scripts.Declines(after=3), NEVER], ids=["declined", "not answered"])
def test_a_phone_that_two_people_share_is_rung_as_one(make_world: MakeWorld, script: scripts.Script) -> None:
    world = make_world(staff=("sam", "alex"), ring_seconds=30)
    sam, until = world.staff("sam", script), world.now + dt.timedelta(hours=1)
    here = {"phone_today": sam.number, "phone_until": until}
    world.write(lambda session: session.execute(sa.update(StaffMember).values(**here)))
    leg = world.rings()
    world.advance(40)
    if script is NEVER:
        (one, other), cause = sam.rings, "rang_out"
        assert one.ended is not None
        assert seconds(other.started, one.ended) >= 2
    else:
        assert len(sam.rings) == 1
        cause = "declined"
    assert world.call(leg).cause == cause
