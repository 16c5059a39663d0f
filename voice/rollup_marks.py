"""Marks on the quarters of an hour whose figures have changed, written by triggers: no change can forget them.

A row marks the quarter it is counted in: a call that of its arrival, a callback that of the first call on it, and an
attempt, a promise or a leg those of its callback and calls. A figure that looks at another column needs it here.
"""
# ruff: noqa: S608  (these statements are put together from the names below, and from nothing that comes from outside)

from collections.abc import Iterator

import sqlalchemy as sa

from voice import triggers
from voice.triggers import Trigger, changed

# By table: the columns that say which quarters a row is counted in, the others that figures look at, and those
# quarters. `{row}` is NEW or OLD.
OF_CALLBACK = """
SELECT line, first_called_at FROM callbacks WHERE id = {row}.callback_id
UNION ALL SELECT line, received_at FROM calls WHERE callback_id = {row}.callback_id
"""
TABLES = {
    "calls": (
        ("line", "received_at", "callback_id"),
        ("caller_key", "state", "outcome", "cause", "joined_at", "answered_by"),
        "SELECT {row}.line, {row}.received_at "
        "UNION ALL SELECT line, first_called_at FROM callbacks WHERE id = {row}.callback_id",
    ),
    "callbacks": (
        ("line", "first_called_at"),
        ("caller", "caller_key", "held_reason", "rang_at", "promised_by", "closed_at", "closed_reason", "reason"),
        "SELECT {row}.line, {row}.first_called_at "
        "UNION ALL SELECT line, received_at FROM calls WHERE callback_id = {row}.id",
    ),
    "attempts": (("callback_id",), ("staff_id", "rang_at", "answered_at", "ending"), OF_CALLBACK),
    "promises": (("callback_id",), ("promised_by",), OF_CALLBACK),
    "legs": (
        ("call_id",),
        ("staff_id", "purpose", "ringing_at"),
        "SELECT line, received_at FROM calls WHERE id = {row}.call_id",
    ),
}
# A talk also ends the wait of this caller's earlier calls, back to the one that was answered before this one was; and
# that of the callbacks these calls are on, which may have begun with another number of theirs.
EARLIER = """
FROM calls c LEFT JOIN callbacks b ON b.id = c.callback_id
WHERE c.caller_key = {row}.caller_key AND c.line = {row}.line AND c.received_at < {row}.received_at
"""
SINCE_LAST_TALK = """
AND c.received_at >= coalesce((
    SELECT p.received_at FROM calls p
    WHERE p.caller_key = {row}.caller_key AND p.line = {row}.line AND p.received_at < {row}.received_at
    AND p.joined_at <= {row}.joined_at ORDER BY p.received_at DESC LIMIT 1
), {long_ago})
"""
LONG_AGO = {"sqlite": "''", "postgresql": "'-infinity'"}
QUARTER_OF = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%S.000000', strftime('%s', {at}) / 900 * 900, 'unixepoch')",
    "postgresql": "to_timestamp(floor(extract(epoch FROM {at}) / 900) * 900)",
}


def lift(connection: sa.Connection) -> None:
    """Take the triggers away."""
    triggers.lift(connection, _triggers(connection.dialect.name))


def lay(connection: sa.Connection) -> None:
    """Put the triggers where they belong; where no sum was ever made, mark all there is."""
    triggers.lay(connection, _triggers(connection.dialect.name))
    if connection.exec_driver_sql("SELECT 1 FROM rollups UNION ALL SELECT 1 FROM rollup_marks LIMIT 1").first() is None:
        everything(connection)


def everything(connection: sa.Connection) -> None:
    """Mark every quarter in which anything happened; the latest is made first, for it is looked at first."""
    for table, column in (("calls", "received_at"), ("callbacks", "first_called_at")):
        at = QUARTER_OF[connection.dialect.name].format(at=column)
        marks = f"INSERT INTO rollup_marks (line, at) SELECT DISTINCT line, {at} FROM {table} ORDER BY 2 DESC, 1"
        connection.exec_driver_sql(marks)


def _triggers(dialect: str) -> Iterator[Trigger]:
    for table, (keys, others, touched) in TABLES.items():
        here, gone = (_mark(touched.format(row=row)) for row in ("NEW", "OLD"))
        yield Trigger(f"rollup_{table}_added", table, "INSERT", here)
        yield Trigger(f"rollup_{table}_removed", table, "DELETE", gone)
        yield Trigger(f"rollup_{table}_changed", table, "UPDATE", here, changed(*keys, *others))
        yield Trigger(f"rollup_{table}_moved", table, "UPDATE", gone, changed(*keys))
    joined, parted = (_calls_and_callbacks(EARLIER.format(row=row)) for row in ("NEW", "OLD"))
    since = SINCE_LAST_TALK.format(row="NEW", long_ago=LONG_AGO[dialect])
    bounded = _mark(_calls_and_callbacks(EARLIER.format(row="NEW") + since))
    had, has = "OLD.joined_at IS NOT NULL", "NEW.joined_at IS NOT NULL"
    again = changed("joined_at", "caller_key", "line", "received_at")
    yield Trigger("rollup_talks_added", "calls", "INSERT", bounded, has)
    yield Trigger("rollup_talks_found", "calls", "UPDATE", bounded, f"OLD.joined_at IS NULL AND {has}")
    both = _mark(f"{joined} UNION ALL {parted}")
    yield Trigger("rollup_talks_changed", "calls", "UPDATE", both, f"{again} AND {had}")
    yield Trigger("rollup_talks_removed", "calls", "DELETE", _mark(parted), had)


def _mark(quarters: str) -> str:
    return f"INSERT INTO rollup_marks (line, at) {quarters}"


def _calls_and_callbacks(rows: str) -> str:
    return f"SELECT c.line, c.received_at {rows} UNION ALL SELECT b.line, b.first_called_at {rows} AND b.id IS NOT NULL"
