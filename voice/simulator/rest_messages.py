"""REST: Messages."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from flask import Response, jsonify, request

from .paging import between, page
from .params import API_VERSION, E164, rfc2822
from .rest_base import BASE, RestError, View, account_uri, created, not_found
from .texts import Message, segments

if TYPE_CHECKING:
    from .carrier import Carrier

_LONGEST_TEXT = 1600


def _create(carrier: "Carrier") -> Response:
    return created(_render_message(carrier, _send(carrier)))


def _listing(carrier: "Carrier") -> Response:
    asked = request.args
    found = [
        message
        for message in carrier.texts.by_sid.values()
        if asked.get("To", message.to) == message.to
        and asked.get("From", message.frm) == message.frm
        and between(carrier, "DateSent", message.sent_at or message.created_at)
    ]
    uri = f"{account_uri(carrier)}/Messages.json"
    return page(carrier, "messages", uri, found[::-1], lambda message: _render_message(carrier, message))


def _fetch(carrier: "Carrier", sid: str) -> Response:
    if sid not in carrier.texts.by_sid:
        raise not_found()
    return jsonify(_render_message(carrier, carrier.texts.by_sid[sid]))


def _send(carrier: "Carrier") -> Message:
    form = request.form
    to, frm, body = form.get("To", ""), form.get("From", ""), form.get("Body", "")
    if not E164.fullmatch(to):
        raise RestError(400, 21211, f"The 'To' number {to} is not a valid phone number.")
    if frm not in carrier.numbers:
        raise RestError(400, 21606, f"The 'From' phone number provided ({frm}) is not a valid, message-capable number.")
    if not body:
        raise RestError(400, 21602, "Message body is required.")
    if len(body) > _LONGEST_TEXT:
        raise RestError(400, 21617, "The concatenated message body exceeds the 1600 character limit.")
    if (frm, to) in carrier.texts.opted_out:
        raise RestError(400, 21610, "Attempt to send to unsubscribed recipient")
    return carrier.texts.send(frm, to, body, form.get("StatusCallback", ""))


def _render_message(carrier: "Carrier", message: Message) -> dict[str, Any]:
    base = f"{account_uri(carrier)}/Messages/{message.sid}"

    def time(moment: datetime | None) -> str | None:
        return rfc2822(carrier.stated(moment)) if moment else None

    return {
        "sid": message.sid,
        "account_sid": carrier.config.account_sid,
        "messaging_service_sid": None,
        "api_version": API_VERSION,
        "from": message.frm,
        "to": message.to,
        "body": message.body,
        "direction": message.direction,
        "status": message.status,
        "num_segments": str(segments(message.body)),
        "num_media": "0",
        "error_code": message.error_code,
        "error_message": None,
        "price": None,
        "price_unit": "USD",
        "date_created": time(message.created_at),
        "date_updated": time(message.sent_at or message.created_at),
        "date_sent": time(message.sent_at),
        "uri": f"{base}.json",
        "subresource_uris": {"media": f"{base}/Media.json"},
    }


MESSAGE_VIEWS: dict[tuple[str, str], View] = {
    ("GET", f"{BASE}/Messages.json"): _listing,
    ("POST", f"{BASE}/Messages.json"): _create,
    ("GET", f"{BASE}/Messages/<sid>.json"): _fetch,
}
