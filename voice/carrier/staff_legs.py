"""A staff member's phone: what they hear when it is picked up, their key, and how the leg ends."""

from sqlalchemy.orm import Session

from voice import attempts, callbacks, calls, legs, moves, ringing
from voice.carrier import ring_back, twiml
from voice.carrier.delivery import Delivery
from voice.carrier.inbound import card_of
from voice.carrier.webhooks import document, receipt
from voice.carrier.words import OVER, leg_event
from voice.firm import StaffMember
from voice.models import Attempt, Call, Leg
from voice.rules import wording

JOIN_TRIES = 3


@document("/voice/legs/<leg_id>/answered", asks=True)
def leg_answered(session: Session, delivery: Delivery, leg_id: str) -> str:
    """Picked up, by a person or a machine: a caller is offered, and a key is asked for."""
    leg = session.get(Leg, leg_id)
    if leg is None:
        return twiml.hang_up()
    legs.bind(session, leg, delivery.sid)
    if leg.purpose == "ring_back":
        attempt = session.get(Attempt, leg.attempt_id)
        return ring_back.whisper(session, delivery, leg, attempt) if attempt else twiml.hang_up()
    return _offer(session, delivery, leg)


def _offer(session: Session, delivery: Delivery, leg: Leg, before: str = "") -> str:
    """Offer the next caller, after the words `before`; nobody left: say so, or offer to ring back who hung up."""
    call = ringing.pick_up(session, leg, delivery.now)
    if call is None:
        return _nobody(session, delivery, leg, before)
    moves.note(session, "phone_picked_up", delivery.now, call=call, staff=leg.staff_id, leg=leg.id)
    card, member = card_of(session, call), session.get_one(StaffMember, leg.staff_id)
    action = delivery.url(f"/voice/legs/{leg.id}/accepted", call=call.id)
    if member.no_mailbox and not before and leg.purpose == "ring":
        return _accept(session, delivery, leg, call)
    who = ringing.who(session, call, delivery.now, card.time_zone)
    if leg.purpose == "cut_off":
        words = wording.cut_off_staff(wording.name_or_number(who, card.language), card.language)
    elif call.reserved_by == leg.staff_id and call.reserved_until is not None and call.reserved_until > delivery.now:
        words = wording.offer_reserved(card.language)
    else:
        words = wording.offer(who, delivery.now, card.time_zone, card.language)
    silent = delivery.url(f"/voice/legs/{leg.id}/silent")
    return twiml.ask_for_key(twiml.spoken([before, words]), card.language, action, silent_url=silent)


def _nobody(session: Session, delivery: Delivery, leg: Leg, before: str) -> str:
    """No caller is left for this phone."""
    call = session.get(Call, leg.offered_call_id or leg.call_id or "")
    if call is None:
        return twiml.hang_up()
    language = card_of(session, call).language
    if call.ended_at is not None and not before:
        return _offer_ring_back(session, delivery, leg, call)
    if call.state in ("accepted", "joined") and not before:
        before = wording.taken_by(ringing.name_of(session, call.answered_by), language)
    return twiml.hang_up(before or wording.nobody_waiting(language), language)


def _offer_ring_back(session: Session, delivery: Delivery, leg: Leg, call: Call) -> str:
    """The caller hung up first: one key rings them back on this very leg, if they may be dialled."""
    language = card_of(session, call).language
    callback = callbacks.open_of(session, call.line, call.caller_key)
    if callback is None or attempts.unfit(session, callback, delivery.now):
        return twiml.hang_up(wording.nobody_waiting(language), language)
    action = delivery.url(f"/voice/legs/{leg.id}/ring-back", call=call.id)
    return twiml.ask_for_key(wording.hung_up(language), language, action)


@document("/voice/legs/<leg_id>/accepted", asks=True)
def leg_accepted(session: Session, delivery: Delivery, leg_id: str) -> str:
    """A key was pressed: a person is there, and takes the caller they were told about, if nobody was faster."""
    leg = session.get(Leg, leg_id)
    if leg is None or not delivery.get("Digits"):
        return twiml.hang_up()
    legs.bind(session, leg, delivery.sid)
    if leg.purpose == "ring_back":
        attempt = session.get(Attempt, leg.attempt_id)
        return ring_back.dial(session, delivery, leg, attempt) if attempt else twiml.hang_up()
    call = session.get(Call, leg.offered_call_id or "")
    return _accept(session, delivery, leg, call) if call else _offer(session, delivery, leg)


def _accept(session: Session, delivery: Delivery, leg: Leg, call: Call) -> str:
    if ringing.accept(session, leg, call, delivery.now):
        return _join(delivery, leg, call)
    if call.ended_at is not None and call.state != "completed":
        return _next_or_ring_back(session, delivery, leg, call)
    language = card_of(session, call).language
    if call.answered_by:
        return _offer(session, delivery, leg, wording.taken_by(ringing.name_of(session, call.answered_by), language))
    return _offer(session, delivery, leg, wording.asked_for_message(language))


def _next_or_ring_back(session: Session, delivery: Delivery, leg: Leg, call: Call) -> str:
    if ringing.somebody_waits(session, leg, delivery.now):
        return _offer(session, delivery, leg, wording.caller_gone(card_of(session, call).language))
    return _offer_ring_back(session, delivery, leg, call)


def _join(delivery: Delivery, leg: Leg, call: Call, pause: int = 0) -> str:
    heard = delivery.url(f"/voice/calls/{call.id}/joined")
    over = delivery.url(f"/voice/legs/{leg.id}/dialled", round=leg.join_tries)
    return twiml.join_queue(call.queue, heard, over, pause)


@document("/voice/legs/<leg_id>/dialled")
def leg_dialled(session: Session, delivery: Delivery, leg_id: str) -> str:
    """The staff leg's Dial is over: they talked, or the caller's queue was not there (yet, or any more)."""
    leg = session.get(Leg, leg_id)
    call = session.get(Call, leg.call_id or "") if leg else None
    if leg is None or call is None:
        return twiml.hang_up()
    if leg.state != "accepted":
        calls.part_from(session, call, leg, delivery.now)
        legs.over(session, leg, "end", delivery.now)
        return twiml.hang_up()
    if call.accepted_leg_id != leg.id or call.ended_at is not None:
        return _offer_ring_back(session, delivery, leg, call)
    if leg.join_tries < JOIN_TRIES and delivery.status not in OVER:
        leg.join_tries += 1  # the queue may not exist yet, or the caller is just on the way back into it
        return _join(delivery, leg, call, pause=1)
    ringing.lose(session, call, leg, delivery.now)
    language = card_of(session, call).language
    return twiml.hang_up(wording.call_failed(language), language)


@document("/voice/legs/<leg_id>/crossed")
def leg_crossed(session: Session, delivery: Delivery, leg_id: str) -> str:
    """This person was ringing a caller back who rang in meanwhile: their key counted for that call."""
    leg = session.get(Leg, leg_id)
    call = session.get(Call, leg.call_id or "") if leg else None
    if leg is None or call is None:
        return twiml.hang_up()
    return _join(delivery, leg, call) if call.accepted_leg_id == leg.id else _accept(session, delivery, leg, call)


@document("/voice/legs/<leg_id>/ring-back", asks=True)
def leg_ring_back(session: Session, delivery: Delivery, leg_id: str) -> str:
    """The caller hung up before they were joined, and this person wants to ring them now."""
    leg = session.get(Leg, leg_id)
    call = session.get(Call, leg.offered_call_id or leg.call_id or "") if leg else None
    callback = callbacks.open_of(session, call.line, call.caller_key) if call else None
    if leg is None or call is None or callback is None or not delivery.get("Digits"):
        return twiml.hang_up()
    attempt = attempts.from_leg(session, callback, leg, delivery.now)
    if not isinstance(attempt, Attempt):
        language = card_of(session, call).language
        return twiml.hang_up(wording.already_handled(language), language)
    return ring_back.dial(session, delivery, leg, attempt)


@document("/voice/legs/<leg_id>/silent")
def leg_silent(session: Session, delivery: Delivery, leg_id: str) -> str:
    """No key was pressed: a machine, or nobody. Not the same as a person who hangs up."""
    leg = session.get(Leg, leg_id)
    if leg is not None:
        legs.over(session, leg, "end", delivery.now, silent=True)
    return twiml.hang_up()


@receipt("/voice/legs/<leg_id>/status")
def leg_status(session: Session, delivery: Delivery, leg_id: str) -> None:
    """What the carrier says of a staff leg; late and repeated news change nothing."""
    leg, event = session.get(Leg, leg_id), leg_event(delivery.status)
    if leg is None or not legs.is_news(session, leg, delivery.number("SequenceNumber"), delivery.sid):
        return
    if event is not None:
        legs.apply(session, leg, event, delivery.happened())
