"""REST: the account itself, and Lookups."""

from typing import TYPE_CHECKING, Any

import phonenumbers
from flask import Response, jsonify, request

from .paging import page
from .params import API_VERSION, country
from .phones import Phone
from .rest_base import BASE, View, account_uri

if TYPE_CHECKING:
    from .carrier import Carrier

_EPOCH = "Thu, 01 Jan 2026 00:00:00 +0000"
_ALL = f"/{API_VERSION}/Accounts.json"
_FIELDS = (
    "caller_name",
    "line_type_intelligence",
    "sim_swap",
    "call_forwarding",
    "line_status",
    "identity_match",
    "reassigned_number",
    "sms_pumping_risk",
    "phone_number_quality_score",
    "pre_fill",
)
_UNREADABLE = {
    phonenumbers.NumberParseException.INVALID_COUNTRY_CODE: "INVALID_COUNTRY_CODE",
    phonenumbers.NumberParseException.TOO_SHORT_AFTER_IDD: "TOO_SHORT",
    phonenumbers.NumberParseException.TOO_SHORT_NSN: "TOO_SHORT",
    phonenumbers.NumberParseException.TOO_LONG: "TOO_LONG",
}
_IMPOSSIBLE = {
    phonenumbers.ValidationResult.TOO_SHORT: "TOO_SHORT",
    phonenumbers.ValidationResult.TOO_LONG: "TOO_LONG",
    phonenumbers.ValidationResult.INVALID_LENGTH: "INVALID_LENGTH",
    phonenumbers.ValidationResult.INVALID_COUNTRY_CODE: "INVALID_COUNTRY_CODE",
}


def _accounts(carrier: "Carrier") -> Response:
    shown = _account(carrier)
    asked = {"friendly_name": request.args.get("FriendlyName"), "status": request.args.get("Status")}
    wanted = all(value in {None, shown[name]} for name, value in asked.items())
    return page(carrier, "accounts", _ALL, [carrier] if wanted else [], _account)


def _fetch(carrier: "Carrier") -> Response:
    return jsonify(_account(carrier))


def _look_up(carrier: "Carrier", number: str) -> Response:
    return jsonify(_lookup(carrier, number))


def _account(carrier: "Carrier") -> dict[str, Any]:
    sid = carrier.config.account_sid
    base = account_uri(carrier)
    parts = ("calls", "conferences", "queues", "recordings", "messages", "incoming_phone_numbers")
    return {
        "sid": sid,
        "friendly_name": "Simulated account",
        "status": "active",
        "type": "Full",
        "auth_token": carrier.config.auth_token,
        "owner_account_sid": sid,
        "date_created": _EPOCH,
        "date_updated": _EPOCH,
        "uri": f"{base}.json",
        "subresource_uris": {part: f"{base}/{part.title().replace('_', '')}.json" for part in parts},
    }


def _lookup(carrier: "Carrier", number: str) -> dict[str, Any]:
    """Lookups v2: is it a number, and on request whose and what kind of line."""
    try:
        parsed = phonenumbers.parse(number, request.args.get("CountryCode") or "US")
    except phonenumbers.NumberParseException as error:
        return _no_number(number, _UNREADABLE.get(error.error_type, "NOT_A_NUMBER"))
    whole = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    if not phonenumbers.is_valid_number(parsed):
        possible = phonenumbers.is_possible_number_with_reason(parsed)
        return _no_number(whole, _IMPOSSIBLE.get(possible, "INVALID_BUT_POSSIBLE"))
    asked = request.args.get("Fields", "").split(",")
    national = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
    return _no_number(whole) | {
        "calling_country_code": str(parsed.country_code),
        "country_code": country(whole) or None,
        "national_format": national,
        "valid": True,
        "validation_errors": [],
        "caller_name": _caller_name(carrier.phones.get(whole)) if "caller_name" in asked else None,
        "line_type_intelligence": _line(carrier.phones.get(whole)) if "line_type_intelligence" in asked else None,
    }


def _no_number(number: str, *why: str) -> dict[str, Any]:
    return {
        "calling_country_code": None,
        "country_code": None,
        "phone_number": number if number.removeprefix("+").isdigit() else None,
        "national_format": None,
        "valid": False,
        "validation_errors": list(why),
        "url": f"https://lookups.twilio.com/v2/PhoneNumbers/{number}",
    } | dict.fromkeys(_FIELDS)


def _caller_name(phone: Phone | None) -> dict[str, Any]:
    known = phone is not None and bool(phone.name)
    return {
        "caller_name": phone.name if phone is not None and known else "WIRELESS CALLER",
        "caller_type": "CONSUMER" if known else "UNDETERMINED",
        "error_code": None,
    }


def _line(phone: Phone | None) -> dict[str, Any]:
    return {
        "type": phone.line_type if phone else "mobile",
        "carrier_name": "Simulated",
        "mobile_country_code": "001",
        "mobile_network_code": "01",
        "error_code": None,
    }


ACCOUNT_VIEWS: dict[tuple[str, str], View] = {
    ("GET", _ALL): _accounts,
    ("GET", f"{BASE}.json"): _fetch,
    ("GET", "/v2/PhoneNumbers/<number>"): _look_up,
}
