"""When owners are told at once: callers missed in a row, and a line on which it is too quiet. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

IN_A_ROW = 3
FEWEST_WEEKS = 4  # of history, before silence means anything
FEWEST_EXPECTED = 5.0  # calls: with fewer, silence is what a small firm's phone does
# How sure: in a day on which the line works, the chance that anybody is told it does not. A line of n calls a day has
# n silences, one after each call, so the chance of this one is held against the n-th part.
TOO_RARE = 0.001


@dataclass(frozen=True)
class Ended:
    """A call of a line while open, as far as a run of missed ones goes."""

    id: str
    caller_key: str
    is_missed: bool


@dataclass(frozen=True)
class Stretch:
    """A stretch of open time in which nobody rang: in how many earlier weeks it was open then, and who rang in them."""

    calls: int
    weeks: int


def missed_in_a_row(newest_first: Sequence[Ended]) -> Sequence[Ended]:
    """The calls since somebody last reached a person, newest first; empty: not yet three different callers."""
    run: list[Ended] = []
    for call in newest_first:
        if not call.is_missed:
            break
        run.append(call)
    return run if len({call.caller_key for call in run}) >= IN_A_ROW else []


def expected(silence: Sequence[Stretch]) -> float:
    """How many calls these stretches usually bring."""
    return sum(each.calls / each.weeks for each in silence if each.weeks >= FEWEST_WEEKS)


def chance(silence: Sequence[Stretch]) -> float:
    """The chance that nobody rings in all of them while the line works.

    Calls come as a Poisson process whose mean is known from few weeks only: with k calls in w weeks the number of the
    next week is negative binomial, and nought with (w / (w + 1))^k (a gamma posterior with the prior 1/mean). With
    many weeks that is the e^-mean of a mean that is known.
    """
    whole = 1.0
    for each in silence:
        if each.weeks >= FEWEST_WEEKS:
            whole *= float((each.weeks / (each.weeks + 1)) ** each.calls)
    return whole


def is_dead(silence: Sequence[Stretch], calls_a_day: float) -> bool:
    """Whether a silence says that the line itself is dead. `calls_a_day`: of a day on which it is open."""
    return expected(silence) >= FEWEST_EXPECTED and chance(silence) * max(calls_a_day, 1.0) < TOO_RARE
