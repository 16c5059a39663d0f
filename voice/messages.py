"""Verbs on messages: what a caller chose to say."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice import moves
from voice.ledger import Message
from voice.models import Call
from voice.work import outbox

EMPTY_SECONDS = 1  # a second of line noise is not a message
STATES = {"completed": "arriving", "absent": "empty", "failed": "failed"}


def heard(session: Session, call: Call, recording_sid: str, status: str, seconds: int, now: dt.datetime) -> None:
    """The carrier says how a recording went; a usable one is fetched after the commit."""
    known = session.scalar(sa.select(Message).where(Message.recording_sid == recording_sid))
    state = STATES.get(status, "arriving")
    if state == "arriving" and seconds <= EMPTY_SECONDS:
        state = "empty"
    if known is not None:
        return
    message = Message(call_id=call.id, recording_sid=recording_sid, state=state, seconds=seconds, received_at=now)
    session.add(message)
    session.flush()
    moves.note(session, "message", now, call=call, seconds=seconds, state=state, message=message.id)
    if state == "arriving":
        outbox.emit(session, "fetch_recording", now, key=f"recording:{recording_sid}", message_id=message.id)
