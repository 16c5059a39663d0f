"""Callbacks: the list in order of promise, and what staff do with it."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import list_search
from dashboard.api import asked, shapes
from dashboard.api.operation import Answer, operation
from dashboard.api.problems import Problem
from voice import attempts, callbacks, claims, promising, same_person, sight, undo
from voice.claims import Refusal
from voice.models import Attempt, Call, Callback, Contact
from voice.rules import numbers, person, states

# What cannot be done now but may be later is 409; what cannot be done with this callback at all is 422.
CONFLICTS = {
    "held_by": "Somebody else has this callback.",
    "under_way": "A phone is ringing or talking for this callback.",
    "open": "This caller has another open callback.",
    "outside_hours": "It is not between 08:00 and 21:00 where the caller is; send `anyway: true` to call all the same.",
    "on_the_line": "This caller is on the phone with us.",
    "no_phone": "This staff member's phone number is missing or cannot be rung. "
    "The owner can mend it on the page Team.",
    "phone_busy": "This staff member's phone is busy.",
    "too_late": "Something has happened with this callback since, or the time for it is over.",
}
IMPOSSIBLE = {
    "closed": "This callback is closed.",
    "held": "This number is held for the owner.",
    "no_number": "This caller hid their number.",
    "number": "This number may not be dialled.",
}
BY_STAFF = shapes.request_body(("staff",), staff=shapes.TEXT)
MAYBE_STAFF = shapes.request_body((), staff=shapes.TEXT)
CALLBACK = {200: shapes.ref("Callback")}
Verb = Callable[[Session, Callback, str, dt.datetime], Refusal | None]
REFUSED = {409: shapes.ref("Problem"), 422: shapes.ref("Problem")}


@operation(
    "GET",
    "/callbacks",
    "Callbacks in order of promise (`due_at, id`); `state` takes several by comma, by default all that are not closed. "
    "`q` looks as the page does; of closed ones, among those of the last 30 days. `closed_since`: those closed from "
    "then on, and no others. `promised_by` is null while a number is held or hidden: whom "
    "nobody can ring was promised no time.",
    {200: shapes.listed("Callback")},
    query=("q", "state", "closed_since", "limit", "cursor"),
)
def callback_list(session: Session, now: dt.datetime) -> Answer:
    """One page of the list."""
    page, lately = asked.page(), asked.time("closed_since")
    wanted = asked.choices("state", states.CALLBACK_STATES) or (("closed",) if lately else callbacks.OPEN)
    q = asked.looked_for()
    among = list_search.matching(q, now).order_by(None) if q else None
    found = callbacks.listed(session, wanted, page.limit, page.cursor, among, lately)
    return {"items": wire(session, found.items), "next": found.next}


@operation(
    "GET",
    "/callbacks/<callback_id>",
    "One callback. Two of one person become one when their numbers are put on one card: by the id of either, here and "
    "in every address below, it is the one that goes on.",
    CALLBACK,
)
def callback(session: Session, now: dt.datetime, callback_id: str) -> Answer:
    """One callback."""
    return one(session, find(session, callback_id))


@operation(
    "POST",
    "/callbacks/<callback_id>/claim",
    "Take a callback in hand, or stay its holder. 409 names another `holder`.",
    CALLBACK | REFUSED,
    body=BY_STAFF,
)
def claim(session: Session, now: dt.datetime, callback_id: str) -> Answer:
    """Claim, or renew the lease."""
    return change(session, now, callback_id, "claimed", claims.claim)


@operation(
    "POST",
    "/callbacks/<callback_id>/release",
    "Give a callback back to the list.",
    CALLBACK | REFUSED,
    body=BY_STAFF,
)
def release(session: Session, now: dt.datetime, callback_id: str) -> Answer:
    """Let go."""
    return change(session, now, callback_id, "released", claims.release)


@operation(
    "POST",
    "/callbacks/<callback_id>/call",
    "Ring the staff member, then the caller, on `number` if given (one of the callback's `numbers`); claims the "
    "callback if it is free. While one is under way: the same attempt. 409 with `retry_at` outside the caller's hours.",
    {202: shapes.ref("Attempt")} | REFUSED,
    body=shapes.request_body(("staff",), staff=shapes.TEXT, anyway=shapes.FLAG, number=shapes.NUMBER),
)
def call(session: Session, now: dt.datetime, callback_id: str) -> Answer:
    """Ring back."""
    row, given = find(session, callback_id), asked.body(("staff", "anyway", "number"))
    anyway, staff = bool(asked.flag(given, "anyway")), asked.staff(session, given, row.line)
    number = asked.e164(given, "number") if "number" in given else None
    other = same_person.ring_on(session, row, number, staff, now) if number is not None else None
    attempt = other or attempts.ring_back(session, row, staff, now, anyway=anyway)
    return refused(attempt) if isinstance(attempt, Refusal) else ({"attempt": attempt.id}, 202)


def change(session: Session, now: dt.datetime, callback_id: str, what: str, verb: Verb) -> Answer:
    """A verb that needs to know no more than who does it."""
    row, given = find(session, callback_id), asked.body(("staff",))
    staff = asked.staff(session, given, row.line)
    return done(session, row, staff, what, now, lambda: verb(session, row, staff, now))


def by_whoever(
    session: Session, row: Callback, what: str, now: dt.datetime, verb: Callable[[str | None], Refusal | None]
) -> Answer:
    """A verb that needs nobody's name; with one in the body, so that they can undo it."""
    given = asked.body(("staff",))
    if "staff" in given:
        staff = asked.staff(session, given, row.line)
        return done(session, row, staff, what, now, lambda: verb(staff))
    refusal = verb(None)
    return refused(refusal) if refusal else one(session, row)


def done(
    session: Session, row: Callback, staff: str, what: str, now: dt.datetime, verb: Callable[[], Refusal | None]
) -> Answer:
    """Do it so that it can be undone; the callback afterwards, or why not."""
    refusal = undo.remembering(session, row, staff, what, now, verb)
    return refused(refusal) if refusal else one(session, row)


def wire(session: Session, rows: Sequence[Callback]) -> list[dict[str, Any]]:
    """Callbacks as they are sent, with the callers' names and those of their numbers the token may see."""
    with sight.as_read(session):
        return _wired(session, rows)


def _wired(session: Session, rows: Sequence[Callback]) -> list[dict[str, Any]]:
    callers, keys = {row.caller for row in rows if row.caller}, {row.caller_key for row in rows if row.caller}
    theirs = sa.or_(Contact.number.in_(callers | keys), Contact.same_as.in_(keys))
    people: dict[str, list[str]] = {}
    cards = {}
    for contact in session.scalars(sa.select(Contact).where(theirs).order_by(Contact.number)):
        cards[contact.number] = contact
        people.setdefault(contact.same_as or contact.number, []).append(contact.number)
    ids = [row.id for row in rows]
    said = sa.select(Call.callback_id, Call.verstat).where(Call.callback_id.in_(ids), Call.verstat.is_not(None))
    verstats = {str(id_): verstat for id_, verstat in session.execute(said.order_by(Call.received_at))}
    live = sa.select(Attempt.callback_id, Attempt.id).where(Attempt.callback_id.in_(ids), Attempt.ended_at.is_(None))
    going = {callback_id: attempt_id for callback_id, attempt_id in session.execute(live)}  # noqa: C416  (typed rows)
    return [
        _wire(row, cards.get(row.caller or ""), people.get(row.caller_key, ()))
        | {"verified": verified(row.caller, verstats.get(row.id)), "attempt": going.get(row.id)}
        for row in rows
    ]


def verified(caller: str | None, verstat: str | None) -> bool | None:
    """Whether the carrier vouches that they rang from this number; None: nobody could know."""
    return person.vouched(verstat, numbers.country_of(caller)) if caller else None


def _wire(row: Callback, card: Contact | None, theirs: Sequence[str]) -> dict[str, Any]:
    return {
        "id": row.id,
        "line": row.line,
        "caller": row.caller,
        "numbers": sorted({*theirs, row.caller} if row.caller else ()),
        "name": (card.name or card.carrier_name) if card else None,
        "state": row.state,
        "reason": row.reason,
        "held_reason": row.held_reason,
        "closed_reason": row.closed_reason,
        "calls": row.calls,
        "first_called_at": shapes.time(row.first_called_at),
        "promised_by": shapes.time(row.promised_by) if promising.may_promise(row) else None,
        "due_at": shapes.time(row.due_at),
        "claimed_by": row.claimed_by,
        "lease_until": shapes.time(row.lease_until),
        "attempts": row.attempts,
        "later": row.later,
        "result": row.result,
        "note": row.note,
        "topic": row.topic_id,
        "bought": row.bought,
        "why_not": row.why_not,
        "handed_by": row.handed_by,
        "handed_to": row.handed_to,
        "handed_word": row.handed_word,
        "rang_at": shapes.time(row.rang_at),
        "closed_at": shapes.time(row.closed_at),
        "last_spoke_with": card.last_staff_id if card else None,
        "last_spoke_at": shapes.time(card.last_talk_at) if card else None,
    }


def find(session: Session, callback_id: str) -> Callback:
    """The callback of an address, or the one it has gone into; a 404 when there is none."""
    row = session.get(Callback, callback_id)
    if row is None:
        raise Problem(404, "There is no such callback.")
    return same_person.goes_on(session, row)


def one(session: Session, row: Callback) -> dict[str, Any]:
    """One callback as it is sent."""
    return wire(session, [row])[0]


def refused(refusal: Refusal) -> Problem:
    """Returned, not raised: a number that turned out forbidden stays held."""
    extra: dict[str, Any] = {"kind": refusal.kind}
    if refusal.holder is not None:
        extra["holder"] = refusal.holder
    if refusal.retry_at is not None:
        extra["retry_at"] = shapes.time(refusal.retry_at)
    if refusal.kind in CONFLICTS:
        return Problem(409, CONFLICTS[refusal.kind], **extra)
    return Problem(422, IMPOSSIBLE[refusal.kind], **extra)
