"""Stats: the counts of a period, each with the meaning `voice.stats` gives it."""

import datetime as dt

from sqlalchemy.orm import Session

from dashboard.api import asked, shapes
from dashboard.api.operation import Answer, operation
from voice import figures, stats
from voice.rules.periods import Range

RATIO: shapes.Schema = {"type": ["number", "null"], "minimum": 0, "maximum": 1}
SECONDS: shapes.Schema = {"type": ["number", "null"], "minimum": 0}


def _kind(name: str) -> shapes.Schema:
    return shapes.WHOLE if name in stats.FIGURES else RATIO if name.endswith("_rate") else SECONDS


SHAPE = shapes.thing(**{name: _kind(name) | {"description": says} for name, says in stats.SENTENCES.items()})


@operation(
    "GET",
    "/stats",
    "Figures over the calls received from `since` until just before `until`. "
    "calls = talked + callback + blocked + pending.",
    {200: SHAPE},
    query=("since", "until", "line"),
)
def stats_of(session: Session, now: dt.datetime) -> Answer:
    """All figures."""
    since, until = asked.window(now)
    line = asked.line(session)
    return figures.period(session, Range(since, until, figures.zone_of(session, line), line), now).plain
