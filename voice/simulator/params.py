"""The parameters every voice webhook carries, with their legacy duplicates."""

import json
import re
from datetime import datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING

import phonenumbers

if TYPE_CHECKING:
    from .legs import Leg

E164 = re.compile(r"\+[1-9]\d{7,14}")
SENTINELS = frozenset(("+266696687", "+7378742833", "+86282452253", "+2562533", "+8656696"))
API_VERSION = "2010-04-01"
_PLACES = {
    "212": ("NEW YORK", "NY", "10001"),
    "415": ("SAN FRANCISCO", "CA", "94105"),
    "312": ("CHICAGO", "IL", "60601"),
}


def withheld(number: str) -> bool:
    """Is this no number anyone could ring: a placeholder, or not E.164?"""
    return number in SENTINELS or not E164.fullmatch(number)


def rfc2822(moment: datetime) -> str:
    """As the carrier writes times: Sun, 22 Nov 2026 15:04:05 +0000."""
    return format_datetime(moment)


def place(number: str) -> dict[str, str]:
    """City, State, Zip and Country of a number, best effort and often empty."""
    city, state, code = _PLACES.get(number[2:5], ("", "", "")) if number.startswith("+1") else ("", "", "")
    return {"City": city, "State": state, "Zip": code, "Country": country(number)}


def country(number: str) -> str:
    """The two-letter country of a number, or an empty string."""
    if withheld(number):
        return ""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number)) or ""
    except phonenumbers.NumberParseException:
        return ""


def caller_name(leg: "Leg") -> str:
    """Whose number calls, where the number called has the look-up on: an American name, or an empty string."""
    number, phone = leg.carrier.numbers.get(leg.to), leg.carrier.phones.get(leg.frm)
    if leg.direction != "inbound" or not number or not number.voice_caller_id_lookup or country(leg.frm) != "US":
        return ""
    return phone.name.upper() if phone else ""


def call_params(leg: "Leg") -> dict[str, str]:
    """What any voice webhook about this leg carries."""
    params = {
        "CallSid": leg.sid,
        "AccountSid": leg.carrier.config.account_sid,
        "From": leg.frm,
        "To": leg.to,
        "Caller": leg.frm,
        "Called": leg.to,
        "CallStatus": leg.status,
        "ApiVersion": API_VERSION,
        "Direction": leg.direction,
    }
    for names, number in ((("From", "Caller"), leg.frm), (("To", "Called"), leg.to)):
        for part, value in place(number).items():
            params |= {name + part: value for name in names}
    if named := caller_name(leg):
        params["CallerName"] = named
    if leg.forwarded_from:
        params["ForwardedFrom"] = leg.forwarded_from
    if leg.parent is not None:
        params["ParentCallSid"] = leg.parent.sid
    if leg.direction == "inbound":
        params["CallToken"] = json.dumps({"parentCallInfoToken": leg.call_token, "identityHeaderTokens": []})
        if not withheld(leg.frm):
            params["StirVerstat"] = "TN-Validation-Passed-A"
    return params


def progress_params(leg: "Leg", event: str) -> dict[str, str]:
    """What a status callback adds: the event's own status, time and number."""
    status = {"answered": "in-progress", "completed": leg.status}.get(event, event)
    params = call_params(leg) | {
        "CallStatus": status,
        "Timestamp": rfc2822(leg.carrier.stated()),
        "SequenceNumber": str(leg.sequence),
        "CallbackSource": "call-progress-events",
    }
    if event == "completed":
        params |= {"CallDuration": str(leg.seconds), "Duration": str(-(-leg.seconds // 60))}
        if leg.direction != "inbound":
            params["SipResponseCode"] = {"busy": "486", "failed": "404", "completed": "200"}.get(leg.status, "487")
    return params
