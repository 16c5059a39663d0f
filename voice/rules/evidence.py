"""What the carrier's call log proves, and what is to be done about each call in it. Pure: `now` is an argument."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from voice.rules.causes import TALK_SECONDS

GRACE = dt.timedelta(seconds=120)  # the carrier's own deliveries come first
EVENTS_AFTER = dt.timedelta(minutes=15)  # the carrier: events can be read from 15 minutes after the end
EVENTS_BY = dt.timedelta(minutes=20)  # nobody waits longer for them: better one call back too many
OVERLAP = dt.timedelta(minutes=15)  # the newest rows of a log may come late
ROLLING = dt.timedelta(minutes=20)
DAY = dt.timedelta(days=1)
HOURLY, A_DAY_AND_MORE = dt.timedelta(hours=1), dt.timedelta(hours=26)
DAILY, A_WEEK_AND_MORE = dt.timedelta(days=1), dt.timedelta(days=8)
SLACK = dt.timedelta(hours=1)  # a call can begin before a window and end in it
WHOLE_SECONDS = 2  # how far two of the carrier's times, each cut to whole seconds, can mislead

Verdict = Literal["wait", "find", "end", "examine", "compare", "settled"]


def midnight(day: dt.date) -> dt.datetime:
    """The instant a day begins, in UTC as the carrier counts them."""
    return dt.datetime.combine(day, dt.time(tzinfo=dt.UTC))


@dataclass(frozen=True)
class Window:
    """What is read: calls that began in [since, until)."""

    since: dt.datetime
    until: dt.datetime
    is_day: bool = False
    is_week: bool = False

    @property
    def days(self) -> tuple[dt.datetime, dt.datetime]:
        """The midnights (UTC) around it: the carrier promises whole days only, so whole days are asked for."""
        return midnight(self.since.date()), midnight(self.until.date()) + DAY

    def holds(self, started_at: dt.datetime) -> bool:
        """Whether a call that began then is looked at."""
        return self.since <= started_at < self.until


def next_window(
    now: dt.datetime,
    first: dt.datetime,
    watermark: dt.datetime,
    day_read_at: dt.datetime | None,
    week_read_at: dt.datetime | None,
) -> Window:
    """What to read now: back to the watermark always, a day once an hour, a week once a day; never before `first`."""
    is_week = week_read_at is None or now - week_read_at >= DAILY
    is_day = is_week or day_read_at is None or now - day_read_at >= HOURLY
    since = min(now - ROLLING, watermark - OVERLAP)
    if is_day:
        since = min(since, now - (A_WEEK_AND_MORE if is_week else A_DAY_AND_MORE))
    return Window(max(since - SLACK, first), now, is_day, is_week)


@dataclass(frozen=True)
class Known:
    """What our own rows say of a call. `unsure`: the proof of a talk may have been lost, and nobody has looked yet."""

    pending: bool
    talked: bool
    unsure: bool


def verdict(over: bool, ended_at: dt.datetime, known: Known | None, now: dt.datetime, at_once: bool) -> Verdict:
    """What to do about a call of the log. A call in progress is never decided about.

    `wait`: not now, and the watermark stays before it · `find`: we have never heard of it · `end`: we do not know that
    it is over · `examine`: what the carrier asked us may prove a talk · `compare`: hold our talk against the log.
    """
    undecided = known is None or known.pending
    if not over:
        return "wait" if undecided else "settled"
    if undecided and not at_once and now - ended_at < GRACE:
        return "wait"
    if known is None:
        return "find"
    if known.pending:
        return "end"
    if known.unsure:
        return "examine"
    return "compare" if known.talked else "settled"


def can_be_read(ended_at: dt.datetime, now: dt.datetime) -> bool:
    """Whether the carrier shows by now what it asked us during the call."""
    return now - ended_at >= EVENTS_AFTER


def is_hopeless(ended_at: dt.datetime, now: dt.datetime) -> bool:
    """Whether the proof of a talk has been waited for long enough."""
    return now - ended_at >= EVENTS_BY


@dataclass(frozen=True)
class Asked:
    """One request of the carrier's to us, as its events show it; names of parameters in snake case."""

    path: str
    at: dt.datetime
    params: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class StaffLeg:
    """A leg of ours to a staff phone while the call was up, and what the carrier asked us on it."""

    phone: str
    ended_at: dt.datetime
    asked: Sequence[Asked]


@dataclass(frozen=True)
class Talk:
    """A talk the carrier's own record proves."""

    since: dt.datetime
    seconds: int
    phone: str
    path: Literal["queue", "dial"]


def talk(asked: Sequence[Asked], legs: Mapping[str, StaffLeg], ended_at: dt.datetime) -> Talk | None:
    """The talk in a call that ended at `ended_at`, if one of 10 s or more is proven. `legs` by the carrier's id.

    In the queue: our Enqueue action with `bridged`, and the Dial action of the staff leg. On the ladder: the Dial
    action that says bridged, or the key pressed on the child leg. A leg alone proves nothing: mailboxes pick up too.
    """
    found = [*_in_queue(asked, legs), *_on_ladder(asked, legs, ended_at)]
    return max((each for each in found if each.seconds >= TALK_SECONDS), key=lambda each: each.seconds, default=None)


def _in_queue(asked: Sequence[Asked], legs: Mapping[str, StaffLeg]) -> Iterator[Talk]:
    left = [each.at for each in asked if _is(each, "/left") and each.params.get("queue_result") == "bridged"]
    joined = {each.params.get("dequeing_call_sid", ""): each.at for each in reversed(asked) if _is(each, "/joined")}
    for sid, leg in legs.items() if left else ():
        for dialled in leg.asked:
            if not _is(dialled, "/dialled") or not _bridged(dialled):
                continue
            until = min(dialled.at, max(left))
            since = joined.get(sid) or until - dt.timedelta(seconds=_seconds(dialled))
            yield Talk(since, round((until - since).total_seconds()), leg.phone, "queue")


def _on_ladder(asked: Sequence[Asked], legs: Mapping[str, StaffLeg], ended_at: dt.datetime) -> Iterator[Talk]:
    for over in asked:
        leg = legs.get(over.params.get("dial_call_sid", ""))
        if leg is not None and "/ladder/" in over.path and _is(over, "/over") and _bridged(over):
            seconds = _seconds(over)
            yield Talk(over.at - dt.timedelta(seconds=seconds), seconds, leg.phone, "dial")
    for leg in legs.values():
        for accepted in leg.asked:
            if "/ladder/" in accepted.path and _is(accepted, "/accepted"):
                until = min(leg.ended_at, ended_at)
                yield Talk(accepted.at, round((until - accepted.at).total_seconds()), leg.phone, "dial")


def _is(asked: Asked, ending: str) -> bool:
    return asked.path.endswith(ending)


def _bridged(asked: Asked) -> bool:
    return asked.params.get("dial_bridged") == "true" or asked.params.get("queue_result") == "bridged"


def _seconds(asked: Asked) -> int:
    said = asked.params.get("dial_call_duration", "")
    return int(said) if said.isdecimal() and len(said) < 6 else 0


def contradicts(joined_at: dt.datetime, leg_ended_at: dt.datetime, call_ended_at: dt.datetime) -> bool:
    """Whether the log says that what we count as a talk was none. Contrary evidence only, never its mere absence."""
    together = (min(leg_ended_at, call_ended_at) - joined_at).total_seconds()
    return together < TALK_SECONDS - WHOLE_SECONDS


@dataclass(frozen=True)
class Day:
    """One day (UTC): calls the carrier lists, and calls we know."""

    day: dt.date
    carrier: int
    ours: int


def days(
    listed: Mapping[str, dt.datetime], ours: Mapping[str, dt.datetime], since: dt.datetime, until: dt.datetime
) -> Iterator[Day]:
    """The calls that began in [since, until), day by day. Both by the carrier's id.

    A call that both know is counted on the carrier's day: at midnight the two clocks may differ by a second.
    """
    only_ours = {sid: at for sid, at in ours.items() if sid not in listed}
    day = since.date()
    while midnight(day) < until:
        first = max(since, midnight(day))
        last = min(until, midnight(day) + DAY)
        theirs = [sid for sid, at in listed.items() if first <= at < last]
        alone = sum(first <= at < last for at in only_ours.values())
        yield Day(day, len(theirs), sum(sid in ours for sid in theirs) + alone)
        day += DAY
