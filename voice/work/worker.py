"""The worker: a loop that relays the outbox, places legs and sweeps. Jobs run in RQ, or here where Redis is not."""

import contextlib
import datetime as dt
import functools
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa
import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer

from voice import call_log, carrier_pace, clock, roster
from voice.carrier import client, reconcile, routes
from voice.db import UTC, Database
from voice.ledger import Outbox, Pace
from voice.models import Attempt, Call, Leg
from voice.settings import Settings
from voice.work import jobs, outbox, pacer, replaying, rounds, sweeper
from voice.work.tools import Tools

log = structlog.get_logger()

TICK = 0.2  # seconds between looks at the tables: the first phone of a lone caller rings within a second
SWEEP_EVERY = dt.timedelta(seconds=5)
QUEUE = "ringback"
CHILD_EVERY = 10.0  # seconds between two starts of RQ's worker
KEPT = 3600  # seconds Redis remembers a job: longer than the relay can lag

NOW = sa.bindparam("now", type_=UTC)
LOOK = sa.select(
    sa.exists().where(outbox.TO_RING).label("new"),
    sa.exists().where(Call.state == "ringing", Call.ended_at.is_(None)).label("callers"),
    pacer.TO_PLAN.label("to_plan"),
    sa.exists().where(Attempt.ended_at.is_(None), Attempt.leg_id.is_(None)).label("ring_backs"),
    sa.exists().where(sa.or_(Pace.next_leg_at > NOW, Pace.shut_until > NOW)).label("not_yet"),
    sa.exists().where(Leg.ended_at.is_(None), Leg.state.in_(("placed", "ringing"))).label("ringing"),
    sa.exists().where(pacer.LONG_RINGS).label("long_rings"),
    sa.exists().where(Outbox.done_at.is_(None), Outbox.due_at <= NOW, Outbox.job != outbox.RING).label("work"),
)

Looked = sa.Row[bool, bool, bool, bool, bool, bool, bool, bool]
Run = Callable[[Callable[[], None]], object]  # runs a piece of work now or soon: a pool's submit, or a plain call


class Worker:
    """One pass of the loop is `tick(now)`; it never sleeps and never reads the time."""

    def __init__(
        self, tools: Tools, run: Run, hand_over: Callable[[int], bool] | None = None, run_slow: Run | None = None,
        reads_the_log: bool = True,
    ) -> None:  # fmt: skip
        self._reads_the_log = reads_the_log
        self.tools, self._run, self._hand_over, self._run_slow = tools, run, hand_over, run_slow or run
        self._next_sweep = self._next_reading = self._next_round = dt.datetime.min.replace(tzinfo=dt.UTC)
        self._night = self._next_round  # until then its work is in the outbox
        self._reading = threading.Lock()  # one reading of the call log at a time: it may take longer than a minute
        self._knows_the_log = False  # until then nobody is rung back: the caller may have got through while we slept

    def tick(self, now: dt.datetime) -> bool:
        """Everything that is due at `now`. False when nothing was under way that could need the next tick soon."""
        # Before anything is placed: a caller may have been taken up the ladder while storage was gone.
        with contextlib.suppress(roster.NoLine):
            routes.read_spool(self.tools.database, self.tools.settings)
        look, is_due = self._look(now)
        if look.new:
            pacer.take_on(self.tools.database, now)
        if self._reads_the_log and now >= self._next_reading and self._reading.acquire(blocking=False):
            self._next_reading = now + call_log.EVERY
            self._run(lambda: self._read_the_log(now))
        if (look.new or is_due) and not look.not_yet:
            self._place(now)
        if look.work or look.long_rings:
            self._relay(now)
        if now >= self._next_sweep:
            self._next_sweep = now + SWEEP_EVERY
            self._sweep(now)
        if now >= self._next_round:
            self._next_round = now + rounds.EVERY
            self._run_slow(lambda: rounds.go(self.tools.database, self.tools.settings, now))
        return bool(look.callers or look.ring_backs or look.ringing or look.work)

    def _look(self, now: dt.datetime) -> tuple[Looked, bool]:
        """One cheap look, without a write lock: what waits for the pacer or the relay, and is a leg due now?"""
        with self.tools.database.reading() as session:
            look = session.execute(LOOK, {"now": now}).one()
            ring_backs = look.ring_backs and self._knows_the_log
            may_be_due = (look.to_plan or ring_backs) and not look.not_yet
            return look, bool(may_be_due) and pacer.is_due(session, now, bool(ring_backs))

    def _place(self, now: dt.datetime) -> None:
        tools = self.tools
        leg_id = pacer.choose(tools.database, now, ring_backs=self._knows_the_log)
        if leg_id is not None:
            self._run(lambda: pacer.place(tools.database, tools.settings, tools.carrier, leg_id, now))

    def _read_the_log(self, now: dt.datetime) -> None:
        try:
            read = reconcile.run(self.tools, now, at_once=not self._knows_the_log)
            self._knows_the_log = self._knows_the_log or read
            if not self._knows_the_log:
                self._next_reading = now + SWEEP_EVERY  # a minute is long for whoever has asked to be connected
        finally:
            self._reading.release()

    def _relay(self, now: dt.datetime) -> None:
        with self.tools.database.transaction() as session:
            pacer.stop_long_rings(session, now)
            due = {row.id: row.job for row in outbox.due(session, now)}
            outbox.handed(session, list(due), now)
        for row_id, job in due.items():
            work = functools.partial(jobs.run, self.tools, row_id, now)
            if job in jobs.SLOW:
                self._run_slow(work)
            elif self._hand_over is None or not self._hand_over(row_id):
                self._run(work)

    def _sweep(self, now: dt.datetime) -> None:
        database, settings = self.tools.database, self.tools.settings
        with database.transaction() as session:
            carrier_pace.row(session, now).worker_seen_at = now
            night = sweeper.tonight(session, now) if now >= self._night else self._night
            sweeper.sweep(session, now)
            firm = roster.current(session)
        self._night = night
        if (kept := roster.kept(settings.home)) is None or kept.version != firm.version:
            roster.keep(firm, settings.home)


class Relay:
    """Hands outbox rows to RQ; says no when Redis does not answer, and leaves it alone for a while."""

    def __init__(self, url: str) -> None:
        # A Redis that hangs must not hold up the ring: 0.3 s, then the work is done here.
        self._redis = Redis.from_url(url, socket_timeout=0.3, socket_connect_timeout=0.3)
        self._queue = Queue(QUEUE, connection=self._redis, serializer=JSONSerializer)
        self._quiet_until = 0.0

    def hand_over(self, row_id: int) -> bool:
        """Give one row to RQ. False: it was not taken."""
        if clock.monotonic() < self._quiet_until:
            return False
        try:
            self._queue.enqueue("voice.work.rq_worker.run_row", row_id, result_ttl=KEPT, failure_ttl=KEPT)
        except RedisError as error:
            self._quiet_until = clock.monotonic() + 5
            log.warning("redis_gone", error=type(error).__name__)
            return False
        return True


def tools_for(settings: Settings) -> Tools:
    """What the worker's processes work with."""
    settings.require_carrier()
    return Tools(settings, Database(settings.database_url), client.Carrier(settings))


def main(settings: Settings) -> int:
    """Run until told to stop. RQ's worker is a child, so that a job that hangs or dies takes nothing with it."""
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda got, _frame: stopping.append(got))
    pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="carrier")
    slow = ThreadPoolExecutor(max_workers=2, thread_name_prefix="slow")
    hand_over = Relay(settings.redis_url).hand_over if settings.redis_url else None
    worker = Worker(tools_for(settings), pool.submit, hand_over, slow.submit)
    child: subprocess.Popen[bytes] | None = None
    not_before = 0.0  # while Redis is away the child ends at once: it must not take the processor by starting again
    while not stopping:
        if settings.redis_url and (child is None or child.poll() is not None) and clock.monotonic() >= not_before:
            not_before = clock.monotonic() + CHILD_EVERY
            child = subprocess.Popen([sys.executable, "-m", "voice.work.rq_worker"])
        try:
            worker.tick(clock.now())
        except Exception:
            log.exception("tick_failed")  # the database may be gone: it is tried again, calls are answered meanwhile
            clock.sleep(1)
        clock.sleep(TICK)
    replaying.stop()
    slow.shutdown(wait=True, cancel_futures=True)  # what was not begun is still in the outbox
    pool.shutdown(wait=True)
    if child is not None:
        child.terminate()
        child.wait(15)
    return 0
