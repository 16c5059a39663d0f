"""The callback list: one open callback per caller and line, kept until it is closed with a reason.

Rows in, rows out; verbs never commit. Who holds one is in `claims`, dialling the caller in `attempts`.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from voice import allowed, contacts, moves, paging, promising, pushing
from voice.about import NOTHING_SAID, About
from voice.claims import NOT_HANDED, Refusal, lease_until, mine_to_touch, no_live_attempt, refusal
from voice.firm import Line
from voice.ledger import CallEvent
from voice.models import Call, Callback, Contact, id_from
from voice.rules import near, numbers, states

OPEN = tuple(state for state in states.CALLBACK_STATES if state != "closed")
IS_OPEN = Callback.state != sa.literal_column("'closed'")  # written out, so that both databases know their index fits
REOPENED_WITHIN = dt.timedelta(days=30)
FIRST_NUMBER = sa.select(Contact.same_as).where(Contact.number == sa.bindparam("key")).scalar_subquery()
THEIRS_ANYWHERE = sa.and_(Callback.caller_key == sa.func.coalesce(FIRST_NUMBER, sa.bindparam("key")), IS_OPEN)
THEIRS = (
    sa.select(Callback)
    .where(Callback.line == sa.bindparam("called"), THEIRS_ANYWHERE)
    .execution_options(populate_existing=True)
)
# Reasons a person may give.
BY_STAFF = ("talked", "got_through", "done_by_staff", "wrong_person", "withdrawn_by_caller")


@dataclass(frozen=True)
class Page:
    """One page of a list; `next` is the cursor of the page after it, None on the last."""

    items: list[Callback]
    next: str | None


def open_for(session: Session, call: Call, cause: str, now: dt.datetime) -> Callback | None:
    """Put the caller of `call` on the list, or raise the callback they have. None: the owner has blocked them.

    Asking again for the same call changes nothing. A call that is over was told no time: its promise is kept on
    record with channel `none`; for the others the words follow through `promising.tell`. A held or a hidden number is
    told none.
    """
    if call.callback_id:
        return session.get_one(Callback, call.callback_id)
    if contacts.is_blocked(session, call.caller):
        return None
    line = session.get_one(Line, call.line)
    promised = promising.promised_by(session, line, call.caller, now)
    while (callback := _insert(session, call, cause, promised) or _merge(session, call, promised, now)) is None:
        pass  # theirs was closed between our two statements: now ours is the first
    call.callback_id = callback.id
    raised = callback.calls > 1
    moves.note(session, "callback_raised" if raised else "callback_opened", now, call, callback, cause=cause)
    if not raised:
        pushing.wake(session, callback, "new", now)
    if call.ended_at is not None and callback.promised_by == promised and promising.may_promise(callback):
        promising.tell(session, callback, call, "", "none", now)
    session.flush()
    return callback


def explain(session: Session, call: Call, cause: str) -> None:
    """The cause of `call` is known better now; it is the callback's reason where that call was the first."""
    first = [Callback.id == call.callback_id, Callback.first_called_at == call.received_at]
    session.execute(sa.update(Callback).where(*first).values(reason=cause))


def open_of(session: Session, line: str, caller_key: str) -> Callback | None:
    """The open callback of this caller on this line, from whichever of their numbers they rang; None: there is none."""
    return session.scalar(THEIRS, {"called": line, "key": caller_key})


def owed_by(session: Session, line: str, caller_key: str) -> str | None:
    """The staff member who owes this caller: whoever holds their callback, else who held it last."""
    callback = open_of(session, line, caller_key)
    return (callback.claimed_by or callback.owed_by) if callback else None


def listed(
    session: Session, wanted: Collection[str] = OPEN, limit: int = 50, cursor: str | None = None,
    among: sa.Select[str] | None = None, closed_since: dt.datetime | None = None,
) -> Page:  # fmt: skip
    """Callbacks in these states in order of promise (`due_at, id`); what has gone into another stands there only.

    `among`: only those with one of these ids. `closed_since`: only those closed from then on.
    Raises ValueError for a cursor that is not ours.
    """
    rows = sa.select(Callback).where(Callback.state.in_(wanted), Callback.merged_into.is_(None))
    rows = rows.order_by(Callback.due_at, Callback.id)
    if "closed" not in wanted:
        rows = rows.where(IS_OPEN)
    rows = rows if among is None else rows.where(Callback.id.in_(among))
    if closed_since is not None:
        rows = rows.where(~IS_OPEN, Callback.closed_at >= closed_since)
    if cursor is not None:
        due_at, last = paging.read(cursor)
        rows = rows.where(sa.or_(Callback.due_at > due_at, sa.and_(Callback.due_at == due_at, Callback.id > last)))
    found = list(session.scalars(rows.limit(limit + 1)))
    more = len(found) > limit
    return Page(found[:limit], paging.cursor(found[-2].due_at, found[-2].id) if more else None)


def close(
    session: Session,
    callback: Callback,
    staff_id: str,
    reason: str,
    now: dt.datetime,
    about: About = NOTHING_SAID,
    **values: Any,
) -> Refusal | None:
    """Close by hand, with a reason of BY_STAFF (else ValueError). Refused while a phone is live for it.

    `values`: other columns to set with it.
    """
    if reason not in BY_STAFF:
        raise ValueError(f"reason must be one of: {', '.join(BY_STAFF)}")
    also = [mine_to_touch(staff_id, now), no_live_attempt()]
    if not shut(session, callback, reason, now, also, **about.values(callback), **values):
        return refusal(callback, staff_id)
    moves.note(session, "closed", now, callback=callback, staff=staff_id, reason=reason, **about.told())
    return None


def reopen(session: Session, callback: Callback, now: dt.datetime, staff_id: str | None = None) -> Refusal | None:
    """Put a closed callback back on the list, due now. The times that were promised stay as they were said.
    No `staff_id`: a program did.

    Refused when the caller has another open one, and 30 days after it was closed.
    """
    late = callback.closed_at is not None and now - callback.closed_at > REOPENED_WITHIN
    gone = callback.closed_reason == "merged" or callback.caller_key.startswith(numbers.ERASED)
    if late or gone:  # into another row, or for good
        return Refusal("too_late")
    other = open_of(session, callback.line, callback.caller_key)
    if other is not None:
        return Refusal("open") if other.id != callback.id else None
    event = "reopen" if callback.caller else "reopen_hidden"
    fresh: dict[str, Any] = {"closed_reason": None, "closed_at": None, "result": None, "attempts": 0, "due_at": now}
    fresh["held_reason"] = None
    fresh |= {"later": None, "caller_key": contacts.person_key(session, callback.caller_key), **NOT_HANDED}
    try:
        with session.begin_nested():  # another process may have opened one since we looked
            moves.move(session, callback, event, now, **fresh)
    except sa.exc.IntegrityError:
        return Refusal("open")
    hold_if_forbidden(session, callback, now)
    moves.note(session, "reopened", now, callback=callback, staff=staff_id)
    return None


def hold_if_forbidden(session: Session, callback: Callback, now: dt.datetime) -> numbers.Refusal | None:
    """Check the number policy; what fails is held for the owner with the reason. None: it may be dialled."""
    refused = contacts.dial_refusal(session, callback.caller) if callback.caller else None
    if refused is not None:
        hold(session, callback, refused.code, now)
    return refused


def hold(session: Session, callback: Callback, reason: str, now: dt.datetime) -> None:
    """Keep it for the owner: this number must not, or cannot, be dialled."""
    if moves.move(session, callback, "hold", now, held_reason=reason, claimed_by=None, lease_until=None):
        moves.note(session, "held", now, callback=callback, reason=reason)


def block(session: Session, number: str, blocked: bool, now: dt.datetime) -> None:
    """Block or unblock a number. Open callbacks that are rung on it close, unless a phone is live for one; where the
    person has rung from another number as well, that one is rung from now on. Unblocking puts back what was closed."""
    contacts.block(session, number, blocked)
    if not blocked:
        _put_back(session, number, now)
        return
    theirs = sa.select(Callback).where(Callback.caller == number, IS_OPEN).with_for_update()
    for callback in session.scalars(theirs.execution_options(populate_existing=True)).all():
        rang = sa.select(Call.caller).where(Call.callback_id == callback.id, Call.caller != number)
        others = [each for each in session.scalars(rang.order_by(Call.received_at.desc())) if each]
        free = next((each for each in others if not contacts.is_blocked(session, each)), None)
        if free is None or not allowed.rung_on(session, callback, free, now):
            times = {"lease": callback.lease_until, "by_hand": callback.by_hand_at}
            before: dict[str, str | None] = {name: at.isoformat() if at else None for name, at in times.items()}
            before |= {"state": callback.state, "holder": callback.claimed_by}
            if shut(session, callback, "blocked", now, [no_live_attempt()]):
                moves.note(session, "closed", now, callback=callback, reason="blocked", before=before)


def _put_back(session: Session, number: str, now: dt.datetime) -> None:
    """What the block of this number closed in the last 30 days is as it was; a claim gets a whole lease.

    Where the person has an open callback by now, that one stays the only one.
    """
    theirs = sa.select(Callback, CallEvent.data).join(
        CallEvent, sa.and_(CallEvent.callback_id == Callback.id, CallEvent.at == Callback.closed_at)
    )
    blocked = theirs.where(Callback.caller == number, Callback.closed_reason == "blocked", CallEvent.kind == "closed")
    fresh = blocked.where(Callback.closed_at >= now - REOPENED_WITHIN).order_by(Callback.closed_at.desc(), Callback.id)
    for callback, data in session.execute(fresh).all():
        before, key = data["before"], contacts.person_key(session, number)
        until, by_hand = (before[name] and dt.datetime.fromisoformat(before[name]) for name in ("lease", "by_hand"))
        values = {"claimed_by": before["holder"], "by_hand_at": by_hand, "closed_reason": None, "closed_at": None}
        values |= {"lease_until": until and max(until, lease_until(session, callback, now)), "caller_key": key}
        try:
            with session.begin_nested():  # they may have rung since, from another number of theirs
                if moves.move(session, callback, f"undo_to_{before['state']}", now, **values):
                    moves.note(session, "undone", now, callback=callback, what="blocked")
        except sa.exc.IntegrityError:
            continue


def shut(
    session: Session,
    callback: Callback,
    reason: str,
    now: dt.datetime,
    also: Collection[sa.ColumnElement[bool]] = (),
    **values: Any,
) -> bool:
    """Close it for a reason of any kind, if it is open and `also` holds. True for the one who closed it."""
    closing = {"closed_reason": reason, "closed_at": now, "claimed_by": None, "lease_until": None, "by_hand_at": None}
    return moves.move(session, callback, "close", now, list(also), **(closing | values))


def _insert(session: Session, call: Call, cause: str, promised: dt.datetime) -> Callback | None:
    """The caller's first: None when they have an open one. The unique index decides, not a look beforehand."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    refused = contacts.dial_refusal(session, call.caller) if call.caller else None
    row = {
        "id": id_from(call.received_at),
        "line": call.line,
        "caller": call.caller,
        "caller_key": contacts.person_key(session, call.caller_key),
        "state": "no_number" if call.caller is None else "held" if refused else "waiting",
        "held_reason": refused.code if refused else None,
        "reason": cause,
        "calls": 1,
        "attempts": 0,
        "note": "",
        "first_called_at": call.received_at,
        "last_called_at": call.received_at,
        "promised_by": promised,
        "due_at": promised,
    }
    unless_open = insert(Callback).on_conflict_do_nothing(
        index_elements=["line", "caller_key"], index_where=sa.text("state <> 'closed'")
    )
    added = session.execute(unless_open.values(**row).returning(Callback.id)).first()
    return session.get_one(Callback, row["id"]) if added else None


def _merge(session: Session, call: Call, promised: dt.datetime, now: dt.datetime) -> Callback | None:
    """Count another call on the caller's open callback; None when it has been closed meanwhile."""
    callback = open_of(session, call.line, call.caller_key)
    if callback is None:
        return None
    here = sa.update(Callback).where(Callback.id == callback.id, IS_OPEN)
    counted = here.values(calls=Callback.calls + 1).returning(Callback.id)
    if session.execute(counted, execution_options={"synchronize_session": False}).first() is None:
        return None
    session.refresh(callback)  # the row is ours until we commit: from here on plain Python is safe
    if call.received_at < callback.first_called_at:  # an earlier call we hear of late: its place is the older one
        callback.due_at = min(callback.due_at, promised)
    callback.first_called_at = min(callback.first_called_at, call.received_at)
    callback.last_called_at = max(callback.last_called_at, call.received_at)
    taken, hears = callback.state in ("claimed", "calling"), call.ended_at is None
    if callback.promised_by <= now or (hears and not near.can_be_told(callback.promised_by, taken, now)):
        # A further promise, with words of its own, to whoever hears them. The one before stays on record and is judged.
        callback.promised_by, callback.rang_at = promised, None
    callback.due_at = min(callback.due_at, callback.promised_by)  # the same place, or sooner: never later
    callback.later = None  # they want us now
    if call.caller is not None and call.caller != callback.caller:
        allowed.rung_on(session, callback, call.caller, now)  # they are by that phone
    moves.move(session, callback, "ring_in", now, attempts=0)  # was unreached: they are by their phone again
    return callback
