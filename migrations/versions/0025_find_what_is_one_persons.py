"""Indexes by which closed callbacks of a number are found, and whether a sound is still a message's."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_callbacks_caller", "callbacks", ["caller"])
    op.create_index("ix_callbacks_caller_key", "callbacks", ["caller_key"])
    op.create_index("ix_messages_audio_id", "messages", ["audio_id"])
    op.drop_index("ix_callbacks_noted", "callbacks")  # the first of these does its work


def downgrade() -> None:
    noted = sa.text("note <> ''")
    op.create_index("ix_callbacks_noted", "callbacks", ["caller"], sqlite_where=noted, postgresql_where=noted)
    op.drop_index("ix_messages_audio_id", "messages")
    op.drop_index("ix_callbacks_caller_key", "callbacks")
    op.drop_index("ix_callbacks_caller", "callbacks")
