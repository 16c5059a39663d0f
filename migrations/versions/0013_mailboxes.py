"""When a phone's mailbox takes over, and how long each leg was to ring: below that."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mailboxes",
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("seen", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("phone", name=op.f("pk_mailboxes")),
    )
    # Every phone rang for 15 s until now; the release before goes on saying so by saying nothing.
    op.add_column("legs", sa.Column("ring_seconds", sa.Integer(), server_default="15", nullable=False))


def downgrade() -> None:
    op.drop_column("legs", "ring_seconds")  # not by copying the table, which would lose its checks on SQLite
    op.drop_table("mailboxes")
