"""What the words after `format:` in the carrier's OpenAPI files mean, in requests and in answers."""

import re
from collections.abc import Callable
from datetime import date, datetime
from email.utils import format_datetime, parsedate_to_datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree

from jsonschema import FormatChecker

_PHONE = re.compile(r"\+?[\d*]{2,15}")
_ENDPOINT = re.compile(r"\+?\d{2,15}|(client|sip|sips):\S+")


def _rfc2822(text: str) -> bool:
    return format_datetime(parsedate_to_datetime(text)) == text


def _moment_or_day(text: str) -> bool:
    """A time, or the day that the files' own words ask for."""
    return (datetime if "T" in text else date).fromisoformat(text) is not None


def _absolute(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not re.search(r"\s", text)


def _absolute_or_cleared(text: str) -> bool:
    """In a form an empty address takes away the one that is entered."""
    return not text or _absolute(text)


def _linked(text: str) -> bool:
    """An address, or as in links between pages one on the carrier's own host."""
    return _absolute(text) or (text.startswith("/") and not re.search(r"\s", text))


def _document(text: str) -> bool:
    return ElementTree.fromstring(text).tag == "Response"  # noqa: S314 our own application's


_BOTH: dict[str, Callable[[str], bool]] = {
    "date-time-rfc-2822": _rfc2822,
    "date-time": _moment_or_day,
    "date": lambda text: date.fromisoformat(text) is not None,
    "phone-number": lambda text: bool(_PHONE.fullmatch(text)),
    "endpoint": lambda text: bool(_ENDPOINT.fullmatch(text)),
    "currency": lambda text: bool(re.fullmatch("[A-Z]{3}", text)),
    "iso-country-code": lambda text: bool(re.fullmatch("[A-Z]{2}", text)),
    "twiml": _document,
}


def _checker(uri: Callable[[str], bool]) -> FormatChecker:
    checker = FormatChecker(formats=())
    for name, holds in (_BOTH | {"uri": uri}).items():
        checker.checks(name, raises=(ValueError, ElementTree.ParseError))(_of_text(holds))
    checker.checks("uri-map")(lambda value: value is None or all(map(_linked, value.values())))
    return checker


def _of_text(holds: Callable[[str], bool]) -> Callable[[object], bool]:
    return lambda value: not isinstance(value, str) or holds(value)


ASKED = _checker(_absolute_or_cleared)
ANSWERED = _checker(_linked)
