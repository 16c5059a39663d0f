"""Roll-ups say what the calls say: on any history, across the changes of clocks, and after any correction."""

import datetime as dt
import itertools
import random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.program import MAIN, OTHER
from voice import figures
from voice.db import Database
from voice.figures import rollups
from voice.firm import Line
from voice.models import Attempt, Call, Callback, Leg, Promise
from voice.rollup_tables import Mark, Rollup
from voice.rules.periods import QUARTER, Range

pytest_plugins = ["tests.interface"]

NEW_YORK, KOLKATA, LORD_HOWE = "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"
# Clocks are put back at 2 on 1 November 2026 in New York (the day has 25 hours), and forward on 14 March 2027.
AUTUMN = dt.datetime(2026, 10, 31, 4, tzinfo=dt.UTC)
SPRING = dt.datetime(2027, 3, 13, 5, tzinfo=dt.UTC)
DAYS = 3
ROUNDS = {"sqlite": 60, "postgresql": 15}
CALLERS = [None, *(f"+1212555{number:04}" for number in range(140, 146))]
CAUSES = ["rang_out", "declined", "abandoned", "short_abandon", "closed", "holiday", None]
REASONS = ["talked", "done_by_staff", "got_through", "wrong_person", "blocked", "merged"]


class History:
    """Made by dice: calls, callbacks and what became of them, in no order, and corrected ever after."""

    def __init__(self, session: Session, seed: int, start: dt.datetime) -> None:
        self.session, self.dice, self.start = session, random.Random(seed), start
        self.ids = (f"{number:032x}" for number in itertools.count())

    def some_time(self) -> dt.datetime:
        """A moment in these days, sometimes on the second a quarter of an hour begins."""
        at = self.start + dt.timedelta(seconds=self.dice.randrange(DAYS * 86_400))
        return at.replace(minute=at.minute // 15 * 15, second=0) if self.dice.random() < 0.2 else at

    def maybe(self, after: dt.datetime) -> dt.datetime | None:
        """A moment after another one, or none."""
        return after + dt.timedelta(seconds=self.dice.randrange(40_000)) if self.dice.random() < 0.5 else None

    def step(self) -> None:
        """One thing happens, or is put right."""
        self.dice.choice(
            [self.call, self.call, self.callback, self.attempt, self.promise, self.leg, *[self.change] * 5]
        )()
        self.session.flush()

    def call(self) -> None:
        """Somebody rings, or we hear late that they did."""
        at, caller = self.some_time(), self.dice.choice(CALLERS)
        state = self.dice.choice(["completed", "unanswered", "abandoned", "failed", "blocked", "ringing"])
        self.session.add(
            Call(
                id=next(self.ids), sid=next(self.ids), line=self.dice.choice([MAIN, OTHER]), dialled=MAIN,
                caller=caller,
                caller_key=caller or next(self.ids), source="log", state=state,
                outcome=self.dice.choice(["pending", "talked", "callback", "blocked"]),
                cause=self.dice.choice(CAUSES), received_at=at, ring_from=at, ring_until=at, seen_at=at,
                joined_at=self.maybe(at), answered_by=self.dice.choice([None, "sam", "alex"]),
            )
        )  # fmt: skip

    def callback(self) -> None:
        """Somebody is put on the list by a call of theirs, or is on it already: then it counts from the earlier one."""
        call = self.session.get(Call, self.any_id(Call) or "")
        if call is None or call.callback_id:
            return
        at, hour = call.received_at, dt.timedelta(hours=1)
        theirs = sa.select(Callback).where(Callback.line == call.line, Callback.caller == call.caller)
        callback = self.session.scalars(theirs.order_by(Callback.id)).first() if call.caller else None
        if callback is None:
            callback = Callback(
                id=next(self.ids), line=call.line, caller=call.caller, caller_key=next(self.ids),
                state="waiting", first_called_at=at,
                reason=self.dice.choice(["rang_out", "closed", "abandoned"]), last_called_at=at,
                promised_by=at + hour, due_at=at + hour, rang_at=self.maybe(at),
            )  # fmt: skip
            self.session.add(callback)
            self.session.flush()
        callback.first_called_at = min(callback.first_called_at, at)
        call.callback_id = callback.id

    def attempt(self) -> None:
        """Somebody is rung back."""
        if callback := self.any_id(Callback):
            at = self.some_time()
            staff, rang, answered = self.dice.choice(["sam", "alex"]), self.maybe(at), self.maybe(at)
            times = {"created_at": at, "rang_at": rang, "answered_at": answered, "ended_at": at}
            self.session.add(Attempt(id=next(self.ids), callback_id=callback, staff_id=staff, state="ended", **times))

    def promise(self) -> None:
        """Somebody is told a time."""
        if callback := self.any_id(Callback):
            by = self.some_time()
            self.session.add(Promise(callback_id=callback, made_at=by, promised_by=by, channel="voice", words="soon"))

    def leg(self) -> None:
        """A staff phone is rung."""
        if call := self.any_id(Call):
            at, staff, phone = self.some_time(), self.dice.choice(["sam", "alex"]), next(self.ids)
            times = {"placed_at": at, "stop_at": at, "ended_at": at, "ringing_at": self.maybe(at)}
            whose = {"id": phone, "call_id": call, "line": MAIN, "staff_id": staff, "phone": phone}
            self.session.add(Leg(purpose="ring", state="ended", **whose, **times))

    def forget(self) -> None:
        """A row is gone, as when a person is erased."""
        kind: Any = self.dice.choice([Call, Callback, Attempt, Leg, Promise])
        of_others = [Call.callback_id, Attempt.callback_id, Promise.callback_id, Leg.call_id]
        named = (sa.exists().where(kind.id == column) for column in of_others if column.class_ is not kind)
        free = sa.select(kind.id).where(~sa.or_(sa.false(), *named)).order_by(kind.id)
        if ids := self.session.scalars(free).all():
            self.session.execute(sa.delete(kind).where(kind.id == self.dice.choice(ids)))

    def change(self) -> None:
        """A fact is put right, taken back, or known at last."""
        kind: Any = self.dice.choice([Call, Callback, Attempt, Leg, Promise])
        row = self.any_id(kind)
        if row is None:
            return
        values: dict[str, Any] = {
            name: value
            for name, value in {
                "outcome": self.dice.choice(["talked", "callback", "blocked"]), "cause": self.dice.choice(CAUSES),
                "joined_at": self.maybe(self.start), "answered_by": self.dice.choice(["sam", "alex"]),
                "rang_at": self.maybe(self.start), "answered_at": self.maybe(self.start), "ringing_at": None,
                "closed_at": self.maybe(self.start), "closed_reason": self.dice.choice([None, *REASONS]),
                "staff_id": self.dice.choice(["sam", "alex"]), "promised_by": self.some_time(),
                "ending": self.dice.choice(["talked", "machine"]),
            }.items()
            if name in sa.inspect(kind).columns and self.dice.random() < 0.3
        }  # fmt: skip
        if values:
            self.session.execute(sa.update(kind).where(kind.id == row).values(**values))

    def any_id(self, kind: Any) -> Any:
        """The id of one of these rows; None while there is none."""
        ids = self.session.scalars(sa.select(kind.id).order_by(kind.id)).all()
        return self.dice.choice(ids) if ids else None


def ranges(start: dt.datetime, dice: random.Random) -> list[Range]:
    """Whole days of the line's own zone and of others, and any old part of them."""
    since = start + dt.timedelta(seconds=dice.randrange(86_400))
    first = start.astimezone(ZoneInfo(NEW_YORK)).date()
    last = first + dt.timedelta(days=DAYS)
    return [
        Range.of_days(first, last, NEW_YORK),
        Range.of_days(first, last, KOLKATA),
        Range.of_days(first, last, LORD_HOWE, OTHER),
        Range(since, since + dt.timedelta(hours=30), NEW_YORK, MAIN),
        Range(since, since + dt.timedelta(minutes=7), NEW_YORK),
    ]


def without_rollups(session: Session, asked: Range, now: dt.datetime) -> figures.Period:
    """The same figures, all of them read off calls and callbacks."""
    with session.begin_nested() as kept:
        session.execute(sa.delete(Rollup))
        quarters = [asked.since + at * QUARTER for at in range(-(-(asked.until - asked.since) // QUARTER))]
        session.execute(sa.insert(Mark), [{"line": line, "at": at} for line in (MAIN, OTHER) for at in quarters])
        live = figures.period(session, asked, now)
        kept.rollback()
    return live


@pytest.mark.proves("S26")
@pytest.mark.parametrize("start", [AUTUMN, SPRING], ids=["25 hours", "23 hours"])
def test_on_any_history_roll_ups_say_what_the_calls_say(acme: Database, start: dt.datetime) -> None:
    now, dice = start + dt.timedelta(days=DAYS), random.Random(4)
    with acme.transaction() as session:
        session.get_one(Line, OTHER).time_zone = KOLKATA  # whose midnight is at half past an hour of UTC
        history = History(session, 20261101, start)
        for _ in range(80):
            history.step()
        asked = itertools.cycle(ranges(start, dice))
        for _ in range(ROUNDS[acme.engine.dialect.name]):
            while rollups.roll(session):
                pass
            assert session.scalar(sa.select(sa.func.count()).select_from(Mark)) == 0
            history.step()  # one thing that no roll-up knows yet
            here = next(asked)
            assert figures.period(session, here, now) == without_rollups(session, here, now)
        assert set(session.scalars(sa.select(Rollup.span))) == {"quarter", "day"}
