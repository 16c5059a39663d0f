"""How long the callback list takes with ten thousand people on it and with ten, on SQLite and on Postgres.

`python -m bench.list [--open 10000] [--closed 1000000] [--repeats 40] [--json]`, in a few minutes. Needs the test extra
(its Postgres). The closed ones are spread over 700 days, so that about 1 in 23 is found by a search.
What is timed is the server's own work for one answer: sign-in, queries, rendering and packing, without a network.
"cpu" is this process alone; "wall" has what Postgres did as well, and whatever else the machine was doing.
"""

import argparse
import contextlib
import datetime as dt
import gzip
import json
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import sqlalchemy as sa

from tests.firm import LINE
from tests.pages import Firm, Visitor
from tests.postgres import running_postgres
from voice import callbacks, clock, findable, migrate, person_words
from voice.db import Database
from voice.findable import CallbackWords
from voice.models import Base, Call, Callback, Contact, new_id

AIM, AIM_KB = 50, 150  # ms for the first page; kB for all that a browser's first visit brings over the wire
AIM_TIMES = 4  # what all of them may cost, times what ten do: the page shows some eighty of them, eight times as many
BATCH = 2000
MADE_HERE = 20_000  # closed rows that are written one by one; beyond these the database copies its own
DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}
# For a database that is thrown away: no waiting for the disk, no second look at references that are right as made.
IN_A_HURRY = {
    "sqlite": ("PRAGMA synchronous=OFF", "PRAGMA cache_size=-200000"),
    "postgresql": ("SET session_replication_role = replica",),
}
FEW = 10
FIRST = 2_120_000_000  # numbers are made up from here on
FILE = re.compile(r'(?:href|src)="(/assets/[^"]+)"')
IMPORTED = re.compile(r'from "(\./[^"]+)"')
PAGES = {
    "first page": "/",
    "the part that changes": "/list",
    "search by name": "/?q=person+77",
    "search by number": "/?q=212+000+4321",
    "search by note": "/?q=quote",
    "search for everybody": "/?q=person",
    "search in vain": "/?q=nobody+here",
    "150 rows": "/?waiting=150",
}
Figures = dict[str, dict[str, float]]
Measure = Callable[[str, Path, argparse.Namespace], Figures]
WITH_FEW = ("first page", "the part that changes")


def rows(index: int, now: dt.datetime, opened: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """A callback and its call. Of the open ones most wait, a tenth each is set aside, unreached or held."""
    caller, minutes = f"+1{FIRST + index}", dt.timedelta(minutes=index % 3000 - 200)
    rang = now - dt.timedelta(days=0 if opened else index % 700 + 1, minutes=index % 600)
    kind = index % 10
    state = {7: "unreached", 8: "held"}.get(kind, "waiting") if opened else "closed"
    later = "retry" if opened and kind == 6 else None
    due = now + abs(minutes) if later else now + minutes
    callback = {
        "id": new_id(), "line": LINE, "caller": caller, "caller_key": caller, "state": state, "reason": "rang_out",
        "calls": 1 + kind // 9, "attempts": 0, "first_called_at": rang, "last_called_at": rang, "promised_by": due,
        "due_at": due, "later": later, "note": "wants a quote" if kind == 3 else "", "why_not": "", "handed_word": "",
        "held_reason": "premium" if state == "held" else None, "closed_reason": None if opened else "talked",
        "closed_at": None if opened else rang,
    }  # fmt: skip
    call = {
        "id": new_id(), "sid": f"CA{new_id()}", "line": LINE, "dialled": LINE, "caller": caller, "caller_key": caller,
        "source": "webhook", "state": "unanswered", "outcome": "callback", "path": "queue", "round": 0,
        "talk_seconds": 0, "received_at": rang, "ring_from": rang, "ring_until": rang, "seen_at": rang,
        "ended_at": rang, "callback_id": callback["id"],
    }  # fmt: skip
    return callback, call


def fill(url: str, opened: int, closed: int) -> None:
    """Write that many people, each with a name and the call that put them on the list.

    Beyond MADE_HERE the closed ones are a multiple of it.
    """
    # An engine of our own: the product's gives up a statement sooner than so many rows take.
    kind = sa.make_url(url)
    engine, now = sa.create_engine(kind.set(drivername=DRIVERS[kind.get_backend_name()])), clock.now()
    made = min(closed, MADE_HERE)
    with engine.connect() as connection:
        for hurry in IN_A_HURRY[kind.get_backend_name()]:
            connection.exec_driver_sql(hurry)
        connection.commit()
        for laid in (findable, person_words):
            laid.lift(connection)
        for start in range(0, opened + made, BATCH):
            some = [rows(index, now, index < opened) for index in range(start, min(start + BATCH, opened + made))]
            names = [
                {"number": callback["caller"], "name": f"Person {start + at}", "blocked": False}
                for at, (callback, _) in enumerate(some)
            ]
            connection.execute(sa.insert(Contact), names)
            connection.execute(sa.insert(Callback), [callback for callback, _ in some])
            connection.execute(sa.insert(Call), [call for _, call in some])
        if closed > made:
            _copy(connection, f"+1{FIRST + opened}", made, closed // made)
        for laid in (findable, person_words):
            laid.lay(connection)
        connection.commit()
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")
    engine.dispose()


def leave(url: str, few: int) -> None:
    """Take the open ones off the list but for a few, as if there had never been more."""
    engine = sa.create_engine(Database(url).engine.url)
    open_ones = sa.select(Callback.id).where(callbacks.IS_OPEN).order_by(Callback.due_at, Callback.id)
    with engine.begin() as connection:
        for hurry in IN_A_HURRY[connection.dialect.name]:
            connection.exec_driver_sql(hurry)
        gone = connection.scalars(open_ones.offset(few)).all()
        for some in (gone[at : at + 500] for at in range(0, len(gone), 500)):
            for column in (CallbackWords.callback_id, Call.callback_id, Callback.id):
                connection.execute(sa.delete(column.class_).where(column.in_(some)))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    engine.dispose()


def _copy(connection: sa.Connection, first: str, made: int, times: int) -> None:
    """Have each of the `made` people from the number `first` on that many times, with other numbers and ids."""
    turn = sa.select(sa.literal(1).label("turn")).cte("turns", recursive=True)
    turn = turn.union_all(sa.select(turn.c.turn + 1).where(turn.c.turn < times - 1))
    suffix = sa.cast(turn.c.turn, sa.Text)
    kinds: tuple[tuple[type[Base], str], ...] = ((Contact, "number"), (Callback, "caller"), (Call, "caller"))
    for kind, number in kinds:
        table = sa.inspect(kind).local_table
        digits = sa.cast(sa.func.substr(table.c[number], 3), sa.BigInteger) + turn.c.turn * made
        changed = dict.fromkeys(("number", "caller", "caller_key"), sa.literal("+1") + sa.cast(digits, sa.Text))
        changed |= {name: table.c[name] + suffix for name in ("id", "sid", "callback_id") if name in table.c}
        columns = [changed.get(column.name, column).label(column.name) for column in table.c]
        copies = sa.select(*columns).join_from(table, turn, sa.true()).where(table.c[number] >= first)
        connection.execute(sa.insert(kind).from_select([column.name for column in table.c], copies))


def figures_of(visitor: Visitor, address: str, repeats: int) -> dict[str, float]:
    """The middle and the 95th of a hundred answers in ms, by the clock and of this process, and their size in kB."""
    wall, cpu, body = list[float](), list[float](), b""
    for _ in range(repeats + 3):  # the first ones warm up
        began, worked = time.perf_counter(), time.process_time()
        body = visitor.get(address, Accept_Encoding="gzip").data
        wall.append((time.perf_counter() - began) * 1000)
        cpu.append((time.process_time() - worked) * 1000)
    figures = {
        f"{name}_{place}_ms": round(statistics.quantiles(taken[3:], n=20)[at], 1)
        for name, taken in (("wall", wall), ("cpu", cpu))
        for place, at in (("p50", 9), ("p95", 18))
    }
    return figures | {"kB": round(len(gzip.decompress(body)) / 1024, 1), "packed_kB": round(len(body) / 1024, 1)}


def first_load(visitor: Visitor) -> float:
    """kB over the wire when a browser opens the list for the first time: the page and every file it asks for."""
    page = visitor.get("/", Accept_Encoding="gzip").data
    waiting, weight = set(FILE.findall(gzip.decompress(page).decode())), len(page)
    asked = set[str]()
    while waiting:
        address = waiting.pop()
        asked.add(address)
        answer = visitor.get(address, Accept_Encoding="gzip")
        if answer.status_code != 200:
            raise SystemExit(f"{address} answers {answer.status_code}")
        weight += len(answer.data)
        if answer.mimetype == "text/javascript":
            text = gzip.decompress(answer.data) if answer.content_encoding == "gzip" else answer.data
            waiting |= {urljoin(address, name) for name in IMPORTED.findall(text.decode())} - asked
    return round(weight / 1024, 1)


@contextlib.contextmanager
def databases() -> Iterator[dict[str, Callable[[Path], str]]]:
    """How to get an address of each kind of database."""
    with running_postgres() as server:
        yield {
            "sqlite": lambda folder: f"sqlite:///{folder}/ringback.db",
            "postgres": lambda _: server.create_database(),
        }


def measure(url: str, folder: Path, asked: argparse.Namespace) -> Figures:
    """Each page's figures on one database."""
    migrate.upgrade(url)
    firm = Firm(url, folder)
    fill(url, asked.open, asked.closed)
    visitor = firm.visitor("alex@example.com")
    figures = {name: figures_of(visitor, address, asked.repeats) for name, address in PAGES.items()}
    figures["first page"]["first_load_kB"] = first_load(visitor)
    leave(url, FEW)
    for name in WITH_FEW:
        few = figures[f"{FEW} open: {name}"] = figures_of(visitor, PAGES[name], asked.repeats)
        figures[name][f"times_{FEW}_open"] = round(figures[name]["wall_p50_ms"] / few["wall_p50_ms"], 2)
    firm.close()
    return figures


def tell(kind: str, figures: Figures) -> None:
    """Print one database's figures, a line a page."""
    for name, figure in figures.items():
        print(f"{kind:9} {name:30}", ", ".join(f"{what} {value}" for what, value in figure.items()), flush=True)


def holds(figures: Figures) -> bool:
    """Whether one database's first page keeps to the aims, and what is asked for again and again costs little more
    than with few people on the list."""
    first = figures["first page"]
    even = all(figures[name][f"times_{FEW}_open"] <= AIM_TIMES for name in WITH_FEW)
    return even and first["wall_p50_ms"] <= AIM and first["first_load_kB"] <= AIM_KB


def run(about: str | None, usual: dict[str, int], aims: str, measure: Measure) -> dict[str, Figures]:
    """Measure both databases and print that, as asked for on the command line; `usual`: its numbers, if not given.

    `aims` is said first; it may name those numbers.
    """
    parser = argparse.ArgumentParser(description=about)
    for name, number in usual.items():
        parser.add_argument(f"--{name}", type=int, default=number)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if not asked.json:
        print(aims.format(**vars(asked)))
    found = {}
    with databases() as kinds, tempfile.TemporaryDirectory() as folder:
        for kind, address in kinds.items():
            found[kind] = figures = measure(address(Path(folder)), Path(folder), asked)
            if not asked.json:
                tell(kind, figures)
    if asked.json:
        print(json.dumps(found))
    return found


def main() -> int:
    """Print the figures. Exit status: 1 when an aim is missed."""
    usual = {"open": 10_000, "closed": 1_000_000, "repeats": 40}
    held = f"first page {AIM} ms, first load {AIM_KB} kB, no more than {AIM_TIMES} times {FEW} open"
    aims = f"{{open:,}} open, {{closed:,}} closed; aims: {held}"
    return 0 if all(map(holds, run(__doc__, usual, aims, measure).values())) else 1


if __name__ == "__main__":
    sys.exit(main())
