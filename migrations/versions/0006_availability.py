"""Away until, days off, the phone of today, and what is set per line for the work."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def _columns() -> dict[str, list[sa.Column[Any]]]:
    """By table. The release before this one writes rows without them: each is nullable or has the server's default."""
    return {
        "lines": [
            sa.Column("retry_minutes", sa.JSON(), nullable=False, server_default="[15, 120]"),
            sa.Column("wrap_up_minutes", sa.Integer(), nullable=False, server_default="10"),
            sa.Column("lease_seconds", sa.Integer(), nullable=False, server_default="90"),
            sa.Column("due_ring", sa.Boolean(), nullable=False, server_default=sa.true()),
        ],
        "staff": [
            sa.Column("time_zone", sa.Text(), nullable=False, server_default=""),
            sa.Column("days_off", sa.JSON(), nullable=False, server_default="[]"),
            sa.Column("desk_phone", sa.Text(), nullable=False, server_default=""),
            sa.Column("away_until", sa.DateTime(timezone=True), nullable=True),
            sa.Column("away_why", sa.Text(), nullable=False, server_default=""),
            sa.Column("on_since", sa.DateTime(timezone=True), nullable=True),
            sa.Column("phone_today", sa.Text(), nullable=True),
            sa.Column("phone_until", sa.DateTime(timezone=True), nullable=True),
        ],
        "attempts": [sa.Column("due_for", sa.DateTime(timezone=True), nullable=True)],
    }


def upgrade() -> None:
    for table, columns in _columns().items():
        for column in columns:
            op.add_column(table, column)
    op.create_index("uq_attempts_due_for", "attempts", ["callback_id", "due_for", "staff_id"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_attempts_due_for", "attempts")
    # Not by copying the table, as batch mode would on SQLite: the copy loses its checks.
    for table, columns in _columns().items():
        for column in columns:
            op.drop_column(table, column.name)
