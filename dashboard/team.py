"""The team: who is on now, until when, on which phone; each says so for themselves in one tap, the owner for all."""

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from dashboard import list_view, list_words, stale, team_rows, visits, week_rows, words
from voice import audit, availability, clock, phones, team_undo
from voice.business import edit
from voice.firm import StaffMember
from voice.installation import installation
from voice.rules import availability as rules

team = Blueprint("team", __name__)
Change = Callable[[Session, StaffMember, dt.datetime], None]
MINUTES = {"15": 15, "60": 60, "120": 120}


@dataclass(frozen=True)
class Problem:
    """Why nothing was changed, at whose row, and what was typed there."""

    staff_id: str
    words: str
    typed: str = ""


@team.get("/team")
def show() -> ResponseReturnValue:
    """The page."""
    return _page()


@team.get("/team/part")
def part() -> ResponseReturnValue:
    """What of the page changes; 304 when it has not."""
    body = render_template("team_fresh.html", problem=None, **_contents())
    answer = make_response(body)
    answer.set_etag(hashlib.sha256(body.encode()).hexdigest()[:32])
    return answer.make_conditional(request)


@team.post("/team/<staff_id>/availability")
def set_availability(staff_id: str) -> ResponseReturnValue:
    """On, away (so many minutes, until a time, or until I say so) or off."""
    wanted = request.form.get("availability", "")
    if wanted not in ("on", "away", "off"):
        abort(400, "Choose on, away or off.")

    def change(session: Session, member: StaffMember, now: dt.datetime) -> None:
        until = _until(session, member, now) if wanted == "away" else None
        availability.set_to(session, member, cast("rules.Availability", wanted), now, until)

    return _do(staff_id, f"set_{wanted}", change, typed=request.form.get("at", ""))


@team.post("/team/<staff_id>/phone")
def set_phone(staff_id: str) -> ResponseReturnValue:
    """Which phone rings for the rest of today; empty: their own."""
    typed = request.form.get("phone", "")[:80]

    def change(session: Session, member: StaffMember, now: dt.datetime) -> None:
        settled = stale.settle({"phone": typed}, {"phone": phones.number_of(member, now)})
        availability.phone_here(session, member, settled["phone"], now)

    return _do(staff_id, "phone_changed", change, typed)


@team.post("/team/undo")
def take_back() -> ResponseReturnValue:
    """What I just said here is as it was before: for ten seconds, if nobody has said otherwise since."""
    visit, now = visits.here(), clock.now()
    with installation().database.transaction() as session:
        edit.hold(session)
        member = team_undo.take_back(session, visit.user_id, now)
        if member is not None:
            audit.record(session, visit, "team_change_undone", member.id, now)
    if member is None:
        abort(409, "It is too late to undo that: something else has been said since, or the time for it is over.")
    return _back(member.id)


def off_duty() -> tuple[StaffMember, str, dt.datetime] | None:
    """(who, their clock, now) while the phone of this visit is not rung, for the bar on top of every page."""
    member, now = visits.here().member, clock.now()
    if member is None or phones.is_on(member, now):
        return None
    with installation().database.reading() as session:
        return member, availability.zone_of(session, member), now


def _until(session: Session, member: StaffMember, now: dt.datetime) -> dt.datetime | None:
    """When they are back: after some minutes, at a time of their own clock (tomorrow's, once it is past), or open."""
    minutes, at = request.form.get("in", ""), request.form.get("at", "")
    if minutes in MINUTES:
        return now + dt.timedelta(minutes=MINUTES[minutes])
    if not at:
        return None
    here = now.astimezone(ZoneInfo(availability.zone_of(session, member)))
    try:
        back = dt.datetime.combine(here.date(), dt.time.fromisoformat(at), here.tzinfo)
    except ValueError:
        raise availability.BadChoice("Back at: choose a time of the day, like 15:30.") from None
    return (back if back > here else back + dt.timedelta(days=1)).astimezone(dt.UTC)


def _do(staff_id: str, what: str, change: Change, typed: str = "") -> ResponseReturnValue:
    visit, now, database = visits.here(), clock.now(), installation().database
    if not (visit.is_owner or visit.staff_id == staff_id):
        abort(403, "Everybody says this for themselves; the owner may for all.")
    try:
        with database.transaction() as session:
            edit.hold(session)  # what is compared with the form stays so until it is saved
            member = session.scalar(sa.select(StaffMember).where(StaffMember.id == staff_id, StaffMember.active))
            them = member or abort(404)
            team_undo.remembering(session, visit.user_id, them, what, now, lambda: change(session, them, now))
            audit.record(session, visit, what, staff_id, now)
    except availability.BadChoice as wrong:
        return _page(Problem(staff_id, _plain(str(wrong)), typed[:80]), 400)
    except stale.Overtaken as overtaken:
        with database.reading() as session:
            told, zone = stale.by_audit(session, overtaken, staff_id, what), availability.firm_zone(session)
        said = f"Phone: {_who(told, now, zone)} while you had it open: now {words.number(overtaken.fields['phone'])}."
        return _page(Problem(staff_id, f"{said} Press again to have yours in its place.", typed[:80]), 409)
    return _back(staff_id)


def _back(staff_id: str) -> ResponseReturnValue:
    if "view" in request.form:  # said on the list: back to what it showed
        return redirect(url_for("callback_list.show", **list_view.read_field(request.form["view"]).query()), 303)  # type: ignore[arg-type]
    return redirect(url_for(".show", _anchor=f"staff-{staff_id}"), 303)


def _who(told: stale.Meanwhile, now: dt.datetime, zone: str) -> str:
    if told.at is None:
        return "it was changed"
    return f"{words.name(told.who)} changed it at {words.day_time(told.at, now, zone)},"


def _plain(sentence: str) -> str:
    """The sentence as the page says it: its fields have names of their own there."""
    return sentence.replace("phone_today:", "Phone:").replace("away_until:", "Back at:")


def _page(problem: Problem | None = None, status: int = 200) -> Response:
    return make_response(render_template("team.html", problem=problem, **_contents()), status)


def _contents() -> dict[str, object]:
    visit, now = visits.here(), clock.now()
    with installation().database.reading() as session:
        rows = team_rows.read(session, now)
        week = week_rows.read(session, request.args.get("line", ""), request.args.get("from", ""), now)
        undoable = team_undo.offered(session, visit.user_id, now)
    rows.sort(key=lambda row: (row.member.id != visit.staff_id, row.name.casefold()))
    asked = {name: request.args[name] for name in ("line", "from") if request.args.get(name)}
    return {
        "rows": rows,
        "week": week,
        "asked": asked,
        "now": now,
        "undoable": undoable,
        "list_words": list_words,
        "on_now": sum(row.on_now for row in rows),
    }
