"""The ladder: a caller is taken to one phone after the other by documents alone, without worker or API.

The documents come from `fallback`, which needs no tables; here the tables, while they are there, take note of it.
"""

from sqlalchemy.orm import Session

from voice import calls, ringing
from voice.carrier import fallback, inbound, twiml
from voice.carrier.delivery import Delivery
from voice.carrier.webhooks import document, receipt
from voice.carrier.words import OVER
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
    return call


@document("/voice/ladder/<int:version>/<int:step>")
def ladder_rung(session: Session, delivery: Delivery, version: int, step: int) -> str:
    """Dial one phone."""
    return inbound.ladder_step(session, delivery, _callers(session, delivery), version, step)


@document("/voice/ladder/<int:version>/<int:step>/screen", asks=True)
def ladder_screen(session: Session, delivery: Delivery, version: int, step: int) -> str:
    """Somebody or something picked up: who is calling, and one key."""
    call = _call(session, delivery)
    if call is None:
        return fallback.screen(delivery, version, step)
    card = inbound.card_of(session, call)
    who = ringing.who(session, call, delivery.now, card.time_zone)
    words = wording.offer(who, delivery.now, card.time_zone, card.language)
    return twiml.ask_for_key(words, card.language, delivery.url(f"/voice/ladder/{version}/{step}/accepted"))


@document("/voice/ladder/<int:version>/<int:step>/accepted")
def ladder_accepted(session: Session, delivery: Delivery, version: int, step: int) -> str:
    """A person took the caller: an empty document joins the two."""
    call, person = _call(session, delivery), fallback.person(delivery, step)
    if call is not None and person is not None and not ringing.accept_on_ladder(session, call, person.id, delivery.now):
        return twiml.hang_up()
    return twiml.empty()


@document("/voice/ladder/<int:version>/<int:step>/over")
def ladder_over(session: Session, delivery: Delivery, version: int, step: int) -> str:
    """A phone of the ladder is done with: they talked, or the next one is dialled."""
    call, person = _callers(session, delivery), fallback.person(delivery, step)
    bridged, gone = delivery.get("DialBridged") == "true", delivery.status in OVER
    call.ladder_phone = None
    if bridged:
        seconds = delivery.number("DialCallDuration", most=86400) or 0
        calls.talked_on_ladder(session, call, person.id if person else None, seconds, delivery.now)
    if gone:
        calls.end(session, call, delivery.now)
    if bridged or gone:
        return twiml.hang_up()
    ringing.lose_on_ladder(session, call, delivery.now)
    return inbound.ladder_step(session, delivery, call, version, step + 1)


@receipt("/voice/ladder/<int:version>/<int:step>/status")
def ladder_status(session: Session, delivery: Delivery, version: int, step: int) -> None:
    """What a phone of the ladder does; the first ring counts as it does everywhere."""
    call, person = _call(session, delivery), fallback.person(delivery, step)
    if call is not None and person is not None and delivery.status == "ringing":
        ringing.rings_on_ladder(session, call, person.id, delivery.happened())
