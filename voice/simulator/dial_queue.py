"""<Dial><Queue>: a leg takes the longest-waiting caller out of a queue."""

import asyncio

from . import queues
from .bridges import Bridge
from .dialling import Outcome
from .document import Element
from .lint import spoken_link
from .player import Stage
from .queues import Member, Queue, Taking


async def dial_queue(stage: Stage, dial: Element, noun: Element, outcome: Outcome) -> None:
    """Wait for a member up to the timeout, let them hear the announcement, and talk. Fills in `outcome`.

    `hangupOnStar` is documented to drop the called party: while no member has come there is none, and * does nothing.
    """
    queue = queues.find(stage.carrier, spoken_link(noun))
    if queue is None:
        outcome.status, outcome.more = "failed", {"QueueResult": "error"}
        return
    outcome.status, outcome.more = "no-answer", {"QueueSid": queue.sid, "QueueResult": "error"}
    deadline = stage.carrier.loop.time() + outcome.timeout + stage.carrier.switches.queue_buffer_seconds
    while not outcome.bridged:
        member = await _next_member(stage, queue, deadline)
        if member is None:
            return
        await _join(stage, dial, noun, member, queue, outcome)


async def _next_member(stage: Stage, queue: Queue, deadline: float) -> Member | None:
    while (member := queue.front()) is None:
        left = deadline - stage.carrier.loop.time()
        if left <= 0 or queue.deleted:
            return None
        try:
            await stage.leg.wait(asyncio.shield(queue.change()), left)
        except TimeoutError:
            return None
    return member


async def _join(stage: Stage, dial: Element, noun: Element, member: Member, queue: Queue, outcome: Outcome) -> None:
    leg, loop = stage.leg, stage.carrier.loop
    announcement = stage.link(noun, "url") if noun.get("url") else None
    taking = Taking(None, announcement, leg, loop.create_future(), loop.create_future())
    member.taken.set_result(taking)
    assert taking.ready is not None  # noqa: S101 given just above
    assert taking.bridged is not None  # noqa: S101
    try:
        if not await leg.wait(asyncio.shield(taking.ready)):
            return  # they hung up meanwhile: whoever is next
        bridge = Bridge(leg, member.leg)
        taking.bridged.set_result(bridge)
        outcome.bridged, outcome.status, outcome.child = True, "completed", member.leg
        outcome.more = {
            "QueueSid": queue.sid,
            "QueueResult": "bridged",
            "QueueTime": str(round(queue.seconds(member))),
        }
        await outcome.talk(stage, dial, bridge)
    finally:
        if not taking.bridged.done():
            taking.bridged.set_result(None)
