"""When a caller reached a person, was rung, and was told they would be: the times figures are made of, in SQL."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import aliased

from voice.db import UTC
from voice.models import Attempt, Call, Callback, Promise

NOW = sa.bindparam("now", type_=UTC())
# Closed so, with no talk we know of: dialled by hand, or on the line from another number of theirs; spoken to by then.
TALKED = ("talked", "done_by_staff", "got_through")
BY_THEM = sa.func.coalesce(Attempt.ending, "") != "machine"  # staff have said that only a mailbox picked up
NEVER = "'9999'"  # later than any time as SQLite writes it


class Seconds(sa.sql.functions.FunctionElement[float]):
    """Seconds from the second argument to the first, to a tenth."""

    inherit_cache = True
    type = sa.Float()


class Quarter(sa.sql.functions.FunctionElement[int]):
    """Which quarter of an hour it is, counted from 1970 (UTC)."""

    inherit_cache = True
    type = sa.BigInteger()


class Earliest(sa.sql.functions.FunctionElement[Any]):
    """The first of several times, of those that are known; null when none is."""

    inherit_cache = True
    type = UTC()


@compiles(Seconds, "sqlite")
def _seconds_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    later, earlier = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"round((julianday({later}) - julianday({earlier})) * 86400.0, 1)"


@compiles(Seconds)
def _seconds_postgres(element: Any, compiler: Any, **kw: Any) -> str:
    later, earlier = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"round(CAST(EXTRACT(EPOCH FROM {later} - {earlier}) AS numeric), 1)"


@compiles(Quarter, "sqlite")
def _quarter_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    return f"CAST(strftime('%s', {compiler.process(element.clauses, **kw)}) AS INTEGER) / 900"


@compiles(Quarter)
def _quarter_postgres(element: Any, compiler: Any, **kw: Any) -> str:
    return f"CAST(floor(EXTRACT(EPOCH FROM {compiler.process(element.clauses, **kw)}) / 900) AS bigint)"


@compiles(Earliest, "sqlite")
def _earliest_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    moments = (f"coalesce({compiler.process(clause, **kw)}, {NEVER})" for clause in element.clauses)
    return f"nullif(min({', '.join(moments)}), {NEVER})"


@compiles(Earliest)
def _earliest_postgres(element: Any, compiler: Any, **kw: Any) -> str:
    return f"least({compiler.process(element.clauses, **kw)})"


def _talked_later() -> sa.ScalarSelect[Any]:
    """When the same caller first spoke with somebody on another call to this line, made after this one."""
    again = aliased(Call)
    return (
        sa.select(sa.func.min(again.joined_at))
        .where(again.caller_key == Call.caller_key, again.line == Call.line, again.received_at > Call.received_at)
        .correlate(Call)
        .scalar_subquery()
    )


def _rung_back() -> sa.ScalarSelect[Any]:
    """When the caller first answered somebody who rang them back for this call."""
    return (
        sa.select(sa.func.min(Attempt.answered_at))
        .where(Attempt.callback_id == Call.callback_id, Attempt.answered_at > Call.received_at, BY_THEM)
        .correlate(Call)
        .scalar_subquery()
    )


def _closed_with_talk() -> sa.ScalarSelect[Any]:
    """When the callback of this call was closed, and the caller had been spoken with."""
    return (
        sa.select(Callback.closed_at)
        .where(
            Callback.id == Call.callback_id,
            Callback.closed_reason.in_(TALKED),
            Callback.closed_at > Call.received_at,
        )
        .correlate(Call)
        .scalar_subquery()
    )


def _of_attempts(moment: Any, *which: sa.ColumnElement[bool]) -> sa.ScalarSelect[Any]:
    theirs = sa.select(sa.func.min(moment)).where(Attempt.callback_id == Callback.id, *which)
    return theirs.correlate(Callback).scalar_subquery()


def _joined() -> sa.ScalarSelect[Any]:
    """When one of a callback's own calls was joined: too short a talk, or of a caller who hides their number."""
    calls = sa.select(sa.func.min(Call.joined_at)).where(Call.callback_id == Callback.id)
    return calls.correlate(Callback).scalar_subquery()


def _joined_again() -> sa.ScalarSelect[Any]:
    """When somebody was first joined who rang from a number that is on this callback."""
    again = aliased(Call)
    theirs = sa.and_(again.caller_key == Call.caller_key, again.line == Callback.line)
    return (
        sa.select(sa.func.min(again.joined_at))
        .select_from(Call)
        .join(again, sa.and_(theirs, again.received_at >= Callback.first_called_at))
        .where(Call.callback_id == Callback.id)
        .correlate(Callback)
        .scalar_subquery()
    )


# Of a call: the first second of talk, on whichever call or callback got there first.
TALKED_AT = sa.func.coalesce(
    Call.joined_at, Earliest(_talked_later(), _rung_back(), _closed_with_talk()), type_=UTC()
)  # fmt: skip

# Of a callback. Both of its own times are begun anew when the caller rings again after a broken promise, so what was
# told and tried first is read off the promises and attempts themselves.
FIRST_RANG = Earliest(_of_attempts(Attempt.rang_at), Callback.rang_at)
PROMISED_BY = sa.func.coalesce(
    sa.select(sa.func.min(Promise.promised_by))
    .where(Promise.callback_id == Callback.id)
    .correlate(Callback)
    .scalar_subquery(),
    Callback.promised_by,
    type_=UTC(),
)
REACHED = Earliest(
    _of_attempts(Attempt.answered_at, BY_THEM),
    _joined(),
    _joined_again(),
    sa.case((Callback.closed_reason.in_(TALKED), Callback.closed_at)),
)
