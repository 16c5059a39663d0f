"""The only reader of time: everything else is given `now`."""

import contextlib
import datetime as dt
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

OURSELVES = Path("/proc/self/stat")
_told: list[Callable[[], dt.datetime]] = []


def now() -> dt.datetime:
    """The present instant, aware, in UTC."""
    return _told[-1]() if _told else dt.datetime.now(dt.UTC)


@contextlib.contextmanager
def told_by(moment: Callable[[], dt.datetime]) -> Iterator[None]:
    """Inside, `now` is what `moment` says: for a process that lives through past days again (`voice.replay`)."""
    _told.append(moment)
    try:
        yield
    finally:
        _told.pop()


def monotonic() -> float:
    """Seconds that never jump: for durations inside one process, never for rows."""
    return time.monotonic()


def started() -> float:
    """When this process began, by `monotonic`: interpreter, imports and what it was before an `exec` included."""
    try:
        ticks = int(OURSELVES.read_text().rpartition(")")[2].split()[19])  # since the machine began: proc(5), starttime
        return time.monotonic() - time.clock_gettime(time.CLOCK_BOOTTIME) + ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError):
        return time.monotonic() - time.process_time()  # no Linux: at least so long ago


def sleep(seconds: float) -> None:
    """Pause a loop of this process."""
    time.sleep(seconds)
