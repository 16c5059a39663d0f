"""A Redis that answers, and refuses: full, a read-only copy, or with a stranger's job in it."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from rq import Queue, SimpleWorker
from structlog.testing import capture_logs

from voice.work import rq_worker
from voice.work.worker import QUEUE, Relay


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """The server, as it was again afterwards."""
    with Redis.from_url(redis_url) as client:
        yield client
        client.config_set("maxmemory", "0")
        client.replicaof("NO", "ONE")


@pytest.mark.proves("D15")
@pytest.mark.parametrize("fault", ["full", "read-only"])
def test_a_redis_that_takes_nothing_is_left_alone_and_the_work_is_done_here(
    redis: Redis, redis_url: str, fault: str
) -> None:
    relay = Relay(redis_url)
    assert relay.hand_over(1)
    if fault == "full":
        redis.config_set("maxmemory", "1")
    else:
        redis.replicaof("127.0.0.1", "9")  # a copy of a server that is gone
    with capture_logs() as logs:
        assert [relay.hand_over(row) for row in (2, 3, 4)] == [False] * 3
    assert [line["event"] for line in logs] == ["redis_gone"], "asked once, and then left alone"


class Burst(SimpleWorker):
    """RQ's worker, until the queue is empty."""

    def work(self, *_given: Any, **_more: Any) -> bool:
        return bool(super().work(burst=True, logging_level="CRITICAL"))


@pytest.mark.proves("F42")
def test_a_pickle_in_the_queue_is_never_opened(
    redis: Redis, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trap = tmp_path / "opened"
    Queue(QUEUE, connection=redis).enqueue(os.mkdir, str(trap))  # pickled, as RQ does by itself
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("RINGBACK_HOME", str(tmp_path))
    for name in ("die_with_parent", "_tools"):  # this process is no child, and has no carrier
        monkeypatch.setattr(rq_worker, name, lambda: None)
    monkeypatch.setattr(rq_worker, "SimpleWorker", Burst)
    rq_worker.main()
    assert not trap.exists()
    assert len(Queue(QUEUE, connection=redis)) == 0
