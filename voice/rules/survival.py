"""How long until something happened, when for some it has not happened yet: Kaplan-Meier, nobody dropped.

E. L. Kaplan, P. Meier, "Nonparametric estimation from incomplete observations", JASA 53 (1958) 457-481. The variance
is M. Greenwood's (1926); the band is taken on the log-log scale, so that it never leaves 0 to 1: J. D. Kalbfleisch,
R. L. Prentice, "The Statistical Analysis of Failure Time Data" (1980), 1.3.
"""

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass

Z95 = 1.959963984540054  # of a normal distribution, 95 % lie within so many standard deviations
SAME = 1e-9  # shares closer than this are one share: they are products of fractions


@dataclass(frozen=True)
class Point:
    """From `seconds` on, this share still waits; with 95 % confidence between `low` and `high`.

    `low` and `high` are None where nobody is left, and Greenwood's variance is not defined. `reached`: to how many it
    had happened by then.
    """

    seconds: float
    share: float
    low: float | None
    high: float | None
    error: float  # standard error of `share`
    reached: int


@dataclass(frozen=True)
class Curve:
    """The share that still waits, step by step; how many it happened to, and how many still waited when last seen.

    `steps`: (seconds, share from then on, Greenwood's sum up to then, to how many it had happened by then).
    """

    steps: tuple[tuple[float, float, float, int], ...]
    reached: int
    waiting: int

    @property
    def points(self) -> tuple[Point, ...]:
        """The steps with their band."""
        return self.thinned(len(self.steps))

    def thinned(self, most: int) -> tuple[Point, ...]:
        """About so many of the points and no more, evenly taken, the last one among them."""
        every = max(1, -(-len(self.steps) // max(1, most)))
        return tuple(_point(*step) for step in (*self.steps[:-1:every], *self.steps[-1:]))

    def at(self, seconds: float) -> Point | None:
        """The point that holds after so many seconds; None before the first."""
        return next((_point(*step) for step in reversed(self.steps) if step[0] <= seconds), None)

    @functools.cached_property
    def median(self) -> float | None:
        """Seconds until it had happened to half; None while it has not happened to half."""
        return self.when(0.5)

    @functools.cached_property
    def p90(self) -> float | None:
        """Seconds until it had happened to nine of ten."""
        return self.when(0.9)

    def when(self, share: float) -> float | None:
        """Seconds until it had happened to this share; None while it has not happened to so many.

        Where exactly so many are reached between two steps, the middle of the two: with nobody left waiting that is
        the plain median.
        """
        still, exactly = 1 - share, None
        for seconds, left, *_ in self.steps:
            if exactly is not None:
                return round((exactly + seconds) / 2, 1)
            if abs(left - still) < SAME:
                exactly = seconds
            elif left < still:
                return round(seconds, 1)
        return exactly

    def still_waiting(self, seconds: float) -> float:
        """The share to whom it had not happened after so many seconds."""
        return next((share for at, share, *_ in reversed(self.steps) if at <= seconds), 1.0)


def curve(reached: Mapping[float, int], waiting: Mapping[float, int]) -> Curve:
    """From how many it happened to after so many seconds, and how many are known only to have waited so long.

    Who was last seen at the very moment it happened to others counts as having waited longer than they.
    """
    at_risk = sum(reached.values()) + sum(waiting.values())
    share, spread, happened, steps = 1.0, 0.0, 0, list[tuple[float, float, float, int]]()
    gone = iter(sorted(waiting.items()))
    next_gone = next(gone, None)
    for seconds, many in sorted(reached.items()):
        while next_gone is not None and next_gone[0] < seconds:
            at_risk -= next_gone[1]
            next_gone = next(gone, None)
        share *= 1 - many / at_risk
        spread += many / (at_risk * (at_risk - many)) if many < at_risk else math.inf
        happened += many
        steps.append((seconds, share, spread, happened))
        at_risk -= many
    return Curve(tuple(steps), happened, sum(waiting.values()))


def _point(seconds: float, share: float, spread: float, reached: int) -> Point:
    if math.isinf(spread):
        return Point(seconds, 0.0, None, None, 0.0, reached)
    error = share * math.sqrt(spread)
    reach = Z95 * math.sqrt(spread) / abs(math.log(share))
    return Point(seconds, share, share ** math.exp(reach), share ** math.exp(-reach), error, reached)
