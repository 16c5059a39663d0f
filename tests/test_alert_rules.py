"""When owners are told at once: never for what a small firm's phone does on a quiet day."""

import math
import random
from bisect import bisect_left
from collections.abc import Callable
from itertools import pairwise

import pytest

from voice.rules import alerts
from voice.rules.alerts import Ended, Stretch

WEEK = 7 * 24.0  # hours
YEARS = 4


def ended(*callers: str) -> list[Ended]:
    """Calls, newest first; a name with a + reached somebody."""
    return [Ended(str(number), name.strip("+"), "+" not in name) for number, name in enumerate(callers)]


@pytest.mark.parametrize(
    ("callers", "long"),
    [
        (("jane", "joe", "ann"), 3), (("jane", "joe", "ann", "+eve", "kim"), 3), (("jane", "joe", "+ann", "eve"), 0),
        (("jane", "jane", "joe"), 0), (("jane", "jane", "joe", "ann"), 4), (("+jane", "joe", "ann", "eve"), 0), ((), 0),
    ],
)  # fmt: skip
def test_three_callers_in_a_row_are_three_people_since_somebody_got_through(
    callers: tuple[str, ...], long: int
) -> None:
    assert len(alerts.missed_in_a_row(ended(*callers))) == long


def test_the_chance_of_silence_is_poisson_s_with_many_weeks_and_larger_with_few() -> None:
    assert alerts.chance([Stretch(70_000, 10_000)]) == pytest.approx(math.exp(-7), rel=1e-3)
    assert alerts.chance([Stretch(28, 4)]) == pytest.approx((4 / 5) ** 28)
    assert alerts.chance([Stretch(28, 4)]) > math.exp(-7)
    assert alerts.chance([Stretch(8, 8), Stretch(16, 8)]) == pytest.approx((8 / 9) ** 24)
    assert alerts.expected([Stretch(8, 8), Stretch(16, 8)]) == 3


def test_silence_means_nothing_with_a_short_history_or_few_calls() -> None:
    assert alerts.is_dead([Stretch(400, 8)], calls_a_day=50)
    assert not alerts.is_dead([Stretch(400, 3)], calls_a_day=50)  # three weeks
    assert not alerts.is_dead([Stretch(32, 8)], calls_a_day=1)  # four calls expected
    assert not alerts.is_dead([], calls_a_day=50)


@pytest.mark.parametrize("calls_a_day", [5, 30, 200])
def test_a_line_that_works_is_called_dead_less_than_once_a_year(
    calls_a_day: int, record_property: Callable[[str, object], None]
) -> None:
    """A quiet line of seven days: four years of it, each silence looked at when it is longest."""
    dice = random.Random(calls_a_day)
    rate, now, calls = calls_a_day / 24, 0.0, list[float]()
    while now < (8 + 52 * YEARS) * WEEK:
        now += dice.expovariate(rate)
        calls.append(now)
    false = 0
    for last, following in pairwise(calls):
        if last > 8 * WEEK and alerts.is_dead([seen(calls, last, following)], calls_a_day):
            false += 1
    record_property("false alarms a year", false / YEARS)
    assert false / YEARS <= 1


@pytest.mark.parametrize(("calls_a_day", "hours"), [(30, 12), (200, 2.5)])
def test_a_line_that_died_is_noticed(calls_a_day: int, hours: float) -> None:
    calls = [number * 24 / calls_a_day for number in range(calls_a_day * 60)]
    last = calls[-1]
    assert alerts.is_dead([seen(calls, last, last + hours)], calls_a_day)
    assert not alerts.is_dead([seen(calls, last, last + hours / 4)], calls_a_day)


def seen(calls: list[float], since: float, until: float) -> Stretch:
    """Who rang at the same times of the eight weeks before."""
    found = sum(
        bisect_left(calls, until - weeks * WEEK) - bisect_left(calls, since - weeks * WEEK) for weeks in range(1, 9)
    )
    return Stretch(found, 8)
