"""Undo on a card: for ten seconds a user can take back the last thing they changed there, if nothing happened since.

What a deed touched is kept row by row, as it was before and after: what is said of each number, its tags and notes, its
places on the list, and whose calls and tries they are. All of that is put back, or nothing.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice import callbacks, claims, contacts, moves, persons, undo
from voice.claims import Refusal
from voice.db import UTC
from voice.list_tables import LastCardChange, Told
from voice.models import Attempt, Base, Call, Callback, Contact, Promise
from voice.people import ContactNote, ContactTag
from voice.rules import states

Deed = tuple[str, str] | None  # what was done, and with what of the card: for the audit. None: nothing
Row = dict[str, Any]
State = dict[str, dict[str, Row | None]]  # by table, then by key; None: there is no such row

NEW: Row = {"vip": False, "do_not_text": False, "blocked": False, "allowed": False}  # of a number new to us
SAID = (*NEW, "name", "language", "last_staff_id", "last_talk_at", "same_as")
PLACE = (*undo.KEPT, "reason", "first_called_at", "last_called_at", "merged_into")
COLUMNS: Mapping[type[Base], Sequence[str]] = {
    Contact: SAID,
    ContactNote: ("number", "kind", "at", "by", "words"),
    Callback: PLACE,
    Call: ("callback_id",),
    Promise: ("callback_id",),
    Attempt: ("callback_id", "due_for"),
}
MOVED: Sequence[type[Call | Promise | Attempt]] = (Call, Promise, Attempt)
KINDS = {kind.__tablename__: kind for kind in COLUMNS}
TAGS = "tags"
ADDED = "person_added"
MOVES_CALLS = (
    "numbers_joined",
    "number_taken_off",
    ADDED,
)  # whose call it is that comes in afterwards depends on these
TOOK_BACK = {"numbers_joined": "took back that the numbers are one person's"}


class Offer(NamedTuple):
    """What a user can take back just now: the deed, on which of its things, and when it was done."""

    what: str
    object: str
    at: dt.datetime


def remembering(
    session: Session, user_id: str, touched: Sequence[str], now: dt.datetime, verb: Callable[[], Deed]
) -> Deed:
    """Do `verb` on the cards of these numbers, which nobody else changes meanwhile, and keep what it replaced."""
    for number in touched:
        contacts.hold(session, number)
    numbers = sorted({each for number in touched for each in contacts.numbers_of(session, number)})
    keys = _touchable(session, numbers)
    before = _read(session, keys)
    deed = verb()
    session.flush()
    if deed is None:
        return None
    keys = {table: sorted({*keys[table], *others}) for table, others in _touchable(session, numbers).items()}
    after = _read(session, keys)
    differs = {
        table: [key for key, row in rows.items() if row != before[table].get(key)] for table, rows in after.items()
    }
    kept = [{table: {key: state[table].get(key) for key in differs[table]} for table in differs}
            for state in (before, after)]  # fmt: skip
    stale = LastCardChange.at <= now - undo.OFFERED - undo.GRACE  # of no use to anybody any more
    session.execute(sa.delete(LastCardChange).where((LastCardChange.user_id == user_id) | stale))
    told = {"rows": kept[1], "deed": deed, "numbers": numbers}
    session.add(LastCardChange(user_id=user_id, at=now, before={"rows": kept[0]}, after=told))
    session.flush()
    return deed


def offered(session: Session, user_id: str, now: dt.datetime, number: str | None = None) -> Offer | None:
    """What this user has just done and can take back; of one `number`, only what was done on its card."""
    last = session.get(LastCardChange, user_id)
    fresh = last is not None and now - last.at < undo.OFFERED and number in (None, *last.after["numbers"])
    if last is None or not fresh or _overtaken(session, last):
        return None
    what, object_ = last.after["deed"]
    return Offer(what, object_, last.at)


def take_back(session: Session, user_id: str, by: str, now: dt.datetime) -> Refusal | None:
    """Put everything back as it was before this user's last deed, if that is fresh and nothing happened since."""
    last = session.get(LastCardChange, user_id, with_for_update=True)
    if last is None or now - last.at >= undo.OFFERED + undo.GRACE:
        return Refusal("too_late")
    for number in last.after["numbers"]:
        contacts.hold(session, number)
    places = sa.select(Callback.id).where(Callback.id.in_(last.after["rows"]["callbacks"])).order_by(Callback.id)
    session.execute(places.with_for_update()).all()
    if _overtaken(session, last):
        return Refusal("too_late")
    try:
        with session.begin_nested():  # they may ring at this very moment and get a place of their own
            if not _put_back_places(session, last, now):
                return Refusal("too_late")
    except sa.exc.IntegrityError:
        return Refusal("open")
    if last.after["deed"][0] == ADDED:  # nobody had ever heard of them
        for kind in (ContactTag, ContactNote, Contact):
            session.execute(sa.delete(kind).where(kind.number.in_(last.after["numbers"])))
    else:
        _unsay(session, last, by, now)
    session.delete(last)
    session.flush()
    return None


def _touchable(session: Session, numbers: Sequence[str]) -> dict[str, list[str]]:
    """The keys of all that a deed on the cards of these numbers may change, by table."""
    ids = sa.select(Callback.id).where(Callback.caller_key.in_(numbers), callbacks.IS_OPEN)
    rang = sa.select(Call.callback_id).where(Call.caller.in_(numbers))
    shut = sa.select(Callback.id).where(Callback.id.in_(rang), Callback.closed_reason == "blocked")
    places = {*session.scalars(ids), *session.scalars(shut)}  # unblocking opens these again
    notes = sa.select(ContactNote.id).where(ContactNote.number.in_(numbers), ContactNote.kind == "note")
    keys = {TAGS: [*numbers], "contacts": [*numbers], "contact_notes": [*session.scalars(notes)]}
    keys["callbacks"] = [*places]
    theirs = {kind: session.scalars(sa.select(kind.id).where(kind.callback_id.in_(places))) for kind in MOVED}
    return keys | {kind.__tablename__: [str(key) for key in found] for kind, found in theirs.items()}


def _read(session: Session, keys: Mapping[str, Sequence[str]]) -> State:
    """These rows as they are now, as JSON keeps them."""
    state: State = {table: dict.fromkeys(wanted) for table, wanted in keys.items()}
    for table, kind in KINDS.items():
        key, columns = _key(kind), [kind.__table__.c[name] for name in COLUMNS[kind]]
        wanted = sa.select(key, *columns).where(key.in_([_typed(key, each) for each in keys[table]]))
        for known, *values in session.execute(wanted):
            state[table][str(known)] = dict(zip(COLUMNS[kind], map(_plain, values), strict=True))
    tags = persons.tags_of(session, keys[TAGS])
    state[TAGS] = {number: {TAGS: list(tags.get(number, ()))} for number in keys[TAGS]}
    return state


def _overtaken(session: Session, last: LastCardChange) -> bool:
    """Whether something has happened since with what this deed touched."""
    rows: State = last.after["rows"]
    if _read(session, {table: list(kept) for table, kept in rows.items()}) != rows:
        return True
    deed = last.after["deed"][0]
    if deed not in MOVES_CALLS:
        return False
    noted = sa.select(ContactNote.id).where(ContactNote.number.in_(last.after["numbers"]), ContactNote.at > last.at)
    if deed == ADDED and session.scalar(noted.limit(1)) is not None:  # it would go with their card
        return True
    rang = sa.select(Call.id).where(Call.caller.in_(last.after["numbers"]), Call.received_at > last.at)
    return session.scalar(rang.limit(1)) is not None


def _put_back_places(session: Session, last: LastCardChange, now: dt.datetime) -> bool:
    """Their places on the list as they were; then whose calls and tries are whose. Those that went on come first: they
    hold the key another needs. False: a phone is live for one."""
    before: State = last.before["rows"]
    after: State = last.after["rows"]
    for id_, was in sorted(before["callbacks"].items(), key=lambda each: _turn(each[1], after["callbacks"][each[0]])):
        row = session.get_one(Callback, id_, populate_existing=True)
        if not (_fold(session, row, before, after, now) if was is None else _put_back(session, row, was, now)):
            return False
        moves.note(session, "undone", now, callback=row, what=last.after["deed"][0])
    for kind in MOVED:
        for key, kept in before[kind.__tablename__].items():
            undone = sa.update(kind).values(**_values(kind, kept)) if kept else sa.delete(kind)
            session.execute(undone.where(kind.id == _typed(_key(kind), key)))
    return True


def _turn(before: Row | None, after: Row | None) -> int:
    """0: a place that was not there before, 1: one that went on, 2: one that had gone into another."""
    return 0 if before is None else 1 if after is None or after["merged_into"] is None else 2


def _fold(session: Session, row: Callback, before: State, after: State, now: dt.datetime) -> bool:
    """A place that was made for some of the calls goes back into the one they came from."""
    call = next(key for key, each in after["calls"].items() if each and each["callback_id"] == row.id)
    whole = (before["calls"][call] or {})["callback_id"]
    return callbacks.shut(session, row, states.MERGED, now, [claims.no_live_attempt()], merged_into=whole)


def _put_back(session: Session, row: Callback, was: Row, now: dt.datetime) -> bool:
    values = _values(Callback, was)
    state = values.pop("state")
    if row.state != state:
        values["lease_until"] = claims.lease_until(session, row, now) if was["claimed_by"] else None
        return moves.move(session, row, f"undo_to_{state}", now, [claims.no_live_attempt()], **values)
    for name, value in values.items():
        setattr(row, name, value)
    session.flush()
    return True


def _unsay(session: Session, last: LastCardChange, by: str, now: dt.datetime) -> None:
    """What is said of each number as it was; and that it was taken back, on every card of them."""
    before: State = last.before["rows"]
    deed = last.after["deed"][0]
    for number, kept in before["contacts"].items():
        values = dict.fromkeys(SAID) | NEW if kept is None else _values(Contact, kept)
        session.execute(sa.update(Contact).where(Contact.number == number).values(**values))
    for number, tags in before[TAGS].items():
        persons.set_tags(session, [number], (tags or {})[TAGS])
    for id_, note in before["contact_notes"].items():
        session.execute(sa.delete(ContactNote).where(ContactNote.id == id_))
        if note is not None:
            session.add(ContactNote(id=id_, **_values(ContactNote, note)))
    session.expire_all()
    if deed != "note_added":  # it is gone as if it had never been written
        for number in sorted({contacts.numbers_of(session, each)[0] for each in last.after["numbers"]}):
            persons.note_change(session, number, by, now, TOOK_BACK.get(deed, "took back what they had just changed"))
    told = Told.callback_id.in_(before["callbacks"])
    session.execute(sa.delete(Told).where(told, Told.kind == "took_over", Told.at >= last.at, Told.seen_at.is_(None)))


def _key(kind: type[Base]) -> sa.ColumnElement[Any]:
    return sa.inspect(kind).primary_key[0]


def _typed(key: sa.ColumnElement[Any], kept: str) -> Any:
    return key.type.python_type(kept)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.datetime) else value


def _values(kind: type[Base], kept: Row) -> Row:
    """The same, as the columns have it."""
    times = {column.name for column in kind.__table__.columns if isinstance(column.type, UTC)}
    return {name: dt.datetime.fromisoformat(v) if v and name in times else v for name, v in kept.items()}
