"""What we know of the carrier's call log: how far it has been read, and whether its counts are ours."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "call_log",
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("watermark", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("day_read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("week_read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["line"], ["lines.number"], name=op.f("fk_call_log_line_lines")),
        sa.PrimaryKeyConstraint("line", name=op.f("pk_call_log")),
    )
    op.create_table(
        "call_log_days",
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("carrier", sa.Integer(), nullable=False),
        sa.Column("ours", sa.Integer(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["line"], ["lines.number"], name=op.f("fk_call_log_days_line_lines")),
        sa.PrimaryKeyConstraint("line", "day", name=op.f("pk_call_log_days")),
    )


def downgrade() -> None:
    op.drop_table("call_log_days")
    op.drop_table("call_log")
