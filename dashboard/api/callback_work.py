"""What staff do with a callback besides calling: a result, later, to a colleague, from a colleague, and back."""

import datetime as dt
from functools import partial

from sqlalchemy.orm import Session

from dashboard.api import asked, shapes
from dashboard.api.callbacks import (
    BY_STAFF,
    CALLBACK,
    MAYBE_STAFF,
    REFUSED,
    by_whoever,
    change,
    done,
    find,
    one,
    refused,
)  # fmt: skip
from dashboard.api.operation import Answer, operation, program_name
from dashboard.api.problems import Problem
from voice import allowed, by_hand, callbacks, claims, later, persons, results, same_person, topics, undo
from voice.claims import Refusal
from voice.rules import person, snooze

WORD = 200  # characters
ABOUT: dict[str, shapes.Schema] = {
    "note": shapes.text(asked.NOTE), "topic": shapes.MAYBE_WHOLE, "bought": shapes.MAYBE_FLAG,
    "why_not": shapes.text(asked.WHY_NOT),
}  # fmt: skip


@operation(
    "POST",
    "/callbacks/<callback_id>/result",
    "Say how it ended; `call_again` needs `due_at`. What it was about, whether they bought and a note are optional.",
    CALLBACK | REFUSED,
    body=shapes.request_body(
        ("staff", "result"), staff=shapes.TEXT, result=shapes.one_of(*results.RESULTS), due_at=shapes.MOMENT, **ABOUT
    ),
)  # fmt: skip
def give_result(session: Session, now: dt.datetime, callback_id: str) -> Answer:
    """The result."""
    row, given = find(session, callback_id), asked.body(("staff", "result", "due_at", *asked.ABOUT))
    staff, result = asked.staff(session, given, row.line), asked.word(given, "result", results.RESULTS)
    told = asked.moment(given, "due_at")
    due_at = _ahead(told, "due_at", now) if result == "call_again" else None
    about = asked.about(session, given)
    return done(
        session, row, staff, result, now,
        lambda: results.give_result(session, row, staff, result, now, due_at, about),
    )  # fmt: skip


@operation(
    "POST",
    "/callbacks/<callback_id>/snooze",
    "Set a callback aside; it comes back by itself at `until`. `promised_by` stays as it was said.",
    CALLBACK | REFUSED,
    body=shapes.request_body(("staff", "until"), staff=shapes.TEXT, until=shapes.MOMENT),
)
def set_aside(session: Session, now: dt.datetime, callback_id: str) -> Answer:
    """Later."""
    row, given = find(session, callback_id), asked.body(("staff", "until"))
    staff, until = asked.staff(session, given, row.line), _ahead(asked.moment(given, "until"), "until", now)
    return done(session, row, staff, "snoozed", now, lambda: later.set_aside(session, row, staff, until, now))


@operation(
    "POST",
    "/callbacks/<callback_id>/hand-over",
    "Give a callback to a colleague (`to`), with a word they see.",
    CALLBACK | REFUSED,
    body=shapes.request_body(("staff", "to"), staff=shapes.TEXT, to=shapes.TEXT, word=shapes.text(WORD)),
)
def hand_over(session: Session, now: dt.datetime, callback_id: str) -> Answer:
    """To a colleague."""
    row, given = find(session, callback_id), asked.body(("staff", "to", "word"))
    staff, word = asked.staff(session, given, row.line), asked.text(given, "word", WORD)
    to = asked.staff(session, given, row.line, "to")
    if to == staff:
        raise Problem(400, "to: must be somebody else.")
    return done(
        session, row, staff, "handed_over", now, lambda: claims.hand_over(session, row, staff, to, word, now)
    )  # fmt: skip


@operation(
    "POST",
    "/callbacks/<callback_id>/take-over",
    "Take a callback a colleague has claimed; they are told. Not while they dial, talk or wrap up.",
    CALLBACK | REFUSED,
    body=BY_STAFF,
)
def take_over(session: Session, now: dt.datetime, callback_id: str) -> Answer:
    """From a colleague."""
    return change(session, now, callback_id, "took_over", claims.take_over)


@operation(
    "POST",
    "/callbacks/<callback_id>/by-hand",
    "Keep a callback for a staff member who dials with a phone of their own. 409 with `retry_at` outside the caller's "
    "hours.",
    CALLBACK | REFUSED,
    body=shapes.request_body(("staff",), staff=shapes.TEXT, anyway=shapes.FLAG),
)
def dial_by_hand(session: Session, now: dt.datetime, callback_id: str) -> Answer:
    """By hand."""
    row, given = find(session, callback_id), asked.body(("staff", "anyway"))
    anyway = bool(asked.flag(given, "anyway"))
    staff = asked.staff(session, given, row.line)
    verb = partial(by_hand.dial, session, row, staff, now, anyway)
    return done(session, row, staff, "dialling_by_hand", now, verb)


@operation(
    "POST",
    "/callbacks/<callback_id>/number",
    "Enter the number a caller who hides theirs has said. Where they have an open callback from it, this one goes "
    "on in it, and the answer is that other one. 422 when the number may never be rung.",
    CALLBACK | REFUSED,
    body=shapes.request_body(("staff", "number"), staff=shapes.TEXT, number=shapes.NUMBER),
)
def give_number(session: Session, now: dt.datetime, callback_id: str) -> Answer:
    """Somebody's number, as they said it."""
    row, given = find(session, callback_id), asked.body(("staff", "number"))
    staff, number = asked.staff(session, given, row.line), asked.e164(given, "number")
    try:
        answer = done(
            session, row, staff, "number_given", now, lambda: same_person.give_number(session, row, number, staff, now)
        )  # fmt: skip
    except person.Unfit as unfit:
        raise Problem(422, str(unfit)) from None
    return answer if isinstance(answer, Problem) else one(session, same_person.goes_on(session, row))


@operation(
    "POST",
    "/callbacks/<callback_id>/allow",
    "Let a held number be rung, now and whenever it rings: an owner's decision, so it needs the scope `manage`. With "
    "`staff`: so that they can undo it.",
    CALLBACK | REFUSED,
    body=MAYBE_STAFF,
)
def allow(session: Session, now: dt.datetime, callback_id: str) -> Answer:
    """Off the list of what is held."""
    row = find(session, callback_id)
    answer = by_whoever(session, row, "allowed", now, lambda _: allowed.allow(session, row, now))
    if not isinstance(answer, Problem) and row.caller is not None:
        persons.set_allowed(session, row.caller, True, program_name(), now)
    return answer


@operation(
    "POST",
    "/callbacks/<callback_id>/close",
    "Close a callback, with the reason. What it was about, whether they bought and a note are optional.",
    CALLBACK | REFUSED,
    body=shapes.request_body(
        ("staff", "reason"), staff=shapes.TEXT, reason=shapes.one_of(*callbacks.BY_STAFF), **ABOUT
    ),
)  # fmt: skip
def close(session: Session, now: dt.datetime, callback_id: str) -> Answer:
    """Close by hand."""
    row, given = find(session, callback_id), asked.body(("staff", "reason", *asked.ABOUT))
    staff, reason = asked.staff(session, given, row.line), asked.word(given, "reason", callbacks.BY_STAFF)
    about = asked.about(session, given)
    shut = partial(results.close_by_hand, session, row, staff, reason, now, about)
    return done(session, row, staff, "closed", now, shut)


@operation(
    "POST",
    "/callbacks/<callback_id>/reopen",
    "Put a closed callback back on the list, due now. With `staff`: so that they can undo it.",
    CALLBACK | REFUSED,
    body=MAYBE_STAFF,
)
def reopen(session: Session, now: dt.datetime, callback_id: str) -> Answer:
    """Open again."""
    row = find(session, callback_id)
    return by_whoever(session, row, "reopened", now, lambda staff: callbacks.reopen(session, row, now, staff))


@operation(
    "POST",
    "/callbacks/<callback_id>/undo",
    "Take back the last thing this staff member did with a callback, within ten seconds and if nothing happened since.",
    CALLBACK | REFUSED,
    body=BY_STAFF,
)
def take_back(session: Session, now: dt.datetime, callback_id: str) -> Answer:
    """Undo."""
    row, given = find(session, callback_id), asked.body(("staff",))
    refusal: Refusal | None = undo.undo(session, row, asked.staff(session, given, row.line), now)
    return refused(refusal) if refusal else one(session, row)


@operation(
    "GET",
    "/topics",
    "What a talk can be about, in the owner's order.",
    {200: shapes.listed("Topic")},
    query=("limit", "cursor"),
)
def topic_list(session: Session, now: dt.datetime) -> Answer:
    """The short list."""
    return asked.few([{"id": topic.id, "name": topic.name} for topic in topics.active(session)])


def _ahead(at: dt.datetime | None, name: str, now: dt.datetime) -> dt.datetime:
    if at is None or not snooze.fits(at, now):
        raise Problem(400, f"{name}: must be a time ahead of now, within a year.")
    return at
