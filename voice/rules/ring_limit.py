"""How long one phone may ring: below the moment its mailbox takes over, learned from what that phone did. Pure.

A mailbox takes over after the same time each time, a person does not: two take-overs alike are believed. A phone that
is stopped before its mailbox never meets it again, so nothing could say that the mailbox has moved or gone. What is
learned therefore holds for `HOLDS` after it was last seen; then the phone rings in full, and one more take-over alike
renews it. A month costs one ring of one caller. Whoever picks up later than the limit would let them, and any ring
that goes on past a take-over in vain, puts an end to it at once.
"""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from voice.rules.ring_plan import LEG_SECONDS

ENOUGH = 2  # take-overs alike
LATE = 1.0  # seconds by which the carrier's news of a ring and of its end may be late, and our own stop too
ALIKE = 2 * LATE  # apart: one for the news that a ring began, one for the news of its end
MARGIN = 2 * LATE  # below the soonest: one for the news that a ring began, one until the carrier has ended it
# Seconds: a phone in a pocket takes as long to be answered, and a ring ended at once is mostly a hand that declined,
# whose network then puts the mailbox on. A mailbox sooner than this and `MARGIN` can only be mended at its network.
SHORTEST = 6.0
KEPT = 5  # take-overs remembered of one phone
HOLDS = dt.timedelta(days=30)


@dataclass(frozen=True)
class TakeOver:
    """A machine picked this phone up after so many seconds of ringing."""

    after: float
    at: dt.datetime


@dataclass(frozen=True)
class Heard:
    """What ended a ring of this phone: a machine (no key came), a person (a key did), or neither in all that time."""

    by: Literal["machine", "person", "nobody"]
    after: float  # seconds of ringing until it was picked up, or stopped
    at: dt.datetime


@dataclass(frozen=True)
class Limit:
    """A phone rings for `seconds` at most, as its mailbox takes over after `mailbox`; that holds until `until`."""

    seconds: int
    mailbox: int
    until: dt.datetime


def learn(seen: Sequence[TakeOver], heard: Heard) -> tuple[TakeOver, ...]:
    """What is remembered of a phone after one more ring, the newest first: take-overs that nothing speaks against."""
    if heard.by == "machine":
        soon = heard.after < SHORTEST + MARGIN
        return tuple(seen) if soon else (TakeOver(heard.after, heard.at), *seen)[:KEPT]
    # The limit would have cut this person off, be its stop ever so late; or nothing had taken over by then.
    passed = heard.after + MARGIN - LATE if heard.by == "person" else heard.after - LATE
    return tuple(each for each in seen if each.after > passed)


def limit(seen: Sequence[TakeOver]) -> Limit | None:
    """What the take-overs seen of a phone, the newest first, make of it; None: nothing, it rings in full."""
    for newest in seen:
        alike = [each for each in seen if abs(each.after - newest.after) <= ALIKE]
        if len(alike) >= ENOUGH:
            mailbox = min(each.after for each in alike)
            seconds = math.floor(mailbox - MARGIN)
            return Limit(seconds, round(mailbox), newest.at + HOLDS) if SHORTEST <= seconds < LEG_SECONDS else None
    return None
