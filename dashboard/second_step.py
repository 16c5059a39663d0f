"""What a password alone does not open: a code from the phone or the drawer. And the way in by passkey, in one step."""

import json

from flask import Blueprint, abort, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from dashboard import sign_in, visits
from voice import clock, halfway, passkeys, second_factor, tries
from voice.doors import Halfway
from voice.installation import installation
from voice.ledger import User
from voice.settings import Settings

second_step = Blueprint("second_step", __name__)
TOO_LATE = "That took too long, or there were too many tries. Please start again."
REFUSED = "That code does not fit. Each code works once: wait for the next one, or use a recovery code."
NO_KEY = "That passkey does not open this door. Sign in with your password instead."


@second_step.get("/login/second")
def form() -> ResponseReturnValue:
    """Ask for the code; whoever has not shown a password is sent back to do so."""
    with installation().database.reading() as session:
        begun = _begun(session)
    return _form() if begun else redirect(url_for("sign_in.form"), 303)


@second_step.post("/login/second")
def enter() -> ResponseReturnValue:
    """Check the code, and let them in."""
    if not sign_in.form_is_ours():
        return sign_in.show_form(sign_in.TOO_OLD, 400)
    database, code = installation().database, request.form.get("code", "")[:60]
    with database.transaction() as session:
        begun = _begun(session)
        if begun is None or not halfway.one_more_try(session, begun):
            return sign_in.show_form(TOO_LATE, 401)
        user = session.get_one(User, begun.user_id)
        fits = _takes(session, user.id, code)
    if not sign_in.judge(user, fits, last_step=True):
        return _form(REFUSED, 401)
    with database.transaction() as session:
        if not halfway.finish(session, begun):
            return sign_in.show_form(TOO_LATE, 401)
    return sign_in.welcome(user.id)


@second_step.post("/login/passkey/options")
def options() -> ResponseReturnValue:
    """What the browser needs to ask for a passkey, as JSON; and the token it brings back."""
    if not sign_in.form_is_ours():
        abort(400)
    now, where = clock.now(), visits.where_from()
    with installation().database.reading() as session:
        if tries.reached(session, tries.PASSKEYS, where, now):
            abort(429)
    with installation().database.transaction() as session:
        tries.count(session, tries.PASSKEYS, where, now)
        wanted, begun = passkeys.begin_entering(session, site(), now)
    return jsonify(public_key=json.loads(wanted), begun=begun)


@second_step.post("/login/passkey")
def passkey() -> ResponseReturnValue:
    """Check what the passkey has signed, and let them in: it is both factors at once."""
    if not sign_in.form_is_ours():
        return sign_in.show_form(sign_in.TOO_OLD, 400)
    now = clock.now()
    with installation().database.transaction() as session:
        begun = halfway.find(session, request.form.get("begun", ""), "passkey", now)
        user_id = passkeys.enter(session, begun, request.form.get("answer", ""), site(), now)
    return sign_in.welcome(user_id) if user_id else sign_in.show_form(NO_KEY, 401)


def site() -> passkeys.Site:
    """Where passkeys belong: the host of PUBLIC_URL. On one's own machine that is `localhost`, as no address of
    digits may have passkeys."""
    return _site(installation().settings, request.host)


def _site(settings: Settings, host: str) -> passkeys.Site:
    if settings.is_local:
        return passkeys.Site("localhost", f"http://{host}")
    return passkeys.Site(settings.public_host, settings.origin)


def _begun(session: Session) -> Halfway | None:
    token = request.cookies.get(visits.cookie_name("halfway"), "")
    return halfway.find(session, token, "second_factor", clock.now())


def _takes(session: Session, user_id: str, code: str) -> bool:
    """Six digits are the app's, anything else is a recovery code."""
    now, key = clock.now(), installation().settings.key()
    if second_factor.looks_like_totp(code):
        return second_factor.take_totp(session, user_id, code, key, now)
    return second_factor.take_recovery_code(session, user_id, code, now)


def _form(problem: str | None = None, status: int = 200) -> ResponseReturnValue:
    token = visits.form_token()
    answer = make_response(render_template("second_step.html", token=token, problem=problem), status)
    visits.set_cookie(answer, "form", token, sign_in.FORM_DAYS)
    return answer
