"""A promise that is near and nobody has: who is rung for it, and whether a live caller goes first all the same."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

SOON = dt.timedelta(minutes=5)
# From asking for a staff phone until the caller's rings: it rings, is picked up, words are heard, a key, the dial.
TO_RING = dt.timedelta(seconds=45)
# Who is told a time may leave a message of up to two minutes first: only then can anybody ring them.
TO_TELL = dt.timedelta(minutes=2) + TO_RING


@dataclass(frozen=True)
class Candidate:
    """Somebody at work who could ring a caller back. `idle_since` None: they have not been on the phone yet."""

    staff_id: str
    idle_since: dt.datetime | None
    wrapping_up: bool = False


@dataclass(frozen=True)
class First:
    """Whether a live caller gets a phone before a promised one, and why, in a sentence for the page."""

    live: bool
    why: str


def is_soon(promised_by: dt.datetime, now: dt.datetime) -> bool:
    """Whether a promise is due within five minutes and can still be kept."""
    return now < promised_by <= now + SOON


def can_be_told(promised_by: dt.datetime, taken: bool, now: dt.datetime) -> bool:
    """Whether it is honest to tell a caller of this time once more: it is to come, and somebody is at it or can be."""
    return now < promised_by and (taken or now + TO_TELL <= promised_by)


def needs_somebody(state: str, promised_by: dt.datetime, rang_at: dt.datetime | None, now: dt.datetime) -> bool:
    """Whether the list says it loudly: due within five minutes, or late, and nobody has it."""
    return state == "waiting" and rang_at is None and promised_by <= now + SOON


def freest(candidates: Sequence[Candidate], rung: Collection[str]) -> str | None:
    """Who is rung next for a promise nobody has: not rung for it yet, no note to write, idle for longest."""
    left = [each for each in candidates if each.staff_id not in rung]
    never = dt.datetime.min.replace(tzinfo=dt.UTC)
    left.sort(key=lambda each: (each.wrapping_up, each.idle_since or never, each.staff_id))
    return left[0].staff_id if left else None


def first(promised_by: dt.datetime | None, now: dt.datetime) -> First:
    """A live caller first, unless the oldest promise would be missed for it; None: that promise is kept already.

    Armony & Maglaras 2004, "Contact Centers with a Call-Back Option and Real-Time Delay Information", Operations
    Research 52(4):527-545: with few people a rule of thumb, not a proof. A promise that is late stays late whoever goes
    first, while the caller on the line may yet be lost.
    """
    if promised_by is None:
        return First(True, "A live caller first: the promise to ring back is kept already.")
    if promised_by <= now:
        return First(True, "A live caller first: the promise is late already, and nobody else is to be let down.")
    if promised_by - now > TO_RING:
        return First(True, "A live caller first: there is still time to ring back as promised.")
    return First(False, "The promised call first: it is due within a minute and would be late.")
