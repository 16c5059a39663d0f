"""Letters to owners: who wants which, and a row for each that is to be sent, written before it goes out.

A letter's id is made of its kind, its period and its reader, so two workers that wake at once write one row.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "letter_wishes",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("daily", sa.Boolean(), nullable=False),
        sa.Column("weekly", sa.Boolean(), nullable=False),
        sa.Column("alerts", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_letter_wishes_user_id_users")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_letter_wishes")),
    )
    op.create_table(
        "letters",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stale_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('daily', 'weekly', 'alert')", name=op.f("ck_letters_kind")),
        sa.CheckConstraint(
            "state IN ('waiting', 'sending', 'sent', 'unknown', 'refused')", name=op.f("ck_letters_state")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_letters_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters")),
    )
    op.create_index(
        "ix_letters_waiting",
        "letters",
        ["stale_at"],
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index("ix_letters_user_id_made_at", "letters", ["user_id", "made_at"])


def downgrade() -> None:
    op.drop_index("ix_letters_user_id_made_at", "letters")
    op.drop_index("ix_letters_waiting", "letters")
    op.drop_table("letters")
    op.drop_table("letter_wishes")
