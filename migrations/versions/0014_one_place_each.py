"""People are listed along an index of their calls; a callback says into which it went when two were one person's."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_calls_received_at_caller", "calls", ["received_at", "caller"])
    op.add_column("callbacks", sa.Column("merged_into", sa.Text(), nullable=True))
    _fill()


def downgrade() -> None:
    op.drop_column("callbacks", "merged_into")
    op.drop_index("ix_calls_received_at_caller", table_name="calls")


def _fill() -> None:
    """From the history: the row that went on has a line with the id of the other."""
    connection = op.get_bind()
    events = sa.table("call_events", *map(sa.column, ("id", "kind", "callback_id")), sa.column("data", sa.JSON()))
    callbacks = sa.table("callbacks", *map(sa.column, ("id", "closed_reason", "merged_into")))
    merged = sa.select(events.c.callback_id, events.c.data).where(events.c.kind == "merged").order_by(events.c.id)
    for kept, data in connection.execute(merged).all():
        gone = sa.update(callbacks).where(callbacks.c.id == data["other"], callbacks.c.closed_reason == "merged")
        connection.execute(gone.values(merged_into=kept))
