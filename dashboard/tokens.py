"""Tokens of the JSON interface: made for a program, with what it may do, and revoked."""

import sqlalchemy as sa
from flask import Blueprint, Response, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from dashboard import frame, visits
from voice import access, audit, clock
from voice import tokens as verbs
from voice.access import Access
from voice.accounts import BadUser, Visit
from voice.firm import Line
from voice.installation import installation

tokens = Blueprint("tokens", __name__, url_prefix="/tokens")


@tokens.get("")
def show() -> ResponseReturnValue:
    """The page."""
    _owner()
    return _page()


@tokens.post("/make")
def make() -> ResponseReturnValue:
    """Make one; it is shown this once."""
    visit, now, name = _owner(), clock.now(), request.form.get("name", "")
    lines = None if request.form.get("every_line") == "1" else request.form.getlist("line")[:200]
    try:
        with installation().database.transaction() as session:
            access.check(session, Access(visit.role, lines))
            made = verbs.make_token(session, name, now, request.form.getlist("scope"), lines)
            audit.record(session, visit, "token_made", name, now)
    except BadUser as refused:
        return _page(problem=str(refused), status=400)
    return _page(made=made)


@tokens.post("/<token_id>/revoke")
def revoke(token_id: str) -> ResponseReturnValue:
    """End one: whatever uses it is refused from now on."""
    visit = _owner()
    with installation().database.transaction() as session:
        name = next((row.name for row in verbs.all_tokens(session) if row.id == token_id), None)
        if name is None or not verbs.revoke(session, token_id):
            abort(404)
        audit.record(session, visit, "token_revoked", name, clock.now())
    return redirect(url_for(".show", saved="revoked"), 303)


def _owner() -> Visit:
    return visits.owner_only("Tokens are made by the owner.")


def _page(made: str = "", problem: str = "", status: int = 200) -> Response:
    with installation().database.reading() as session:
        shown = {
            "known": verbs.all_tokens(session),
            "lines": session.scalars(sa.select(Line).order_by(Line.position, Line.number)).all(),
        }
    told = {"made": made, "problem": problem, "saved": request.args.get("saved", "")}
    typed = request.form if problem else {}
    return frame.page("tokens.html", status, scopes=verbs.SCOPES, typed=typed, **shown, **told)
