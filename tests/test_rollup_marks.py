"""What figures look at leaves a mark when it changes, and the worker then makes their sums anew."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.sql import visitors

from tests.program import MAIN, OTHER
from tests.test_figures import DAY, NOW, at, write_day
from tests.world import World
from voice import figures, migrate, sight
from voice.db import Database
from voice.figures import rollups, tallies
from voice.models import Attempt, Base, Call, Callback
from voice.rollup_tables import Mark, Rollup

pytest_plugins = ["tests.interface"]

ROLLED = (*tallies.COUNTS, tallies.CAUSES, tallies.TO_PERSON, tallies.TO_CALLBACK, *(rows for _, rows in tallies.STAFF))
ANOTHER = {
    "line": OTHER, "caller": "zoe", "caller_key": "zoe",
    "state": "failed", "outcome": "blocked", "cause": "holiday", "staff_id": "alex",
    "answered_by": "alex", "purpose": "dial", "reason": "holiday", "closed_reason": "erased",
    "ending": "machine", "held_reason": "foreign",
}  # fmt: skip


def columns() -> set[sa.Column[Any]]:
    """Every column any figure is made of that is summed up."""
    found = set[sa.Column[Any]]()
    for statement in ROLLED:
        for part in visitors.iterate(statement):
            for column in part.base_columns if isinstance(part, sa.ColumnElement) else ():
                if isinstance(column, sa.Column) and not column.primary_key:
                    found.add(Base.metadata.tables[column.table.name].c[column.name])
    return found


def marks(session: Session) -> int:
    """How many there are."""
    return session.scalar(sa.select(sa.func.count()).select_from(Mark)) or 0


def rolled(session: Session) -> None:
    """Make all sums anew."""
    while rollups.roll(session):
        pass


@pytest.fixture
def day(acme: Database) -> Iterator[Session]:
    """A session on the day counted by hand, with its sums made."""
    with acme.transaction() as session:
        write_day(session)
        rolled(session)
        assert marks(session) == 0
        yield session
        session.rollback()


def test_a_change_of_any_column_that_a_figure_looks_at_leaves_a_mark(day: Session) -> None:
    looked_at = columns()
    assert {column.table.name for column in looked_at} == {"calls", "callbacks", "attempts", "legs", "promises"}
    for column in looked_at:
        other = _another(day, column)
        changed = sa.select(column.table.c.id).where(column.is_distinct_from(other)).limit(1)
        with day.begin_nested() as kept:
            day.execute(
                sa.update(column.table).where(column.table.c.id == changed.scalar_subquery()).values({column: other})
            )
            assert marks(day) > 0, f"{column} changes, and no trigger sees it"
            kept.rollback()


def _another(session: Session, column: sa.Column[Any]) -> Any:
    if isinstance(column.type, sa.Text):
        here = {"callback_id": Callback.id, "call_id": Call.id}.get(column.name)
        return ANOTHER[column.name] if here is None else session.scalar(sa.select(here).order_by(here).limit(1))
    return DAY.since


@pytest.mark.parametrize("table", ["attempts", "promises", "legs"])
def test_what_is_taken_away_leaves_a_mark_too(day: Session, table: str) -> None:
    rows = Base.metadata.tables[table]
    day.execute(sa.delete(rows).where(rows.c.id == sa.select(rows.c.id).limit(1).scalar_subquery()))
    assert marks(day) > 0


def test_what_is_learnt_days_later_changes_the_hour_it_belongs_to(day: Session) -> None:
    later = NOW + dt.timedelta(days=2)
    max_ = day.scalars(sa.select(Callback).where(Callback.caller == "max")).one()
    assert (figures.period(day, DAY, later).totals["lost"], marks(day)) == (5, 0)  # nobody has rung gus and quin since
    rang = later - dt.timedelta(hours=1)
    times = {"created_at": rang, "rang_at": rang, "answered_at": rang, "ended_at": later}
    day.add(Attempt(callback_id=max_.id, staff_id="sam", state="ended", **times))
    eve = day.scalars(sa.select(Call).where(Call.caller == "eve")).one()
    eve.joined_at, eve.outcome, eve.cause, eve.answered_by = at("09:15:09"), "talked", None, "alex"  # as proof, it read
    day.flush()
    for _ in range(2):  # with the marks, and without them
        figured = figures.period(day, DAY, later)
        assert (figured.totals["lost"], figured.totals["rung"], figured.totals["kept"]) == (4, 9, 6)
        assert (figured.totals["answered"], figured.missed[1, 9], figured.staff["alex"].answered) == (7, 2, 4)
        rolled(day)
        assert marks(day) == 0


@pytest.mark.parametrize("number", ["kim", "kim's other number"])
def test_who_gets_through_later_was_not_lost_before(day: Session, number: str) -> None:
    twice = day.scalars(sa.select(Call).where(Call.caller == "kim").order_by(Call.received_at)).all()
    twice[1].caller = twice[1].caller_key = number  # both are on one callback, which began with the first
    at_ = NOW + dt.timedelta(hours=12)
    times = dict.fromkeys(("received_at", "ring_from", "ring_until", "seen_at"), at_)
    who = {"line": MAIN, "dialled": MAIN, "caller": number, "caller_key": number}
    again = Call(sid="CAagain", source="webhook", state="ringing", **who, **times)
    day.add(again)
    day.flush()
    rolled(day)
    before = figures.period(day, DAY, at_)
    again.state, again.joined_at = "joined", at_
    day.flush()
    for _ in range(2):  # with the marks, and without them
        after = figures.period(day, DAY, at_)
        assert (before.totals["lost"], after.totals["lost"]) == (5, 4)  # gus and quin are overdue by now
        reached = 2 if number == "kim" else 1  # by the number: a call waits for whoever rang from it
        assert after.to_person.reached == before.to_person.reached + reached
        rolled(day)


@pytest.mark.proves("S26")
def test_in_every_hour_of_every_line_each_call_has_one_outcome(day: Session) -> None:
    sums = day.scalars(sa.select(Rollup)).all()
    assert {row.line for row in sums} == {MAIN, OTHER}
    for row in sums:
        parts = [row.counts.get(name, 0) for name in ("talked", "callback", "blocked", "pending")]
        assert row.counts.get("calls", 0) == sum(parts), (row.line, row.since)


def test_who_sees_one_line_gets_its_figures_alone(acme: Database, day: Session) -> None:
    of_other = figures.period(day, replace(DAY, line=OTHER), NOW)
    day.commit()
    with acme.reading() as session:
        sight.look_through(frozenset([OTHER]))
        try:
            seen, hidden = (figures.period(session, replace(DAY, line=line), NOW) for line in (None, MAIN))
            listed = figures.people(session, DAY, figures.Behind("calls"), NOW).items
        finally:
            sight.look_through(None)
    assert seen.totals == of_other.totals
    assert seen.to_person == of_other.to_person
    assert set(hidden.plain.values()) == {0, None}
    assert {row.line for row in listed} == {OTHER}


def test_a_change_of_the_lines_zone_is_no_change_of_what_happened(day: Session) -> None:
    before = figures.period(day, DAY, NOW)
    day.execute(sa.text("UPDATE lines SET time_zone = 'Asia/Kolkata'"))
    assert figures.period(day, DAY, NOW) == before
    day.execute(sa.update(Call).where(Call.caller == "max").values(cause="rang_out"))
    rolled(day)
    day.execute(sa.text("UPDATE lines SET time_zone = 'America/New_York'"))
    assert figures.period(day, DAY, NOW).causes["rang_out"] == before.causes["rang_out"] + 1


def test_the_worker_makes_the_sums_within_five_minutes(world: World) -> None:
    world.rings(patience=9)
    world.advance(330)
    assert world.read(marks) == 0
    spans = world.read(lambda session: [row.span for row in session.scalars(sa.select(Rollup))])
    assert sorted(spans) == ["day", "quarter"]


def test_a_history_from_before_is_marked_when_the_tables_come(acme: Database, day: Session) -> None:
    before = figures.period(day, DAY, NOW)
    day.commit()
    migrate.downgrade(acme.url, "0007")
    migrate.upgrade(acme.url)
    with Session(acme.engine) as session:
        assert marks(session) > 0
        rolled(session)
        assert figures.period(session, DAY, NOW) == before
