"""The groups of the callback list: which callbacks stand under which heading, in which order, and how many there are.

Each group reads its first rows by an index and no more, so that ten thousand people on the list are as quick as ten.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import list_search
from dashboard.list_view import MOST, View
from voice import callbacks
from voice.later import is_later
from voice.models import Callback
from voice.rules import states

IN_HAND = ("claimed", *states.CALLBACK_BUSY)
WAITING = ("waiting", *IN_HAND)
CLOSED = Callback.state == sa.literal_column("'closed'")  # written out: the index of closed ones fits
IN_ORDER = (Callback.due_at, Callback.id)

TITLES = {
    "mine": ("Yours", ""),
    "waiting": ("To ring back", ""),
    "later": ("Later", "They come back to the list by themselves when their time has come."),
    "unreached": (
        "Not reached",
        "Tried as often as the line allows. Ring when you think they are there, or close with a reason.",
    ),
    "no_number": (
        "No number",
        "They hide their number. If they say one in their message, enter it, and they wait for a call like the others.",
    ),
    "held": (
        "Held for the owner",
        "The number rules forbid dialling these. The owner can allow one that should be rung; close the others.",
    ),
    "closed": ("Closed today", ""),
    "found": ("Found", ""),
}


@dataclass(frozen=True)
class Found:
    """One group as it was read: its first callbacks, and how many there are in all."""

    key: str
    callbacks: Sequence[Callback]
    total: int

    @property
    def more(self) -> bool:
        """Whether another press of “Show more” brings more."""
        return len(self.callbacks) < min(self.total, MOST)


def read(session: Session, view: View, staff_id: str | None, now: dt.datetime, zone: str) -> list[Found]:
    """The groups of this view; one that has nobody in it stands there with none."""
    if view.q:
        return [_found(session, view, now)]
    counts = _counts(session, now)
    mine = _mine(session, staff_id)
    counts["waiting"] -= len(mine)
    others = [key for key in TITLES if key not in ("mine", "closed", "found")]
    groups = [Found("mine", mine, len(mine))]
    for key in others:
        rows = _open(session, key, staff_id, now, view.rows(key)) if counts[key] else []
        groups.append(Found(key, rows, counts[key]))
    return [*groups, _closed_today(session, view, now, zone)]


def _found(session: Session, view: View, now: dt.datetime) -> Found:
    most, rows, total = view.rows("found"), list[Callback](), 0
    for part in list_search.matching(view.q, now):
        some = list(session.scalars(part.limit(most - len(rows) + 1)))
        total += _count(session, part) if len(rows) + len(some) > most else len(some)
        rows = (rows + some)[:most]
    return Found("found", rows, total)


def _counts(session: Session, now: dt.datetime) -> dict[str, int]:
    """How many stand in each open group: read from the index alone."""
    counts = dict.fromkeys(("waiting", "later", "unreached", "no_number", "held"), 0)
    # By state alone, as the index is ordered: grouped by both, all rows would be sorted first.
    each = sa.select(Callback.state, sa.func.count(), sa.func.count().filter(is_later(now)))
    for state, count, aside in session.execute(each.where(callbacks.IS_OPEN).group_by(Callback.state)):
        counts["waiting" if state in WAITING else state] += count - aside
        counts["later"] += aside
    return counts


def _mine(session: Session, staff_id: str | None) -> list[Callback]:
    if staff_id is None:
        return []
    held = sa.select(Callback).where(Callback.claimed_by == staff_id, Callback.state.in_(IN_HAND))
    return list(session.scalars(held.order_by(*IN_ORDER).limit(MOST)))


def _open(session: Session, key: str, staff_id: str | None, now: dt.datetime, most: int) -> list[Callback]:
    rows = sa.select(Callback).where(callbacks.IS_OPEN).order_by(*IN_ORDER).limit(most)
    if key == "waiting":
        others = sa.or_(Callback.claimed_by.is_(None), Callback.claimed_by != (staff_id or ""))
        rows = rows.where(Callback.state.in_(WAITING), ~is_later(now), others)
    elif key == "later":
        rows = rows.where(is_later(now))
    else:
        rows = rows.where(Callback.state == key)
    return list(session.scalars(rows))


def _closed_today(session: Session, view: View, now: dt.datetime, zone: str) -> Found:
    midnight = now.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(dt.UTC)
    today = sa.select(Callback).where(CLOSED, Callback.closed_at >= midnight, Callback.closed_reason != "merged")
    newest = today.order_by(Callback.closed_at.desc(), Callback.id.desc()).limit(view.rows("closed"))
    return Found("closed", list(session.scalars(newest)), _count(session, today))


def _count(session: Session, rows: sa.Select[Callback]) -> int:
    counted = rows.with_only_columns(sa.func.count(), maintain_column_froms=True).order_by(None)
    return session.scalar(counted) or 0
