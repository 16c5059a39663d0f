"""REST: the numbers of the account and what is entered for them."""

from typing import TYPE_CHECKING, Any

from flask import Response, jsonify, request

from .config import Number
from .paging import page
from .params import API_VERSION
from .rest_base import BASE, View, account_uri, not_found

if TYPE_CHECKING:
    from .carrier import Carrier

_EPOCH = "Thu, 01 Jan 2026 00:00:00 +0000"
_NEVER_SET = (
    "bundle_sid",
    "emergency_address_sid",
    "identity_sid",
    "address_sid",
    "trunk_sid",
)
_NUMBER_FIELDS = {
    "FriendlyName": "friendly_name",
    "VoiceUrl": "voice_url",
    "VoiceMethod": "voice_method",
    "VoiceFallbackUrl": "voice_fallback_url",
    "VoiceFallbackMethod": "voice_fallback_method",
    "StatusCallback": "status_callback",
    "StatusCallbackMethod": "status_callback_method",
    "SmsUrl": "sms_url",
    "SmsMethod": "sms_method",
    "SmsFallbackUrl": "sms_fallback_url",
    "SmsFallbackMethod": "sms_fallback_method",
}


def _listing(carrier: "Carrier") -> Response:
    asked = request.args
    found = [
        number
        for number in carrier.numbers.values()
        if asked.get("PhoneNumber", "").strip() in number.number
        and asked.get("FriendlyName", _name(number)) == _name(number)
        and asked.get("Beta", "false").lower() == "false"
        and asked.get("Origin", "twilio") == "twilio"
    ]
    uri = f"{account_uri(carrier)}/IncomingPhoneNumbers.json"
    return page(carrier, "incoming_phone_numbers", uri, found, lambda number: _render_number(carrier, number))


def _find(carrier: "Carrier", sid: str) -> Number:
    number = next((number for number in carrier.numbers.values() if number.sid == sid), None)
    if number is None:
        raise not_found()
    return number


def _fetch(carrier: "Carrier", sid: str) -> Response:
    return jsonify(_render_number(carrier, _find(carrier, sid)))


def _update(carrier: "Carrier", sid: str) -> Response:
    number = _find(carrier, sid)
    for name, attribute in _NUMBER_FIELDS.items():
        if name in request.form:
            setattr(number, attribute, request.form[name])
    if "VoiceCallerIdLookup" in request.form:
        number.voice_caller_id_lookup = request.form["VoiceCallerIdLookup"].lower() == "true"
    return jsonify(_render_number(carrier, number))


def _name(number: Number) -> str:
    return number.friendly_name or number.number


def _render_number(carrier: "Carrier", number: Number) -> dict[str, Any]:
    base = f"{account_uri(carrier)}/IncomingPhoneNumbers/{number.sid}"
    shown: dict[str, Any] = {
        "sid": number.sid,
        "account_sid": carrier.config.account_sid,
        "phone_number": number.number,
        "api_version": API_VERSION,
        "address_requirements": "none",
        "beta": False,
        "capabilities": {"voice": True, "sms": True, "mms": True, "fax": False},
        "date_created": _EPOCH,
        "date_updated": _EPOCH,
        "origin": "twilio",
        "status": "in-use",
        "type": "local",
        "emergency_status": "Inactive",
        "emergency_address_status": "unregistered",
        "sms_application_sid": "",
        "voice_application_sid": "",
        "voice_receive_mode": "voice",
        "voice_caller_id_lookup": number.voice_caller_id_lookup,
        "uri": f"{base}.json",
    }
    entered = {name: getattr(number, name) for name in _NUMBER_FIELDS.values()}
    entered |= {name: entered[name] or None for name in ("voice_url", "voice_fallback_url")}  # the others stay empty
    return shown | entered | {"friendly_name": _name(number)} | dict.fromkeys(_NEVER_SET)


NUMBER_VIEWS: dict[tuple[str, str], View] = {
    ("GET", f"{BASE}/IncomingPhoneNumbers.json"): _listing,
    ("GET", f"{BASE}/IncomingPhoneNumbers/<sid>.json"): _fetch,
    ("POST", f"{BASE}/IncomingPhoneNumbers/<sid>.json"): _update,
}
