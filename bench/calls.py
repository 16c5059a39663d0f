"""Calls by the million, and what came of them, written by the database itself: for `bench.figures`."""

import datetime as dt
from typing import Any

import sqlalchemy as sa

from bench.list import IN_A_HURRY
from tests.firm import LINE, PHONES
from voice.models import Attempt, Call, Callback, Leg

NOW = dt.datetime(2026, 11, 25, 1, 0, tzinfo=dt.UTC)  # a Tuesday, eight in the evening in New York
LAST = int(NOW.timestamp()) // 86_400 - 1  # the day before, which holds the last call
LINES = (LINE, "+12125550101", "+12125550102")
RECENT, RECENT_DAYS, EARLIER_DAYS = 10_000, 60, 3650
# How the calls lie. "behind": the last two months hold the same ten thousand, and all others lie in the ten years
# before. "denser": all lie within two years, so ten times as many are ten times as many each day.
DAY_OF = {
    "behind": f"{LAST} - CASE WHEN n < {RECENT} THEN n % {RECENT_DAYS} ELSE {RECENT_DAYS} + n % {EARLIER_DAYS} END",
    "denser": f"{LAST} - n % 730",
}
# Everybody rings five times.
PEOPLE_OF = {
    "behind": f"CASE WHEN n < {RECENT} THEN {RECENT // 5 + 1} ELSE {{calls}} / 5 + 1 END",
    "denser": "{calls} / 5 + 1",
}

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
(SELECT n, day, day * 86400 + 46800 + n * 7919 % 36000 AS at, (n * 37 + n / 100) % 100 AS dice,
       CASE n / 60 % 3 WHEN 0 THEN '{LINES[0]}' WHEN 1 THEN '{LINES[1]}' ELSE '{LINES[2]}' END AS line,
       '+1' || CAST(2120000000 + n * 13 % ({{people}}) AS text) AS caller,
       day = {LAST} AND n < 30000 AS open
FROM (SELECT n, {{day}} AS day FROM numbers) AS days) AS facts
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
            "id": "'l' || n", "call_id": "'c' || n", "line": "line",
            "phone": f"CASE n % 2 WHEN 0 THEN '{PHONES['sam']}' ELSE '{PHONES['alex']}' END", "purpose": "'ring'",
            "staff_id": "CASE n % 2 WHEN 0 THEN 'sam' ELSE 'alex' END", "state": "'ended'", "sequence": "0",
            "join_tries": "0", **dict.fromkeys(("placed_at", "ringing_at", "stop_at", "ended_at"), "{at}"),
        },
        f"day > {LAST - 62} OR n % 4 = 0",
    ),
}  # fmt: skip
PORTION = 500_000
NAMES = ", ".join(f"'{kind.__tablename__}'" for kind in TABLES)
OWN_INDEXES = "type = 'index' AND sql <> ''"
TRIGGERS = {"sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'", "postgresql": ""}
INDEXES = {
    "sqlite": f"SELECT name, sql FROM sqlite_master WHERE {OWN_INDEXES} AND tbl_name IN ({NAMES})",  # noqa: S608
    "postgresql": f"""SELECT indexname, indexdef FROM pg_indexes LEFT JOIN pg_constraint ON conname = indexname
    WHERE conname IS NULL AND tablename IN ({NAMES})""",  # noqa: S608
}


def fill(engine: sa.Engine, calls: int, lie: str) -> None:
    """Write that many calls, and what came of them; no trigger sees it, and indexes are made afterwards, which is
    quicker. `lie`: a name of DAY_OF."""
    dialect = engine.dialect.name
    facts = FACTS.format(day=DAY_OF[lie], people=PEOPLE_OF[lie].format(calls=calls))
    with engine.connect() as connection:
        for hurry in IN_A_HURRY[dialect]:  # on Postgres this also rests the triggers
            connection.exec_driver_sql(hurry)
        resting = [*_rest(connection, INDEXES[dialect], "INDEX"), *_rest(connection, TRIGGERS[dialect], "TRIGGER")]
        connection.commit()
        for first in range(0, calls, PORTION):
            last = min(first + PORTION, calls) - 1
            for kind, (columns, which) in TABLES.items():
                connection.exec_driver_sql(_insert(dialect, kind, columns, f"{facts} WHERE {which}", (first, last)))
            connection.commit()
        for statement in resting:
            connection.exec_driver_sql(statement)
        connection.commit()
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")


def _rest(connection: sa.Connection, listed: str, kind: str) -> list[str]:
    """Take these away; how each is made again."""
    rows = connection.exec_driver_sql(listed).all() if listed else []
    for name, _ in rows:
        connection.exec_driver_sql(f"DROP {kind} {name}")
    return [text for _, text in rows]


def _insert(dialect: str, kind: type[Any], columns: dict[str, str], facts: str, span: tuple[int, int]) -> str:
    numbers = NUMBERS[dialect].format(first=span[0], last=span[1])
    values = []
    for value in columns.values():
        before, brace, rest = value.partition("{")
        moment, _, after = rest.partition("}")
        values.append(before + AT[dialect].format(moment) + after if brace else value)
    names, told = ", ".join(columns), ", ".join(values)
    text = f"INSERT INTO {kind.__tablename__} ({names}) {numbers} SELECT {told} FROM {facts}"  # noqa: S608
    return text.replace("%", "%%") if dialect == "postgresql" else text
