"""An event loop whose clock is virtual: when nothing is ready it jumps to the next timer instead of sleeping."""

import asyncio
import contextvars
import heapq
import math
import selectors
from collections.abc import Callable
from typing import TypeVarTuple, Unpack

_Ts = TypeVarTuple("_Ts")
_TOLERANCE = 1e-6  # instants are compared as datetimes by callers, and those end at the microsecond


class _JumpingSelector(selectors.SelectSelector):
    """Never looks at a socket: a wait for the next timer is a jump of the loop's clock."""

    loop: "VirtualLoop"

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout > 0:
            self.loop.jump(timeout)
        return []


class _Timer(asyncio.TimerHandle):
    """A timer that comes after those set earlier for the same instant; asyncio's own leave that to chance."""

    order = 0
    _scheduled: bool

    def __lt__(self, other: object) -> bool:
        if isinstance(other, _Timer):
            return (self.when(), self.order) < (other.when(), other.order)
        return NotImplemented


class VirtualLoop(asyncio.SelectorEventLoop):
    """Runs to a horizon in virtual seconds since its start, in no real time."""

    _scheduled: list[asyncio.TimerHandle]  # asyncio's own heap of timers
    _ready: list[asyncio.Handle]

    def __init__(self) -> None:
        self._virtual = 0.0
        self._horizon = 0.0
        self._timers = 0
        self.on_move: Callable[[], None] = lambda: None
        selector = _JumpingSelector()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._virtual

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[_Ts]], object],
        *args: *_Ts,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        """As asyncio's, but stable."""
        timer = _Timer(when, callback, args, self, context)
        self._timers += 1
        timer.order = self._timers
        heapq.heappush(self._scheduled, timer)
        timer._scheduled = True
        return timer

    def run_to(self, when: float) -> None:
        """Run all that is due up to and including `when`; the clock then stands at `when`."""
        self._horizon = max(when, self._virtual)
        self.run_forever()

    def next_timer(self) -> float | None:
        """When something is due next, or None when nothing ever is."""
        if self._ready:
            return self._virtual
        return min((timer.when() for timer in self._scheduled if not timer.cancelled()), default=None)

    def jump(self, seconds: float | None) -> None:
        """Called by the selector when nothing is ready: go to the next timer, or stop at the horizon."""
        target = math.inf if seconds is None else self._virtual + seconds
        if target > self._horizon + _TOLERANCE:
            target = self._horizon
            self.stop()
        if target > self._virtual:
            self._virtual = target
            self.on_move()
