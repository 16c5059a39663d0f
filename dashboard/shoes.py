"""In your callers' shoes: three calls of the week as they were lived, one good, one typical, one worst."""

import datetime as dt
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import call_page, strip, words
from voice import contacts, stats
from voice.db import UTC
from voice.firm import Line
from voice.models import Call
from voice.moments import TALKED_AT, Seconds

WEEK = dt.timedelta(days=7)
NEWEST = 100  # calls of each line that are looked at: a page must not grow with the number of calls
FEW = 10  # "another" goes through so many and then begins again
TITLES = {"good": "A good one", "typical": "A typical one", "worst": "The worst"}
# Reckoned where the rows lie: of three hundred calls, bringing their times home costs more than finding them.
WAITS = (
    sa.select(
        Call.id,
        Seconds(TALKED_AT, Call.received_at),
        Seconds(sa.func.coalesce(Call.joined_at, Call.told_at, Call.ended_at), Call.received_at),
        Call.joined_at.is_not(None),
    )
    .where(Call.line == sa.bindparam("line"), Call.received_at < sa.bindparam("until", type_=UTC()))
    .where(Call.received_at >= sa.bindparam("since", type_=UTC()))
    .where(stats.IN_SCOPE, stats.SETTLED, Call.ended_at.is_not(None))
    .order_by(Call.received_at.desc())
    .limit(NEWEST)
)
BEGINS = {"good": "Another good one", "typical": "Another typical one", "worst": "The next worst"}


@dataclass(frozen=True)
class Wait:
    """One call, and how long its caller waited for a person: `seconds`, None when they have reached nobody yet.

    `held` is how long they were on the line without one, `at_once` whether that very call got them through.
    """

    call_id: str
    seconds: float | None
    held: float
    at_once: bool


@dataclass(frozen=True)
class Lived:
    """One of the three, ready to be shown."""

    kind: str
    call: Call
    who: str
    line: Line
    wait: Wait
    strip: strip.Strip | None
    more: str  # what another one is called; "" where there is none

    @property
    def title(self) -> str:
        """Which of the three it is."""
        return TITLES[self.kind]

    @property
    def says(self) -> str:
        """How it went, in a sentence."""
        held = words.seconds(round(self.wait.held))
        if self.wait.at_once:
            return f"They reached a person after {held}."
        if self.wait.seconds is None:
            return f"{held} on the line, and they have not reached a person yet: {_why(self.call)}."
        later = words.span(max(1, round(self.wait.seconds / 60)))
        return f"{held} on the line and nobody: {_why(self.call)}. They reached a person {later} after they rang."


def hands(waits: Sequence[Wait]) -> dict[str, list[str]]:
    """Which calls are shown as which (kind → call ids, the first one first), each as one only.

    They are dealt in turn, so that asking for another of one kind changes no other.
    """
    if not waits:
        return {}
    best_first = sorted(waits, key=lambda wait: (wait.seconds is None, wait.seconds or 0.0, wait.held, wait.call_id))
    orders = {
        "good": [wait for wait in best_first if wait.at_once],
        "worst": best_first[::-1],
        "typical": list(_from_the_middle(best_first)),
    }
    dealt: dict[str, list[str]] = {kind: [] for kind in orders}
    taken = set[str]()
    for _ in range(FEW):
        for kind, order in orders.items():
            if free := next((wait.call_id for wait in order if wait.call_id not in taken), None):
                taken.add(free)
                dealt[kind].append(free)
    return {kind: dealt[kind] for kind in TITLES if dealt[kind]}


def three(session: Session, lines: Sequence[Line], until: dt.datetime, another: Mapping[str, int]) -> list[Lived]:
    """Three calls of the seven days before `until`; fewer when there were fewer. `another`: how often, by kind, another
    one was asked for."""
    waits = [wait for line in lines for wait in _waits(session, line.number, until)]
    known = {wait.call_id: wait for wait in waits}
    by_number = {line.number: line for line in lines}
    found = []
    for kind, hand in hands(waits).items():
        call_id = hand[another.get(kind, 0) % len(hand)]
        call = session.get_one(Call, call_id)
        who = words.name(contacts.name_of(session, call.caller) or call.caller_name) or words.number(call.caller)
        drawn = strip.draw(call_page.facts(session, call))
        more = BEGINS[kind] if len(hand) > 1 else ""
        found.append(Lived(kind, call, who, by_number[call.line], known[call_id], drawn, more))
    return found


def _waits(session: Session, line: str, until: dt.datetime) -> Iterator[Wait]:
    for call_id, seconds, held, at_once in session.execute(
        WAITS, {"line": line, "since": until - WEEK, "until": until}
    ):
        yield Wait(call_id, seconds, max(held, 0.0), at_once)


def _from_the_middle(ordered: Sequence[Wait]) -> Iterator[Wait]:
    """The middle one, then its neighbours, ever further away."""
    middle = (len(ordered) - 1) // 2
    below, above = ordered[:middle][::-1], ordered[middle + 1 :]
    yield ordered[middle]
    for pair in itertools.zip_longest(above, below):
        yield from (wait for wait in pair if wait is not None)


def _why(call: Call) -> str:
    return words.cause(call.cause) if call.cause else "nobody was joined to them"
