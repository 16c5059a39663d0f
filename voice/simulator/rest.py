"""The carrier's REST API as a Flask application: authentication, moods, and a log of all that was asked."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from .rest_account import ACCOUNT_VIEWS
from .rest_base import RestError, View, error_answer
from .rest_calls import CALL_VIEWS
from .rest_messages import MESSAGE_VIEWS
from .rest_numbers import NUMBER_VIEWS
from .rest_queues import QUEUE_VIEWS
from .rest_recordings import RECORDING_VIEWS
from .switches import RestFault
from .transport import WsgiApp

if TYPE_CHECKING:
    from .carrier import Carrier

_CARRIER = "simulated.carrier"  # where a request's environment holds it
_READABLE = frozenset(("application/json", "text/html"))
LOST = "X-Simulated-Loss"  # tells the mount to lose this answer: timeout | refused


def rest_app() -> Flask:
    """The REST API, for whichever carrier its requests are bound to (see `bound`)."""

    app = Flask("simulated_carrier", static_folder=None)
    app.url_map.strict_slashes = False
    routes = Blueprint("rest", "simulated_carrier_rest")
    for views in (ACCOUNT_VIEWS, CALL_VIEWS, MESSAGE_VIEWS, NUMBER_VIEWS, QUEUE_VIEWS, RECORDING_VIEWS):
        add_views(routes, views)
    routes.before_request(_open_door)
    routes.after_request(_close_door)
    app.register_blueprint(routes)
    app.register_error_handler(RestError, lambda error: error_answer(error.status, error.code, error.message))
    app.register_error_handler(HTTPException, _refused)
    return app


def _refused(error: HTTPException) -> Response:
    """What routing itself refuses: a method nobody knows here, or a path."""
    return error_answer(error.code or 500, 20004 if error.code == 405 else 20404, str(error))


@cache
def shared_rest_app() -> Flask:
    """One for all carriers of this process: building its routes takes longer than a whole simulated call."""
    return rest_app()


def bound(app: WsgiApp, carrier: "Carrier") -> WsgiApp:
    """The application with every request bound to this carrier."""

    def call(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        environ[_CARRIER] = carrier
        return app(environ, start)

    return call


def current_carrier() -> "Carrier":
    """The carrier the request in hand is for."""
    carrier: Carrier = request.environ[_CARRIER]
    return carrier


def add_views(routes: Blueprint, views: Mapping[tuple[str, str], View]) -> None:
    """Route (method, path) to functions of the carrier and the path's parts, run on the loop's thread."""
    for (method, path), view in views.items():
        routes.add_url_rule(path, f"{method} {path}".replace(".", " "), _on_loop(view), methods=[method])


def _on_loop(view: View) -> Callable[..., Any]:
    def run(**parts: str) -> Any:
        parts.pop("account", None)
        carrier = current_carrier()
        return carrier.on_loop(lambda: view(carrier, **parts))

    return run


def _open_door() -> Response | None:
    """Who is asking, and is the carrier in a mood? Anything returned is the answer."""
    carrier = current_carrier()
    g.fault = None
    fault = carrier.moods.for_rest(f"{request.method} {request.path}")
    if fault is not None and fault.kind in {"error", "timeout", "refused"}:
        return _failed(fault)
    g.fault = fault
    if not _known(carrier):
        return error_answer(401, 20003, "Authenticate")
    account = (request.view_args or {}).get("account")
    if account is not None and account != carrier.config.account_sid:
        return error_answer(404, 20404, f"The requested resource {request.path} was not found")
    return None


def _known(carrier: "Carrier") -> bool:
    sent = request.authorization
    if sent is None or sent.type != "basic":
        return False
    pairs = {carrier.config.account_sid: carrier.config.auth_token} | carrier.config.api_keys
    return pairs.get(sent.username or "") == sent.password


def _failed(fault: RestFault) -> Response:
    answer = error_answer(fault.status, fault.code, fault.message)
    if fault.kind.startswith("timeout") or fault.kind == "refused":
        answer.headers[LOST] = "refused" if fault.kind == "refused" else "timeout"
    if fault.status == 429:
        answer.headers["Retry-After"] = "1"
    return answer


def _close_door(answer: Response) -> Response:
    """Write down what was asked and answered; then lose the answer, if that is the mood."""
    if g.get("fault") is not None:
        answer = _failed(g.fault)
    carrier = current_carrier()
    entry = {
        "at": carrier.now().isoformat(),
        "method": request.method,
        "path": request.path,
        "query": request.args.to_dict(flat=False),
        "form": request.form.to_dict(flat=False),
        "status": answer.status_code,
        "type": answer.content_type,
        "body": answer.get_data(as_text=True) if answer.mimetype in _READABLE else "",
        "lost": answer.headers.get(LOST, ""),
    }
    carrier.on_loop(lambda: _log(carrier, entry))
    return answer


def _log(carrier: "Carrier", entry: dict[str, Any]) -> None:
    carrier.requests.append(entry | {"n": len(carrier.requests) + 1})
    carrier.note("rest", f"{entry['method']} {entry['path']}: {entry['lost'] or entry['status']}")
