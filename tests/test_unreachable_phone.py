"""A phone that cannot be reached and a limit of the carrier look alike at first: the next phone tells them apart."""

import datetime as dt

import pytest

from tests import firm
from tests.conftest import MakeWorld
from voice import carrier_pace, legs
from voice.db import Database
from voice.models import Leg
from voice.simulator import scripts

ALL = ("sam", "alex", "kim")


@pytest.mark.proves("01-6.10")
@pytest.mark.lived_on("sqlite")
def test_one_phone_out_of_reach_keeps_the_next_caller_from_nobody_elses(make_world: MakeWorld) -> None:
    world = make_world(staff=ALL)
    world.staff("alex", scripts.Fails())
    world.staff("sam", scripts.Answers(after=8, talk=10))
    kim = world.staff("kim", scripts.Script())
    world.rest = dt.timedelta(minutes=10)
    for rings, until_the_next in ((0, 40), (1, 3 * 3600), (2, 40)):
        leg = world.rings(talk=10)  # the first caller's is over before another phone could be asked for
        world.advance(until_the_next)
        assert (world.call(leg).answered_by, len(kim.rings)) == ("sam", rings)


@pytest.mark.proves("01-6.10")
@pytest.mark.parametrize(("second", "believed"), [("kim", True), (None, False)])
def test_a_limit_is_believed_for_seconds_unless_another_phone_bears_it_out(
    database: Database, second: str | None, believed: bool
) -> None:
    firm.found(database, staff=ALL)
    now = firm.MONDAY_TEN
    later = now + dt.timedelta(seconds=1)
    with database.transaction() as session:
        placed = {"line": firm.LINE, "purpose": "ring", "placed_at": now, "stop_at": now + dt.timedelta(seconds=19)}
        phones = {who: Leg(id=who, staff_id=who, phone=firm.PHONES[who], sid=who, **placed) for who in ALL}
        session.add_all(phones.values())
        session.flush()
        legs.apply(session, phones["sam"], "ringing", now)
        if second is None:
            legs.apply(session, phones["kim"], "ringing", now)
        for who in filter(None, ("alex", second)):
            legs.apply(session, phones[who], "failed", later)
            assert phones[who].state == "limited"
        assert carrier_pace.cap(session, later) is not None
        assert (carrier_pace.cap(session, later + carrier_pace.TRIAL) is not None) is believed
