"""REST: Calls — create, fetch, update, list, Events."""

from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Response, jsonify, request

from .document import Source
from .legs import Leg, StatusHook
from .paging import between, page
from .params import API_VERSION, E164, caller_name, country, rfc2822
from .placing import keep_to_limit
from .rest_base import BASE, RestError, View, account_uri, created, not_found
from .webhooks import Exchange

if TYPE_CHECKING:
    from .carrier import Carrier

_EVENTS = frozenset(("initiated", "ringing", "answered", "completed"))
_SOURCE = frozenset(("Url", "Method", "Twiml", "FallbackUrl", "FallbackMethod"))
_HOOK = frozenset(("StatusCallback", "StatusCallbackEvent", "StatusCallbackMethod"))
# The rest is complained of.
_CREATED_WITH = _SOURCE | _HOOK | {"To", "From", "Timeout", "TimeLimit", "CallToken"}
_CHANGED_BY = _SOURCE | _HOOK | {"Status", "TimeLimit"}
_LONGEST_TWIML, _LONGEST_TIMEOUT = 4000, 600


def render_call(leg: Leg) -> dict[str, Any]:
    """A Call resource."""
    carrier = leg.carrier
    base = f"{account_uri(carrier)}/Calls/{leg.sid}"
    number = carrier.numbers.get(leg.to if leg.direction == "inbound" else leg.frm)
    parts = ("notifications", "recordings", "streams", "siprec", "transcriptions", "events", "payments")
    return {
        "sid": leg.sid,
        "account_sid": carrier.config.account_sid,
        "api_version": API_VERSION,
        "parent_call_sid": leg.parent.sid if leg.parent else None,
        "group_sid": None,
        "trunk_sid": None,
        "phone_number_sid": number.sid if number else None,
        "from": leg.frm,
        "from_formatted": leg.frm,
        "to": leg.to,
        "to_formatted": leg.to,
        "direction": leg.direction,
        "status": _status(leg),
        "answered_by": None,
        "caller_name": caller_name(leg),
        "forwarded_from": leg.forwarded_from or None,
        "date_created": _time(leg, leg.created_at),
        "date_updated": _time(leg, leg.ended_at or leg.answered_at or leg.created_at),
        "start_time": _time(leg, leg.started_at),
        "end_time": _time(leg, leg.ended_at),
        "duration": str(leg.seconds) if leg.over else None,
        "queue_time": str(round(leg.queue_seconds * 1000)),
        "price": None,
        "price_unit": "USD",
        "uri": f"{base}.json",
        "subresource_uris": {part: f"{base}/{part.capitalize()}.json" for part in parts}
        | {"user_defined_messages": f"{base}/UserDefinedMessages.json"}
        | {"user_defined_message_subscriptions": f"{base}/UserDefinedMessageSubscriptions.json"},
    }


def _status(leg: Leg) -> str:
    """As REST has it, which knows no `initiated`."""
    return "queued" if leg.status == "initiated" else leg.status


def render_event(carrier: "Carrier", exchange: Exchange) -> dict[str, Any]:
    """One request to the application and its answer. Parameter names are in snake case."""
    hook = exchange.webhook
    return {
        "request": {
            "method": hook.method,
            "url": hook.url.partition("#")[0],
            "parameters": {_snake(name): value for name, value in hook.params.items()},
        },
        "response": {
            "response_code": exchange.status,
            "request_duration": round(exchange.seconds * 1000),
            "content_type": exchange.headers.get("content-type", ""),
            "response_body": exchange.body.decode("utf-8", "replace"),
            "date_created": rfc2822(carrier.stated(exchange.at)),
        },
    }


def _snake(name: str) -> str:
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name).lstrip("_")


def _time(leg: Leg, moment: datetime | None) -> str | None:
    return rfc2822(leg.carrier.stated(moment)) if moment else None


def _listing(carrier: "Carrier") -> Response:
    return page(carrier, "calls", f"{account_uri(carrier)}/Calls.json", _filtered(carrier), render_call)


def _fetch(carrier: "Carrier", sid: str) -> Response:
    return jsonify(render_call(_find(carrier, sid)))


def _change(carrier: "Carrier", sid: str) -> Response:
    leg = _find(carrier, sid)
    _complain_beyond(_CHANGED_BY, leg)
    _update(leg)
    return jsonify(render_call(leg))


def _remove(carrier: "Carrier", sid: str) -> Response:
    if not _find(carrier, sid).over:
        raise RestError(400, 20009, "Cannot delete a call that has not ended")
    del carrier.calls[sid]
    return Response(status=204)


def _events(carrier: "Carrier", sid: str) -> Response:
    found = _readable_events(carrier, _find(carrier, sid))
    uri = f"{account_uri(carrier)}/Calls/{sid}/Events.json"
    return page(carrier, "events", uri, found, lambda exchange: render_event(carrier, exchange))


def _find(carrier: "Carrier", sid: str) -> Leg:
    leg = carrier.calls.get(sid)
    if leg is None:
        raise not_found()
    return leg


def _create(carrier: "Carrier") -> Response:
    form = request.form
    to, frm = form.get("To", "").strip(), form.get("From", "").strip()
    _check_numbers(carrier, to, frm)
    source = _source()
    if source is None:
        raise RestError(400, 21205, "Url parameter is required")
    cap = carrier.switches.max_legs
    if cap is not None and carrier.switches.cap_mode == "create" and carrier.live_legs() >= cap:
        raise RestError(429, 10004, "Call concurrency limit exceeded")
    leg = Leg(carrier, carrier.new_sid("CA"), "outbound-api", frm, to, carrier.phone(to), "queued", carrier.now())
    leg.source = source
    leg.timeout = min(_seconds("Timeout", leg.timeout), _LONGEST_TIMEOUT)
    leg.time_limit = _seconds("TimeLimit", leg.time_limit)
    _set_hooks(leg)
    _complain_beyond(_CREATED_WITH, leg)
    return created(render_call(carrier.place(leg)))


def _complain_beyond(simulated: frozenset[str], leg: Leg) -> None:
    if ignored := set(request.form) - simulated:
        leg.carrier.complain(f"not simulated for a call: {', '.join(sorted(ignored))}", leg.sid)


def _seconds(name: str, default: float) -> float:
    value = request.form.get(name)
    if value is None:
        return default
    if not value.isdecimal():
        raise RestError(400, 20001, f"{name} {value} is not valid")
    return float(value)


def _check_numbers(carrier: "Carrier", to: str, frm: str) -> None:
    if not to:
        raise RestError(400, 21201, "No 'To' number is specified")
    if not to.startswith(("sip:", "sips:", "client:")):
        if not E164.fullmatch(to):
            raise RestError(400, 21211, f"The phone number you are attempting to call, {to}, is not valid.")
        allowed = carrier.config.countries
        if allowed and country(to) not in allowed:
            raise RestError(400, 21215, f"Account not authorized to call {to}.")
        if to in carrier.config.blocked_numbers:
            raise RestError(400, 21216, f"Account not allowed to call {to}.")
    if not frm:
        raise RestError(400, 21213, "No 'From' number is specified")
    original = any(leg.call_token and leg.frm == frm for leg in carrier.calls.values() if request.form.get("CallToken"))
    if frm not in carrier.numbers and frm not in carrier.config.verified_numbers and not original:
        raise RestError(400, 21210, f"The source phone number provided, {frm}, is not yet verified for your account.")


def _source() -> Source | None:
    """Url wins over Twiml."""
    form = request.form
    if url := form.get("Url"):
        _check_url(url)
        return Source(url, form.get("Method", "POST").upper())
    twiml = form.get("Twiml")
    if twiml and len(twiml) > _LONGEST_TWIML:
        raise RestError(400, 21218, "Twiml is longer than 4000 characters")
    return Source(twiml=twiml) if twiml else None


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or "_" in parts.hostname:
        raise RestError(400, 21205, f"Url is not a valid URL: {url}")


def _set_hooks(leg: Leg) -> None:
    form = request.form
    if url := form.get("StatusCallback"):
        _check_url(url)
        events = frozenset(word for value in form.getlist("StatusCallbackEvent") for word in value.split())
        if unknown := events - _EVENTS:
            raise RestError(400, 21626, f"StatusCallbackEvent is not valid: {', '.join(sorted(unknown))}")
        leg.hook = StatusHook(
            url, form.get("StatusCallbackMethod", "POST").upper(), events or frozenset(("completed",))
        )
    if url := form.get("FallbackUrl"):
        leg.fallback = Source(url, form.get("FallbackMethod", "POST").upper())


def _update(leg: Leg) -> None:
    if leg.over:
        raise RestError(400, 21220, "Call is not in-progress. Cannot redirect.")
    status, source = request.form.get("Status"), _source()
    if status not in {None, "", "canceled", "completed"}:
        raise RestError(400, 20001, f"Status {status} is not valid")
    if status == "canceled":
        if leg.direction != "outbound-api" or leg.answered_at is not None:
            raise RestError(400, 21220, "Call is not queued or ringing. Cannot cancel.")
        leg.end("canceled", "api", "canceled by REST")
    elif status == "completed":
        leg.end("completed" if leg.answered_at else _unanswered(leg), "api", "ended by REST")
    elif source is not None:
        _set_hooks(leg)
        leg.move(source)
    if "TimeLimit" in request.form:
        leg.time_limit = _seconds("TimeLimit", leg.time_limit)
        keep_to_limit(leg)


def _unanswered(leg: Leg) -> str:
    return "canceled" if leg.direction != "inbound" else "completed"


def _filtered(carrier: "Carrier") -> list[Leg]:
    """Newest first, by every filter the API has."""
    asked = request.args

    def parent(leg: Leg) -> str | None:
        return leg.parent.sid if leg.parent else None

    found = [
        leg
        for leg in carrier.calls.values()
        if asked.get("To", leg.to) == leg.to
        and asked.get("From", leg.frm) == leg.frm
        and asked.get("ParentCallSid", parent(leg)) == parent(leg)
        and asked.get("Status", _status(leg)) == _status(leg)
        and between(carrier, "StartTime", leg.started_at or leg.created_at)
        and between(carrier, "EndTime", leg.ended_at)
    ]
    return sorted(found, key=lambda leg: leg.created_at, reverse=True)


def _readable_events(carrier: "Carrier", leg: Leg) -> list[Exchange]:
    """A call's webhooks, once it has been over for long enough."""
    if leg.ended_at is None:
        return []
    if (carrier.now() - leg.ended_at).total_seconds() < carrier.switches.events_delay_seconds:
        return []
    return leg.exchanges


CALL_VIEWS: dict[tuple[str, str], View] = {
    ("GET", f"{BASE}/Calls.json"): _listing,
    ("POST", f"{BASE}/Calls.json"): _create,
    ("GET", f"{BASE}/Calls/<sid>.json"): _fetch,
    ("POST", f"{BASE}/Calls/<sid>.json"): _change,
    ("DELETE", f"{BASE}/Calls/<sid>.json"): _remove,
    ("GET", f"{BASE}/Calls/<sid>/Events.json"): _events,
}
