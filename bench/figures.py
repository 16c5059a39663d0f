"""What the owner's figures cost with ten thousand, a million and ten million calls, on SQLite and on Postgres.

`python -m bench.figures [--calls 10000,1000000] [--days 28] [--json]`. Needs the test extra (its Postgres).

The calls lie within two years, three lines, ten hours of every day; what is asked for is the last 28 days and the 28
before, and of those days the roll-ups are made (older ones are not read). "page" is `figures.read`: the time of the
whole answer, and of this process alone. "naive" is the same statements over all calls of those days, without roll-ups.
One call in five puts somebody on the list; legs are written for the last two months only.
Ten million calls take about 12 GB and a quarter of an hour on each database.
"""

import argparse
import contextlib
import datetime as dt
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bench.list import DRIVERS, IN_A_HURRY
from tests import firm
from tests.postgres import running_postgres
from voice import figures, migrate
from voice.db import Database
from voice.figures import rollups, tallies
from voice.models import Attempt, Call, Callback, Leg
from voice.rollup_tables import Mark
from voice.rules import periods
from voice.rules.periods import Range, Span

AIM_MS, AIM_RATIO = 100, 1.5
SPREAD = 730  # days
LINES = ("+12125550100", "+12125550101", "+12125550102")
ZONE = "America/New_York"
NOW = dt.datetime(2026, 11, 25, 1, 0, tzinfo=dt.UTC)  # a Tuesday, eight in the evening in New York
BEGAN = int(NOW.timestamp()) // 86_400 - SPREAD
REPEATS = 40

NUMBERS = {
    "sqlite": "WITH RECURSIVE numbers(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last})",
    "postgresql": "WITH numbers AS (SELECT generate_series(CAST({first} AS bigint), {last}) AS n)",
}
AT = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%S.000000', {}, 'unixepoch')",
    "postgresql": "to_timestamp({})",
}
# Everything about call number n follows from n. `dice` is 0 to 99.
FACTS = f"""
SELECT n, ({BEGAN} + n % {SPREAD}) * 86400 + 46800 + n * 7919 % 36000 AS at, (n * 37 + n / 100) % 100 AS dice,
       CASE n / {SPREAD} % 3 WHEN 0 THEN '{LINES[0]}' WHEN 1 THEN '{LINES[1]}' ELSE '{LINES[2]}' END AS line,
       '+1' || CAST(2120000000 + n * 13 % {{people}} AS text) AS caller,
       n % {SPREAD} = {SPREAD - 1} AND n / {SPREAD} < 40 AS open
FROM numbers
"""  # noqa: S608
MISSED = "dice BETWEEN 78 AND 98"
TABLES: dict[type[Any], tuple[dict[str, str], str]] = {
    Callback: (
        {
            "id": "'b' || n", "line": "line", "caller": "caller", "caller_key": "caller || n",
            "state": "CASE WHEN open THEN 'waiting' ELSE 'closed' END",
            "reason": "CASE WHEN dice < 93 THEN 'rang_out' WHEN dice < 97 THEN 'abandoned' ELSE 'closed' END",
            "closed_reason": "CASE WHEN open THEN NULL WHEN n % 7 = 0 THEN 'wrong_person' ELSE 'talked' END",
            "closed_at": "CASE WHEN NOT open THEN {at + 20000} END", "calls": "1", "attempts": "1", "note": "''",
            "first_called_at": "{at}", "last_called_at": "{at}", "promised_by": "{at + 3600}", "due_at": "{at + 3600}",
            "rang_at": "CASE WHEN NOT open THEN {at + 300 + n * 101 % 14400} END",
        },
        MISSED,
    ),
    Call: (
        {
            "id": "'c' || n", "sid": "'CA' || n", "line": "line", "dialled": "line", "caller": "caller",
            "caller_key": "caller", "source": "'webhook'", "path": "'queue'", "round": "0", "talk_seconds": "60",
            "state": "CASE WHEN dice < 78 THEN 'completed' WHEN dice < 93 THEN 'unanswered' WHEN dice < 97 "
                     "THEN 'abandoned' WHEN dice < 99 THEN 'unanswered' ELSE 'blocked' END",
            "outcome": "CASE WHEN dice < 78 THEN 'talked' WHEN dice < 99 THEN 'callback' ELSE 'blocked' END",
            "cause": "CASE WHEN dice < 78 THEN NULL WHEN dice < 93 THEN 'rang_out' WHEN dice < 95 THEN 'abandoned' "
                     "WHEN dice < 97 THEN 'short_abandon' WHEN dice < 99 THEN 'closed' ELSE 'blocked' END",
            **dict.fromkeys(("received_at", "ring_from", "ring_until", "seen_at", "ended_at"), "{at}"),
            "joined_at": "CASE WHEN dice < 78 THEN {at + 3 + n % 30} END",
            "answered_by": "CASE WHEN dice < 78 THEN CASE n % 2 WHEN 0 THEN 'sam' ELSE 'alex' END END",
            "callback_id": f"CASE WHEN {MISSED} THEN 'b' || n END",
        },
        "true",
    ),
    Attempt: (
        {
            "id": "'t' || n", "callback_id": "'b' || n", "staff_id": "CASE n % 2 WHEN 0 THEN 'sam' ELSE 'alex' END",
            "state": "'ended'", "sequence": "0", "talk_seconds": "60", "ending": "'talked'",
            **dict.fromkeys(("created_at", "rang_at", "ended_at"), "{at + 300 + n * 101 % 14400}"),
            "answered_at": "CASE WHEN n % 7 > 0 THEN {at + 310 + n * 101 % 14400} END",
        },
        f"{MISSED} AND NOT open",
    ),
    Leg: (
        {
            "id": "'l' || n", "call_id": "'c' || n", "line": "line", "phone": "'p' || n", "purpose": "'ring'",
            "staff_id": "CASE n % 2 WHEN 0 THEN 'sam' ELSE 'alex' END", "state": "'ended'", "sequence": "0",
            "join_tries": "0", **dict.fromkeys(("placed_at", "ringing_at", "stop_at", "ended_at"), "{at}"),
        },
        f"n % {SPREAD} > {SPREAD - 62}",
    ),
}  # fmt: skip
PORTION = 500_000


def fill(engine: sa.Engine, calls: int) -> None:
    """Write that many calls, and what came of them; no trigger sees it."""
    dialect = engine.dialect.name
    with engine.connect() as connection:
        for hurry in IN_A_HURRY[dialect]:  # on Postgres this also rests the triggers
            connection.exec_driver_sql(hurry)
        resting = _rest_triggers(connection) if dialect == "sqlite" else []
        connection.commit()
        for first in range(0, calls, PORTION):
            last = min(first + PORTION, calls) - 1
            for kind, (columns, which) in TABLES.items():
                connection.exec_driver_sql(_insert(dialect, kind, columns, which, (first, last), calls // 5 + 1))
            connection.commit()
        for trigger in resting:
            connection.exec_driver_sql(trigger)
        connection.commit()
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")


def _rest_triggers(connection: sa.Connection) -> list[str]:
    rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").all()
    for name, _ in rows:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    return [text for _, text in rows]


def _insert(
    dialect: str, kind: type[Any], columns: dict[str, str], which: str, span: tuple[int, int], people: int
) -> str:
    numbers = NUMBERS[dialect].format(first=span[0], last=span[1])
    values = []
    for value in columns.values():
        before, brace, rest = value.partition("{")
        moment, _, after = rest.partition("}")
        values.append(before + AT[dialect].format(moment) + after if brace else value)
    facts = f"({FACTS.format(people=people)}) AS facts"
    names, told = ", ".join(columns), ", ".join(values)
    text = f"INSERT INTO {kind.__tablename__} ({names}) {numbers} SELECT {told} FROM {facts} WHERE {which}"  # noqa: S608
    return text.replace("%", "%%") if dialect == "postgresql" else text


def roll_up(engine: sa.Engine, asked: Span) -> None:
    """Make the roll-ups of these days, as the worker's job would."""
    with Session(engine) as session, session.begin():
        moments = (asked.since + periods.QUARTER * at for at in range((asked.until - asked.since) // periods.QUARTER))
        session.execute(sa.insert(Mark), [{"line": line, "at": at} for at in moments for line in LINES])
    for _ in range(10_000):
        with Session(engine) as session, session.begin():
            if not rollups.roll(session, 96):
                return


def page(database: Database, asked: Range) -> dict[str, float]:
    """Milliseconds of the owner's page: the fastest, the middle, the 95th of a hundred; and of this process alone."""
    wall, cpu = list[float](), list[float]()
    for _ in range(REPEATS + 3):  # the first ones warm up
        began, worked = time.perf_counter(), time.process_time()
        with database.reading() as session:
            report = figures.read(session, asked, NOW)
        wall.append((time.perf_counter() - began) * 1000)
        cpu.append((time.process_time() - worked) * 1000)
    middle, last = (statistics.quantiles(wall[3:], n=20)[at] for at in (9, 18))
    calls = report.now.totals["calls"]
    told = {"calls_asked_for": calls, "page_best_ms": min(wall), "page_ms": middle, "page_p95_ms": last}
    return told | {"cpu_best_ms": min(cpu), "cpu_ms": statistics.median(cpu[3:])}


def naive(engine: sa.Engine, asked: Range) -> float:
    """Milliseconds without roll-ups: the better of two."""
    took = []
    for _ in range(2):
        began = time.perf_counter()
        with Session(engine) as session:
            for each in (asked, asked.before()):
                tallies.live(session, Span(each.since, each.until), LINES)
        took.append((time.perf_counter() - began) * 1000)
    return min(took)


def found(database: Database) -> None:
    """The firm: three lines, three people."""
    firm.found(database)
    with database.transaction() as session:
        session.add_all(firm.line_row(number=line, name=line, position=at + 1) for at, line in enumerate(LINES[1:]))


def measure(url: str, calls: int, days: int) -> dict[str, float]:
    """One database with that many calls."""
    migrate.upgrade(url)
    database = Database(url)
    found(database)
    kind = sa.make_url(url)
    # An engine of our own: the product's gives up a statement sooner than so many rows take.
    engine = sa.create_engine(kind.set(drivername=DRIVERS[kind.get_backend_name()]))
    began = time.perf_counter()
    fill(engine, calls)
    filled = time.perf_counter()
    today = NOW.astimezone(dt.timezone(dt.timedelta(hours=-5))).date()
    asked = Range.of_days(today - dt.timedelta(days=days - 1), today, ZONE)
    roll_up(engine, Span(asked.before().since, asked.until))
    rolled = time.perf_counter()
    told = {"fill_s": filled - began, "roll_s": rolled - filled}
    told |= page(database, asked) | {"naive_ms": naive(engine, asked)}
    engine.dispose()
    database.engine.dispose()
    return {name: round(value, 1) for name, value in told.items()}


@contextlib.contextmanager
def one(kind: str) -> Iterator[str]:
    """The address of a database that is gone, with all it took, when the block ends."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{Path(folder)}/ringback.db"
    else:
        with running_postgres() as server:
            yield server.create_database()


def tell(kind: str, calls: int, row: dict[str, float]) -> None:
    """Print one line."""
    print(f"{kind:9} {calls:>11,}", ", ".join(f"{name} {value:,}" for name, value in row.items()), flush=True)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", default="10000,1000000", help="how many, by comma")
    parser.add_argument("--days", type=int, default=28)
    parser.add_argument("--kinds", default="sqlite,postgres")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    told: dict[str, dict[int, dict[str, float]]] = {}
    if not asked.json:
        print(f"the last {asked.days} days and as many before; aims: {AIM_MS} ms, {AIM_RATIO} times the smallest")
    for kind in asked.kinds.split(","):
        told[kind] = {}
        for calls in map(int, asked.calls.split(",")):
            with one(kind) as url:
                told[kind][calls] = row = measure(url, calls, asked.days)
            # By the fastest: whatever else the machine does is least in it.
            row["times_smallest"] = round(row["page_best_ms"] / next(iter(told[kind].values()))["page_best_ms"], 2)
            if not asked.json:
                print(
                    f"{kind:9} {calls:>11,}", ", ".join(f"{name} {value:,}" for name, value in row.items()), flush=True
                )
    if asked.json:
        print(json.dumps(told))


if __name__ == "__main__":
    main()
