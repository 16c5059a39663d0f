"""What we know of the carrier's call log: how far it has been read, and whether its counts are ours."""

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
