"""Who may sign in: the owner changes roles and lines, invites people, and asks everybody for a second factor."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from flask import Blueprint, Response, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from dashboard import frame, stale, visits
from voice import access, accounts, audit, clock, second_factor, tries
from voice.access import Access
from voice.accounts import BadUser, Visit
from voice.firm import Business, Line, StaffMember
from voice.installation import installation
from voice.ledger import User

users = Blueprint("users", __name__, url_prefix="/users")


EVERY = "every line"
MEANWHILE = (
    "{who} has changed this while you had it open: it stands above as it is now. What you chose is still here; save "
    "again to put it in its place."
)


@dataclass(frozen=True)
class Told:
    """What the page says of the last press: at which part, what went wrong, and the link just made."""

    part: str = ""
    problem: str = ""
    link: str = ""
    overtaken: bool = False


@users.get("")
def show() -> ResponseReturnValue:
    """The page."""
    _owner()
    return _page(Told())


@users.post("/<user_id>")
def change(user_id: str) -> ResponseReturnValue:
    """Another role, other lines, another staff member, or switched off."""
    visit, now, database = _owner(), clock.now(), installation().database
    asked = _asked()
    typed = {"role": asked.role, "lines": _lines(asked.lines), "staff": request.form.get("staff", "")}
    typed["active"] = "1" if request.form.get("active") == "1" else ""
    try:
        with database.transaction() as session:
            user = session.get(User, user_id, with_for_update=True) or abort(404)
            said = stale.settle(typed, _fields(user))
            lines = None if said["lines"] == EVERY else said["lines"].split()
            access.change(session, user, Access(said["role"], lines), said["staff"] or None, bool(said["active"]))
            audit.record(session, visit, "user_changed", _described(user), now)
    except BadUser as refused:
        return _page(Told(user_id, str(refused)), 400)
    except stale.Overtaken as overtaken:
        with database.reading() as session:
            told = stale.by_audit(session, overtaken, _described(session.get_one(User, user_id)), "user_changed")
        return _page(Told(user_id, MEANWHILE.format(who=told.who or "Somebody"), overtaken=True), 409)
    return _saved(user_id)


@users.post("/<user_id>/sign-out")
def sign_out(user_id: str) -> ResponseReturnValue:
    """End every session of theirs."""
    visit = _owner()
    with installation().database.transaction() as session:
        user = session.get(User, user_id) or abort(404)
        accounts.sign_out_everywhere(session, user.id)
        audit.record(session, visit, "user_signed_out", user.email, clock.now())
    return _saved(user_id)


@users.post("/<user_id>/forget-second-factor")
def forget_second_factor(user_id: str) -> ResponseReturnValue:
    """For somebody who has lost phone and codes: the password alone opens again, until they set up a new one."""
    visit = _owner()
    with installation().database.transaction() as session:
        user = session.get(User, user_id) or abort(404)
        second_factor.forget_all(session, user.id)
        accounts.sign_out_everywhere(session, user.id, but=visit.sign_in_id)
        audit.record(session, visit, "second_factor_taken_away", user.email, clock.now())
    return _saved(user_id)


@users.post("/invitations")
def invite() -> ResponseReturnValue:
    """Make a link; it is shown this once, and the owner hands it over as they like."""
    visit, now = _owner(), clock.now()
    try:
        with installation().database.transaction() as session:
            if tries.reached(session, tries.INVITATIONS, visit.user_id, now):
                raise BadUser("That were many invitations at once. Wait an hour, then make more.")
            tries.count(session, tries.INVITATIONS, visit.user_id, now)
            token = access.invite(session, request.form.get("email", "")[:300], _asked(), visit.user_id, now)
            audit.record(session, visit, "invited", request.form.get("email", ""), now)
    except BadUser as refused:
        return _page(Told("invite", str(refused)), 400)
    link = installation().settings.public_url + url_for("join.form", token=token)
    return _page(Told("invite", link=link))


@users.post("/invitations/<invitation_id>/withdraw")
def withdraw(invitation_id: str) -> ResponseReturnValue:
    """Make a link open nothing any more."""
    visit = _owner()
    with installation().database.transaction() as session:
        access.withdraw(session, invitation_id)
        audit.record(session, visit, "invitation_withdrawn", "", clock.now())
    return _saved("invite")


@users.post("/second-factor")
def ask_second_factor() -> ResponseReturnValue:
    """Whether everybody has to have one."""
    visit, wanted = _owner(), request.form.get("ask") == "1"
    with installation().database.transaction() as session:
        session.execute(sa.update(Business).values(ask_second_factor=wanted))
        audit.record(session, visit, "second_factor_asked" if wanted else "second_factor_not_asked", "", clock.now())
    return _saved("second-factor")


def _owner() -> Visit:
    return visits.owner_only("Who may sign in is decided by the owner.")


def _asked() -> Access:
    """The rights a form asks for: an owner always sees every line."""
    role = request.form.get("role", "")
    every = role == "owner" or request.form.get("every_line") == "1"
    return Access(role, None if every else request.form.getlist("line")[:200])


def _lines(lines: Collection[str] | None) -> str:
    return EVERY if lines is None else " ".join(sorted(lines))


def _fields(user: User) -> dict[str, str]:
    """What the form of a user shows."""
    return {
        "role": user.role, "lines": _lines(user.lines), "staff": user.staff_id or "",
        "active": "1" if user.active else "",
    }  # fmt: skip


def _described(user: User) -> str:
    lines = "every line" if user.lines is None else f"{len(user.lines)} lines"
    return f"{user.email}: {user.role}, {lines}, {'on' if user.active else 'off'}"


def _saved(part: str) -> ResponseReturnValue:
    return redirect(url_for(".show", saved=part, _anchor=f"user-{part}"), 303)


def _page(told: Told, status: int = 200) -> Response:
    now: dt.datetime = clock.now()
    with installation().database.reading() as session:
        staff = session.scalars(sa.select(StaffMember).where(StaffMember.active).order_by(StaffMember.name)).all()
        people = access.everybody(session)
        shown = {
            "people": people,
            "invitations": access.invitations(session, now),
            "lines": session.scalars(sa.select(Line).order_by(Line.position, Line.number)).all(),
            "staff": staff,
            "asked_of_all": session.scalar(sa.select(Business.ask_second_factor)),
        }
    typed = request.form if told.problem else {}
    was = {person.user.id: stale.shown(_fields(person.user)) for person in people}
    if told.problem and not told.overtaken:
        was[told.part] = request.form.get("was", "")
    return frame.page(
        "users.html", status, was=was, told=told, saved=request.args.get("saved", ""), typed=typed, **shown
    )
