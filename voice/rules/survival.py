"""How long until something happened, when for some it has not happened yet: Kaplan-Meier, nobody dropped.

E. L. Kaplan, P. Meier, "Nonparametric estimation from incomplete observations", JASA 53 (1958) 457-481. The variance
is M. Greenwood's (1926); the band is taken on the log-log scale, so that it never leaves 0 to 1: J. D. Kalbfleisch,
R. L. Prentice, "The Statistical Analysis of Failure Time Data" (1980), 1.3.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

Z95 = 1.959963984540054  # of a normal distribution, 95 % lie within so many standard deviations
SAME = 1e-9  # shares closer than this are one share: they are products of fractions


@dataclass(frozen=True)
class Point:
    """From `seconds` on, this share still waits; with 95 % confidence between `low` and `high`.

    `low` and `high` are None where nobody is left, and Greenwood's variance is not defined.
    """

    seconds: float
    share: float
    low: float | None
    high: float | None
    error: float  # standard error of `share`


@dataclass(frozen=True)
class Curve:
    """The share that still waits, step by step; how many it happened to, and how many still waited when last seen."""

    points: tuple[Point, ...]
    reached: int
    waiting: int

    @property
    def median(self) -> float | None:
        """Seconds until it had happened to half; None while it has not happened to half."""
        return self.when(0.5)

    @property
    def p90(self) -> float | None:
        """Seconds until it had happened to nine of ten."""
        return self.when(0.9)

    def when(self, share: float) -> float | None:
        """Seconds until it had happened to this share; None while it has not happened to so many.

        Where exactly so many are reached between two steps, the middle of the two: with nobody left waiting that is
        the plain median.
        """
        left, exactly = 1 - share, None
        for point in self.points:
            if exactly is not None:
                return round((exactly + point.seconds) / 2, 1)
            if abs(point.share - left) < SAME:
                exactly = point.seconds
            elif point.share < left:
                return round(point.seconds, 1)
        return exactly

    def still_waiting(self, seconds: float) -> float:
        """The share to whom it had not happened after so many seconds."""
        return next((point.share for point in reversed(self.points) if point.seconds <= seconds), 1.0)


def curve(waits: Iterable[tuple[float, int, int]]) -> Curve:
    """From (seconds, how many it happened to then, how many are known only to have waited so long), in any order.

    Who was last seen at the very moment it happened to others counts as having waited longer than they.
    """
    rows = sorted(waits)
    at_risk = sum(reached + waiting for _, reached, waiting in rows)
    share, spread, points = 1.0, 0.0, list[Point]()
    reached_in_all = waiting_in_all = 0
    for seconds, reached, waiting in _merged(rows):
        if reached:
            share *= 1 - reached / at_risk
            spread += reached / (at_risk * (at_risk - reached)) if reached < at_risk else math.inf
            points.append(_point(seconds, share, spread))
        at_risk -= reached + waiting
        reached_in_all += reached
        waiting_in_all += waiting
    return Curve(tuple(points), reached_in_all, waiting_in_all)


def _merged(rows: list[tuple[float, int, int]]) -> list[tuple[float, int, int]]:
    """One row for each moment."""
    merged: dict[float, tuple[int, int]] = {}
    for seconds, reached, waiting in rows:
        before = merged.get(seconds, (0, 0))
        merged[seconds] = (before[0] + reached, before[1] + waiting)
    return [(seconds, *counted) for seconds, counted in merged.items()]


def _point(seconds: float, share: float, spread: float) -> Point:
    if math.isinf(spread):
        return Point(seconds, 0.0, None, None, 0.0)
    error = share * math.sqrt(spread)
    reach = Z95 * math.sqrt(spread) / abs(math.log(share))
    return Point(seconds, share, share ** math.exp(reach), share ** math.exp(-reach), error)
