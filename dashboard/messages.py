"""What a caller said, for people who are signed in: under a random id, as one of a few kinds of sound."""

import io

from flask import Blueprint, Response, abort, request, send_file
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from dashboard import visits
from voice import audit, clock
from voice.accounts import Visit
from voice.firm import Audio
from voice.installation import installation
from voice.ledger import Message

messages = Blueprint("messages", __name__)
KINDS = {"audio/mpeg": "audio/mpeg", "audio/mp3": "audio/mpeg", "audio/wav": "audio/wav", "audio/x-wav": "audio/wav"}


@messages.get("/messages/<message_id>/audio")
def audio(message_id: str) -> ResponseReturnValue:
    """The sound itself, whole or the range a player asks for."""
    with installation().database.reading() as session:
        sound = sound_of(session, message_id) or abort(404)
    return played(sound, message_id, visits.here(), keep=True)


def sound_of(session: Session, message_id: str) -> Audio | None:
    """What was said, as far as a browser may play it."""
    message = session.get(Message, message_id)
    sound = session.get(Audio, message.audio_id) if message and message.audio_id else None
    return sound if sound is not None and sound.content_type in KINDS else None


def played(sound: Audio, message_id: str, who: Visit | str, keep: bool = False) -> Response:
    """The answer that plays it, and who heard it. `keep`: who has it already need not be sent it again."""
    if request.range is None or request.range.ranges[0][0] == 0:  # a player asks for the rest piece by piece
        with installation().database.transaction() as session:
            audit.record(session, who, "message_heard", message_id, clock.now())
    # Never under the name the carrier gave it, and never as a kind a browser would run.
    etag = sound.id if keep else False
    return send_file(io.BytesIO(sound.data), mimetype=KINDS[sound.content_type], conditional=True, etag=etag)
