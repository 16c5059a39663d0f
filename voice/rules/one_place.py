"""Two callbacks of one person on one line: which of them is kept, and what it then says. Pure."""

import datetime as dt
from typing import Any, Protocol

from voice.rules import states

_RANKS = {"claimed": 1, "waiting": 2, "unreached": 3, "held": 4, "no_number": 5}
UNPROMISED = ("held", "no_number")
DIALLABLE = ("waiting", "claimed", *states.CALLBACK_BUSY)


class Place(Protocol):
    """What these decisions read of a callback."""

    state: Any
    calls: Any
    first_called_at: Any
    last_called_at: Any
    promised_by: Any
    due_at: Any
    rang_at: Any
    later: Any
    reason: Any
    attempts: Any
    note: Any
    topic_id: Any
    bought: Any
    why_not: Any
    result: Any
    owed_by: Any
    by_hand_at: Any


def rank(row: Place) -> int:
    """How far it has come: 0 while somebody is on a phone for it, then claimed, waiting, and those who wait for a
    decision. The one that is furthest is kept: nobody's talk is taken from under them."""
    by_hand = row.state == "claimed" and row.by_hand_at is not None
    return 0 if by_hand or row.state in states.CALLBACK_BUSY else _RANKS[row.state]


def rings_in(kept: Place, other: Place) -> bool:
    """Whether `kept`, given up as unreached, waits again: they have rung from `other` since."""
    return bool(kept.state == "unreached" and other.last_called_at > kept.last_called_at)


def together(kept: Place, other: Place) -> dict[str, Any]:
    """The columns of `kept` once it stands for both: the calls add up, and the earliest promise not kept yet wins."""
    first = kept if kept.first_called_at <= other.first_called_at else other
    promised_by, rang_at = _promise(kept, other)
    due_at, later = _due(kept, other)
    places = [row.promised_by for row in (kept, other) if row.state in UNPROMISED]  # no promise, but their place
    return {
        "calls": kept.calls + other.calls,
        "first_called_at": first.first_called_at,
        "last_called_at": max(kept.last_called_at, other.last_called_at),
        "reason": first.reason,
        "promised_by": promised_by,
        "rang_at": rang_at,
        "due_at": due_at if later or rang_at else min(due_at, promised_by, *places),
        "later": later,
        "attempts": max(kept.attempts, other.attempts),
        "note": " · ".join(dict.fromkeys(note for note in (kept.note, other.note) if note)),
        "topic_id": kept.topic_id if kept.topic_id is not None else other.topic_id,
        "bought": kept.bought if kept.bought is not None else other.bought,
        "why_not": kept.why_not or other.why_not,
        "result": kept.result or other.result,
        "owed_by": kept.owed_by or other.owed_by,
    }


def _promise(kept: Place, other: Place) -> tuple[dt.datetime, dt.datetime | None]:
    """(promised by, when their phone rang): a promise made before the other's ring was kept by that ring."""
    both = [row for row in (kept, other) if row.state not in UNPROMISED] or (kept, other)
    rings = [row.rang_at for row in both if row.rang_at is not None]
    talks = kept.state in ("talking", "wrapping_up")
    owed = [row for row in both if not talks and not any(ring >= row.first_called_at for ring in rings)]
    return min(row.promised_by for row in owed or both), None if owed else min(rings, default=None)


def _due(kept: Place, other: Place) -> tuple[dt.datetime, str | None]:
    """When it is due, and why later: what waits for its promise is never put off by what was set aside."""
    both = (kept, other)
    going = [row for row in both if row.state in DIALLABLE] or both
    soonest = min([row for row in going if row.later is None] or going, key=lambda row: row.due_at)
    return soonest.due_at, soonest.later
