"""Answers that need no tables: the roster file, the address of the request, and nothing else.

The ladder (one screened phone per document, at most four, then a message) serves a caller when storage is gone,
and also when only the worker or the carrier's API is. Who has been dialled, and the roster's version, travel in the
address: people come on shift and go while a phone rings.
"""

import functools
import pathlib
from collections.abc import Callable, Collection, Sequence

import structlog

from voice import roster
from voice.carrier import twiml
from voice.carrier.delivery import Delivery
from voice.carrier.words import OVER
from voice.rules import hours, numbers, ring_limit, wording

log = structlog.get_logger()

STEPS = 4
CUT_OFF_PAUSE = 4  # seconds of silence before we think somebody was cut off rather than slow to hang up
STEP_SECONDS = 12
BUFFER, LEAST = 5, 5  # seconds the carrier adds to a <Dial timeout>, and the fewest it takes
WAIT_SECONDS = 12  # how long a queued caller waits for phones we can no longer see, before the ladder begins


def sound_url(delivery: Delivery, country: str) -> str:
    """The country's ringback tone."""
    return f"{delivery.settings.public_url}/voice/sounds/ringback-{country}.wav"


def answer(name: str, delivery: Delivery, values: dict[str, str]) -> str:
    """The document for a delivery that could not be applied. Never raises, whatever is in the file."""
    try:
        return _ANSWERS.get(name, _nothing)(delivery, **values)
    except Exception:
        log.exception("fallback_failed", route=name)
        return twiml.hang_up() if name.startswith("leg_") else _message(delivery, "en-US")


@functools.lru_cache(maxsize=4)
def _parsed(home: str, _stamp: int) -> roster.Roster | None:
    return roster.kept(pathlib.Path(home))


def book(delivery: Delivery) -> roster.Roster:
    """The roster in the file; an empty one when there is none."""
    try:
        stamp = roster.file_path(delivery.settings.home).stat().st_mtime_ns
    except OSError:
        stamp = 0
    return _parsed(delivery.settings.ringback_home, stamp) or roster.Roster(0, "", "US", (), frozenset())


def card(delivery: Delivery) -> roster.LineCard | None:
    """The line that was dialled (or, on a staff leg, dialled from), else the first one."""
    firm = book(delivery)
    first = firm.lines[0] if firm.lines else None
    return firm.line(delivery.get("To")) or firm.line(delivery.get("From")) or first


def incoming(delivery: Delivery) -> str:
    """A call while storage is gone: refused if blocked, else greeted and taken up the ladder."""
    caller = numbers.parse_caller(delivery.get("From"), delivery.sid)
    firm, line = book(delivery), card(delivery)
    if caller.e164 in firm.blocked:
        return twiml.reject("rejected")
    if caller.e164 in firm.numbers():
        # A loop: the ladder dials as the line, so a phone that forwards to the line comes in as the line. Which phones
        # have a leg stands in the tables alone, so that by where a call was forwarded from none is refused here: it
        # may be a customer's, who rang somebody's own phone. That phone is passed over (`next_person`).
        return twiml.reject("busy")
    if line is None or not hours.is_open(line.schedule(), delivery.now) or next_person(delivery, ()) is None:
        return message(delivery)  # no ringing for show
    return twiml.greet_and_go(line.greeting, line.language, delivery.url(f"/voice/ladder/{firm.version}"))


def people(dialled: str) -> tuple[str, ...]:
    """The ids in an address of the ladder: whom it has dialled, in order; the last one's phone it is."""
    return tuple(dialled.split("."))


def once_more(dialled: Sequence[str]) -> bool:
    """Whether the last one was rung again after a cut-off."""
    return len(set(dialled)) < len(dialled)


def address(delivery: Delivery, version: int, dialled: Sequence[str], what: str) -> str:
    """Where the ladder's document `what` for the last of `dialled` is."""
    return delivery.url(f"/voice/ladder/{version}/{'.'.join(dialled)}/{what}")


def next_person(
    delivery: Delivery,
    dialled: Sequence[str],
    passed_over: Collection[str] = (),
    first: roster.Person | None = None,
    alone: bool = False,
) -> roster.Person | None:
    """Whom the ladder dials now: `first`, on shift or not, then the first on shift not dialled yet; four at most.

    `alone`: nobody but `first`, who was cut off. Who is `passed_over` now may be free when the next is dialled; a phone
    that two people share is dialled once; one that rings in, or has forwarded the call to us, is not: it would come
    back.
    """
    line, now = card(delivery), delivery.now
    if line is None or once_more(dialled) or (len(dialled) >= STEPS and not alone):
        return None
    spent = {who.phone_at(now) for who in map(book(delivery).person, dialled) if who}
    spent |= {numbers.forwarder(delivery.get(name), book(delivery).country) for name in ("From", "ForwardedFrom")}
    left = [who for who in (first, *line.on_shift(now)) if who and who.id not in dialled]
    wanted = [first] if alone else [who for who in left if who.phone_at(now) not in spent]
    return next((who for who in wanted if who and who.id not in passed_over), None)


def rung(delivery: Delivery, version: int, dialled: Sequence[str] = ()) -> str:
    """The next phone of the ladder; the message when there is no further one."""
    return dial(delivery, version, dialled, next_person(delivery, dialled))


def dial(delivery: Delivery, version: int, dialled: Sequence[str], who: roster.Person | None, words: str = "") -> str:
    """The phone of `who` after those of `dialled`, `words` (of a cut-off) before it; the message for nobody."""
    line = card(delivery)
    if line is None or who is None:
        return message(delivery)
    dialled = (*dialled, who.id)
    joins = who.no_mailbox and not once_more(dialled)
    phone = who.phone_at(delivery.now)
    limit = None if who.no_mailbox else book(delivery).limit(phone, delivery.now)
    return twiml.dial_one(
        phone,
        line.number,
        step_seconds(limit),
        action=address(delivery, version, dialled, "over"),
        status_url=address(delivery, version, dialled, "status"),
        screen_url=address(delivery, version, dialled, "accepted" if joins else "screen"),
        words=words,
        language=line.language,
    )


def step_seconds(limit: ring_limit.Limit | None) -> int:
    """The <Dial timeout> of one phone: below its mailbox, where that is known and the carrier can."""
    return STEP_SECONDS if limit is None else min(STEP_SECONDS, max(LEAST, limit.seconds - BUFFER))


def screen(delivery: Delivery, version: int, dialled: str) -> str:
    """What the person on the ladder hears: who it is cannot be looked up, one key still proves a person."""
    tongue, tried = language(delivery), people(dialled)
    accepted, silent = (address(delivery, version, tried, what) for what in ("accepted", "silent"))
    return twiml.ask_for_key(
        wording.offer_reserved(tongue), tongue, accepted, silent_url=silent if once_more(tried) else ""
    )


def over(delivery: Delivery, version: int, dialled: str) -> str:
    """After a phone of the ladder: done if the caller left, else the next, unless they talked."""
    if delivery.status in OVER:
        return twiml.hang_up()
    if delivery.get("DialBridged") == "true":
        return after_talk(delivery, version, dialled)
    return rung(delivery, version, people(dialled))


def after_talk(delivery: Delivery, version: int, dialled: str) -> str:
    """Somebody slow to hang up is left in peace for a moment."""
    return twiml.pause_and_go(CUT_OFF_PAUSE, address(delivery, version, people(dialled), "still-there"))


def still_there(delivery: Delivery, version: int, dialled: str) -> str:
    """The caller has not hung up after a talk: that phone once more, and only once."""
    tried, tongue = people(dialled), language(delivery)
    who = book(delivery).person(tried[-1])
    if delivery.status in OVER or once_more(tried):
        return twiml.hang_up(wording.goodbye(tongue), tongue)
    return dial(delivery, version, tried, who, wording.cut_off_caller(who.name, tongue) if who else "")


def message(delivery: Delivery) -> str:
    """No promise of a time can be made here; the caller may say what it is about."""
    return _message(delivery, language(delivery))


def _message(delivery: Delivery, tongue: str) -> str:
    record = delivery.url("/voice/recorded")
    return twiml.take_message(wording.message_only(tongue), tongue, record, delivery.url("/voice/recording"))


def _wait(delivery: Delivery, **_values: str) -> str:
    """A queued caller while storage is gone: phones may still be ringing, so wait a little, then the ladder."""
    if (delivery.number("QueueTime") or 0) >= WAIT_SECONDS:
        return twiml.leave()
    return twiml.wait(sound_url(delivery, book(delivery).country))


def _left(delivery: Delivery, call_id: str) -> str:
    result, cut_off = delivery.get("QueueResult"), delivery.asked("rung")
    if result.startswith("redirected"):
        return twiml.empty()  # another document already runs on this leg
    if result == "hangup" or delivery.status in OVER:
        return twiml.hang_up()
    if result == "bridged":
        asked = {"turn": delivery.asked("turn")} | ({"rung": f"{cut_off}.{cut_off}"} if cut_off else {})
        return twiml.pause_and_go(CUT_OFF_PAUSE, delivery.url(f"/voice/calls/{call_id}/still-there", **asked))
    known = book(delivery)
    if cut_off:  # they have been told who is got back, and nobody else is
        return dial(delivery, known.version, (cut_off,), known.person(cut_off))
    return rung(delivery, known.version)


def _still_there(delivery: Delivery, **_values: str) -> str:
    """After a talk in the queue: by the ladder that phone once more, where the address says whose it was."""
    return still_there(delivery, book(delivery).version, delivery.asked("rung"))


def _leg_answered(delivery: Delivery, leg_id: str) -> str:
    tongue = language(delivery)
    return twiml.ask_for_key(wording.offer_reserved(tongue), tongue, delivery.url(f"/voice/legs/{leg_id}/accepted"))


def language(delivery: Delivery) -> str:
    """The language of the line this is about."""
    line = card(delivery)
    return line.language if line else "en-US"


def _over_for_staff(delivery: Delivery, **_values: str) -> str:
    tongue = language(delivery)
    return twiml.hang_up(wording.call_failed(tongue), tongue)


def recorded(delivery: Delivery, tongue: str) -> str:
    """A message, or a silence, ended: nobody is told that we have what they never said.

    A key must not be a way to anywhere: it gets more recording.
    """
    if delivery.status not in OVER and delivery.get("Digits") not in ("", "hangup"):
        return twiml.go_on_recording(delivery.url(delivery.route), delivery.url("/voice/recording"))
    silent = delivery.number("RecordingDuration") == 0
    return twiml.hang_up(wording.goodbye(tongue) if silent else wording.thanks(tongue), tongue)


def _recorded(delivery: Delivery, **_values: str) -> str:
    return recorded(delivery, language(delivery))


def _nothing(_delivery: Delivery, **_values: str) -> str:
    return twiml.empty()


_ANSWERS: dict[str, Callable[..., str]] = {
    "incoming": incoming,
    "ladder_rung": rung,
    "ladder_screen": screen,
    "ladder_accepted": _nothing,
    "ladder_silent": lambda _delivery, **_values: twiml.hang_up(),
    "ladder_over": over,
    "ladder_still_there": still_there,
    "wait": _wait,
    "left": _left,
    "still_there": _still_there,
    "promise": lambda delivery, **_values: message(delivery),
    "recorded": _recorded,
    "recorded_below": _recorded,
    "leg_answered": _leg_answered,
    "leg_accepted": _over_for_staff,
    "leg_dialled": _over_for_staff,
}
