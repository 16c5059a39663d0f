"""What has been kept long enough is let go, each night, a portion a transaction. None of the verbs commits.

Done twice, it is as done once. Somebody who is owed a call is not forgotten, nor whom the owner has blocked or allowed;
of who wants no texts, number and wish are kept.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from voice import accounts, callbacks, contacts, erasing, imports, messages
from voice.doors import HALF_DONE, AuditEntry, Halfway, Invitation, Tries
from voice.firm import Business
from voice.ledger import TEXT_IDS, CarrierEvent, Message, Notice, Outbox, SignIn
from voice.models import Call, Callback, Contact, new_id
from voice.people import ContactNote, ContactTag, Erasure
from voice.person_words import PersonWords
from voice.rules.keeping import Keeping

JOB = "let_go"
PORTION = 200  # rows, or people, looked at in a transaction
SOUNDS = 50  # deleted in one
DONE_WORK = dt.timedelta(days=30)
# What is begun at the door and of no use any more.
AT_THE_DOOR: tuple[tuple[InstrumentedAttribute[dt.datetime], dt.timedelta], ...] = (
    (SignIn.seen_at, accounts.IDLE), (SignIn.created_at, accounts.LONGEST), (Halfway.made_at, HALF_DONE),
    (Tries.since, dt.timedelta(days=1)), (Invitation.made_at, dt.timedelta(days=60)),
)  # fmt: skip
Cursor = str | int
# (session, how long, now, the last one looked at; "": none yet) -> the next such; None: no more.
Step = Callable[[Session, Keeping, dt.datetime, Any], Cursor | None]


def of(session: Session) -> Keeping:
    """How long the firm keeps things."""
    business = session.scalars(sa.select(Business)).first()
    return (
        Keeping(**{name: getattr(business, name) for name in Keeping.__dataclass_fields__}) if business else Keeping()
    )


def _people(session: Session, keeping: Keeping, now: dt.datetime, after: str) -> Cursor | None:
    since = keeping.people_since(now)
    known = sa.select(PersonWords.number).where(PersonWords.number > after).distinct()
    some = list(session.scalars(known.order_by(PersonWords.number).limit(PORTION)))
    rang = set(session.scalars(sa.select(Call.caller).where(Call.caller.in_(some), Call.received_at >= since)))
    for number in some:
        numbers = contacts.numbers_of(session, number)
        if number not in rang and number == numbers[0] and not _is_wanted(session, numbers, since):
            _forget(session, numbers, now)
            return number  # one a transaction: they may have rung for years, and calls wait for the database
    return some[-1] if len(some) == PORTION else None


def _forget(session: Session, numbers: list[str], now: dt.datetime) -> None:
    """Nobody has asked for it, so nobody waits for it to be done: no row is kept of it. A wish stays."""
    wish = sa.exists().where(Contact.number.in_(numbers), Contact.do_not_text)
    wants_no_texts = session.scalar(sa.select(wish))
    if wants_no_texts and not _is_more_known(session, numbers):
        return
    erasing.erase(session, Erasure(id=new_id(), numbers=numbers), now)
    if wants_no_texts:
        contacts.add_unknown(session, [{"number": number, "do_not_text": True} for number in numbers])


def _is_more_known(session: Session, numbers: list[str]) -> bool:
    """Whether anything is kept of them but what they wish."""
    said = (Contact.name, Contact.carrier_name, Contact.language, Contact.last_talk_at, Contact.same_as)
    more = (
        *(sa.exists().where(kind.number.in_(numbers)) for kind in (ContactNote, ContactTag)),
        sa.exists().where(Contact.number.in_(numbers), sa.or_(Contact.vip, *(c.is_not(None) for c in said))),
        sa.exists(erasing.calls_of(numbers)),
        sa.exists(erasing.places_of(numbers)),
    )
    return bool(session.scalar(sa.select(sa.or_(*more))))


def _is_wanted(session: Session, numbers: list[str], since: dt.datetime) -> bool:
    place = sa.or_(Callback.caller.in_(numbers), Callback.caller_key.in_(numbers))
    chosen = sa.or_(Contact.blocked, Contact.allowed, Contact.last_talk_at >= since)
    reasons = (
        sa.exists().where(Call.caller.in_(numbers), sa.or_(Call.received_at >= since, Call.ended_at.is_(None))),
        sa.exists().where(place, sa.or_(callbacks.IS_OPEN, Callback.closed_at >= since)),
        sa.exists().where(Contact.number.in_(numbers), chosen),
        sa.exists().where(ContactNote.number.in_(numbers), ContactNote.at >= since),
    )
    return bool(session.scalar(sa.select(sa.or_(*reasons))))


def _messages(session: Session, keeping: Keeping, now: dt.datetime, after: str) -> Cursor | None:
    owed = sa.select(Call.id).join(Callback, Callback.id == Call.callback_id).where(callbacks.IS_OPEN)
    old = sa.select(Message.id).where(
        Message.id > after,
        Message.received_at < now - dt.timedelta(days=keeping.keep_messages_days),
        Message.state.not_in(("erasing", "erased")),
        Message.call_id.not_in(owed),
    )
    some = list(session.scalars(old.order_by(Message.id).limit(SOUNDS)))
    messages.erase(session, Message.id.in_(some), now)
    return some[-1] if len(some) == SOUNDS else None


def _deliveries(session: Session, keeping: Keeping, now: dt.datetime, after: Cursor) -> Cursor | None:
    deliveries, texts = (now - dt.timedelta(days=d) for d in (keeping.keep_deliveries_days, keeping.keep_messages_days))
    seen = sa.select(CarrierEvent.id, CarrierEvent.sid, CarrierEvent.received_at)
    rows = session.execute(_next(seen, CarrierEvent.id, after)).all()
    old = [row.id for row in rows if row.received_at < (texts if row.sid.startswith(TEXT_IDS) else deliveries)]
    session.execute(sa.delete(CarrierEvent).where(CarrierEvent.id.in_(old)))
    return rows[-1].id if len(rows) == PORTION and rows[0].received_at < max(texts, deliveries) else None


def _work(session: Session, _keeping: Keeping, now: dt.datetime, after: Cursor) -> Cursor | None:
    rows = session.execute(_next(sa.select(Outbox.id, Outbox.due_at, Outbox.done_at), Outbox.id, after)).all()
    old = [row.id for row in rows if row.done_at is not None and row.done_at < now - DONE_WORK]
    session.execute(sa.delete(Outbox).where(Outbox.id.in_(old)))
    return rows[-1].id if len(rows) == PORTION and rows[0].due_at < now - DONE_WORK else None


def _next(
    rows: sa.Select[*tuple[Any, ...]], key: InstrumentedAttribute[int], after: Cursor
) -> sa.Select[*tuple[Any, ...]]:
    """The portion behind `after`: these tables grow at one end, so what is old lies together at the other."""
    return rows.where(key > (after or 0)).order_by(key).limit(PORTION)


def _rest(session: Session, keeping: Keeping, now: dt.datetime, _after: str) -> Cursor | None:
    session.execute(sa.delete(AuditEntry).where(AuditEntry.at < keeping.audit_since(now)))
    session.execute(sa.delete(Notice).where(Notice.seen_at.is_not(None), Notice.at < keeping.people_since(now)))
    for made, kept in AT_THE_DOOR:
        session.execute(sa.delete(made.class_).where(made < now - kept))
    imports.forget(session, now)
    return None


def _recordings(session: Session, _keeping: Keeping, now: dt.datetime, after: str) -> Cursor | None:
    return messages.drop_again(session, now, after, PORTION)


STEPS: tuple[Step, ...] = (_messages, _people, _deliveries, _work, _rest, _recordings)
