"""What playing calls again says: how far it gave back what happened, and what each change would have caught."""

import itertools
import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from voice.rules.other_settings import Change
from voice.rules.past import Past, PastCall

NEAR = 1.5  # seconds by which a key may have been in time or not: a phone rings a moment sooner or later
Answer = tuple[str, str | None, str | None]  # outcome, cause, who answered


@dataclass(frozen=True)
class Differs:
    """A call that today's settings did not give back as it was."""

    id: str
    was: Answer
    became: Answer
    why: str


def same(call: PastCall, became: Answer) -> bool:
    """Whether a call went as it did: the outcome, its cause, and who had it."""
    return became == was(call)


def was(call: PastCall) -> Answer:
    """How it went."""
    return call.outcome, call.cause, call.answered_by if call.outcome == "talked" else None


def why(past: Past, call: PastCall, became: Answer, together: bool = False) -> str:
    """Why a call did not come back as it was, as far as can be told. `together`: with other callers on the line."""
    line, people = past.line, {person["id"] for person in past.people}
    if call.mode is not None and call.mode != line["ring"]:
        return "the phones were rung in another order then"
    then, withheld = call.ring_seconds, 1.5 if call.withheld else 1.0
    if then is not None and abs(then - line["ring_seconds"] * withheld) > 1:
        return f"the line rang for {then / withheld:.0f} seconds then"
    if {ring.staff for ring in call.rings} - people:
        return "somebody was rung who no longer answers this line"
    if (call.cause in ("closed", "holiday")) != (became[1] in ("closed", "holiday")):
        return "the opening hours were others then"
    if (call.cause == "nobody_on_shift") != (became[1] == "nobody_on_shift"):
        return "the shifts were others then"
    if call.taken:
        return "somebody took it on the page"
    return _close(call) or _guessed(call, people, together)


def _guessed(call: PastCall, people: Collection[str], together: bool) -> str:
    """Whether something had to be guessed that decided it."""
    if together:
        return "other callers were waiting at the same time"
    unsure = set(people) - {ring.staff for ring in call.rings}
    return "somebody was not rung then, and whether they were at their phone is a guess" if unsure else ""


def _close(call: PastCall) -> str:
    """Whether it was decided by a moment, which no playing gives back to the second."""
    keys = [ring.over + ring.key for ring in call.rings if ring.end in ("accepted", "silent", "declined")]
    if any(abs(call.waited - key) < NEAR for key in keys if call.outcome != "talked") or _pair_is_close(keys):
        return "it was decided by a second"
    if any(ring.end == "accepted" and ring.limit - ring.seconds < NEAR / 2 for ring in call.rings):
        return "it was decided by a second"
    return ""


def _pair_is_close(keys: Sequence[float]) -> bool:
    ordered = sorted(keys)
    return any(later - before < NEAR for before, later in itertools.pairwise(ordered))


@dataclass(frozen=True)
class Tried:
    """What one change would have caught, over several draws of what is not known.

    `caught`: how many of `of` missed callers would have reached somebody, in each draw, those lost by it taken off.
    `often`: for each caller ever caught, the share of draws. `touched`: callers it could have made a difference to;
    `played`: of them, how many were played. Fewer: a sample, and `caught` is reckoned from it.
    """

    change: Change
    of: int
    caught: tuple[int, ...]
    often: Mapping[str, float]
    touched: int = 0
    played: int = 0

    @property
    def usual(self) -> int:
        """The middle draw."""
        return sorted(self.caught)[len(self.caught) // 2] if self.caught else 0

    @property
    def margin(self) -> int:
        """How far a sample may be off: two standard errors of a share, drawn without putting back (Cochran 1977, 2)."""
        if not 0 < self.played < self.touched:
            return 0
        share = min(1.0, max(abs(self.usual), 1) / self.touched)
        error = share * (1 - share) / self.played * (1 - self.played / self.touched)
        return math.ceil(2 * self.touched * math.sqrt(error))

    @property
    def least(self) -> int:
        """The fewest it may have caught."""
        return min(self.caught, default=0) - self.margin

    @property
    def most(self) -> int:
        """The most."""
        return min(max(self.caught, default=0) + self.margin, max(self.touched, self.of))

    def to_json(self) -> dict[str, Any]:
        """Plain values, the middle draw with them."""
        return asdict(self) | {"usual": self.usual, "least": self.least, "most": self.most}


def tried(
    change: Change, base: Mapping[str, Answer], of: int, draws: Sequence[Sequence[tuple[str, Answer]]],
    touched: int = 0, played: int = 0,
) -> Tried:  # fmt: skip
    """Count, per draw, callers who talked under `change` and had not, less those who had and did not.

    `touched`, `played`: as of `Tried`.
    """
    counts: list[int] = []
    often: Counter[str] = Counter()
    scale = touched / played if played else 1.0
    for draw in draws:
        won = {call_id for call_id, answer in draw if answer[0] == "talked" and base[call_id][0] != "talked"}
        lost = {call_id for call_id, answer in draw if answer[0] != "talked" and base[call_id][0] == "talked"}
        counts.append(round((len(won) - len(lost)) * scale))
        often.update(won)
    shares = {call_id: count / len(counts) for call_id, count in often.items()}
    return Tried(change, of, tuple(counts), shares, touched, played)


def together(one: Tried, other: Tried) -> Tried:
    """The draws of two, of one change."""
    draws = len(one.caught) + len(other.caught)
    often = {
        call_id: (one.often.get(call_id, 0) * len(one.caught) + other.often.get(call_id, 0) * len(other.caught)) / draws
        for call_id in one.often.keys() | other.often.keys()
    }
    return replace(one, caught=(*one.caught, *other.caught), often=often)


def best(found: Sequence[Tried], most: int = 3) -> list[Tried]:
    """The proposals: those that would have caught somebody, the most first, one of each kind (but each window)."""
    kept: list[Tried] = []
    for each in sorted(found, key=lambda one: (-one.usual, one.change.kind)):
        kinds = {one.change.kind for one in kept}
        if each.usual > 0 and (each.change.kind == "extra" or each.change.kind not in kinds):
            kept.append(each)
    return kept[:most]


def is_out(most: int, found: Sequence[Tried], places: int = 3) -> bool:
    """Whether a change that catches `most` callers at best cannot be among the `places` best of these."""
    ahead = best(found, places)
    return len(ahead) == places and most < min(each.least for each in ahead)
