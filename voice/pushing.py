"""Waking people: which browsers, for what, and with which words. Verbs on rows; the posting itself is a job."""

import datetime as dt
from collections.abc import Collection
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice import accounts, contacts, roster
from voice.accounts import Visit
from voice.devices import Device
from voice.ledger import User
from voice.models import Callback
from voice.rules import text
from voice.work import outbox

MOST = 10  # browsers of one user; the oldest gives way
SOON = dt.timedelta(minutes=5)  # before a promise that nobody has taken in hand is rung for once more
STALE = dt.timedelta(minutes=30)  # somebody woken later than this would be woken for an old story
LONGEST_NAME = 60
MOST_DUE = 200  # at one look, which holds the database's one writer

Kind = Literal["new", "handed", "due"]
STILL_SO: dict[Kind, tuple[str, ...]] = {
    "new": ("waiting", "no_number"),
    "due": ("waiting",),
    "handed": ("waiting", "claimed"),
}


def register(
    session: Session, visit: Visit, endpoint: str, p256dh: str, auth: str, names: bool, now: dt.datetime
) -> Device:
    """A browser wants to be woken from now on; again: it is this user's now, with these keys."""
    device = session.scalar(sa.select(Device).where(Device.endpoint == endpoint))
    if device is None:
        device = Device(endpoint=endpoint, added_at=now)
        session.add(device)
    device.user_id, device.sign_in_id = visit.user_id, visit.sign_in_id
    device.p256dh, device.auth, device.names = p256dh, auth, names
    session.flush()
    theirs = sa.select(Device).where(Device.user_id == visit.user_id).order_by(Device.added_at.desc(), Device.id)
    for old in session.scalars(theirs.offset(MOST)).all():
        session.delete(old)
    return device


def forget(session: Session, endpoint: str) -> None:
    """That browser is not woken any more. Whoever knows its address may say so: it is a secret of the browser's."""
    session.execute(sa.delete(Device).where(Device.endpoint == endpoint))


def moved_sign_in(session: Session, sign_in_id: str, new_id: str) -> None:
    """The browser is signed in under another id from now on, and is woken all the same."""
    session.execute(sa.update(Device).where(Device.sign_in_id == sign_in_id).values(sign_in_id=new_id))


def wake(
    session: Session, callback: Callback, kind: Literal["new", "handed"], now: dt.datetime, staff_id: str | None = None
) -> None:
    """Have people told of a callback: everybody on shift for its line, or `staff_id` alone.

    `new`: it was opened · `handed`: a colleague gave it to `staff_id`. Costs one question while nobody has asked.
    """
    if _anybody_asked(session):
        about = now if kind == "handed" else callback.first_called_at
        _emit(session, callback, kind, about, now, staff_id)


def wake_for_due(session: Session, now: dt.datetime) -> None:
    """Sweep: tell, as `due`, of those whose time comes within five minutes and whom nobody has in hand."""
    near = sa.select(Callback).where(Callback.state == "waiting", Callback.due_at > now, Callback.due_at <= now + SOON)
    if _anybody_asked(session):
        for callback in session.scalars(near.order_by(Callback.due_at).limit(MOST_DUE)).all():
            _emit(session, callback, "due", callback.due_at, now)


def spread(session: Session, callback: Callback, kind: Kind, staff_id: str | None, now: dt.datetime) -> None:
    """One job for each browser of those who are to be told, so that one that fails holds up no other."""
    card = roster.current(session).line(callback.line)
    people = {staff_id} if staff_id else {person.id for person in card.working(now)} if card else set()
    for device, user in session.execute(sa.select(Device, User).join(User, User.id == Device.user_id)):
        sees = user.in_sight is None or callback.line in user.in_sight
        if user.active and sees and accounts.staff_of(session, user) in people:
            stale_at = (now + STALE).isoformat()
            about: dict[str, Any] = {"device_id": device.id, "callback_id": callback.id, "kind": kind}
            outbox.emit(session, "push", now, **about, stale_at=stale_at)


def alert(session: Session, owners: Collection[str], kind: str, now: dt.datetime) -> None:
    """Wake the browsers of these users for something that owners are told at once."""
    stale_at = (now + STALE).isoformat()
    for device_id in session.scalars(sa.select(Device.id).where(Device.user_id.in_(owners))):
        outbox.emit(session, "push_alert", now, device_id=device_id, kind=kind, stale_at=stale_at)


def _anybody_asked(session: Session) -> bool:
    return bool(session.scalar(sa.select(sa.exists().where(Device.id.is_not(None)))))


def _emit(
    session: Session, callback: Callback, kind: Kind, about: dt.datetime, now: dt.datetime, staff_id: str | None = None
) -> None:
    key = f"wake:{kind}:{callback.id}:{about.isoformat()}"  # once for each thing there is to tell
    outbox.emit(session, "wake", now, key=key, callback_id=callback.id, kind=kind, staff_id=staff_id)


def news(session: Session, device: Device, callback: Callback, kind: Kind) -> dict[str, Any] | None:
    """What that browser is to show; None when it is no longer so. A name only where its user has asked for names."""
    if callback.state not in STILL_SO[kind]:
        return None
    name = contacts.name_of(session, callback.caller) if device.names else None
    who = text.clean(name, LONGEST_NAME) if name else None
    return {"kind": kind, "callback": callback.id, "who": who, "by": callback.due_at.isoformat()}
