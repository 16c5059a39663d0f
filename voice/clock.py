"""The only reader of time: everything else is given `now`."""

import datetime as dt
import time


def now() -> dt.datetime:
    """The present instant, aware, in UTC."""
    return dt.datetime.now(dt.UTC)


def monotonic() -> float:
    """Seconds that never jump: for durations inside one process, never for rows."""
    return time.monotonic()


def sleep(seconds: float) -> None:
    """Pause a loop of this process."""
    time.sleep(seconds)
