"""Roll-ups."""

import datetime as dt
from collections.abc import Iterator, Mapping
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from voice.figures import tallies
from voice.figures.tallies import Tally
from voice.rules.periods import Range, Span


def read(
    session: Session, asked: Range, zones: Mapping[str, str], now: dt.datetime
) -> Iterator[tuple[str, dt.date, Tally]]:
    """What is counted of a range, line by line and day by day of its zone."""
    span, zone = Span(asked.since, asked.until), ZoneInfo(asked.zone)
    for (line, quarter), tally in tallies.live(session, span, zones).items():
        local = dt.datetime.fromtimestamp(quarter * 900, zone)
        hourly = Tally()
        hourly.add_hour(local.hour, tally)
        yield line, local.date(), hourly
    for (line, quarter), tally in tallies.by_clock(session, span, zones, now).items():
        yield line, dt.datetime.fromtimestamp(quarter * 900, zone).date(), tally
