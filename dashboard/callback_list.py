"""The callback list: in order of promise, with a button for each thing that may be done next.

Every button posts to a route here, which calls one verb; nothing here dials anybody itself.
"""

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from dashboard import allowing, list_forms, list_page, list_view, list_words, refusals, visits
from dashboard.list_view import View
from voice import (
    attempts,
    audit,
    by_hand,
    callbacks,
    claims,
    clock,
    later,
    notices,
    push_key,
    results,
    ringing,
    same_person,
    undo,
)
from voice.claims import Refusal
from voice.db import patiently
from voice.installation import installation
from voice.list_tables import Told
from voice.models import Attempt, Call, Callback
from voice.rules import person

callback_list = Blueprint("callback_list", __name__)
Verb = Callable[[Session, Callback, str, dt.datetime], Refusal | Attempt | None]
Change = Callable[[Session, Callback, str, dt.datetime], Refusal | None]


@dataclass(frozen=True)
class Problem:
    """Why a button did nothing, said at the top of the page.

    `anyway`: whom one may ring all the same, by the button `endpoint`. `row`: whose number is no number, and what was
    `typed` there.
    """

    words: str
    anyway: str | None = None
    endpoint: str = "callback_list.call"
    row: str | None = None
    typed: str = ""


@callback_list.get("/")
def show() -> ResponseReturnValue:
    """The page."""
    return _page(list_view.read(request.args))


@callback_list.get("/list")
def part() -> ResponseReturnValue:
    """What of the page changes; 304 when it has not."""
    body = render_template("list_fresh.html", problem=None, **_contents(list_view.read(request.args)))
    answer = make_response(body)
    answer.set_etag(hashlib.sha256(body.encode()).hexdigest()[:32])
    return answer.make_conditional(request)


@callback_list.post("/callbacks/<callback_id>/claim")
def claim(callback_id: str) -> ResponseReturnValue:
    """Take it in hand; again: renew the lease."""
    return _change(callback_id, "claimed", claims.claim)


@callback_list.post("/callbacks/<callback_id>/release")
def release(callback_id: str) -> ResponseReturnValue:
    """Give it back."""
    return _change(callback_id, "released", claims.release)


@callback_list.post("/callbacks/<callback_id>/take-over")
def take_over(callback_id: str) -> ResponseReturnValue:
    """Take what a colleague has; they are told."""
    return _change(callback_id, "took_over", claims.take_over)


@callback_list.post("/callbacks/<callback_id>/hand-over")
def hand_over(callback_id: str) -> ResponseReturnValue:
    """Give it to a colleague, with a word they see."""

    def give(session: Session, row: Callback, staff_id: str, now: dt.datetime) -> Refusal | None:
        to = list_forms.colleague(session, row, staff_id)
        return claims.hand_over(session, row, staff_id, to, list_forms.word(), now)

    return _change(callback_id, "handed_over", give)


@callback_list.post("/callbacks/<callback_id>/call")
def call(callback_id: str) -> ResponseReturnValue:
    """Ring my phone, then theirs: another of their numbers, if one is given. A phone that rings cannot be made not to
    have rung, so there is no undo."""
    anyway, number = request.form.get("anyway") == "1", request.form.get("number", "")

    def ring(session: Session, row: Callback, staff_id: str, now: dt.datetime) -> Refusal | Attempt:
        refused = same_person.ring_on(session, row, number, staff_id, now) if number else None
        return refused or attempts.ring_back(session, row, staff_id, now, anyway)

    return _do(callback_id, "rang_back", ring)


@callback_list.post("/callbacks/<callback_id>/by-hand")
def dial_by_hand(callback_id: str) -> ResponseReturnValue:
    """I dial them with a phone of my own: nobody else does meanwhile, and I am asked how it went."""
    anyway = request.form.get("anyway") == "1"
    return _change(
        callback_id,
        "dialling_by_hand",
        lambda session, row, who, now: by_hand.dial(session, row, who, now, anyway),
        "callback_list.dial_by_hand",
    )


@callback_list.post("/callbacks/<callback_id>/number")
def give_number(callback_id: str) -> ResponseReturnValue:
    """The number somebody who hides theirs has said; what is none is said at their row, and what was typed stays."""

    def give(session: Session, row: Callback, staff_id: str, now: dt.datetime) -> Refusal | None:
        return same_person.give_number(session, row, list_forms.number(session), staff_id, now)

    try:
        return _change(callback_id, "number_given", give)
    except person.Unfit as unfit:
        problem = Problem(str(unfit).removeprefix("phone: "), row=callback_id, typed=request.form["number"][:40])
        return _page(_view(), problem, 400)


@callback_list.post("/callbacks/<callback_id>/allow")
def allow(callback_id: str) -> ResponseReturnValue:
    """The owner lets a held number be rung, whether or not they have a phone here themselves."""
    visit = visits.owner_only("Numbers are allowed by the owner.")
    return _decide(callback_id, lambda session, row, now: allowing.allow(session, row, visit, now))


@callback_list.post("/callbacks/<callback_id>/result")
def result(callback_id: str) -> ResponseReturnValue:
    """How the talk ended, in one tap."""
    chosen = request.form.get("result", "")
    if chosen not in results.RESULTS:
        abort(400, "That is not one of the results.")

    def give(session: Session, row: Callback, staff_id: str, now: dt.datetime) -> Refusal | None:
        due_at = list_forms.call_again_at(session, row, now) if chosen == "call_again" else None
        return results.give_result(session, row, staff_id, chosen, now, due_at, list_forms.about(session))

    return _change(callback_id, chosen, give)


@callback_list.post("/callbacks/<callback_id>/snooze")
def snooze(callback_id: str) -> ResponseReturnValue:
    """Set it aside; it comes back by itself."""

    def set_aside(session: Session, row: Callback, staff_id: str, now: dt.datetime) -> Refusal | None:
        return later.set_aside(session, row, staff_id, list_forms.snoozed_until(session, row, now), now)

    return _change(callback_id, "snoozed", set_aside)


@callback_list.post("/callbacks/<callback_id>/close")
def close(callback_id: str) -> ResponseReturnValue:
    """Take it off the list, with a reason."""
    reason = request.form.get("reason", "")
    if reason not in callbacks.BY_STAFF:
        abort(400, "A callback is closed with a reason: choose one of those on its row.")

    def shut(session: Session, row: Callback, staff_id: str, now: dt.datetime) -> Refusal | None:
        return results.close_by_hand(session, row, staff_id, reason, now, list_forms.about(session))

    return _change(callback_id, "closed", shut)


@callback_list.post("/callbacks/<callback_id>/reopen")
def reopen(callback_id: str) -> ResponseReturnValue:
    """Put it back on the list."""
    return _change(callback_id, "reopened", lambda session, row, who, now: callbacks.reopen(session, row, now, who))


@callback_list.post("/callbacks/<callback_id>/undo")
def take_back(callback_id: str) -> ResponseReturnValue:
    """Undo the last thing I did with it."""
    visit = visits.here()
    if visit.staff_id is None:
        return _decide(callback_id, lambda session, row, now: allowing.take_back(session, visit, now))
    return _do(callback_id, "undone", undo.undo)


@callback_list.post("/told/<int:told_id>/seen")
def seen(told_id: int) -> ResponseReturnValue:
    """Put away a line that told me what a colleague did."""
    mine = sa.select(Told).where(Told.id == told_id, Told.staff_id == _staff_id()).with_for_update()
    with installation().database.transaction() as session:
        told = session.scalar(mine)
        if told is not None and undo.put_away(session, told, clock.now()):
            audit.record(session, visits.here(), "told_seen", str(told_id), clock.now())
    return _back(_view())


@callback_list.post("/calls/<call_id>/take")
def take(call_id: str) -> ResponseReturnValue:
    """Reserve a caller who is ringing now; my phone is rung for them."""
    staff_id, now = _staff_id(), clock.now()
    with installation().database.transaction() as session:
        ringing_call = session.get(Call, call_id) or abort(404)
        refused = ringing.reserve(session, ringing_call, staff_id, now)
        if refused is None:
            audit.record(session, visits.here(), "took_call", call_id, now)
            return _back(_view())
    late = "Somebody else has taken that call, or the caller has hung up."
    return _page(_view(), Problem(late if refused.kind == "too_late" else refusals.PLAIN[refused.kind]), 409)


def _decide(callback_id: str, verb: Callable[[Session, Callback, dt.datetime], Refusal | None]) -> ResponseReturnValue:
    """What an owner may do who has no phone here, too."""
    now, view = clock.now(), _view()
    with installation().database.transaction() as session:
        row = session.get(Callback, callback_id) or abort(404)
        refused = verb(session, row, now)
        problem = refusals.words_for(session, row, refused, now) if refused else None
    return _page(view, Problem(problem), 409) if problem else _back(view, f"cb-{callback_id}")


def _change(callback_id: str, what: str, verb: Change, again: str = "callback_list.call") -> ResponseReturnValue:
    """Call a verb whose doing can be undone."""

    def remembered(session: Session, row: Callback, staff_id: str, now: dt.datetime) -> Refusal | None:
        return undo.remembering(session, row, staff_id, what, now, lambda: verb(session, row, staff_id, now))

    return _do(callback_id, what, remembered, again)


def _do(callback_id: str, what: str, verb: Verb, again: str = "callback_list.call") -> ResponseReturnValue:
    """Call a verb on one callback, in one transaction; back to the row, or the page with the reason why not.

    `what` names it under “Who did what”. `again` is the button to press once more, whatever the hour, when the
    caller's hours were the reason.
    """
    staff_id, now, view = _staff_id(), clock.now(), _view()

    def once() -> tuple[Refusal | Attempt | None, str | None, str]:
        with installation().database.transaction() as session:
            row = session.get(Callback, callback_id) or abort(404)
            outcome = verb(session, row, staff_id, now)
            why_not = refusals.words_for(session, row, outcome, now) if isinstance(outcome, Refusal) else None
            if why_not is None:
                audit.record(session, visits.here(), what, row.id, now)
            return outcome, why_not, same_person.goes_on(session, row).id

    outcome, problem, place = patiently(once)
    if problem is None or not isinstance(outcome, Refusal):
        return _back(view.folded(callback_id), f"cb-{place}")
    return _page(view, Problem(problem, callback_id if outcome.kind == "outside_hours" else None, again), 409)


def _staff_id() -> str:
    staff_id = visits.here().staff_id
    if staff_id is None:
        abort(403, "Your sign-in is not linked to a staff member with a phone, so there is nobody to give this to.")
    return staff_id


def _view() -> View:
    """What the page showed on which the button was pressed."""
    return list_view.read_field(request.form.get("view", ""))


def _back(view: View, anchor: str | None = None) -> AnyResponse:
    return redirect(url_for(".show", **view.query(), _anchor=anchor), 303)  # type: ignore[arg-type]


def _page(view: View, problem: Problem | None = None, status: int = 200) -> Response:
    key = push_key.public(installation().settings.key())
    return make_response(render_template("list.html", problem=problem, push_key=key, **_contents(view)), status)


def _contents(view: View) -> dict[str, object]:
    visit, now = visits.here(), clock.now()
    with installation().database.reading() as session:
        listing = list_page.read(session, view, visit.staff_id, visit.user_id, now)
        unseen = len(notices.unseen(session)) if visit.is_owner else 0
    shown = {"listing": listing, "view": view, "view_text": view.text()}
    return shown | {"now": now, "unseen": unseen, "list_words": list_words}
