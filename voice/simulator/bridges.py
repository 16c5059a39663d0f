"""Two legs that hear each other."""

import asyncio

from .legs import Leg, Span


class Bridge:
    """Two legs that hear each other, until either leaves."""

    def __init__(self, one: Leg, two: Leg) -> None:
        self._carrier = one.carrier
        self.legs = (one, two)
        self.started_at = self._carrier.now()
        self.done: asyncio.Future[str] = self._carrier.loop.create_future()
        for leg, other in ((one, two), (two, one)):
            leg.bridge = self
            leg.bridges.append(Span(other, self.started_at))
            leg.hear("joined", other.phone.label)
            leg.joined.set()
        self._carrier.note("joined", f"{one.phone.label} and {two.phone.label} are talking", one)

    def part(self, reason: str) -> None:
        """End it; a second end is nothing."""
        if self.done.done():
            return
        now = self._carrier.now()
        self.done.set_result(reason)
        for leg in self.legs:
            leg.bridge = None
            leg.bridges[-1].until = now
            leg.joined.clear()
            leg.parted.set()
            leg.hear("parted", reason)
        self._carrier.note("parted", reason, self.legs[0])

    @property
    def seconds(self) -> float:
        """How long it has lasted."""
        return (self._carrier.now() - self.started_at).total_seconds()
