"""How legs come to ring: the account's pace, its cap, and the far phone."""

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from .legs import Leg
from .params import E164, SENTINELS

if TYPE_CHECKING:
    from .carrier import Carrier

_REFUSED_AFTER_SECONDS = 1.0  # a leg over the cap fails this soon, unrung


class Pacer:
    """Calls made by REST start first come, first served, `calls_per_second` of them."""

    def __init__(self, carrier: "Carrier") -> None:
        self._carrier = carrier
        self._waiting: deque[tuple[Leg, Callable[[], object]]] = deque()
        self._free_at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def submit(self, leg: Leg, start: Callable[[], object]) -> None:
        """Queue a call; it starts at once when the pace allows."""
        self._waiting.append((leg, start))
        if self._timer is None:
            self._schedule()

    def _schedule(self) -> None:
        loop = self._carrier.loop
        self._timer = loop.call_at(max(self._free_at, loop.time()), self._next)

    def _next(self) -> None:
        self._timer = None
        while self._waiting:
            leg, start = self._waiting.popleft()
            if leg.over:
                continue
            leg.queue_seconds = (self._carrier.now() - leg.created_at).total_seconds()
            self._free_at = self._carrier.loop.time() + 1.0 / self._carrier.config.calls_per_second
            start()
            break
        if self._waiting:
            self._schedule()


async def place_api(carrier: "Carrier", leg: Leg) -> None:
    """The life of a call made by REST: ring, and when answered run its document."""
    if await ring(carrier, leg, leg.timeout + carrier.switches.api_buffer_seconds):
        if leg.time_limit < Leg.time_limit:
            keep_to_limit(leg)
        await carrier.player.run(leg, leg.source, "document")


def keep_to_limit(leg: Leg) -> None:
    """See to it that an answered leg ends when its time limit, as it then is, is over."""

    async def run_out(answered_at: datetime) -> None:
        while (left := leg.time_limit - (leg.carrier.now() - answered_at).total_seconds()) > 0:
            await asyncio.sleep(left)
        leg.end("completed", "carrier", "over its time limit")

    if leg.answered_at is not None:
        leg.helpers.append(leg.carrier.spawn(run_out(leg.answered_at)))


async def ring(carrier: "Carrier", leg: Leg, timeout: float) -> bool:
    """Ring the far phone for at most `timeout` seconds; True when it was answered, else the leg has ended."""
    over_cap = carrier.switches.max_legs is not None and carrier.live_legs() >= carrier.switches.max_legs
    leg.become("initiated")
    if over_cap:
        await leg.rest(_REFUSED_AFTER_SECONDS)
        leg.end("failed", "carrier", "over the account's cap of legs")
        return False
    await leg.rest(carrier.config.setup_seconds)
    if why := unreachable(carrier, leg):
        leg.end("failed", "carrier", why)
        return False
    if leg.to in carrier.numbers:
        leg.become("ringing")
        carrier.forward(leg, leg.to)
    else:
        leg.phone.ring(leg)
    try:
        result = await leg.wait(asyncio.shield(leg.settled), timeout)
    except TimeoutError:
        leg.settled.cancel()
        leg.end("no-answer", "carrier", "rang out")
        return False
    if result != "answered":
        leg.end(result, "phone", "declined" if result == carrier.switches.declined_status else result)
        return False
    leg.answer()
    return True


def unreachable(carrier: "Carrier", leg: Leg) -> str:
    """Why this leg cannot be put through, or an empty string."""
    if leg.to.startswith(("sip:", "sips:", "client:")):
        return ""
    if not E164.fullmatch(leg.to):
        return "not a number"
    if leg.frm in SENTINELS and carrier.switches.sentinel_refused:
        return "a placeholder as caller ID"
    return ""
