"""The groups of the callback list: which callbacks stand under which heading, in which order, and how many there are.

Each group reads its first rows by an index and no more, so that ten thousand people on the list are as quick as ten.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import list_search, words
from dashboard.list_view import MOST, View
from voice import callbacks, promising
from voice.db import UTC, took_too_long
from voice.later import is_later
from voice.models import Callback
from voice.rules import states

IN_HAND = ("claimed", *states.CALLBACK_BUSY)
WAITING = ("waiting", *IN_HAND)
CLOSED = Callback.state == sa.literal_column("'closed'")  # written out: the index of closed ones fits
APART = ("unreached", "no_number", "held")
GROUPS = ("mine", "waiting", "later", *APART, "closed")
ME = sa.bindparam("me", type_=sa.Text)
NOW, MIDNIGHT = sa.bindparam("now", type_=UTC), sa.bindparam("midnight", type_=UTC)
# Set aside for longer than was promised: these come first under "later". The state is written out for their index.
WAITS = Callback.state == sa.literal_column("'waiting'")
OVERDUE = sa.and_(
    WAITS, Callback.later.is_not(None), Callback.rang_at.is_(None), Callback.due_at > NOW,
    Callback.promised_by <= sa.bindparam("late", type_=UTC),
)  # fmt: skip
TODAY = sa.and_(CLOSED, Callback.closed_at >= MIDNIGHT, Callback.closed_reason != "merged")
IN_ORDER = (Callback.due_at, Callback.id)
NEWEST = (Callback.closed_at.desc(), Callback.id.desc())

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
    gave_up: bool = False  # looking for them took too long
    late: int = 0  # of those set aside, how many should have been rung by now

    @property
    def more(self) -> bool:
        """Whether another press of “Show more” brings more."""
        return len(self.callbacks) < min(self.total, MOST)


def read(session: Session, view: View, staff_id: str | None, now: dt.datetime, zone: str) -> list[Found]:
    """The groups of this view; one that has nobody in it stands there with none."""
    if view.q:
        return [_found(session, view, now)]
    midnight = now.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(dt.UTC)
    counts = _counts(session, now)
    rows = _first_rows(session, view, staff_id, now, midnight)
    overdue = rows.pop("overdue")
    late = len(overdue)
    if late == view.rows("later"):
        late = session.scalar(ALL_OVERDUE, {"now": now, "late": now - words.LATE}) or 0
    rows["later"] = [*overdue, *(row for row in rows["later"] if row not in overdue)][: view.rows("later")]
    counts["mine"] = len(rows["mine"])
    counts["waiting"] -= counts["mine"]
    counts["closed"] = len(rows["closed"])
    if counts["closed"] == view.rows("closed"):
        counts["closed"] = session.scalar(CLOSED_TODAY, {"midnight": midnight}) or 0
    return [Found(key, rows[key], counts[key], late=late if key == "later" else 0) for key in GROUPS]


def _found(session: Session, view: View, now: dt.datetime) -> Found:
    wanted, most = list_search.matching(view.q, now), view.rows("found")
    try:
        with session.begin_nested():  # what the database gives up must not cost us the rest of the page
            ids = session.scalars(wanted.limit(most)).all()
            total = len(ids) if len(ids) < most else _count(session, wanted)
    except sa.exc.OperationalError as error:
        if not took_too_long(error):
            raise
        return Found("found", [], 0, gave_up=True)
    rows = {row.id: row for row in session.scalars(sa.select(Callback).where(Callback.id.in_(ids)))}
    return Found("found", [rows[each] for each in ids if each in rows], total)


def _counts(session: Session, now: dt.datetime) -> dict[str, int]:
    """How many stand in each open group: read from the index alone."""
    counts = dict.fromkeys(("waiting", "later", "unreached", "no_number", "held"), 0)
    for state, count, aside in session.execute(COUNTS, {"now": now}):
        counts["waiting" if state in WAITING else state] += count - aside
        counts["later"] += aside
    return counts


def _first(key: str) -> sa.Select[str]:
    """The first rows of a group, `most_<key>` of them, as `me` sees it at `now`."""
    rows = sa.select(Callback.id).where(callbacks.IS_OPEN).order_by(*IN_ORDER)
    if key == "overdue":
        rows = sa.select(Callback.id).where(OVERDUE).order_by(Callback.promised_by, Callback.id)
    elif key == "closed":
        rows = sa.select(Callback.id).where(TODAY).order_by(*NEWEST)
    elif key == "mine":
        rows = rows.where(Callback.claimed_by == ME, Callback.state.in_(IN_HAND))
    elif key == "waiting":
        # Said by what they are not: counted among all rows ever, Postgres would take them for few and sort them all.
        others = sa.or_(Callback.claimed_by.is_(None), Callback.claimed_by != ME)
        rows = rows.where(Callback.state.not_in(APART), ~is_later(NOW), others)
    elif key == "later":
        rows = rows.where(is_later(NOW))
    else:
        rows = rows.where(Callback.state == key)
    return rows.limit(sa.bindparam(f"most_{'later' if key == 'overdue' else key}", type_=sa.Integer))


def _every_group() -> sa.Select[str, Callback]:
    """Every group in one statement, each part of which reads its own index."""
    firsts = [(key, _first(key).subquery()) for key in (*GROUPS, "overdue")]
    listed = sa.union_all(*(sa.select(sa.literal(key).label("key"), first.c.id) for key, first in firsts)).subquery()
    return sa.select(listed.c.key, Callback).join(listed, listed.c.id == Callback.id).order_by(*IN_ORDER)


# Made once: putting them together takes longer than the database does.
EVERY_GROUP = _every_group()
ALL_OVERDUE = sa.select(sa.func.count()).select_from(Callback).where(OVERDUE)
CLOSED_TODAY = sa.select(sa.func.count()).select_from(Callback).where(TODAY)
# By state alone, as the index is ordered: grouped by both, all rows would be sorted first.
COUNTS = (
    sa.select(Callback.state, sa.func.count(), sa.func.count().filter(is_later(NOW)))
    .where(callbacks.IS_OPEN)
    .group_by(Callback.state)
)


def _first_rows(
    session: Session, view: View, staff_id: str | None, now: dt.datetime, midnight: dt.datetime
) -> dict[str, list[Callback]]:
    most = {f"most_{key}": view.rows(key) for key in GROUPS}
    most["most_mine"] = MOST  # all of it: nobody has so many in hand that they would look for one
    found: dict[str, list[Callback]] = {key: [] for key in (*GROUPS, "overdue")}
    asked = {"now": now, "late": now - words.LATE, "midnight": midnight, "me": staff_id or "", **most}
    for key, callback in session.execute(EVERY_GROUP, asked):
        found[key].append(callback)
    for key in ("mine", "waiting"):  # what has come back by itself after it was set aside stands by its promise, too
        found[key].sort(key=lambda row: (min(promising.owed_at(row), row.due_at), row.id))
    found["overdue"].sort(key=lambda row: (row.promised_by, row.id))
    found["closed"].sort(key=lambda row: (row.closed_at, row.id), reverse=True)
    return found


def _count(session: Session, rows: sa.Select[Any]) -> int:
    counted = rows.with_only_columns(sa.func.count(), maintain_column_froms=True).order_by(None)
    return session.scalar(counted) or 0
