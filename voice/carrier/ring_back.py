"""Ringing a caller back, on the wire: what the staff phone hears, the dial, and what the carrier says of it."""

import structlog
from sqlalchemy.orm import Session

from voice import attempts, contacts, dialled, moves, roster
from voice.carrier import twiml
from voice.carrier.delivery import Delivery
from voice.carrier.webhooks import document, receipt
from voice.carrier.words import BAD_NUMBER, NOT_ALLOWED, OVER, leg_event
from voice.models import Attempt, Callback, Leg
from voice.rules import wording

RING_SECONDS = 25  # the carrier adds 5 of its own; most mailboxes have answered by then

log = structlog.get_logger()


def whisper(session: Session, delivery: Delivery, leg: Leg, attempt: Attempt) -> str:
    """The staff phone was picked up: who is to be rung back and why. A key is asked for on every phone.

    Also where picking up accepts a call: here it would ring a customer for somebody who is not listening yet.
    """
    callback = session.get_one(Callback, attempt.callback_id)
    card = _card(session, callback)
    moves.move(session, leg, "picked_up", delivery.now, picked_up_at=delivery.now)
    if attempt.state != "intended" or (callback.state != "calling" and attempt.due_for is None):
        return twiml.hang_up(wording.already_handled(card.language), card.language)
    today = contacts.calls_today(session, callback.line, callback.caller, delivery.now, card.time_zone)
    who = wording.Who(contacts.name_of(session, callback.caller), callback.caller, today)
    named = wording.who_is_calling(who, delivery.now, card.time_zone, card.language)
    if attempt.due_for is not None:
        by = wording.say_time(attempt.due_for, delivery.now, card.time_zone, card.language)
        words = wording.due(wording.name_or_number(who, card.language), by, card.language)
    else:
        words = wording.ring_back(named, callback.reason, card.language)
    action, silent = (delivery.url(f"/voice/legs/{leg.id}/{step}") for step in ("accepted", "silent"))
    return twiml.ask_for_key(words, card.language, action, silent_url=silent)


def dial(session: Session, delivery: Delivery, leg: Leg, attempt: Attempt) -> str:
    """A key was pressed: the one document that dials the caller, or the reason why not."""
    refused = attempts.send(session, attempt, leg, delivery.now)
    callback = session.get_one(Callback, attempt.callback_id)
    if refused is None and callback.caller is not None:
        action, status = (delivery.url(f"/voice/attempts/{attempt.id}/{step}") for step in ("dialled", "child"))
        return twiml.dial_one(callback.caller, callback.line, RING_SECONDS, action, status)
    language = _card(session, callback).language
    on_the_line = refused is not None and refused.kind == "on_the_line"
    return twiml.hang_up(wording.busy(language) if on_the_line else wording.already_handled(language), language)


@receipt("/voice/attempts/<attempt_id>/child")
def attempt_child(session: Session, delivery: Delivery, attempt_id: str) -> None:
    """What the carrier says of the caller's leg."""
    attempt = _attempt(session, attempt_id, delivery.get("ParentCallSid"))
    if attempt is not None:
        news = dialled.News(
            leg_event(delivery.status),
            sid=delivery.sid,
            seconds=delivery.number("CallDuration") or 0,
            sequence=delivery.number("SequenceNumber") or 0,
            hold=_hold(delivery),
        )
        dialled.heard(session, attempt, news, delivery.happened())


@document("/voice/attempts/<attempt_id>/dialled")
def attempt_dialled(session: Session, delivery: Delivery, attempt_id: str) -> str:
    """The staff leg's Dial is over: the caller's leg with it, whatever has been heard of that so far."""
    attempt = _attempt(session, attempt_id, delivery.sid)
    if attempt is None:
        return twiml.hang_up()
    news = dialled.News(
        leg_event(_dial_status(delivery)),
        sid=delivery.get("DialCallSid") or None,
        seconds=delivery.number("DialCallDuration") or 0,
        hold=_hold(delivery),
    )
    dialled.heard(session, attempt, news, delivery.now)
    return twiml.hang_up() if delivery.status in OVER else _staff_hears(session, delivery, attempt)


def _staff_hears(session: Session, delivery: Delivery, attempt: Attempt) -> str:
    language = _card(session, session.get_one(Callback, attempt.callback_id)).language
    if attempt.ending == "crossed":  # the caller rang in, and is waiting for this leg
        return twiml.pause_and_go(1, delivery.url(f"/voice/legs/{attempt.leg_id}/crossed"))
    said = {"no_answer": wording.no_answer, "busy": wording.busy, "failed": wording.call_failed}.get(
        attempt.ending or ""
    )
    return twiml.hang_up(said(language) if said else "", language)


def _attempt(session: Session, attempt_id: str, staff_leg_sid: str) -> Attempt | None:
    """The attempt, if this delivery is about the staff leg it was dialled from."""
    attempt = session.get(Attempt, attempt_id)
    leg = session.get(Leg, attempt.leg_id or "") if attempt else None
    if attempt is None or leg is None or leg.sid not in (None, staff_leg_sid):
        log.warning("not_this_attempt", attempt=attempt_id[:32])
        return None
    return attempt


def _dial_status(delivery: Delivery) -> str:
    status = delivery.get("DialCallStatus")
    return "completed" if status == "answered" else status


def _hold(delivery: Delivery) -> str | None:
    """Why the number must be held, when the carrier refused it for good."""
    code = delivery.number("ErrorCode")
    if code in BAD_NUMBER:
        return "invalid"
    return "not_allowed" if code in NOT_ALLOWED else None


def _card(session: Session, callback: Callback) -> roster.LineCard:
    """The line of a callback; a line switched off meanwhile still speaks with the first line's words."""
    return roster.line_or_first(session, callback.line)
