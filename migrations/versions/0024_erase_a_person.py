"""A person can be erased: what was asked for, and calls found by a key that outlives their number; and how long what is
kept."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None
KEEPING = (
    ("keep_people_months", "13"), ("keep_messages_days", "90"), ("keep_deliveries_days", "30"),
    ("keep_audit_months", "24"),
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "erasures",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("numbers", sa.JSON(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    with op.batch_alter_table("business") as table:
        for name, usual in KEEPING:
            table.add_column(sa.Column(name, sa.Integer(), nullable=False, server_default=usual))
    op.create_index("ix_calls_caller_key_received_at", "calls", ["caller_key", "received_at"])


def downgrade() -> None:
    op.drop_index("ix_calls_caller_key_received_at", "calls")
    with op.batch_alter_table("business") as table:
        for name, _usual in KEEPING:
            table.drop_column(name)
    op.drop_table("erasures")
