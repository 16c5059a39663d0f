"""The sign-in page, and the way out."""

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dashboard import visits
from voice import accounts, clock, pushing
from voice.installation import installation

sign_in = Blueprint("sign_in", __name__)
NEXT = frozenset({"callback_list.show", "notices.show"})  # where one may be sent after signing in, by name
FORM_DAYS = 1
# One sentence for every refusal: whether an address is known, or made to wait, is nobody's business.
REFUSED = (
    "That email and password do not go together, or there were too many tries. "
    "Check both; after several tries, wait a minute before the next."
)


@sign_in.get("/login")
def form() -> ResponseReturnValue:
    """The empty form; somebody already signed in is sent on."""
    return redirect(_next(), 303) if g.visit else _form()


@sign_in.post("/login")
def enter() -> ResponseReturnValue:
    """Check the password, then start a new session; whatever session the browser had before is ended."""
    token = request.cookies.get(visits.cookie_name("form"), "")
    if not visits.same(request.form.get("csrf_token", ""), token):
        return _form("This page had grown too old, so nothing was sent. Please try again.", 400)
    user_id = _let_in(request.form.get("email", ""), request.form.get("password", ""))
    if user_id is None:
        return _form(REFUSED, 401)
    with installation().database.transaction() as session:
        if g.visit:
            accounts.sign_out(session, g.visit.sign_in_id)
        cookie = accounts.sign_in(session, user_id, clock.now())
    answer = redirect(_next(), 303)
    visits.set_cookie(answer, "session", cookie, accounts.LONGEST.days)
    visits.remember_device(answer, user_id)
    visits.drop_cookie(answer, "form")
    return answer


@sign_in.post("/logout")
def leave() -> ResponseReturnValue:
    """End this session."""
    with installation().database.transaction() as session:
        pushing.forget_sign_in(session, visits.here().sign_in_id)
        accounts.sign_out(session, visits.here().sign_in_id)
    return _gone()


@sign_in.post("/logout/everywhere")
def leave_everywhere() -> ResponseReturnValue:
    """End every session of this user, on all their devices."""
    with installation().database.transaction() as session:
        pushing.forget_user(session, visits.here().user_id)
        accounts.sign_out_everywhere(session, visits.here().user_id)
    return _gone()


def _let_in(email: str, password: str) -> str | None:
    database = installation().database
    with database.reading() as session:
        user = accounts.find_user(session, email)
        if user:
            session.expunge(user)
    fits = accounts.check_password(user, password)
    user_id = user.id if user else None
    known = bool(user_id) and visits.known_device(str(user_id))
    with database.transaction() as session:
        return user_id if accounts.judge_try(session, user_id, fits, clock.now(), known) else None


def _form(problem: str | None = None, status: int = 200) -> ResponseReturnValue:
    token = visits.form_token()
    page = render_template("sign_in.html", token=token, problem=problem, email=request.form.get("email", ""))
    answer = make_response(page, status)
    visits.set_cookie(answer, "form", token, FORM_DAYS)
    return answer


def _next() -> str:
    name = request.args.get("next", "")
    return url_for(name if name in NEXT else "callback_list.show")


def _gone() -> ResponseReturnValue:
    answer = redirect(url_for("sign_in.form"), 303)
    visits.drop_cookie(answer, "session")
    g.forget = True
    return answer
