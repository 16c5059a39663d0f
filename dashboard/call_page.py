"""One call as the caller lived it: a strip of seconds, and each step with its rule, from its event rows alone."""

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from dashboard import strip, strip_words, visits, words
from voice import clock, contacts, notices
from voice.firm import Business, Line, StaffMember
from voice.installation import installation
from voice.ledger import CallEvent, Message
from voice.models import Call
from voice.rules import numbers, person

call_page = Blueprint("call_page", __name__)


@dataclass(frozen=True)
class Step:
    """One thing that happened: when, counted from the call's arrival, what, the particulars, and by which rule."""

    at: dt.datetime
    offset: str
    what: str
    detail: str
    why: str


@call_page.get("/calls/<call_id>")
def show(call_id: str) -> ResponseReturnValue:
    """The page."""
    visit = visits.here()
    with installation().database.reading() as session:
        call = session.get(Call, call_id) or abort(404)
        line = session.get_one(Line, call.line)
        names = {staff.id: words.name(staff.name) for staff in session.scalars(sa.select(StaffMember))}
        told = facts(session, call)
        page = {
            "call": call,
            "line": line,
            "erased": call.caller_key.startswith(numbers.ERASED),
            "who": words.name(contacts.name_of(session, call.caller) or call.caller_name),
            "country": session.scalar(sa.select(Business.country)) or "",
            "vouched": person.vouched(call.verstat, numbers.country_of(call.caller or "")),
            "strip": strip.draw(told),
            "steps": _steps(told, names, call, line.time_zone),
            "names": names,
            "messages": list(session.scalars(sa.select(Message).where(Message.call_id == call.id))),
            "unseen": len(notices.unseen(session)) if visit.is_owner else 0,
        }
    return render_template("call.html", now=clock.now(), **page)


def facts(session: Session, call: Call) -> list[strip.Fact]:
    """What happened to a call, in order, as it is drawn and told."""
    rows = sa.select(CallEvent).where(CallEvent.call_id == call.id).order_by(CallEvent.at, CallEvent.id)
    told = [
        strip.Fact((row.at - call.received_at).total_seconds(), row.kind, row.data) for row in session.scalars(rows)
    ]
    over = next((fact for fact in told if fact.kind == "ended"), None)
    return [fact for fact in told if fact.kind != "ended" or fact is over]  # each witness of the end writes one


def _steps(facts: list[strip.Fact], names: dict[str, str], call: Call, zone: str) -> list[Step]:
    arrived, hidden = call.received_at, call.caller is None
    return [
        Step(
            arrived + dt.timedelta(seconds=fact.at),
            strip.offset(fact.at),
            words.event(_kind(fact)),
            _detail(fact, names),
            strip_words.why(facts, place, names, arrived, zone, hidden),
        )
        for place, fact in enumerate(facts)
    ]


def _kind(fact: strip.Fact) -> str:
    """A promise that nobody heard was none: the time stands, but the caller was not told."""
    return "owed" if fact.kind == "promised" and fact.data.get("channel") == "none" else fact.kind


def _detail(fact: strip.Fact, names: dict[str, str]) -> str:
    """The particulars that mean something to a person; ids are for machines."""
    data, parts = fact.data, [names.get(fact.staff, "")]
    parts += [words.cause(str(data[key])) for key in ("cause", "reason") if data.get(key)]
    parts += [words.plain(str(data[key])) for key in ("how", "outcome") if data.get(key)]
    if "seconds" in data:
        parts.append(words.seconds(int(str(data["seconds"]))))
    return " · ".join(part for part in parts if part)
