"""The rows of the callback list, with all a person needs to see, in a handful of queries however many there are.

What a row says is put into words here: a template that looks up and words everything by itself takes three times
as long.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import addresses, list_words, steps, words
from dashboard.list_people import People
from dashboard.list_view import View
from dashboard.steps import Step
from voice import later, promising, results
from voice.among import among
from voice.firm import Line
from voice.ledger import Message
from voice.list_tables import Topic
from voice.models import Call, Callback
from voice.rules import lease, near, numbers, person, snooze, states

# The calls of some callbacks and what was said in them.
CALLS = (
    sa.select(Call.callback_id, Call.id, Call.caller_name, Call.verstat, Message)
    .outerjoin(Message, sa.and_(Message.call_id == Call.id, Message.state != "empty"))
    .where(among(Call.callback_id, "callbacks"))
    .order_by(Call.received_at)
)
TIMED = ("waiting", "claimed", *states.CALLBACK_BUSY)  # in these a time can be missed


class When(NamedTuple):
    """What the row says first: a word, a time (ISO and in words), and how far off what they are owed is."""

    word: str
    at: str
    said: str
    loudly: bool = False  # whether the time is said as loudly as the word
    for_them: str = ""  # the same time on the caller's own clock
    owed_at: str = ""  # by when they should hear from us, where a clock is to run beside it
    left: str = ""
    promised: str = ""


class Row(NamedTuple):
    """One callback as a person reads it."""

    callback: Callback
    id: str
    state: str
    look: str  # which kinds of row it is, for the style sheet
    when: When
    who: str
    number: str
    vouched: bool  # the name was given by staff, not claimed by the carrier
    line: str  # its name, where there are several
    zone: str  # the line's: its times are shown in it
    caller_zone: str | None  # the caller's own, where a later time is shown or chosen and it is not the line's
    rang: str
    first_at: str
    first: str
    cause: str
    holder: str | None
    mine: bool
    doing: str  # what the holder does with it
    until: str  # when it goes back on the list by itself, in words
    others: Sequence[tuple[str, str]]  # further numbers of the person: E.164 and as people write it
    held: str  # why it may not be dialled, when the rules forbid it
    allowable: bool  # the owner may allow it all the same
    missed: str  # what became of the reader's own phone, when it has just rung for this in vain
    going: Sequence[Step]  # how far the ring-back that is under way has come
    messages: Sequence[Message]
    last_call_id: str | None
    has_card: bool
    vip: bool
    tags: Sequence[str]
    unverified: bool  # the carrier does not vouch that the last call came from this number
    nobody: bool  # the promise is near or past, and nobody is on it
    tried: str
    spoke_with: str | None  # who talked with them last, and when
    spoke_at: str
    topic: str
    note: str
    bought: str
    why_not: str
    handed_by: str | None
    handed_to: str | None
    handed_word: str
    by_hand: bool  # its holder dials with a phone of their own
    asked: bool  # its holder is asked how it went
    unsaid: bool  # the reader had it last, was asked, and did not say
    unfolding: str  # the address with this row unfolded; empty when it is
    choices: Sequence[snooze.Choice]  # for "later"; only of an unfolded row


class _LastCall(NamedTuple):
    """The newest call of a callback; `verstat`: the newest word of the carrier on its number."""

    id: str
    caller_name: str | None
    verstat: str | None


NO_CALL = _LastCall("", None, None)


@dataclass(frozen=True)
class _Page:
    """What the rows are made of beside the callbacks themselves, by their ids where it is of one."""

    known: People
    several_lines: bool
    messages: Mapping[str, list[Message]]
    last_calls: Mapping[str, _LastCall]
    topics: Mapping[int, str]
    missed: Mapping[str, str]
    going: Mapping[str, list[Step]]
    view: View
    unfolding: tuple[str, str]
    staff_id: str | None
    now: dt.datetime


def rows(
    session: Session,
    found: Sequence[Callback],
    known: People,
    topics: Sequence[Topic],
    going: Mapping[str, list[Step]],
    view: View,
    staff_id: str | None,
    now: dt.datetime,
) -> dict[str, Row]:
    """The rows of these callbacks, by id."""
    messages, last_calls = _calls(session, [callback.id for callback in found])
    page = _Page(
        known=known,
        several_lines=sum(line.active for line in known.lines.values()) > 1,
        messages=messages,
        last_calls=last_calls,
        topics={topic.id: words.name(topic.name) for topic in topics},
        missed=steps.missed(session, found, staff_id, now),
        going=going,
        view=view,
        unfolding=addresses.around("callback_list.show", **view.unfolding(addresses.HOLE)),
        staff_id=staff_id,
        now=now,
    )
    return {callback.id: _row(callback, page) for callback in found}


def _row(callback: Callback, page: _Page) -> Row:
    known, now, caller, state = page.known, page.now, callback.caller or "", callback.state
    line, contact = known.lines[callback.line], known.contacts.get(caller)
    last = page.last_calls.get(callback.id, NO_CALL)
    who, number, vouched = known.who(callback.caller, last.caller_name)
    mine = page.staff_id is not None and callback.claimed_by == page.staff_id
    unsaid = results.unsaid(callback, page.staff_id)
    unfolded = mine or unsaid or callback.id in page.view.unfolded
    aside = state == "waiting" and callback.later is not None and callback.due_at > now
    late = state in TIMED and words.is_late(_owed_at(callback), now)
    going = page.going.get(callback.id, ())
    nobody = not aside and near.needs_somebody(state, callback.promised_by, callback.rang_at, now) and not going
    by_hand = state == "claimed" and callback.by_hand_at is not None
    caller_zone = _caller_zone(callback, line, now) if aside or unfolded else None
    before, after = page.unfolding
    return Row(
        callback=callback,
        id=callback.id,
        state=state,
        look=_look(late, nobody, mine, state == "closed"),
        when=_when(callback, aside, late, line.time_zone, caller_zone, page),
        who=who,
        number=number,
        vouched=vouched,
        line=words.name(line.name) if page.several_lines else "",
        zone=line.time_zone,
        caller_zone=caller_zone,
        rang=f"rang {words.times(callback.calls)},{' first' if callback.calls > 1 else ''}",
        first_at=callback.first_called_at.isoformat(),
        first=words.day_time(callback.first_called_at, now, line.time_zone),
        cause=words.cause(callback.reason),
        holder=known.staff_name(callback.claimed_by),
        mine=mine,
        doing=_doing(state, mine, by_hand),
        until=_until(callback, by_hand, line.time_zone),
        others=known.others(callback),
        held=numbers.why_held(callback.held_reason or "") if state == "held" else "",
        allowable=state == "held" and known.refused(caller) in (None, *numbers.MAY_BE_ALLOWED),
        missed=page.missed.get(callback.id, ""),
        going=going,
        messages=page.messages.get(callback.id, ()),
        last_call_id=last.id or None,
        has_card=numbers.E164.fullmatch(caller) is not None,
        vip=contact is not None and contact.vip,
        tags=[words.name(tag) for tag in known.tags.get(caller, ())],
        unverified=person.vouched(last.verstat, numbers.country_of(caller)) is False,
        nobody=nobody,
        tried=list_words.tries(callback, line.max_attempts, aside, now, line.time_zone) if state != "closed" else "",
        spoke_with=known.staff_name(contact.last_staff_id) if contact and contact.last_talk_at else None,
        spoke_at=words.day_time(contact.last_talk_at, now, line.time_zone) if contact and contact.last_talk_at else "",
        topic=page.topics.get(callback.topic_id or 0, ""),
        note=words.name(callback.note, 500),
        bought="" if callback.bought is None else "bought" if callback.bought else "did not buy",
        why_not=words.name(callback.why_not, 200),
        handed_by=known.staff_name(callback.handed_by) if state != "closed" and callback.handed_to else None,
        handed_to=known.staff_name(callback.handed_to),
        handed_word=words.name(callback.handed_word, 200),
        by_hand=by_hand,
        asked=state == "wrapping_up" or by_hand or unsaid,
        unsaid=unsaid,
        unfolding="" if unfolded else f"{before}{callback.id}{after}#cb-{callback.id}",
        choices=later.choices(line, callback.caller, now) if unfolded else (),
    )


def _doing(state: str, mine: bool, by_hand: bool) -> str:
    if by_hand:
        return "How did it go?" if mine else "is dialling them by hand"
    return (words.MINE if mine else words.THEIRS).get(state, "")


def _until(callback: Callback, by_hand: bool, zone: str) -> str:
    ends = lease.shown(callback.state, callback.lease_until)
    word = "until" if callback.state == "claimed" and not by_hand else "· kept until"
    return f"{word} {words.clock_time(ends, zone)}" if ends else ""


def _owed_at(callback: Callback) -> dt.datetime:
    """By when they should hear from us: the promise until their phone has rung, after that the next try."""
    return callback.promised_by if callback.rang_at is None else callback.due_at


def _look(late: bool, nobody: bool, mine: bool, shut: bool) -> str:
    return f"row{' late' if late else ''}{' near' if nobody else ''}{' mine' if mine else ''}{' shut' if shut else ''}"


def _when(callback: Callback, aside: bool, late: bool, zone: str, caller_zone: str | None, page: _Page) -> When:
    now, owed_at, promised_by = page.now, _owed_at(callback), callback.promised_by
    if callback.state == "closed" and callback.closed_at is not None:
        reason, closed_at = callback.closed_reason or "", callback.closed_at
        word = words.CLOSED.get(reason) or words.plain(reason)
        return When(word, closed_at.isoformat(), words.day_time(closed_at, now, page.known.zone))
    if aside:
        due = callback.due_at
        for_them = words.clock_time(due, caller_zone) if caller_zone else ""
        back = When("back", due.isoformat(), words.day_time(due, now, zone), True, for_them)
        if late:
            return back._replace(owed_at=owed_at.isoformat(), left=words.until(owed_at, now))
        kept = callback.rang_at is not None
        return back if kept else back._replace(promised=words.day_time(promised_by, now, zone))
    if callback.state in TIMED:
        at = owed_at.isoformat()
        return When("by", at, words.day_time(owed_at, now, zone), True, owed_at=at, left=words.until(owed_at, now))
    if not promising.may_promise(callback):
        return When(
            "no time promised; rang",
            callback.first_called_at.isoformat(),
            words.day_time(callback.first_called_at, now, zone),
        )
    return When("promised", promised_by.isoformat(), words.day_time(promised_by, now, zone))


def _caller_zone(callback: Callback, line: Line, now: dt.datetime) -> str | None:
    zone = later.said_in(line, callback.caller, now)
    return None if zone == line.time_zone else zone


def _calls(session: Session, ids: Sequence[str]) -> tuple[dict[str, list[Message]], dict[str, _LastCall]]:
    """What was said in the calls of these callbacks, and the newest call of each."""
    messages: dict[str, list[Message]] = defaultdict(list)
    last: dict[str, _LastCall] = {}
    for known, call_id, name, verstat, message in session.execute(CALLS, {"callbacks": ids}):
        callback_id = str(known)
        before = last.get(callback_id, NO_CALL).verstat
        last[callback_id] = _LastCall(call_id, name, before if verstat is None else verstat)
        if message is not None:
            messages[callback_id].append(message)
    for each in messages.values():
        each.sort(key=lambda message: message.received_at)
    return messages, last
