"""Alembic's entry: uses the connection it is handed, else DATABASE_URL, under the same lock."""

import sqlalchemy as sa
from alembic import context
from alembic.script import ScriptDirectory

import voice.call_log
import voice.devices
import voice.doors
import voice.firm
import voice.ledger
import voice.letter_tables
import voice.list_tables
import voice.people
import voice.replay_tables
import voice.rollup_tables  # noqa: F401  (their tables must be known to the metadata)
from voice import findable, person_words, rollup_marks
from voice.migrate import locked
from voice.models import Base
from voice.settings import Settings

LAID = (findable, person_words, rollup_marks)  # triggers, and what they stand on


def _run(connection: sa.Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",  # SQLite alters a table by copying it
        compare_type=True,
    )
    before, after = context.get_context().get_current_revision(), context.get_revision_argument()
    if before == after:
        return  # nothing to do, so no trigger is touched: another process may be serving calls
    with context.begin_transaction():
        for each in LAID:
            each.lift(connection)
        context.run_migrations()
        if after == ScriptDirectory.from_config(context.config).get_current_head():
            for each in LAID:
                each.lay(connection)


handed = context.config.attributes.get("connection")
if handed is not None:
    _run(handed)
else:
    with locked(Settings.from_env().database_url) as connection:
        _run(connection)
