"""A process dies at one line: before a commit, after it, or between the carrier's answer and writing it down."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from tests.world import World, talked_with
from voice.carrier import client, inbound, webhooks
from voice.models import Leg
from voice.simulator import scripts

pytestmark = pytest.mark.lived_on("sqlite")  # which line a process dies at is no matter of the database


class Killed(BaseException):
    """The process is gone."""


def dies_once(monkeypatch: pytest.MonkeyPatch, owner: object, name: str, after: bool) -> list[str]:
    """The next call of that function kills the process, before or after its work; what says that it did."""
    whole: Callable[..., Any] = getattr(owner, name)
    died: list[str] = []

    def dies(*given: object, **more: object) -> object:
        if died:
            return whole(*given, **more)
        died.append(name)
        if after:
            whole(*given, **more)
        raise Killed

    monkeypatch.setattr(owner, name, dies)
    return died


@pytest.mark.proves("E1", "E2")
@pytest.mark.parametrize(
    ("owner", "name"), [(inbound, "_queue"), (webhooks, "apply")], ids=["before the commit", "before the answer"]
)
def test_a_web_process_that_dies_with_a_call_in_hand_is_asked_again_and_the_call_is_one(
    world: World, monkeypatch: pytest.MonkeyPatch, owner: object, name: str
) -> None:
    world.advance(1)
    died = dies_once(monkeypatch, owner, name, after=True)
    sam = world.staff("sam", scripts.Answers(after=4))
    world.staff("alex", scripts.Off())
    leg = world.rings(talk=20)
    world.advance(60)
    assert died == [name]
    assert [call.sid for call in world.calls()] == [leg.sid]
    assert (world.call(leg).path, world.call(leg).outcome, len(sam.rings)) == ("queue", "talked", 1)
    assert world.callbacks() == []


@pytest.mark.proves("E3", "R12")
def test_a_worker_that_dies_before_it_writes_down_which_leg_it_was_given_rings_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.advance(1)
    dies_once(monkeypatch, client.Carrier, "place", after=True)
    sam, alex = world.staff("sam", scripts.Answers(after=6)), world.staff("alex", scripts.Off())
    leg = world.rings(talk=20)
    with pytest.raises(Killed):
        world.advance(2)
    world.restart_worker()
    world.advance(60)
    assert (len(sam.rings), alex.rings) == (1, [])
    assert talked_with(leg) is sam
    assert world.call(leg).outcome == "talked"
    rows = world.read(lambda session: {row.sid for row in session.scalars(sa.select(Leg))})
    assert {one.sid for one in world.day.calls() if one.direction == "outbound-api"} <= rows
