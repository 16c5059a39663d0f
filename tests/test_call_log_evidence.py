"""What the carrier's record proves of a call whose own news was lost, and what it does not."""

import datetime as dt

import pytest
import sqlalchemy as sa

from tests import firm
from tests.outage import ANN, come_back, go_away, nobody_is_lost
from tests.world import World
from voice.rules import evidence
from voice.simulator import scripts


@pytest.mark.proves("L1", "R2")
@pytest.mark.parametrize(("gone_at", "away"), [(1, 400), (3, 400), (5, 400), (8, 400), (20, 400), (2.5, 3), (6, 1)])
def test_an_outage_that_begins_in_the_middle_of_a_call_settles_it_as_what_it_was(
    world: World, gone_at: float, away: float
) -> None:
    """Sam answers at two seconds and talks for half a minute, whoever of us is there to see it."""
    world.staff("sam", scripts.Answers(after=2))
    world.staff("alex", scripts.Script())
    leg = world.rings(ANN, talk=30, patience=60)
    world.advance(gone_at)
    go_away(world)
    world.advance(away)
    come_back(world)
    world.advance(30)
    world.rest = dt.timedelta(minutes=4)
    world.advance(1700 - away)
    nobody_is_lost(world)
    talked = any((span.until - span.at).total_seconds() >= 10 for span in leg.bridges if span.until)
    assert (world.call(leg).outcome == "talked") is talked
    assert [callback.state for callback in world.callbacks() if callback.state != "closed"] == (
        [] if talked else ["waiting"]
    )


def test_a_talk_our_own_rows_have_forgotten_is_read_off_the_carriers_record(world: World) -> None:
    """As after the return to an older backup: neither call nor leg is known any more."""
    world.staff("sam", scripts.Answers(after=2))
    world.advance(1)
    leg = world.rings(ANN, talk=40)
    world.advance(60)
    assert world.call(leg).outcome == "talked"
    forget_everything(world)
    assert world.calls() == []
    world.advance(200)
    world.rest = dt.timedelta(minutes=3)
    assert world.calls() == []  # somebody of ours was on the phone then: what came of it can be read after 15 minutes
    world.advance(1000)
    call = world.call(leg)
    assert (call.outcome, call.answered_by, call.source, call.path) == ("talked", "sam", "log", "queue")
    assert call.talk_seconds == pytest.approx(40, abs=4)
    assert world.callbacks() == []
    nobody_is_lost(world)


def forget_everything(world: World) -> None:
    """The tables of calls are empty, as in a backup made before them."""

    def empty(session: sa.orm.Session) -> None:
        if session.get_bind().dialect.name == "sqlite":
            session.execute(sa.text("PRAGMA defer_foreign_keys=ON"))
        for table in ("call_events", "legs", "promises", "messages", "calls", "callbacks"):
            session.execute(sa.text(f"DELETE FROM {table}"))  # noqa: S608  our own names

    world.write(empty)


def test_what_cannot_be_proven_is_called_back(world: World) -> None:
    """A mailbox answered, and nobody talked; our rows are gone, and the carrier shows no acceptance."""
    world.staff("sam", scripts.Mailbox(after=3))
    world.staff("alex", scripts.Off())
    leg = world.rings(ANN, patience=40)
    world.advance(70)
    forget_everything(world)
    world.rest = dt.timedelta(minutes=3)
    world.advance(1300)
    assert world.call(leg).outcome == "callback"
    nobody_is_lost(world)


@pytest.mark.proves("S1")
def test_a_talk_the_log_contradicts_is_kept_and_its_caller_rung_back(world: World) -> None:
    world.staff("sam", scripts.Answers(after=2))
    leg = world.rings(ANN, talk=30)
    world.advance(60)
    staff = next(each for each in world.day.calls() if each.direction == "outbound-api" and each.answered_at)
    joined = world.call(leg).joined_at
    assert joined is not None
    staff.ended_at = joined + dt.timedelta(seconds=3)
    world.rest = dt.timedelta(minutes=5)
    world.advance(3700)
    call = world.call(leg)
    assert (call.outcome, world.events(call).count("records_disagree")) == ("talked", 1)
    assert [callback.reason for callback in world.callbacks()] == ["short_talk"]
    world.advance(3700)
    assert world.events(call).count("records_disagree") == 1


@pytest.mark.parametrize(
    ("known", "over", "ended_ago", "verdict"),
    [
        (None, False, 0, "wait"),
        (None, True, 60, "wait"),
        (None, True, 121, "find"),
        (evidence.Known(pending=True, talked=False, unsure=False), True, 60, "wait"),
        (evidence.Known(pending=True, talked=False, unsure=False), True, 121, "end"),
        (evidence.Known(pending=False, talked=False, unsure=True), True, 60, "examine"),
        (evidence.Known(pending=False, talked=True, unsure=False), True, 60, "compare"),
        (evidence.Known(pending=False, talked=False, unsure=False), True, 60, "settled"),
        (evidence.Known(pending=False, talked=False, unsure=False), False, 0, "settled"),
    ],
)
def test_what_is_done_about_a_call_of_the_log(
    known: evidence.Known | None, over: bool, ended_ago: float, verdict: str
) -> None:
    now = firm.MONDAY_TEN
    assert evidence.verdict(over, now - dt.timedelta(seconds=ended_ago), known, now, at_once=False) == verdict
