"""What a callback is found by, in one narrow row; `voice.findable` lays the triggers that write it."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
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
    is_open = sa.text("state <> 'closed'")
    op.drop_index("ix_callbacks_open_state", "callbacks")
    columns = ["state", "due_at", "id", "later"]
    op.create_index("ix_callbacks_open_state", "callbacks", columns, sqlite_where=is_open, postgresql_where=is_open)
    known = sa.text("same_as IS NOT NULL")
    op.drop_index("ix_contacts_same_as", "contacts")
    op.create_index("ix_contacts_same_as", "contacts", ["same_as"], sqlite_where=known, postgresql_where=known)


def downgrade() -> None:
    is_open = sa.text("state <> 'closed'")
    op.drop_index("ix_callbacks_open_state", "callbacks")
    columns = ["state", "later", "due_at", "id"]
    op.create_index("ix_callbacks_open_state", "callbacks", columns, sqlite_where=is_open, postgresql_where=is_open)
    op.drop_index("ix_contacts_same_as", "contacts")
    op.create_index("ix_contacts_same_as", "contacts", ["same_as"])
    op.drop_table("callback_words")
