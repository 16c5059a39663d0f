"""What the callback list remembers: later, handed over, what it was about, and how to undo."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

OPEN = sa.text("state <> 'closed'")
CLOSED = sa.text("state = 'closed'")
HELD_BY_SOMEBODY = sa.text("claimed_by IS NOT NULL")
UNSEEN = sa.text("seen_at IS NULL")
ADDED = ("later", "topic_id", "bought", "why_not", "handed_by", "handed_to", "handed_word", "by_hand_at")


def upgrade() -> None:
    op.add_column("messages", sa.Column("transcript", sa.Text(), nullable=True))
    op.add_column("callbacks", sa.Column("later", sa.Text(), nullable=True))
    op.add_column("callbacks", sa.Column("topic_id", sa.Integer(), nullable=True))
    op.add_column("callbacks", sa.Column("bought", sa.Boolean(), nullable=True))
    op.add_column("callbacks", sa.Column("why_not", sa.Text(), server_default="", nullable=False))
    op.add_column("callbacks", sa.Column("handed_by", sa.Text(), nullable=True))
    op.add_column("callbacks", sa.Column("handed_to", sa.Text(), nullable=True))
    op.add_column("callbacks", sa.Column("handed_word", sa.Text(), server_default="", nullable=False))
    op.add_column("callbacks", sa.Column("by_hand_at", sa.DateTime(timezone=True), nullable=True))
    _part("ix_callbacks_open_state", ["state", "later", "due_at", "id"], OPEN)
    _part("ix_callbacks_closed_at", ["closed_at", "id"], CLOSED)
    _part("ix_callbacks_claimed_by", ["claimed_by"], HELD_BY_SOMEBODY)
    op.create_index("ix_calls_callback_id", "calls", ["callback_id"])
    _tables()


def _part(name: str, columns: list[str], where: sa.TextClause, table: str = "callbacks") -> None:
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def _tables() -> None:
    count = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "topics",
        sa.Column("id", count, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_topics")),
    )
    op.create_table(
        "told",
        sa.Column("id", count, nullable=False),
        sa.Column("staff_id", sa.Text(), nullable=False),
        sa.Column("by_staff_id", sa.Text(), nullable=False),
        sa.Column("callback_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_told_staff_id_staff")),
        sa.ForeignKeyConstraint(["by_staff_id"], ["staff.id"], name=op.f("fk_told_by_staff_id_staff")),
        sa.ForeignKeyConstraint(["callback_id"], ["callbacks.id"], name=op.f("fk_told_callback_id_callbacks")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_told")),
    )
    _part("ix_told_unseen", ["staff_id"], UNSEEN, "told")
    op.create_table(
        "last_changes",
        sa.Column("staff_id", sa.Text(), nullable=False),
        sa.Column("callback_id", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_last_changes_staff_id_staff")),
        sa.ForeignKeyConstraint(["callback_id"], ["callbacks.id"], name=op.f("fk_last_changes_callback_id_callbacks")),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_last_changes")),
    )


def downgrade() -> None:
    for table in ("last_changes", "told", "topics"):
        op.drop_table(table)
    op.drop_index("ix_calls_callback_id", "calls")
    for index in ("open_state", "closed_at", "claimed_by"):
        op.drop_index(f"ix_callbacks_{index}", "callbacks")
    for column in ADDED:
        op.drop_column("callbacks", column)
    op.drop_column("messages", "transcript")
