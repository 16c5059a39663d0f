"""The last change of a staff member is kept for each callback, so that two deeds within ten seconds can both be undone.

What the table holds is good for seconds: it is made anew, empty.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _anew("staff_id", "callback_id")


def downgrade() -> None:
    _anew("staff_id")


def _anew(*key: str) -> None:
    op.drop_table("last_changes")
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
        sa.PrimaryKeyConstraint(*key, name=op.f("pk_last_changes")),
    )
