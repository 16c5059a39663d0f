"""Other settings a line could have had: which are worth a try, which calls each could touch, and their words."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal
from zoneinfo import ZoneInfo

from voice.rules import ring_limit
from voice.rules.past import Past, PastCall

EXTRA = "one-more"  # the id of a colleague who does not exist
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MODES = {
    "everyone": "ring everyone at once",
    "in_order": "ring one after the other",
    "fewest_recent": "ring whoever has taken fewest calls first",
}
WINDOW = 2  # hours one more person is there
WINDOWS = 3  # of the worst, how many are tried
LONGER = (10, 20)  # seconds
LONGEST = 90  # seconds a caller may be kept ringing

Kind = Literal["today", "ring_seconds", "ring", "first", "shorter", "extra", "earlier", "later", "together"]


@dataclass(frozen=True)
class Change:
    """What is set otherwise: columns of the line, one more person by weekday, seconds after which somebody's phone is
    stopped. None of them: as it is today."""

    kind: Kind = "today"
    line: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, str] = field(default_factory=dict)  # {"tue": "11:00-13:00"}
    phones: Mapping[str, int] = field(default_factory=dict)  # {"alex": 9}

    def to_json(self) -> dict[str, Any]:
        """Plain values: `Change(**plain)` reads them."""
        return asdict(self)


TODAY = Change()


def candidates(past: Past) -> list[Change]:
    """What could be tried, at most a dozen."""
    return [*_ringing(past.line), *_shorter(past), *_windows(past), *_hours(past)]


def _ringing(line: Mapping[str, Any]) -> Iterator[Change]:
    for more in LONGER:
        if line["ring_seconds"] + more <= LONGEST:
            yield Change("ring_seconds", {"ring_seconds": line["ring_seconds"] + more})
    if line["ring"] != "everyone":
        yield Change("ring", {"ring": "everyone"})
    if line["last_person_first"]:
        yield Change("first", {"last_person_first": False})


def _shorter(past: Past) -> Iterator[Change]:
    """Phones that a mailbox took over, each stopped before it, from the first call on: then they ring once more."""
    seen = defaultdict[str, list[ring_limit.TakeOver]](list)
    for call in sorted(past.calls, key=lambda each: each.at, reverse=True):
        for ring in call.rings:
            if ring.end == "silent":
                seen[ring.staff].append(ring_limit.TakeOver(ring.seconds, call.at))
    people = {person["id"] for person in past.people if not person.get("no_mailbox")}
    limits = {staff: ring_limit.limit(taken) for staff, taken in sorted(seen.items()) if staff in people}
    if phones := {staff: limit.seconds for staff, limit in limits.items() if limit is not None}:
        yield Change("shorter", phones=phones)


def _windows(past: Past) -> Iterator[Change]:
    """One more person in the two hours of the week in which most were missed while open."""
    missed = [call for call in past.calls if call.missed and call.cause not in ("closed", "holiday")]
    taken: list[tuple[int, int]] = []
    for day, hour, _count in _fullest(past, missed):
        if all(day != other or abs(hour - begin) >= WINDOW for other, begin in taken):
            taken.append((day, hour))
    for day, hour in taken[:WINDOWS]:
        yield Change("extra", {}, {DAYS[day]: f"{hour:02d}:00-{hour + WINDOW:02d}:00"})


def _hours(past: Past) -> Iterator[Change]:
    """Open an hour earlier, or close an hour later, on each day that is open at all."""
    for kind in ("earlier", "later"):
        moved = {day: _stretched(spans, kind) for day, spans in past.line["hours"].items() if spans}
        if any(moved[day] != past.line["hours"][day] for day in moved):
            yield Change("earlier" if kind == "earlier" else "later", {"hours": past.line["hours"] | moved})


def _stretched(spans: str, kind: str) -> str:
    """An hour more at the beginning or end of a day, where the day has one."""
    parts = [part.strip() for part in spans.split(",")]
    begin, end = parts[0].split("-")[0], parts[-1].split("-")[1]
    if kind == "earlier" and begin >= "01:00":
        parts[0] = f"{int(begin[:2]) - 1:02d}:{begin[3:]}-{parts[0].split('-')[1]}"
    elif kind == "later" and begin < end <= "23:00":
        parts[-1] = f"{parts[-1].split('-')[0]}-{int(end[:2]) + 1:02d}:{end[3:]}"
    return ",".join(parts)


def local(past: Past, call: PastCall) -> dt.datetime:
    """When a call came, on the line's clock."""
    return call.at.astimezone(ZoneInfo(past.line["time_zone"]))


def touches(change: Change, past: Past, call: PastCall) -> bool:
    """Whether a missed call could have gone otherwise under `change`. Too many is harmless, one too few is not."""
    closed = call.cause in ("closed", "holiday")
    if "hours" in change.line:
        return closed or call.cause == "nobody_on_shift"
    if closed:
        return False
    if change.extra and _within(change.extra, local(past, call)):
        return True
    if call.cause == "nobody_on_shift":
        return False
    if "last_person_first" in change.line and call.first is not None:
        return True
    if any(ring.end == "silent" and ring.seconds >= change.phones.get(ring.staff, LONGEST) for ring in call.rings):
        return True
    # Who hung up was gone before the phones stopped.
    return "ring" in change.line or ("ring_seconds" in change.line and not call.hung_up)


def may_lose(change: Change, line: Mapping[str, Any], call: PastCall) -> bool:
    """Whether this caller, who reached somebody, might not have under `change`.

    Where it only adds (a longer ring, one more phone or hour), every phone that rang for them rings at the same moment
    all the same, and its owner does as then: they are reached as they were, or sooner, and need not be played again.
    """
    if any(ring.seconds > change.phones.get(ring.staff, LONGEST) for ring in call.rings):
        return True
    if "last_person_first" in change.line and call.first is not None:
        return True
    shorter = int(change.line.get("ring_seconds", line["ring_seconds"])) < int(line["ring_seconds"])
    return shorter or str(change.line.get("ring", "everyone")) != "everyone"


def _within(week: Mapping[str, str], moment: dt.datetime) -> bool:
    """Whether one more person would have been there, or come while the phones still rang."""
    spans = week.get(DAYS[moment.weekday()], "")
    near = (f"{moment + dt.timedelta(minutes=more):%H:%M}" for more in (0, 2))
    return any(span and span.split("-")[0] <= clock < span.split("-")[1] for clock in near for span in spans.split(","))


def words(change: Change, line: Mapping[str, Any], names: Mapping[str, str] | None = None) -> str:
    """The change as it is proposed. `names`: of staff, by id."""
    if change.kind == "today":
        return "Nothing: as it is today"
    said = []
    if "ring_seconds" in change.line:
        said.append(f"ring {change.line['ring_seconds']} seconds instead of {line['ring_seconds']}")
    if "ring" in change.line:
        said.append(MODES[change.line["ring"]])
    if "last_person_first" in change.line:
        said.append("ring nobody alone at first, whoever last spoke with the caller")
    if change.phones:
        said.append(f"stop {' and '.join(_phones(change.phones, names or {}))}, before the mailbox takes the call")
    if change.extra:
        said.append(f"one more person {extra_words(change.extra)}")
    if "hours" in change.line:
        said.append("open an hour earlier" if change.kind == "earlier" else "close an hour later")
    whole = ", ".join(said)
    return whole[:1].upper() + whole[1:]


def _phones(phones: Mapping[str, int], names: Mapping[str, str]) -> Iterator[str]:
    for staff, seconds in phones.items():
        yield f"{names.get(staff, staff)}’s phone after {seconds} seconds"


def extra_words(extra: Mapping[str, str]) -> str:
    """ "on Tuesdays, 11–13"."""
    return " and ".join(f"on {DAY_NAMES[DAYS.index(day)]}s, {_span(spans)}" for day, spans in extra.items())


def _span(spans: str) -> str:
    return spans.replace(":00", "").replace("-", "–")


def busiest(past: Past, calls: Sequence[PastCall]) -> str:
    """When most of these calls came: "most of them 11–13 on Tuesdays"; empty where no two hours hold half of them."""
    if len(calls) < 3:
        return ""
    day, hour, most = _fullest(past, calls)[0]
    if most * 2 < len(calls):
        return ""
    return f"{'all' if most == len(calls) else 'most'} of them {hour}–{hour + WINDOW} on {DAY_NAMES[day]}s"


def _fullest(past: Past, calls: Sequence[PastCall]) -> list[tuple[int, int, int]]:
    """Weekday, hour and count of each two hours with calls: the fullest first, of equals those with them amid."""
    times = defaultdict[tuple[int, int], list[float]](list)
    for call in calls:
        here = local(past, call)
        for begin in range(max(0, here.hour - WINDOW + 1), min(here.hour, 24 - WINDOW) + 1):
            times[here.weekday(), begin].append(here.hour + here.minute / 60)

    def rank(window: tuple[int, int]) -> tuple[int, float, tuple[int, int]]:
        found = times[window]
        return -len(found), abs(sum(found) / len(found) - window[1] - WINDOW / 2), window

    return [(*window, len(times[window])) for window in sorted(times, key=rank)]
