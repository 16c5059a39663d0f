"""The phones over HTTP, for the page and for tests of real processes: a small JSON API under /simulator."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify, request

from .config import Number
from .document import DocumentSeen
from .legs import Leg
from .phones import Phone
from .scripts import from_json, to_json
from .switches import RestFault, Rudeness
from .webhooks import Exchange

if TYPE_CHECKING:
    from .carrier import Carrier

_LOCAL = frozenset(("127.0.0.1", "::1"))
Deed = Callable[[Phone, dict[str, Any]], Any]

DEEDS: dict[str, Deed] = {
    "dial": lambda phone, asked: phone.dial(**asked).sid,
    "pick_up": lambda phone, asked: phone.pick_up(),
    "decline": lambda phone, asked: phone.decline(),
    "hang_up": lambda phone, asked: phone.hang_up(),
    "press": lambda phone, asked: phone.press(str(asked["keys"])),
    "speak": lambda phone, asked: phone.speak(str(asked["text"]), asked.get("seconds")),
    "text": lambda phone, asked: phone.text(str(asked["to"]), str(asked["body"])),
}


def control_routes(carrier: "Carrier") -> Blueprint:
    """Everything a phone's owner can do, every switch, and every log from its n-th line on.

    Errors are 400 with {"error": sentence}; a phone is named by its number or address.
    """
    routes = Blueprint("control", __name__, url_prefix="/simulator")

    def run(work: Callable[..., Any]) -> Callable[..., Response]:
        def view(**values: str) -> Response:
            return jsonify(carrier.on_loop(lambda: work(**values)))

        return view

    def add(rule: str, work: Callable[..., Any], *methods: str) -> None:
        routes.add_url_rule(rule, rule + "/".join(methods), run(work), methods=list(methods or ("GET",)))

    add("/clock", lambda: {"now": carrier.now().isoformat()})
    add("/phones", lambda: {"phones": [show_phone(phone) for phone in carrier.phones.values()]})
    add("/phones", lambda: _set_phone(carrier, _asked()), "POST")
    add("/phones/<path:number>/<deed>", lambda number, deed: _do(carrier, number, deed), "POST")
    add("/numbers", lambda: {"numbers": [vars(number) for number in carrier.numbers.values()]})
    add("/numbers", lambda: vars(carrier.add_number(Number(**_asked()))), "POST")
    add("/calls", lambda: {"calls": [show_leg(leg) for leg in carrier.calls.values()]})
    add("/switches", carrier.switches.as_dict)
    add("/switches", lambda: _set_switches(carrier, _asked()), "POST")
    add("/moods", lambda: _moods(carrier))
    add("/moods", lambda: _add_moods(carrier, _asked()), "POST")
    add("/moods", lambda: _be_polite(carrier), "DELETE")
    add("/timeline", lambda: {"timeline": carrier.timeline[_since() :]})
    add("/requests", lambda: {"requests": carrier.requests[_since() :]})
    add("/webhooks", lambda: {"webhooks": [show_exchange(exchange) for exchange in carrier.exchanges[_since() :]]})
    add("/documents", lambda: {"documents": [show_document(seen) for seen in carrier.documents[_since() :]]})
    add("/complaints", lambda: {"complaints": carrier.complaints[_since() :]})
    routes.register_error_handler(ValueError, _refused)
    routes.register_error_handler(TypeError, _refused)
    routes.register_error_handler(KeyError, _refused)
    routes.register_error_handler(RuntimeError, _refused)
    routes.before_request(_only_from_here)
    return routes


def show_phone(phone: Phone) -> dict[str, Any]:
    """A phone as the page draws it; `captions` is all it ever heard."""
    return {
        "number": phone.number,
        "name": phone.name,
        "role": phone.role,
        "state": phone.state,
        "ringing": phone.ringing,
        "talking_to": phone.talking_to,
        "script": to_json(phone.script),
        "captions": [caption.as_dict() for caption in phone.captions[_since() :]],
        "rings": [
            {
                "call": ring.call_sid,
                "started": ring.started.isoformat(),
                "ended": ring.ended.isoformat() if ring.ended else None,
                "answered": ring.answered,
            }
            for ring in phone.rings
        ],
        "answered": [moment.isoformat() for moment in phone.answered],
        "texts": [
            {"at": text.at.isoformat(), "from": text.frm, "to": text.to, "body": text.body} for text in phone.texts
        ],
    }


def show_leg(leg: Leg) -> dict[str, Any]:
    """What really happened to a leg."""

    def iso(moment: Any) -> str | None:
        return moment.isoformat() if moment else None

    return {
        "sid": leg.sid,
        "direction": leg.direction,
        "from": leg.frm,
        "to": leg.to,
        "phone": leg.phone.number,
        "status": leg.status,
        "parent": leg.parent.sid if leg.parent else None,
        "created_at": iso(leg.created_at),
        "rang_at": iso(leg.rang_at),
        "answered_at": iso(leg.answered_at),
        "ended_at": iso(leg.ended_at),
        "ended_by": leg.ended_by,
        "why": leg.why,
        "joined": [{"with": span.other.sid, "at": iso(span.at), "until": iso(span.until)} for span in leg.bridges],
    }


def show_exchange(exchange: Exchange) -> dict[str, Any]:
    """A webhook and its answer."""
    return {
        "n": exchange.number,
        "at": exchange.at.isoformat(),
        "kind": exchange.webhook.kind,
        "call": exchange.webhook.leg.sid if exchange.webhook.leg else None,
        "method": exchange.webhook.method,
        "url": exchange.webhook.url,
        "params": exchange.webhook.params,
        "token": exchange.token,
        "rude": exchange.rude,
        "attempts": exchange.attempts,
        "status": exchange.status,
        "error": exchange.error,
        "seconds": round(exchange.seconds, 3),
        "body": exchange.body.decode("utf-8", "replace") if exchange.webhook.expects != "media" else "",
    }


def show_document(seen: DocumentSeen) -> dict[str, Any]:
    """A document as it arrived."""
    return vars(seen) | {"at": seen.at.isoformat()}


def _asked() -> dict[str, Any]:
    """The JSON object of the request; an empty body is an empty object."""
    asked = request.get_json() if request.data else {}
    if not isinstance(asked, dict):
        raise TypeError("a JSON object is needed")
    return asked


def _since() -> int:
    return request.args.get("since", 0, int)


def _set_phone(carrier: "Carrier", asked: dict[str, Any]) -> dict[str, Any]:
    phone = carrier.phone(asked["number"], name=asked.get("name", ""), role=asked.get("role"))
    if "script" in asked:
        phone.script = from_json(asked["script"])
    return show_phone(phone)


def _do(carrier: "Carrier", number: str, deed: str) -> dict[str, Any]:
    if number not in carrier.phones:
        raise ValueError(f"there is no phone {number}")
    if deed not in DEEDS:
        raise ValueError(f"a phone cannot {deed}")
    phone = carrier.phones[number]
    done = DEEDS[deed](phone, _asked())
    return {"done": deed, "sid": done, "phone": show_phone(phone)}


def _set_switches(carrier: "Carrier", asked: dict[str, Any]) -> dict[str, Any]:
    carrier.switches.set(**asked)
    return carrier.switches.as_dict()


def _be_polite(carrier: "Carrier") -> dict[str, Any]:
    carrier.moods.clear()
    return _moods(carrier)


def _moods(carrier: "Carrier") -> dict[str, Any]:
    moods = carrier.moods
    return {"webhooks": [vars(rule) for rule in moods.webhooks], "rest": [vars(rule) for rule in moods.rest]}


def _add_moods(carrier: "Carrier", asked: dict[str, Any]) -> dict[str, Any]:
    carrier.moods.webhooks += [Rudeness(**rule) for rule in asked.get("webhooks", [])]
    carrier.moods.rest += [RestFault(**rule) for rule in asked.get("rest", [])]
    return _moods(carrier)


def _refused(error: Exception) -> tuple[Response, int]:
    return jsonify({"error": str(error)}), 400


def _only_from_here() -> tuple[Response, int] | None:
    """Whoever reaches this API plays with every phone: only this machine may, and no other site's page."""
    other_site = request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}
    if request.remote_addr not in _LOCAL or other_site:
        return jsonify({"error": "only from this machine"}), 403
    return None
