"""A held number that was promised no time counts as no promise: the sums of all quarters are made anew."""

from alembic import op

from voice import rollup_marks

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    rollup_marks.everything(op.get_bind())


def downgrade() -> None:
    upgrade()
