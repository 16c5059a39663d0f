"""Weeks played again with other settings: one at a time, with how far they are and what they found."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "replays",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wish", sa.JSON(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("of", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False, server_default=""),
        sa.CheckConstraint("state IN ('running', 'done', 'cancelled', 'failed')", name=op.f("ck_replays_state")),
        sa.ForeignKeyConstraint(["line"], ["lines.number"], name=op.f("fk_replays_line_lines")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replays")),
    )
    only_running = sa.text("state = 'running'")
    op.create_index(
        "uq_replays_running", "replays", ["state"], unique=True, sqlite_where=only_running, postgresql_where=only_running
    )  # fmt: skip
    op.create_index("ix_replays_line_asked_at", "replays", ["line", "asked_at"])


def downgrade() -> None:
    op.drop_index("ix_replays_line_asked_at", "replays")
    op.drop_index("uq_replays_running", "replays")
    op.drop_table("replays")
