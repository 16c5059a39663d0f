"""The phones page: a desk of phones to play with, its JSON, and the callback list read through this server."""

import ipaddress
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import urllib3
from flask import Blueprint, Response, jsonify, request, send_from_directory

from . import plain
from .busy_monday import BusyMonday
from .params import withheld
from .phones import Caption, Phone
from .plays import PLAYS, Plays, staff_phones
from .scripts import Mailbox, Ring, to_json
from .story import Story

if TYPE_CHECKING:
    from .carrier import Carrier

_STATIC = Path(__file__).parent / "static"
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
    "form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
_CAPTIONS = 8  # of the newest that a screen shows
_CALLERS = 6  # phones of people outside that the page offers
_TIMEOUT = urllib3.Timeout(connect=1.0, read=3.0)


class Desk:
    """What the page shows and does. All of it runs on the carrier's loop, but for reading the callback list."""

    def __init__(self, carrier: "Carrier") -> None:
        self.carrier = carrier
        self.story = Story(carrier)
        self.plays = Plays(carrier)
        self.monday = BusyMonday(carrier)
        self._http = urllib3.PoolManager(maxsize=4, retries=False)

    def setting(self) -> dict[str, Any]:
        """What does not change while the page is open."""
        carrier = self.carrier
        first = next((phone.label.split()[0] for phone in staff_phones(carrier)), "Somebody")
        return {
            "lines": [{"number": line.number, "name": line.friendly_name} for line in carrier.numbers.values()],
            "callers": [{"number": number, "name": carrier.phones[number].name, "withheld": withheld(number)}
                        for number in self._callers()],
            "staff": [{"number": phone.number, "name": phone.label} for phone in staff_phones(carrier)],
            "plays": [{"name": name, "title": play.title, "watch": play.watch.format(first=first)}
                      for name, play in PLAYS.items()],
            "ringback": carrier.config.ringback_url,
        }  # fmt: skip

    def now(self, since: int, caller: str) -> dict[str, Any]:
        """The state of the desk, and the story's rows after the `since`-th."""
        shown = [phone for phone in self.carrier.phones.values() if phone.role == "staff" or phone.number == caller]
        return {
            "now": self.carrier.now().isoformat(),
            "rows": self.story.since(since),
            "phones": {phone.number: self._phone(phone) for phone in shown},
            "live": self.carrier.live_legs() > 0 or self.monday.running or bool(self.plays.running),
            "play": self.plays.running,
            "rung": next((number for number in self._callers() if self.carrier.phones[number].ringing), ""),
            "monday": self.monday.score(),
        }

    def _callers(self) -> list[str]:
        """The phones outside that are played by hand."""
        outside = [phone for phone in self.carrier.config.phones if phone.role == "outside" and not phone.script]
        return [phone.number for phone in outside[:_CALLERS]]

    def _phone(self, phone: Phone) -> dict[str, Any]:
        leg = phone.leg or (phone.legs[-1] if phone.legs else None)
        heard = [(at, one) for at, one in enumerate(phone.captions) if leg and one.call_sid == leg.sid]
        ringing_for = leg.frm if leg and phone.ringing else ""
        unheard = {"silence"} if leg and leg.direction == "inbound" else {"silence", "ring"}  # a bell isn't in the ear
        return {
            "state": "ringing" if phone.ringing else phone.state,
            "with": plain.name(self.carrier, phone.talking_to) if phone.talking_to else "",
            "from": plain.line_name(self.carrier, ringing_for) if ringing_for else "",
            "call": leg.sid if leg else "",
            "since": leg.created_at.isoformat() if leg else None,
            "keys": leg.keys if leg else "",
            "ended": plain.last_thing(leg) if leg and leg.over else "",
            "heard": [self._caption(at, caption) for at, caption in heard if caption.kind not in unheard][-_CAPTIONS:],
            "said": [{"at": one.at.isoformat(), "text": one.text} for one in leg.said[-_CAPTIONS:]] if leg else [],
            "script": to_json(phone.script)["script"],
        }

    def _caption(self, at: int, caption: Caption) -> dict[str, Any]:
        text = plain.sound(caption.text) if caption.kind == "play" else caption.text
        return caption.as_dict() | {"n": at, "text": text}

    def to_mailbox(self, number: str) -> None:
        """Nobody picks this phone up: its mailbox does, at once. ValueError when it isn't ringing."""
        phone = self.carrier.phones.get(number)
        leg = phone.leg if phone else None
        if phone is None or leg is None or not phone.ringing:
            raise ValueError("that phone is not ringing")
        leg.helpers.append(self.carrier.spawn(Mailbox(after=0.0, records=10.0).play(Ring(phone, leg))))

    def raw(self, kind: str, number: int) -> dict[str, Any]:
        """One request with its answer as it went over the wire. IndexError beyond the last."""
        if kind == "requests":
            asked = self.carrier.requests[number - 1]
            return {"asked": f"{asked['method']} {asked['path']}",
                    "params": {key: ", ".join(values) for key, values in (asked["query"] | asked["form"]).items()},
                    "answered": f"{asked['status']}", "body": asked["body"]}  # fmt: skip
        exchange = self.carrier.exchanges[number - 1]
        hook = exchange.webhook
        return {
            "asked": f"{hook.method} {hook.url}",
            "params": hook.params,
            "answered": f"{exchange.status or 'no answer'} after {exchange.seconds * 1000:.0f} ms",
            "body": exchange.body.decode("utf-8", "replace") if hook.expects != "media" else "(sound)",
        }

    def callbacks(self) -> dict[str, Any]:
        """Ringback's list as its JSON interface tells it; `state` is ok, missing (no address given) or down."""
        config = self.carrier.config
        if not (config.ringback_url and config.ringback_token):
            return {"state": "missing"}
        headers = {"Authorization": f"Bearer {config.ringback_token}"}
        answers = []
        try:
            for path in ("callbacks?limit=200", "lines"):
                url = f"{config.ringback_url.rstrip('/')}/api/v1/{path}"
                answer = self._http.request("GET", url, headers=headers, timeout=_TIMEOUT, redirect=False)
                if answer.status != 200:
                    return {"state": "down", "why": f"it answered {answer.status}"}
                answers.append(answer.json()["items"])
        except (urllib3.exceptions.HTTPError, ValueError, KeyError):
            return {"state": "down", "why": "it does not answer"}
        zones = {line["number"]: line.get("time_zone") for line in answers[1]}
        return {"state": "ok", "items": answers[0], "zones": zones}


def page_routes(carrier: "Carrier") -> Blueprint:
    """The page at /, and its JSON under /desk. Errors are 400 with {"error": sentence}."""
    routes = Blueprint("page", __name__, static_folder=str(_STATIC), static_url_path="/desk/static")
    desk = Desk(carrier)

    def add(rule: str, work: Callable[..., Any], *methods: str) -> None:
        def view(**values: Any) -> Response:
            return jsonify(carrier.on_loop(lambda: work(**values)) or {})

        routes.add_url_rule(rule, rule + "/".join(methods), view, methods=list(methods or ("GET",)))

    routes.add_url_rule("/", "home", lambda: send_from_directory(_STATIC, "desk.html"))
    routes.add_url_rule("/desk/callbacks", "callbacks", lambda: jsonify(desk.callbacks()))
    add("/desk/setting", desk.setting)
    add("/desk/now", lambda: desk.now(request.args.get("since", 0, int), request.args.get("caller", "")))
    add("/desk/raw/<kind>/<int:number>", desk.raw)
    add("/desk/play", lambda: _perform(desk, request.get_json()), "POST")
    add("/desk/play", desk.plays.stop, "DELETE")
    add("/desk/mailbox", lambda: desk.to_mailbox(request.get_json()["number"]), "POST")
    add("/desk/monday", lambda: _monday(desk), "POST")
    add("/desk/monday", desk.monday.stop, "DELETE")
    for error in (ValueError, TypeError, KeyError, IndexError, RuntimeError):
        routes.register_error_handler(error, _refused)
    routes.before_request(_only_from_here)
    routes.after_request(_with_headers)
    return routes


def _perform(desk: Desk, asked: dict[str, Any]) -> None:
    desk.monday.stop()
    desk.plays.perform(asked["name"], asked["caller"])


def _monday(desk: Desk) -> None:
    desk.plays.stop()
    desk.monday.start()


def _refused(error: Exception) -> tuple[Response, int]:
    return jsonify({"error": str(error)}), 400


def _only_from_here() -> tuple[Response, int] | None:
    """Only this machine may play; by this machine's own names, or another site could bring its own name here."""
    host = urlsplit(f"//{request.host}").hostname or ""
    try:
        here = ipaddress.ip_address(request.remote_addr or "").is_loopback
        here = here and (host == "localhost" or ipaddress.ip_address(host).is_loopback)
    except ValueError:
        here = False
    elsewhere = request.headers.get("Sec-Fetch-Site", "same-origin") == "cross-site"
    if not here or (elsewhere and request.path != "/"):
        return jsonify({"error": "only from this machine"}), 403
    return None


def _with_headers(response: Response) -> Response:
    response.headers.update(_HEADERS)
    return response
