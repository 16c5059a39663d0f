"""What callers and staff hear, and how a time of day is said."""

import datetime as dt
import string
from collections.abc import Callable
from dataclasses import fields
from zoneinfo import ZoneInfo

import pytest

from voice.rules import wording
from voice.rules.greeting import key_request
from voice.rules.languages.english import american_clock, british_clock
from voice.rules.languages.french import clock as french_clock
from voice.rules.languages.german import clock as german_clock
from voice.rules.languages.spanish import clock as spanish_clock
from voice.rules.wording import LANGUAGES, Who

LONDON = "Europe/London"
NOW = dt.datetime(2026, 3, 3, 14, 50, tzinfo=dt.UTC)  # a Tuesday; London keeps UTC
TEXTING = ("text", "sms", "mensaje de texto", "texto")


def london(day: int, hour: int, minute: int = 0) -> dt.datetime:
    """A moment in March 2026, London time."""
    return dt.datetime(2026, 3, day, hour, minute, tzinfo=ZoneInfo(LONDON)).astimezone(dt.UTC)


def heard_by_callers(language: str) -> list[str]:
    """Every sentence a caller can hear, with a promise for each quarter of an hour of the next ten days."""
    moments = (NOW + n * dt.timedelta(minutes=15) for n in range(960))
    whens = [wording.say_time(moment, NOW, LONDON, language) for moment in moments]
    return [
        *(wording.promise("Acme", when, language, closed=closed) for when in whens for closed in (False, True)),
        wording.default_greeting("Acme", language),
        wording.default_greeting("Acme" * 40, language),
        *(wording.withheld(language, closed=closed) for closed in (False, True)),
        wording.message_only(language),
        wording.thanks(language),
        wording.goodbye(language),
        wording.through_to("Sam", language),
        wording.cut_off_caller("Sam", language),
    ]


@pytest.mark.proves("01-6.13", "F51")
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_caller_is_ever_asked_for_a_key_or_told_of_a_text(language: str) -> None:
    for sentence in heard_by_callers(language):
        assert key_request(sentence) is None, sentence
        assert not any(word in sentence.casefold().split() for word in TEXTING), sentence
        assert "{" not in sentence


@pytest.mark.proves("01-2.8")
@pytest.mark.parametrize(
    ("language", "moment", "spoken"),
    [
        ("en-GB", london(3, 15, 40), "twenty to four"),
        ("en-GB", london(4, 9, 30), "half past nine tomorrow"),
        ("en-GB", london(9, 9, 10), "ten past nine on Monday"),
        ("en-GB", london(4, 12), "midday tomorrow"),
        ("en-GB", london(3, 20), "eight tonight"),
        ("en-GB", london(4, 20, 15), "a quarter past eight tomorrow evening"),
        ("en-GB", london(20, 10, 35), "twenty-five to eleven on Friday the 20th of March"),
        ("en-US", london(3, 15, 40), "three forty"),
        ("en-US", london(4, 9, 30), "nine thirty tomorrow"),
        ("en-US", london(9, 9, 5), "nine oh five on Monday"),
        ("en-US", london(4, 12), "noon tomorrow"),
        ("es-ES", london(3, 15, 40), "las cuatro menos veinte"),
        ("es-ES", london(4, 9, 30), "las nueve y media de mañana"),
        ("es-US", london(9, 13, 15), "la una y cuarto del lunes"),
        ("es-ES", london(3, 20), "las ocho de la noche"),
        ("fr-FR", london(3, 15, 40), "quinze heures quarante"),
        ("fr-FR", london(4, 9, 30), "demain neuf heures trente"),
        ("fr-FR", london(9, 12), "lundi midi"),
        ("fr-FR", london(9, 21), "lundi vingt et une heures"),
        ("de-DE", london(3, 15, 40), "zwanzig vor vier"),
        ("de-DE", london(4, 9, 30), "morgen halb zehn"),
        ("de-DE", london(9, 9, 10), "Montag zehn nach neun"),
        ("de-DE", london(3, 20), "acht Uhr abends"),
        ("de-DE", london(4, 13), "morgen ein Uhr"),
    ],
)
def test_times_are_said_the_way_people_say_them(language: str, moment: dt.datetime, spoken: str) -> None:
    assert wording.say_time(moment, NOW, LONDON, language) == spoken


@pytest.mark.proves("01-2.8")
def test_the_time_is_the_lines_own_on_both_sides_of_its_midnight() -> None:
    moment = dt.datetime(2026, 3, 4, 1, 0, tzinfo=dt.UTC)
    assert wording.say_time(moment, NOW, "America/Los_Angeles", "en-US") == "five"
    assert wording.say_time(moment, NOW, "Europe/Paris", "en-US") == "two tomorrow night"


@pytest.mark.parametrize(
    "clock",
    [british_clock, american_clock, spanish_clock, french_clock, german_clock],
    ids=["british", "american", "spanish", "french", "german"],
)
def test_no_two_minutes_of_half_a_day_sound_alike(clock: Callable[[int, int], str]) -> None:
    spoken = [clock(hour, minute) for hour in range(12) for minute in range(60)]
    assert len(set(spoken)) == 720


@pytest.mark.proves("01-2.5")
@pytest.mark.parametrize(
    ("language", "spoken"),
    [
        ("en-GB", "Jane Doe, third call today, rang at ten, still waiting: any key to take it."),
        ("en-US", "Jane Doe, third call today, rang at ten, still waiting: any key to take it."),
        ("es-ES", "Jane Doe, tercera llamada de hoy, llamó a las diez, sigue esperando: cualquier tecla para atender."),
        ("fr-FR", "Jane Doe, troisième appel aujourd'hui, a appelé à dix heures, attend toujours : n'importe quelle "
         "touche pour prendre l'appel."),
        ("de-DE", "Jane Doe, dritter Anruf heute, rief um zehn Uhr an, wartet noch: beliebige Taste zum Annehmen."),
    ],
)  # fmt: skip
def test_staff_hear_who_it_is_how_often_they_rang_and_since_when(language: str, spoken: str) -> None:
    who = Who("Jane Doe", "+12125550111", calls_today=3, waiting_since=london(3, 10, 2))
    assert wording.offer(who, NOW, LONDON, language) == spoken


@pytest.mark.proves("01-2.5")
def test_staff_hear_only_what_is_known() -> None:
    assert wording.who_is_calling(Who(None, "+12125550111"), NOW, LONDON, "en-US") == "2 1 2, 5 5 5, 0 1 1 1"
    assert wording.who_is_calling(Who(None, None), NOW, LONDON, "en-US") == "Hidden number"
    assert wording.who_is_calling(Who("Jane", None, 14), NOW, LONDON, "en-US") == "Jane, 14 calls today"
    assert wording.say_past(london(2, 10, 58), NOW, LONDON, "en-GB") == "at eleven yesterday"


@pytest.mark.proves("01-2.8")
def test_the_promise_says_who_when_and_that_nothing_need_be_done() -> None:
    spoken = wording.promise("Acme", "twenty to four", "en-GB")
    assert spoken.endswith("Acme will ring you by twenty to four. You can hang up, or tell us what it's about.")
    assert wording.promise("Acme", "nine", "en-GB", closed=True).startswith("We're closed just now.")


@pytest.mark.proves("01-2.11")
def test_a_hidden_caller_is_asked_to_say_a_number() -> None:
    assert wording.withheld("en-US").endswith("Your number is hidden, so please say it with your message.")


@pytest.mark.proves("01-2.6", "01-2.7")
def test_the_second_to_accept_hears_who_has_it_and_the_too_late_what_a_key_does() -> None:
    assert wording.taken_by("Sam", "en-US") == "Sam has it."
    assert wording.hung_up("en-US") == "They have hung up; any key to ring them back now."


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_everything_and_asks_staff_for_any_key_at_most(language: str) -> None:
    words = wording._words(language)
    english = wording._words("en-GB")
    for field in fields(words):
        sentence, model = getattr(words, field.name), getattr(english, field.name)
        if isinstance(sentence, str):
            assert sentence, field.name
            assert _blanks(sentence) == _blanks(model), field.name
    assert words.reasons.keys() == english.reasons.keys()
    assert wording.ring_back("Jane", "rang_out", language) == wording.ring_back("Jane", "declined", language)
    assert wording.ring_back("Jane", "closed", language) != wording.ring_back("Jane", "declined", language)


def _blanks(template: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_a_name_with_braces_is_spoken_as_it_is() -> None:
    assert wording.taken_by("{0.__class__}", "en-US") == "{0.__class__} has it."


def test_a_voice_speaks_its_own_language_and_unknown_ones_are_refused() -> None:
    assert [wording.voice_for(language).language for language in LANGUAGES] == list(LANGUAGES)
    with pytest.raises(ValueError, match="Use one of en-US"):
        wording.voice_for("nl-NL")
