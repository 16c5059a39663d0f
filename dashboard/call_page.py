"""One call, second by second, from its event rows alone."""

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from dashboard import visits, words
from voice import clock, contacts, notices
from voice.firm import Business, Line, StaffMember
from voice.installation import installation
from voice.ledger import CallEvent, Message
from voice.models import Call

call_page = Blueprint("call_page", __name__)


@dataclass(frozen=True)
class Step:
    """One thing that happened: when, counted from the call's arrival, what, and the particulars."""

    at: dt.datetime
    offset: str
    what: str
    detail: str


@call_page.get("/calls/<call_id>")
def show(call_id: str) -> ResponseReturnValue:
    """The page."""
    visit = visits.here()
    with installation().database.reading() as session:
        call = session.get(Call, call_id) or abort(404)
        line = session.get_one(Line, call.line)
        page = {
            "call": call,
            "line": line,
            "who": words.name(contacts.name_of(session, call.caller) or call.caller_name),
            "country": session.scalar(sa.select(Business.country)) or "",
            "steps": _steps(session, call),
            "messages": list(session.scalars(sa.select(Message).where(Message.call_id == call.id))),
            "answered_by": _staff_name(session, call.answered_by),
            "unseen": len(notices.unseen(session)) if visit.is_owner else 0,
        }
    return render_template("call.html", now=clock.now(), **page)


def _steps(session: Session, call: Call) -> list[Step]:
    rows = sa.select(CallEvent).where(CallEvent.call_id == call.id).order_by(CallEvent.at, CallEvent.id)
    return [
        Step(row.at, _offset(row.at - call.received_at), words.event(_kind(row)), _detail(session, row.data))
        for row in session.scalars(rows)
    ]


def _kind(row: CallEvent) -> str:
    """A promise that nobody heard was none: the time stands, but the caller was not told."""
    return "owed" if row.kind == "promised" and row.data.get("channel") == "none" else row.kind


def _offset(passed: dt.timedelta) -> str:
    seconds = round(passed.total_seconds(), 1)
    if abs(seconds) < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d} min" if minutes < 60 else words.span(minutes)


def _detail(session: Session, data: dict[str, object]) -> str:
    """The particulars that mean something to a person; ids are for machines."""
    parts = [_staff_name(session, str(data["staff"]))] if data.get("staff") else []
    parts += [words.cause(str(data[key])) for key in ("cause", "reason") if data.get(key)]
    parts += [words.plain(str(data[key])) for key in ("how", "outcome") if data.get(key)]
    if "seconds" in data:
        parts.append(words.seconds(int(str(data["seconds"]))))
    return " · ".join(part for part in parts if part)


def _staff_name(session: Session, staff_id: str | None) -> str:
    person = session.get(StaffMember, staff_id) if staff_id else None
    return words.name(person.name) if person else ""
