"""The phone that a ladder has dialled is written down with its caller, so that no other ladder and no worker rings it."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

HAS_ONE = sa.text("ladder_phone IS NOT NULL")


def upgrade() -> None:
    op.add_column("calls", sa.Column("ladder_phone", sa.Text(), nullable=True))
    op.create_index(
        "uq_calls_ladder_phone", "calls", ["ladder_phone"], unique=True, sqlite_where=HAS_ONE, postgresql_where=HAS_ONE
    )


def downgrade() -> None:
    op.drop_index("uq_calls_ladder_phone", "calls")
    op.drop_column("calls", "ladder_phone")
