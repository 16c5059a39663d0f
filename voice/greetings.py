"""Verbs on a line's greeting: words, or a recording that is measured before it is taken."""

import hashlib
import io
import wave

from sqlalchemy.orm import Session

from voice.firm import Audio, Line
from voice.rules import greeting

MAX_BYTES = 5 * 1024 * 1024
RATE = 8000  # Hz: what a phone line carries
LONGEST = 60  # seconds read at most: enough to say by how much a recording is too long


class BadGreeting(ValueError):
    """A greeting that is refused; the text says why and what to do."""


def set_words(session: Session, line: Line, words: str) -> None:
    """Greet callers with these words, spoken by the carrier. Raises BadGreeting."""
    words = " ".join(words.split())
    if fault := greeting.greeting_fault(words, line.language):
        raise BadGreeting(fault)
    line.greeting, line.greeting_audio = words, None
    session.flush()


def set_recording(session: Session, line: Line, sound: bytes) -> None:
    """Greet callers with a recording. The words stay, for the day it cannot be played. Raises BadGreeting."""
    if len(sound) > MAX_BYTES:
        raise BadGreeting("The file is larger than 5 MB. One short sentence as WAV or MP3 is far smaller.")
    pcm = _decoded(sound)
    seconds = len(pcm) / 2 / RATE
    if fault := greeting.audio_fault(seconds):
        raise BadGreeting(fault)
    data = _as_wav(pcm)
    name = hashlib.sha256(data).hexdigest()
    if session.get(Audio, name) is None:
        session.add(Audio(id=name, content_type="audio/wav", seconds=seconds, data=data))
        session.flush()
    line.greeting_audio = name
    session.flush()


def _decoded(sound: bytes) -> bytes:
    """A WAV or MP3 file as 16-bit mono samples at the line's rate; whatever else is in the file is left behind."""
    import av  # slow to load, and most processes never measure a recording

    samples: list[bytes] = []
    if not (sound[:4] == b"RIFF" or sound[:3] == b"ID3" or (sound[:1] == b"\xff" and sound[1:2] >= b"\xe0")):
        raise BadGreeting("That is not a WAV or MP3 file. Save the recording as one of these and try again.")
    try:
        with av.open(io.BytesIO(sound), mode="r") as file:
            resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
            for frame in file.decode(audio=0):
                samples.extend(bytes(piece.planes[0])[: piece.samples * 2] for piece in resampler.resample(frame))
                if sum(map(len, samples)) > LONGEST * RATE * 2:
                    break
    except (av.FFmpegError, IndexError, ValueError) as error:
        raise BadGreeting("The recording cannot be read. Save it again as WAV or MP3 and try once more.") from error
    return b"".join(samples)


def _as_wav(pcm: bytes) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(pcm)
    return out.getvalue()
