"""People are listed along an index of their calls; a callback says into which it went when two were one person's."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_calls_received_at_caller", "calls", ["received_at", "caller"])
    op.add_column("callbacks", sa.Column("merged_into", sa.Text(), nullable=True))
    op.create_table(
        "last_merges",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_last_merges_user_id_users")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_last_merges")),
    )
    _fill()


def downgrade() -> None:
    op.drop_table("last_merges")
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
