"""<Enqueue>: the caller's side of a queue, from joining to the action."""

import asyncio
from dataclasses import dataclass

from . import queues
from .document import Element, Source, whole
from .legs import HungUp, Moved, first_of
from .lint import spoken_link
from .params import call_params
from .player import LeftQueueError, Stage, verb
from .queues import Member, Queue, Taking
from .webhooks import Webhook

_SHORTEST_WAIT_SECONDS = 0.1  # a wait document that ends sooner would be requested again without pause
_HOLD_MUSIC_SECONDS = 60.0
_SILENCE_SECONDS = 3600.0


@dataclass
class _Place:
    """One run of the verb."""

    stage: Stage
    element: Element
    queue: Queue
    member: Member

    def action(self, result: str) -> Source | None:
        """The action's source with the outcome, or None without an action."""
        if not self.element.get("action"):
            return None
        link = self.stage.link(self.element, "action")
        seconds = str(round(self.queue.seconds(self.member)))
        params = (("QueueResult", result), ("QueueSid", self.queue.sid), ("QueueTime", seconds))
        return Source(link.url, link.method, params=params)

    def tell_action(self, result: str) -> None:
        """Request the action though its answer is read by nobody."""
        source = self.action(result)
        if source is not None:
            params = call_params(self.stage.leg) | dict(source.params)
            self.stage.carrier.tell(Webhook(self.stage.leg, "enqueue action", source.url, source.method, params))


@verb("Enqueue")
async def enqueue(stage: Stage, element: Element) -> Source | None:
    """Wait in a queue until taken out, moved, told to leave or gone."""
    name = spoken_link(element)
    queue = queues.find(stage.carrier, name) or queues.create(
        stage.carrier, name, whole(element, "maxQueueSize", queues.DEFAULT_MAX_SIZE)
    )
    member = queue.join(stage.leg)
    if member is None:
        refused = Member(stage.leg, stage.carrier.now(), stage.carrier.loop.create_future())
        return _Place(stage, element, queue, refused).action("queue-full")
    place = _Place(stage, element, queue, member)
    stage.carrier.note("queued", f"{stage.leg.phone.label} waits in queue {name}", stage.leg)
    try:
        return await _wait(place)
    finally:
        queue.remove(member)
        if member.taken.done():
            member.taken.result().give_up()


async def _wait(place: _Place) -> Source | None:
    leg, member = place.stage.leg, place.member
    music = asyncio.ensure_future(_music(place))
    try:
        await leg.wait(first_of(music, asyncio.shield(member.taken)))
        if member.taken.done() and place.stage.carrier.switches.dequeue_waits_for_document:
            await leg.wait(asyncio.shield(music))
    except HungUp:
        _tell_of_hangup(place)
        raise
    except Moved:
        place.tell_action("redirected")
        raise
    except LeftQueueError:
        pass
    finally:
        music.cancel()
        await asyncio.gather(music, return_exceptions=True)
    if member.taken.done():
        return await _taken(place, member.taken.result())
    try:
        music.result()
    except LeftQueueError:
        return place.action("leave")
    return None


def _tell_of_hangup(place: _Place) -> None:
    switches = place.stage.carrier.switches
    if switches.enqueue_action_on_hangup:
        early = place.queue.seconds(place.member) < switches.queue_setup_seconds
        place.tell_action("system-error" if early else "hangup")


async def _music(place: _Place) -> None:
    """Play wait documents, each requested again when it has ended, until one leaves."""
    stage, element, leg = place.stage, place.element, place.stage.leg
    if not element.get("waitUrl"):
        kind, text = ("silence", "") if element.get("waitUrl") == "" else ("play", "hold music")
        while True:
            await leg.hear_for(kind, text, _SILENCE_SECONDS if kind == "silence" else _HOLD_MUSIC_SECONDS)  # type: ignore[arg-type]
    source = stage.link(element, "waitUrl", "waitUrlMethod")
    while True:
        started = stage.carrier.loop.time()
        await stage.carrier.player.run_side(leg, source, "wait", lambda: place.queue.wait_params(place.member))
        if place.member.taken.done():
            return
        if stage.carrier.loop.time() - started < _SHORTEST_WAIT_SECONDS:
            stage.carrier.complain("a wait document that ends at once is requested without pause", source.url)
            await leg.rest(_SHORTEST_WAIT_SECONDS)


async def _taken(place: _Place, taking: Taking) -> Source | None:
    """Somebody takes the caller out of the queue."""
    if taking.source is not None:
        place.queue.remove(place.member)
        place.tell_action("redirected")
        return taking.source
    leg = place.stage.leg
    try:
        if taking.announcement is not None:
            await _announce(place, taking)
        assert taking.ready is not None  # noqa: S101 a dialling leg always brings both
        assert taking.bridged is not None  # noqa: S101
        if not taking.ready.done():
            taking.ready.set_result(True)
        bridge = await leg.wait(asyncio.shield(taking.bridged))
        place.queue.remove(place.member)
        if bridge is None:
            return place.action(place.stage.carrier.switches.dialler_lost)
        await leg.wait(asyncio.shield(bridge.done))
    except HungUp:
        place.tell_action("bridged" if leg.bridges and taking.bridged and taking.bridged.done() else "hangup")
        raise
    except Moved:
        joined = taking.bridged is not None and taking.bridged.done()
        place.tell_action("redirected-from-bridged" if joined else "redirected")
        raise
    return place.action("bridged")


async def _announce(place: _Place, taking: Taking) -> None:
    """What the caller hears just before the bridge."""
    params = {
        "QueueSid": place.queue.sid,
        "QueueTime": str(round(place.queue.seconds(place.member))),
        "DequeingCallSid": taking.dialler.sid if taking.dialler else "",
    }
    assert taking.announcement  # noqa: S101 asked by the caller of this function
    await place.stage.carrier.player.run_side(place.stage.leg, taking.announcement, "queue", lambda: params)
