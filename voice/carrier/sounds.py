"""What the carrier plays: ringback tones and recorded greetings. Public, and named by content."""

from flask import Blueprint, Response, abort

from voice.firm import Audio, Line
from voice.installation import installation
from voice.rules.ringback_tone import ringback_wav

sounds = Blueprint("sounds", __name__)
A_YEAR = "public, max-age=31536000, immutable"


@sounds.get("/voice/sounds/ringback-<country>.wav")
def ringback(country: str) -> Response:
    """The ringback tone of a country, one piece of at most 6 s."""
    return Response(ringback_wav(country), mimetype="audio/wav", headers={"Cache-Control": A_YEAR})


@sounds.get("/voice/sounds/greeting-<audio_id>.wav")
def greeting(audio_id: str) -> Response:
    """A recorded greeting. Only what a line plays is public: callers' messages are in the same table."""
    with installation().database.reading() as session:
        audio = session.get(Audio, audio_id)
        played = session.query(Line.number).filter(Line.greeting_audio == audio_id).first()
    if audio is None or played is None:
        abort(404)
    return Response(audio.data, mimetype=audio.content_type, headers={"Cache-Control": A_YEAR})
