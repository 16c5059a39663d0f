"""The ringing a caller hears: the country's own, short enough that nobody waits for it to end."""

import cmath
import io
import wave
from array import array

import pytest

from voice.rules.ringback_tone import MAX_SECONDS, SAMPLE_RATE, ringback_seconds, ringback_wav


def sound(country: str) -> array:  # type: ignore[type-arg] # array takes no brackets before Python 3.12
    """The samples, after checking the format a telephone carrier plays without converting."""
    with wave.open(io.BytesIO(ringback_wav(country))) as audio:
        assert (audio.getnchannels(), audio.getsampwidth(), audio.getframerate()) == (1, 2, SAMPLE_RATE)
        return array("h", audio.readframes(audio.getnframes()))


@pytest.mark.proves("01-2.2")
@pytest.mark.parametrize("country", ["US", "CA", "GB", "IE", "AU", "NZ", "ES", "FR", "DE", "AT", "BE", "JP", "ZZ"])
def test_a_ring_is_whole_and_at_most_six_seconds(country: str) -> None:
    samples = sound(country)
    assert len(samples) / SAMPLE_RATE == pytest.approx(ringback_seconds(country))
    assert 4.0 <= ringback_seconds(country) <= MAX_SECONDS
    assert any(samples)
    assert not any(samples[-SAMPLE_RATE:])  # ends in silence, so pieces follow each other without a seam


@pytest.mark.proves("01-2.2")
@pytest.mark.parametrize(
    ("country", "rhythm"),  # a sign for each fifth of a second
    [
        ("US", "#" * 10 + "." * 20),
        ("DE", "#" * 5 + "." * 20),
        ("GB", ("##.##" + "." * 10) * 2),
    ],
)
def test_each_country_rings_in_its_own_rhythm(country: str, rhythm: str) -> None:
    samples, fifth = sound(country), SAMPLE_RATE // 5
    heard = (samples[start : start + fifth] for start in range(0, len(samples), fifth))
    assert "".join("#" if any(piece) else "." for piece in heard) == rhythm


def test_countries_that_ring_alike_are_one_sound_however_many_are_made_up() -> None:
    assert ringback_wav("none of the kind") is ringback_wav("nor this") is ringback_wav("DE")


@pytest.mark.parametrize(("country", "hertz"), [("US", (440, 480)), ("GB", (400, 450)), ("DE", (425,)), ("FR", (440,))])
def test_the_tone_is_the_countrys_and_does_not_clip(country: str, hertz: tuple[int, ...]) -> None:
    burst = sound(country)[800:2400]
    strongest = sorted(range(300, 600, 5), key=lambda pitch: -_strength(burst, pitch))[: len(hertz)]
    assert sorted(strongest) == list(hertz)
    assert max(map(abs, burst)) < 10_000


def _strength(samples: array, hertz: int) -> float:  # type: ignore[type-arg]
    turn = complex(0, 2 * cmath.pi * hertz / SAMPLE_RATE)
    turned: complex = sum((sample * cmath.exp(turn * n) for n, sample in enumerate(samples)), start=0j)
    return abs(turned)
