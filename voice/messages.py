"""Verbs on messages: what a caller chose to say."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice import moves
from voice.firm import Audio, Line
from voice.ledger import Message
from voice.models import Call
from voice.rules.numbers import ERASED
from voice.work import outbox

EMPTY_SECONDS = 1  # a second of line noise is not a message
IS_THERE = Message.state.not_in(("empty", "erasing", "erased"))
DROP = "drop_recording"  # the job that has the carrier delete its copy
STATES = {"completed": "arriving", "absent": "empty", "failed": "failed"}


def heard(session: Session, call: Call, recording_sid: str, status: str, seconds: int, now: dt.datetime) -> None:
    """The carrier says how a recording went; a usable one is fetched after the commit."""
    known = session.scalar(sa.select(Message).where(Message.recording_sid == recording_sid))
    state = STATES.get(status, "arriving")
    if state == "arriving" and seconds <= EMPTY_SECONDS:
        state = "empty"
    if known is not None:
        return
    if call.caller_key.startswith(ERASED):
        state = "erasing"
    message = Message(call_id=call.id, recording_sid=recording_sid, state=state, seconds=seconds, received_at=now)
    session.add(message)
    session.flush()
    moves.note(session, "message", now, call=call, seconds=seconds, state=state, message=message.id)
    if state == "erasing":
        _drop(session, message, now)
    if state == "arriving":
        outbox.emit(session, "fetch_recording", now, key=f"recording:{recording_sid}", message_id=message.id)


def lost(session: Session, message_id: str) -> None:
    """The carrier did not give it out in all that time: nobody waits for its sound any longer."""
    gone = sa.update(Message).where(Message.id == message_id, Message.state == "arriving")
    session.execute(gone.values(state="failed"))


def erase(session: Session, which: sa.ColumnElement[bool], now: dt.datetime) -> None:
    """Delete what was said, here at once and at the carrier by a job. The row stays: its recording may come again."""
    theirs = session.scalars(sa.select(Message).where(which, Message.state.not_in(("erasing", "erased")))).all()
    sounds = {message.audio_id for message in theirs}
    for message in theirs:
        message.state, message.audio_id, message.transcript, message.seconds = "erasing", None, None, 0
        _drop(session, message, now)
    session.flush()
    used = (sa.exists().where(each == Audio.id) for each in (Message.audio_id, Line.greeting_audio))
    session.execute(sa.delete(Audio).where(Audio.id.in_(sounds - {None}), ~sa.or_(*used)))


def _drop(session: Session, message: Message, now: dt.datetime) -> None:
    outbox.emit(session, DROP, now, key=f"{DROP}:{message.id}:{now.date()}", message_id=message.id)


def drop_again(session: Session, now: dt.datetime, after: str, most: int) -> str | None:
    """What the carrier has not deleted so far, behind the message `after`. The last one's id; None: no more."""
    left = sa.select(Message).where(Message.id > after, Message.state == "erasing").order_by(Message.id).limit(most)
    some = session.scalars(left).all()
    for message in some:
        _drop(session, message, now)
    return some[-1].id if len(some) == most else None
