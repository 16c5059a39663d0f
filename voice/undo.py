"""Undo: for ten seconds the last thing a person did to each callback can be taken back, if nothing happened since."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice import allowed, claims, contacts, moves, results
from voice.claims import Refusal
from voice.db import UTC
from voice.ledger import CallEvent
from voice.list_tables import LastChange, Told
from voice.models import Attempt, Callback, Promise

OFFERED = dt.timedelta(seconds=10)
PUT_AWAY = "told_seen"
GRACE = dt.timedelta(seconds=5)  # a press in the tenth second is still on its way

# All of a callback that a person's change can touch; a lease goes on by itself and says nothing.
KEPT = (
    "state", "caller", "caller_key", "closed_reason", "closed_at", "held_reason", "calls", "promised_by", "due_at",
    "owed_by", "claimed_by", "attempts", "result", "note", "rang_at", "later", "by_hand_at", "topic_id", "bought",
    "why_not", "handed_by", "handed_to", "handed_word",
)  # fmt: skip


# Joined: nothing is offered of a line that is out of this person's sight.
LATEST = (
    sa.select(LastChange, Callback)
    .join(Callback, Callback.id == LastChange.callback_id)
    .where(LastChange.staff_id == sa.bindparam("staff"), LastChange.at > sa.bindparam("since", type_=UTC))
    .order_by(LastChange.at.desc(), LastChange.callback_id)
)


def remembering(
    session: Session,
    callback: Callback,
    staff_id: str,
    what: str,
    now: dt.datetime,
    verb: Callable[[], Refusal | None],
) -> Refusal | None:
    """Do `verb` on a row that nobody else changes meanwhile, and keep what it replaced; `what` names it."""
    session.refresh(callback, with_for_update=True)
    before = _snapshot(callback) | {"lease_until": _plain(callback.lease_until)}
    if (talk := results.last_answered(session, callback)) is not None:  # a result says who picked up
        before["talk"] = [talk.id, talk.ending]
    refused = verb()
    after = _snapshot(callback)
    merged = callback.closed_reason == "merged"  # it goes on in another row, which holds more than this change
    if refused is None and not merged and any(before[name] != after[name] for name in KEPT):
        _keep(session, staff_id, callback.id, now, what=what, before=before, after=after)
    return refused


def put_away(session: Session, told: Told, now: dt.datetime) -> bool:
    """OK to what a colleague did, by whom it was told; it can be brought back. False: it was put away before."""
    if told.seen_at is not None:
        return False
    told.seen_at = now
    _keep(session, told.staff_id, told.callback_id, now, what=PUT_AWAY, before={"told": told.id}, after={})
    return True


def _keep(session: Session, staff_id: str, callback_id: str, now: dt.datetime, **change: Any) -> None:
    gone = sa.or_(LastChange.callback_id == callback_id, LastChange.at <= now - OFFERED - GRACE)
    session.execute(sa.delete(LastChange).where(LastChange.staff_id == staff_id, gone))
    session.add(LastChange(staff_id=staff_id, callback_id=callback_id, at=now, **change))
    session.flush()


def offered(session: Session, staff_id: str, now: dt.datetime) -> tuple[LastChange, Callback] | None:
    """The newest change this person can take back just now, and its callback."""
    found = session.execute(LATEST, {"staff": staff_id, "since": now - OFFERED})
    # Whatever has become of the callback, a line about it can be read again.
    return next(
        ((change, row) for change, row in found if change.what == PUT_AWAY or _snapshot(row) == change.after), None
    )


def undo(session: Session, callback: Callback, staff_id: str, now: dt.datetime) -> Refusal | None:
    """Put the row back as it was before this person's last change to it, if fresh and nothing happened since."""
    change = session.get(LastChange, (staff_id, callback.id))
    if change is None or now - change.at >= OFFERED + GRACE:
        return Refusal("too_late")
    if change.what == PUT_AWAY:
        session.execute(sa.update(Told).where(Told.id == change.before["told"]).values(seen_at=None))
        session.delete(change)
        return None
    refused = _put_back(session, callback, change, now)
    if refused is None:
        _take_back_what_went_with_it(session, callback, change, now)
    return refused


def _put_back(session: Session, callback: Callback, change: LastChange, now: dt.datetime) -> Refusal | None:
    values = _restored(change, claims.lease_until(session, callback, now))
    if values["caller"] is not None:  # their numbers may have been put on one card since
        values["caller_key"] = contacts.person_key(session, values["caller"])
    unchanged = [_column(name).is_not_distinct_from(_value(name, change.after[name])) for name in KEPT]
    try:
        with session.begin_nested():  # they may have rung and got another open callback
            moved = moves.move(
                session, callback, f"undo_to_{change.before['state']}", now,
                [*unchanged, claims.no_live_attempt()], **values,
            )  # fmt: skip
    except sa.exc.IntegrityError:
        return Refusal("open")
    return None if moved else Refusal("too_late")


def _take_back_what_went_with_it(session: Session, callback: Callback, change: LastChange, now: dt.datetime) -> None:
    """What colleagues were told, how the talk was said to have ended, whom the owner allowed; and note the undoing."""
    told = sa.delete(Told).where(Told.callback_id == callback.id, Told.by_staff_id == change.staff_id)
    session.execute(told.where(Told.at >= change.at, Told.seen_at.is_(None)))
    if "talk" in change.before:
        talk, ending = change.before["talk"]
        session.execute(sa.update(Attempt).where(Attempt.id == talk).values(ending=ending))
    if change.what == "allowed" and callback.caller is not None:
        allowed.forbid(session, callback.caller)
    if change.what in ("allowed", "number_given"):  # what was owed from then on, and told to nobody yet
        session.execute(sa.delete(Promise).where(Promise.callback_id == callback.id, Promise.made_at >= change.at))
    session.delete(change)
    deed = sa.select(sa.func.max(CallEvent.id)).where(CallEvent.callback_id == callback.id, CallEvent.at == change.at)
    of = str(session.scalar(deed))  # the newest of what was noted then: a claim may stand before it
    moves.note(session, "undone", now, callback=callback, staff=change.staff_id, what=change.what, of=of)


def _restored(change: LastChange, lease_until: dt.datetime) -> dict[str, Any]:
    """The values of the row as it was; a claim that comes back gets a whole lease, time to say a result does not."""
    values = {name: _value(name, change.before[name]) for name in KEPT if name != "state"}
    kept = _value("lease_until", change.before["lease_until"])
    return values | {"lease_until": max(kept, lease_until) if kept else None}


def _snapshot(callback: Callback) -> dict[str, Any]:
    return {name: _plain(getattr(callback, name)) for name in KEPT}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.datetime) else value


def _value(name: str, kept: Any) -> Any:
    is_time = kept is not None and isinstance(_column(name).type, UTC)
    return dt.datetime.fromisoformat(kept) if is_time else kept


def _column(name: str) -> sa.ColumnElement[Any]:
    return Callback.__table__.c[name]
