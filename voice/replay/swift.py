"""The box as calls are played again in it: looks of the worker that could find nothing are left out.

A worker looks five times a second, and mostly finds nothing. What the clock alone could bring is known after each look:
phones by the ring plan, which is pure, and the rest by moments that stand in the rows. Until then, and until a row
changes, a look is a look at nothing; what does happen still happens at the moment it would.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from voice import phones, ringing
from voice.db import UTC
from voice.firm import StaffMember
from voice.ledger import Outbox, Pace
from voice.models import Leg
from voice.replay.box import Box
from voice.rules import ring_plan
from voice.work import pacer
from voice.work.worker import SWEEP_EVERY, Worker

WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")
# What only keeps a record makes nothing due: what was delivered and answered, what is told of a call, when something
# was heard of, last or first. Most requests of those who wait write no more than that.
RECORDS = (
    "INSERT INTO carrier_events ", "UPDATE carrier_events ", "INSERT INTO call_events ", "UPDATE calls SET seen_at=? W",
    "UPDATE calls SET first_ring_at=", "UPDATE legs SET sequence=? W", "UPDATE pace SET worker_seen_at=? W",
)  # fmt: skip
NOW = sa.bindparam("now", type_=UTC)
NEXT: sa.CompoundSelect[Any] = sa.union_all(
    sa.select(sa.func.min(Leg.stop_at, type_=UTC)).where(Leg.ended_at.is_(None), Leg.stop_at > NOW),
    sa.select(sa.func.min(Outbox.due_at, type_=UTC)).where(Outbox.done_at.is_(None), Outbox.due_at > NOW),
    sa.select(sa.func.min(StaffMember.away_until, type_=UTC)).where(StaffMember.away_until > NOW),
)
PACED = sa.select(Pace.next_leg_at).where(Pace.next_leg_at > NOW)
A_MINUTE = dt.timedelta(minutes=1)  # shifts and hours begin at whole ones


@dataclass(frozen=True)
class Quiet:
    """After a look that found nothing: until when that is so, unless a phone falls due for one who waits."""

    until: dt.datetime
    waiting: list[ring_plan.Waiting]
    busy: set[str]

    def at(self, now: dt.datetime) -> bool:
        """Whether a look would still find nothing."""
        return now < self.until and ring_plan.next_release(self.waiting, (), self.busy, now) is None


class Swift(Box):
    """A box whose worker looks when there may be something to see, and reads no call log: no delivery is lost in it."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        if self.worker is not None:
            self.worker = Worker(self.worker.tools, run=lambda work: work(), reads_the_log=False)
        self._written = False
        self._quiet: Quiet | None = None
        sa.event.listen(self.database.engine, "after_cursor_execute", self._saw)

    def close(self) -> None:
        """As any box."""
        sa.event.remove(self.database.engine, "after_cursor_execute", self._saw)
        super().close()

    def _saw(self, _connection: Any, cursor: Any, statement: str, *_more: Any) -> None:
        if statement.startswith(WRITES) and not statement.startswith(RECORDS):
            # Of rows that are given back nobody knows yet how many were changed.
            self._written = self._written or "RETURNING" in statement or cursor.rowcount != 0

    def look(self) -> bool:
        """One pass of the worker, or none; whether anything is under way."""
        if self._quiet is not None and not self._written and self._quiet.at(self.now):
            return True
        self._written = False
        active = super().look()
        self._quiet = self._read() if active and not self._written else None
        return active

    def _read(self) -> Quiet:
        now = self.now
        with self.database.reading() as session:
            moments = [moment for moment in session.scalars(NEXT, {"now": now}) if moment is not None]
            if (paced := session.scalar(PACED, {"now": now})) is None:
                waiting = [ringing.waiting(session, call, now) for call in session.scalars(pacer.CALLERS)]
            else:
                waiting, moments = [], [*moments, paced]  # no phone can be rung before then
            busy = phones.busy(session, now)
        next_minute = now.replace(second=0, microsecond=0) + A_MINUTE
        return Quiet(min([*moments, next_minute, now + SWEEP_EVERY]), waiting, busy)
