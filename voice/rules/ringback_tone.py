"""The ringing a caller hears while staff phones ring: each country's own tone and rhythm, made as WAV audio."""

import io
import math
import wave
from array import array
from functools import cache
from typing import NamedTuple

SAMPLE_RATE = 8000
MAX_SECONDS = 6.0
_LOUDNESS = 0.2  # of full scale for the whole chord: about what a telephone exchange sends
_RAMP = 40  # samples, 5 ms: a tone that starts at full strength clicks


class Cadence(NamedTuple):
    """`hertz` sounded together; `rhythm` in seconds: on, off, on, off."""

    hertz: tuple[int, ...]
    rhythm: tuple[float, ...]


_DOUBLE = (0.4, 0.2, 0.4, 2.0)
_EUROPE = Cadence((425,), (1.0, 4.0))
_CADENCES = {
    "US": Cadence((440, 480), (2.0, 4.0)),
    "CA": Cadence((440, 480), (2.0, 4.0)),
    "PR": Cadence((440, 480), (2.0, 4.0)),
    "GB": Cadence((400, 450), _DOUBLE),
    "IE": Cadence((400, 450), _DOUBLE),
    "NZ": Cadence((400, 450), _DOUBLE),
    "AU": Cadence((400, 425), _DOUBLE),
    "ES": Cadence((425,), (1.5, 3.0)),
    "FR": Cadence((440,), (1.5, 3.5)),
    "BE": Cadence((425,), (1.0, 3.0)),
    "AT": Cadence((420,), (1.0, 5.0)),
    "PT": Cadence((425,), (1.0, 5.0)),
    "SE": Cadence((425,), (1.0, 5.0)),
    "JP": Cadence((400,), (1.0, 2.0)),
}


def ringback_wav(country: str) -> bytes:
    """As many whole rings as fit in six seconds, as 8 kHz mono 16-bit WAV; a country not listed rings as most do."""
    return _wav(_CADENCES.get(country, _EUROPE))


@cache  # by cadence: anybody may ask for a country, also for one they have made up
def _wav(cadence: Cadence) -> bytes:
    cycle = array("h")
    for position, seconds in enumerate(cadence.rhythm):
        samples = round(seconds * SAMPLE_RATE)
        cycle.extend(_silence(samples) if position % 2 else _tone(cadence.hertz, samples))
    held = io.BytesIO()
    with wave.open(held, "wb") as audio:
        audio.setnchannels(1)
        audio.setsampwidth(2)
        audio.setframerate(SAMPLE_RATE)
        audio.writeframes((cycle * _rings(cadence)).tobytes())
    return held.getvalue()


def ringback_seconds(country: str) -> float:
    """How long that audio lasts."""
    cadence = _CADENCES.get(country, _EUROPE)
    return round(sum(cadence.rhythm) * _rings(cadence), 3)


def _rings(cadence: Cadence) -> int:
    return int(MAX_SECONDS / sum(cadence.rhythm) + 1e-9)


def _tone(
    hertz: tuple[int, ...], samples: int
) -> "array[int]":  # array takes no brackets at run time before Python 3.12
    peak = _LOUDNESS * 32767 / len(hertz)
    tone = array("h")
    for sample in range(samples):
        edge = min(sample, samples - 1 - sample, _RAMP) / _RAMP
        angle = 2 * math.pi * sample / SAMPLE_RATE
        tone.append(round(peak * edge * sum(math.sin(frequency * angle) for frequency in hertz)))
    return tone


def _silence(samples: int) -> "array[int]":  # array takes no brackets at run time before Python 3.12
    return array("h", bytes(2 * samples))
