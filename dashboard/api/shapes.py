"""The shapes of what is sent, as JSON schemas: `openapi.json` shows them and the tests hold every answer to them."""

import datetime as dt
from typing import Any

from voice.rules import states

Schema = dict[str, Any]

OUTCOMES = ("pending", "talked", "callback", "blocked")
CAUSES = (
    "closed", "holiday", "nobody_on_shift", "all_busy", "rang_out", "declined", "mailbox", "carrier_limit", "abandoned",
    "short_abandon", "short_talk", "our_outage", "loop", "blocked",
)  # fmt: skip
# Whose phone rings at each: the staff member's, theirs picked up, the caller's, both talking.
STEPS = ("ringing_staff", "picked_up", "ringing_caller", "talking")
LATER = ("snoozed", "retry", "call_again")
AVAILABILITY = ("on", "away", "off")

TEXT: Schema = {"type": "string"}
MAYBE_TEXT: Schema = {"type": ["string", "null"]}
WHOLE: Schema = {"type": "integer", "minimum": 0}
FLAG: Schema = {"type": "boolean"}
NUMBER: Schema = {"type": "string", "pattern": r"^\+[1-9][0-9]{7,14}$"}
MAYBE_NUMBER: Schema = NUMBER | {"type": ["string", "null"]}
TIME: Schema = {"type": "string", "format": "date-time", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z$"}
# What is asked for may have an offset; what is sent never has.
MOMENT: Schema = {"type": "string", "format": "date-time", "examples": ["2026-11-24T17:00:00Z"]}
MAYBE_FLAG: Schema = {"type": ["boolean", "null"]}
MAYBE_WHOLE: Schema = {"type": ["integer", "null"], "minimum": 0}
MAYBE_TIME: Schema = TIME | {"type": ["string", "null"]}
WEEK: Schema = {"type": "object", "additionalProperties": TEXT, "examples": [{"mon": "09:00-17:30"}]}
MAYBE_WEEK: Schema = {"anyOf": [WEEK, {"type": "null"}]}
DATE: Schema = {"type": "string", "format": "date", "examples": ["2026-12-24"]}


def one_of(*words: str | None) -> Schema:
    """One of these words."""
    return {"enum": list(words)}


def some_of(*words: str) -> Schema:
    """One or several of these words."""
    return {"type": "array", "items": {"type": "string", "enum": list(words)}, "minItems": 1}


# Not JSON: the bytes of what was said, in one of these kinds.
SOUND: Schema = {}
SOUND_KINDS = ("audio/mpeg", "audio/wav")


def text(most: int) -> Schema:
    """Text of at most so many characters."""
    return {"type": "string", "maxLength": most}


def thing(**members: Schema) -> Schema:
    """An object with exactly these members."""
    return {"type": "object", "properties": members, "required": list(members), "additionalProperties": False}


def array(items: Schema) -> Schema:
    """A list of such values."""
    return {"type": "array", "items": items}


def ref(name: str) -> Schema:
    """One of SHAPES, by name."""
    return {"$ref": f"#/components/schemas/{name}"}


def listed(name: str) -> Schema:
    """A page of a list; `next` goes into `cursor` to get the page after it."""
    return thing(items=array(ref(name)), next=MAYBE_TEXT)


def request_body(required: tuple[str, ...] = (), **members: Schema) -> Schema:
    """What may be sent: these members, of which some must be there."""
    return {"type": "object", "properties": members, "required": list(required), "additionalProperties": False}


def time(moment: dt.datetime | None) -> str | None:
    """An instant as it is sent: 2026-11-22T15:04:05Z."""
    return None if moment is None else moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


SHAPES: dict[str, Schema] = {
    "Call": thing(
        sid=TEXT, line=NUMBER, caller=MAYBE_NUMBER, state=one_of(*states.CALL_STATES), outcome=one_of(*OUTCOMES),
        cause=one_of(None, *CAUSES), path=one_of("queue", "dial", "fallback"), started_at=TIME,
        first_ring_at=MAYBE_TIME, answered_at=MAYBE_TIME, ended_at=MAYBE_TIME, answered_by=MAYBE_TEXT,
        callback_id=MAYBE_TEXT, taken_by=MAYBE_TEXT, verified=MAYBE_FLAG,
    ),
    "Callback": thing(
        id=TEXT, line=NUMBER, caller=MAYBE_NUMBER, numbers=array(NUMBER), name=MAYBE_TEXT,
        state=one_of(*states.CALLBACK_STATES),
        reason=one_of(*CAUSES), held_reason=MAYBE_TEXT, closed_reason=one_of(None, *states.CLOSED_REASONS), calls=WHOLE,
        first_called_at=TIME, promised_by=MAYBE_TIME, due_at=TIME, claimed_by=MAYBE_TEXT, lease_until=MAYBE_TIME,
        attempts=WHOLE, later=one_of(None, *LATER), result=MAYBE_TEXT, note=TEXT, topic=MAYBE_WHOLE, bought=MAYBE_FLAG,
        why_not=TEXT, handed_by=MAYBE_TEXT, handed_to=MAYBE_TEXT, handed_word=TEXT, rang_at=MAYBE_TIME,
        closed_at=MAYBE_TIME, last_spoke_with=MAYBE_TEXT, last_spoke_at=MAYBE_TIME, verified=MAYBE_FLAG,
        attempt=MAYBE_TEXT,
    ),
    "CallbackAttempt": thing(
        id=TEXT, callback_id=TEXT, staff=TEXT, state=one_of(*states.ATTEMPT_STATES), step=one_of(*STEPS, None),
        since=MAYBE_TIME, started_at=TIME, picked_up_at=MAYBE_TIME, dialled_at=MAYBE_TIME, rang_at=MAYBE_TIME,
        talking_since=MAYBE_TIME, ended_at=MAYBE_TIME, ending=MAYBE_TEXT, talk_seconds=WHOLE,
    ),
    "Message": thing(
        id=TEXT, call=TEXT, callback_id=MAYBE_TEXT, received_at=TIME, state=one_of("arriving", "ready", "failed"),
        seconds=WHOLE, transcript=MAYBE_TEXT, audio=MAYBE_TEXT,
    ),
    "Told": thing(
        id=TEXT, staff=TEXT, by=TEXT, callback_id=TEXT, kind=one_of("took_over", "handed_over"), word=TEXT, at=TIME,
        seen_at=MAYBE_TIME,
    ),
    "Topic": thing(id=WHOLE, name=TEXT),
    "Attempt": thing(attempt=TEXT),
    "Line": thing(
        number=NUMBER, name=TEXT, active=FLAG, greeting=TEXT, language=TEXT, staff=array(TEXT),
        ring=one_of("everyone", "in_order", "fewest_recent"), last_person_first=FLAG, ring_seconds=WHOLE,
        in_order_step_seconds=WHOLE, promise_minutes=WHOLE, max_attempts=WHOLE, hours=WEEK, holidays=TEXT,
        closed_days=array(TEXT), time_zone=TEXT, retry_minutes=array(WHOLE), wrap_up_minutes=WHOLE,
        lease_seconds=WHOLE, due_ring=FLAG,
    ),
    "StaffMember": thing(
        id=TEXT, name=TEXT, phone=TEXT, email=TEXT, role=one_of("staff", "owner"), no_mailbox=FLAG,
        shifts=MAYBE_WEEK, availability=one_of(*AVAILABILITY), active=FLAG,
        time_zone=TEXT, days_off=array(TEXT), desk_phone=TEXT, away_until=MAYBE_TIME, phone_today=MAYBE_TEXT,
        phone_until=MAYBE_TIME, on_now=FLAG,
    ),
    "Erasure": thing(id=TEXT, asked_at=TIME, done_at=MAYBE_TIME),
    "Contact": thing(
        number=NUMBER, name=MAYBE_TEXT, blocked=FLAG, allowed=FLAG, vip=FLAG, do_not_text=FLAG, language=MAYBE_TEXT,
        tags=array(TEXT), numbers=array(NUMBER), last_spoke_with=MAYBE_TEXT,
        last_spoke_at=MAYBE_TIME, notes=array(thing(at=TIME, by=TEXT, note=TEXT)),
    ),
    "Problem": {
        "type": "object",
        "properties": {
            "type": TEXT, "title": TEXT, "status": {"type": "integer"}, "detail": TEXT,
            "kind": TEXT, "holder": MAYBE_TEXT, "retry_at": TIME,
        },
        "required": ["type", "title", "status", "detail"],
    },
}  # fmt: skip
