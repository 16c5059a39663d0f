"""Our server goes away and comes back, and nobody who rang meanwhile is lost."""

from tests import firm
from tests.world import URL, World
from voice.call_log import Reading
from voice.replay.box import REST
from voice.simulator.switches import Rudeness

ANN, BOB, CY = "+12125550171", "+12125550172", "+12125550173"


def lost(world: World, path: str = "/voice/") -> None:
    """Deliveries that never arrive."""
    world.day.carrier.moods.webhooks.append(Rudeness("drop", path=path))


def go_away(world: World) -> None:
    """Our server is gone, web and worker."""
    world.day.transport.down.add(URL)
    world.kill_worker()


def come_back(world: World) -> None:
    """It is started again: a new process, which remembers nothing but its tables."""
    world.day.transport.down.discard(URL)
    world.day.carrier.moods.clear()
    world.rest = REST  # what the call log says is caught up with in a few looks
    world.restart_worker()


def truth(world: World) -> set[str]:
    """The carrier's own inbound calls to the line."""
    return {leg.sid for leg in world.day.calls() if leg.direction == "inbound" and leg.to == firm.LINE}


def nobody_is_lost(world: World) -> None:
    """Ours are the carrier's, each with one outcome; one open callback per caller at most."""
    calls = world.calls()
    assert sorted(call.sid for call in calls) == sorted(truth(world))
    assert {call.outcome for call in calls} <= {"talked", "callback", "blocked"}
    assert all(call.callback_id for call in calls if call.outcome == "callback")
    open_ones = [callback.caller_key for callback in world.callbacks() if callback.state != "closed"]
    assert len(open_ones) == len(set(open_ones))


def reading(world: World) -> Reading:
    """How far the log of the line has been read."""
    return world.read(lambda session: session.get_one(Reading, firm.LINE))
