"""How the owner's page says days, waits and shares. Pure: the present is an argument."""

import datetime as dt
from zoneinfo import ZoneInfo

from dashboard import words
from voice.rules.periods import Range

MINUTES = 10 * 60  # seconds; longer waits need no seconds


def wait(seconds: float | None) -> str:
    """'9 s', '1:20 min', '25 min', '3 h 10 min', '2 days'; None is a wait that has no end yet."""
    if seconds is None:
        return "not yet"
    return words.seconds(round(seconds)) if seconds < MINUTES else words.span(round(seconds / 60))


def share(part: float | None) -> str:
    """'87 %'; rounded down, so that 100 % is said of all alone. None is a share of nothing."""
    return "–" if part is None else f"{int(part * 100 + 1e-9)} %"


def calls(count: int) -> str:
    """'1 call', '5 calls'."""
    return f"{count} call" if count == 1 else f"{count} calls"


def people(count: int) -> str:
    """'1 person', '5 people'."""
    return f"{count} person" if count == 1 else f"{count} people"


def day(date: dt.date) -> str:
    """'Mon 23 Nov'."""
    return f"{date:%a} {date.day} {date:%b}"


def short_day(date: dt.date) -> str:
    """'Mon 23', for a picture in which each day has little room."""
    return f"{date:%a} {date.day}"


def days(asked: Range) -> str:
    """'Mon 23 Nov', 'Mon 16 – Sun 22 Nov', with the year where it is not the same all through."""
    zone = ZoneInfo(asked.zone)
    first = asked.since.astimezone(zone).date()
    last = max(first, (asked.until - dt.timedelta(microseconds=1)).astimezone(zone).date())
    if first == last:
        return day(first)
    if first.year != last.year:
        return f"{day(first)} {first.year} – {day(last)} {last.year}"
    return f"{first:%a} {first.day} – {day(last)}" if first.month == last.month else f"{day(first)} – {day(last)}"


def hour(of_day: int) -> str:
    """'9 am', '12 pm'."""
    return f"{of_day % 12 or 12} {'am' if of_day < 12 else 'pm'}"


def hours(of_day: int) -> str:
    """'9–10 am', '11 am–12 pm': the hour that begins then."""
    begins, ends = hour(of_day), hour((of_day + 1) % 24)
    return f"{begins.split()[0]}–{ends}" if begins[-2:] == ends[-2:] else f"{begins}–{ends}"


TITLES = {
    "calls": "All calls",
    "talked": "Talked with a person",
    "callback": "Promised a call back",
    "blocked": "Turned away",
    "pending": "Still going on",
    "offered": "Offered",
    "answered": "Answered",
    "missed": "Missed",
    "abandoned": "Abandoned",
    "short": "Short",
    "closed": "Calls while closed",
    "rated": "Calls the answer rate is taken of",
    "repeats": "Rang again",
    "rang": "Calls for which a phone rang",
    "callbacks": "People put on the list",
    "rung": "Rung back",
    "owed": "Promised a time",
    "kept": "Promises kept",
    "running": "Promises still running",
    "broken": "Promises broken",
    "not_kept": "Promises not kept so far",
    "reached_by_then": "Reached by the promised time",
    "tried_again": "Callbacks that took more than one try",
    "unreached": "Not reached so far",
    "coming": "Still to be rung",
    "lost": "Callers lost",
    "after_hours": "Put on the list while closed",
    "after_hours_rung": "Rung back since",
}
