"""The change that would have caught most, where the owner looks: what the last replay found, and how old that is."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from dashboard import replay_words, words
from voice import replays
from voice.replay_tables import Replay

FRESH = dt.timedelta(days=14)  # for so long its proposal is made without being asked for again


@dataclass(frozen=True)
class Found:
    """What the last replay of a line said. `proposal`: its first, as it was worked out; None: nothing to propose."""

    line: str
    line_name: str
    ended_at: dt.datetime
    proposal: Mapping[str, Any] | None
    others: int
    missed: int
    tried: int
    is_fresh: bool
    is_good: bool  # enough calls came back as they were

    @property
    def title(self) -> str:
        """ "One more person on Tuesdays, 11–13"."""
        return str(self.proposal["words"]) if self.proposal else ""

    @property
    def caught(self) -> str:
        """ "Would have caught 9 of 14 missed callers, most of them 11–13 on Tuesdays." """
        if self.proposal is None:
            return ""
        when = f", {self.proposal['when']}" if self.proposal["when"] else ""
        return f"Would have caught {replay_words.caught(self.proposal)}{when}."

    @property
    def sure(self) -> str:
        """How sure that is."""
        return replay_words.sure(self.proposal) if self.proposal else ""


@dataclass(frozen=True)
class Change:
    """What stands at its place. `line`: of which a button asks; `state`: of the newest replay, "" where none was."""

    found: Found | None
    line: str
    state: str = ""
    done: int = 0
    of: int = 0
    problem: str = ""


def read(session: Session, lines: Mapping[str, str], now: dt.datetime) -> Change | None:
    """Of these lines (name by number), the one of which was asked last; None: there is no line."""
    if not lines:
        return None
    asked = [row for number in lines if (row := replays.newest(session, number, search=True)) is not None]
    played = {row.line: lines[row.line] for row in asked}  # where nothing was asked, nothing is done
    found = max(_done(session, played, now), key=lambda each: each.ended_at, default=None)
    newest = max(asked, key=lambda row: row.asked_at, default=None)
    if newest is None:
        return Change(found, next(iter(lines)))
    return Change(found, newest.line, newest.state, newest.done, newest.of, newest.problem)


def to_propose(session: Session, lines: Mapping[str, str], now: dt.datetime) -> Found | None:
    """A proposal that can be made unasked: not old, it caught somebody each time, and its weeks came back as they were.

    Of several lines' the one that would have caught most; None where there is none."""
    good = [
        each for each in _done(session, lines, now)
        if each.proposal and each.proposal["least"] > 0 and each.is_fresh and each.is_good
    ]  # fmt: skip
    return max(good, key=lambda each: each.proposal["usual"] if each.proposal else 0, default=None)


def _done(session: Session, lines: Mapping[str, str], now: dt.datetime) -> list[Found]:
    rows = (replays.latest(session, number, search=True) for number in lines)
    return [_found(row, lines[row.line], now) for row in rows if row is not None]


def _found(row: Replay, name: str, now: dt.datetime) -> Found:
    result: Mapping[str, Any] = row.result or {}
    proposals: Sequence[Mapping[str, Any]] = result["proposals"]
    ended = row.ended_at or row.asked_at
    return Found(
        line=row.line, line_name=words.name(name), ended_at=ended, proposal=proposals[0] if proposals else None,
        others=max(0, len(proposals) - 1), missed=result["missed"], tried=result["tried"],
        is_fresh=now - ended <= FRESH, is_good=replay_words.is_good(result),
    )  # fmt: skip
