"""What each half-hour of a line's week takes, and who is on shift then: read off the calls of the last weeks."""

import datetime as dt
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice import phones, roster
from voice.firm import LineStaff, StaffMember
from voice.models import Call
from voice.moments import Quarter
from voice.roster import LineCard
from voice.rules import half_hours, hours, periods
from voice.rules.half_hours import A_WEEK, Aim, Need, Seen, Waited
from voice.rules.periods import Range
from voice.stats import IN_SCOPE, SETTLED

WEEKS = 8  # of calls that are looked at
HALF_HOUR = dt.timedelta(minutes=30)
MOST_WAITS = 5000
ENOUGH_TALKS = 20  # before their mean says something of the next one
USUAL_TALK = 180.0  # seconds, until there are as many
FEW_CALLS, FEW_WEEKS = 50, 4  # with less, the page says that it is guessing


@dataclass(frozen=True)
class Slot:
    """One half-hour of the week: `of_week` counts from Monday's midnight. `on_shift`: in the next seven days."""

    of_week: int
    need: Need
    on_shift: int

    @property
    def people(self) -> int:
        """How many it takes; one at least, as the line is open."""
        return max(self.need.people, 1)

    @property
    def perhaps(self) -> tuple[int, int]:
        """Between how many that may lie."""
        return max(self.need.fewest, 1), max(self.need.most, 1)

    @property
    def short(self) -> int:
        """How many people are missing."""
        return max(self.people - self.on_shift, 0)


@dataclass(frozen=True)
class Closed:
    """A day on which the line is closed though such weekdays are open. `holiday`: its name; "" where the firm says so.
    `shown`: the day whose shifts stand in its place. None: no such weekday was open in the weeks looked at, so that the
    table leaves it out."""

    day: dt.date
    holiday: str
    shown: dt.date | None


@dataclass(frozen=True)
class Staffing:
    """A line's week. In seconds: `talk` is the mean of `talks` talks (or the usual one, when these are few), `patience`
    the mean until a caller gives up, of whom `gave_up` did."""

    slots: Sequence[Slot]
    calls: int
    weeks: int
    talk: float
    talks: int
    patience: float
    gave_up: int
    closed: Sequence[Closed] = ()

    @property
    def is_guess(self) -> bool:
        """Whether there is too little to say more than roughly."""
        return self.calls < FEW_CALLS or self.weeks < FEW_WEEKS


def read(session: Session, card: LineCard, aim: Aim, note: float, now: dt.datetime) -> Staffing:
    """What this line's week takes. `note`: seconds somebody needs after a talk, which no phone tells us."""
    since = _begin(session, card, now)
    seen = _seen(session, card, since, now)
    talk, talks = _talk(session, card, since)
    waits = _waits(session, card, since)
    patience = half_hours.patience(waits)
    needs = half_hours.needs(seen, talk + note, patience, aim)
    days = _days(card, now)
    on_shift = _on_shift(session, card, days.values(), now)
    slots = [Slot(number, need, on_shift[number]) for number, need in enumerate(needs) if need is not None]
    calls, weeks = sum(each.calls for each in seen), max((each.times for each in seen), default=0)
    return Staffing(slots, calls, weeks, talk, talks, patience, sum(wait.gave_up for wait in waits),
        _closed(card, {slot.of_week // 48 for slot in slots}, since, days),
    )  # fmt: skip


def _days(card: LineCard, now: dt.datetime) -> dict[dt.date, dt.date]:
    """The next seven days, each with the day whose shifts say what is usual: itself, or where the line is closed then,
    the same weekday of the first week in which it is not."""
    schedule, today = card.schedule(), now.astimezone(ZoneInfo(card.time_zone)).date()
    found = {}
    for day in (today + number * periods.DAY for number in range(7)):
        weeks = (day + week * 7 * periods.DAY for week in range(WEEKS))
        found[day] = next((each for each in weeks if not _is_off(schedule, each)), day)
    return found


def _is_off(schedule: hours.Schedule, day: dt.date) -> bool:
    return day in schedule.closed_days or schedule.holiday_name(day) is not None


def _closed(
    card: LineCard, known: Collection[int], since: dt.datetime, days: Mapping[dt.date, dt.date]
) -> list[Closed]:  # fmt: skip
    """Weekdays with hours that are left out, by the last day looked at; days of the coming week shown as others."""
    schedule, found = card.schedule(), []
    open_days = {place for place, spans in enumerate(schedule.week.spans) if spans}
    begin = since.astimezone(ZoneInfo(card.time_zone)).date()
    for day, shown in days.items():
        if day.weekday() not in open_days:
            continue
        if day.weekday() not in known:
            past = [each for each in (day - week * 7 * periods.DAY for week in range(1, WEEKS + 1)) if each >= begin]
            off = next((each for each in past if _is_off(schedule, each)), None)
            found += [Closed(off, schedule.holiday_name(off) or "", None)] if off else []
        elif shown != day:
            found.append(Closed(day, schedule.holiday_name(day) or "", shown))
    return found


def _begin(session: Session, card: LineCard, now: dt.datetime) -> dt.datetime:
    """Midnight of the first day looked at: when the line was not ours yet, nobody rang for other reasons."""
    first = session.scalar(sa.select(sa.func.min(Call.received_at)).where(Call.line == card.number)) or now
    since = max(now - dt.timedelta(weeks=WEEKS), first)
    return periods.day_around(since, card.time_zone).since


def _seen(session: Session, card: LineCard, since: dt.datetime, now: dt.datetime) -> list[Seen]:
    """Calls, and times open, of each half-hour of the week."""
    quarter = Quarter(Call.received_at)
    rows = sa.select(quarter, sa.func.count()).where(Call.line == card.number, IN_SCOPE, Call.received_at >= since)
    by_quarter = {row[0]: row[1] for row in session.execute(rows.group_by(quarter))}
    calls, times = Counter[int](), Counter[int]()
    for start, of_week in _half_hours(since, now, card.time_zone, card.schedule()):
        number = int(start.timestamp()) // 900
        calls[of_week] += by_quarter.get(number, 0) + by_quarter.get(number + 1, 0)
        times[of_week] += 1
    return [Seen(calls[number], times[number]) for number in range(A_WEEK)]


def _half_hours(
    since: dt.datetime, until: dt.datetime, zone: str, schedule: hours.Schedule
) -> Iterator[tuple[dt.datetime, int]]:
    """Every half-hour that lies within these hours, with its number in the week. An hour that the clock shows twice
    counts twice, one it skips does not."""
    here, is_within = ZoneInfo(zone), _within(hours.open_intervals(schedule, since, until))
    start = since
    while start + HALF_HOUR <= until:
        if is_within(start):
            local = start.astimezone(here)
            yield start, local.weekday() * 48 + local.hour * 2 + local.minute // 30
        start += HALF_HOUR


def _within(spans: Sequence[hours.Interval]) -> Callable[[dt.datetime], bool]:
    starts = [span.start for span in spans]

    def is_within(start: dt.datetime) -> bool:
        index = bisect_right(starts, start) - 1
        return index >= 0 and start + HALF_HOUR <= spans[index].end

    return is_within


def _talk(session: Session, card: LineCard, since: dt.datetime) -> tuple[float, int]:
    talked = sa.select(sa.func.avg(Call.talk_seconds), sa.func.count()).where(
        Call.line == card.number, Call.received_at >= since, Call.outcome == "talked", Call.talk_seconds > 0
    )
    mean, count = session.execute(talked).one()
    return (float(mean), count) if count >= ENOUGH_TALKS else (USUAL_TALK, count)


def _waits(session: Session, card: LineCard, since: dt.datetime) -> list[Waited]:
    """How long callers waited for a person, and whether they gave up or it ended otherwise."""
    rows = sa.select(Call.received_at, Call.joined_at, Call.told_at, Call.ended_at, Call.ring_until, Call.state).where(
        Call.line == card.number, Call.received_at >= since, IN_SCOPE, SETTLED
    )
    found = []
    for received, joined, told, ended, ring_until, state in session.execute(
        rows.order_by(Call.received_at.desc()).limit(MOST_WAITS)
    ):
        over = joined or (ended if state == "abandoned" else told) or ring_until
        found.append(Waited(max((over - received).total_seconds(), 0.0), state == "abandoned" and joined is None))
    return found


def _on_shift(session: Session, card: LineCard, days: Collection[dt.date], now: dt.datetime) -> Counter[int]:
    """How many of the line's people work in each half-hour of these days."""
    spans = [Range.of_days(day, day, card.time_zone) for day in days]
    rows = sa.select(StaffMember).join(LineStaff, LineStaff.staff_id == StaffMember.id)
    members = session.scalars(rows.where(StaffMember.active, LineStaff.line == card.number))
    on = Counter[int]()
    for member in members:
        if phones.number_of(member, now):
            shifts = card.shifts(roster.person_of(member))
            for span in spans:
                on.update(of_week for _, of_week in _half_hours(span.since, span.until, card.time_zone, shifts))
    return on
