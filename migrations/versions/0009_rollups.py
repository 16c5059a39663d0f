"""Roll-ups of the figures, and the marks that say which of them have to be made anew.

Marks are written by triggers: whatever changes a row, through whichever code or by hand, cannot forget them. A migration
that copies one of these tables on SQLite (batch mode) loses its triggers and has to make them again: a test looks.
"""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0011"
branch_labels = None
depends_on = None

# By table: what makes a row another one's (beside the columns), the columns that figures look at, and which quarters a
# row touches. `{row}` is NEW or OLD.
OF_CALLBACK = """
SELECT line, first_called_at FROM callbacks WHERE id = {row}.callback_id
UNION ALL SELECT line, received_at FROM calls WHERE callback_id = {row}.callback_id
"""
TABLES = {
    "calls": (
        ("line", "received_at", "callback_id"),
        ("caller", "state", "outcome", "cause", "joined_at", "answered_by"),
        "SELECT {row}.line, {row}.received_at "
        "UNION ALL SELECT line, first_called_at FROM callbacks WHERE id = {row}.callback_id",
    ),
    "callbacks": (
        ("line", "first_called_at"),
        ("caller", "rang_at", "promised_by", "closed_at", "closed_reason", "reason"),
        "SELECT {row}.line, {row}.first_called_at "
        "UNION ALL SELECT line, received_at FROM calls WHERE callback_id = {row}.id",
    ),
    "attempts": (("callback_id",), ("staff_id", "rang_at", "answered_at"), OF_CALLBACK),
    "promises": (("callback_id",), ("promised_by",), OF_CALLBACK),
    "legs": (
        ("call_id",),
        ("staff_id", "purpose", "ringing_at"),
        "SELECT line, received_at FROM calls WHERE id = {row}.call_id",
    ),
}
# A talk also ends the wait of this caller's earlier calls, back to the one that was answered before this one was.
EARLIER = """
SELECT c.line, c.received_at FROM calls c
WHERE c.caller = {row}.caller AND c.line = {row}.line AND c.received_at < {row}.received_at
"""
SINCE_LAST_TALK = """
AND c.received_at >= coalesce((
    SELECT p.received_at FROM calls p
    WHERE p.caller = {row}.caller AND p.line = {row}.line AND p.received_at < {row}.received_at
    AND p.joined_at <= {row}.joined_at ORDER BY p.received_at DESC LIMIT 1
), {long_ago})
"""
LONG_AGO = {"sqlite": "''", "postgresql": "'-infinity'"}
QUARTER_OF = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%S.000000', strftime('%s', {at}) / 900 * 900, 'unixepoch')",
    "postgresql": "to_timestamp(floor(extract(epoch FROM {at}) / 900) * 900)",
}


def _triggers(dialect: str) -> Iterator[tuple[str, str, str, str, str]]:
    """(name, table, when, condition, which quarters to mark) of each."""
    differs = "IS NOT" if dialect == "sqlite" else "IS DISTINCT FROM"

    def changed(columns: tuple[str, ...]) -> str:
        return "(" + " OR ".join(f"OLD.{column} {differs} NEW.{column}" for column in columns) + ")"

    for table, (keys, others, touched) in TABLES.items():
        yield f"rollup_{table}_added", table, "INSERT", "", touched.format(row="NEW")
        yield f"rollup_{table}_removed", table, "DELETE", "", touched.format(row="OLD")
        yield f"rollup_{table}_changed", table, "UPDATE", changed(keys + others), touched.format(row="NEW")
        yield f"rollup_{table}_moved", table, "UPDATE", changed(keys), touched.format(row="OLD")
    joined, parted = EARLIER.format(row="NEW"), EARLIER.format(row="OLD")
    bounded = joined + SINCE_LAST_TALK.format(row="NEW", long_ago=LONG_AGO[dialect])
    first = "OLD.joined_at IS NULL AND NEW.joined_at IS NOT NULL"
    again = f"OLD.joined_at IS NOT NULL AND {changed(('joined_at', 'caller', 'line', 'received_at'))}"
    yield "rollup_talks_added", "calls", "INSERT", "NEW.joined_at IS NOT NULL", bounded
    yield "rollup_talks_found", "calls", "UPDATE", first, bounded
    yield "rollup_talks_changed", "calls", "UPDATE", again, f"{joined} UNION ALL {parted}"
    yield "rollup_talks_removed", "calls", "DELETE", "OLD.joined_at IS NOT NULL", parted


def _make_triggers(dialect: str) -> None:
    for name, table, event, condition, touched in _triggers(dialect):
        mark, when = f"INSERT INTO rollup_marks (line, at) {touched};", f"WHEN ({condition})" if condition else ""
        if dialect == "sqlite":
            op.execute(f"CREATE TRIGGER {name} AFTER {event} ON {table} {when} BEGIN {mark} END")
        else:
            body = f"BEGIN {mark} RETURN NULL; END"
            op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $${body}$$")
            made = f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW {when} EXECUTE FUNCTION {name}()"
            op.execute(made)


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    op.create_table(
        "rollups",
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("span", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("waiting", sa.JSON(), nullable=False),
        sa.Column("bins", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("span IN ('quarter', 'day')", name=op.f("ck_rollups_span")),
        sa.ForeignKeyConstraint(["line"], ["lines.number"], name=op.f("fk_rollups_line_lines")),
        sa.PrimaryKeyConstraint("line", "span", "since", name=op.f("pk_rollups")),
    )
    op.create_table(
        "rollup_marks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rollup_marks")),
    )
    op.create_index("ix_callbacks_line_first_called_at", "callbacks", ["line", "first_called_at"])
    for table, column in (("calls", "received_at"), ("callbacks", "first_called_at")):
        at = QUARTER_OF[dialect].format(at=column)
        op.execute(f"INSERT INTO rollup_marks (line, at) SELECT DISTINCT line, {at} FROM {table} ORDER BY 1, 2")  # noqa: S608
    _make_triggers(dialect)


def downgrade() -> None:
    dialect = op.get_bind().dialect.name
    for name, table, *_ in _triggers(dialect):
        op.execute(f"DROP TRIGGER {name}" + (f" ON {table}" if dialect == "postgresql" else ""))
        if dialect == "postgresql":
            op.execute(f"DROP FUNCTION {name}()")
    op.drop_index("ix_callbacks_line_first_called_at", "callbacks")
    op.drop_table("rollup_marks")
    op.drop_table("rollups")
