"""RQ's side of the worker: takes row ids from Redis and runs them, in a process of its own."""

import functools

from redis import Redis
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from voice import clock, logs
from voice.embedded.supervisor import die_with_parent
from voice.settings import Settings
from voice.work import jobs
from voice.work.tools import Tools
from voice.work.worker import QUEUE, tools_for


@functools.cache
def _tools() -> Tools:
    return tools_for(Settings.from_env())


def run_row(row_id: int) -> None:
    """The one job RQ knows: run a row of the outbox."""
    jobs.run(_tools(), row_id, clock.now())


def main() -> None:
    """Work until the parent ends us."""
    die_with_parent()
    settings = Settings.from_env()
    logs.set_up()
    _tools()  # made before the first job, so that it does not pay for the imports
    redis = Redis.from_url(settings.redis_url)
    queue = Queue(QUEUE, connection=redis, serializer=JSONSerializer)
    # SimpleWorker: a fork for each job would cost ten times the job (and jobs have hard time-outs of their own).
    SimpleWorker([queue], connection=redis, serializer=JSONSerializer).work(logging_level="WARNING")


if __name__ == "__main__":
    main()
