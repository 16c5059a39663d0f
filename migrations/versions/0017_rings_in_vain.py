"""The owner's warnings find phones that were rung in vain, and calls while nobody was on shift, by indexes of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

INDEXES = (
    ("ix_legs_in_vain", "legs", ("placed_at",), "state IN ('not_screened', 'failed')"),
    ("ix_calls_nobody_on_shift", "calls", ("line", "received_at"), "cause = 'nobody_on_shift'"),
)


def upgrade() -> None:
    for name, table, columns, which in INDEXES:
        where = sa.text(which)
        op.create_index(op.f(name), table, columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for name, table, _, _ in INDEXES:
        op.drop_index(op.f(name), table_name=table)
