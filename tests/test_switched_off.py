"""Somebody goes off duty while their phone rings, or picks up in the very moment it is to stop."""

import pytest
from sqlalchemy.orm import Session

from tests.world import World
from voice.firm import StaffMember
from voice.replay.box import SOON
from voice.simulator import scripts


@pytest.mark.proves("01-2.4")
@pytest.mark.parametrize("change", [{"active": False}, {"availability": "away"}], ids=["switched off", "away"])
def test_the_phone_of_somebody_who_goes_off_duty_stops_and_the_others_ring_on(
    world: World, change: dict[str, object]
) -> None:
    sam = world.staff("sam")
    world.staff("alex")
    world.rings(patience=40)
    world.advance(4)
    assert world.ringing() == ["sam", "alex"]

    def leave(session: Session) -> None:
        sams = session.get_one(StaffMember, "sam")
        for name, value in change.items():
            setattr(sams, name, value)

    world.write(leave)
    world.advance(3)
    assert world.ringing() == ["alex"]
    world.advance(40)
    assert len(sam.rings) == 1


@pytest.mark.proves("01-2.6")
def test_a_phone_picked_up_as_it_is_to_stop_is_told_who_has_the_caller(world: World) -> None:
    world.staff("sam", scripts.Answers(after=4, key_after=0.5))
    alex = world.staff("alex", scripts.Answers(after=3.55, key_after=1))
    world.tick = SOON  # it is a matter of tenths
    world.rings(talk=30)
    world.advance(20)
    assert alex.answered
    assert "Sam Field has it." in alex.said_to_it()
