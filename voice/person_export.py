"""All that is held about one person, for the person: as JSON, and what they said as the sounds themselves.

What is kept of the calls of colleagues beside it (whose phone rang, at which number) is not theirs, and is left out.
"""

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice import contacts, erasing
from voice.firm import Audio
from voice.ledger import CallEvent, CarrierEvent, Message, texts_of
from voice.models import Attempt, Base, Call, Callback, Contact, Promise
from voice.people import ContactNote, ContactTag

# By name in the file: the rows of which table, how they are theirs, and what of them is of no use to anybody outside.
Rows = tuple[str, type[Base], sa.ColumnElement[bool], Collection[str]]


def everything(session: Session, number: str) -> dict[str, Any]:
    """The content of the file: by name, a list of rows with their columns; times in UTC."""
    numbers = contacts.numbers_of(session, number)
    return {"numbers": numbers} | {
        name: [_plain(row, without) for row in session.scalars(sa.select(kind).where(theirs))]
        for name, kind, theirs, without in _rows(numbers)
    }


def sounds(session: Session, number: str) -> Iterator[tuple[str, Audio]]:
    """What they said: the id of each message, with its sound."""
    numbers = contacts.numbers_of(session, number)
    rows = sa.select(Message.id, Audio).join(Audio, Audio.id == Message.audio_id)
    for row in session.execute(rows.where(Message.call_id.in_(erasing.calls_of(numbers)))):
        yield row[0], row[1]


def _rows(numbers: Sequence[str]) -> Iterator[Rows]:
    calls, places = erasing.calls_of(numbers), erasing.places_of(numbers)
    sids = sa.select(Call.sid).where(Call.id.in_(calls))
    yield "contacts", Contact, Contact.number.in_(numbers), ()
    yield "tags", ContactTag, ContactTag.number.in_(numbers), ()
    yield "notes", ContactNote, ContactNote.number.in_(numbers), ()
    yield "calls", Call, Call.id.in_(calls), ("ladder_phone", "queue_sid")
    yield "messages", Message, Message.call_id.in_(calls), ()
    yield "callbacks", Callback, Callback.id.in_(places), ()
    yield "promises", Promise, Promise.callback_id.in_(places), ()
    yield "rung_back", Attempt, Attempt.callback_id.in_(places), ("child_sid", "sequence")
    yield "history", CallEvent, sa.or_(CallEvent.call_id.in_(calls), CallEvent.callback_id.in_(places)), ()
    yield "told_by_the_carrier", CarrierEvent, CarrierEvent.sid.in_(sids), ("answer", "key")
    yield "texts", CarrierEvent, texts_of(numbers), ("answer", "key")


def _plain(row: Base, without: Collection[str]) -> dict[str, Any]:
    values = {column.name: getattr(row, column.key) for column in row.__table__.columns if column.name not in without}
    return {name: v.isoformat() if isinstance(v, dt.datetime) else v for name, v in values.items()}
