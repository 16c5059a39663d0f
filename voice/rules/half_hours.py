"""How many people each half-hour of a week needs, from a line's own arrivals, and how much of that is guesswork.

Few weeks give few calls, so each half-hour has its arrival rate with the exact interval for a Poisson count, and the
people needed at both ends of it. Talk time and patience are taken as known: their own doubt is smaller, as all
half-hours share them. A busy season is not a matter of chance, and in no interval.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from voice.rules.staffing import Load, least

A_WEEK = 7 * 48  # half-hours, from Monday 00:00 of the line's wall clock
SURE = 0.8  # the share of such intervals that hold the true rate
# Half the callers were gone after 45 s in one centre (sales) and after 95 s in another (support): Call Centre Helper,
# "What is an acceptable waiting time". Exponential patience has its mean at that over ln 2.
_MEANS = tuple(half / math.log(2) for half in (45, 95))
PRIOR_PATIENCE = math.sqrt(_MEANS[0] * _MEANS[1])  # 94 s
# They differ by a standard deviation of 0.53 in the logarithm, which is that of a rate known from 1 / 0.53² callers.
PRIOR_WEIGHT = 2 / math.log(_MEANS[1] / _MEANS[0]) ** 2  # 3.6


@dataclass(frozen=True)
class Seen:
    """What one half-hour of the week has brought: calls in all, and how often it was open and watched."""

    calls: int
    times: int


@dataclass(frozen=True)
class Aim:
    """The share of callers (below 1) who are to reach somebody within so many seconds."""

    share: float = 0.9
    within: float = 20.0


@dataclass(frozen=True)
class Need:
    """People needed in one half-hour: for the calls an hour seen, and at both ends of what few data leave open."""

    calls_per_hour: float
    people: int
    fewest: int
    most: int


@dataclass(frozen=True)
class Waited:
    """One caller's wait from the first ring on, in seconds, and whether they gave up or it ended otherwise."""

    seconds: float
    gave_up: bool


def patience(waits: Iterable[Waited]) -> float:
    """Mean patience in seconds: all waiting over how many gave up, with the prior above as if seen before.

    Who was answered, or promised a call, had that much patience and perhaps more (censored). For exponential patience
    that is the maximum of the likelihood (Brown et al. 2005, JASA 100:36-50), and with a gamma prior on the
    rate the inverse of its posterior mean. A blocked call or one from outside opening hours is no wait.
    """
    gave_up, waited = PRIOR_WEIGHT, PRIOR_WEIGHT * PRIOR_PATIENCE
    for wait in waits:
        gave_up += wait.gave_up
        waited += wait.seconds
    return waited / gave_up


def needs(seen: Sequence[Seen], talk: float, mean_patience: float | None, aim: Aim) -> list[Need | None]:
    """For each half-hour how many people it takes; None where the line was never open.

    `talk` is the mean seconds of talk and wrap-up. Each half-hour is taken as if it went on for long, as is usual
    ("stationary independent period by period", Green, Kolesar & Soares 2001): good while talks are short beside it.
    Callers who are promised a call after their ring leave sooner than the model says, and are rung back: taken as even.
    """
    return [_need(each, talk, mean_patience, aim) for each in seen]


def _need(seen: Seen, talk: float, mean_patience: float | None, aim: Aim) -> Need | None:
    if not seen.times:
        return None
    low, high = likely_counts(seen.calls)
    rates = [calls * 2 / seen.times for calls in (seen.calls, low, high)]
    people, fewest, most = (_least(rate, talk, mean_patience, aim) for rate in rates)
    return Need(rates[0], people, fewest, most)


@lru_cache(maxsize=4096)  # the half-hours of a small line are much alike
def _least(calls_per_hour: float, talk: float, mean_patience: float | None, aim: Aim) -> int:
    load = Load(calls_per_hour, talk, mean_patience)
    return least(load, aim.share, aim.within) if calls_per_hour > 0 else 0


@lru_cache(maxsize=4096)
def likely_counts(calls: int, sure: float = SURE) -> tuple[float, float]:
    """Between which means a Poisson count was drawn, by the exact equal-tailed interval (Garwood 1936)."""
    tail = (1 - sure) / 2
    low = _root(0, calls, lambda mean: _at_least(calls, mean) < tail) if calls else 0.0
    high = _root(calls, calls + 20 * math.sqrt(calls + 1) + 40, lambda mean: _at_most(calls, mean) > tail)
    return low, high


def _root(low: float, high: float, is_below: Callable[[float], bool]) -> float:
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if is_below(middle) else (low, middle)
    return high


def _at_least(calls: int, mean: float) -> float:
    """P(N ≥ calls) for a Poisson N whose mean is below `calls`: terms fall from the first on."""
    total, chance, number = 0.0, _chance(calls, mean), calls
    while chance > 1e-17:
        total += chance
        number += 1
        chance *= mean / number
    return total


def _at_most(calls: int, mean: float) -> float:
    """P(N ≤ calls) for a Poisson N whose mean is above `calls`."""
    total, chance, number = 0.0, _chance(calls, mean), calls
    while chance > 1e-17 and number >= 0:
        total += chance
        chance *= number / mean
        number -= 1
    return total


def _chance(calls: int, mean: float) -> float:
    return math.exp(calls * math.log(mean) - mean - math.lgamma(calls + 1))
