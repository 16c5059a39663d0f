"""A greeting is one short sentence that asks nothing of the caller."""

import pytest

from voice.rules.greeting import audio_fault, greeting_fault, key_request, spoken_seconds
from voice.rules.wording import LANGUAGES, default_greeting

ASKS = [
    "For sales press 1.", "Press one for sales", "Please press any key", "dial 1", "Dial 1 for service",
    "Hit the pound key", "push the button", "PRESS #", "For sales, press  two", 'Press "1"', "press: 1", "press-1",
    "use your keypad", "touch 1", "Enter your extension", "select option 2", "Press to talk", "Say or press one",
    "punch in 3", "Para ventas, marque el uno", "presione 1", "Presiona uno", "pulse la tecla almohadilla",
    "oprima cualquier tecla", "Por favor, marque", "opción 2", "Appuyez sur la touche étoile",
    "APPUYEZ SUR LA TOUCHE ETOILE", "tapez 1", "faites le 2", "composez le 3", "appuyez sur 1",
    "Für Verkauf drücken Sie die Eins", "wählen Sie die 2", "die 1 drücken", "Drücken Sie die Rautetaste",
    "Bitte drücken Sie eine Taste", "Tippen Sie auf die 1", "drück die 1", "Taste 1",
    "Press, 1 for sales.", "Please, press, one", "Key 5 for help.", "Geben Sie die 1 ein.",
    "Appuyez, s'il vous plaît, sur 1", "For sales, 1; for service, 2.", "Please enter your account number.",
    "Simply press your choice.", "Use the number pad.", "Make a selection using your telephone.",
    "1 for sales, 2 for support", "For sales 1, for support 2", "Taste eins für Verkauf", "Bitte Taste Eins",
    "Für Verkauf die 1, für Service die 2", "Mit der Eins erreichen Sie den Verkauf",
    "Pour parler à Marie, touche une", "Pour les ventes, le un", "Uno para ventas, dos para soporte",
    "Para ventas, el uno.", "Haga su selección.", "Faites votre choix.", "Eins für Verkauf und zwei für Service.",
    "Ingrese su número de cliente.", "Saisissez votre code.", "Geben Sie bitte Ihre Kundennummer ein.",
]  # fmt: skip
ASKS_NOTHING = [
    "Thanks for calling Espresso Press Ltd, I'm getting someone for you.", "We press your shirts, one moment.",
    "Thanks for calling Acme Plumbing, I'm getting someone for you.", "Marque et Fils, bonjour, un instant.",
    "Pulse Fitness, one moment.", "Dial House Hotel, getting someone.", "Taste of India here, one moment.",
    "Guten Tag, Auto Stern, ich hole jemanden.", "Hola, gracias por llamar, le paso con alguien.",
    "Hit Records, hold on.", "We choose one of the best.", "Wahl und Sohn, guten Tag.", "Touch of Class salon.",
    "Key Locksmiths, hold on.", "Thanks for calling Pier 1.", "For you, one moment.", "Key One Realty, hello.",
    "Open from 9 to 5, one moment.", "Nine to five for sales, nine to six for service.", "At 1 Main Street, hello.",
    "We've been number 1 for heating since 1990.", "Thanks for calling 2 for 1 Pizza, one moment.",
    "Thanks for calling Studio One.", "For you, one and all.", "Make your choice easy: Smith Tailors.",
    "Wir sind von 9 bis 5 für Sie da.", "Ihre Nummer eins für Heizungen.", "Für Sie einen Moment, Hauptstraße 1.",
    "Le numéro un pour vos travaux, bonjour.", "Une touche de couleur, bonjour.", "Pour vous, un instant.",
    "Su número uno para la casa, hola.", "Abierto de 9 a 5 para usted.", "Mit der Linie 1 kommen Sie zu uns.",
    "Here for you at 5 Oak Road, and for Leeds at 7 Elm Road.", "Route 1 for sale signs, one moment.",
    "For sales until 5, for service until 6.", "Star Taxis, one moment.",
    "Two Doors Down, hello.", "Druck und Papier, guten Tag.",
]  # fmt: skip


@pytest.mark.proves("01-2.3")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", ASKS)
def test_a_greeting_that_asks_for_a_key_is_refused_in_every_language(text: str, language: str) -> None:
    fault = greeting_fault(text, language)
    assert fault is not None
    assert "asks callers for a key" in fault
    assert str(key_request(text)) in fault


@pytest.mark.proves("01-2.3")
@pytest.mark.parametrize("text", ASKS_NOTHING)
def test_names_and_trades_that_only_sound_like_keys_pass(text: str) -> None:
    assert key_request(text) is None
    assert greeting_fault(text, "en-US") is None


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
