"""The worker: work that follows a commit is done once, with Redis, without it, and by several workers at once."""

import datetime as dt
import itertools
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from redis import Redis
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer
from structlog.testing import capture_logs

from tests import firm
from tests.conftest import MakeWorld
from tests.proxy import Proxy
from tests.signed import arrival, call_sid, post
from tests.world import World
from voice.app import create_app
from voice.carrier.client import Carrier
from voice.db import Database
from voice.ledger import Notice, Outbox
from voice.models import Leg
from voice.settings import Settings
from voice.simulator import scripts
from voice.work import jobs, outbox, rq_worker
from voice.work.tools import Tools
from voice.work.worker import QUEUE, Relay, Worker

NOW = firm.MONDAY_TEN
A_LONG_TIME = dt.timedelta(hours=3)
done: list[dict[str, object]] = []  # what the jobs of these tests were asked to do


def notes(tools: Tools, now: dt.datetime, **args: object) -> None:
    """A job that works."""
    done.append(args)


def stumbles(tools: Tools, now: dt.datetime, **args: object) -> None:
    """A job that never works."""
    done.append(args)
    raise RuntimeError("never")


@pytest.fixture(autouse=True)
def own_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two jobs the product does not have."""
    done.clear()
    for job in (notes, stumbles):
        monkeypatch.setitem(jobs.JOBS, job.__name__, job)


@pytest.fixture
def tools(settings: Settings, database: Database) -> Tools:
    """What a worker works with; the carrier is not asked."""
    return Tools(settings, database, Carrier(settings, http_client=object()))


def emit(database: Database, job: str = "notes", **args: object) -> None:
    """Put a job into the outbox."""
    with database.transaction() as session:
        outbox.emit(session, job, NOW, **args)  # type: ignore[arg-type]


def left_over(database: Database) -> list[Outbox]:
    """Rows of ours not done yet; the worker has work of its own as well."""
    ours = Outbox.job.in_(("notes", "stumbles"))
    with database.reading() as session:
        return list(session.scalars(sa.select(Outbox).where(Outbox.done_at.is_(None), ours)))


def work(worker: Worker, start: dt.datetime, seconds: float, step: float = 0.5) -> dt.datetime:
    """Let a worker tick for so long; the moment after."""
    for n in range(int(seconds / step)):
        worker.tick(start + dt.timedelta(seconds=n * step))
    return start + dt.timedelta(seconds=seconds)


def inline(task: Callable[[], None]) -> None:
    """Run at once."""
    task()


def test_a_job_runs_once_and_a_key_is_a_job_once(tools: Tools) -> None:
    for _again in range(3):
        emit(tools.database, key="the same", n=1)
    emit(tools.database, n=2)
    work(Worker(tools, inline), NOW, 5)
    assert done == [{"n": 1}, {"n": 2}]
    assert left_over(tools.database) == []


def test_a_job_for_later_is_not_run_before(tools: Tools) -> None:
    emit(tools.database, after=30)
    later = work(Worker(tools, inline), NOW, 29)
    assert done == []
    work(Worker(tools, inline), later, 3)
    assert done == [{}]


@pytest.mark.proves("E24")
def test_a_job_that_fails_is_tried_at_widening_gaps_and_given_up_with_its_reason(tools: Tools) -> None:
    tries: list[dt.datetime] = []
    emit(tools.database, "stumbles")
    emit(tools.database, n="behind it")
    worker, at = Worker(tools, inline), NOW
    with capture_logs():
        while at < NOW + A_LONG_TIME:
            before = len(done)
            worker.tick(at)
            tries += [at] * (len([args for args in done[before:] if not args]))
            at += dt.timedelta(seconds=0.5 if at < NOW + dt.timedelta(seconds=300) else 30)
    assert {"n": "behind it"} in done  # the one does not stop the other
    assert len(tries) == len(outbox.GAPS) + 1
    gaps = [(later - one).total_seconds() for one, later in itertools.pairwise(tries)]
    assert gaps == sorted(gaps)
    assert gaps[0] <= 2
    assert gaps[-1] >= 60
    assert left_over(tools.database) == []
    with tools.database.reading() as session:
        errors = session.scalars(sa.select(Outbox.error).where(Outbox.job == "stumbles")).all()
        told = session.scalars(sa.select(Notice.words)).all()
    assert errors == ["RuntimeError: never"]
    assert len(told) == 1


@pytest.mark.proves("D16")
def test_work_whose_taker_died_comes_again(tools: Tools) -> None:
    emit(tools.database, n=1)
    with tools.database.transaction() as session:
        assert outbox.take(session, 1, NOW) is not None  # and then nothing more is heard of them
    later = work(Worker(tools, inline), NOW, 55, step=5)
    assert done == []
    work(Worker(tools, inline), later, 20, step=5)
    assert done == [{"n": 1}]


# --- with a real Redis-protocol server


@pytest.fixture
def with_redis(tools: Tools, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Queue]:
    """RQ's queue; its jobs work with the tools of this test."""
    rq_worker._tools.cache_clear()
    monkeypatch.setattr(rq_worker, "_tools", lambda: tools)
    with Redis.from_url(redis_url) as redis:
        yield Queue(QUEUE, connection=redis, serializer=JSONSerializer)


def burst(queue: Queue) -> None:
    """Let RQ's worker do all that is in the queue."""
    SimpleWorker([queue], connection=queue.connection, serializer=JSONSerializer).work(
        burst=True, logging_level="ERROR"
    )  # fmt: skip


def test_jobs_run_through_rq(tools: Tools, with_redis: Queue, redis_url: str) -> None:
    emit(tools.database, n=1)
    emit(tools.database, n=2)
    worker = Worker(tools, inline, Relay(redis_url).hand_over)
    work(worker, NOW, 3)
    assert done == []  # handed over, not done here
    assert len(with_redis) == 2
    burst(with_redis)
    assert sorted(str(args) for args in done) == ["{'n': 1}", "{'n': 2}"]
    assert left_over(tools.database) == []


@pytest.mark.proves("D13")
def test_what_redis_forgets_is_handed_over_again(tools: Tools, with_redis: Queue, redis_url: str) -> None:
    emit(tools.database, n=1)
    worker = Worker(tools, inline, Relay(redis_url).hand_over)
    later = work(worker, NOW, 3)
    with_redis.connection.flushall()
    later = work(worker, later, 10)
    burst(with_redis)
    assert done == [{"n": 1}]
    work(worker, later, 30)
    burst(with_redis)
    assert done == [{"n": 1}]


@pytest.mark.proves("D16")
def test_a_job_handed_over_twice_runs_once(tools: Tools, with_redis: Queue, redis_url: str) -> None:
    emit(tools.database, n=1)
    hand_over = Relay(redis_url).hand_over
    assert hand_over(1)
    assert hand_over(1)
    burst(with_redis)
    assert done == [{"n": 1}]


@pytest.mark.proves("S23")
def test_jobs_in_redis_are_ids_in_json(tools: Tools, with_redis: Queue, redis_url: str) -> None:
    emit(tools.database, n="a secret")
    work(Worker(tools, inline, Relay(redis_url).hand_over), NOW, 1)
    kept = repr([with_redis.connection.hgetall(key) for key in with_redis.connection.keys("rq:job:*")])
    assert "a secret" not in kept
    assert with_redis.jobs[0].args == [1]


@pytest.mark.proves("D12", "D14")
@pytest.mark.parametrize("fault", ["refuse", "stall"])
def test_a_redis_that_refuses_or_hangs_stops_nothing(tools: Tools, redis_url: str, fault: str) -> None:
    with Proxy(Path(redis_url.removeprefix("unix://").partition("?")[0])) as proxy, capture_logs() as logs:
        relay = Relay(f"redis://127.0.0.1:{proxy.port}/0")
        worker = Worker(tools, inline, relay.hand_over)
        getattr(proxy, fault)()
        for n in range(30):
            emit(tools.database, n=n)
        start = dt.datetime.now(dt.UTC)
        work(worker, NOW, 2)
        assert (dt.datetime.now(dt.UTC) - start).total_seconds() < 5  # one time-out, not one for each job
    assert len(done) == 30
    assert [line["event"] for line in logs].count("redis_gone") == 1


# --- two workers at once


@pytest.mark.proves("01-6.10", "01-2.4", "E10")
def test_two_workers_side_by_side_place_one_leg_a_second_and_none_twice(make_world: MakeWorld) -> None:
    world = make_world(staff=("sam", "alex", "kim"))
    assert world.worker is not None
    other = Worker(world.worker.tools, inline)
    first = world.worker.tick
    world.worker.tick = lambda now: (first(now), other.tick(now))[0]  # type: ignore[method-assign]
    for name in ("sam", "alex", "kim"):
        world.staff(name, scripts.Script())
    world.rings(patience=30)
    world.advance(0.3)
    world.rings("+12125550178", patience=30)
    world.advance(15)
    _a_leg_a_second_and_no_phone_twice(world)


def _a_leg_a_second_and_no_phone_twice(world: World) -> None:
    asked = [each for each in world.day.carrier.requests if each["method"] == "POST"]
    times = [dt.datetime.fromisoformat(each["at"]) for each in asked]
    assert len(times) == 3
    assert all((later - one).total_seconds() >= 1 for one, later in itertools.pairwise(times))
    assert [len(phone.rings) for phone in world.phones.values()] == [1, 1, 1]


class Counting:
    """The carrier's place in these tests: takes note of what it is asked, from several threads."""

    def __init__(self) -> None:
        self.placed: list[str] = []

    def place(self, to: str, *_: object) -> str:
        """A leg."""
        self.placed.append(to)
        return f"CA{len(self.placed):032x}"


@pytest.mark.proves("01-6.10", "01-2.4", "E10")
def test_workers_in_real_threads_never_place_the_same_leg_twice(settings: Settings, database: Database) -> None:
    firm.found(database, staff=("sam", "alex", "kim"))
    app = create_app(settings, database)
    for n in range(4):
        post(app, "/voice/incoming", arrival(call_sid(), From=f"+1212555400{n}"))
    carrier = Counting()
    tools = Tools(settings, database, carrier)  # type: ignore[arg-type]
    moment = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1)
    for second in range(4):
        now, barrier = moment + dt.timedelta(seconds=second), threading.Barrier(4)

        def tick(now: dt.datetime = now, barrier: threading.Barrier = barrier) -> None:
            worker = Worker(tools, inline)
            barrier.wait(10)
            worker.tick(now)

        threads = [threading.Thread(target=tick) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert len(carrier.placed) == min(second + 1, 3)  # one in each second, until everybody's phone rings
    assert sorted(carrier.placed) == sorted(firm.PHONES.values())
    with database.reading() as session:
        assert len(session.scalars(sa.select(Leg.id)).all()) == 3
