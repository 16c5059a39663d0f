"""`ringback staffing`: what callers meet with so many people on the phones, or how many people an aim takes."""

import argparse
import json
import math
import sys
from collections.abc import Callable
from typing import Any

from voice.rules.staffing import Load, least, model

MOST_CALLS, MOST_SECONDS, MOST_STAFF = 100_000, 4 * 3600, 10_000


def describe(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    add = parser.add_argument
    add("--calls-per-hour", type=_above_nought(MOST_CALLS), required=True, metavar="N")
    add(
        "--talk-seconds", type=_above_nought(MOST_SECONDS), required=True, metavar="S", help="mean, with the note after"
    )
    add("--patience-seconds", type=_above_nought(MOST_SECONDS), metavar="S",
        help="mean time until a caller gives up (left out: they never do)")  # fmt: skip
    add("--staff", type=_staff, metavar="N", help="how many can answer (left out: how many it takes)")
    add("--aim", type=_share, default=0.9, metavar="SHARE", help="of callers who reach somebody in time (0.9)")
    add("--within", type=_seconds, default=20.0, metavar="S", help="what in time means (20)")
    add("--json", action="store_true", help="for a program")


def run(asked: argparse.Namespace) -> int:
    """Print it; nothing is read or written."""
    load = Load(asked.calls_per_hour, asked.talk_seconds, asked.patience_seconds)
    staff = least(load, asked.aim, asked.within) if asked.staff is None else asked.staff
    told = _told(load, staff, asked.within)
    if asked.json:
        sys.stdout.write(json.dumps(told, indent=2) + "\n")
        return 0
    if asked.staff is None:
        sys.stdout.write(
            f"{staff} needed for {asked.aim:.4g} of callers to reach somebody within {asked.within:g} s.\n"
        )
    sys.stdout.write(_in_words(told, asked.within))
    return 0


def _told(load: Load, staff: int, within: float) -> dict[str, Any]:
    """Shares from 0 to 1; the mean wait is None where the queue grows for ever."""
    known = model(load, staff)
    met = known.figures()
    return {
        "staff": staff,
        "p_wait": met.p_wait,
        "p_abandon": met.p_abandon,
        "mean_wait_seconds": met.mean_wait if math.isfinite(met.mean_wait) else None,
        "busy": met.busy,
        "answered_within": known.answered_within(within),
    }


def _in_words(told: dict[str, Any], within: float) -> str:
    wait = told["mean_wait_seconds"]
    rows = [
        ("staff", f"{told['staff']}"),
        ("callers who wait", f"{told['p_wait']:.1%}"),
        ("callers who give up", f"{told['p_abandon']:.1%}"),
        ("mean wait of all", "without end: more calls than they can take" if wait is None else f"{wait:.1f} s"),
        ("staff time that is talk", f"{told['busy']:.1%}"),
        (f"reach somebody in {within:g} s", f"{told['answered_within']:.1%}"),
    ]
    return "".join(f"{name:<25} {value}\n" for name, value in rows)


def _number(text: str, fits: Callable[[float], bool], needed: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not fits(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not {needed}")
    return value


def _above_nought(most: float) -> Callable[[str], float]:
    return lambda text: _number(text, lambda value: 0 < value <= most, f"a number above 0, up to {most:,}")


def _share(text: str) -> float:
    return _number(text, lambda value: 0 < value <= 0.9999, "a share above 0, up to 0.9999")


def _seconds(text: str) -> float:
    return _number(text, lambda value: 0 <= value <= MOST_SECONDS, f"a number of seconds from 0 to {MOST_SECONDS:,}")


def _staff(text: str) -> int:
    if not (text.isdecimal() and int(text) <= MOST_STAFF):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to {MOST_STAFF:,}")
    return int(text)
