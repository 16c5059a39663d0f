"""What callers meet with so many people on the phones, and how many people an aim takes: Erlang B, C and A.

Calls come as a Poisson process, talks and patience are exponential with the means given. Erlang B: who finds nobody
free goes at once. Erlang C: everybody waits for as long as it takes. Erlang A (Palm; Mandelbaum & Zeltyn 2007, "Service
engineering in action: the Palm/Erlang-A queue"): everybody waits until their patience ends. Talks that are not
exponential change little of it (Whitt 2005, "Engineering solution of a basic call-center model").
"""

import bisect
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

NEGLIGIBLE = 1e-18  # of the likeliest state: what is left beyond is lost in rounding


@dataclass(frozen=True)
class Load:
    """What comes in: calls an hour, the mean seconds each takes somebody up (talk and wrap-up), mean patience.

    `patience` is in seconds, until a caller whom nobody answers gives up; None: they never do. All are above nought.
    """

    calls_per_hour: float
    talk: float
    patience: float | None = None

    @property
    def per_second(self) -> float:
        """Calls a second."""
        return self.calls_per_hour / 3600

    @property
    def offered(self) -> float:
        """The people it would keep busy if nobody ever waited: erlangs."""
        return self.per_second * self.talk


@dataclass(frozen=True)
class Staffed:
    """Shares of callers unless it says otherwise: who waits, who gives up, seconds waited by all, of whatever end.

    `queue`: how many wait on average. `busy`: the share of their time that people talk.
    """

    p_wait: float
    p_abandon: float
    mean_wait: float
    queue: float
    busy: float


def erlang_b(offered: float, people: int) -> float:
    """The share of callers who find everybody busy when nobody waits.

    By the recursion B(n) = aB(n-1) / (n + aB(n-1)), which keeps every digit (Cooper, "Introduction to Queueing Theory",
    2nd ed. 1981, chapter 3).
    """
    blocked = 1.0
    for number in range(1, people + 1):
        blocked = offered * blocked / (number + offered * blocked)
    return blocked


@dataclass(frozen=True)
class ErlangC:
    """Nobody gives up. With fewer people than the load keeps busy the queue grows for ever: all wait, without end."""

    load: Load
    people: int

    @property
    def p_wait(self) -> float:
        """C = B / (1 - a/n (1 - B)) (Cooper 1981, chapter 3)."""
        if self._spare <= 0:
            return 1.0
        blocked = erlang_b(self.load.offered, self.people)
        return blocked / (1 - self.load.offered / self.people * (1 - blocked))

    def figures(self) -> Staffed:
        """What callers meet in the long run."""
        if self._spare <= 0:
            return Staffed(1.0, 0.0, math.inf, math.inf, 1.0 if self.people else 0.0)
        mean_wait = self.p_wait / self._spare
        return Staffed(self.p_wait, 0.0, mean_wait, mean_wait * self.load.per_second, self.load.offered / self.people)

    def answered_within(self, seconds: float) -> float:
        """The share of callers who reach somebody in time: 1 - C e^(-(n/talk - calls) t), as waits are exponential."""
        return 1 - self.p_wait * math.exp(-self._spare * seconds) if self._spare > 0 else 0.0

    def waited_within(self, seconds: float) -> float:
        """The share whose wait is over in time: here all of them are answered."""
        return self.answered_within(seconds)

    @property
    def _spare(self) -> float:
        """Talks a second that could be had beyond those that come."""
        return self.people / self.load.talk - self.load.per_second


@dataclass(frozen=True)
class ErlangA:
    """Callers give up. Everything is a sum over the exact chain of how many are there, talking or waiting."""

    load: Load
    people: int
    patience: float

    def figures(self) -> Staffed:
        """What callers meet in the long run; who gives up is P(ab) = queue / patience / calls (conservation)."""
        p_wait = math.fsum(self._waiting)
        queue = math.fsum(ahead * chance for ahead, chance in enumerate(self._waiting))
        mean_wait = queue / self.load.per_second  # Little's law
        first, chances = self._chain
        talking = math.fsum(min(first + index, self.people) * chance for index, chance in enumerate(chances))
        busy = talking / self.people if self.people else 0.0
        return Staffed(p_wait, min(mean_wait / self.patience, 1.0), mean_wait, queue, busy)

    def answered_within(self, seconds: float) -> float:
        """The share of all callers who reach somebody in time; over 1 - P(ab) it is the share of those answered.

        Who finds j waiting waits for j + 1 departures, at rates n/talk + i/patience with i from j down to nought. The
        product of the exponentials of such waits is beta distributed, so P(wait > t) is a negative binomial sum (DLMF
        8.17.24). One's own patience must outlast it: one more competitor, with a patience that must not be the first.
        """
        ends = self._departures(seconds, 1)
        late, total = 0.0, []
        for chance, departures in zip(self._waiting[1:], ends, strict=False):
            late += departures
            total.append(chance * max(1 - late, 0.0))
        served = self.people / self.load.talk / self.load.per_second
        return 1 - math.fsum(self._waiting) + served * math.fsum(total)

    def waited_within(self, seconds: float) -> float:
        """The share of all callers whose wait is over in time, answered or given up."""
        late, total = 0.0, []
        for chance, departures in zip(self._waiting, self._departures(seconds, 0), strict=False):
            late += departures
            total.append(chance * min(late, 1.0))
        return 1 - math.fsum(total) * math.exp(-seconds / self.patience)

    @cached_property
    def _chain(self) -> tuple[int, list[float]]:
        def ratio(there: int) -> float:
            talking = min(there, self.people)
            return self.load.per_second / (talking / self.load.talk + (there - talking) / self.patience)

        spare = self.people / self.load.talk - self.load.per_second
        # Where as many come as go: among the talking, or, when these are too few, among the waiting.
        likely = self.load.offered if spare > 0 else self.people - spare * self.patience
        return _around(int(likely), ratio)

    @cached_property
    def _waiting(self) -> list[float]:
        """The chances that everybody is busy and 0, 1, … wait."""
        first, chances = self._chain
        return [0.0] * max(first - self.people, 0) + chances[max(self.people - first, 0) :]

    def _departures(self, seconds: float, more: int) -> list[float]:
        """The negative binomial chances of 0, 1, … with r = n patience/talk + `more` and success e^(-t/patience)."""
        r = self.people * self.patience / self.load.talk + more
        fails = -math.expm1(-seconds / self.patience)
        if r * fails <= 0:  # no time has gone by, or nobody there to take anybody
            return [1.0] + [0.0] * len(self._waiting)
        log, chances = -r * seconds / self.patience, []
        for number in range(len(self._waiting)):
            chances.append(math.exp(log))
            log += math.log((r + number) / (number + 1) * fails)
        return chances


def model(load: Load, people: int) -> ErlangA | ErlangC:
    """Erlang A when callers give up, else Erlang C."""
    return ErlangC(load, people) if load.patience is None else ErlangA(load, people, load.patience)


def least(load: Load, aim: float, within: float) -> int:
    """The fewest people with whom that share of callers (0 ≤ aim < 1) reaches somebody within so many seconds."""

    def holds(people: int) -> bool:
        return model(load, people).answered_within(within) >= aim

    enough = max(math.ceil(load.offered), 1)
    while not holds(enough):
        enough *= 2
    fewest = int(aim * load.offered)  # with fewer, too few are served at all
    return bisect.bisect_left(range(enough), True, lo=fewest, key=holds)


def _around(likely: int, ratio: Callable[[int], float]) -> tuple[int, list[float]]:
    """The distribution with p(k) / p(k-1) = ratio(k), falling in k: its first state that counts, and its chances.

    From its likeliest state outward, so that nothing overflows and what underflows does not count.
    """
    above, chance = [1.0], ratio(likely + 1)
    while chance > NEGLIGIBLE:
        above.append(chance)
        chance *= ratio(likely + len(above))
    below: list[float] = []
    chance = 1.0
    while len(below) < likely and chance > NEGLIGIBLE:
        chance /= ratio(likely - len(below))
        below.append(chance)
    total = math.fsum(above) + math.fsum(below)
    return likely - len(below), [each / total for each in (*reversed(below), *above)]
