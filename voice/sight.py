"""Which lines may be seen by whoever is being answered, held to by every read for a page or a program.

A user or a token may be given a few lines only. Were each query to remember that, the next one would forget it: so it
is done here, once, for whatever is read of a table that has a line. Work on one callback or call must see all lines
(a caller may be on the phone on another one), so transactions are left alone, and the object itself is looked at
first: `hidden`.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import InstrumentedAttribute, ORMExecuteState, Session, with_loader_criteria

from voice.firm import Line
from voice.ledger import Message
from voice.models import Call, Callback, Leg

Lines = frozenset[str] | None
# Threads serve one request after another: each sets this anew before anything is read.
_lines: ContextVar[Lines] = ContextVar("lines in sight", default=None)
HAVE_A_LINE: tuple[InstrumentedAttribute[str], ...] = (Call.line, Callback.line, Leg.line, Line.number)
# The names that objects have in our addresses, and how their line is found.
OBJECTS: Mapping[str, sa.Select[str]] = {
    "callback_id": sa.select(Callback.line).where(Callback.id == sa.bindparam("id")),
    "call_id": sa.select(Call.line).where(Call.id == sa.bindparam("id")),
    "message_id": sa.select(Call.line)
    .join(Message, Message.call_id == Call.id)
    .where(Message.id == sa.bindparam("id")),
}


def look_through(lines: Lines) -> None:
    """From now on, until told otherwise, this thread reads of these lines only; None: of all."""
    _lines.set(lines)


def sees(line: str) -> bool:
    """Whether that line is in sight."""
    lines = _lines.get()
    return lines is None or line in lines


def hidden(session: Session, named: Mapping[str, Any]) -> bool:
    """Whether an address names something of a line that is not in sight, or that is not there at all."""
    if _lines.get() is None:
        return False
    return any(not sees(session.scalar(OBJECTS[name], {"id": named[name]}) or "") for name in named if name in OBJECTS)


@event.listens_for(Session, "do_orm_execute")
def _only_what_is_in_sight(state: ORMExecuteState) -> None:
    lines = _lines.get()
    if lines is None or not state.is_select or not state.session.info.get("reading"):
        return
    for column in HAVE_A_LINE:
        state.statement = state.statement.options(
            with_loader_criteria(column.class_, column.in_(sorted(lines)), include_aliases=True)
        )
