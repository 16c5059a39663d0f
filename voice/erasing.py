"""Erasing a person: every byte that names them goes, and that somebody rang stays. None of the verbs commits.

First all that is theirs by its place in the tables (`erase`): calls and callbacks lose number, name and words, and keep
what is counted, under a key nobody can trace. Then a look through all other texts for the number (`sweep`), because
staff write numbers anywhere. While one of their calls is live, nothing is touched.
"""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice import callbacks, contacts, messages, moves
from voice.db import chunks
from voice.firm import Line, StaffMember
from voice.ledger import CallEvent, CarrierEvent, Message, Notice
from voice.list_tables import LastChange, Told
from voice.models import Attempt, Base, Call, Callback, Contact, Leg, Promise, new_id
from voice.people import ContactNote, ContactTag, Erasure
from voice.rules import person, spellings
from voice.rules.numbers import ERASED
from voice.rules.spellings import Spellings
from voice.work import outbox

JOB, REST = "erase_person", "erase_late_news"
LATE = (600.0, 90_000.0)  # seconds after which nobody tells us any more of a call of theirs
ROWS = 500  # looked through in a transaction
BLANK: dict[str, Any] = {"form": {}, "answer": ""}
SAID = ("note", "why_not", "word")  # members of an event in which staff have said something
# The firm's own, and what triggers derive from the rest.
LEFT_ALONE = frozenset(
    {"lines", "staff", "line_staff", "business", "users", "invitations", "audio", "erasures",
     "person_words", "callback_words"}
)  # fmt: skip
# A row of these is about one person: with their number in it, all of it goes.
GO = frozenset({"outbox", "import_rows", "mailboxes", "contact_tags", "last_changes", "last_card_changes",
                "last_team_changes"})  # fmt: skip
KEYS = frozenset({"caller", "caller_key"})  # `erase` has changed them; a call that comes in meanwhile keeps its own


def ask(session: Session, number: str, by: str, now: dt.datetime) -> Erasure:
    """Have everything of the person with this number erased; asked again meanwhile: the same one. Raises Unfit."""
    numbers = contacts.numbers_of(session, number)
    theirs = sa.or_(*(c.in_(numbers) for c in (StaffMember.phone, StaffMember.desk_phone, StaffMember.phone_today)))
    member = session.scalar(sa.select(StaffMember.name).where(theirs).limit(1))
    if member is not None:
        raise person.Unfit(f"This is a phone of {member}, who works here. Give them another phone first.")
    if session.scalar(sa.select(Line.number).where(Line.number.in_(numbers)).limit(1)):
        raise person.Unfit("This is a line of yours, not a person.")
    for known in session.scalars(sa.select(Erasure).where(Erasure.done_at.is_(None))):
        if set(numbers) & set(known.numbers):
            begin(session, known, now)  # its job may have been given up
            return known
    made = Erasure(numbers=numbers, asked_by=by, asked_at=now)
    session.add(made)
    session.flush()
    begin(session, made, now)
    return made


def begin(session: Session, erasure: Erasure, now: dt.datetime, after: float = 0) -> None:
    """Have it done `after` seconds from now."""
    key = f"{JOB}:{erasure.id}:{int(now.timestamp() + after)}"
    outbox.emit(session, JOB, now, key=key, after=after, erasure_id=erasure.id, mine=key)


def is_live(session: Session, numbers: Collection[str]) -> bool:
    """Whether this person is on the phone with us, or a phone rings for them."""
    calls, places = calls_of(numbers), places_of(numbers)
    live = (
        sa.exists().where(Call.id.in_(calls), Call.ended_at.is_(None)),
        sa.exists().where(sa.or_(Leg.call_id.in_(calls), Leg.offered_call_id.in_(calls)), Leg.ended_at.is_(None)),
        sa.exists().where(Attempt.callback_id.in_(places), Attempt.ended_at.is_(None)),
    )
    return bool(session.scalar(sa.select(sa.or_(*live))))


def is_there(session: Session, numbers: Collection[str]) -> bool:
    """Whether anything is kept under these numbers."""
    known = (Call.caller, Callback.caller, Callback.caller_key, Contact.number)
    return bool(session.scalar(sa.select(sa.or_(*(sa.exists().where(c.in_(numbers)) for c in known)))))


def places_of(numbers: Collection[str]) -> sa.Select[str]:
    """The ids of their callbacks."""
    return sa.select(Callback.id).where(sa.or_(Callback.caller.in_(numbers), Callback.caller_key.in_(numbers)))


def calls_of(numbers: Collection[str]) -> sa.Select[str]:
    """The ids of their calls, also of those with a hidden number whose caller has said it."""
    return sa.select(Call.id).where(sa.or_(Call.caller.in_(numbers), Call.callback_id.in_(places_of(numbers))))


def erase(session: Session, erasure: Erasure, now: dt.datetime) -> None:
    """Erase what is theirs by its place in the tables. Again: what has come since."""
    numbers = sorted({each for number in erasure.numbers for each in contacts.numbers_of(session, number)})
    erasure.numbers = numbers
    open_ones = sa.select(Callback).where(Callback.id.in_(places_of(numbers)), callbacks.IS_OPEN)
    for callback in session.scalars(open_ones).all():
        if callbacks.shut(session, callback, "erased", now):
            moves.note(session, "closed", now, callback=callback, reason="erased")
    calls = list(session.scalars(sa.select(Call).where(Call.id.in_(calls_of(numbers)))))
    places = list(session.scalars(sa.select(Callback).where(Callback.id.in_(places_of(numbers)))))
    names = _names(session, numbers, calls)
    _forget_deliveries(session, calls, places)
    _take_words_away(session, [call.id for call in calls], [place.id for place in places], now)
    _rename(erasure, calls, places)
    _forget_card(session, numbers)
    members = set(session.scalars(sa.select(StaffMember.name)))
    for notice in session.scalars(sa.select(Notice)):
        notice.words = spellings.without_names(notice.words, names, members)
    session.flush()


def _names(session: Session, numbers: Collection[str], calls: Sequence[Call]) -> set[str]:
    """What they are called."""
    said = sa.select(Contact.name, Contact.carrier_name).where(Contact.number.in_(numbers))
    every = {name for row in session.execute(said) for name in row} | {call.caller_name for call in calls}
    return {name for name in every if name}


def _rename(erasure: Erasure, calls: Sequence[Call], places: Sequence[Callback]) -> None:
    """Whoever rang again is known to have rung again, and by nothing else: figures are made of that."""
    keys: dict[str, str] = {}
    rows: list[Call | Callback] = [*calls, *places]
    for row in rows:
        if not row.caller_key.startswith(ERASED):
            row.caller_key = keys.setdefault(row.caller_key, f"{ERASED}{erasure.id}:{new_id()}")
        row.caller = None
    for call in calls:
        call.caller_name = None
    for place in places:
        place.note = place.why_not = place.handed_word = ""


def _take_words_away(session: Session, calls: Sequence[str], places: Sequence[str], now: dt.datetime) -> None:
    for some in chunks(calls):
        messages.erase(session, Message.call_id.in_(some), now)
    for some in chunks(places):
        session.execute(sa.update(Promise).where(Promise.callback_id.in_(some)).values(words=""))
        session.execute(sa.update(Told).where(Told.callback_id.in_(some)).values(word=""))
        session.execute(sa.delete(LastChange).where(LastChange.callback_id.in_(some)))
        for event in session.scalars(sa.select(CallEvent).where(CallEvent.callback_id.in_(some))):
            event.data = {name: value for name, value in event.data.items() if name not in SAID}


def _forget_card(session: Session, numbers: Sequence[str]) -> None:
    for number in numbers:
        if contacts.is_blocked(session, number):
            contacts.block(session, number, False)  # through the row, so that every process reads the firm again
    for kind in (ContactTag, ContactNote):
        session.execute(sa.delete(kind).where(kind.number.in_(numbers)))
    session.execute(sa.delete(Contact).where(Contact.number.in_(numbers)))


def _forget_deliveries(session: Session, calls: Sequence[Call], places: Sequence[Callback]) -> None:
    """What the carrier said of these calls and of all legs that heard of them, and what we answered."""
    ids, sids = [call.id for call in calls], {call.sid for call in calls}
    legs = {id_ for some in chunks(ids) for id_ in _legs_told(session, some)}
    for some in chunks([place.id for place in places]):
        rows = session.execute(sa.select(Attempt.child_sid, Attempt.leg_id).where(Attempt.callback_id.in_(some)))
        for child, leg in rows:
            sids.add(child or "")
            legs.add(leg or "")
    for some in chunks(ids):
        rang = sa.or_(Leg.call_id.in_(some), Leg.offered_call_id.in_(some))
        legs |= set(session.scalars(sa.select(Leg.id).where(rang)))
    for some in chunks(sorted(legs)):
        sids |= {sid or "" for sid in session.scalars(sa.select(Leg.sid).where(Leg.id.in_(some)))}
    for some in chunks(sorted(sids)):
        session.execute(sa.update(CarrierEvent).where(CarrierEvent.sid.in_(some)).values(**BLANK))


def _legs_told(session: Session, calls: Sequence[str]) -> set[str]:
    """Legs that were offered one of these calls, and another one since."""
    told = session.scalars(sa.select(CallEvent.data).where(CallEvent.call_id.in_(calls)))
    return {str(data["leg"]) for data in told if data.get("leg")}


def forget_late_news(session: Session, erasure_id: str) -> None:
    """What the carrier has told us since of the calls of somebody who is erased."""
    calls = session.scalars(sa.select(Call).where(is_key_of(Call.caller_key, erasure_id))).all()
    places = session.scalars(sa.select(Callback).where(is_key_of(Callback.caller_key, erasure_id))).all()
    _forget_deliveries(session, calls, places)


def is_key_of(key: sa.SQLColumnExpression[str], erasure_id: str) -> sa.ColumnElement[bool]:
    """The condition for a key that this erasure has given."""
    given = f"{ERASED}{erasure_id}:"
    return key.between(given, given + "g")  # behind all hex digits in every language's order, unlike any sign


def tables() -> list[sa.Table]:
    """Every table that may hold a number somebody has written there."""
    return [table for table in Base.metadata.sorted_tables if table.name not in LEFT_ALONE]


def sweep(session: Session, table: sa.Table, spelt: Spellings, after: Sequence[Any] | None) -> Sequence[Any] | None:
    """Look through the next rows of a table, behind the one with the key `after`. The last one's key; None: no more."""
    keys, columns = list(table.primary_key.columns), _texts(table)
    if not columns:
        return None
    behind = sa.true() if after is None else sa.tuple_(*keys) > sa.tuple_(*after)
    here = session.execute(sa.select(*keys).where(behind).order_by(*keys).limit(ROWS)).all()
    if not here:
        return None
    until = sa.tuple_(*keys) <= sa.tuple_(*here[-1])
    ends = [sa.cast(column, sa.Text).contains(end) for column in columns for end in spelt.ends]
    for row in session.execute(sa.select(*keys, *columns).where(behind, until, sa.or_(*ends))).mappings().all():
        fresh = {column.name: spelt.out_of(row[column]) for column in columns}
        fresh = {name: value for name, value in fresh.items() if value != row[table.c[name]]}
        if fresh:
            one = sa.and_(*(key == row[key] for key in keys))
            session.execute(_without(table, fresh).where(one))
    return tuple(here[-1]) if len(here) == ROWS else None


def _texts(table: sa.Table) -> list[sa.Column[Any]]:
    """The columns with texts of somebody's: no reference to other rows, and a key only where all of a row goes."""
    return [
        column
        for column in table.columns
        if isinstance(column.type, sa.Text | sa.JSON) and not column.foreign_keys and column.name not in KEYS
        and (not column.primary_key or table.name in GO)
    ]  # fmt: skip


def _without(table: sa.Table, fresh: dict[str, Any]) -> sa.Update | sa.Delete:
    if table.name in GO:
        return sa.delete(table)
    return sa.update(table).values(**(BLANK if table is CarrierEvent.__table__ else fresh))


def is_over(session: Session, erasure: Erasure, now: dt.datetime) -> bool:
    """Say so, and forget whom it was about. False: something of theirs has come in meanwhile."""
    if is_there(session, erasure.numbers):
        return False
    erasure.numbers, erasure.done_at = [], now
    for after in LATE:
        outbox.emit(session, REST, now, key=f"{REST}:{erasure.id}:{after:.0f}", after=after, erasure_id=erasure.id)
    session.flush()
    return True
