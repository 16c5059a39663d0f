"""Warnings that need no reading: what goes wrong again and again, what it costs, and what would mend it. Pure.

`costs` is how many callers it has let down in the days looked at; of several warnings the one with most is proposed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

Kind = Literal["nobody", "mailbox", "failing", "promises"]
DAYS = 28  # looked at
ENOUGH = 3  # times before it is no accident
ALIKE = 3.0  # seconds: a mailbox takes over after the same time each time, a person does not
OFTEN = 0.2  # of promises that are broken


@dataclass(frozen=True)
class Ring:
    """One ring of a staff phone for a caller, oldest first in a list: how it ended, and after how many seconds it was
    picked up (None: it was not)."""

    end: str
    picked_up_after: float | None
    caller: str


@dataclass(frozen=True)
class Mailbox:
    """A mailbox takes a phone's calls after about so many seconds: so often, for so many callers."""

    after: float
    times: int
    callers: int


@dataclass(frozen=True)
class Failing:
    """The last so many rings of a phone all failed at the carrier, for so many callers."""

    times: int
    callers: int


@dataclass(frozen=True)
class Warning:
    """Something to mend. `title` says what is wrong, `says` how that shows, `fix`
    what mends it and `where` which page does (a name the pages know), about `of` (a staff member's id, a line)."""

    kind: Kind
    costs: int
    title: str
    says: str
    fix: str
    where: str
    of: str = ""
    mended: bool = False  # Ringback has seen to it: nothing is left to do


def mailbox(rings: Sequence[Ring]) -> Mailbox | None:
    """Whether a phone is picked up by a machine: without a key, and always after about the same time."""
    taken = [ring for ring in rings if ring.end == "not_screened" and ring.picked_up_after is not None]
    after = [ring.picked_up_after for ring in taken if ring.picked_up_after is not None]
    if len(after) < ENOUGH:
        return None
    usual = median(after)
    machine = [ring for ring, wait in zip(taken, after, strict=True) if abs(wait - usual) <= ALIKE]
    if len(machine) < ENOUGH or len(machine) * 2 <= len(after):
        return None
    return Mailbox(usual, len(machine), len({ring.caller for ring in machine}))


def failing(rings: Sequence[Ring]) -> Failing | None:
    """Whether a phone cannot be reached at all: the carrier has failed to ring it each time of late."""
    run = []
    for ring in reversed(rings):
        if ring.end != "failed":
            break
        run.append(ring)
    return Failing(len(run), len({ring.caller for ring in run})) if len(run) >= ENOUGH else None


def breaks_promises(kept: int, broken: int) -> bool:
    """Whether a line breaks promises often."""
    return broken >= ENOUGH and broken / (kept + broken) > OFTEN


def proposed(warnings: Sequence[Warning]) -> Warning | None:
    """The one change to make first: the one that would have helped most callers, of equals the first."""
    return max((each for each in warnings if not each.mended), key=lambda each: each.costs, default=None)
