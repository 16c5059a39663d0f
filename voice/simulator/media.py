"""How long things last: speech by its letters, sound files by their WAV header."""

import io
import math
import struct
import wave

SPEECH_CHARACTERS_PER_SECOND = 14  # an unhurried voice; a model, the same for every language
FALLBACK_SECONDS = 3.0  # a sound file whose length cannot be read
_RATE = 8000


def speech_seconds(text: str) -> float:
    """How long saying these words takes: 14 characters a second, half a second at least."""
    return max(0.5, len(text) / SPEECH_CHARACTERS_PER_SECOND)


def wav_seconds(content: bytes) -> float:
    """The length of a WAV file, or the fallback when its header cannot be read."""
    try:
        at, rate, size = 12, 0, 0
        if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
            return FALLBACK_SECONDS
        while at + 8 <= len(content) and not size:
            name, length = content[at : at + 4], struct.unpack("<I", content[at + 4 : at + 8])[0]
            if name == b"fmt ":
                rate = struct.unpack("<I", content[at + 16 : at + 20])[0]
            if name == b"data":
                size = min(length, len(content) - at - 8)
            at += 8 + length + length % 2
    except struct.error:
        return FALLBACK_SECONDS
    return size / rate if rate else FALLBACK_SECONDS


def tone_wav(seconds: float) -> bytes:
    """A soft hum of that length, 8 kHz mono: the sound of a recording nobody really spoke into."""
    held = io.BytesIO()
    period = bytes(struct.pack("<40h", *(int(1200 * math.sin(2 * math.pi * step / 40)) for step in range(40))))
    with wave.open(held, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(_RATE)
        out.writeframes((period * (int(seconds * _RATE / 40) + 1))[: int(seconds * _RATE) * 2])
    return held.getvalue()


def silent_mp3(seconds: float) -> bytes:
    """An MP3 of that length in silence: MPEG-2.5 layer III frames of 72 ms at 8 kHz, 8 kbit/s, mono."""
    frame = b"\xff\xe3\x18\xc4" + bytes(68)
    return frame * max(1, round(seconds / 0.072))
