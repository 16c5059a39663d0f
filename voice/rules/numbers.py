"""Phone numbers: who is calling, where they may be, whether we may dial them, and how a number is shown or spoken.

Caller ID is a claim. It names a caller for the list and unlocks nothing; before it is dialled it passes `dial_refusal`.
"""

import functools
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType

from voice.rules.zone_table import zones_of_area, zones_of_region

E164 = re.compile(r"\+[1-9][0-9]{7,14}")  # not \d: that takes the digits of every script
SIP = re.compile(r"sips?:[^\s@:;?]+@[A-Za-z0-9.-]+(:\d{1,5})?")

# What carriers send in place of a number, spelt on a keypad. Some pass for numbers of Russia, China and Lesotho, so
# this list is looked at before anything else.
PLACEHOLDERS = {
    "+266696687": "anonymous",
    "+7378742833": "restricted",
    "+86282452253": "unavailable",
    "+2562533": "blocked",
    "+8656696": "unknown",
}
PLACEHOLDER_WORDS = frozenset({"", "anonymous", "restricted", "unavailable", "unknown", "private", "blocked"})
ERASED = "erased:"  # how the key of a caller begins who has been erased: see `voice.erasing`
EMERGENCY = frozenset({"000", "110", "112", "911", "988", "999"})  # in any country; each one's own are known too
SATELLITE = ("+870", "+881", "+882", "+883")
# These cost money and harm nobody: the owner may allow such a number, one at a time. The others are never dialled.
MAY_BE_ALLOWED = frozenset({"satellite", "foreign", "premium", "shared_cost", "personal"})
_REFUSED_TYPES = {
    PhoneNumberType.PREMIUM_RATE: "premium",
    PhoneNumberType.SHARED_COST: "shared_cost",
    PhoneNumberType.PERSONAL_NUMBER: "personal",
}
_SENTENCES = {
    "placeholder": "This is what the carrier sends when the number is hidden, not a number that can be rung.",
    "own_line": "This is one of our own lines; ringing it would only ring ourselves.",
    "emergency": "Emergency numbers are never dialled from here.",
    "short": "Short codes are not people's phones and may cost extra.",
    "invalid": "This is not a complete phone number of any country.",
    "satellite": "Satellite numbers are expensive to ring and often used for fraud.",
    "foreign": "This number is abroad, where ringing can cost much more.",
    "premium": "Premium-rate numbers cost a lot to ring and are often used for fraud.",
    "shared_cost": "Shared-cost numbers cost extra to ring.",
    "personal": "Personal and follow-me numbers can cost as much as premium-rate ones.",
    "cannot_be_rung": "The carrier could not ring this number: it may not exist, or be out of service.",
    "not_allowed": "The carrier does not ring this number: its country may be switched off in your account there.",
}


@dataclass(frozen=True)
class Caller:
    """Who the carrier says is calling: `e164` or nothing, and `key`, under which the caller's callback is kept."""

    e164: str | None
    withheld: bool
    key: str


class Refusal(NamedTuple):
    """Why a number is not dialled: a code to store, a sentence for the owner."""

    code: str
    sentence: str


def parse_caller(from_: str | None, call_sid: str) -> Caller:
    """Read the carrier's From. Placeholders and strings that are no number give a withheld caller.

    Two people who hide their number are not one caller, so the key of a withheld one is the call's own.
    """
    text = (from_ or "").strip()
    if is_placeholder(text) or not E164.fullmatch(text):
        return Caller(None, withheld=True, key=f"withheld:{call_sid}")
    return Caller(text, withheld=False, key=text)


def is_placeholder(text: str) -> bool:
    """Whether the carrier sent this instead of a number."""
    return text in PLACEHOLDERS or text.strip().casefold() in PLACEHOLDER_WORDS


@functools.lru_cache(10_000)  # the list asks for its lines and for the same people again and again
def country_of(e164: str) -> str | None:
    """The region a number belongs to, "US" or "PR"; None when it belongs to none, or is no number."""
    number = _parsed(e164)
    if number is None:
        return None
    region = phonenumbers.region_code_for_number(number)
    return None if region in (None, "001", "ZZ") else region


@functools.lru_cache(10_000)
def caller_zones(e164: str | None, line_zone: str) -> tuple[str, ...]:
    """Every time zone this number may be in: its area code's, else its country's, else the line's. Never empty."""
    if e164 is None or _parsed(e164) is None:
        return (line_zone,)
    return zones_of_area(e164[1:]) or zones_of_region(country_of(e164) or "") or (line_zone,)


def dial_refusal(
    e164: str, home_countries: Collection[str], own_lines: Collection[str], allowed: bool = False
) -> Refusal | None:
    """Why this number must not be dialled or texted; None when it may be. `allowed`: the owner has said so of it."""
    code = _refusal_code(e164, home_countries, own_lines)
    return None if code is None or (allowed and code in MAY_BE_ALLOWED) else Refusal(code, _SENTENCES[code])


def why_held(code: str) -> str:
    """Why a callback is held, as a sentence: what the rules or the carrier said when it was."""
    return _SENTENCES.get(code, f"Held: {code.replace('_', ' ')}.")


def _refusal_code(e164: str, home_countries: Collection[str], own_lines: Collection[str]) -> str | None:
    if is_placeholder(e164):
        return "placeholder"
    if e164 in own_lines:
        return "own_line"
    if not E164.fullmatch(e164):
        return _short_code(e164, home_countries)
    if e164.startswith(SATELLITE):
        return "satellite"
    return _numbering_plan_code(e164, home_countries)


def _costly(e164: str) -> str | None:
    return "satellite" if e164.startswith(SATELLITE) else _plan(e164)[0]


def _short_code(text: str, home_countries: Collection[str]) -> str:
    digits = text.removeprefix("+")
    short = digits[1:] if len(digits) == 4 and text.startswith("+1") else digits
    if short in EMERGENCY or any(phonenumbers.is_emergency_number(short, country) for country in home_countries):
        return "emergency"
    return "short" if digits.isdecimal() and len(digits) <= 6 else "invalid"


def _numbering_plan_code(e164: str, home_countries: Collection[str]) -> str | None:
    """Country before type: costly islands in +1 look like ordinary valid phones."""
    country, (costly, valid) = country_of(e164), _plan(e164)
    if country is None:
        return (costly or "foreign") if valid else "invalid"
    return costly if country in home_countries else "foreign"


@functools.lru_cache(10_000)
def _plan(e164: str) -> tuple[str | None, bool]:
    """What its numbering plan says of a number: the code of a costly type, and whether it is a number at all."""
    number = _parsed(e164)
    if number is None:
        return None, False
    return _REFUSED_TYPES.get(phonenumbers.number_type(number)), phonenumbers.is_valid_number(number)


def _parsed(e164: str) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(e164)
    except NumberParseException:
        return None


def typed(text: str, country: str) -> str | None:
    """A number as a person of `country` types it, in full; None when it is none."""
    try:
        number = phonenumbers.parse(text, country or None)
    except NumberParseException:
        return None
    whole = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return whole if phonenumbers.is_possible_number(number) and E164.fullmatch(whole) else None


def forwarder(text: str, country: str) -> str:
    """The phone that forwarded a call, as we write it. Its network may have left out the + or the country, or put the
    number into a SIP address."""
    user = re.fullmatch(r"(?:sips?|tel):([+0-9]+)(?:[@;].*)?", text.strip())
    return typed(user[1] if user else text, country) or text


def staff_phone_fault(phone: str) -> str | None:
    """What is wrong with a staff member's phone, as a sentence; None for a sip address, or a full number that costs
    no more than others."""
    if phone.startswith(("sip:", "sips:")):
        return None if SIP.fullmatch(phone) else f'"{phone}" is not a SIP address. Write it like sip:sam@example.com.'
    if not E164.fullmatch(phone) or is_placeholder(phone):
        return f'"{phone}" is not a full phone number. Write it with + and the country code, like +12125550111.'
    number = _parsed(phone)
    if number is None or not phonenumbers.is_possible_number(number):
        return f'"{phone}" is not a phone number of any country. Look for a digit too many or too few.'
    code = _costly(phone)  # abroad is the owner's own choice; these are nobody's
    return f'"{phone}" cannot be a staff phone. {_SENTENCES[code]}' if code else None


def mask(number: str | None) -> str:
    """A number for logs: enough to tell two callers apart, not enough to ring one."""
    if not number or is_placeholder(number):
        return "withheld"
    if number.startswith(("sip:", "sips:", "client:")):
        return f"{number.partition(':')[0]}:…"
    return f"{number[:5]}…{number[-2:]}" if len(number) > 8 else "…"


_HOME = {"en-US": 1, "es-US": 1, "en-GB": 44, "es-ES": 34, "fr-FR": 33, "de-DE": 49}
_PLUS = {"en": "plus", "es": "más", "fr": "plus", "de": "plus"}


def spoken_digits(e164: str, language: str) -> str:
    """A number as digit groups a voice reads one digit at a time, "2 1 2, 5 5 5, 0 1 1 1"; pairs stay pairs in French.

    Numbers of another country than the language's begin with "plus" and the country code.
    """
    number = _parsed(e164)
    if number is None:
        return " ".join(e164.removeprefix("+"))
    home = number.country_code == _HOME.get(language)
    text = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL if home else PhoneNumberFormat.INTERNATIONAL)
    groups = [piece for group in re.findall(r"\d+", text) for piece in _pieces(group)]
    if home and language == "fr-FR":
        return ", ".join(groups)
    spoken = ", ".join(" ".join(group) for group in groups)
    return spoken if home else f"{_PLUS.get(language[:2], 'plus')} {spoken}"


def _pieces(group: str) -> list[str]:
    """Nobody keeps five digits in mind: long groups are cut into threes, the last at most four."""
    pieces = []
    while len(group) > 4:
        pieces.append(group[:3])
        group = group[3:]
    return [*pieces, group]
