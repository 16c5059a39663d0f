"""Which lines may be seen by whoever is being answered, held to by every read for a page or a program.

A user or a token may be given a few lines only. Were each query to remember that, the next one would forget it: so it
is done here, once, for whatever is read of a table that has a line. Work on one callback or call must see all lines
(a caller may be on the phone on another one), so transactions are left alone, and the object itself is looked at
first: `hidden`.
"""

import contextlib
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import InstrumentedAttribute, ORMExecuteState, Session, with_loader_criteria

from voice.findable import CallbackWords
from voice.firm import Line, LineStaff
from voice.ledger import Message
from voice.models import Call, Callback, Contact, Leg
from voice.person_words import PersonWords
from voice.replay_tables import Replay

Lines = frozenset[str] | None
# Threads serve one request after another: each sets this anew before anything is read.
_lines: ContextVar[Lines] = ContextVar("lines in sight", default=None)
HAVE_A_LINE: tuple[InstrumentedAttribute[str], ...] = (
    *(Call.line, Callback.line, Leg.line, Line.number, CallbackWords.line, Replay.line),
)
# The names that objects have in our addresses, and how their line is found.
OBJECTS: Mapping[str, sa.Select[str]] = {
    "callback_id": sa.select(Callback.line).where(Callback.id == sa.bindparam("id")),
    "call_id": sa.select(Call.line).where(Call.id == sa.bindparam("id")),
    "sid": sa.select(Call.line).where(Call.sid == sa.bindparam("id")),
    "message_id": sa.select(Call.line)
    .join(Message, Message.call_id == Call.id)
    .where(Message.id == sa.bindparam("id")),
    "replay_id": sa.select(Replay.line).where(Replay.id == sa.bindparam("id")),
    "e164": sa.select(Call.line).where(Call.caller == sa.bindparam("id")),  # a person is known by whom they rang
}


def look_through(lines: Lines) -> None:
    """From now on, until told otherwise, this thread reads of these lines only; None: of all."""
    _lines.set(lines)


def sees(line: str) -> bool:
    """Whether that line is in sight."""
    lines = _lines.get()
    return lines is None or line in lines


def staff_hidden(session: Session, staff_id: str) -> bool:
    """Whether somebody answers none of the lines in sight: to whoever sees a few lines, they do not work here."""
    lines = _lines.get()
    if lines is None:
        return False
    theirs = sa.select(LineStaff.line).where(LineStaff.staff_id == staff_id, LineStaff.line.in_(sorted(lines)))
    return session.scalar(theirs.limit(1)) is None


@contextlib.contextmanager
def as_read(session: Session) -> Iterator[None]:
    """What is read within, in a session that also writes, is of the lines in sight only: it is about to be answered."""
    before = session.info.get("reading")
    session.info["reading"] = True
    try:
        yield
    finally:
        session.info["reading"] = before


def hidden(session: Session, named: Mapping[str, Any]) -> bool:
    """Whether an address names something of a line that is not in sight, or that is not there at all."""
    lines = _lines.get()
    if lines is None:
        return False
    return any(_in_sight(session, name, named[name], lines) is None for name in named if name in OBJECTS)


def _in_sight(session: Session, name: str, id_: Any, lines: frozenset[str]) -> str | None:
    line = OBJECTS[name]
    return session.scalar(line.where(line.selected_columns[0].in_(sorted(lines))).limit(1), {"id": id_})


@event.listens_for(Session, "do_orm_execute")
def _only_what_is_in_sight(state: ORMExecuteState) -> None:
    lines = _lines.get()
    if lines is None or not state.is_select or not state.session.info.get("reading"):
        return
    theirs = {column.class_: column.in_(sorted(lines)) for column in HAVE_A_LINE}
    rang = sa.select(Call.caller).where(Call.line.in_(sorted(lines)))
    theirs |= {kind: kind.number.in_(rang) for kind in (Contact, PersonWords)}
    criteria = (with_loader_criteria(kind, seen, include_aliases=True) for kind, seen in theirs.items())
    state.statement = state.statement.options(*criteria)
