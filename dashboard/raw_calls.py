"""Calls as they are, for whoever has more to ask of them than the page answers: CSV, or Parquet where it is installed.

Read a lot at a time, so that neither memory nor a transaction grows with the answer; by line, then in order of time.
"""

import contextlib
import datetime as dt
import importlib.util
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any

import sqlalchemy as sa
from flask import Response

from dashboard import tables
from voice.db import Database
from voice.models import Call, Callback
from voice.promising import MAY_PROMISE
from voice.rules.periods import Range

AT_ONCE = 2000
CHUNK = 64 * 1024
NO_PARQUET = (
    "Parquet needs one more package on the machine Ringback runs on: pip install 'ringback[parquet]'. "
    "CSV holds the same rows."
)


@dataclass(frozen=True)
class Column:
    """One column: its heading, the type `text`, `time` or `number`, and what it is read from."""

    name: str
    kind: str
    of: sa.SQLColumnExpression[Any]


COLUMNS = (
    Column("line", "text", Call.line),
    Column("received_at", "time", Call.received_at),
    Column("sid", "text", Call.sid),
    Column("caller", "text", Call.caller),
    Column("state", "text", Call.state),
    Column("outcome", "text", Call.outcome),
    Column("cause", "text", Call.cause),
    Column("path", "text", Call.path),
    Column("first_ring_at", "time", Call.first_ring_at),
    Column("answered_at", "time", Call.joined_at),
    Column("answered_by", "text", Call.answered_by),
    Column("talk_seconds", "number", Call.talk_seconds),
    Column("ended_at", "time", Call.ended_at),
    Column("callback_id", "text", Call.callback_id),
    Column("promised_by", "time", sa.case((MAY_PROMISE, Callback.promised_by))),
    Column("rung_back_at", "time", Callback.rang_at),
    Column("callback_attempts", "number", Callback.attempts),
    Column("callback_closed", "text", Callback.closed_reason),
)
Lot = Sequence[tuple[Any, ...]]


def has_parquet() -> bool:
    """Whether the package that writes Parquet is installed."""
    return importlib.util.find_spec("arro3") is not None


def lots(database: Database, wanted: Range) -> Iterator[Lot]:
    """The calls received in that range; each row has the values of COLUMNS, and its id at the end."""
    after: tuple[str, dt.datetime, str] = ("", dt.datetime(1970, 1, 1, tzinfo=dt.UTC), "")
    rows = (
        sa.select(*(column.of for column in COLUMNS), Call.id)
        .outerjoin(Callback, Callback.id == Call.callback_id)
        .where(Call.received_at >= wanted.since, Call.received_at < wanted.until)
        .order_by(Call.line, Call.received_at, Call.id)
        .limit(AT_ONCE)
    )
    if wanted.line is not None:
        rows = rows.where(Call.line == wanted.line)
    while True:
        place = sa.tuple_(Call.line, Call.received_at, Call.id) > sa.tuple_(
            sa.literal(after[0]), sa.literal(after[1], Call.received_at.type), sa.literal(after[2])
        )
        with database.reading() as session:
            lot = [tuple(row) for row in session.execute(rows.where(place))]
        if lot:
            yield lot
        if len(lot) < AT_ONCE:
            return
        last = lot[-1]
        after = (last[0], last[1], last[-1])


def csv(database: Database, wanted: Range, name: str) -> Response:
    """All of them as a download, sent as they are read."""

    def lines() -> Iterator[Sequence[tables.Value]]:
        yield [column.name for column in COLUMNS]
        for lot in lots(database, wanted):
            for row in lot:
                yield [_plain(value) for value in row[:-1]]

    return tables.as_csv(name, lines())


def parquet(database: Database, wanted: Range, name: str) -> Response:
    """All of them as a Parquet file: times and numbers are such. Only where `has_parquet`."""
    with contextlib.ExitStack() as stack:
        # A file, because the end of one like this describes all that stands before it.
        file = stack.enter_context(tempfile.TemporaryFile())
        _parquet_writer()(file, lots(database, wanted))
        file.seek(0)
        answer = Response(iter(lambda: file.read(CHUNK), b""), content_type="application/vnd.apache.parquet")
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}.parquet"'
        answer.call_on_close(stack.pop_all().close)
    return answer


def _plain(value: Any) -> tables.Value:
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, dt.datetime) else value


def _parquet_writer() -> Callable[[IO[bytes], Iterator[Lot]], None]:
    from arro3 import core, io  # an extra: most firms never ask for it

    kinds = {
        "text": core.DataType.string(),
        "time": core.DataType.timestamp("ms", tz="UTC"),
        "number": core.DataType.int64(),
    }
    schema = core.Schema([core.Field(column.name, kinds[column.kind]) for column in COLUMNS])

    def column_of(lot: Lot, place: int) -> core.Array:
        values = [row[place] for row in lot]
        if COLUMNS[place].kind != "time":
            return core.Array(values, kinds[COLUMNS[place].kind])
        stamps = [None if value is None else int(value.timestamp() * 1000) for value in values]
        return core.Array(stamps, core.DataType.int64()).cast(kinds["time"])

    def write(file: IO[bytes], found: Iterator[Lot]) -> None:
        batches = (
            core.RecordBatch.from_arrays([column_of(lot, place) for place in range(len(COLUMNS))], schema=schema)
            for lot in found
        )
        io.write_parquet(core.RecordBatchReader.from_batches(schema, batches), file, compression="snappy")

    return write
