"""How many calls a second the inbound webhook takes, on SQLite and on Postgres, beside a bare route, in one run.

`python -m bench.webhook [--workers 1 2] [--seconds 3] [--repeats 3] [--json]`. Needs the test extra (its Postgres).
Every answer counted is durable: the call, its event and its answer are committed before it goes out. `--workers`: web
processes, measured in turn; the Procfile starts one, whose Python uses one core, and SQLite has one writer either way.
"""

import argparse
import contextlib
import itertools
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench import load
from tests.firm import LINE, found
from tests.postgres import running_postgres
from voice import migrate
from voice.db import Database

ACCOUNT, TOKEN = "AC" + "b" * 32, "a-token-for-the-bench"
PUBLIC = "https://bench.example"
CONNECTIONS = 4

Seen = dict[tuple[str, int], list[load.Figures]]  # by name and workers


@contextlib.contextmanager
def serving(application: str, home: Path, database_url: str, answer: str, workers: int) -> Iterator[int]:
    """The web process as the Procfile starts it, or several; their port. `answer`: what the bare route returns."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    env = os.environ | {
        "DATABASE_URL": database_url, "RINGBACK_HOME": str(home), "PUBLIC_URL": PUBLIC, "BENCH_ANSWER": answer,
        "TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN,
    }  # fmt: skip
    command = [
        sys.executable, "-m", "gunicorn", "-k", "gthread", "-w", str(workers), "--threads", "64",
        "--no-control-socket", "-b", f"127.0.0.1:{port}", "--log-level", "warning", application,
    ]  # fmt: skip
    with (home / "log").open("wb") as log, subprocess.Popen(command, env=env, stdout=log, stderr=log) as process:
        try:
            _until_answers(port)
            yield port
        finally:
            process.terminate()
            process.wait(20)


def _until_answers(port: int) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        time.sleep(0.05)
    raise SystemExit("the web process did not start")


def prepared(url: str) -> str:
    """A database with the firm in it."""
    migrate.upgrade(url)
    found(Database(url))
    return url


def measure(seconds: float, repeats: int, workers: Sequence[int]) -> Seen:
    """Interleaved repetitions, so that a slow moment of the machine falls on all of them.

    The bare route comes last in each, for it returns the bytes that the webhook has just answered with.
    """
    answer = ""
    seen: Seen = {(name, number): [] for number in workers for name in ("bare", "sqlite", "postgres")}
    with running_postgres() as server, tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        urls = {
            "sqlite": ("dashboard.wsgi:both", prepared(f"sqlite:///{home}/bench.db")),
            "postgres": ("dashboard.wsgi:both", prepared(server.create_database())),
            "bare": ("bench.bare:app", ""),
        }
        turns = itertools.product(range(repeats), workers, urls.items())
        for turn, (_repeat, number, (name, (application, url))) in enumerate(turns):
            supply = load.requests(f"{PUBLIC}/voice/incoming", ACCOUNT, TOKEN, LINE, turn * 10**6)
            ready = [next(supply) for _ in range(int(6000 * seconds))]
            with serving(application, home, url, answer, number) as port:
                first = load.run(port, ready[:50], CONNECTIONS, 5)  # they pay for imports and connections
                answer = first.body
                seen[name, number].append(load.run(port, ready[50:], CONNECTIONS, seconds))
    return seen


def summary(seen: Seen) -> list[dict[str, object]]:
    """Medians over the repetitions, and the rate against the bare route of the same repetition."""
    rows: list[dict[str, object]] = []
    for (name, workers), runs in seen.items():
        ratios = [run.rate / bare.rate for run, bare in zip(runs, seen["bare", workers], strict=True)]
        rows.append(
            {
                "name": name,
                "workers": workers,
                "calls_per_second": round(statistics.median(run.rate for run in runs)),
                "to_bare": round(statistics.median(ratios), 3),
                "p50_ms": round(statistics.median(run.quantile(0.5) for run in runs), 2),
                "p99_ms": round(statistics.median(run.quantile(0.99) for run in runs), 2),
                "wrong": sum(run.wrong for run in runs),
            }
        )
    return rows


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    asked.add_argument("--seconds", type=float, default=3)
    asked.add_argument("--repeats", type=int, default=3)
    asked.add_argument("--json", action="store_true")
    args = asked.parse_args()
    rows = summary(measure(args.seconds, args.repeats, args.workers))
    if args.json:
        print(json.dumps({"rows": rows}))
        return
    print(f"{'':10}{'workers':>9}{'calls/s':>9}{'÷ bare':>9}{'p50 ms':>9}{'p99 ms':>9}{'wrong':>7}")
    for row in rows:
        print("{name:10}{workers:>9}{calls_per_second:>9}{to_bare:>9}{p50_ms:>9}{p99_ms:>9}{wrong:>7}".format(**row))


if __name__ == "__main__":
    main()
