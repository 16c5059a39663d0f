"""Stats: the counts of a period, each with the meaning `voice.stats` gives it."""

import datetime as dt

from sqlalchemy.orm import Session

from dashboard.api import asked, shapes
from dashboard.api.operation import Answer, operation
from voice import stats

RATIO: shapes.Schema = {"type": ["number", "null"], "minimum": 0, "maximum": 1}
SECONDS: shapes.Schema = {"type": ["number", "null"], "minimum": 0}
SHAPE = shapes.thing(
    **{figure.name: shapes.WHOLE | {"description": figure.says} for figure in stats.COUNTED},
    answer_rate=RATIO | {"description": stats.SENTENCES["answer_rate"]},
    seconds_to_person_median=SECONDS | {"description": stats.SENTENCES["seconds_to_person_median"]},
)


@operation(
    "GET",
    "/stats",
    "Figures over the calls received from `since` until just before `until`. "
    "calls = talked + callback + blocked + pending.",
    {200: SHAPE},
    query=("since", "until", "line"),
)
def figures(session: Session, now: dt.datetime) -> Answer:
    """All figures."""
    since, until = asked.window(now)
    return dict(stats.counts(session, since, until, now, asked.line(session)))
