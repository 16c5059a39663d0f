"""The sign-in page, the way out, and the password asked for again."""

import sqlalchemy as sa
from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dashboard import frame, visits
from voice import accounts, audit, clock, halfway, pushing, tries
from voice.doors import HALF_DONE
from voice.firm import Business
from voice.installation import installation
from voice.ledger import User

sign_in = Blueprint("sign_in", __name__)
# Where one may be sent after signing in, by name.
NEXT = frozenset(
    {
        "callback_list.show", "people.index", "team.show", "greetings.show", "topics.show", "notices.show",
        "account.show", "users.show", "tokens.show", "audit.show",
    }
)  # fmt: skip
FORM_DAYS = 1
HALFWAY_DAYS = HALF_DONE.total_seconds() / 86400
# One sentence for every refusal: whether an address is known, or made to wait, is nobody's business.
REFUSED = (
    "That email and password do not go together, or there were too many tries. "
    "Check both; after several tries, wait a minute before the next."
)
TOO_MANY = "There were too many tries from where you are. Wait ten minutes, then try again."
TOO_OLD = "This page had grown too old, so nothing was sent. Please try again."


@sign_in.get("/login")
def form() -> ResponseReturnValue:
    """The empty form; somebody already signed in is sent on."""
    return redirect(after(), 303) if g.visit else show_form()


@sign_in.post("/login")
def enter() -> ResponseReturnValue:
    """Check the password; then start a new session, or ask for the second factor."""
    if not form_is_ours():
        return show_form(TOO_OLD, 400)
    user = find(request.form.get("email", ""))
    if too_many(user):
        return show_form(TOO_MANY, 429)
    good = fits(user, request.form.get("password", ""))
    if user is None or not good:
        return show_form(REFUSED, 401)
    with installation().database.transaction() as session:
        asks_more = accounts.has_second_factor(session, user.id)
        begun = halfway.begin(session, "second_factor", clock.now(), user.id) if asks_more else ""
    if not begun:
        return welcome(user.id)
    answer = redirect(url_for("second_step.form", next=request.args.get("next")), 303)
    visits.set_cookie(answer, "halfway", begun, HALFWAY_DAYS)
    return answer


@sign_in.post("/logout")
def leave() -> ResponseReturnValue:
    """End this session."""
    visit = visits.here()
    with installation().database.transaction() as session:
        accounts.sign_out(session, visit.sign_in_id)
        audit.record(session, visit, "signed_out", "", clock.now())
    return _gone()


@sign_in.post("/logout/everywhere")
def leave_everywhere() -> ResponseReturnValue:
    """End every session of this user, on all their devices."""
    visit = visits.here()
    with installation().database.transaction() as session:
        accounts.sign_out_everywhere(session, visit.user_id)
        audit.record(session, visit, "signed_out", "everywhere", clock.now())
    return _gone()


@sign_in.get("/prove")
def prove() -> ResponseReturnValue:
    """Ask for the password again, before a page that opens doors."""
    return frame.page("prove.html", problem=None)


@sign_in.post("/prove/check")
def proved() -> ResponseReturnValue:
    """Check it, and go on."""
    visit = visits.here()
    user = find(visit.email)
    if too_many(user):
        return frame.page("prove.html", 429, problem=TOO_MANY)
    if not fits(user, request.form.get("password", "")):
        return frame.page("prove.html", 401, problem="That is not your password. Try again in a moment.")
    with installation().database.transaction() as session:
        cookie = accounts.proved(session, visit, clock.now())
        pushing.moved_sign_in(session, visit.sign_in_id, accounts.fingerprint(cookie))
    answer = redirect(after(), 303)
    visits.set_cookie(answer, "session", cookie, accounts.LONGEST.days)
    return answer


def welcome(user_id: str) -> ResponseReturnValue:
    """Start a new session for somebody who has shown all they need; what the browser had before is ended."""
    database, now = installation().database, clock.now()
    with database.transaction() as session:
        if g.visit:
            accounts.sign_out(session, g.visit.sign_in_id)
        cookie = accounts.sign_in(session, user_id, now, request.user_agent.string)
        audit.record_user(session, user_id, session.get_one(User, user_id).name, "signed_in", now)
    answer = redirect(after(), 303)
    visits.set_cookie(answer, "session", cookie, accounts.LONGEST.days)
    visits.remember_device(answer, user_id)
    visits.drop_cookie(answer, "form")
    visits.drop_cookie(answer, "halfway")
    return answer


def firm_name() -> str:
    """What the firm is called: a word its people's passwords must not be."""
    with installation().database.reading() as session:
        return session.scalar(sa.select(Business.name)) or ""


def form_is_ours() -> bool:
    """Whether a form that was filled in before signing in is one we gave to this browser."""
    token = request.cookies.get(visits.cookie_name("form"), "")
    return visits.same(request.form.get("csrf_token", ""), token)


def too_many(user: User | None) -> bool:
    """Whether there were too many wrong tries from where they are; never on a device they are known on."""
    if user and visits.known_device(user.id):
        return False
    with installation().database.reading() as session:
        return tries.reached(session, tries.SIGN_INS, visits.where_from(), clock.now())


def judge(user: User | None, fits: bool, last_step: bool) -> bool:
    """Whether this try may go on; a wrong one counts against the account and against the address it came from."""
    user_id, name = (user.id, user.name) if user else (None, "somebody unknown")
    known, now = user_id is not None and visits.known_device(user_id), clock.now()
    with installation().database.transaction() as session:
        goes_on = accounts.judge_try(session, user_id, fits, now, known, last_step)
        if not goes_on:
            tries.count(session, tries.SIGN_INS, visits.where_from(), now)
            audit.record_user(session, user_id, name, "sign_in_failed", now)
        return goes_on


def show_form(problem: str | None = None, status: int = 200) -> ResponseReturnValue:
    """The sign-in page; what was typed is kept, but for the password."""
    token = visits.form_token()
    page = render_template("sign_in.html", token=token, problem=problem, email=request.form.get("email", ""))
    answer = make_response(page, status)
    visits.set_cookie(answer, "form", token, FORM_DAYS)
    return answer


def after() -> str:
    """Where to go once signed in: a page of ours, by its name."""
    name = request.args.get("next", "")
    return url_for(name if name in NEXT else "callback_list.show")


def find(email: str) -> User | None:
    """The user with that address, if any may sign in with it."""
    with installation().database.reading() as session:
        user = accounts.find_user(session, email)
        if user:
            session.expunge(user)
        return user


def fits(user: User | None, password: str) -> bool:
    """Whether that is their password; a wrong one counts as a try. One hash and one transaction, also for nobody."""
    good = accounts.check_password(user, password)
    with installation().database.reading() as session:
        last_step = user is None or not accounts.has_second_factor(session, user.id)
    return judge(user, good, last_step)


def _gone() -> ResponseReturnValue:
    answer = redirect(url_for("sign_in.form"), 303)
    visits.drop_cookie(answer, "session")
    g.forget = True
    return answer
