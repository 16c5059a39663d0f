"""People are found without the accents of their names, and by words of their notes: all words are written down anew."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    noted = sa.text("note <> ''")
    op.create_index("ix_callbacks_noted", "callbacks", ["caller"], sqlite_where=noted, postgresql_where=noted)
    for words in ("callback_words", "person_words"):  # filled where they are empty, when the triggers are laid
        op.execute(sa.text(f"DELETE FROM {words}"))  # noqa: S608


def downgrade() -> None:
    op.drop_index("ix_callbacks_noted", "callbacks")
