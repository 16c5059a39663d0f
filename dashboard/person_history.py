"""What happened with one person, newest first: calls, rings back, what was done for them, texts, notes, changes."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from dashboard import words
from voice import topics
from voice.firm import Line, StaffMember
from voice.ledger import CallEvent, CarrierEvent, Message, texts_of
from voice.messages import IS_THERE
from voice.models import Attempt, Call, Callback
from voice.people import ContactNote
from voice.rules import text

PAGE = 30
WORKED = ("callback_opened", "dialling_by_hand", "result", "closed", "got_through", "reopened")
ENDINGS = {
    "talked": "talked",
    "short_talk": "the talk broke off within seconds",
    "machine": "a machine answered",
    "no_answer": "they did not pick up",
    "busy": "they were on the phone",
    "failed": "the call did not go through",
    "cancelled": "broken off",
    "not_placed": "the call was not placed",
    "not_accepted": "not taken on our side, so they were not rung",
    "refused": "the number rules forbid it",
    "crossed": "they rang in meanwhile",
}


@dataclass(frozen=True)
class Happening:
    """One entry. `kind` is call, back, worked, text, note or change."""

    at: dt.datetime
    kind: str
    title: str
    detail: str = ""
    number: str = ""
    call_id: str = ""
    note_id: str = ""
    messages: Sequence[Message] = field(default=())


def read(
    session: Session, ours: Sequence[str], before: dt.datetime | None
) -> tuple[list[Happening], dt.datetime | None]:
    """One page, and the moment before which the next one begins; None on the last."""
    until = before or dt.datetime(9999, 1, 1, tzinfo=dt.UTC)
    people = {row.id: words.name(row.name) for row in session.scalars(sa.select(StaffMember))}
    lines = {row.number: words.name(row.name) for row in session.scalars(sa.select(Line))}
    found = [
        *_calls(session, ours, until, people, lines),
        *_rings_back(session, ours, until, people),
        *_worked(session, ours, until, people),
        *_texts(session, ours, until),
        *_notes(session, ours, until),
    ]
    found.sort(key=lambda each: each.at, reverse=True)
    if len(found) <= PAGE:
        return found, None
    last = found[PAGE - 1].at
    shown = [each for each in found if each.at >= last]  # what happened at one moment stays on one page
    return shown, last if len(found) > len(shown) else None


def _calls(
    session: Session, ours: Sequence[str], until: dt.datetime, people: dict[str, str], lines: dict[str, str]
) -> Iterator[Happening]:
    rows = sa.select(Call).where(Call.caller.in_(ours), Call.received_at < until)
    calls = session.scalars(rows.order_by(Call.received_at.desc()).limit(PAGE + 1)).all()
    said: dict[str, list[Message]] = {}
    messages = sa.select(Message).where(Message.call_id.in_([call.id for call in calls]), IS_THERE)
    for message in session.scalars(messages.order_by(Message.received_at)):
        said.setdefault(message.call_id, []).append(message)
    for call in calls:
        line = lines.get(call.line, "") if len(lines) > 1 else ""
        title = f"Rang {line}" if line else "Rang"
        yield Happening(call.received_at, "call", title, _became(call, people), call.caller or "", call.id,
                        messages=said.get(call.id, ()))  # fmt: skip


def _became(call: Call, people: dict[str, str]) -> str:
    if call.talk_seconds:
        return f"talked with {people.get(call.answered_by or '', 'us')}, {words.seconds(call.talk_seconds)}"
    return words.cause(call.cause) if call.cause else words.OUTCOMES[call.outcome].lower()


def _rings_back(
    session: Session, ours: Sequence[str], until: dt.datetime, people: dict[str, str]
) -> Iterator[Happening]:
    rows = sa.select(Attempt, Callback.caller).join(Callback, Callback.id == Attempt.callback_id)
    rows = rows.where(Callback.caller.in_(ours), Attempt.created_at < until)
    for attempt, caller in session.execute(rows.order_by(Attempt.created_at.desc()).limit(PAGE + 1)):
        ending = ENDINGS.get(attempt.ending or "", "under way" if attempt.ended_at is None else "")
        if attempt.talk_seconds:
            ending = f"{ending}, {words.seconds(attempt.talk_seconds)}"
        yield Happening(attempt.created_at, "back", f"{people[attempt.staff_id]} rang them back", ending, caller or "")


def _worked(session: Session, ours: Sequence[str], until: dt.datetime, people: dict[str, str]) -> Iterator[Happening]:
    """What was done with their callbacks and by whom, but for what was taken back within seconds."""
    undone = aliased(CallEvent)
    taken_back = sa.exists().where(
        undone.callback_id == CallEvent.callback_id,
        undone.kind == "undone",
        undone.data["of"].as_string() == sa.cast(CallEvent.id, sa.Text),
    )
    rows = sa.select(CallEvent, Callback).join(Callback, Callback.id == CallEvent.callback_id)
    theirs = sa.select(Callback.id).where(Callback.caller.in_(ours))  # so the events are found by their index
    rows = rows.where(CallEvent.callback_id.in_(theirs), CallEvent.kind.in_(WORKED), CallEvent.at < until, ~taken_back)
    about = {topic.id: words.name(topic.name) for topic in topics.ever(session)}
    for event, callback in session.execute(rows.order_by(CallEvent.at.desc(), CallEvent.id.desc()).limit(PAGE + 1)):
        by = people.get(event.data.get("staff") or "", "")
        yield Happening(event.at, "worked", _deed(event, by), _said(event, callback, about), callback.caller or "")


def _deed(event: CallEvent, by: str) -> str:
    if event.kind == "result":
        return f"{by} said how it went: {words.RESULTS[event.data['result']]}"
    if event.kind == "dialling_by_hand":
        return f"{by} dialled them by hand"
    if event.kind in ("closed", "got_through"):
        reason = event.data.get("reason", "got_through")
        why = words.CLOSED.get(reason) or words.plain(reason)
        return f"{by} closed the callback: {why.lower()}" if by else f"Callback closed: {why.lower()}"
    return words.event(event.kind) + (f" by {by}" if by else "")


def _said(event: CallEvent, callback: Callback, about: dict[int, str]) -> str:
    """What was said beside it. Those who closed one before notes were kept here left theirs on the callback."""
    data = event.data
    note = data.get("note", callback.note if event.kind == "closed" else "")
    bought = {True: "bought", False: "did not buy", None: ""}[data.get("bought")]
    topic, why_not = about.get(data.get("topic_id") or 0, ""), words.name(data.get("why_not"), 200)
    return " · ".join(filter(None, (words.name(note, 500), topic, bought, why_not)))


def _texts(session: Session, ours: Sequence[str], until: dt.datetime) -> Iterator[Happening]:
    rows = sa.select(CarrierEvent).where(texts_of(ours), CarrierEvent.received_at < until)
    rows = rows.order_by(CarrierEvent.received_at.desc())
    for event in session.scalars(rows.limit(PAGE + 1)):
        body = text.clean(str(event.form.get("Body", "")), 1600)
        yield Happening(event.received_at, "text", "Sent a text", words.name(body, 1600), str(event.form["From"]))


def _notes(session: Session, ours: Sequence[str], until: dt.datetime) -> Iterator[Happening]:
    rows = sa.select(ContactNote).where(ContactNote.number.in_(ours), ContactNote.at < until)
    for note in session.scalars(rows.order_by(ContactNote.at.desc()).limit(PAGE + 1)):
        by = words.name(note.by)
        if note.kind == "note":
            yield Happening(note.at, "note", f"{by} noted", note.words, note_id=note.id)
        else:
            yield Happening(note.at, "change", f"{by} {words.name(note.words, 400)}")
