"""Messages: what callers chose to say, in words where there are any, and as sound."""

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import messages as sounds
from dashboard.api import asked, shapes
from dashboard.api.callbacks import find
from dashboard.api.operation import ROOT, Answer, operation, program_name
from dashboard.api.problems import Problem
from voice.ledger import Message
from voice.messages import IS_THERE
from voice.models import Call
from voice.rules import text

MOST_WORDS = 10_000  # characters: nobody says more in the minutes a message may last
SAID = sa.select(Message, Call).join(Call, Call.id == Message.call_id).where(IS_THERE)


@operation(
    "GET",
    "/callbacks/<callback_id>/messages",
    "What the caller said, the oldest first: `transcript` in words when there are any, `audio` where the sound is.",
    {200: shapes.listed("Message")},
    query=("limit", "cursor"),
)
def callback_messages(session: Session, now: dt.datetime, callback_id: str) -> Answer:
    """What was said in the calls of one callback."""
    rows = SAID.where(Call.callback_id == find(session, callback_id).id)
    return asked.few([wire(*row) for row in session.execute(rows.order_by(Message.received_at, Message.id))])


@operation("GET", "/messages/<message_id>", "One message.", {200: shapes.ref("Message")})
def message(session: Session, now: dt.datetime, message_id: str) -> Answer:
    """One message."""
    found = session.execute(SAID.where(Message.id == message_id)).first()
    if found is None:
        raise Problem(404, "There is no such message.")
    return wire(*found)


@operation(
    "PATCH",
    "/messages/<message_id>",
    "Write down what was said, as whatever listens for you has understood it: it stands beside the sound on the list "
    "and on the card, as written by a machine. Null takes it away.",
    {200: shapes.ref("Message")},
    body=shapes.request_body(("transcript",), transcript=shapes.MAYBE_TEXT | {"maxLength": MOST_WORDS}),
)
def transcribe(session: Session, now: dt.datetime, message_id: str) -> Answer:
    """In words."""
    given = asked.body(("transcript",))
    found = session.execute(SAID.where(Message.id == message_id)).first()
    if found is None:
        raise Problem(404, "There is no such message.")
    if "transcript" not in given:
        raise Problem(400, "transcript: is missing.")
    written = asked.maybe_text(given, "transcript", MOST_WORDS)
    found[0].transcript = text.clean(written, MOST_WORDS) or None if written else None
    return wire(*found)


@operation(
    "GET",
    "/messages/<message_id>/audio",
    "The sound, whole or the part a header `Range` asks for. Each time it is heard from its beginning stands under "
    "*Who did what*, with the name of the token.",
    {200: shapes.SOUND, 206: shapes.SOUND, 416: shapes.ref("Problem")},
)
def message_audio(session: Session, now: dt.datetime, message_id: str) -> Answer:
    """The sound itself."""
    sound = sounds.sound_of(session, message_id)
    if sound is None:
        raise Problem(404, "There is no sound of this message.")
    return sounds.played(sound, message_id, program_name())


def wire(row: Message, call: Call) -> dict[str, Any]:
    """A message as it is sent."""
    return {
        "id": row.id,
        "call": call.sid,
        "callback_id": call.callback_id,
        "received_at": shapes.time(row.received_at),
        "state": row.state,
        "seconds": row.seconds,
        "transcript": row.transcript,
        "audio": f"{ROOT}/messages/{row.id}/audio" if row.audio_id else None,
    }
