"""Answers that need no tables: the roster file, the address of the request, and nothing else.

The ladder (one screened phone per document, at most four, then a message) serves a caller when storage is gone,
and also when only the worker or the carrier's API is. Position and roster version travel in the address.
"""

import functools
import pathlib
from collections.abc import Callable

import structlog

from voice import roster
from voice.carrier import twiml
from voice.carrier.delivery import Delivery
from voice.carrier.words import OVER
from voice.rules import hours, numbers, ring_limit, wording

log = structlog.get_logger()

STEPS = 4
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
        return twiml.reject("busy")
    if line is None or not hours.is_open(line.schedule(), delivery.now) or not has_step(delivery, 0):
        return message(delivery)  # no ringing for show
    return twiml.greet_and_go(line.greeting, line.language, rung_url(delivery, firm.version, 0))


def rung_url(delivery: Delivery, version: int, step: int) -> str:
    """Where the ladder's document for `step` is."""
    return delivery.url(f"/voice/ladder/{version}/{step}")


def person(delivery: Delivery, step: int) -> roster.Person | None:
    """Whose phone a step of the ladder dials; None when there is no such step."""
    line = card(delivery)
    people = line.on_shift(delivery.now)[:STEPS] if line else ()
    return people[step] if step < len(people) else None


def has_step(delivery: Delivery, step: int) -> bool:
    """Whether the ladder goes on to `step`."""
    return person(delivery, step) is not None


def rung(delivery: Delivery, version: int, step: int) -> str:
    """One phone of the ladder; the message when there is no further one."""
    line, who = card(delivery), person(delivery, step)
    if line is None or who is None:
        return message(delivery)
    base = f"/voice/ladder/{version}/{step}"
    screen = f"{base}/{'accepted' if who.no_mailbox else 'screen'}"
    phone = who.phone_at(delivery.now)
    limit = None if who.no_mailbox else book(delivery).limit(phone, delivery.now)
    return twiml.dial_one(
        phone,
        line.number,
        step_seconds(limit),
        action=delivery.url(f"{base}/over"),
        status_url=delivery.url(f"{base}/status"),
        screen_url=delivery.url(screen),
    )


def step_seconds(limit: ring_limit.Limit | None) -> int:
    """The <Dial timeout> of one phone: below its mailbox, where that is known and the carrier can."""
    return STEP_SECONDS if limit is None else min(STEP_SECONDS, max(LEAST, limit.seconds - BUFFER))


def screen(delivery: Delivery, version: int, step: int) -> str:
    """What the person on the ladder hears: who it is cannot be looked up, one key still proves a person."""
    tongue = language(delivery)
    return twiml.ask_for_key(
        wording.offer_reserved(tongue), tongue, delivery.url(f"/voice/ladder/{version}/{step}/accepted")
    )


def over(delivery: Delivery, version: int, step: int) -> str:
    """After a phone of the ladder: done if they talked or the caller left, else the next."""
    if delivery.get("DialBridged") == "true" or delivery.status in OVER:
        return twiml.hang_up()
    return rung(delivery, version, step + 1)


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


def _left(delivery: Delivery, **_values: str) -> str:
    result = delivery.get("QueueResult")
    if result.startswith("redirected"):
        return twiml.empty()  # another document already runs on this leg
    if result in ("bridged", "hangup") or delivery.status in OVER:
        return twiml.hang_up()
    return rung(delivery, book(delivery).version, 0)


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


def thanks(delivery: Delivery, tongue: str) -> str:
    """After a message, or a silence: nobody is told that we have what they never said."""
    silent = delivery.number("RecordingDuration") == 0
    return twiml.hang_up(wording.goodbye(tongue) if silent else wording.thanks(tongue), tongue)


def _goodbye(delivery: Delivery, **_values: str) -> str:
    return thanks(delivery, language(delivery))


def _nothing(_delivery: Delivery, **_values: str) -> str:
    return twiml.empty()


_ANSWERS: dict[str, Callable[..., str]] = {
    "incoming": incoming,
    "ladder_rung": rung,
    "ladder_screen": screen,
    "ladder_accepted": _nothing,
    "ladder_over": over,
    "wait": _wait,
    "left": _left,
    "promise": lambda delivery, **_values: message(delivery),
    "recorded": _goodbye,
    "leg_answered": _leg_answered,
    "leg_accepted": _over_for_staff,
    "leg_dialled": _over_for_staff,
}
