"""What the owner's page costs with ten thousand, a million and ten million calls, on SQLite and on Postgres.

`python -m bench.figures [--calls 10000,1000000] [--lie behind,denser] [--kinds sqlite,postgres] [--days 28] [--json]`.
Needs the test extra (its Postgres).

Calls come in on three lines, in ten hours of every day; one in five puts somebody on the list. Two readings:

- "behind" asks what history costs: the last two months hold the same ten thousand calls each time, and all others lie
  in the ten years before them. The aims are for this one.
- "denser" asks what a busier firm costs: all calls lie within two years, so a hundred times as many are a hundred times
  as many on each day that is asked for.

What is asked for is the last 28 days, set against the 28 before. "page" is the server's own work for the whole answer
to /owner: sign-in, figures, lists, pictures, rendering, packing; "cpu" the work in it, the database's with it, which a
busy machine changes little. "figures" is `figures.read` in it, the fastest. "naive" is what the
figures cost without roll-ups: the same statements over all calls of those days. Legs are written for all calls of the
last two months, and for one in four before. The roll-ups of the days asked for are made as the worker makes them; those
of the ten years before are copies of these, so that their table is as long as it would be.
Ten million calls take about 15 GB and a quarter of an hour on each database.
"""

import argparse
import contextlib
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bench.calls import AT, EARLIER_DAYS, LINES, NOW, NUMBERS, RECENT, fill
from bench.list import DRIVERS
from tests.firm import line_row
from tests.pages import Firm
from tests.postgres import running_postgres
from voice import clock, figures, migrate
from voice.figures import rollups, tallies
from voice.rollup_tables import Mark, Rollup
from voice.rules import periods
from voice.rules.periods import Range, Span

AIM_MS, AIM_RATIO = 100, 1.5
ZONE = "America/New_York"
REPEATS, WARM = 40, 3


def roll_up(engine: sa.Engine, asked: Span) -> None:
    """Make the roll-ups of these days, as the worker's job would."""
    with Session(engine) as session, session.begin():
        moments = (asked.since + periods.QUARTER * at for at in range((asked.until - asked.since) // periods.QUARTER))
        session.execute(sa.insert(Mark), [{"line": line, "at": at} for at in moments for line in LINES])
    for _ in range(10_000):
        with Session(engine) as session, session.begin():
            if not rollups.roll(session, 96):
                return


def roll_up_earlier(engine: sa.Engine, made: Span) -> None:
    """Copy these roll-ups, time and again, over the years before."""
    dialect, days = engine.dialect.name, (made.until - made.since).days
    seconds = {"sqlite": "strftime('%s', {})", "postgresql": "extract(epoch FROM {})"}[dialect]
    since, until = (AT[dialect].format(f"{seconds.format(at)} - n * {days * 86_400}") for at in ("since", "until"))
    names = ", ".join(column.name for column in sa.inspect(Rollup).local_table.c)
    told = names.replace("since", since).replace("until", until)
    numbers = NUMBERS[dialect].format(first=1, last=EARLIER_DAYS // days)
    copies = f"INSERT INTO rollups ({names}) {numbers} SELECT {told} FROM rollups, numbers"  # noqa: S608
    with engine.begin() as connection:
        connection.exec_driver_sql(copies.replace("%", "%%") if dialect == "postgresql" else copies)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")


def timed(work: Callable[[], object], repeats: int = REPEATS) -> tuple[list[float], list[float]]:
    """Milliseconds of each time: of the whole, and of this process alone."""
    wall, cpu = list[float](), list[float]()
    for _ in range(repeats + WARM):
        began, worked = time.perf_counter(), time.process_time()
        work()
        wall.append((time.perf_counter() - began) * 1000)
        cpu.append((time.process_time() - worked) * 1000)
    return wall[WARM:], cpu[WARM:]


def page(firm: Firm, days: int) -> dict[str, float]:
    """The owner's page: the fastest, the middle, the 95th of a hundred; and the work in it, wherever it was done."""
    visitor = firm.visitor("sam@example.com")
    address = f"/owner?days={days}"

    def opened() -> None:
        if (answer := visitor.get(address, Accept_Encoding="gzip")).status_code != 200:
            raise SystemExit(f"{address} answers {answer.status_code}")

    opened()
    worked = of_database(firm)
    wall, cpu = timed(opened)
    database = (of_database(firm) - worked) / (REPEATS + WARM)
    middle, last = (statistics.quantiles(wall, n=20)[at] for at in (9, 18))
    told = {"page_best_ms": min(wall), "page_ms": middle, "page_p95_ms": last}
    return told | {"cpu_ms": statistics.median(cpu) + database, "of_it_database_ms": database}


def of_database(firm: Firm) -> float:
    """Milliseconds that the database's own processes have worked; none on SQLite, which works in ours."""
    if firm.database.engine.dialect.name == "sqlite":
        return 0.0
    theirs = sa.text("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
    with firm.database.reading() as session:
        found = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in session.scalars(theirs)]
    ticks = sum(int(each[at]) for each in found for at in (11, 12))  # in the user's part and in the system's
    return ticks * 1000 / os.sysconf("SC_CLK_TCK")


def read(firm: Firm, asked: Range) -> dict[str, float]:
    """The figures alone, as they are read and without roll-ups: the fastest."""

    def read() -> int:
        with firm.database.reading() as session:
            return figures.read(session, asked, NOW).now.totals["calls"]

    def naive() -> None:
        with Session(firm.database.engine) as session:
            for each in (asked, asked.before()):
                tallies.live(session, Span(each.since, each.until), LINES)

    told = {"calls_asked_for": read(), "figures_ms": min(timed(read)[0])}
    try:
        return told | {"naive_ms": min(timed(naive, 1)[0])}
    except sa.exc.OperationalError:  # the product gives up a statement that takes so long
        return told


def found(url: str, folder: Path) -> Firm:
    """The firm: three lines, three people, of whom Sam may see the page."""
    migrate.upgrade(url)
    firm = Firm(url, folder)
    with firm.database.transaction() as session:
        session.add_all(line_row(number=line, name=line, position=at + 1) for at, line in enumerate(LINES[1:]))
    return firm


def measure(firm: Firm, calls: int, lie: str, days: int) -> dict[str, float]:
    """One database with that many calls."""
    kind = firm.database.engine.url
    # An engine of our own: the product's gives up a statement sooner than so many rows take.
    engine = sa.create_engine(kind.set(drivername=DRIVERS[kind.get_backend_name()]))
    began = time.perf_counter()
    fill(engine, calls, lie)
    filled = time.perf_counter()
    today = NOW.astimezone(ZoneInfo(ZONE)).date()
    asked = Range.of_days(today - (days - 1) * periods.DAY, today, ZONE)
    made = Span(asked.before().since, asked.until)
    roll_up(engine, made)
    if lie == "behind" and calls > RECENT:
        roll_up_earlier(engine, made)
    told = {"fill_s": filled - began, "roll_s": time.perf_counter() - filled}
    engine.dispose()
    return {name: round(value, 1) for name, value in (told | page(firm, days) | read(firm, asked)).items()}


@contextlib.contextmanager
def one(kind: str) -> Iterator[Firm]:
    """A firm whose database is gone, with all it took, when the block ends."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stack.enter_context(clock.told_by(lambda: NOW))
        url = (
            f"sqlite:///{folder}/ringback.db"
            if kind == "sqlite"
            else stack.enter_context(running_postgres()).create_database()
        )
        firm = found(url, folder)
        stack.callback(firm.close)
        yield firm


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", default="10000,1000000", help="how many, by comma")
    parser.add_argument("--lie", default="behind,denser", help="how they lie in time, by comma")
    parser.add_argument("--kinds", default="sqlite,postgres")
    parser.add_argument("--days", type=int, default=28, help="7 or 28")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    told: dict[str, dict[int, dict[str, float]]] = {}
    if not asked.json:
        print(f"the last {asked.days} days and as many before; aims: {AIM_MS} ms, {AIM_RATIO} times the smallest")
    for kind, lie in ((kind, lie) for kind in asked.kinds.split(",") for lie in asked.lie.split(",")):
        rows = told[f"{kind} {lie}"] = {}
        for calls in map(int, asked.calls.split(",")):
            with one(kind) as firm:
                rows[calls] = row = measure(firm, calls, lie, asked.days)
            # By the work and by the fastest: whatever else the machine does is least in these.
            for what in ("cpu_ms", "page_best_ms"):
                row[f"{what}_times_smallest"] = round(row[what] / next(iter(rows.values()))[what], 2)
            if not asked.json:
                shown = ", ".join(f"{name} {value:,}" for name, value in row.items())
                print(f"{kind:9} {lie} {calls:>11,}", shown, flush=True)
    if asked.json:
        print(json.dumps(told))


if __name__ == "__main__":
    main()
