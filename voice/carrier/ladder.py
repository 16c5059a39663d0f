"""The ladder: a caller is taken to one phone after the other by documents alone, without worker or API.

The documents come from `fallback`, which needs no tables; here the tables, while they are there, take note of it.
"""

from sqlalchemy.orm import Session

from voice import calls, on_ladder, ringing
from voice.carrier import fallback, inbound, twiml
from voice.carrier.delivery import Delivery
from voice.carrier.webhooks import document, receipt
from voice.carrier.words import OVER
from voice.firm import StaffMember
from voice.models import Call
from voice.rules import wording


def _call(session: Session, delivery: Delivery) -> Call | None:
    """The call a staff leg of the ladder belongs to; it is the child of the caller's leg."""
    return calls.by_sid(session, delivery.about)


def _callers(session: Session, delivery: Delivery) -> Call:
    """The caller's call; recorded now if it came in while storage was gone and nobody has told us of it yet."""
    call = calls.by_sid(session, delivery.sid)
    if call is None:
        arrival = calls.arrival_from(delivery.sid, dict(delivery.form), "webhook")
        call = calls.over_elsewhere(session, arrival, delivery.now)
    elif call.path == "queue":
        call.path = "dial"  # taken here while storage was gone: no worker may ring a phone for them any more
    call.seen_at = delivery.now
    return call


def _staff(session: Session, dialled: str) -> str | None:
    """Whose phone a document of the ladder is about; None for somebody we do not know (any more)."""
    member = session.get(StaffMember, fallback.people(dialled)[-1])
    return member.id if member else None


@document("/voice/ladder/<int:version>")
def ladder_rung(session: Session, delivery: Delivery, version: int) -> str:
    """Dial the first phone."""
    return inbound.ladder_step(session, delivery, _callers(session, delivery), version)


@document("/voice/ladder/<int:version>/<dialled>/screen", asks=True)
def ladder_screen(session: Session, delivery: Delivery, version: int, dialled: str) -> str:
    """Somebody or something picked up: who is calling, and one key."""
    call = _call(session, delivery)
    if call is None:
        return fallback.screen(delivery, version, dialled)
    card = inbound.card_of(session, call)
    who = ringing.who(session, call, delivery.now, card.time_zone)
    accepted, silent = (
        fallback.address(delivery, version, fallback.people(dialled), what) for what in ("accepted", "silent")
    )
    if call.round > 0:
        words = wording.cut_off_staff(wording.name_or_number(who, card.language), card.language)
        return twiml.ask_for_key(words, card.language, accepted, silent_url=silent)
    return twiml.ask_for_key(wording.offer(who, delivery.now, card.time_zone, card.language), card.language, accepted)


@document("/voice/ladder/<int:version>/<dialled>/accepted")
def ladder_accepted(session: Session, delivery: Delivery, version: int, dialled: str) -> str:
    """A person took the caller: an empty document joins the two."""
    call = _call(session, delivery)
    if call is not None and not on_ladder.accept(session, call, _staff(session, dialled), delivery.now):
        return twiml.hang_up()
    return twiml.empty()


@document("/voice/ladder/<int:version>/<dialled>/silent")
def ladder_silent(session: Session, delivery: Delivery, version: int, dialled: str) -> str:
    """No key after a cut-off: a machine, or nobody. Not the same as a person who hangs up, and is done."""
    if (call := _call(session, delivery)) is not None:
        calls.give_up(session, call, delivery.now)
    return twiml.hang_up()


@document("/voice/ladder/<int:version>/<dialled>/over")
def ladder_over(session: Session, delivery: Delivery, version: int, dialled: str) -> str:
    """A phone of the ladder is done with: they talked, or the next one is dialled."""
    call = _callers(session, delivery)
    bridged, gone = delivery.get("DialBridged") == "true", delivery.status in OVER
    call.ladder_phone = None
    if bridged:
        seconds = delivery.number("DialCallDuration", most=86400) or 0
        calls.talked_on_ladder(session, call, _staff(session, dialled), seconds, delivery.now)
    if gone:
        calls.end(session, call, delivery.now)
        return twiml.hang_up()
    if bridged:
        return fallback.after_talk(delivery, version, dialled)
    if call.round > 0 and call.state == "ringing" and delivery.get("DialCallStatus") == "completed":
        calls.done(session, call, delivery.now)
        return _goodbye(session, call)
    on_ladder.lose(session, call, delivery.now)
    return inbound.ladder_step(session, delivery, call, version, fallback.people(dialled))


@document("/voice/ladder/<int:version>/<dialled>/still-there")
def ladder_still_there(session: Session, delivery: Delivery, version: int, dialled: str) -> str:
    """A few seconds after a talk the caller is still on the line: perhaps they were cut off, and that phone rings."""
    call = _callers(session, delivery)
    if delivery.status in OVER or not calls.cut_off(session, call, delivery.now):
        return _goodbye(session, call)
    words = wording.cut_off_caller(ringing.name_of(session, call.answered_by), inbound.card_of(session, call).language)
    return inbound.ladder_step(session, delivery, call, version, fallback.people(dialled), words)


def _goodbye(session: Session, call: Call) -> str:
    language = inbound.card_of(session, call).language
    return twiml.hang_up(wording.goodbye(language), language)


@receipt("/voice/ladder/<int:version>/<dialled>/status")
def ladder_status(session: Session, delivery: Delivery, version: int, dialled: str) -> None:
    """What a phone of the ladder does; the first ring counts as it does everywhere."""
    call, staff_id = _call(session, delivery), _staff(session, dialled)
    if call is not None and staff_id is not None and delivery.status == "ringing":
        on_ladder.rings(session, call, staff_id, delivery.happened())
