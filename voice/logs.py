"""One line of JSON per event, in UTC. Ids are fields; phone numbers are masked whoever wrote them."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

NUMBER = re.compile(r"\+\d{6,15}")


def mask(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blacken anything that looks like a phone number."""
    for key, value in event.items():
        if isinstance(value, str) and "+" in value:
            event[key] = NUMBER.sub(lambda found: found[0][:5] + "…" + found[0][-2:], value)
    return event


def set_up() -> None:
    """Send structlog's events to standard error as JSON lines."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            mask,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
