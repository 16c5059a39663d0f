"""The figures, each defined once, with the sentence shown beside it. Calls and people are counted, never legs."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session, aliased

from voice.models import Attempt, Call

# Closed calls stand on a line of their own and blocked ones are nobody's loss: the rates are about the rest.
CLOSED_CAUSES = ("closed", "holiday")
IS_CLOSED = sa.func.coalesce(Call.cause, "").in_(CLOSED_CAUSES)
IN_SCOPE = sa.and_(~IS_CLOSED, Call.outcome != "blocked")
SETTLED = Call.outcome != "pending"
JOINED = Call.joined_at.is_not(None)


@dataclass(frozen=True)
class Figure:
    """A count of calls: its name, its sentence, and which calls it counts."""

    name: str
    says: str
    counts: sa.ColumnElement[bool]


COUNTED = (
    Figure("calls", "Calls that came in; each ends as talked, callback or blocked, or is still pending.", sa.true()),
    Figure("talked", "Calls in which the caller spoke with a person.", Call.outcome == "talked"),
    Figure("callback", "Calls that left the caller with a promise to be rung back.", Call.outcome == "callback"),
    Figure("blocked", "Calls turned away: blocked callers, and calls from our own numbers.", Call.outcome == "blocked"),
    Figure("pending", "Calls that are still going on, or about which the carrier has not said enough yet.", ~SETTLED),
    Figure("offered", "Calls while open, not blocked: answered, missed or pending.", IN_SCOPE),
    Figure(
        "answered", "Offered calls that a person accepted and was joined to.", sa.and_(IN_SCOPE, SETTLED, JOINED)
    ),
    Figure("missed", "Offered calls that nobody was joined to: unanswered, abandoned or failed.",
           sa.and_(IN_SCOPE, SETTLED, ~JOINED)),
    Figure("abandoned", "Missed calls in which the caller hung up before anybody accepted.",
           sa.and_(IN_SCOPE, SETTLED, ~JOINED, Call.state == "abandoned")),
    Figure("short", "Abandoned calls of less than 5 seconds: left out of the rates, called back all the same.",
           sa.and_(IN_SCOPE, SETTLED, ~JOINED, Call.state == "abandoned", Call.cause == "short_abandon")),
    Figure("closed", "Calls outside opening hours; they count in no rate.",
           sa.and_(IS_CLOSED, Call.outcome != "blocked")),
)  # fmt: skip

SENTENCES = {figure.name: figure.says for figure in COUNTED} | {
    "answer_rate": "Answered ÷ (offered - short - pending).",
    "seconds_to_person_median": "From the call to the first second of talk, on whichever call or callback got there "
    "first; half of the callers waited no longer. Those not reached yet count as still waiting.",
}


class Seconds(sa.sql.functions.FunctionElement[float]):
    """Seconds from the second argument to the first, to a tenth."""

    inherit_cache = True
    type = sa.Float()


@compiles(Seconds, "sqlite")
def _seconds_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    later, earlier = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"round((julianday({later}) - julianday({earlier})) * 86400.0, 1)"


@compiles(Seconds)
def _seconds_postgres(element: Any, compiler: Any, **kw: Any) -> str:
    later, earlier = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"round(CAST(EXTRACT(EPOCH FROM {later} - {earlier}) AS numeric), 1)"


def counts(
    session: Session, since: dt.datetime, until: dt.datetime, now: dt.datetime, line: str | None = None
) -> dict[str, int | float | None]:
    """Every figure over the calls received in [since, until), of one line (E.164) or of all."""
    window = _window(since, until, line)
    columns = [sa.func.count().filter(figure.counts).label(figure.name) for figure in COUNTED]
    row = session.execute(sa.select(*columns).where(*window)).one()
    figures: dict[str, int | float | None] = dict(row._mapping)
    rated = row.offered - row.short - row.pending
    figures["answer_rate"] = round(row.answered / rated, 4) if rated else None
    figures["seconds_to_person_median"] = survival_median(_waits(session, window, now))
    return figures


def survival_median(waits: Iterable[tuple[float, int, int]]) -> float | None:
    """When half have reached a person: Kaplan-Meier over (seconds, how many were reached then, how many are known
    only to have waited so long). None when fewer than half are reached. With everybody reached: the plain median."""
    rows = sorted(waits)
    at_risk = sum(reached + waiting for _, reached, waiting in rows)
    share, exactly_half = 1.0, None
    for seconds, reached, waiting in rows:
        if reached:
            if exactly_half is not None:
                return round((exactly_half + seconds) / 2, 1)
            share *= 1 - reached / at_risk
            if abs(share - 0.5) < 1e-9:
                exactly_half = seconds
            elif share < 0.5:
                return round(seconds, 1)
        at_risk -= reached + waiting
    return exactly_half


def _window(since: dt.datetime, until: dt.datetime, line: str | None) -> list[sa.ColumnElement[bool]]:
    window = [Call.received_at >= since, Call.received_at < until]
    return window if line is None else [*window, Call.line == line]


def _waits(session: Session, window: list[sa.ColumnElement[bool]], now: dt.datetime) -> list[tuple[float, int, int]]:
    """(seconds, reached, still waiting) of the calls in scope; the database groups them."""
    reached = (
        sa.select(Call.received_at, Call.joined_at, _talked_later().label("later"), _rung_back().label("rung_back"))
        .where(*window, IN_SCOPE)
        .subquery()
    )
    either = sa.func.coalesce(reached.c.later, reached.c.rung_back)
    other = sa.func.coalesce(reached.c.rung_back, reached.c.later)
    first = sa.func.coalesce(reached.c.joined_at, sa.case((either < other, either), else_=other))
    end = sa.func.coalesce(first, sa.bindparam("now", now, type_=Call.received_at.type))
    rows = sa.select(
        Seconds(end, reached.c.received_at).label("seconds"), first.is_not(None).label("is_reached")
    ).subquery()
    grouped = sa.select(
        rows.c.seconds,
        sa.func.count().filter(rows.c.is_reached),
        sa.func.count().filter(~rows.c.is_reached),
    ).group_by(rows.c.seconds)
    return [(max(float(seconds), 0.0), hit, miss) for seconds, hit, miss in session.execute(grouped)]


def _talked_later() -> sa.ScalarSelect[Any]:
    """When the same caller first spoke with somebody on another call to this line, made after this one."""
    again = aliased(Call)
    return (
        sa.select(sa.func.min(again.joined_at))
        .where(again.caller == Call.caller, again.line == Call.line, again.received_at > Call.received_at)
        .correlate(Call)
        .scalar_subquery()
    )


def _rung_back() -> sa.ScalarSelect[Any]:
    """When the caller first answered somebody who rang them back for this call."""
    return (
        sa.select(sa.func.min(Attempt.answered_at))
        .where(Attempt.callback_id == Call.callback_id, Attempt.answered_at > Call.received_at)
        .correlate(Call)
        .scalar_subquery()
    )
