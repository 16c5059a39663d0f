"""An index on the marks of roll-ups: after an upgrade has marked ten years, a page need not read them all."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_rollup_marks_line_at", "rollup_marks", ["line", "at"])


def downgrade() -> None:
    op.drop_index("ix_rollup_marks_line_at", "rollup_marks")
