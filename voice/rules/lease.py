"""How long a callback stays in somebody's hands without a sign of life."""

import datetime as dt
from typing import Literal

# claimed: by a tap · handed_over: by a colleague · by_hand: dialling with a phone of one's own · wrapping_up: talked.
Hold = Literal["claimed", "handed_over", "by_hand", "wrapping_up"]
HANDED = dt.timedelta(minutes=15)  # to notice what a colleague has handed over; then anybody may take it


def until(hold: Hold, now: dt.datetime, lease_seconds: int, wrap_up_minutes: int) -> dt.datetime:
    """When it goes back on the list by itself, with what the line allows for a claim and for saying how it went."""
    if hold == "handed_over":
        return now + HANDED
    return now + (dt.timedelta(seconds=lease_seconds) if hold == "claimed" else dt.timedelta(minutes=wrap_up_minutes))


def lapsed(state: str, lease_until: dt.datetime | None, now: dt.datetime) -> bool:
    """Whether a claim holds nothing any more; while they dial, talk or say how it went nobody else may have it."""
    return state == "claimed" and lease_until is not None and lease_until < now


def shown(state: str, lease_until: dt.datetime | None) -> dt.datetime | None:
    """Until when the row says it is theirs; while a phone rings or is talked into, that is as long as it takes."""
    return lease_until if state in ("claimed", "wrapping_up") else None
