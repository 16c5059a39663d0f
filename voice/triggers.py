"""Triggers: what must follow a change of a row, by whichever statement it is made, in the same transaction.

They stand in the way of migrations (SQLite copies a table to alter it, and loses them), so they are lifted before each
and laid anew after it, as the files of today have them: see `migrations/env.py`.
"""

from collections.abc import Iterable
from typing import NamedTuple

import sqlalchemy as sa


class Trigger(NamedTuple):
    """After `event` on a row of `table`, and `when` that holds (`IS NOT` for "differs"), do `statement`."""

    name: str
    table: str
    event: str
    statement: str
    when: str = ""


def changed(*columns: str) -> str:
    """The condition that one of these columns was changed."""
    return f"({' OR '.join(f'OLD.{column} IS NOT NEW.{column}' for column in columns)})"


def lift(connection: sa.Connection, triggers: Iterable[Trigger]) -> None:
    """Take them away, with all they stand on."""
    here = sa.inspect(connection).get_table_names()
    postgres = connection.dialect.name == "postgresql"
    for trigger in triggers:
        if trigger.table in here:
            on = f" ON {trigger.table}" if postgres else ""
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {trigger.name}{on}")
        if postgres:
            connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS {trigger.name}")


def lay(connection: sa.Connection, triggers: Iterable[Trigger]) -> None:
    """Put them where they belong."""
    for name, table, event, statement, when in triggers:
        begins = f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW" + (f" WHEN ({when})" if when else "")
        if connection.dialect.name == "postgresql":
            body = f"BEGIN {statement}; RETURN NULL; END".replace("'", "''")
            connection.exec_driver_sql(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS '{body}'")
            connection.exec_driver_sql(f"{begins.replace(' IS NOT ', ' IS DISTINCT FROM ')} EXECUTE FUNCTION {name}()")
        else:
            connection.exec_driver_sql(f"{begins} BEGIN {statement}; END")
