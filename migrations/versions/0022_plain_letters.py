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
    # Words are filled in where there are none, when the triggers are laid; the ends of numbers stay as they are.
    op.execute(sa.text("DELETE FROM callback_words"))
    op.execute(sa.text("DELETE FROM person_words WHERE substr(word, 1, 1) <> '#'"))


def downgrade() -> None:
    op.drop_index("ix_callbacks_noted", "callbacks")
