"""Undo of a merge: for ten seconds two numbers can be parted again as if they had never been put on one card.

`same_person.split` parts them later, too, but by then each side has been told what was said of the other. Here all that
the merge touched is put back: what is said of both, their places on the list, whose calls and tries they are.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice import callbacks, claims, contacts, moves, persons, same_person, undo
from voice.claims import Refusal
from voice.db import UTC
from voice.list_tables import LastMerge, Told
from voice.models import Attempt, Call, Callback, Contact, Promise

SAID = ("name", "vip", "do_not_text", "language", "last_staff_id", "last_talk_at", "same_as")
UNSAID: Mapping[str, Any] = {"vip": False, "do_not_text": False}  # of a number that was new: the others are None
PLACE = (*undo.KEPT, "reason", "first_called_at", "last_called_at", "merged_into")
MOVED = (Call, Promise, Attempt)
State = dict[str, Any]


def merge(session: Session, number: str, other: str, user_id: str, by: str, now: dt.datetime) -> None:
    """`same_person.merge`, remembered for the user who does it. Raises `person.Unfit`."""
    contacts.hold(session, number)
    contacts.hold(session, other)
    numbers = sorted({*contacts.numbers_of(session, number), *contacts.numbers_of(session, other)})
    ids = [row.id for row in _open(session, numbers)]
    before = _state(session, numbers, ids)
    same_person.merge(session, number, other, by, now)
    session.flush()
    after = _state(session, numbers, ids)
    session.execute(sa.delete(LastMerge).where(LastMerge.user_id == user_id))
    session.add(LastMerge(user_id=user_id, at=now, before=before, after=after))
    session.flush()


def offered(session: Session, user_id: str, number: str, now: dt.datetime) -> bool:
    """Whether this user has just put numbers on that card and can take it back."""
    last = session.get(LastMerge, user_id)
    fresh = last is not None and now - last.at < undo.OFFERED and number in last.after["contacts"]
    return fresh and last is not None and _now(session, last) == last.after


def take_back(session: Session, user_id: str, by: str, now: dt.datetime) -> Refusal | None:
    """Put everything back as it was before this user's last merge, if that is fresh and nothing happened since."""
    last = session.get(LastMerge, user_id, with_for_update=True)
    if last is None or now - last.at >= undo.OFFERED + undo.GRACE:
        return Refusal("too_late")
    for number in last.after["contacts"]:
        contacts.hold(session, number)
    _open(session, list(last.after["contacts"]))
    if _now(session, last) != last.after:
        return Refusal("too_late")
    try:
        with session.begin_nested():  # they may ring at this very moment and get a place of their own
            for callback_id in sorted(last.before["callbacks"], key=lambda id_: _was_folded(last, id_)):
                if not _put_back(session, callback_id, last, now):
                    return Refusal("too_late")
    except sa.exc.IntegrityError:
        return Refusal("open")
    _unsay(session, last, by, now)
    session.delete(last)
    session.flush()
    return None


def _open(session: Session, numbers: Sequence[str]) -> Sequence[Callback]:
    """The open callbacks of these numbers, held until the transaction ends."""
    rows = sa.select(Callback).where(Callback.caller_key.in_(numbers), callbacks.IS_OPEN).order_by(Callback.id)
    return session.scalars(rows.with_for_update().execution_options(populate_existing=True)).all()


def _now(session: Session, last: LastMerge) -> State:
    return _state(session, sorted(last.after["contacts"]), sorted(last.after["callbacks"]))


def _state(session: Session, numbers: Sequence[str], ids: Sequence[str]) -> State:
    """All a merge of these numbers touches, as JSON keeps it."""
    people = session.scalars(
        sa.select(Contact).where(Contact.number.in_(numbers)).execution_options(populate_existing=True)
    )
    said: State = dict.fromkeys(numbers) | {each.number: _plain(each, SAID) for each in people}
    tags = {number: list(tags) for number, tags in persons.tags_of(session, numbers).items()}
    rows = session.scalars(sa.select(Callback).where(Callback.id.in_(ids)).execution_options(populate_existing=True))
    places = {row.id: _plain(row, PLACE) for row in rows}
    whose = {kind.__tablename__: _whose(session, kind, ids) for kind in MOVED}
    return {"contacts": said, "tags": tags, "callbacks": places, "whose": whose}


def _whose(session: Session, kind: type[Call | Promise | Attempt], ids: Sequence[str]) -> dict[str, list[str | None]]:
    """The callback of each row, and the promise a phone rang for: by its id, as text."""
    due = Attempt.due_for if kind is Attempt else sa.null()
    rows = sa.select(kind.id, kind.callback_id, due).where(kind.callback_id.in_(ids))
    return {str(id_): [callback_id, at.isoformat() if at else None] for id_, callback_id, at in session.execute(rows)}


def _plain(row: Callback | Contact, columns: Sequence[str]) -> State:
    values = {name: getattr(row, name) for name in columns}
    return {name: value.isoformat() if isinstance(value, dt.datetime) else value for name, value in values.items()}


def _values(kind: type[Callback | Contact], kept: State) -> State:
    """The same, as the columns have it."""
    times = {column.name for column in kind.__table__.columns if isinstance(column.type, UTC)}
    return {name: dt.datetime.fromisoformat(v) if v and name in times else v for name, v in kept.items()}


def _was_folded(last: LastMerge, callback_id: str) -> bool:
    return last.after["callbacks"][callback_id]["merged_into"] is not None


def _put_back(session: Session, callback_id: str, last: LastMerge, now: dt.datetime) -> bool:
    """One place on the list as it was. Those that went on come first: they hold the key another needs."""
    before, after = last.before["callbacks"][callback_id], last.after["callbacks"][callback_id]
    row = session.get_one(Callback, callback_id)
    values = _values(Callback, before)
    values.pop("state")
    if before["state"] != after["state"]:
        if before["claimed_by"] is not None:
            values["lease_until"] = now + claims.lease(session, row)
        if not moves.move(session, row, f"undo_to_{before['state']}", now, [], **values):
            return False
    else:
        for name, value in values.items():
            setattr(row, name, value)
        session.flush()
    for kind in MOVED:
        theirs = last.before["whose"][kind.__tablename__]
        for id_, (owner, due_for) in theirs.items():
            if owner == callback_id and last.after["whose"][kind.__tablename__].get(id_) != [owner, due_for]:
                extra = {"due_for": dt.datetime.fromisoformat(due_for)} if due_for else {}
                mine = sa.update(kind).where(kind.id == (int(id_) if kind is Promise else id_))
                session.execute(mine.values(callback_id=owner, **extra))
    moves.note(session, "undone", now, callback=row, what="merged")
    return True


def _unsay(session: Session, last: LastMerge, by: str, now: dt.datetime) -> None:
    """What is said of each number as it was; and that it was taken back, on both cards."""
    for number, kept in last.before["contacts"].items():
        values = dict.fromkeys(SAID) | dict(UNSAID) if kept is None else _values(Contact, kept)
        session.execute(sa.update(Contact).where(Contact.number == number).values(**values))
        persons.set_tags(session, [number], last.before["tags"].get(number, []))
        if values["same_as"] is None:
            persons.note_change(session, number, by, now, "took back that the numbers are one person's")
    told = Told.callback_id.in_(last.before["callbacks"])
    session.execute(sa.delete(Told).where(told, Told.kind == "took_over", Told.at >= last.at, Told.seen_at.is_(None)))
