"""The state tables of calls and legs: every pair of state and event is a move, a named no-op, or loud."""

import datetime as dt
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from tests import firm
from voice import moves
from voice.db import Database
from voice.ledger import CallEvent
from voice.models import Call, Leg
from voice.rules import states

NOW = firm.MONDAY_TEN
KINDS = {
    "call": (states.CALL, states.CALL_STATES, states.CALL_NO_OPS),
    "leg": (states.LEG, states.LEG_STATES, states.LEG_NO_OPS),
}


def pairs() -> Iterator[tuple[str, str, str]]:
    """(kind, state, event) for all of them."""
    for kind, (table, all_states, _) in KINDS.items():
        for state in all_states:
            for event in dict.fromkeys(event for _, event in table):
                yield kind, state, event


def row(database: Database, kind: str, state: str) -> str:
    """A call or leg in that state; its id."""
    with database.transaction() as session:
        call = Call(
            sid="CA1", line=firm.LINE, dialled=firm.LINE, caller_key="x", source="webhook", received_at=NOW,
            ring_from=NOW, ring_until=NOW + dt.timedelta(seconds=20), seen_at=NOW,
            state=state if kind == "call" else "ringing",
        )  # fmt: skip
        session.add(call)
        session.flush()
        if kind == "call":
            return call.id
        leg = Leg(
            call_id=call.id, line=firm.LINE, staff_id="sam", phone=firm.PHONES["sam"], purpose="ring", placed_at=NOW,
            stop_at=NOW, state=state,
        )  # fmt: skip
        session.add(leg)
        session.flush()
        return leg.id


@pytest.mark.proves("01-2.16", "S1")
def test_every_pair_moves_or_is_a_named_no_op_or_is_loud(database: Database) -> None:
    firm.found(database)
    for kind, state, event in pairs():
        table, _, no_ops = KINDS[kind]
        row_id = row(database, kind, state)
        with capture_logs() as logs, database.transaction() as session:
            found: Call | Leg = session.get_one(Call, row_id) if kind == "call" else session.get_one(Leg, row_id)
            moved = moves.move(session, found, event, NOW)
            after = found.state
        said = [line["event"] for line in logs]
        if (state, event) in table:
            assert (moved, after, said) == (True, table[state, event], ["moved"])
        else:
            assert (moved, after) == (False, state)
            assert said == ([] if (state, event) in no_ops else ["impossible"])
        with database.transaction() as session:
            session.query(CallEvent).delete()
            session.query(Leg).delete()
            session.query(Call).delete()


@pytest.mark.parametrize("kind", KINDS)
def test_a_pair_is_a_move_or_a_no_op_never_both(kind: str) -> None:
    table, all_states, no_ops = KINDS[kind]
    assert not set(table) & no_ops
    assert {state for state, _ in table} | set(table.values()) | {state for state, _ in no_ops} <= set(all_states)
    assert {event for _, event in no_ops} <= {event for _, event in table}


@pytest.mark.parametrize("kind", KINDS)
def test_every_state_can_be_reached_and_every_live_one_left(kind: str) -> None:
    table, all_states, _ = KINDS[kind]
    over = states.CALL_OVER if kind == "call" else states.LEG_OVER
    assert set(table.values()) | {all_states[0]} == set(all_states)
    assert {state for state, _ in table} == set(all_states) - set(over)


def test_nothing_leaves_a_state_in_which_it_is_over() -> None:
    assert not {state for state, _ in states.CALL} & set(states.CALL_OVER)
    assert not {state for state, _ in states.LEG} & set(states.LEG_OVER)


def test_a_move_that_lost_against_its_condition_is_no_fault(database: Database) -> None:
    firm.found(database)
    call_id = row(database, "call", "ringing")
    with capture_logs() as logs, database.transaction() as session:
        call = session.get_one(Call, call_id)
        assert not moves.move(session, call, "accept", NOW, also=[Call.line == "another"])
    assert logs == []
