"""What a caller said, for people who are signed in: under a random id, as one of a few kinds of sound."""

import io

from flask import Blueprint, abort, request, send_file
from flask.typing import ResponseReturnValue

from dashboard import visits
from voice import audit, clock
from voice.firm import Audio
from voice.installation import installation
from voice.ledger import Message

messages = Blueprint("messages", __name__)
KINDS = {"audio/mpeg": "audio/mpeg", "audio/mp3": "audio/mpeg", "audio/wav": "audio/wav", "audio/x-wav": "audio/wav"}


@messages.get("/messages/<message_id>/audio")
def audio(message_id: str) -> ResponseReturnValue:
    """The sound itself, whole or the range a player asks for."""
    with installation().database.reading() as session:
        message = session.get(Message, message_id) or abort(404)
        sound = session.get(Audio, message.audio_id) if message.audio_id else None
    if sound is None or sound.content_type not in KINDS:
        abort(404)
    if request.range is None or request.range.ranges[0][0] == 0:  # a player asks for the rest piece by piece
        with installation().database.transaction() as session:
            audit.record(session, visits.here(), "message_heard", message_id, clock.now())
    # Never under the name the carrier gave it, and never as a kind a browser would run.
    return send_file(io.BytesIO(sound.data), mimetype=KINDS[sound.content_type], conditional=True, etag=sound.id)
