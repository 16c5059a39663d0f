"""How a row changes state: one conditional UPDATE whose row count decides, one log line, one event row."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

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
        log.info("moved", kind=kind.__name__.lower(), id=row.id, on=event, before=before, after=row.state)
        return True
    session.refresh(row)
    if row.state not in targets and (row.state, event) not in NO_OPS.get(kind, {(row.state, event)}):
        # A bug of ours or a new habit of the carrier's: the caller is served all the same, and somebody must look.
        log.error("impossible", kind=kind.__name__.lower(), id=row.id, on=event, state=row.state)
    return False


def begin(row: Row, event: str) -> None:
    """Move a row that is not written yet, along the same table: its INSERT then says all that an UPDATE would add."""
    before, kind = row.state, type(row)
    row.state = TABLES[kind][(before, event)]
    log.info("moved", kind=kind.__name__.lower(), id=row.id, on=event, before=before, after=row.state)


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
