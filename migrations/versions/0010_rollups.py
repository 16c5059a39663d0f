"""Roll-ups of the figures, and the marks that say which are to be made anew; `voice.rollup_marks` lays the triggers."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rollups",
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("span", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("waiting", sa.JSON(), nullable=False),
        sa.Column("bins", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("span IN ('quarter', 'day')", name=op.f("ck_rollups_span")),
        sa.ForeignKeyConstraint(["line"], ["lines.number"], name=op.f("fk_rollups_line_lines")),
        sa.PrimaryKeyConstraint("line", "span", "since", name=op.f("pk_rollups")),
    )
    op.create_table(
        "rollup_marks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rollup_marks")),
    )
    op.create_index("ix_callbacks_line_first_called_at", "callbacks", ["line", "first_called_at"])


def downgrade() -> None:
    op.drop_index("ix_callbacks_line_first_called_at", "callbacks")
    op.drop_table("rollup_marks")
    op.drop_table("rollups")
