"""How many past calls a second can be played again, and how many of them come back as they were.

`python -m bench.replay [--calls 150] [--seeds 1 2 3] [--json] [--search 2000]`. For each way to ring and each seed, so
many calls are lived through first on the carrier in a box, with people who pick up, decline and let machines answer,
some callers at the same time; then they are read from the rows and played again with the same settings. Aimed at: 98 of
100 come back (outcome, cause and who answered), and each of the others is explained.

`--search 2000`: what it costs to look for the best change in so many calls: the first seed's, rung in order, put
on the working days of four weeks. Aimed at: 600 seconds of processor time at most. On a busy machine with two
processors one call took 0.24 s to play, and a search in 2,000 calls (903 missed) plays 2,334: about 555 s, reckoned,
not yet measured to the end.
"""

import argparse
import datetime as dt
import json
import logging
import pathlib
import tempfile
import time
from collections import Counter
from dataclasses import replace
from typing import Any

import structlog

from tests import firm, moody
from tests.conftest import make_settings
from tests.world import World
from voice import clock, migrate, past_calls
from voice.db import Database
from voice.firm import Line
from voice.replay.study import study
from voice.rules.other_settings import Change
from voice.rules.past import Past

AIM = 0.98
LINES: dict[str, dict[str, Any]] = {
    "everyone": {"ring_seconds": 25},
    "in order": {"ring": "in_order", "in_order_step_seconds": 6},
    "fewest recent": {"ring": "fewest_recent", "in_order_step_seconds": 8, "ring_seconds": 30},
}
NOTHING_ELSE = Change("extra", {}, {"sun": "03:00-04:00"})  # when nobody rings


def main() -> None:
    """Live, play again, print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--calls", type=int, default=150)
    asked.add_argument("--seeds", type=int, nargs="+", default=[1])
    asked.add_argument("--json", action="store_true")
    asked.add_argument("--search", type=int, default=0)
    given = asked.parse_args()
    if given.search:
        print(searched(given.search, given.calls, given.seeds[0]))
        return
    found = []
    for seed in given.seeds:
        for name, line in LINES.items():
            found.append(measured(name, line, given.calls, seed))
            if not given.json:
                print(told(found[-1]), flush=True)
    if given.json:
        print(json.dumps(found))
    else:
        calls, same = (sum(each[what] for each in found) for what in ("calls", "same"))
        print(f"together {calls} calls; {same} came back as they were ({same / calls:.1%})")


def measured(name: str, line: dict[str, Any], calls: int, seed: int) -> dict[str, Any]:
    """One way to ring."""
    with tempfile.TemporaryDirectory() as folder:
        began = clock.monotonic()
        past = lived(pathlib.Path(folder), line, calls, seed)
        played_from = clock.monotonic()
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
        result = study(past, NOTHING_ELSE, lambda _done, _of: None, draws=1)
    seconds = clock.monotonic() - played_from
    why = Counter(each["why"] or "not explained" for each in result["differs"])
    return {
        "ring": name, "seed": seed, "calls": result["calls"], "missed": result["missed"],
        "lived_seconds": played_from - began,
        "seconds": seconds, "calls_per_second": result["calls"] / seconds, "same": result["same"],
        "share": result["same"] / result["calls"], "others": dict(why),
        "holds": result["same"] >= AIM * result["calls"],
    }  # fmt: skip


def searched(count: int, calls: int, seed: int) -> str:
    """What a search for the best change costs, in words."""
    with tempfile.TemporaryDirectory() as folder:
        past = on_other_days(lived(pathlib.Path(folder), LINES["in order"], calls, seed), count)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    began = time.process_time()
    result = study(past, None, lambda _done, _of: None)
    seconds = time.process_time() - began
    best = [f"{each['words']}: {each['usual']} ({each['least']} to {each['most']})" for each in result["proposals"]]
    return (
        f"{result['calls']} calls, {result['missed']} missed; {result['same']} of {result['played']} played came back"
        f" as they were; {result['tried']} changes tried in {seconds:.0f} s of processor time; {'; '.join(best)}"
    )


def on_other_days(past: Past, count: int) -> Past:
    """So many calls: these, with other callers, on the working days of some weeks."""
    calls, held = list(past.calls), list(past.held)
    day = 0
    while len(calls) < count:
        day += 1 if day % 7 < 4 else 3
        by = dt.timedelta(days=day)
        calls += [
            replace(call, id=f"{call.id}-{day}", at=call.at + by, who=call.who + len(past.calls) * day)
            for call in past.calls
        ]
        held += [replace(each, since=each.since + by, until=each.until + by) for each in past.held]
    return replace(past, calls=tuple(calls[:count]), held=tuple(held))


def lived(folder: pathlib.Path, line: dict[str, Any], calls: int, seed: int) -> Past:
    """The rows of some hours on a line, read back."""
    url = f"sqlite:///{folder}/lived.db"
    migrate.upgrade(url)
    database = Database(url)
    firm.found(database, staff=("sam", "alex", "kim"), **line)
    world = World(database, make_settings(url, folder), firm.MONDAY_TEN)
    moody.live(world, calls, seed)
    until = world.now
    world.close()
    with database.reading() as session:
        past = past_calls.read(session, session.get_one(Line, firm.LINE), firm.MONDAY_TEN, until)
    database.engine.dispose()
    return past


def told(found: dict[str, Any]) -> str:
    """One line to read."""
    others = "; ".join(f"{count} × {why}" for why, count in found["others"].items())
    return (
        f"{found['ring']:14} seed {found['seed']}: {found['calls']:5} calls, {found['missed']} missed;"
        f" played again in {found['seconds']:.0f} s"
        f" ({found['calls_per_second']:.1f} a second); {found['same']} came back as they were ({found['share']:.1%})"
        f"{'' if found['holds'] else ', fewer than aimed at'}{': ' + others if others else ''}"
    )


if __name__ == "__main__":
    main()
