"""How a row changes state: one conditional UPDATE whose row count decides, one log line, one event row.

The line is written when the transaction has committed: what was rolled back, or is tried again, did not happen.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy import event as events
from sqlalchemy.orm import Session, SessionTransaction

from voice.ledger import CallEvent
from voice.models import Attempt, Call, Callback, Leg
from voice.rules import states

log = structlog.get_logger()

Row = Call | Leg | Callback | Attempt
TABLES: dict[type[Any], states.Table] = {
    Call: states.CALL,
    Leg: states.LEG,
    Callback: states.CALLBACK,
    Attempt: states.ATTEMPT,
}
NOTE = sa.insert(CallEvent.metadata.tables[CallEvent.__tablename__]).inline()
NO_OPS: dict[type[Any], states.NoOps] = {Call: states.CALL_NO_OPS, Leg: states.LEG_NO_OPS}


def move(
    session: Session, row: Row, event: str, now: dt.datetime, also: Sequence[sa.ColumnElement[bool]] = (), **values: Any
) -> bool:
    """Move `row` by `event` if, in the database, it still is where that event leads somewhere (and `also` holds).

    Sets `values` with the state. True for the one caller who moved it; the row is fresh afterwards either way.
    """
    table, kind = TABLES[type(row)], type(row)
    session.flush()
    before = row.state
    targets = {state: target for (state, known), target in table.items() if known == event}
    update = (
        sa.update(kind)
        .where(kind.id == row.id, kind.state.in_(targets), *also)
        .values(state=sa.case(targets, value=kind.state), **values)
        .returning(kind)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    moved = session.scalars(update).one_or_none() is not None
    if moved:
        _moved(session, row, event, before)
        return True
    session.refresh(row)
    if row.state not in targets and (row.state, event) not in NO_OPS.get(kind, {(row.state, event)}):
        # A bug of ours or a new habit of the carrier's: the caller is served all the same, and somebody must look.
        log.error("impossible", kind=kind.__name__.lower(), id=row.id, on=event, state=row.state)
    return False


def begin(session: Session, row: Row, event: str) -> None:
    """Move a row that is not written yet, along the same table: its INSERT then says all that an UPDATE would add."""
    before = row.state
    row.state = TABLES[type(row)][(before, event)]
    _moved(session, row, event, before)


def _moved(session: Session, row: Row, event: str, before: str) -> None:
    line = {"kind": type(row).__name__.lower(), "id": row.id, "on": event, "before": before, "after": row.state}
    at = session.get_nested_transaction() or session.get_transaction()
    session.info.setdefault("moved", []).append((at, line))


@events.listens_for(Session, "after_commit")
def _log(session: Session) -> None:
    if not session.in_nested_transaction():
        for _at, line in session.info.pop("moved", ()):
            log.info("moved", **line)


@events.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, undone: SessionTransaction) -> None:
    session.info["moved"] = [(at, line) for at, line in session.info.get("moved", ()) if undone not in _outwards(at)]


def _outwards(at: SessionTransaction | None) -> Iterator[SessionTransaction]:
    while at is not None:
        yield at
        at = at.parent


def note(
    session: Session,
    kind: str,
    at: dt.datetime,
    call: Call | None = None,
    callback: Callback | None = None,
    **data: Any,
) -> None:
    """Append one fact to the history of a call or callback. `data` must hold ids and words, never numbers
    (but in what staff wrote)."""
    call_id, callback_id = call and call.id, callback and callback.id
    row = {"kind": kind, "at": at, "call_id": call_id, "callback_id": callback_id, "data": data}
    session.execute(NOTE, row)
