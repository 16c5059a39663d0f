"""The callback list: in order of promise, with a button for each thing that may be done next.

Every button posts to a route here, which calls one verb; nothing here dials anybody itself.
"""

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from dashboard import list_rows, refusals, steps, visits
from voice import attempts, call_log, callbacks, claims, clock, notices, push_key, results, ringing, roster
from voice.claims import Refusal
from voice.firm import Line
from voice.installation import installation
from voice.models import Attempt, Call, Callback

callback_list = Blueprint("callback_list", __name__)
Verb = Callable[[Session, Callback, str, dt.datetime], Refusal | Attempt | None]


@dataclass(frozen=True)
class Problem:
    """Why a button did nothing, said at the top of the page; `anyway`: whom one may ring all the same."""

    words: str
    anyway: str | None = None


@callback_list.get("/")
def show() -> ResponseReturnValue:
    """The page."""
    return _page()


@callback_list.get("/list")
def part() -> ResponseReturnValue:
    """The part of the page that changes; 304 when it has not."""
    body = render_template("list_part.html", **_contents())
    answer = make_response(body)
    answer.set_etag(hashlib.sha256(body.encode()).hexdigest()[:32])
    return answer.make_conditional(request)


@callback_list.post("/callbacks/<callback_id>/claim")
def claim(callback_id: str) -> ResponseReturnValue:
    """Take it in hand; again: renew the lease."""
    return _do(callback_id, claims.claim)


@callback_list.post("/callbacks/<callback_id>/release")
def release(callback_id: str) -> ResponseReturnValue:
    """Give it back."""
    return _do(callback_id, claims.release)


@callback_list.post("/callbacks/<callback_id>/call")
def call(callback_id: str) -> ResponseReturnValue:
    """Ring my phone, then theirs."""
    anyway = request.form.get("anyway") == "1"
    return _do(callback_id, lambda session, row, who, now: attempts.ring_back(session, row, who, now, anyway))


@callback_list.post("/callbacks/<callback_id>/result")
def result(callback_id: str) -> ResponseReturnValue:
    """How the talk ended, in one tap."""
    chosen = request.form.get("result", "")
    if chosen not in results.RESULTS:
        abort(400, "That is not one of the results.")

    def give(session: Session, row: Callback, staff_id: str, now: dt.datetime) -> Refusal | None:
        due_at = _due_at(session, row, now) if chosen == "call_again" else None
        return results.give_result(session, row, staff_id, chosen, now, due_at, request.form.get("note", "")[:500])

    return _do(callback_id, give)


@callback_list.post("/callbacks/<callback_id>/close")
def close(callback_id: str) -> ResponseReturnValue:
    """Take it off the list, with a reason."""
    reason = request.form.get("reason", "")
    if reason not in callbacks.BY_STAFF:
        abort(400, "A callback is closed with a reason: choose one of those on its row.")
    return _do(callback_id, lambda session, row, who, now: callbacks.close(session, row, who, reason, now))


@callback_list.post("/callbacks/<callback_id>/reopen")
def reopen(callback_id: str) -> ResponseReturnValue:
    """Put it back on the list."""
    return _do(callback_id, lambda session, row, _who, now: callbacks.reopen(session, row, now))


@callback_list.post("/calls/<call_id>/take")
def take(call_id: str) -> ResponseReturnValue:
    """Reserve a caller who is ringing now; my phone is rung for them."""
    staff_id, now = _staff_id(), clock.now()
    with installation().database.transaction() as session:
        ringing_call = session.get(Call, call_id) or abort(404)
        if ringing.reserve(session, ringing_call, staff_id, now):
            return redirect(url_for(".show"), 303)
    return _page(Problem("Somebody else has taken that call, or the caller has hung up."), 409)


def _do(callback_id: str, verb: Verb) -> ResponseReturnValue:
    """Call a verb on one callback, in one transaction; back to the row, or the page with the reason why not."""
    staff_id, now = _staff_id(), clock.now()
    with installation().database.transaction() as session:
        row = session.get(Callback, callback_id) or abort(404)
        outcome = verb(session, row, staff_id, now)
        problem = refusals.words_for(session, row, outcome, now) if isinstance(outcome, Refusal) else None
    if problem is None or not isinstance(outcome, Refusal):
        return redirect(url_for(".show", _anchor=f"cb-{callback_id}"), 303)
    return _page(Problem(problem, callback_id if outcome.kind == "outside_hours" else None), 409)


def _staff_id() -> str:
    staff_id = visits.here().staff_id
    if staff_id is None:
        abort(403, "Your sign-in is not linked to a staff member with a phone, so there is nobody to give this to.")
    return staff_id


def _due_at(session: Session, row: Callback, now: dt.datetime) -> dt.datetime:
    """When to call again: in so many minutes, or at a time on the line's own clock. 400 for neither, or the past."""
    minutes, at = request.form.get("in", ""), request.form.get("at", "")
    if minutes in ("15", "60", "120"):
        return now + dt.timedelta(minutes=int(minutes))
    zone = ZoneInfo(session.get_one(Line, row.line).time_zone)
    try:
        due = dt.datetime.fromisoformat(at).replace(tzinfo=zone).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        abort(400, "Choose the day and the time to call again.")
    if not now - dt.timedelta(minutes=1) < due < now + dt.timedelta(days=366):
        abort(400, "The time to call again has to be ahead of us, within a year.")
    return due


def _page(problem: Problem | None = None, status: int = 200) -> Response:
    key = push_key.public(installation().settings.key())
    return make_response(render_template("list.html", problem=problem, push_key=key, **_contents()), status)


def _contents() -> dict[str, object]:
    visit, now = visits.here(), clock.now()
    with installation().database.reading() as session:
        listing = list_rows.read(session, visit.staff_id, now)
        under_way = steps.read(session, visit.staff_id)
        unseen = len(notices.unseen(session)) if visit.is_owner else 0
        behind = call_log.behind_since(session, roster.current(session).numbers(), now)
    return {"listing": listing, "steps": under_way, "now": now, "unseen": unseen, "behind": behind}
