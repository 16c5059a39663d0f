"""“One of these” as a condition that is put together once, however many these are.

SQLAlchemy's own `in_` writes a parameter for each into the statement, every time: with eighty ids that takes longer
than the database does, twice so with psycopg, which keeps no statement of so many.
"""

import json
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class Texts(sa.types.TypeDecorator[Collection[str]]):
    """Several texts as one parameter: an array for Postgres, JSON for SQLite."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """What the driver is given."""
        return dialect.type_descriptor(postgresql.ARRAY(sa.Text()) if dialect.name == "postgresql" else sa.Text())

    def process_bind_param(self, value: Collection[str] | None, dialect: sa.Dialect) -> Any:
        """The texts as that."""
        return list(value or ()) if dialect.name == "postgresql" else json.dumps(list(value or ()))


class among(FunctionElement[bool]):
    """`among(Call.callback_id, "ids")`: whether a column is one of those that the statement is then run with."""

    inherit_cache = True  # and no boolean by type: SQLite would be asked for "… = 1", and use no index

    def __init__(self, column: Any, name: str) -> None:
        super().__init__(column, sa.bindparam(name, type_=Texts()))


@compiles(among, "sqlite")
def _in_json(element: among, compiler: SQLCompiler, **how: Any) -> str:
    column, these = element.clauses
    return compiler.process(column.in_(sa.select(sa.column("value")).select_from(sa.func.json_each(these))), **how)


@compiles(among, "postgresql")
def _any_of(element: among, compiler: SQLCompiler, **how: Any) -> str:
    column, these = (compiler.process(each, **how) for each in element.clauses)
    return f"{column} = ANY({these})"
