"""What people are found by, a row for each word (`voice.person_words` lays the triggers that write them); and a program,
too, can undo what it did on a card: whose deed it was need not be a user. What that table holds is good for seconds.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    in_bytes = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
    op.create_table(
        "person_words",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("word", in_bytes, nullable=False),
        sa.PrimaryKeyConstraint("number", "word", name=op.f("pk_person_words")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_person_words_word", "person_words", ["word", "number"])
    op.drop_table("last_merges")
    _card_changes("last_card_changes")


def downgrade() -> None:
    op.drop_table("last_card_changes")
    _card_changes(
        "last_merges", sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_last_merges_user_id_users"))
    )
    op.drop_table("person_words")


def _card_changes(name: str, *of_users: sa.ForeignKeyConstraint) -> None:
    op.create_table(
        name,
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        *of_users,
        sa.PrimaryKeyConstraint("user_id", name=op.f(f"pk_{name}")),
    )
