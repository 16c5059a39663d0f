"""How long the list of people takes with a million cards, on SQLite and on Postgres: pages near and far, and search.

`python -m bench.people [--people 1000000] [--repeats 20] [--json]`, in some minutes. Needs the test extra (its
Postgres). Timed as in `bench.list`, whose rows these are: everybody has rung once, and 10,000 wait for a call.
"""

import argparse
import datetime as dt
import json
import tempfile
from pathlib import Path

from bench.list import databases, figures_of, fill, tell
from dashboard.people_rows import NEVER
from tests.pages import Firm
from voice import clock, migrate, paging

AIM = 100  # ms
OPEN = 10_000


def pages() -> dict[str, str]:
    """What is asked for, by what it is called."""
    later, last = paging.cursor(clock.now() - dt.timedelta(days=690), "+"), paging.cursor(NEVER, "")
    return {
        "first page": "/people",
        "a page of two years ago": f"/people?after={later}",
        "after all who rang": f"/people?after={last}",
        "search by whole number": "/people?q=%2B12120004321",
        "search by last digits": "/people?q=000+4321",
        "search by name": "/people?q=person+7777",
        "search for everybody": "/people?q=person",
        "search in vain": "/people?q=nobody+here",
    }


def measure(url: str, folder: Path, asked: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Each page's figures on one database."""
    migrate.upgrade(url)
    firm = Firm(url, folder)
    fill(url, min(OPEN, asked.people), max(asked.people - OPEN, 0))
    visitor = firm.visitor("sam@example.com")
    figures = {name: figures_of(visitor, address, asked.repeats) for name, address in pages().items()}
    firm.close()
    return figures


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, usual in (("people", 1_000_000), ("repeats", 20)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if not asked.json:
        print(f"{asked.people:,} people; aim: {AIM} ms a page")
    found = {}
    with databases() as kinds, tempfile.TemporaryDirectory() as folder:
        for kind, address in kinds.items():
            found[kind] = figures = measure(address(Path(folder)), Path(folder), asked)
            if not asked.json:
                tell(kind, figures)
    if asked.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
