"""A greeting is one short sentence that asks nothing of the caller."""

import pytest

from tests.greetings import ASKS, ASKS_NOTHING
from voice.rules.greeting import audio_fault, greeting_fault, key_request, spoken_seconds
from voice.rules.wording import LANGUAGES, default_greeting


@pytest.mark.proves("01-2.3", "F51")
@pytest.mark.parametrize("language", ASKS)
def test_a_greeting_that_asks_for_a_key_is_refused_however_it_is_written(language: str) -> None:
    for text in ASKS[language]:
        for written in (text, text.upper(), f"Acme Plumbing. {text}", f"{text.rstrip('.')}. 24 hours."):
            fault = greeting_fault(written, LANGUAGES[0])
            assert fault is not None, written
            assert "asks callers for a key" in fault, written
            assert str(key_request(written)) in fault
    assert len({str(greeting_fault(ASKS[language][0], each)) for each in LANGUAGES}) == 1, "whatever the line's own"


@pytest.mark.proves("01-2.3")
@pytest.mark.parametrize("language", ASKS_NOTHING)
def test_names_addresses_and_hours_that_only_sound_like_keys_pass(language: str) -> None:
    refused = {text: key_request(text) for text in ASKS_NOTHING[language] if greeting_fault(text, language)}
    assert refused == {}


@pytest.mark.proves("01-2.3")
def test_a_long_greeting_is_refused_and_told_by_how_much() -> None:
    long = (
        "Thanks for calling Acme Plumbing, your call is very important to us and somebody will be with you as soon as "
        "possible, please hold the line."
    )
    assert "10 seconds" in str(greeting_fault(long, "en-US"))
    assert "empty" in str(greeting_fault("   ", "en-US"))


@pytest.mark.proves("01-2.3")
def test_a_recording_is_measured_to_the_tenth() -> None:
    assert audio_fault(6.0) is None
    assert "6.1 seconds" in str(audio_fault(6.1))
    assert "empty" in str(audio_fault(0.0))


def test_the_estimate_grows_with_words_digits_and_pauses() -> None:
    assert 3.0 < spoken_seconds("Thanks for calling Acme Plumbing, I'm getting someone for you.", "en-US") < 5.0
    assert spoken_seconds("Donaudampfschifffahrtsgesellschaftskapitän", "de-DE") > 2.0
    assert spoken_seconds("24 hours", "en-US") > spoken_seconds("two hours", "en-US")
    assert spoken_seconds("One. Two. Three.", "en-US") > spoken_seconds("One two three", "en-US")


@pytest.mark.parametrize("language", LANGUAGES)
def test_our_own_greeting_passes_in_every_language(language: str) -> None:
    assert "Acme Plumbing and Heating" in default_greeting("Acme Plumbing and Heating", language)
    assert greeting_fault(default_greeting("Acme Plumbing and Heating", language), language) is None


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "name", ["Messrs Featherstonehaugh, Cholmondeley, Marjoribanks & Sons of Woolfardisworthy", "Press 1"]
)
def test_a_name_that_cannot_be_said_in_it_is_left_out_of_our_own_greeting(name: str, language: str) -> None:
    assert greeting_fault(default_greeting(name, language), language) is None
