"""A call drawn: a lane for the caller, one for each phone, second by second. Pure: its event rows go in."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from dashboard import words

AT_LEAST = 5.0  # seconds: of a call that was over at once
LONG = 8.0  # seconds without anything new are drawn as they are up to this; from there on ever shorter
TICKS = (0, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200, 1800, 3600, 7200, 14400)
TICKS_APART = 11.0  # per cent: the room a label needs on a phone
LETTER = 2.0  # per cent of a phone's width

# What the caller hears from each event on; None: nothing more of ours.
CALLER: dict[str, str | None] = {
    "received": "wait", "greeted": "greeting", "accepted": "connecting", "joined": "talk", "not_joined": "wait",
    "parted": "silence", "cut_off": "wait", "unanswered": "promise", "done": "promise",
    "abandoned": None, "failed": None, "blocked": None, "ended": None,
}  # fmt: skip
PHONE: dict[str, str | None] = {
    "phone_placed": "asked", "phone_rings": "rings", "passed_on": "rings", "phone_picked_up": "listens",
    "accepted": "connecting", "joined": "talk", "not_joined": None, "phone_stops": None,
}  # fmt: skip
LABELS = {
    "wait": "ringing", "greeting": "greeting", "connecting": "joining", "talk": "talk", "silence": "silence",
    "promise": "promise, beep", "message": "message", "asked": "asked", "rings": "rings", "listens": "told who",
}  # fmt: skip


@dataclass(frozen=True)
class Fact:
    """One event row: `at` in seconds since the call arrived."""

    at: float
    kind: str
    data: dict[str, Any]

    @property
    def staff(self) -> str:
        """The staff member it is about; empty for none."""
        return str(self.data.get("staff") or "")


@dataclass
class Bar:
    """One stretch of a lane, in seconds; `x` and `width` in per cent once it has been scaled."""

    kind: str
    start: float
    end: float
    x: float = 0.0
    width: float = 0.0

    @property
    def label(self) -> str:
        """What it is, where there is room for the word."""
        word = LABELS[self.kind]
        return word if self.width >= len(word) * LETTER + 1 else ""

    @property
    def title(self) -> str:
        """What it is, from when to when."""
        return f"{LABELS[self.kind]}, {offset(self.start)} to {offset(self.end)}"

    @property
    def middle(self) -> float:
        """Where its label stands, in per cent."""
        return self.x + self.width / 2


@dataclass
class Lane:
    """The caller, or one phone; `staff` is empty for the caller."""

    staff: str
    bars: list[Bar] = field(default_factory=list)


@dataclass(frozen=True)
class Strip:
    """The drawing. `ticks` are (per cent, label); `shortened`: long stretches are not drawn at their length."""

    lanes: Sequence[Lane]
    ticks: Sequence[tuple[float, str]]
    shortened: bool


def draw(facts: Sequence[Fact]) -> Strip | None:
    """The strip of a call; None while nothing is known of it. Rows that lack what newer ones hold still draw."""
    if not facts:
        return None
    told = [fact for fact in facts if fact.kind in CALLER or fact.kind in PHONE]
    end = max([AT_LEAST, *(fact.at for fact in told)])
    caller = _caller(facts, end)
    staff = dict.fromkeys(fact.staff for fact in told if fact.staff and fact.kind in PHONE)
    lanes = [caller, *(_phone(facts, who, end) for who in staff)]
    places, shortened = _scale([edge for lane in lanes for bar in lane.bars for edge in (bar.start, bar.end)], end)
    for lane in lanes:
        for bar in lane.bars:
            bar.x = round(_place(places, bar.start), 2)
            bar.width = round(max(_place(places, bar.end) - bar.x, 0.6), 2)
    return Strip(lanes, _ticks(places, end), shortened)


def offset(seconds: float) -> str:
    """'1.1 s', '1:05 min', or longer spans in words."""
    rounded = round(seconds, 1)
    if abs(rounded) < 60:
        return f"{rounded:.1f} s"
    minutes, rest = divmod(int(rounded), 60)
    return f"{minutes}:{rest:02d} min" if minutes < 60 else words.span(minutes)


def _caller(facts: Sequence[Fact], end: float) -> Lane:
    lane, begun = Lane(""), _Begun()
    greeted = any(fact.kind == "greeted" for fact in facts)  # older calls do not say when
    for fact in facts:
        if fact.kind in CALLER and not (fact.kind == "received" and greeted):
            begun.turn(lane, CALLER[fact.kind], fact.at)
        if fact.kind == "greeted":
            takes = float(fact.data.get("takes", 0))
            following = [other.at for other in facts if other.kind in CALLER and other.at > fact.at]
            begun.turn(lane, "wait", min([fact.at + takes, end, *following]))
    begun.turn(lane, None, end)
    _add_messages(lane, facts)
    return lane


def _add_messages(lane: Lane, facts: Sequence[Fact]) -> None:
    """What they said: the last seconds of the stretch after the beep. The news of it comes a little later."""
    last = lane.bars[-1] if lane.bars else None
    for fact in facts:
        seconds = float(fact.data.get("seconds") or 0)
        if fact.kind == "message" and seconds and last is not None and last.kind == "promise":
            until = min(fact.at, last.end)
            lane.bars.append(Bar("message", max(last.start, until - seconds), until))


def _phone(facts: Sequence[Fact], staff: str, end: float) -> Lane:
    lane, begun = Lane(staff), _Begun()
    for fact in facts:
        mine = fact.staff == staff
        if mine and fact.kind in PHONE:
            begun.turn(lane, PHONE[fact.kind], fact.at)
        elif begun.kind == "talk" and fact.kind in ("parted", "ended"):
            begun.turn(lane, None, fact.at)
        elif begun.kind in ("asked", "rings") and (fact.kind in ("abandoned", "unanswered", "ended", "accepted")):
            begun.give_up_by = begun.give_up_by or fact.at  # passed on to another caller, if no stop follows
    begun.turn(lane, None, begun.give_up_by or end)
    return lane


@dataclass
class _Begun:
    """The stretch that is under way."""

    kind: str | None = None
    since: float = 0.0
    give_up_by: float | None = None

    def turn(self, lane: Lane, kind: str | None, at: float) -> None:
        """From `at` on it is `kind`."""
        if self.kind is not None and at > self.since:
            lane.bars.append(Bar(self.kind, self.since, at))
        self.kind, self.since = kind, max(at, self.since)
        self.give_up_by = None


def _scale(edges: Sequence[float], end: float) -> tuple[list[tuple[float, float]], bool]:
    """(seconds, per cent) of each edge: stretches longer than LONG grow by their logarithm only."""
    moments = sorted({0.0, end, *(edge for edge in edges if 0 < edge < end)})
    lengths = [later - earlier for earlier, later in itertools.pairwise(moments)]
    drawn = [length if length <= LONG else LONG * (1 + math.log2(length / LONG) / 2) for length in lengths]
    total, passed, places = sum(drawn) or 1.0, 0.0, [(0.0, 0.0)]
    for moment, length in zip(moments[1:], drawn, strict=True):
        passed += length
        places.append((moment, 100 * passed / total))
    return places, any(length > 2 * LONG for length in lengths)


def _place(places: Sequence[tuple[float, float]], moment: float) -> float:
    for (earlier, before), (later, after) in itertools.pairwise(places):
        if moment <= later:
            return before + (after - before) * max(moment - earlier, 0) / ((later - earlier) or 1)
    return 100.0


def _ticks(places: Sequence[tuple[float, float]], end: float) -> list[tuple[float, str]]:
    found: list[tuple[float, str]] = []
    for seconds in TICKS:
        at = _place(places, seconds)
        if seconds <= end and at <= 100 - TICKS_APART / 2 and (not found or at - found[-1][0] >= TICKS_APART):
            found.append((round(at, 2), f"{seconds} s" if seconds < 60 else f"{seconds // 60}:{seconds % 60:02d}"))
    return found
