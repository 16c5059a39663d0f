"""My account: the password, second factors, and the devices I am signed in on."""

import io
import json

import segno
import sqlalchemy as sa
from flask import Blueprint, Response, abort, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from dashboard import frame, visits
from dashboard.second_step import site
from dashboard.sign_in import HALFWAY_DAYS, TOO_MANY, find, firm_name, fits, too_many
from voice import accounts, audit, clock, halfway, letters, passkeys, second_factor
from voice.doors import Halfway
from voice.firm import Business
from voice.installation import installation
from voice.ledger import User

account = Blueprint("account", __name__, url_prefix="/account")
PROGRAMS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("FxiOS", "Firefox"), ("Chrome/", "Chrome"),
            ("CriOS", "Chrome"), ("Safari/", "Safari"))  # fmt: skip
MACHINES = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"),
            ("Mac OS", "Mac"), ("Linux", "Linux"), ("CrOS", "Chromebook"))  # fmt: skip


@account.get("")
def show() -> ResponseReturnValue:
    """The page."""
    return _page()


@account.post("/password")
def set_password() -> ResponseReturnValue:
    """Another password, for whoever knows the one there is; every other session ends."""
    visit, password = visits.here(), request.form.get("password", "")
    user = find(visit.email)
    if too_many(user):
        return _page("password", TOO_MANY, 429)
    if not fits(user, request.form.get("current", "")):
        return _page("password", "Password now: that is not it. Try again in a moment.", 401)
    try:
        accounts.refuse_weak(password, visit.name, visit.email, firm_name())
        secret = accounts.hash_password(password)
    except accounts.BadUser as refused:
        return _page("password", str(refused), 400)
    with installation().database.transaction() as session:
        accounts.set_password(session, visit, secret)
        audit.record(session, visit, "password_changed", "", clock.now())
    return _saved("password")


@account.post("/letters")
def set_letters() -> ResponseReturnValue:
    """Which letters come by e-mail."""
    visit = visits.owner_only("Letters are written to owners.")
    wanted = letters.Wishes(*(request.form.get(name) == "1" for name in ("daily", "weekly", "alerts")))
    with installation().database.transaction() as session:
        letters.wish(session, visit.user_id, wanted)
        audit.record(session, visit, "letters_chosen", "", clock.now())
    return _saved("letters")


@account.post("/totp/begin")
def begin_totp() -> ResponseReturnValue:
    """Make a secret for the app, to be confirmed with a first code."""
    visit, now = visits.here(), clock.now()
    sealed = second_factor.seal(second_factor.new_secret(), installation().settings.key())
    with installation().database.transaction() as session:
        begun = halfway.begin(session, "new_totp", now, visit.user_id, sealed)
    answer = redirect(url_for(".totp"), 303)
    visits.set_cookie(answer, "totp", begun, HALFWAY_DAYS)
    return answer


@account.get("/totp")
def totp() -> ResponseReturnValue:
    """The secret as a picture and as letters, and a field for the first code."""
    with installation().database.reading() as session:
        secret = _secret(_begun(session))
    return _totp_page(secret) if secret else redirect(url_for(".show"), 303)


@account.get("/totp.svg")
def picture() -> ResponseReturnValue:
    """The QR code an app scans."""
    with installation().database.reading() as session:
        secret = _secret(_begun(session)) or abort(404)
        firm = session.scalar(sa.select(Business.name)) or ""
    drawn = io.BytesIO()
    code = segno.make(second_factor.address(secret, visits.here().email, firm), error="m")
    # Black on white also on a dark page: most apps cannot read it the other way round.
    code.save(drawn, kind="svg", scale=5, border=4, dark="#000", light="#fff", xmldecl=False)
    return Response(drawn.getvalue(), mimetype="image/svg+xml")


@account.post("/totp/confirm")
def confirm_totp() -> ResponseReturnValue:
    """Keep the secret if the app shows the right code; then the recovery codes, once."""
    visit, now = visits.here(), clock.now()
    with installation().database.transaction() as session:
        begun = _begun(session)
        secret = _secret(begun)
        if begun is None or secret is None or not halfway.one_more_try(session, begun):
            return _page("totp", "That took too long, or there were too many tries. Please start again.", 400)
        step = second_factor.matching_step(secret, request.form.get("code", ""), now)
        if step is not None:
            halfway.finish(session, begun)
            second_factor.set_totp(session, visit.user_id, begun.secret, step)
            audit.record(session, visit, "totp_set_up", "", now)
            codes = _first_codes(session, visit.user_id)
    if step is None:
        return _totp_page(secret, "Code: this one does not fit. Type the six digits the app shows now.", 400)
    return frame.page("codes.html", codes=codes) if codes else _saved("totp")


@account.post("/totp/remove")
def remove_totp() -> ResponseReturnValue:
    """No more codes from the app."""
    visit = visits.here()
    with installation().database.transaction() as session:
        second_factor.forget_totp(session, visit.user_id)
        audit.record(session, visit, "totp_removed", "", clock.now())
    return _saved("totp")


@account.post("/codes")
def new_codes() -> ResponseReturnValue:
    """Ten new recovery codes instead of those before."""
    visit = visits.here()
    with installation().database.transaction() as session:
        if not accounts.has_second_factor(session, visit.user_id):
            return _page("codes", "Set up an app or a passkey first: the codes are for when you have lost it.", 400)
        codes = second_factor.new_codes(session, visit.user_id)
        audit.record(session, visit, "recovery_codes_made", "", clock.now())
    return frame.page("codes.html", codes=codes)


@account.post("/passkeys/options")
def passkey_options() -> ResponseReturnValue:
    """What the browser needs to make a passkey, as JSON; and the token it brings back."""
    with installation().database.transaction() as session:
        wanted, begun = passkeys.begin_making(session, visits.here(), site(), clock.now())
    return jsonify(public_key=json.loads(wanted), begun=begun)


@account.post("/passkeys")
def make_passkey() -> ResponseReturnValue:
    """Keep the passkey the browser has made; with the first second factor come the recovery codes."""
    visit, now = visits.here(), clock.now()
    answer, name = request.form.get("answer", ""), request.form.get("name", "")
    try:
        with installation().database.transaction() as session:
            begun = halfway.find(session, request.form.get("begun", ""), "new_passkey", now)
            made = passkeys.make(session, visit, begun, answer, name, site(), now)
            audit.record(session, visit, "passkey_made", made.name, now)
            codes = _first_codes(session, visit.user_id)
    except passkeys.BadPasskey as refused:
        return _page("passkeys", str(refused), 400)
    return frame.page("codes.html", codes=codes) if codes else _saved("passkeys")


@account.post("/passkeys/<passkey_id>/remove")
def remove_passkey(passkey_id: str) -> ResponseReturnValue:
    """Take one away."""
    visit = visits.here()
    with installation().database.transaction() as session:
        if not passkeys.remove(session, visit.user_id, passkey_id):
            abort(404)
        audit.record(session, visit, "passkey_removed", "", clock.now())
    return _saved("passkeys")


@account.post("/sessions/<sign_in_id>/end")
def end_session(sign_in_id: str) -> ResponseReturnValue:
    """Sign out on another device."""
    visit = visits.here()
    with installation().database.transaction() as session:
        if sign_in_id not in {row.id for row in accounts.sign_ins(session, visit.user_id, clock.now())}:
            abort(404)
        accounts.sign_out(session, sign_in_id)
        audit.record(session, visit, "session_ended", "", clock.now())
    return _saved("sessions")


@account.post("/sessions/end-others")
def end_others() -> ResponseReturnValue:
    """Sign out everywhere but here."""
    visit = visits.here()
    with installation().database.transaction() as session:
        accounts.sign_out_everywhere(session, visit.user_id, but=visit.sign_in_id)
        audit.record(session, visit, "session_ended", "all others", clock.now())
    return _saved("sessions")


def _first_codes(session: Session, user_id: str) -> list[str]:
    """Recovery codes for whoever has none yet."""
    return [] if second_factor.codes_left(session, user_id) else second_factor.new_codes(session, user_id)


def _begun(session: Session) -> Halfway | None:
    token = request.cookies.get(visits.cookie_name("totp"), "")
    begun = halfway.find(session, token, "new_totp", clock.now())
    return begun if begun and begun.user_id == visits.here().user_id else None


def _secret(begun: Halfway | None) -> str | None:
    return second_factor.unseal(begun.secret, installation().settings.key()) if begun else None


def _totp_page(secret: str, problem: str = "", status: int = 200) -> Response:
    groups = [secret[start : start + 4] for start in range(0, len(secret), 4)]
    return frame.page("totp.html", status, groups=groups, problem=problem)


def _saved(part: str) -> ResponseReturnValue:
    return redirect(url_for(".show", saved=part, _anchor=part), 303)


def _page(part: str = "", problem: str = "", status: int = 200) -> Response:
    """The whole page; at the part named, the reason why not."""
    visit, now = visits.here(), clock.now()
    with installation().database.reading() as session:
        user = session.get_one(User, visit.user_id)
        mine = {
            "has_totp": user.totp_secret is not None,
            "passkeys": passkeys.all_of(session, visit.user_id),
            "codes_left": second_factor.codes_left(session, visit.user_id),
            "sessions": accounts.sign_ins(session, visit.user_id, now),
            "wishes": letters.wishes(session, visit.user_id),
            "last_letter": letters.last(session, visit.user_id),
        }
    by_mail = bool(installation().settings.smtp_url)
    told = {"by_mail": by_mail, "part": part, "problem": problem, "saved": request.args.get("saved", "")}
    return frame.page("account.html", status, device=_device, **mine, **told)


def _device(agent: str) -> str:
    """What a browser calls itself, in the words of its owner. The first that fits: most claim to be several."""
    program = next((name for sign, name in PROGRAMS if sign in agent), "A browser")
    machine = next((name for sign, name in MACHINES if sign in agent), "")
    return f"{program} on {machine}" if machine else program
