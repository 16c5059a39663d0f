"""The owner changes what callers hear first, by words or by a recording, and is told why one is refused."""

import io
import math
import re
import struct
import wave
from html import unescape
from pathlib import Path

import av
import pytest
from werkzeug.test import TestResponse

from tests.firm import LINE
from tests.pages import Firm, Visitor
from voice import greetings
from voice.app import create_app
from voice.firm import Audio, Line


@pytest.fixture
def firm(storage_url: str, tmp_path: Path) -> Firm:
    """The firm, with its owner and the others able to sign in."""
    return Firm(storage_url, tmp_path)


def a_wav(seconds: float, rate: int = 16000, channels: int = 2) -> bytes:
    """A tone, as a microphone program would save it."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        tone = (int(8000 * math.sin(i / 20)) for i in range(int(seconds * rate)))
        file.writeframes(b"".join(struct.pack("<h", level) * channels for level in tone))
    return out.getvalue()


def an_mp3(seconds: float) -> bytes:
    """The same as an MP3."""
    out = io.BytesIO()
    with av.open(out, mode="w", format="mp3") as file, av.open(io.BytesIO(a_wav(seconds)), mode="r") as source:
        stream = file.add_stream("mp3", rate=16000)
        for frame in source.decode(audio=0):
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return out.getvalue()


def upload(visitor: Visitor, sound: bytes, name: str = "hello.wav") -> TestResponse:
    """Send a file by the page's form."""
    fields = {"csrf_token": visitor.token("/greetings"), "recording": (io.BytesIO(sound), name)}
    return visitor.client.post(f"/greetings/{LINE}/recording", base_url=visitor.origin, data=fields)


def line(firm: Firm) -> Line:
    """The line as it is now."""
    with firm.database.reading() as session:
        return session.get_one(Line, LINE)


@pytest.mark.proves("01-2.3")
@pytest.mark.parametrize("sound", [a_wav(3), an_mp3(3)], ids=["wav", "mp3"])
def test_a_recording_is_measured_made_fit_for_the_phone_and_played(firm: Firm, sound: bytes) -> None:
    owner = firm.visitor("sam@example.com")
    assert "must not ask callers to press a key" in owner.get("/greetings").text  # nobody can hear whether it does
    assert upload(owner, sound).status_code == 303
    name = line(firm).greeting_audio
    with firm.database.reading() as session:
        kept = session.get_one(Audio, name)
    assert kept.seconds == pytest.approx(3, abs=0.1)
    phone_side = create_app(firm.settings, firm.database).test_client()
    with wave.open(io.BytesIO(phone_side.get(f"/voice/sounds/greeting-{name}.wav").data)) as played:
        assert (played.getframerate(), played.getnchannels(), played.getsampwidth()) == (8000, 1, 2)
        assert played.getnframes() / 8000 == pytest.approx(3, abs=0.1)


@pytest.mark.proves("01-2.3", "F37")
@pytest.mark.parametrize(
    ("sound", "says"),
    [
        (a_wav(7), "lasts 7.0 seconds"),
        (a_wav(0), "empty"),
        (b"<html>hello</html>", "not a WAV or MP3 file"),
        (b"RIFF\x00\x00\x00\x00WAVEjunk" + b"\x00" * 50, "cannot be read"),
        (b"", "Choose a WAV or MP3 file first"),
    ],
    ids=["too long", "empty", "not audio", "broken", "no file"],
)
def test_a_recording_that_cannot_serve_is_refused_with_the_reason(firm: Firm, sound: bytes, says: str) -> None:
    answer = upload(firm.visitor("sam@example.com"), sound)
    assert answer.status_code == 400
    assert says in answer.text
    assert line(firm).greeting_audio is None


@pytest.mark.proves("01-2.3")
def test_a_file_larger_than_any_sentence_is_refused(firm: Firm) -> None:
    with firm.database.transaction() as session, pytest.raises(greetings.BadGreeting, match="larger than 5 MB"):
        greetings.set_recording(session, session.get_one(Line, LINE), b"RIFF" + bytes(greetings.MAX_BYTES))


@pytest.mark.proves("01-2.3", "F51")
def test_words_that_ask_for_a_key_or_take_too_long_are_refused_and_kept_to_mend(firm: Firm) -> None:
    owner = firm.visitor("sam@example.com")
    before = line(firm).greeting
    for words, says in (
        ("Welcome, press 1 for sales.", "nobody who calls is ever asked to press one"),
        ("Thanks for calling. " * 10, "callers want a person, not a speech"),
    ):
        answer = owner.press(f"/greetings/{LINE}/words", words=words)
        assert answer.status_code == 400
        assert says in answer.text
        assert words.strip()[:30] in answer.text
    assert line(firm).greeting == before


@pytest.mark.proves("01-2.3")
def test_words_are_not_saved_over_those_a_colleague_has_just_chosen(firm: Firm) -> None:
    sam = firm.visitor("sam@example.com")
    page = unescape(re.findall(r'name="was" value="([^"]*)"', sam.get("/greetings").text)[0])
    sam.press(f"/greetings/{LINE}/words", words="Hello from here.")
    late = sam.press(f"/greetings/{LINE}/words", words="Good day to you.", was=page)
    assert late.status_code == 409
    assert "This was changed while you had it open." in late.text
    assert "“<bdi>Hello from here.</bdi>”" in late.text
    assert "Good day to you.</textarea>" in late.text


def test_new_words_take_the_place_of_a_recording(firm: Firm) -> None:
    owner = firm.visitor("sam@example.com")
    upload(owner, a_wav(2))
    assert owner.press(f"/greetings/{LINE}/words", words="Acme here, one moment.").status_code == 303
    now = line(firm)
    assert (now.greeting, now.greeting_audio) == ("Acme here, one moment.", None)


def test_only_the_owner_changes_greetings(firm: Firm) -> None:
    staff = firm.visitor("alex@example.com")
    assert staff.get("/greetings").status_code == 403
    assert staff.press(f"/greetings/{LINE}/words", words="Hi there, one moment.").status_code == 403
    assert line(firm).greeting != "Hi there, one moment."


def test_a_callers_message_is_not_public_as_a_greeting(firm: Firm) -> None:
    firm.message(firm.callback(), a_wav(1))
    with firm.database.reading() as session:
        name = session.query(Audio.id).one()[0]
    assert (
        create_app(firm.settings, firm.database).test_client().get(f"/voice/sounds/greeting-{name}.wav").status_code
        == 404
    )
