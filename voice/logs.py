"""One line of JSON per event, in UTC. Ids are fields; phone numbers are masked whoever wrote them."""

import contextlib
import datetime as dt
import json
import logging
import re
import sys
from typing import Any, TextIO

import structlog

NUMBER = re.compile(r"(?:\+|%2B)\d{6,15}", re.IGNORECASE)


def mask(_logger: Any, _name: str, line: str) -> str:
    """Blacken whatever looks like a phone number in a finished line, however deep it was in the event."""
    return NUMBER.sub(lambda found: found[0][:5] + "\\u2026" + found[0][-2:], line)


class Alike(logging.Formatter):
    """What the libraries beside us say, Flask of a request that broke before all: in our shape, and masked."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        at = dt.datetime.fromtimestamp(record.created, dt.UTC)
        event = {"event": record.getMessage(), "logger": record.name, "level": record.levelname.lower()}
        if record.exc_info:
            event["exception"] = self.formatException(record.exc_info)
        return mask(None, "", json.dumps(event | {"timestamp": at.isoformat()}))


class Lenient:
    """A log that costs nobody their call: what cannot be written, as on a disk that is full, is not written."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> None:
        """Write, if it can be."""
        with contextlib.suppress(OSError):
            self._file.write(text)

    def flush(self) -> None:
        """The same."""
        with contextlib.suppress(OSError):
            self._file.flush()


def set_up() -> None:
    """Send structlog's events, and what libraries log, to standard error as JSON lines."""
    beside = logging.StreamHandler(Lenient(sys.stderr))
    beside.setFormatter(Alike())
    logging.basicConfig(handlers=[beside])
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
            mask,  # type: ignore[list-item]  # the last one is given the finished line
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(Lenient(sys.stderr)),  # type: ignore[arg-type]  # all that is asked of it
    )
