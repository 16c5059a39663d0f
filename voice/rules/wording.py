"""Every sentence spoken to callers and staff, in the line's language. No caller is asked for a key or told of a text.

Names and numbers go in as they are; whoever writes the carrier's document escapes them.
"""

import datetime as dt
from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo

from voice.rules.greeting import greeting_fault
from voice.rules.languages import Words
from voice.rules.languages.english import AMERICAN, BRITISH
from voice.rules.languages.french import FRENCH
from voice.rules.languages.german import GERMAN
from voice.rules.languages.spanish import SPANISH
from voice.rules.numbers import spoken_digits


class Voice(NamedTuple):
    """The attributes of the carrier's <Say>. A voice of another language is silent, so they go together."""

    language: str
    voice: str


_LANGUAGES = {
    "en-US": (AMERICAN, "Polly.Joanna-Neural"),
    "en-GB": (BRITISH, "Polly.Amy-Neural"),
    "es-ES": (SPANISH, "Polly.Lucia-Neural"),
    "es-US": (SPANISH, "Polly.Lupe-Neural"),
    "fr-FR": (FRENCH, "Polly.Lea-Neural"),
    "de-DE": (GERMAN, "Polly.Vicki-Neural"),
}
LANGUAGES = tuple(_LANGUAGES)


@dataclass(frozen=True)
class Who:
    """What staff are told of a caller: `waiting_since` is when they first rang for a callback still owed."""

    name: str | None
    e164: str | None
    calls_today: int = 1
    waiting_since: dt.datetime | None = None


def check_language(language: str) -> None:
    """ValueError, in the owner's words, for a language we cannot speak."""
    if language not in _LANGUAGES:
        raise ValueError(f'language: "{language}" is not one we speak. Use one of {", ".join(LANGUAGES)}.')


def _words(language: str) -> Words:
    check_language(language)
    return _LANGUAGES[language][0]


def voice_for(language: str) -> Voice:
    """Which voice says this language."""
    check_language(language)
    return Voice(language, _LANGUAGES[language][1])


def say_time(moment: dt.datetime, now: dt.datetime, zone: str, language: str) -> str:
    """An instant as people of the line's zone say it after "by": "twenty to four", "half past nine tomorrow"."""
    local, today = _local(moment, now, zone)
    return _words(language).by(local, today)


def say_past(moment: dt.datetime, now: dt.datetime, zone: str, language: str) -> str:
    """An instant with its preposition, to the nearest five minutes: "at ten", "at twenty past ten yesterday"."""
    step = dt.timedelta(minutes=5)
    rounded = moment + step / 2
    local, today = _local(rounded - (rounded - dt.datetime.min.replace(tzinfo=dt.UTC)) % step, now, zone)
    return _words(language).at(local, today)


def _local(moment: dt.datetime, now: dt.datetime, zone: str) -> tuple[dt.datetime, dt.date]:
    return moment.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone)).date()


# What the caller hears.


def default_greeting(who: str, language: str) -> str:
    """The greeting of a line whose owner wrote none; without the name when with it the words would be refused."""
    words = _words(language)
    named = words.default_greeting.format(who=who)
    return words.plain_greeting if greeting_fault(named, language) else named


def promise(who: str, when: str, language: str, closed: bool = False) -> str:
    """Who will ring back by when; `when` comes from say_time."""
    words = _words(language)
    return f"{words.closed if closed else words.missed} {words.promise.format(who=who, when=when)}"


def withheld(language: str, closed: bool = False) -> str:
    """To someone who cannot be rung back: say your number."""
    words = _words(language)
    return f"{words.closed if closed else words.missed} {words.withheld}"


def message_only(language: str) -> str:
    """When we cannot be reached ourselves: a message, and no promise."""
    return _words(language).message_only


def thanks(language: str) -> str:
    """After a message."""
    return _words(language).thanks


def goodbye(language: str) -> str:
    """When nothing was said."""
    return _words(language).goodbye


def through_to(name: str, language: str) -> str:
    """The one sentence a caller may hear on connecting."""
    return _words(language).through_to.format(name=name)


def cut_off_caller(name: str, language: str) -> str:
    """To a caller left alone on the line after a talk."""
    return _words(language).cut_off_caller.format(name=name)


# What staff hear.


def name_or_number(who: Who, language: str) -> str:
    """The caller's name, else the number in digit groups, else that it is hidden."""
    if who.name:
        return who.name
    return spoken_digits(who.e164, language) if who.e164 else _words(language).hidden_number


def who_is_calling(who: Who, now: dt.datetime, zone: str, language: str) -> str:
    """ "Jane Doe, third call today, rang at ten, still waiting": only what is known and worth saying."""
    words = _words(language)
    parts = [name_or_number(who, language)]
    if who.calls_today > 1:
        parts.append(words.nth_call(who.calls_today))
    if who.waiting_since:
        parts.append(words.waiting_since.format(when=say_past(who.waiting_since, now, zone, language)))
    return ", ".join(parts)


def offer(who: Who, now: dt.datetime, zone: str, language: str) -> str:
    """A caller offered to a phone that was picked up."""
    return _words(language).offer.format(who=who_is_calling(who, now, zone, language))


def offer_reserved(language: str) -> str:
    """The short form, for whoever tapped "Take it" and knows who is calling."""
    return _words(language).offer_reserved


def caller_gone(language: str) -> str:
    """The caller they were told of has gone; the next one follows."""
    return _words(language).caller_gone


def taken_by(name: str, language: str) -> str:
    """To the one who was second."""
    return _words(language).taken_by.format(name=name)


def asked_for_message(language: str) -> str:
    """To whoever pressed their key when the caller had just been given up, and is on the line still."""
    return _words(language).asked_for_message


def hung_up(language: str) -> str:
    """The caller went before the join; a key rings them back."""
    return _words(language).hung_up


def cut_off_staff(who: str, language: str) -> str:
    """To the staff member whose talk was cut; `who` comes from name_or_number."""
    return _words(language).cut_off_staff.format(who=who)


def ring_back(who: str, why: str, language: str) -> str:
    """Before a caller is rung back; `why` is the cause of the call that opened the callback."""
    words = _words(language)
    return words.ring_back.format(who=who, why=words.reasons.get(why, words.reasons[""]))


def due(who: str, when: str, language: str) -> str:
    """Nobody has a caller whose promise is near; `when` comes from say_time."""
    return _words(language).due.format(who=who, when=when)


def nobody_waiting(language: str) -> str:
    """Picked up, and everybody is served."""
    return _words(language).nobody_waiting


def no_answer(language: str) -> str:
    """The person rung back did not answer."""
    return _words(language).no_answer


def busy(language: str) -> str:
    """The person rung back is on the phone."""
    return _words(language).busy


def call_failed(language: str) -> str:
    """The ring-back could not be placed."""
    return _words(language).call_failed


def already_handled(language: str) -> str:
    """The callback was closed or taken meanwhile."""
    return _words(language).already_handled
