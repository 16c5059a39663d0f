"""On the ladder nobody is dialled who talks, who has declined this caller, or who is the caller."""

import pytest
import sqlalchemy as sa

from tests import firm
from tests.conftest import MakeWorld
from tests.world import World
from voice.models import Call
from voice.simulator import scripts
from voice.simulator.switches import RestFault

ALL = ("sam", "alex", "kim")


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
