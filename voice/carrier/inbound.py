"""The caller's side of a call: the carrier's requests about it, and the documents the caller hears."""

import datetime as dt
import re

from sqlalchemy.orm import Session

from voice import calls, messages, moves, on_ladder, phones, promising, ringing, roster
from voice.carrier import fallback, twiml
from voice.carrier.delivery import Delivery
from voice.carrier.webhooks import document, receipt
from voice.carrier.words import OVER
from voice.firm import StaffMember
from voice.models import Call, Callback
from voice.rules import wording
from voice.rules.greeting import spoken_seconds
from voice.work import outbox

RECORDING = re.compile(r"RE[0-9a-f]{32}")
SHORTEST_DOCUMENT = dt.timedelta(seconds=1)  # of those that are played while phones ring
DIRECT = ("closed", "holiday")


def card_of(session: Session, call: Call) -> roster.LineCard:
    """The line of a call; a line switched off meanwhile still speaks with the first line's words."""
    return roster.line_or_first(session, call.line)


@document("/voice/incoming")
def incoming(session: Session, delivery: Delivery) -> str:
    """A new call: recorded, planned, answered. The phones are rung by whoever reads the row."""
    arrival = calls.arrival_from(delivery.sid, dict(delivery.form), "spool" if delivery.replayed else "webhook")
    call = calls.by_sid(session, delivery.sid)
    if call is None and (delivery.replayed or delivery.status in OVER):
        calls.over_elsewhere(session, arrival, delivery.now)
        return twiml.empty()
    firm = roster.current(session)
    if (known := fallback.book(delivery)).version != firm.version or not known.lines:
        roster.keep(firm, delivery.settings.home)
    call = call or calls.arrive(session, arrival, delivery.now)
    if call.state == "blocked":
        return twiml.reject("busy" if call.cause == "loop" else "rejected")
    if call.state == "unanswered":
        return promise_for(session, delivery, call)
    return _queue(session, delivery, call)


def _queue(session: Session, delivery: Delivery, call: Call, words: str = "") -> str:
    base = f"/voice/calls/{call.id}"
    # Who is got back after a cut-off is in the address as well, should storage be gone by then.
    rung = {"rung": call.answered_by} if call.round > 0 and call.answered_by else {}
    left = delivery.url(f"{base}/left", turn=_turn(delivery) + 1, **rung)
    return twiml.enqueue(call.queue, delivery.url(f"{base}/wait"), left, words, card_of(session, call).language)


def _turn(delivery: Delivery) -> int:
    """How often this caller has been queued. In the address, because what comes of each stay may be the same."""
    return int(delivery.asked("turn") or "0")


@document("/voice/calls/<call_id>/wait", repeats=True, asks=True)
def wait(session: Session, delivery: Delivery, call_id: str) -> str:
    """What the caller hears next: a function of the call's row and the time."""
    call = session.get(Call, call_id)
    if call is None:
        return twiml.leave()
    call.seen_at, call.queue_sid = delivery.now, delivery.get("QueueSid") or call.queue_sid
    first, card = call.greeted_at is None, card_of(session, call)
    if call.state == "ringing" and (call.path == "dial" or _is_over(session, call, delivery, first)):
        return twiml.leave()  # whom the ladder has, no late repeat of a wait gives up
    if call.state not in ("ringing", "accepted", "joined"):
        return twiml.leave()
    tone = fallback.sound_url(delivery, roster.current(session).country)
    if not first or call.round > 0:
        call.greeted_at = call.greeted_at or delivery.now
        return twiml.wait(tone)
    call.greeted_at = delivery.now
    moves.note(
        session, "greeted", delivery.now, call=call, takes=round(spoken_seconds(card.greeting, card.language), 1)
    )
    recorded = f"{delivery.settings.public_url}/voice/sounds/greeting-{card.greeting_audio}.wav"
    return twiml.greet(card.greeting, card.language, recorded if card.greeting_audio else "")


def _is_over(session: Session, call: Call, delivery: Delivery, first: bool) -> bool:
    """Whether this request is the one that lets the caller out: time is up, or nobody can ring phones for us."""
    if delivery.now >= call.ring_until:
        return calls.give_up(session, call, delivery.now)
    # A repeat of the first request comes before the worker has had its turn: what that document plays has not ended.
    unheard = first or call.greeted_at is None or delivery.now < call.greeted_at + SHORTEST_DOCUMENT
    return not unheard and on_ladder.begin(session, call, delivery.now)


@document("/voice/calls/<call_id>/left")
def left(session: Session, delivery: Delivery, call_id: str) -> str:
    """The caller is out of the queue (QueueResult says why), or out of the talk they were queued for."""
    call, result = session.get(Call, call_id), delivery.get("QueueResult")
    if call is None:
        return twiml.hang_up()
    call.seen_at = delivery.now
    gone = delivery.status in OVER
    if result == "bridged":
        return _after_talk(session, delivery, call, gone)
    if result == "hangup" or gone:
        calls.end(session, call, delivery.now)
        return twiml.hang_up()
    if result.startswith("redirected"):
        return twiml.empty()  # another document already runs on this leg
    if result != "leave" and (leg := ringing.accepted_leg(session, call)):
        ringing.lose(session, call, leg, delivery.now)  # the phone (while they were told whose it is), or the queue
    if result in ("leave", "bridging-in-process") or call.state != "ringing":
        return _after_leave(session, delivery, call)
    return _to_ladder(session, delivery, call)  # error, system-error, queue-full: the queue is no use


def _after_talk(session: Session, delivery: Delivery, call: Call, gone: bool) -> str:
    if call.state == "accepted" and (leg := ringing.accepted_leg(session, call)):
        calls.join(session, call, leg, leg.accepted_at or delivery.now)  # the request that proves it was lost
    calls.part(session, call, delivery.now)
    if gone:
        calls.end(session, call, delivery.now)
        return twiml.hang_up()
    rung = [call.answered_by or ""] * (call.round + 1)  # as the ladder counts, should storage be gone by then
    still_there = delivery.url(f"/voice/calls/{call.id}/still-there", turn=_turn(delivery), rung=".".join(rung))
    return twiml.pause_and_go(fallback.CUT_OFF_PAUSE, still_there)


def _after_leave(session: Session, delivery: Delivery, call: Call) -> str:
    if call.state == "ringing" and call.path == "dial":
        return _to_ladder(session, delivery, call)
    if call.state in ("ringing", "accepted", "joined"):
        return _queue(session, delivery, call)
    if call.state == "completed":
        language = card_of(session, call).language
        return twiml.hang_up(wording.goodbye(language), language)
    return promise_for(session, delivery, call)


def _to_ladder(session: Session, delivery: Delivery, call: Call) -> str:
    call.path = "dial"
    dialled = (call.answered_by or "",) if call.round > 0 else ()  # they have heard who is got back
    return ladder_step(session, delivery, call, roster.current(session).version, dialled)


def ladder_step(
    session: Session, delivery: Delivery, call: Call, version: int, dialled: tuple[str, ...] = (), words: str = ""
) -> str:
    """The document of the next person after `dialled` whose phone may be rung; after the last, the promise.

    After a cut-off it is the last of `dialled` once more, `words` before it, and nobody else.
    """
    again = call.round > 0 and not fallback.once_more(dialled)
    wanted = call.answered_by if again else ringing.waiting(session, call, delivery.now).reserved_by
    first, passed_over = _person(session, wanted), phones.not_on_ladder(session, call, delivery.now)
    while who := fallback.next_person(delivery, dialled, passed_over, first, again):
        # What is only read from the spool has rung, and is over.
        if delivery.replayed or phones.dial_on_ladder(session, call, who.phone_at(delivery.now)):
            return fallback.dial(delivery, version, dialled, who, words)
        passed_over.add(who.id)
    rang = dialled and not again and call.path == "dial"  # what is known from the spool alone was an outage
    calls.give_up(session, call, delivery.now, "rang_out" if rang else None)
    return promise_for(session, delivery, call)


def _person(session: Session, staff_id: str | None) -> roster.Person | None:
    """A staff member as the ladder dials them, of whichever line, on duty or not."""
    member = session.get(StaffMember, staff_id) if staff_id else None
    return roster.person_of(member) if member else None


@document("/voice/calls/<call_id>/still-there")
def still_there(session: Session, delivery: Delivery, call_id: str) -> str:
    """A few seconds after a talk the caller is still on the line: perhaps they were cut off."""
    call = session.get(Call, call_id)
    if call is None or delivery.status in OVER:
        return twiml.hang_up()
    language = card_of(session, call).language
    if delivery.replayed:
        call.path = "dial"  # the ladder has rung that phone meanwhile: no worker may
    if not calls.cut_off(session, call, delivery.now):
        return twiml.hang_up(wording.goodbye(language), language)
    if delivery.replayed and not delivery.asked("rung"):  # nobody knew whom to ring, so they were asked for a message
        calls.give_up(session, call, delivery.now, "our_outage")
    name = ringing.name_of(session, call.answered_by)
    return _queue(session, delivery, call, wording.cut_off_caller(name, language))


@document("/voice/calls/<call_id>/joined")
def joined(session: Session, delivery: Delivery, call_id: str) -> str:
    """The caller is being connected: this request, played to them, is the proof. They hear a name, no more."""
    call = session.get(Call, call_id)
    leg = ringing.accepted_leg(session, call) if call else None
    if call is None or leg is None:
        return twiml.empty()
    calls.join(session, call, leg, delivery.now)
    language = card_of(session, call).language
    return twiml.say_only(wording.through_to(ringing.name_of(session, leg.staff_id), language), language)


@document("/voice/calls/<call_id>/promise", asks=True)
def promise(session: Session, delivery: Delivery, call_id: str) -> str:
    """Where a caller is moved who need not wait any longer."""
    call = session.get(Call, call_id)
    if call is None:
        return fallback.message(delivery)
    if call.state == "completed":
        language = card_of(session, call).language
        return twiml.hang_up(wording.goodbye(language), language)
    return promise_for(session, delivery, call)


def promise_for(session: Session, delivery: Delivery, call: Call) -> str:
    """Say when they will be rung. The callback is already in this transaction, and commits before the words go out."""
    if delivery.replayed:
        return twiml.empty()  # they have been told something else meanwhile
    card = card_of(session, call)
    callback = session.get(Callback, call.callback_id) if call.callback_id else None
    closed = call.cause in DIRECT
    if callback is not None and callback.caller is None:
        words = wording.withheld(card.language, closed)
    elif callback is None or not promising.may_promise(callback):
        words = wording.message_only(card.language)
    else:
        when = wording.say_time(callback.promised_by, delivery.now, card.time_zone, card.language)
        words = wording.promise(roster.current(session).name, when, card.language, closed)
        if call.told_at is None:
            promising.tell(session, callback, call, words, "voice", delivery.now)
    call.told_at = call.told_at or delivery.now
    record = delivery.url(f"/voice/calls/{call.id}/recorded")
    return twiml.take_message(words, card.language, record, delivery.url("/voice/recording"))


@document("/voice/calls/<call_id>/recorded", repeats=True, asks=True)
def recorded(session: Session, delivery: Delivery, call_id: str) -> str:
    """A message ended."""
    call = session.get(Call, call_id)
    return fallback.recorded(delivery, card_of(session, call).language if call else "en-US")


@document("/voice/recorded", repeats=True)
def recorded_below(session: Session, delivery: Delivery) -> str:
    """A message taken by the ladder or by the fallback ended."""
    return fallback.recorded(delivery, fallback.language(delivery))


@receipt("/voice/recording")
def recording(session: Session, delivery: Delivery) -> None:
    """The carrier has a recording ready (or knows there is none)."""
    sid = delivery.get("RecordingSid")
    if not RECORDING.fullmatch(sid):
        return
    status, seconds = delivery.get("RecordingStatus"), delivery.number("RecordingDuration", most=86400) or 0
    call = calls.by_sid(session, delivery.sid)
    if call is None:  # the news of a recording does not say whose it is: the carrier is asked
        outbox.emit(
            session, "learn_call", delivery.now, key=f"learn:{sid}", call_sid=delivery.sid,
            recording_sid=sid, status=status, seconds=seconds,
        )  # fmt: skip
        return
    messages.heard(session, call, sid, status, seconds, delivery.now)


@receipt("/voice/status")
def status(session: Session, delivery: Delivery) -> None:
    """The number's status callback: the caller's leg is over. It may be all we ever hear of a call."""
    call = _call_of(session, delivery)
    if delivery.status in OVER:
        calls.end(session, call, delivery.happened(), failed=delivery.status == "failed")


def _call_of(session: Session, delivery: Delivery) -> Call:
    """The call a delivery is about, recorded now if this is the first we hear of it."""
    call = calls.by_sid(session, delivery.sid)
    if call is None:
        arrival = calls.arrival_from(delivery.sid, dict(delivery.form), "status")
        lasted = dt.timedelta(seconds=delivery.number("CallDuration", most=86400) or 0)
        call = calls.over_elsewhere(session, arrival, delivery.happened() - lasted)
    return call
