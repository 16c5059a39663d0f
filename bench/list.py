"""How long the callback list takes with ten thousand people on it, on SQLite and on Postgres.

`python -m bench.list [--open 10000] [--closed 100000] [--repeats 20] [--json]`. Needs the test extra (its Postgres).
What is timed is the server's own work for one answer: sign-in, queries and rendering, without a network.
"""

import argparse
import contextlib
import datetime as dt
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tests.firm import LINE
from tests.pages import Firm, Visitor
from tests.postgres import running_postgres
from voice import clock, migrate
from voice.models import Call, Callback, Contact, new_id

AIM = 50  # ms for the first page
BATCH = 2000
DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}
FIRST = 2_120_000_000  # numbers are made up from here on
PAGES = {
    "first page": "/",
    "the part that changes": "/list",
    "search by name": "/?q=person+77",
    "search by number": "/?q=00001",
    "150 rows": "/?waiting=150",
}


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
    """Write that many people, each with a name and the call that put them on the list."""
    # An engine of our own: the product's gives up a statement sooner than so many rows take.
    kind = sa.make_url(url)
    engine, now = sa.create_engine(kind.set(drivername=DRIVERS[kind.get_backend_name()])), clock.now()
    everybody = [(index, True) for index in range(opened)] + [(opened + index, False) for index in range(closed)]
    for start in range(0, len(everybody), BATCH):
        made = [rows(index, now, is_open) for index, is_open in everybody[start : start + BATCH]]
        names = [
            {"number": one["caller"], "name": f"Person {start + at}", "blocked": False}
            for at, (one, _) in enumerate(made)
        ]
        with engine.begin() as connection:
            connection.execute(sa.insert(Contact), names)
            connection.execute(sa.insert(Callback), [callback for callback, _ in made])
            connection.execute(sa.insert(Call), [call for _, call in made])
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")
    engine.dispose()


def milliseconds(visitor: Visitor, address: str, repeats: int) -> dict[str, float]:
    """The middle and the worst of so many answers, and their size in kB."""
    taken, size = [], 0
    for _ in range(repeats + 2):
        began = time.perf_counter()
        size = len(visitor.get(address).data)
        taken.append((time.perf_counter() - began) * 1000)
    warm = sorted(taken[2:])
    return {"median_ms": round(statistics.median(warm), 1), "worst_ms": round(warm[-1], 1), "kB": round(size / 1024)}


@contextlib.contextmanager
def databases() -> Iterator[dict[str, Callable[[Path], str]]]:
    """How to get an address of each kind of database."""
    with running_postgres() as server:
        yield {
            "sqlite": lambda folder: f"sqlite:///{folder}/ringback.db",
            "postgres": lambda _: server.create_database(),
        }


def measure(url: str, folder: Path, asked: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Each page's figures on one database."""
    migrate.upgrade(url)
    firm = Firm(url, folder)
    fill(url, asked.open, asked.closed)
    visitor = firm.visitor("alex@example.com")
    figures = {name: milliseconds(visitor, address, asked.repeats) for name, address in PAGES.items()}
    firm.close()
    return figures


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, usual in (("open", 10_000), ("closed", 100_000), ("repeats", 20)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found = {}
    with databases() as kinds, tempfile.TemporaryDirectory() as folder:
        for kind, address in kinds.items():
            found[kind] = measure(address(Path(folder)), Path(folder), asked)
    if asked.json:
        print(json.dumps(found))
        return
    print(f"{asked.open:,} open, {asked.closed:,} closed; the aim for the first page is {AIM} ms")
    for kind, figures in found.items():
        for name, figure in figures.items():
            told = f"{figure['median_ms']:7.1f} ms, worst {figure['worst_ms']:.1f}, {figure['kB']:.0f} kB"
            print(f"{kind:9} {name:22} {told}")


if __name__ == "__main__":
    main()
