"""Callbacks set aside for longer than was promised are found by an index; what somebody changed on the page Team is
kept for seconds, so that it can be undone."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None
SET_ASIDE = sa.text("state = 'waiting' AND later IS NOT NULL AND rang_at IS NULL")


def upgrade() -> None:
    op.create_index(
        "ix_callbacks_set_aside",
        "callbacks",
        ["promised_by", "id"],
        sqlite_where=SET_ASIDE,
        postgresql_where=SET_ASIDE,
    )
    op.create_table(
        "last_team_changes",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_last_team_changes_staff_id_staff")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_last_team_changes")),
    )


def downgrade() -> None:
    op.drop_table("last_team_changes")
    op.drop_index("ix_callbacks_set_aside", "callbacks")
