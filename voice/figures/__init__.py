"""What the owner's page is made of: every figure of a period beside the period before, and the people behind each.

Sums come from the roll-ups, and from the calls themselves where no roll-up is true (yet): the quarter of an hour that
is going on, what was corrected a moment ago, and the ends of a period that begins at seven minutes past. So a figure
is what its list says it is, at any moment.
"""

import datetime as dt
import functools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice import paging, sight
from voice.figures import rollups, tallies
from voice.figures.tallies import AT, Tally
from voice.firm import Business, Line
from voice.models import Attempt, Call, Callback, Leg
from voice.moments import FIRST_RANG, TALKED_AT, Seconds
from voice.rules import periods
from voice.rules.periods import DAY, Range, Span
from voice.rules.survival import Curve
from voice.stats import BEHIND, CAUSE, FIGURES, RINGS, Figure

A_TENTH = 0.1  # of a second: what waits are told to
HourOfWeek = tuple[int, int]  # weekday (0 is Monday), hour of the clock


@dataclass(frozen=True)
class Numbers:
    """Every count of `stats`, by name, and the rates made of them (0 to 1; None where there is nothing to rate)."""

    counts: Mapping[str, int]

    def __getitem__(self, name: str) -> int:
        return self.counts.get(name, 0)

    @property
    def answer_rate(self) -> float | None:
        """Answered, of the calls that are rated."""
        return _share(self["answered"], self["rated"])

    @property
    def kept_rate(self) -> float | None:
        """Promises kept, of those that are kept or broken."""
        return _share(self["kept"], self["kept"] + self["broken"])

    @property
    def reached_rate(self) -> float | None:
        """People reached by the time they were told, of the same."""
        return _share(self["reached_by_then"], self["kept"] + self["broken"])


@dataclass(frozen=True)
class Person:
    """A staff member's part: calls their phone rang for, calls they answered, people they rang back and in time."""

    rang: int = 0
    answered: int = 0
    rung: int = 0
    kept: int = 0


@dataclass(frozen=True)
class Period:
    """All figures of one range. Days, lines and hours on which nothing happened are absent."""

    asked: Range
    totals: Numbers
    to_person: Curve  # seconds from the call to the first second of talk
    to_callback: Curve  # seconds from the call to the first ring of the caller's phone, of calls while open
    to_callback_closed: Curve  # the same of calls outside hours
    lines: Mapping[str, Numbers]  # by number
    days: Mapping[dt.date, Numbers]  # by the day of the range's zone
    causes: Mapping[str, int]  # missed calls, by cause
    missed: Mapping[HourOfWeek, int]
    offered: Mapping[HourOfWeek, int]
    staff: Mapping[str, Person]  # by id

    @property
    def plain(self) -> dict[str, int | float | None]:
        """Every figure of `stats.SENTENCES`, by its name."""
        totals = self.totals
        rates = {"answer_rate": totals.answer_rate, "kept_rate": totals.kept_rate, "reached_rate": totals.reached_rate}
        return {**totals.counts, **rates, **self.times}

    @functools.cached_property
    def times(self) -> dict[str, float | None]:
        """The figures in seconds, by their names in `stats.SENTENCES`."""
        curves = {"person": self.to_person, "callback": self.to_callback, "callback_closed": self.to_callback_closed}
        medians = {f"seconds_to_{name}_median": curve.median for name, curve in curves.items()}
        return medians | {f"seconds_to_{name}_p90": curve.p90 for name, curve in curves.items()}


@dataclass(frozen=True)
class Report:
    """A period, and the one it is compared with."""

    now: Period
    before: Period


@dataclass(frozen=True)
class Behind:
    """Which of the calls or callbacks behind a figure: all, or those of an hour, a cause, a staff member.

    `weekday` (0 is Monday) and `hour` are of the range's clock; `cause` is a call's, or the reason of a callback.
    `within`: of calls, those whose caller spoke with a person no more seconds later.
    """

    figure: str
    weekday: int | None = None
    hour: int | None = None
    cause: str | None = None
    staff: str | None = None
    within: float | None = None


@dataclass(frozen=True)
class People:
    """One page of a list, the latest first: calls, or callbacks where the figure counts people of the list.

    `next` is the cursor of the page after it, None on the last.
    """

    items: Sequence[Call] | Sequence[Callback]
    next: str | None


def read(session: Session, asked: Range, now: dt.datetime, against: Range | None = None) -> Report:
    """Every figure of a range, and of the one before it (or `against`). Only lines in sight are read."""
    return Report(period(session, asked, now), period(session, against or asked.before(), now))


def period(session: Session, asked: Range, now: dt.datetime) -> Period:
    """Every figure of one range, as of `now`."""
    asked = replace(asked, until=max(asked.since, min(asked.until, now + DAY)))  # no call is later; some ask for ever
    zones = _zones(session, asked)
    whole, days, lines = Tally(), defaultdict[dt.date, Tally](Tally), defaultdict[str, Tally](Tally)
    for line, day, tally in rollups.read(session, _in_quarters(asked, now), zones, now):
        tallies.plus(days[day].counts, tally.counts)
        tallies.plus(lines[line].counts, tally.counts)
        whole.add_times(tally)  # no line or day has times of its own here
    for tally in lines.values():
        tallies.plus(whole.counts, tally.counts)
    by_hour = _by_hour(days)
    return Period(
        asked=asked,
        totals=_numbers(whole),
        **whole.curves(now),
        lines={line: _numbers(tally) for line, tally in lines.items()},
        days={day: _numbers(days[day]) for day in sorted(days)},
        causes=_named(whole, "cause"),
        missed=by_hour["missed"],
        offered=by_hour["offered"],
        staff=_staff(whole),
    )


def _in_quarters(asked: Range, now: dt.datetime) -> Range:
    """The same; where it ends with the present, up to the end of its quarter: nothing there is not to count."""
    return asked if asked.until <= now else replace(asked, until=periods.next_quarter(asked.until))


def by_line(session: Session, asked: Range, now: dt.datetime) -> dict[str, Numbers]:
    """The counts alone, of each line on which something happened."""
    lines = defaultdict[str, Tally](Tally)
    for line, _, tally in rollups.read(session, asked, _zones(session, asked), now, times=False):
        tallies.plus(lines[line].counts, tally.counts)
    return {line: _numbers(tally) for line, tally in lines.items()}


def people(
    session: Session, asked: Range, behind: Behind, now: dt.datetime, limit: int = 50, cursor: str | None = None
) -> People:
    """The calls or callbacks behind a figure of `stats.SENTENCES` (else KeyError). ValueError for a bad cursor."""
    of = _figure(behind).of
    at, row_id = AT[of], of.id
    rows = (
        _behind(asked, behind)
        .where(of.line == sa.bindparam("line"))
        .order_by(at.desc(), row_id.desc())
        .limit(limit + 1)
    )
    if cursor is not None:
        seen, last = paging.read(cursor)
        rows = rows.where(sa.or_(at < seen, sa.and_(at == seen, row_id < last)), at <= seen)
    found = list[Any]()
    for line in _zones(session, asked):  # one line at a time the index has them in this order
        found += session.scalars(rows, {"now": now, "line": line})
    found.sort(key=lambda row: (getattr(row, at.key), row.id), reverse=True)
    following = None if len(found) <= limit else paging.cursor(getattr(found[limit - 1], at.key), found[limit - 1].id)
    return People(found[:limit], following)


def how_many(session: Session, asked: Range, behind: Behind, now: dt.datetime) -> int:
    """How many the whole list holds."""
    rows = _behind(asked, behind).where(_figure(behind).of.line.in_(_zones(session, asked))).subquery()
    return session.scalar(sa.select(sa.func.count()).select_from(rows), {"now": now}) or 0


def _figure(behind: Behind) -> Figure:
    """The count behind it: of a rate or a median, that of whom it is taken."""
    return FIGURES[BEHIND.get(behind.figure, behind.figure)]


def _behind(asked: Range, behind: Behind) -> sa.Select[Any]:
    """Of whichever lines."""
    figure = _figure(behind)
    at = AT[figure.of]
    rows = sa.select(figure.of).where(at >= asked.since, at < asked.until, figure.counts)
    if behind.hour is not None or behind.weekday is not None:
        rows = rows.where(_within(at, asked.hours(behind.weekday, behind.hour)))
    if behind.cause is not None:
        rows = rows.where((CAUSE if figure.of is Call else Callback.reason) == behind.cause)
    if behind.within is not None and figure.of is Call:
        rows = rows.where(Seconds(TALKED_AT, Call.received_at) < behind.within + A_TENTH / 2)
    return rows if behind.staff is None else rows.where(_by(figure, behind.staff))


def _within(at: sa.ColumnElement[dt.datetime], spans: Iterable[Span]) -> sa.ColumnElement[bool]:
    return sa.or_(sa.false(), *(sa.and_(at >= span.since, at < span.until) for span in spans))


def _by(figure: Figure, staff: str) -> sa.ColumnElement[bool]:
    """This person's part of a figure, as it is counted for them."""
    if figure.of is Callback:
        theirs = sa.exists().where(Attempt.callback_id == Callback.id, Attempt.rang_at == FIRST_RANG)
        return theirs.where(Attempt.staff_id == staff).correlate(Callback)
    if figure.name == "rang":
        return sa.exists().where(Leg.call_id == Call.id, RINGS, Leg.staff_id == staff).correlate(Call)
    return Call.answered_by == staff


def zone_of(session: Session, line: str | None) -> str:
    """The clock by which days are counted: the line's, or the firm's."""
    asked = sa.select(Business.time_zone) if line is None else sa.select(Line.time_zone).where(Line.number == line)
    return session.scalar(asked) or "UTC"


def _zones(session: Session, asked: Range) -> dict[str, str]:
    """The lines that are asked for and in sight, and the zone of each."""
    rows = sa.select(Line.number, Line.time_zone)
    found = session.execute(rows if asked.line is None else rows.where(Line.number == asked.line))
    return {number: zone for number, zone in found if sight.sees(number)}


def _numbers(tally: Tally) -> Numbers:
    counts = {name: tally.counts[name] for name in FIGURES}
    by_clock = {
        figure.name: counts[figure.all_of] - counts[figure.but]
        for figure in FIGURES.values()
        if figure.all_of and figure.but
    }
    return Numbers(counts | by_clock)


def _by_hour(days: Mapping[dt.date, Tally]) -> dict[str, dict[HourOfWeek, int]]:
    by_hour: dict[str, dict[HourOfWeek, int]] = {name: defaultdict(int) for name in tallies.HOURLY}
    for day, tally in days.items():
        for hour, counted in _named(tally, "hour").items():
            at, name = hour.split("/")
            by_hour[name][day.weekday(), int(at)] += counted
    return by_hour


def _named(tally: Tally, kind: str) -> dict[str, int]:
    start = f"{kind}/"
    return {name.removeprefix(start): many for name, many in tally.counts.items() if name.startswith(start)}


def _staff(tally: Tally) -> dict[str, Person]:
    parts: dict[str, dict[str, int]] = defaultdict(dict)
    for name, many in _named(tally, "staff").items():
        staff, _, what = name.rpartition("/")
        parts[staff][what] = many
    return {staff: Person(**parts[staff]) for staff in sorted(parts)}


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
