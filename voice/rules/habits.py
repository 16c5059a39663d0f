"""How soon people pick up and how long callers wait, learned from what they did; drawn where it is not known.

Occurrence over exposure: in each stretch of ringing seconds, how often a phone was picked up per second it rang
(the piecewise exponential model; Holford 1980). What was cut short counts for as long as it lasted. Where one person
has rung little, the team's rate counts as `TEAM` seconds of theirs. A draw takes the rates themselves from their
Gamma posterior first, so that few data give wide answers.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from voice.rules.past import PastCall, Ring

EDGES = (2.0, 4.0, 6.0, 9.0, 12.0, 16.0, 22.0)  # of ringing seconds, for one caller, over all waves; then one more
TEAM = 40.0  # seconds of ringing the team's habit counts for in one person's
NEVER = 3600.0  # seconds: nobody rings or waits that long
STAYS = 20.0  # seconds a machine listens
HAND = 1.5  # seconds a phone rings that is declined, at least (longer than `legs.HAND`)
KEY = 2.5  # seconds from pick-up to the key, where nobody has ever pressed one
CALLERS = 120.0  # seconds of waiting with one hang-up: what is believed of callers before any was seen

DEEDS = ("accepted", "declined", "silent")  # silent: picked up by a machine, or by somebody who pressed no key
Rates = tuple[float, ...]  # per second, by stretch


def _zeros() -> list[float]:
    return [0.0] * (len(EDGES) + 1)


@dataclass
class _Seen:
    """By stretch: seconds of ringing, and how often they ended in each of `DEEDS`."""

    exposure: list[float] = field(default_factory=_zeros)
    deeds: dict[str, list[float]] = field(default_factory=lambda: {deed: _zeros() for deed in DEEDS})

    def rang(self, since: float, until: float, end: str) -> None:
        """A ring from `since` to `until` on the caller's scale of ringing seconds."""
        for place, (low, high) in enumerate(_stretches()):
            self.exposure[place] += max(0.0, min(until, high) - max(since, low))
        if end in self.deeds:
            self.deeds[end][_place(until)] += 1


def _stretches() -> list[tuple[float, float]]:
    return list(zip((0.0, *EDGES), (*EDGES, NEVER), strict=True))


def _place(second: float) -> int:
    return sum(second >= edge for edge in EDGES)


@dataclass(frozen=True)
class Deed:
    """What a phone does once it has rung for `after` seconds for one caller. `stays`: at the phone, without a key."""

    after: float
    end: str  # accepted, silent, declined, nothing; stopped: it rings no longer
    key: float = KEY
    again: float = 0.0  # from there to another key, for the next caller; 0: none

    @property
    def rings(self) -> float:
        """For how long it rings. Whoever declines needs a moment: who says no at once is busy."""
        return max(self.after, HAND) if self.end == "declined" else self.after


class Habits:
    """What has been learned of one line's people and callers."""

    def __init__(self, calls: Sequence[PastCall]) -> None:
        self.team, self.people = _Seen(), dict[str, _Seen]()
        keys = []
        for call in calls:
            for staff, spent, ring in _by_wave(call):
                for seen in (self.team, self.people.setdefault(staff, _Seen())):
                    seen.rang(spent, spent + ring.seconds, ring.end)
                if ring.end == "accepted":
                    keys.append(ring.key)
        self.key = sorted(keys)[len(keys) // 2] if keys else KEY
        self.talks = [call.talk for call in calls if call.outcome == "talked"] or [60.0]
        waited = sum(call.waited for call in calls if call.cause not in ("closed", "holiday", "nobody_on_shift"))
        self._gone, self._waited = sum(call.hung_up for call in calls), waited

    def draw(self, seed: str) -> "Drawn":
        """Habits that fit what was seen: other ones for each seed, the same for the same."""
        dice = random.Random(f"habits:{seed}")  # noqa: S311  no secret: the same seed must give the same answer
        team = _drawn(self.team, None, dice)
        rates = {staff: _drawn(seen, team, dice) for staff, seen in sorted(self.people.items())}
        leave = dice.gammavariate(self._gone + 1.0, 1.0 / (self._waited + CALLERS))
        return Drawn(self, seed, team, rates, leave)


def _drawn(seen: _Seen, team: Mapping[str, Rates] | None, dice: random.Random) -> dict[str, Rates]:
    """Rates of each deed. The team's own lean on what it did in the stretch before."""
    return {deed: _rates(seen.deeds[deed], seen.exposure, team[deed] if team else None, dice) for deed in DEEDS}


def _rates(counts: Sequence[float], exposure: Sequence[float], team: Rates | None, dice: random.Random) -> Rates:
    rates: list[float] = []
    for place, (count, seconds) in enumerate(zip(counts, exposure, strict=True)):
        usual = team[place] if team else rates[-1] if rates else 0.0
        shape = count + usual * TEAM + 0.05  # a trace, so that nothing is impossible and a Gamma exists
        rates.append(dice.gammavariate(shape, 1.0 / (seconds + TEAM)))
    return tuple(rates)


@dataclass(frozen=True)
class Drawn:
    """One draw of everybody's habits. Each caller's and phone's luck is the same under all settings."""

    habits: Habits
    seed: str
    team: Mapping[str, Rates]
    people: Mapping[str, Mapping[str, Rates]]
    leave: float  # hang-ups per second of waiting

    def deed(self, call: PastCall, staff: str) -> Deed:
        """What a phone does for a caller: as it was, and where it was cut short or never rung, as it might have been.

        `after` counts ringing seconds for this caller over all waves.
        """
        spent = 0.0
        for who, before, ring in _by_wave(call):
            if who == staff:
                spent = before + ring.seconds
                if ring.end in ("accepted", "silent", "declined"):
                    return Deed(spent, ring.end, ring.key, ring.again)
        return self.later(call, staff, spent)

    def later(self, call: PastCall, staff: str, spent: float, machine: bool = True) -> Deed:
        """What a phone might have done for a caller after it had rung for `spent` seconds in vain.

        Without `machine` no mailbox picks it up."""
        dice = random.Random(f"{self.seed}:{call.id}:{staff}")  # noqa: S311  as above
        rates = self.people.get(staff, self.team)
        guard = spent + 1.0 if spent else 0.0  # what was cut short would not have been picked up in that very second
        firsts = [(_first(rates[deed], guard, dice), deed) for deed in DEEDS]
        after, end = min(each for each in firsts if machine or each[1] != "silent")
        return Deed(after, end if after < NEVER else "nothing", self.habits.key if end == "accepted" else STAYS)

    def patience(self, call: PastCall) -> float:
        """Seconds until this caller hangs up unless somebody has them."""
        if call.hung_up:
            return call.waited
        dice = random.Random(f"{self.seed}:{call.id}:caller")  # noqa: S311  as above
        sure = 0.0 if call.cause in ("closed", "holiday", "nobody_on_shift") else call.waited + 2.0
        return sure + dice.expovariate(self.leave)

    def talk(self, call: PastCall) -> float:
        """Seconds of talk, should somebody have them."""
        if call.talk > 0:
            return call.talk
        return random.Random(f"{self.seed}:{call.id}:talk").choice(self.habits.talks)  # noqa: S311  as above


def _by_wave(call: PastCall) -> Iterator[tuple[str, float, Ring]]:
    """Each ring with its person and the seconds their phone had rung for this caller before."""
    spent: dict[str, float] = {}
    for ring in call.rings:
        yield ring.staff, spent.get(ring.staff, 0.0), ring
        spent[ring.staff] = spent.get(ring.staff, 0.0) + ring.seconds


def _first(rates: Rates, since: float, dice: random.Random) -> float:
    """The first event after `since`, by stretches of constant rate."""
    left = dice.expovariate(1.0)
    for (low, high), rate in zip(_stretches(), rates, strict=True):
        begin = max(low, since)
        if begin >= high:
            continue
        if rate > 0 and left <= rate * (high - begin):
            return begin + left / rate
        left -= rate * (high - begin)
    return NEVER
