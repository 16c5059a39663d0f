"""Who may pass the door: every route is in exactly one class, and what no list names needs a sign-in."""

import datetime as dt
import hmac
import secrets
from urllib.parse import urlsplit

from flask import Response, abort, current_app, g, redirect, request, url_for
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response as AnyResponse

from voice import accounts, clock, sight, tries
from voice.accounts import Visit
from voice.installation import installation

CARRIER = frozenset({"phone"})  # blueprints that check the carrier's signature themselves
TOKEN = frozenset({"api", "unsubscribe"})  # blueprints that check a token themselves: a program's, or a letter's
PUBLIC_BLUEPRINTS = frozenset({"health", "sounds", "assets", "shell"})
PUBLIC = frozenset(
    {
        *("sign_in.form", "sign_in.enter", "second_step.form", "second_step.enter", "second_step.options"),
        *("second_step.passkey", "join.form", "join.accept", "api.openapi"),
    }
)
# Whoever sits down at a screen left open must not find the keys of the house on it: here a password is asked for
# again. A page is given less time than the forms on it, so that nothing typed is lost.
PROVED = frozenset({"account", "users", "tokens", "erasing"})
PROOF_FOR_A_PAGE, PROOF_FOR_A_FORM = dt.timedelta(minutes=30), dt.timedelta(minutes=60)
# Where somebody may go who still has to set up a second factor.
ENROLLING = frozenset({"account", "sign_in"})
# Asked by a page on its own: no sign of life, and no use for a redirect.
QUIET = frozenset(
    {"callback_list.part", "contact_files.progress", "replay.progress", "live.stream", "owner.part", "team.part"}
)
READS = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_FORM = 64 * 1024
UPLOADS = {  # a little above what is taken: the page then says why
    "greetings.set_recording": 6 * 1024 * 1024,
    "contact_files.look_at": 3 * 1024 * 1024,
}
KNOWN_DAYS = 365


def route_class(endpoint: str) -> str:
    """The class of a route: carrier, token, public or signed-in."""
    blueprint = endpoint.rpartition(".")[0]
    if blueprint in PUBLIC_BLUEPRINTS or endpoint in PUBLIC:
        return "public"
    if blueprint in CARRIER:
        return "carrier"
    return "token" if blueprint in TOKEN else "signed-in"


def guard() -> AnyResponse | None:
    """Before each request: find the visit, refuse who may not pass and what another site sent."""
    g.visit = None
    sight.look_through(None)
    kind = route_class(request.endpoint) if request.endpoint else "public"
    if kind in ("carrier", "token") or request.blueprint in PUBLIC_BLUEPRINTS:
        return None
    request.max_content_length = UPLOADS.get(request.endpoint or "", MAX_FORM)
    g.visit = _visit()
    if request.method not in READS and not from_here():
        abort(403, "This was sent from another site, so it was not done.")
    return None if kind == "public" else _let_pass()


def _let_pass() -> AnyResponse | None:
    visit: Visit | None = g.visit
    if visit is None:
        return _to_sign_in()
    if request.method not in READS and not same(request.form.get("csrf_token", ""), visit.csrf):
        abort(400, "This page had grown too old to use, so nothing was changed.")
    if visit.must_enrol and request.blueprint not in ENROLLING:
        return _no_page_for_now("account.show", "Set up a second factor first: everybody here has to have one.")
    sight.look_through(visit.lines)
    if visit.lines is not None and request.view_args:
        with installation().database.reading() as session:
            if sight.hidden(session, request.view_args):
                abort(404)
    good_for = PROOF_FOR_A_PAGE if request.method in READS else PROOF_FOR_A_FORM
    if request.blueprint in PROVED and clock.now() - visit.proved_at > good_for:
        return _no_page_for_now("sign_in.prove", "Type your password again first: this page had been open for long.")
    return None


def _no_page_for_now(endpoint: str, words: str) -> AnyResponse:
    if request.endpoint in QUIET or request.method not in READS:
        return abort(403, words)
    return redirect(url_for(endpoint, next=request.endpoint if not request.view_args else None), 303)


def look_away(response: Response) -> Response:
    """After each request, once the last byte is sent: this thread may next do work for which every line counts."""
    response.call_on_close(lambda: sight.look_through(None))
    return response


def here() -> Visit:
    """The visit of this request; only for routes that need a sign-in."""
    visit: Visit | None = g.visit
    return visit or abort(401)


def owner_only(words: str) -> Visit:
    """The visit of an owner; anybody else is told that this is for the owner."""
    visit = here()
    return visit if visit.is_owner else abort(403, words)


def where_from() -> str:
    """Whose tries are counted together: the network the request comes from, as the last proxy of ours saw it."""
    hops = installation().settings.hops
    told = [
        part.strip() for line in request.headers.getlist("X-Forwarded-For") for part in line.split(",") if part.strip()
    ]
    return tries.network(told[-hops] if 0 < hops <= len(told) else request.remote_addr)


def from_here() -> bool:
    """Whether the browser says this request comes from a page of ours. Programs say nothing, and bring a token."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("Origin")
    ours = (urlsplit(installation().settings.public_url).netloc, request.host)
    return origin is None or urlsplit(origin).netloc in ours


def same(given: str, kept: str) -> bool:
    """Compare secrets without telling by the time taken how much of them was right."""
    return bool(given) and hmac.compare_digest(given.encode(), kept.encode())


def cookie_name(purpose: str) -> str:
    """`__Host-` cookies cannot be planted by a neighbouring host; browsers keep them over https only."""
    return ("__Host-ringback-" if installation().settings.secure else "ringback-") + purpose


def set_cookie(response: AnyResponse, purpose: str, value: str, days: float) -> None:
    """A cookie that scripts cannot read and other sites' forms do not carry."""
    secure = installation().settings.secure
    response.set_cookie(
        cookie_name(purpose), value, max_age=int(days * 86400), secure=secure, httponly=True, samesite="Lax", path="/"
    )


def drop_cookie(response: AnyResponse, purpose: str) -> None:
    """Forget a cookie; the attributes must be those it was set with."""
    secure = installation().settings.secure
    response.delete_cookie(cookie_name(purpose), secure=secure, httponly=True, samesite="Lax", path="/")


def form_token() -> str:
    """The secret of a form shown before anybody is signed in; a cookie holds its twin."""
    return request.cookies.get(cookie_name("form")) or secrets.token_urlsafe(32)


def remember_device(response: AnyResponse, user_id: str) -> None:
    """So that a stranger's wrong guesses never keep this person out on this device."""
    set_cookie(response, "known", _known_devices().dumps(user_id), KNOWN_DAYS)


def known_device(user_id: str) -> bool:
    """Whether that user has signed in on this device before."""
    try:
        known = _known_devices().loads(request.cookies.get(cookie_name("known"), ""), max_age=KNOWN_DAYS * 86400)
    except BadSignature:
        return False
    return bool(known == user_id)


def _known_devices() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(installation().settings.key(), salt="known device")


def _visit() -> Visit | None:
    token = request.cookies.get(cookie_name("session"))
    if not token:
        return None
    now, database = clock.now(), installation().database
    with database.reading() as session:
        visit = accounts.signed_in(session, token, now)
    if visit and now - visit.seen_at >= accounts.SEEN_STEP and request.endpoint not in QUIET:
        with database.transaction() as session:
            accounts.keep_signed_in(session, visit, now)
    return visit


def _to_sign_in() -> AnyResponse:
    if request.endpoint in QUIET or request.method not in READS:
        return Response("Please sign in again.", 401, mimetype="text/plain")
    name = request.endpoint if not request.view_args else None  # a name, never an address somebody may have made up
    return redirect(url_for("sign_in.form", next=name if name in current_app.view_functions else None), 303)
