"""How long the list of people takes with a million cards, on SQLite and on Postgres: pages near and far, and search.

`python -m bench.people [--people 1000000] [--repeats 20] [--json]`, in some minutes. Needs the test extra (its
Postgres). Timed as in `bench.list`, whose rows these are: everybody has rung once, and 10,000 wait for a call.
"""

import argparse
import datetime as dt
import sys
from pathlib import Path

from bench.list import Figures, figures_of, fill, run
from dashboard.people_rows import NEVER
from tests.pages import Firm
from voice import clock, migrate, paging

AIM = 50  # ms
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


def measure(url: str, folder: Path, asked: argparse.Namespace) -> Figures:
    """Each page's figures on one database."""
    migrate.upgrade(url)
    firm = Firm(url, folder)
    fill(url, min(OPEN, asked.people), max(asked.people - OPEN, 0))
    visitor = firm.visitor("sam@example.com")
    figures = {name: figures_of(visitor, address, asked.repeats) for name, address in pages().items()}
    firm.close()
    return figures


def holds(figures: Figures) -> bool:
    """Whether each search of one database keeps to the aim."""
    return all(figure["wall_p50_ms"] <= AIM for name, figure in figures.items() if name.startswith("search"))


def main() -> int:
    """Print the figures. Exit status: 1 when the aim is missed."""
    aims = f"{{people:,}} people; aim: {AIM} ms a search"
    found = run(__doc__, {"people": 1_000_000, "repeats": 20}, aims, measure)
    return 0 if all(map(holds, found.values())) else 1


if __name__ == "__main__":
    sys.exit(main())
