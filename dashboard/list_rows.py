"""The rows of the callback list, with all a person needs to see, in a handful of queries however many there are.

What a row says is put into words here: a template that looks up and words everything by itself takes three times
as long.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import addresses, list_parts, steps, words
from dashboard.list_parts import NO_CALL, Caller, Hand, LastCall, Page, Past
from dashboard.list_people import People
from dashboard.list_view import View
from dashboard.steps import Step
from voice import later, promising
from voice.among import among
from voice.firm import Line
from voice.ledger import Message
from voice.list_tables import Topic
from voice.messages import IS_THERE
from voice.models import Call, Callback
from voice.rules import near, numbers, snooze, states

# The calls of some callbacks and what was said in them.
CALLS = (
    sa.select(Call.callback_id, Call.id, Call.caller_name, Call.verstat, Message)
    .outerjoin(Message, sa.and_(Message.call_id == Call.id, IS_THERE))
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
    caller: Caller
    past: Past
    hand: Hand
    line: str  # its name, where there are several
    zone: str  # the line's: its times are shown in it
    caller_zone: str | None  # the caller's own, where a later time is shown or chosen and it is not the line's
    held: str  # why it may not be dialled, when the rules forbid it
    allowable: bool  # the owner may allow it all the same
    nobody: bool  # the promise is near or past, and nobody is on it
    unfolding: str  # the address with this row unfolded; empty when it is
    choices: Sequence[snooze.Choice]  # for "later"; only of an unfolded row


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
    page = Page(
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


def _row(callback: Callback, page: Page) -> Row:
    now, state, line = page.now, callback.state, page.known.lines[callback.line]
    aside = state == "waiting" and callback.later is not None and callback.due_at > now
    late = state in TIMED and words.is_late(promising.owed_at(callback), now)
    hand = list_parts.hand(callback, page, line)
    unfolded = hand.mine or hand.unsaid or callback.id in page.view.unfolded
    near_by = not aside and near.needs_somebody(state, callback.promised_by, callback.rang_at, now)
    nobody = near_by and not hand.going
    caller_zone = _caller_zone(callback, line, now) if aside or unfolded else None
    before, after = page.unfolding
    return Row(
        callback=callback,
        id=callback.id,
        state=state,
        look=_look(late, nobody, hand.mine, state == "closed"),
        when=_when(callback, aside, late, line.time_zone, caller_zone, page),
        caller=list_parts.caller(callback, page, line),
        past=list_parts.past(callback, page, line, aside),
        hand=hand,
        line=words.name(line.name) if page.several_lines else "",
        zone=line.time_zone,
        caller_zone=caller_zone,
        held=numbers.why_held(callback.held_reason or "") if state == "held" else "",
        allowable=state == "held" and page.known.refused(callback.caller or "") in (None, *numbers.MAY_BE_ALLOWED),
        nobody=nobody,
        unfolding="" if unfolded else f"{before}{callback.id}{after}#cb-{callback.id}",
        choices=later.choices(line, callback.caller, now) if unfolded else (),
    )


def _look(late: bool, nobody: bool, mine: bool, shut: bool) -> str:
    return f"row{' late' if late else ''}{' near' if nobody else ''}{' mine' if mine else ''}{' shut' if shut else ''}"


def _when(callback: Callback, aside: bool, late: bool, zone: str, caller_zone: str | None, page: Page) -> When:
    now, owed_at, promised_by = page.now, promising.owed_at(callback), callback.promised_by
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


def _calls(session: Session, ids: Sequence[str]) -> tuple[dict[str, list[Message]], dict[str, LastCall]]:
    """What was said in the calls of these callbacks, and the newest call of each."""
    messages: dict[str, list[Message]] = defaultdict(list)
    last: dict[str, LastCall] = {}
    for known, call_id, name, verstat, message in session.execute(CALLS, {"callbacks": ids}):
        callback_id = str(known)
        before = last.get(callback_id, NO_CALL).verstat
        last[callback_id] = LastCall(call_id, name, before if verstat is None else verstat)
        if message is not None:
            messages[callback_id].append(message)
    for each in messages.values():
        each.sort(key=lambda message: message.received_at)
    return messages, last
