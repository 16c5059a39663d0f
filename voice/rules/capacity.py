"""How soon this line really rings somebody back: the 90th percentile, from its own figures and who works until when.

The model: callbacks are taken in order of promise by whoever is free, and what one costs (the pause before it, the
dial, the talk, the note, and live callers served in between) is measured on this very line. So somebody is on to a new
caller after `jobs` completions of the people at work. Their time is taken as gamma distributed with the measured mean
and spread: exact for one person with exponential times (Erlang), and for many a sum that Palm and Khintchine's theorem
makes Poisson-like (Cox & Smith, "On the superposition of renewal processes", 1954). `bench/promise.py` checks it.
"""

import datetime as dt
import itertools
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from voice.rules.hours import Interval, Schedule, open_intervals

ENOUGH = 30  # talks before a line's own figures are believed
Z90 = 1.2816  # the normal distribution's 90th percentile
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


def measure(cycles: Sequence[float], lags: Sequence[float], live: Sequence[float]) -> Figures | None:
    """The figures of a line from its last callbacks, in seconds; None while they are too few.

    `cycles` and `lags` hold one value for each callback, `live` the talks with callers that began while one waited.
    With each callback go, on average, `share` such talks; how many is taken as geometric.
    """
    if len(cycles) < ENOUGH:
        return None
    own, own_spread = _mean_and_spread(cycles)
    lag, lag_spread = _mean_and_spread(lags)
    share = len(live) / len(cycles)
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
    """How much staffed time goes by until the caller's phone rings, nine times in ten."""
    people = spans[0].people
    work = seconds_needed(measured, people) * people  # what so many get done; later they may be more, or fewer
    passed = 0.0
    for span in spans:
        length = (span.interval.end - span.interval.start).total_seconds()
        if work <= length * span.people:
            return dt.timedelta(seconds=passed + work / span.people)
        work -= length * span.people
        passed += length
    return dt.timedelta(seconds=passed)


def seconds_needed(measured: Measured, people: int) -> float:
    """The 90th percentile of the seconds until the caller's phone rings, with so many people at work throughout."""
    figures, free = measured.figures, min(measured.free, people)
    jobs = max(measured.ahead + 1 - free, 0)
    # With one person the first completion is what is left of a callback already begun.
    begun = (1 - figures.spread) / 2 / people if jobs else 0.0
    alone = jobs / (jobs + people - 1) if jobs else 0.0  # few completions of many people come like Poisson arrivals
    each = figures.cycle / people
    mean = (jobs - begun) * each + figures.lag
    variance = jobs * (alone * figures.spread + 1 - alone) * each**2 + figures.lag_spread * figures.lag**2
    return gamma_90(mean, variance)


def gamma_90(mean: float, variance: float) -> float:
    """The 90th percentile of a gamma distribution (Wilson & Hilferty 1931: within 1 % for all we meet here)."""
    if mean <= 0:
        return 0.0
    shape = mean**2 / max(variance, 1e-9)
    return mean * max(1 - 1 / (9 * shape) + Z90 * math.sqrt(1 / (9 * shape)), 0.0) ** 3
