"""Has past calls played again, in a process of its own that knows no address, no key and no number of anybody's."""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from typing import Any

import structlog

from voice import clock, past_calls, replays
from voice.db import Database
from voice.firm import Line
from voice.replay_tables import Replay
from voice.rules import past

log = structlog.get_logger()

LOOK_SECONDS = 0.5  # between two looks whether it is still wanted
SILENT_SECONDS = 120.0  # without a word: it hangs
MOST_TRIES = 3  # then it may be what kills the worker
# What a Python needs to start. Nothing of ours: no database, no carrier, no secret.
ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "SYSTEMROOT")
TOO_FEW = "There are too few calls to learn from: fewer than ten in these weeks that were decided by who picked up."
BROKEN = "It stopped with an error, so there is no result. Nothing else is touched by that."

_stopping = threading.Event()


class Stopped(Exception):
    """The worker is about to end: the next one begins anew."""


def stop() -> None:
    """End what is being played: the worker stops."""
    _stopping.set()


def play(database: Database, replay_id: str) -> None:
    """Play a replay to its end, unless it is cancelled. Raises Stopped when the worker is to end first."""
    with database.reading() as session:
        row = session.get(Replay, replay_id)
        if row is None or row.state != "running":
            return
        weeks = past_calls.read(session, session.get_one(Line, row.line), row.since, row.until)
        wish, tries = row.wish, replays.tries(session, replay_id)
    if tries > MOST_TRIES:
        _end(database, replay_id, problem=replays.GIVEN_UP)
        return
    if len(weeks.calls) < replays.FEWEST:
        _end(database, replay_id, problem=TOO_FEW)
        return
    result = _played(database, replay_id, weeks, wish)
    if result is None:
        _end(database, replay_id, problem=BROKEN)
    elif result:
        _end(database, replay_id, result=result)


def _end(database: Database, replay_id: str, result: dict[str, Any] | None = None, problem: str = "") -> None:
    with database.transaction() as session:
        if result:
            replays.finish(session, replay_id, result, clock.now())
        else:
            replays.fail(session, replay_id, problem, clock.now())


def _played(
    database: Database, replay_id: str, weeks: past.Past, wish: dict[str, Any] | None
) -> dict[str, Any] | None:  # fmt: skip
    """The result; empty when it was cancelled, None when the process broke."""
    command = [sys.executable, "-m", "voice.replay"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment(), text=True
    ) as process:
        try:
            return _followed(database, replay_id, process, json.dumps({"past": weeks.to_json(), "wish": wish}))
        finally:
            process.kill()


def environment() -> dict[str, str]:
    """What the process is started with."""
    return {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}


def _followed(
    database: Database, replay_id: str, process: "subprocess.Popen[str]", asked: str
) -> dict[str, Any] | None:
    lines: queue.Queue[str] = queue.Queue()
    for work in (_feeder(process, asked), _reader(process, lines)):
        work.start()
    done = of = 0
    heard_at = clock.monotonic()
    while clock.monotonic() - heard_at < SILENT_SECONDS:
        if _stopping.is_set():
            raise Stopped("the worker stops: it is begun anew by the next")
        told = _told(lines)
        if told is not None:
            heard_at = clock.monotonic()
            if not told:
                log.warning("replay_broke", replay=replay_id, status=process.wait())
                return None
            if "result" in told:
                return dict(told["result"])
            done, of = told["done"], told["of"]
        with database.transaction() as session:
            if not replays.get_on(session, replay_id, done, of, clock.now()):
                return {}
    return None


def _told(lines: "queue.Queue[str]") -> dict[str, Any] | None:
    """The newest of what has been said meanwhile; None when nothing was, empty at the end."""
    clock.sleep(LOOK_SECONDS)
    newest: dict[str, Any] | None = None
    while not lines.empty():
        line = lines.get()
        newest = json.loads(line) if line else {}
        if not newest or "result" in newest:
            break
    return newest


def _feeder(process: "subprocess.Popen[str]", asked: str) -> threading.Thread:
    """Hands the question over. Its input stays open: the process ends when we do."""

    def feed() -> None:
        with contextlib.suppress(OSError):  # it was cancelled before it had read all
            if process.stdin is not None:
                process.stdin.write(asked + "\n")
                process.stdin.flush()

    return threading.Thread(target=feed, daemon=True)


def _reader(process: "subprocess.Popen[str]", lines: "queue.Queue[str]") -> threading.Thread:
    def read() -> None:
        for line in process.stdout or ():
            lines.put(line)
        lines.put("")

    return threading.Thread(target=read, daemon=True)
