"""What the demo's week has written down beside its calls: the seconds of each, and what staff say of a few people."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice import moves, persons, topics
from voice.models import Call, Callback, Leg

Told = tuple[float, str, dict[str, Any]]  # seconds after the call arrived, kind, particulars

FIRST_PHONE = 0.5  # seconds
PHONE_EVERY = 1.0  # seconds: the carrier places a leg a second
RINGS_AFTER = 0.3
LONGEST_RING = 15.0
GREETING = 3.6
OWNER = "Kim Novak"
# Of the customers, by their place in the week's list: what the card says of them.
CARDS: dict[int, dict[str, Any]] = {
    0: {"vip": True, "language": "es", "tags": ("landlord", "regular")},
    1: {"tags": ("boiler",)},
    2: {"tags": ("boiler", "regular"), "do_not_text": True},
    11: {"tags": ("supplier",)},
}
TOPICS = ("A leak", "No hot water", "A blocked drain", "A quote", "An appointment", "A bill")
NOTES = {
    0: "Owns the three houses on Main Street. The key is with the baker at number 12.",
    1: "Boiler is a 2014 model. Quote sent, wants to think it over.",
    2: "Ring after four, works nights.",
}


def write_cards(session: Session, numbers: Sequence[str], now: dt.datetime) -> None:
    """Tags, notes and a second number for a few of the customers."""
    for place, values in CARDS.items():
        persons.change(session, numbers[place], OWNER, now - dt.timedelta(days=5, minutes=place), **values)
    for place, words in NOTES.items():
        persons.add_note(session, numbers[place], words, "Sam Field", now - dt.timedelta(days=2, hours=3 * place))
    persons.merge(session, numbers[0], "+13105550148", OWNER, now - dt.timedelta(days=4))


def write_topics(session: Session) -> None:
    """What talks are about here, and what those of the week were about."""
    known = [topics.add(session, name).id for name in TOPICS]
    talked = sa.select(Callback).where(Callback.closed_reason == "talked").order_by(Callback.first_called_at)
    for place, callback in enumerate(session.scalars(talked)):
        callback.topic_id = known[place % len(known)] if place % 4 else None  # not everybody says it


def write_seconds(session: Session, call: Call, people: Sequence[str]) -> None:
    """The event rows of a call, as the running product would have left them. Its columns say how it went."""
    told = [(0.0, "received", {"source": "webhook", "ring": "everyone", "rings": _rings(call)}), *_lived(call, people)]
    for seconds, kind, data in sorted(told, key=lambda each: each[0]):
        moves.note(session, kind, call.received_at + dt.timedelta(seconds=seconds), call, **data)


def write_legs(session: Session, call: Call, people: Sequence[str]) -> None:
    """The phones that rang for a call, as far as figures look at them."""
    for place, staff in enumerate(people):
        placed = call.received_at + dt.timedelta(seconds=FIRST_PHONE + place * PHONE_EVERY)
        if call.first_ring_at is not None and call.ended_at is not None and placed < call.ended_at:
            over = call.ended_at if staff == call.answered_by else call.accepted_at or call.ended_at
            state = "ended" if staff == call.answered_by else "cancelled"
            leg = Leg(call_id=call.id, line=call.line, staff_id=staff, phone=staff, purpose="ring", state=state)
            leg.placed_at, leg.ringing_at = placed, placed + dt.timedelta(seconds=RINGS_AFTER)
            leg.stop_at = leg.ended_at = max(over, leg.ringing_at)
            session.add(leg)


def _rings(call: Call) -> int:
    return round((call.ring_until - call.received_at).total_seconds())


def _lived(call: Call, people: Sequence[str]) -> Iterator[Told]:
    over = _after(call, call.ended_at)
    until = _after(call, call.accepted_at or call.told_at or call.ended_at)
    if call.cause != "closed":
        yield 0.0, "greeted", {"takes": GREETING}
    if call.first_ring_at is not None:
        for place, staff in enumerate(people):
            yield from _phone(call, staff, FIRST_PHONE + place * PHONE_EVERY, until)
    if call.joined_at is not None:
        yield _after(call, call.joined_at), "joined", {"staff": call.answered_by}
        yield over, "parted", {"seconds": call.talk_seconds}
    else:
        yield until, call.state, {"cause": call.cause}
    yield over, "ended", {}


def _phone(call: Call, staff: str, placed: float, until: float) -> Iterator[Told]:
    rings, mine = placed + RINGS_AFTER, staff == call.answered_by
    if placed >= until and not mine:
        return
    yield placed, "phone_placed", {"staff": staff, "why": "everyone"}
    yield rings, "phone_rings", {"staff": staff}
    if mine:
        yield max(rings, until - 2), "phone_picked_up", {"staff": staff}
        yield until, "accepted", {"staff": staff}
        yield _after(call, call.ended_at) + 0.2, "phone_stops", {"staff": staff, "how": "ended"}
    elif rings + LONGEST_RING < until:
        yield rings + LONGEST_RING, "phone_stops", {"staff": staff, "how": "no_answer"}
    else:
        yield max(rings, until) + 0.2, "phone_stops", {"staff": staff, "how": "cancelled"}


def _after(call: Call, moment: dt.datetime | None) -> float:
    return ((moment or call.received_at) - call.received_at).total_seconds()
