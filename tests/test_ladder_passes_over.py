"""On the ladder nobody is dialled who talks, who has declined this caller, or who is the caller."""

import datetime as dt
import re
from dataclasses import replace

import pytest
import sqlalchemy as sa

from tests import firm
from tests.conftest import MakeWorld
from tests.missed import missed
from tests.world import World
from voice import calls, phones
from voice.db import Database
from voice.firm import StaffMember
from voice.models import Call, Leg
from voice.rules import causes
from voice.rules.ring_plan import Ring, Waiting
from voice.simulator import scripts
from voice.simulator.legs import Leg as PhoneLeg
from voice.simulator.switches import RestFault

ALL = ("sam", "alex", "kim")
PLAN = Waiting("c1", firm.MONDAY_TEN, firm.MONDAY_TEN, firm.MONDAY_TEN, "everyone", ("sam",))


@pytest.mark.proves("01-2.14")
def test_the_ladder_passes_over_who_talks_and_who_rings_in_themselves(make_world: MakeWorld) -> None:
    world = make_world(staff=ALL)
    sam, alex, kim = (world.staff(name, scripts.Answers(after=3, talk=90)) for name in ALL)
    world.day.carrier.moods.rest.append(RestFault("error", match="POST .*/Calls.json", status=400, code=10003))
    world.rings("+12125550171")
    world.advance(25)
    assert sam.state == "talking"
    world.rings("+12125550172")
    world.advance(20)
    assert [len(phone.rings) for phone in (sam, alex, kim)] == [1, 1, 0]  # Sam talks: Alex is dialled at once
    world.advance(120)
    kim.script = None
    kim.dial(firm.LINE, patience=40)
    sam.script = alex.script = scripts.Declines(after=1)
    world.advance(60)
    assert kim.rings == []


@pytest.mark.proves("01-2.14")
def test_the_cause_on_the_ladder_is_what_became_of_the_phones() -> None:
    limited, declined = (Ring("sam", firm.MONDAY_TEN, end) for end in ("limited", "declined"))
    said = [
        causes.unanswered(replace(PLAN, rings=rings), busy, api_dead)
        for rings, busy, api_dead in [
            ((), {"sam"}, True), ((), (), True), ((limited,), (), True), ((limited,), (), False),
            ((limited, declined), (), True),
        ]
    ]  # fmt: skip
    assert said == ["all_busy", "our_outage", "our_outage", "carrier_limit", "declined"]


def begin_at(world: World, after: dt.timedelta) -> None:
    """Ten o'clock and so long."""
    world.advance((firm.MONDAY_TEN + after - world.now).total_seconds())


@pytest.mark.proves("01-2.14", "01-2.15")
@pytest.mark.parametrize("gone", [False, True], ids=["without the API", "without the tables"])
def test_a_change_of_shift_while_a_phone_rings_skips_nobody_and_credits_who_took_the_caller(
    make_world: MakeWorld, gone: bool
) -> None:
    world = make_world(staff=ALL)
    on_and_off = {"mon": "09:00-10:01,10:03-17:00"}
    world.write(lambda session: setattr(session.get_one(StaffMember, "sam"), "shifts", on_and_off))
    begin_at(world, dt.timedelta(seconds=48))
    if gone:
        world.lose_storage()
    world.day.carrier.moods.rest.append(RestFault("error", match="POST .*/Calls.json", status=400, code=10003))
    first = world.rings("+12125550171")
    world.advance(11)
    assert world.ringing() == ["sam"]  # who goes a second later
    world.advance(80)
    assert dialled(world, first) == [firm.PHONES[name] for name in ALL]
    world.caller("+12125550171").hang_up()
    world.staff("alex", scripts.Answers(after=10))
    begin_at(world, dt.timedelta(minutes=2, seconds=48))
    second = world.rings("+12125550172", talk=20)
    world.advance(11)
    assert world.ringing() == ["alex"]  # Sam comes a second later
    world.advance(40)
    if gone:
        world.restore_storage()
        world.advance(40)
    assert [span.other.phone.name for span in second.bridges] == ["alex"]
    assert (world.call(second).outcome, world.call(second).answered_by) == ("talked", "alex")


@pytest.mark.proves("01-2.14")
def test_who_has_declined_a_caller_is_not_dialled_for_them_on_the_ladder(world: World) -> None:
    sam = world.staff("sam", scripts.Declines(after=2))
    alex = world.staff("alex", scripts.Script())
    leg = world.rings()
    world.advance(5)
    assert len(sam.rings) == 1
    world.kill_worker()
    call_id = world.call(leg).id
    world.write(lambda session: session.execute(sa.update(Call).where(Call.id == call_id).values(path="dial")))
    world.advance(40)
    assert len(sam.rings) == 1
    assert alex.rings


def dialled(world: World, leg: PhoneLeg) -> list[str]:
    """The phones that documents have dialled for a caller, in order."""
    return re.findall(r"<Number[^>]*>(\+\d+)<", "".join(world.documents(leg)))


@pytest.mark.proves("01-2.14", "01-2.4")
def test_two_callers_on_the_ladder_at_once_have_no_phone_dialled_for_both(make_world: MakeWorld) -> None:
    world = make_world(staff=("sam", "alex"))
    sam, alex = (world.staff(name, scripts.Answers(after=20)) for name in ("sam", "alex"))
    world.kill_worker()
    first = world.rings("+12125550171", patience=40)
    world.advance(0.7)
    second = world.rings("+12125550172", patience=40)
    world.advance(7)
    assert world.ringing() == ["sam", "alex"], "one each"
    assert [dialled(world, leg) for leg in (first, second)] == [[sam.number], [alex.number]]
    third = world.rings("+12125550173", patience=4)
    loop = world.rings("+12125550174", forwarded_from=sam.number.removeprefix("+"))
    world.wake_worker()
    world.advance(3)
    assert [leg.to for leg in world.day.calls() if leg.direction == "outbound-api"] == [], "nor by the worker"
    world.advance(60)
    assert [world.call(leg).outcome for leg in (first, second, third, loop)] == ["callback"] * 3 + ["blocked"]
    assert [call.ladder_phone for call in world.calls()] == [None] * 4


@pytest.mark.proves("01-2.14")
def test_of_two_ladders_that_read_at_the_same_moment_the_database_lets_one_have_the_phone(
    database: Database,
) -> None:
    firm.found(database)
    with database.transaction() as session:
        one, other = (missed(session, caller=number, line=firm.LINE) for number in ("+12125550171", "+12125550172"))
        phone = firm.PHONES["sam"]
        assert [phones.dial_on_ladder(session, call, phone) for call in (one, other)] == [True, False]
        assert phones.dial_on_ladder(session, other, firm.PHONES["alex"])
        assert phones.busy(session, firm.MONDAY_TEN) == {"sam", "alex"}


@pytest.mark.proves("01-2.14", "01-6.9")
@pytest.mark.parametrize(
    ("purpose", "state", "passed"),
    [
        ("ring", "declined", True), ("ring", "no_answer", False), ("cut_off", "no_answer", True),
        ("cut_off", "failed", False),
    ],
)  # fmt: skip
@pytest.mark.lived_on("sqlite")
def test_a_phone_that_was_declined_or_was_rung_once_more_is_passed_over_whoevers_it_is(
    database: Database, purpose: str, state: str, passed: bool
) -> None:
    firm.found(database)
    with database.transaction() as session:
        one, other = (missed(session, caller=number, line=firm.LINE) for number in ("+12125550171", "+12125550172"))
        now, phone = firm.MONDAY_TEN, firm.PHONES["sam"]
        alex = session.get_one(StaffMember, "alex")
        alex.phone_today, alex.phone_until = phone, now + dt.timedelta(hours=1)
        leg = {"staff_id": "sam", "phone": phone, "line": firm.LINE, "placed_at": now, "stop_at": now, "ended_at": now}
        session.add(Leg(**leg, purpose=purpose, state=state, ring_seconds=15, call_id=one.id))
        session.flush()
        assert phones.not_on_ladder(session, one, now) == ({"sam", "alex"} if passed else set())
        assert phones.not_on_ladder(session, other, now) == set()


@pytest.mark.proves("01-6.9")
@pytest.mark.parametrize("path", ["queue", "dial"])
@pytest.mark.lived_on("postgres")
def test_a_phone_that_rings_for_another_is_fetched_back_from_them_for_a_caller_in_the_queue_only(
    database: Database, path: str
) -> None:
    firm.found(database)
    with database.transaction() as session:
        now = firm.MONDAY_TEN
        one = missed(session, line=firm.LINE, state="joined", path=path, answered_by="sam")
        other = missed(session, line=firm.LINE, state="ringing", caller="+12125550172")
        leg = {"staff_id": "sam", "phone": firm.PHONES["sam"], "line": firm.LINE, "placed_at": now, "stop_at": now}
        session.add(Leg(**leg, id="l1", purpose="ring", state="ringing", ring_seconds=15, call_id=other.id))
        session.flush()
        assert calls.cut_off(session, one, now)
        assert session.get_one(Leg, "l1").call_id == (one.id if path == "queue" else other.id)
