"""What happened, counted by line and quarter of an hour: read off calls and callbacks, added up, kept as roll-ups.

A tally is flat, so that adding two is adding number to number. Its counts are named `missed` (a figure of `stats`),
`cause/rang_out` (missed calls of that cause), `staff/sam/answered`, and in the tally of a day `hour/9/missed`.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice.callbacks import IS_OPEN
from voice.db import UTC
from voice.models import Attempt, Call, Callback, Leg
from voice.moments import FIRST_RANG, TALKED_AT, Quarter, Seconds
from voice.rules import histogram, survival
from voice.rules.periods import Span
from voice.stats import AFTER_HOURS, ANSWERED, CAUSE, FIGURES, IN_SCOPE, KEPT, MISSED, ONE_EACH, RINGS, Figure

Name = TypeVar("Name", int, str)
Key = tuple[str, int]  # line, number of the quarter since 1970
SINCE, UNTIL = sa.bindparam("since", type_=UTC()), sa.bindparam("until", type_=UTC())
LINES: sa.BindParameter[Any] = sa.bindparam("lines", expanding=True)

# What waits are measured of. Each has a lane of bins for those it happened to, and one for those it never will.
CLOCKS = ("to_person", "to_callback", "to_callback_closed")
GONE = len(CLOCKS)


def plus(counts: Counter[Name], more: Mapping[Name, int]) -> None:
    """Add counts to counts, as a Counter does by itself, without what it asks first: a page adds hundreds."""
    for name, many in more.items():
        counts[name] += many


@dataclass
class Tally:
    """Counts by name; bins of seconds, lane by lane; and for each clock the seconds (of 1970) since which some wait."""

    counts: Counter[str] = field(default_factory=Counter)
    bins: Counter[int] = field(default_factory=Counter)
    waiting: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    packed: list[bytes] = field(default_factory=list)  # more bins, as roll-ups keep them: added up once, when asked for

    def add(self, other: "Tally") -> None:
        """Add another one to this."""
        plus(self.counts, other.counts)
        self.add_times(other)

    def add_times(self, other: "Tally") -> None:
        """Add the waits of another one, and not its counts."""
        plus(self.bins, other.bins)
        self.packed += other.packed
        for clock, since in other.waiting.items():
            plus(self.waiting[clock], since)

    def add_hour(self, hour: int, quarter: "Tally") -> None:
        """Add a quarter that lies in this hour of the clock."""
        self.add(quarter)
        self.counts.update({f"hour/{hour}/{name}": quarter.counts[name] for name in HOURLY if quarter.counts[name]})

    def waits(self, clock: str, since: dt.datetime, seconds: float | None, gone: float | None) -> None:
        """One more who began to wait at `since`: until it happened, or until it never could; neither: still."""
        if seconds is None and gone is None:
            self.waiting[clock][str(int(since.timestamp()))] += 1
            return
        lane, took = CLOCKS.index(clock) + GONE * (seconds is None), seconds if seconds is not None else gone
        self.bins[lane * histogram.SIZE + histogram.bin_of(took or 0)] += 1

    def all_bins(self) -> dict[int, int]:
        """Bins, with those that came packed."""
        return dict(self.bins + Counter(histogram.added(self.packed))) if self.packed else dict(self.bins)

    def curves(self, now: dt.datetime) -> dict[str, survival.Curve]:
        """The survival curve of each clock; whoever still waits has done so until `now`."""
        lanes: dict[int, dict[float, int]] = defaultdict(dict)
        for place, many in self.all_bins().items():
            lane, within = divmod(place, histogram.SIZE)
            lanes[lane][histogram.SECONDS[within]] = many
        curves, until = {}, now.timestamp()
        for lane, clock in enumerate(CLOCKS):
            waiting = Counter(lanes[lane + GONE])
            for since, many in self.waiting[clock].items():
                waiting[max(until - int(since), 0.0)] += many
            curves[clock] = survival.curve(lanes[lane], waiting)
        return curves


HOURLY = ("offered", "missed")
AT: dict[type[Call] | type[Callback], Any] = {Call: Call.received_at, Callback: Callback.first_called_at}


def _by_quarter(of: type[Call] | type[Callback], *columns: Any, window: bool = True) -> sa.Select[Any]:
    """Rows of a line and quarter, within the period that is asked for."""
    at = AT[of]
    return sa.select(of.line, Quarter(at).label("quarter"), *columns).where(
        of.line.in_(LINES), at >= SINCE, at < UNTIL
    )  # fmt: skip


def _counting(of: type[Call] | type[Callback], figures: Collection[Figure]) -> sa.Select[Any]:
    columns = (sa.func.count().filter(figure.counts).label(figure.name) for figure in figures if figure.of is of)
    return _by_quarter(of, *columns).group_by(of.line, sa.literal_column("quarter"))


def _counting_each(of: type[Call] | type[Callback], each: Any, *counts: Any) -> sa.Select[Any]:
    rows = _by_quarter(of, each.label("each"), *counts)
    return rows.group_by(of.line, sa.literal_column("quarter"), each)


COUNTS = tuple(_counting(of, [figure for figure in FIGURES.values() if figure.rolled]) for of in (Call, Callback))
# Asked so that no index of all callbacks fits, only those of the open ones: SQLite would choose by the period.
OPENED = sa.func.coalesce(Callback.first_called_at, Callback.last_called_at, type_=UTC())
BY_CLOCK = (
    sa.select(
        Callback.line,
        Quarter(Callback.first_called_at).label("quarter"),
        *(sa.func.count().filter(FIGURES[name].counts).label(name) for name in ("running", "coming")),
    )
    .where(IS_OPEN, Callback.line.in_(LINES), OPENED >= SINCE, OPENED < UNTIL)
    .group_by(Callback.line, sa.literal_column("quarter"))
)
CAUSES = _counting_each(Call, CAUSE, sa.func.count()).where(MISSED)
ANSWERED_BY = _counting_each(Call, Call.answered_by, sa.func.count()).where(ANSWERED, Call.answered_by.is_not(None))
RANG = (
    _counting_each(Call, Leg.staff_id, sa.func.count(sa.distinct(Call.id)))
    .join(Leg, Leg.call_id == Call.id)
    .where(RINGS)
)
RUNG_BY = (
    _counting_each(Callback, Attempt.staff_id, sa.func.count(), sa.func.count().filter(KEPT))
    .join(Attempt, Attempt.callback_id == Callback.id)
    .where(Attempt.rang_at == FIRST_RANG, ONE_EACH)
)
STAFF = (("answered", ANSWERED_BY), ("rang", RANG), ("rung", RUNG_BY))
TO_PERSON = _by_quarter(Call, Call.received_at, Seconds(TALKED_AT, Call.received_at)).where(IN_SCOPE)
TO_CALLBACK = _by_quarter(
    Callback,
    Callback.first_called_at,
    Seconds(FIRST_RANG, Callback.first_called_at),
    Seconds(Callback.closed_at, Callback.first_called_at),
    AFTER_HOURS,
).where(ONE_EACH)


def live(session: Session, span: Span, lines: Collection[str]) -> dict[Key, Tally]:
    """What calls and callbacks say themselves of these lines, from `since` until just before `until`."""
    asked = {"since": span.since, "until": span.until, "lines": sorted(lines)}
    tallies: dict[Key, Tally] = defaultdict(Tally)
    for statement in COUNTS:
        for line, quarter, *counts in (rows := session.execute(statement, asked)):
            names = list(rows.keys())[2:]
            tallies[line, quarter].counts.update(_some(zip(names, counts, strict=True)))
    for line, quarter, cause, many in session.execute(CAUSES, asked):
        tallies[line, quarter].counts[f"cause/{cause}"] += many
    for what, statement in STAFF:
        for line, quarter, staff, many, *kept in session.execute(statement, asked):
            counted = [(f"staff/{staff}/{what}", many), *((f"staff/{staff}/kept", some) for some in kept)]
            tallies[line, quarter].counts.update(_some(counted))
    _measure(session, asked, tallies)
    return dict(tallies)


def by_clock(session: Session, span: Span, lines: Collection[str], now: dt.datetime) -> dict[Key, Tally]:
    """What no roll-up can hold, because it changes by the clock alone: promises still running, people still to be rung.

    It is counted among the open callbacks only, however long the history is.
    """
    asked = {"since": span.since, "until": span.until, "lines": sorted(lines), "now": now}
    rows = session.execute(BY_CLOCK, asked)
    return {(row.line, row.quarter): Tally(Counter(running=row.running, coming=row.coming)) for row in rows}


def _measure(session: Session, asked: dict[str, Any], tallies: dict[Key, Tally]) -> None:
    for line, quarter, since, seconds in session.execute(TO_PERSON, asked):
        tallies[line, quarter].waits("to_person", since, seconds, None)
    for line, quarter, since, rung, closed, after_hours in session.execute(TO_CALLBACK, asked):
        clock = "to_callback_closed" if after_hours else "to_callback"
        tallies[line, quarter].waits(clock, since, rung, closed)


def _some(counts: Iterable[tuple[str, int]]) -> dict[str, int]:
    return {name: many for name, many in counts if many}
