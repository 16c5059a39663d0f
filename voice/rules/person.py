"""What may be written of a person: names, tags, notes, languages. One place for pages, files and programs."""

import re
from collections.abc import Iterable

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from voice.rules import numbers, text

LONGEST_NAME = 200
LONGEST_TAG = 30
MOST_TAGS = 20
LONGEST_NOTE = 2000
# ISO 639-1: what staff may have to speak with somebody.
LANGUAGES = {
    "ar": "Arabic", "zh": "Chinese", "nl": "Dutch", "en": "English", "fr": "French", "de": "German", "hi": "Hindi",
    "it": "Italian", "ko": "Korean", "pl": "Polish", "pt": "Portuguese", "ru": "Russian", "es": "Spanish",
    "tr": "Turkish", "uk": "Ukrainian", "vi": "Vietnamese",
}  # fmt: skip
# Signed calls (STIR/SHAKEN) are the law there, so silence of the carrier means something: FCC, CRTC, Arcep (MAN).
SIGNING_COUNTRIES = frozenset({"US", "CA", "FR"})


class Unfit(Exception):
    """A value that cannot be kept; the text names the field and says what to write instead."""


def name(value: str) -> str | None:
    """A name on one line; None when nothing is left of it. Raises Unfit."""
    if len(value) > LONGEST_NAME:
        raise Unfit(f"name: it has more than {LONGEST_NAME} characters. Shorten it.")
    return text.clean(value, LONGEST_NAME) or None


def tags(values: Iterable[str]) -> tuple[str, ...]:
    """Tags in the order given, each once however it is spelt; commas and semicolons part them. Raises Unfit."""
    kept: dict[str, str] = {}
    for part in (part for value in values for part in re.split("[,;]", value)):
        tag = text.clean(part, LONGEST_TAG + 1)
        if len(tag) > LONGEST_TAG:
            raise Unfit(f"tags: “{tag[:LONGEST_TAG]}…” has more than {LONGEST_TAG} characters. Shorten it.")
        if tag:
            kept.setdefault(tag.casefold(), tag)
    if len(kept) > MOST_TAGS:
        raise Unfit(f"tags: there are more than {MOST_TAGS}. Take some away.")
    return tuple(kept.values())


def note(value: str) -> str:
    """A note, its lines kept. Raises Unfit."""
    if len(value) > LONGEST_NOTE:
        raise Unfit(f"note: it has more than {LONGEST_NOTE} characters. Shorten it, or write two.")
    return "\n".join(text.clean(line, LONGEST_NOTE) for line in value.splitlines()).strip()


def number(value: str, country: str) -> str:
    """A person's number as E.164, however it is written; without a country code one of `country`. Raises Unfit."""
    shown = text.clean(value, 40)
    try:
        parsed = phonenumbers.parse(shown, country or None)
    except NumberParseException:
        parsed = None
    if parsed is None or not phonenumbers.is_possible_number(parsed):
        raise Unfit(f"phone: “{shown}” is not a phone number. Write it with + and the country code, like +12125550111.")
    e164 = phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
    if not numbers.E164.fullmatch(e164) or numbers.is_placeholder(e164):
        raise Unfit(f"phone: “{shown}” is not a number a person rings from. Take it out.")
    return e164


def language(value: str) -> str | None:
    """The code of a language given by code or by name; None for an empty one. Raises Unfit."""
    wanted = value.strip().casefold()
    known = {spoken.casefold(): code for code, spoken in LANGUAGES.items()}
    code = known.get(wanted, wanted.partition("-")[0])
    if code and code not in LANGUAGES:
        raise Unfit(f"language: “{text.clean(value, 30)}” is not one of {', '.join(LANGUAGES.values())}.")
    return code or None


def vouched(verstat: str | None, country: str | None) -> bool | None:
    """Whether the carrier vouches that the number is the caller's; None: nobody could know.

    `verstat` is its StirVerstat, "" when it sent none. Only a passed attestation A vouches for customer and number;
    a suffix (-Diverted, -Passthrough) says by which way the call came.
    """
    if verstat is None or (not verstat and country not in SIGNING_COUNTRIES):
        return None
    return verstat.startswith("TN-Validation-Passed-A")
