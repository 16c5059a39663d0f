"""Who answers: the owner adds people, changes their names, phones and roles, lets them go. As in business.toml."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from dashboard import frame, stale, visits
from voice import audit, clock
from voice.accounts import Visit
from voice.business import edit
from voice.firm import Line, LineStaff, StaffMember
from voice.installation import installation

members = Blueprint("members", __name__)
Fields = Mapping[str, str]
NONE: Fields = MappingProxyType({})
TEXTS = ("name", "phone", "desk_phone", "email", "role")
LABELS = {
    "name": "Name", "phone": "Phone", "desk_phone": "Second phone", "email": "Email", "role": "Role",
    "no_mailbox": "No mailbox",
}  # fmt: skip
DEEDS = ("person_changed", "person_joined")
LONGEST = 200


@members.get("/team/new")
def form() -> ResponseReturnValue:
    """The empty form."""
    return _page(None)


@members.post("/team/new/add")
def add() -> ResponseReturnValue:
    """Somebody new, on the lines that are ticked."""
    typed = _typed()

    def save(session: Session) -> StaffMember:
        member = edit.add_person(session, _said(typed))
        for line in session.scalars(sa.select(Line).where(Line.active, Line.number.in_(request.form.getlist("line")))):
            edit.line(session, line, {"staff": [*_staff_of(session, line.number), member.id]})
        return member

    return _do(None, "person_joined", save, typed)


@members.get("/team/<staff_id>/details")
def show(staff_id: str) -> ResponseReturnValue:
    """Their name, phones and role."""
    return _page(staff_id)


@members.post("/team/<staff_id>/details/change")
def change(staff_id: str) -> ResponseReturnValue:
    """Save them."""
    typed = _typed()

    def save(session: Session) -> StaffMember:
        member = _find(session, staff_id)
        edit.person(session, member, _said(stale.settle(typed, _fields(member))))
        return member

    return _do(staff_id, "person_changed", save, typed)


@members.post("/team/<staff_id>/leave")
def let_go(staff_id: str) -> ResponseReturnValue:
    """They work here no more."""

    def save(session: Session) -> StaffMember:
        member = _find(session, staff_id)
        edit.let_go(session, member)
        return member

    return _do(staff_id, "person_left", save, NONE)


def _do(
    staff_id: str | None, what: str, save: Callable[[Session], StaffMember], typed: Fields
) -> ResponseReturnValue:  # fmt: skip
    visit, now, database = _owner(), clock.now(), installation().database
    try:
        with database.transaction() as session:
            edit.hold(session)  # what is compared with the form stays so until it is saved
            member = save(session)
            audit.record(session, visit, what, member.id, now)
    except edit.Unfit as unfit:
        return _page(staff_id, typed, unfit.faults, 400)
    except stale.Overtaken as overtaken:
        with database.reading() as session:
            told = stale.by_audit(session, overtaken, str(staff_id), *DEEDS)
        return _page(staff_id, typed, status=409, meanwhile=told)
    return redirect(url_for("team.show", _anchor=f"staff-{member.id}" if member.active else None), 303)


def _page(
    staff_id: str | None, typed: Fields = NONE, faults: Fields = NONE, status: int = 200,
    meanwhile: stale.Meanwhile | None = None,
) -> Response:  # fmt: skip
    """The form with what is kept, and over it what was typed; `staff_id` None: of somebody new."""
    _owner()
    with installation().database.reading() as session:
        member = _find(session, staff_id) if staff_id is not None else None
        lines = session.scalars(sa.select(Line).where(Line.active).order_by(Line.position)).all()
    kept = _fields(member) if member else dict.fromkeys((*TEXTS, "no_mailbox"), "") | {"role": "staff"}
    return frame.page(
        "member.html", status, member=member, fields={**kept, **typed}, lines=lines, meanwhile=meanwhile,
        faults={name: f"{LABELS.get(name, name)}: {words}" for name, words in faults.items()},
        chosen=request.form.getlist("line") if typed else [line.number for line in lines],
        was=stale.shown(kept if meanwhile or not typed else {**kept, **stale.sent()}),
    )  # fmt: skip


def _owner() -> Visit:
    return visits.owner_only("People are added and changed by the owner.")


def _find(session: Session, staff_id: str) -> StaffMember:
    return session.scalar(sa.select(StaffMember).where(StaffMember.id == staff_id, StaffMember.active)) or abort(404)


def _staff_of(session: Session, number: str) -> list[str]:
    rows = sa.select(LineStaff.staff_id).where(LineStaff.line == number).order_by(LineStaff.position)
    return list(session.scalars(rows))


def _fields(member: StaffMember) -> dict[str, str]:
    return {name: getattr(member, name) for name in TEXTS} | {"no_mailbox": "1" if member.no_mailbox else ""}


def _typed() -> dict[str, str]:
    return {name: request.form.get(name, "").strip()[:LONGEST] for name in (*TEXTS, "no_mailbox")}


def _said(fields: Mapping[str, str]) -> dict[str, Any]:
    """The same as business.toml would say it."""
    return {name: fields[name] for name in TEXTS} | {"no_mailbox": bool(fields["no_mailbox"])}
