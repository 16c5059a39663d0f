"""The parts of a row of the callback list: who they are, what has happened so far, in whose hand they are. In words."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from dashboard import list_words, words
from dashboard.list_people import People
from dashboard.list_view import View
from dashboard.steps import Step
from voice import results
from voice.firm import Line
from voice.ledger import Message
from voice.models import Callback
from voice.rules import lease, numbers, person


class Caller(NamedTuple):
    """Who they are."""

    who: str
    number: str
    vouched: bool  # the name was given by staff, not claimed by the carrier
    others: Sequence[tuple[str, str]]  # further numbers of the person: E.164 and as people write it
    has_card: bool
    vip: bool
    tags: Sequence[str]
    unverified: bool  # the carrier does not vouch that the last call came from this number
    spoke_with: str | None  # who talked with them last, and when
    spoke_at: str


class Past(NamedTuple):
    """What has happened so far."""

    rang: str
    first_at: str
    first: str
    cause: str
    messages: Sequence[Message]
    last_call_id: str | None
    tried: str
    topic: str
    note: str
    bought: str
    why_not: str


class Hand(NamedTuple):
    """Who has it, and what they do with it."""

    holder: str | None
    mine: bool
    doing: str
    until: str  # when it goes back on the list by itself, in words
    missed: str  # what became of the reader's own phone, when it has just rung for this in vain
    going: Sequence[Step]  # how far the ring-back that is under way has come
    handed_by: str | None
    handed_to: str | None
    handed_word: str
    by_hand: bool  # its holder dials with a phone of their own
    asked: bool  # its holder is asked how it went
    unsaid: bool  # the reader had it last, was asked, and did not say


class LastCall(NamedTuple):
    """The newest call of a callback; `verstat`: the newest word of the carrier on its number."""

    id: str
    caller_name: str | None
    verstat: str | None


NO_CALL = LastCall("", None, None)


@dataclass(frozen=True)
class Page:
    """What the rows are made of beside the callbacks themselves, by their ids where it is of one."""

    known: People
    several_lines: bool
    messages: Mapping[str, list[Message]]
    last_calls: Mapping[str, LastCall]
    topics: Mapping[int, str]
    missed: Mapping[str, str]
    going: Mapping[str, list[Step]]
    view: View
    unfolding: tuple[str, str]
    staff_id: str | None
    now: dt.datetime


def caller(callback: Callback, page: Page, line: Line) -> Caller:
    """Who they are, from what is known of their number."""
    known, key = page.known, callback.caller or ""
    contact, last = known.contacts.get(key), page.last_calls.get(callback.id, NO_CALL)
    who, number, vouched = known.who(callback.caller, last.caller_name)
    if callback.caller_key.startswith(numbers.ERASED):
        who = words.ERASED
    talked_at = contact.last_talk_at if contact else None
    return Caller(
        who=who,
        number=number,
        vouched=vouched,
        others=known.others(callback),
        has_card=numbers.E164.fullmatch(key) is not None,
        vip=contact is not None and contact.vip,
        tags=[words.name(tag) for tag in known.tags.get(key, ())],
        unverified=person.vouched(last.verstat, numbers.country_of(key)) is False,
        spoke_with=known.staff_name(contact.last_staff_id) if contact and talked_at else None,
        spoke_at=words.day_time(talked_at, page.now, line.time_zone) if talked_at else "",
    )


def past(callback: Callback, page: Page, line: Line, aside: bool) -> Past:
    """What they said, what was tried and noted; `aside`: it waits for a time of its own."""
    now, zone = page.now, line.time_zone
    tried = list_words.tries(callback, line.max_attempts, aside, now, zone) if callback.state != "closed" else ""
    return Past(
        rang=f"rang {words.times(callback.calls)},{' first' if callback.calls > 1 else ''}",
        first_at=callback.first_called_at.isoformat(),
        first=words.day_time(callback.first_called_at, now, zone),
        cause=words.cause(callback.reason),
        messages=page.messages.get(callback.id, ()),
        last_call_id=page.last_calls.get(callback.id, NO_CALL).id or None,
        tried=tried,
        topic=page.topics.get(callback.topic_id or 0, ""),
        note=words.name(callback.note, 500),
        bought="" if callback.bought is None else "bought" if callback.bought else "did not buy",
        why_not=words.name(callback.why_not, 200),
    )


def hand(callback: Callback, page: Page, line: Line) -> Hand:
    """Whose it is just now."""
    known, state = page.known, callback.state
    mine = page.staff_id is not None and callback.claimed_by == page.staff_id
    by_hand = state == "claimed" and callback.by_hand_at is not None
    unsaid = results.unsaid(callback, page.staff_id)
    return Hand(
        holder=known.staff_name(callback.claimed_by),
        mine=mine,
        doing=_doing(state, mine, by_hand),
        until=_until(callback, by_hand, line.time_zone),
        missed=page.missed.get(callback.id, ""),
        going=page.going.get(callback.id, ()),
        handed_by=known.staff_name(callback.handed_by) if state != "closed" and callback.handed_to else None,
        handed_to=known.staff_name(callback.handed_to),
        handed_word=words.name(callback.handed_word, 200),
        by_hand=by_hand,
        asked=state == "wrapping_up" or by_hand or unsaid,
        unsaid=unsaid,
    )


def _doing(state: str, mine: bool, by_hand: bool) -> str:
    if by_hand:
        return "How did it go?" if mine else "is dialling them by hand"
    return (words.MINE if mine else words.THEIRS).get(state, "")


def _until(callback: Callback, by_hand: bool, zone: str) -> str:
    ends = lease.shown(callback.state, callback.lease_until)
    word = "until" if callback.state == "claimed" and not by_hand else "· kept until"
    return f"{word} {words.clock_time(ends, zone)}" if ends else ""
