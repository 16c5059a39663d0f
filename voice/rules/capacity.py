"""How soon this line really rings somebody back, from its own figures and who works until when: kept nine times in ten.

The model: callbacks are taken in order of promise by whoever is free, and what one costs (the pause before it, the
dial, the talk, the note, and live callers served in between) is measured on this very line. So somebody is on to a new
caller after `jobs` completions of the people at work: for one person a sum of their own times, for many the arrivals
that Palm and Khintchine's theorem makes Poisson-like (Cox & Smith, "On the superposition of renewal processes", 1954).
The whole is taken as log-normal, as talks are (Brown et al. 2005, JASA 100:36-50) and, nearly, sums of them (Fenton,
"The sum of log-normal probability distributions in scatter transmission systems", 1960). `bench/promise.py` checks it.
"""

import datetime as dt
import itertools
import math
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from voice.rules.hours import Interval, Schedule, open_intervals

ENOUGH = 30  # talks before a line's own figures are believed
SAYABLE = dt.timedelta(minutes=5)  # a promise is rounded up to these
KEPT = 0.89  # of promises as spoken, in the model: what it leaves out makes that 0.88 to 0.92 where steps allow it
EVEN = 0.5  # nobody is told a time that is likelier missed than kept
SPREAD = (0.2, 4.0)  # squared coefficients of variation we believe: others come of a handful of odd days


@dataclass(frozen=True)
class Worker:
    """Somebody of the line as far as their time goes: when they work, and from when on (they may be away)."""

    schedule: Schedule
    back_at: dt.datetime | None = None


@dataclass(frozen=True)
class Figures:
    """What one callback costs on a line, in seconds, each with its spread: the variance over the mean squared.

    `cycle`: how long one person is taken up, from being free for it to having done with it, and with the live callers
    who are served first meanwhile. `lag`: until somebody who is free has the caller's phone ringing.
    """

    cycle: float
    spread: float
    lag: float
    lag_spread: float


@dataclass(frozen=True)
class Measured:
    """What a line can do.

    `ahead`: callbacks promised earlier. `free`: people at work whose phone is not in use.
    """

    figures: Figures
    ahead: int
    free: int
    workers: tuple[Worker, ...]


@dataclass(frozen=True)
class Span:
    """Open time during which the same number of people work."""

    interval: Interval
    people: int


@dataclass(frozen=True)
class Wait:
    """The seconds until the caller's phone rings: their mean, and their spread as the variance over its square."""

    mean: float
    spread: float

    def within(self, seconds: float) -> float:
        """The chance that it rings within so many seconds."""
        return _NORMAL.cdf(self._z(seconds)) if seconds > 0 else 0.0

    def at(self, chance: float) -> float:
        """The seconds within which it rings with that chance."""
        return self._median * math.exp(_NORMAL.inv_cdf(chance) * self._sigma)

    def within_when_rounded(self, seconds: float) -> float:
        """The same chance for a time rounded up to what can be said: on average over the moment at which callers ring.

        The chance grows from `seconds` on to a whole step later. Its integral up to t is E[max(t - wait, 0)].
        """
        step = SAYABLE.total_seconds()
        return (self._left_over(seconds + step) - self._left_over(seconds)) / step

    def before_rounding(self) -> float:
        """What to round up, for the promise as spoken to be kept `KEPT` of the time; never under even odds.

        A line quick beside the step keeps more: the next time that can be said is nearly certain, the one before it
        likelier missed.
        """
        low, high = self.at(EVEN), self.at(KEPT)
        if self.within_when_rounded(low) >= KEPT:
            return low
        while high - low > 1:  # a second
            middle = (low + high) / 2
            low, high = (middle, high) if self.within_when_rounded(middle) < KEPT else (low, middle)
        return high

    @property
    def _sigma(self) -> float:
        return math.sqrt(math.log1p(self.spread))

    @property
    def _median(self) -> float:
        return self.mean / math.sqrt(1 + self.spread)

    def _z(self, seconds: float) -> float:
        return math.log(seconds / self._median) / self._sigma

    def _left_over(self, seconds: float) -> float:
        z = self._z(seconds)
        return seconds * _NORMAL.cdf(z) - self.mean * _NORMAL.cdf(z - self._sigma)


_NORMAL = statistics.NormalDist()


def measure(cycles: Sequence[float], lags: Sequence[float], live: Sequence[float], queued: int) -> Figures | None:
    """The figures of a line from its last callbacks, in seconds; None while they are too few.

    `cycles` and `lags` hold one value for each callback. `queued` of them had to wait for somebody to be free, and
    `live` are the talks with callers that began meanwhile: with each callback that waits go, on average, `share` such
    talks; how many is taken as geometric.
    """
    if len(cycles) < ENOUGH:
        return None
    own, own_spread = _mean_and_spread(cycles)
    lag, lag_spread = _mean_and_spread(lags)
    share = len(live) / max(queued, 1)
    talk, talk_spread = _mean_and_spread(live) if live else (0.0, 0.0)
    whole = own + share * talk
    variance = own_spread * own**2 + share * talk**2 * (talk_spread + 1 + share)
    return Figures(whole, variance / whole**2, lag, lag_spread)


def _mean_and_spread(values: Sequence[float]) -> tuple[float, float]:
    mean = max(sum(values) / len(values), 1.0)
    variance = sum((each - mean) ** 2 for each in values) / max(len(values) - 1, 1)
    return mean, min(max(variance / mean**2, SPREAD[0]), SPREAD[1])


def staffed(windows: Sequence[Interval], measured: Measured) -> list[Span]:
    """The parts of these windows in which anybody works, and how many do."""
    if not windows:
        return []
    start, end = windows[0].start, windows[-1].end
    alike = Counter(measured.workers)  # most people of a line share its hours
    works = [(interval, count) for worker, count in alike.items() for interval in _working(worker, start, end)]
    edges = sorted({edge for interval in (*windows, *(interval for interval, _ in works)) for edge in interval})
    spans = []
    for begin, finish in itertools.pairwise(edges):
        if any(window.start <= begin and finish <= window.end for window in windows):
            people = sum(count for work, count in works if work.start <= begin and finish <= work.end)
            spans += [Span(Interval(begin, finish), people)] if people else []
    return spans


def _working(worker: Worker, start: dt.datetime, end: dt.datetime) -> list[Interval]:
    here = max(start, worker.back_at or start)
    return open_intervals(worker.schedule, here, end) if here < end else []


def open_time(spans: Sequence[Span], measured: Measured) -> dt.timedelta:
    """How much staffed time goes by before the promise, which is rounded up afterwards."""
    people = spans[0].people
    work = wait(measured, people).before_rounding() * people  # what so many get done; later they may be more, or fewer
    passed = 0.0
    for span in spans:
        length = (span.interval.end - span.interval.start).total_seconds()
        if work <= length * span.people:
            return dt.timedelta(seconds=passed + work / span.people)
        work -= length * span.people
        passed += length
    return dt.timedelta(seconds=passed)


def wait(measured: Measured, people: int) -> Wait:
    """The time until the caller's phone rings, with so many people at work throughout."""
    figures, free = measured.figures, min(measured.free, people)
    jobs = max(measured.ahead + 1 - free, 0)
    begun = (1 - figures.spread) / 2 if jobs else 0.0  # those under way are partly done (renewal theory)
    alone = jobs / (jobs + people - 1) if jobs else 0.0  # few completions of many people come like Poisson arrivals
    each = figures.cycle / people
    mean = (jobs - begun) * each + figures.lag
    variance = jobs * (alone * figures.spread + 1 - alone) * each**2 + figures.lag_spread * figures.lag**2
    return Wait(mean, variance / mean**2)
