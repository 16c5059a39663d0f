"""REST: the account itself, and Lookups."""

from typing import TYPE_CHECKING, Any

import phonenumbers
from flask import Response, jsonify, request

from .paging import page
from .params import API_VERSION, country
from .rest_base import BASE, View, account_uri, not_found

if TYPE_CHECKING:
    from .carrier import Carrier

_EPOCH = "Thu, 01 Jan 2026 00:00:00 +0000"
_ALL = f"/{API_VERSION}/Accounts.json"
_OTHER_FIELDS = (
    "sim_swap",
    "call_forwarding",
    "line_status",
    "identity_match",
    "reassigned_number",
    "sms_pumping_risk",
    "phone_number_quality_score",
    "pre_fill",
)


def _accounts(carrier: "Carrier") -> Response:
    return page("accounts", _ALL, [carrier], _account)


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
    """Lookups v2: is it a number, and on request what kind of line."""
    try:
        parsed = phonenumbers.parse(number, request.args.get("CountryCode") or "US")
        valid = phonenumbers.is_valid_number(parsed)
    except phonenumbers.NumberParseException:
        raise not_found(number) from None
    whole = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    phone = carrier.phones.get(whole)
    kind = phone.line_type if phone else "mobile"
    asked = request.args.get("Fields", "")
    return {
        "calling_country_code": str(parsed.country_code),
        "country_code": country(whole) or None,
        "phone_number": whole,
        "national_format": phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL),
        "valid": valid,
        "validation_errors": [] if valid else ["INVALID_BUT_POSSIBLE"],
        "caller_name": {"caller_name": phone.name if phone else None, "caller_type": None, "error_code": None}
        if "caller_name" in asked
        else None,
        "line_type_intelligence": {
            "type": kind,
            "carrier_name": "Simulated",
            "mobile_country_code": None,
            "mobile_network_code": None,
            "error_code": None,
        }
        if "line_type_intelligence" in asked
        else None,
        "url": f"https://lookups.twilio.com/v2/PhoneNumbers/{whole}",
    } | dict.fromkeys(_OTHER_FIELDS)


ACCOUNT_VIEWS: dict[tuple[str, str], View] = {
    ("GET", _ALL): _accounts,
    ("GET", f"{BASE}.json"): _fetch,
    ("GET", "/v2/PhoneNumbers/<number>"): _look_up,
}
