"""What a callback is found by, in one narrow row; `voice.findable` lays the triggers that write it."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "callback_words",
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("caller", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("callback_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["callback_id"], ["callbacks.id"], name="fk_callback_words_callback_id_callbacks", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("callback_id", name="pk_callback_words"),
    )
    op.create_index("ix_callback_words_caller", "callback_words", ["caller"])
    closed = sa.text("closed_at IS NOT NULL")
    op.create_index(
        "ix_callback_words_closed_at", "callback_words", ["closed_at"], sqlite_where=closed, postgresql_where=closed
    )


def downgrade() -> None:
    op.drop_table("callback_words")
