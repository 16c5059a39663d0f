"""An invitation: a link that lets one person in, once, with a name and a password of their own."""

from flask import Blueprint, Response, abort, make_response, render_template, request
from flask.typing import ResponseReturnValue

from dashboard import sign_in, visits
from voice import access, accounts, audit, clock, tries
from voice.installation import installation

join = Blueprint("join", __name__)


@join.get("/join/<token>")
def form(token: str) -> ResponseReturnValue:
    """Who is invited, and the two fields to fill in."""
    return _page(token)


@join.post("/join/<token>")
def accept(token: str) -> ResponseReturnValue:
    """Make them a user, and let them in."""
    if not sign_in.form_is_ours():
        return _page(token, sign_in.TOO_OLD, 400)
    name, password, now = request.form.get("name", ""), request.form.get("password", ""), clock.now()
    email = _invited(token)
    try:
        accounts.refuse_weak(password, name, email, sign_in.firm_name())
        secret = accounts.hash_password(password)
        with installation().database.transaction() as session:
            row = access.invitation(session, token, now) or abort(404, GONE)
            user = access.accept(session, row, name, secret, now)
            audit.record_user(session, user.id, user.name, "invitation_accepted", now)
    except accounts.BadUser as refused:
        return _page(token, str(refused), 400)
    return sign_in.welcome(user.id)


GONE = "This invitation has been used, withdrawn, or is older than a week"


def _invited(token: str) -> str:
    """The address that is invited; 404, and a wrong try from that network, for a link that opens nothing."""
    now, where, database = clock.now(), visits.where_from(), installation().database
    with database.reading() as session:
        if tries.reached(session, tries.LINKS, where, now):
            abort(429)
        row = access.invitation(session, token, now)
    if row is not None:
        return row.email
    with database.transaction() as session:
        tries.count(session, tries.LINKS, where, now)
    return abort(404, GONE)


def _page(token: str, problem: str = "", status: int = 200) -> Response:
    email, form_token = _invited(token), visits.form_token()
    page = render_template(
        "join.html", token=form_token, email=email, problem=problem, name=request.form.get("name", "")
    )
    answer = make_response(page, status)
    visits.set_cookie(answer, "form", form_token, sign_in.FORM_DAYS)
    return answer
