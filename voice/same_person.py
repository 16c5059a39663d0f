"""One person has one place on the list of a line, whichever of their numbers they ring from. Verbs never commit.

Staff say in `persons` which numbers are one person's; here their callbacks follow. Two open ones become one: the
earliest promise, all the calls. When a number was somebody else's after all, what rang from it gets a place of its own.
"""

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice import allowed, attempts, callbacks, claims, contacts, moves, persons, promising
from voice.claims import Refusal
from voice.list_tables import Told
from voice.models import Attempt, Call, Callback, Promise, id_from
from voice.rules import numbers, one_place, person, states
from voice.work import outbox

JOB = "gather_person"
SOON, LATER = 10.0, 60.0  # seconds: a call that came in at the same moment; a phone that is live for both


def merge(session: Session, number: str, other: str, by: str, now: dt.datetime) -> None:
    """Two numbers are one person from now on, with one place on each line's list. Raises `person.Unfit`."""
    persons.merge(session, number, other, by, now)
    gather(session, number, now)
    look_again(session, number, now, SOON)


def gather(session: Session, number: str, now: dt.datetime) -> None:
    """Leave one open callback on each line for the person with this number.

    Where phones are live for two of them, both stay until a job looks again. Again: nothing changes.
    """
    ours = contacts.numbers_of(session, number)
    by_line: dict[str, list[Callback]] = {}
    for callback in session.scalars(_open(ours)):
        by_line.setdefault(callback.line, []).append(callback)
    settled = [_one_of(session, ours[0], rows, now) for rows in by_line.values()]
    if not all(settled):
        look_again(session, number, now, LATER)


def look_again(session: Session, number: str, now: dt.datetime, after: float) -> None:
    """Have `gather` done once more: whoever rang at this very moment did not know yet whose number it is."""
    key = f"{JOB}:{number}:{int(now.timestamp() + after)}"
    outbox.emit(session, JOB, now, key=key, after=after, number=number)


def split(session: Session, number: str, by: str, now: dt.datetime) -> None:
    """This number is somebody else's from now on: what rang from it has its own place, with the time it was promised.

    What is closed stays as it was closed.
    """
    before = contacts.numbers_of(session, number)
    persons.split(session, number, by, now)
    rest = next((each for each in before if each != number), None)
    for callback in session.scalars(_open(before)).all() if rest else ():
        _part(session, callback, number, rest or "", now)


def give_number(
    session: Session, callback: Callback, number: str, staff_id: str, now: dt.datetime
) -> Refusal | None:  # fmt: skip
    """Somebody who hides their number has said one (E.164): they keep their place and are owed a call from now
    on, or are held by the rules.

    Where they have an open callback from that number, this one goes into it. Raises `person.Unfit`.
    """
    refused = contacts.dial_refusal(session, number)
    if refused is not None and refused.code not in numbers.MAY_BE_ALLOWED:
        raise person.Unfit(f"phone: {refused.sentence}")
    if contacts.is_blocked(session, number):
        raise person.Unfit("phone: this number is blocked. The owner can unblock it on its card.")
    if callback.state != "no_number":
        return Refusal("too_late")
    theirs = callbacks.open_of(session, callback.line, number)
    try:
        with session.begin_nested():  # they may ring from it at this very moment
            if theirs is None:
                key = contacts.person_key(session, number)
                moves.move(session, callback, "number_given", now, caller=number, caller_key=key)
                if refused is None:
                    place = callback.due_at
                    allowed.owe(session, callback, now)
                    callback.due_at = min(place, callback.due_at)
            elif not _fold(session, theirs, callback, now):
                return Refusal("too_late")
    except sa.exc.IntegrityError:
        return Refusal("open")
    kept = theirs or callback
    moves.note(session, "number_given", now, callback=kept, staff=staff_id)
    callbacks.hold_if_forbidden(session, kept, now)
    return None


def goes_on(session: Session, callback: Callback) -> Callback:
    """Where what was owed to this callback stands now: itself, or the one it has gone into."""
    while callback.merged_into is not None:
        callback = session.get_one(Callback, callback.merged_into)
    return callback


def ring_on(
    session: Session, callback: Callback, number: str, staff_id: str, now: dt.datetime
) -> Refusal | None:  # fmt: skip
    """Choose which of the person's numbers is rung. Not one of a stranger, nor while a colleague has them in hand."""
    if callback.caller is None or number not in contacts.numbers_of(session, callback.caller):
        return Refusal("number", reason="invalid")
    if callback.claimed_by not in (None, staff_id):
        return claims.refusal(callback, staff_id)
    if (refused := contacts.dial_refusal(session, number)) is not None:
        return Refusal("number", reason=refused.code)
    return None if allowed.rung_on(session, callback, number, now) else Refusal("under_way", callback.claimed_by)


def _open(ours: Sequence[str]) -> sa.Select[Callback]:
    rows = sa.select(Callback).where(Callback.caller_key.in_(ours), callbacks.IS_OPEN).order_by(Callback.id)
    return rows.with_for_update().execution_options(populate_existing=True)


def _one_of(session: Session, key: str, rows: Sequence[Callback], now: dt.datetime) -> bool:
    """Fold them into the one that is furthest, and keep it under the person's key. False: not possible just now."""
    kept, *others = sorted(rows, key=lambda row: (one_place.rank(row), row.due_at, row.id))
    folded = [_fold(session, kept, other, now) for other in others]
    if not all(folded):
        return False
    try:
        with session.begin_nested():  # they may ring from their first number at this very moment
            kept.caller_key = key
            session.flush()
    except sa.exc.IntegrityError:
        return False
    return True


def _fold(session: Session, kept: Callback, other: Callback, now: dt.datetime) -> bool:
    """What is owed to `other` is owed to `kept` from now on. False: a phone is live for `other`."""
    attempt = claims.live_attempt(session, other)  # that of a phone which only rings by itself gives way
    if one_place.rank(other) == 0 or (attempt and not attempts.overtake(session, attempt, now, unrung=True)):
        return False
    holder, returns = other.claimed_by, one_place.rings_in(kept, other)
    together = one_place.together(kept, other)
    into = {"caller_key": kept.caller_key, "merged_into": kept.id}
    if not callbacks.shut(session, other, states.MERGED, now, [claims.no_live_attempt()], **into):
        return False
    for column, value in together.items():
        setattr(kept, column, value)
    for kind in (Call, Promise):
        session.execute(sa.update(kind).where(kind.callback_id == other.id).values(callback_id=kept.id))
    _move_attempts(session, kept, other)
    if returns:
        moves.move(session, kept, "ring_in", now, attempts=0)
    if holder is not None and kept.claimed_by not in (None, holder):
        told = {"by_staff_id": kept.claimed_by, "callback_id": kept.id, "kind": "took_over", "at": now}
        session.add(Told(staff_id=holder, **told))
    moves.note(session, "merged", now, callback=kept, other=other.id)
    session.flush()
    return True


def _move_attempts(session: Session, kept: Callback, other: Callback) -> None:
    """What was tried for one was tried for both. Whose phone rang by itself for a promise of both is kept once."""
    theirs = sa.select(Attempt).where(Attempt.callback_id.in_((kept.id, other.id)))
    tried = session.scalars(theirs).all()
    rung = {(each.due_for, each.staff_id) for each in tried if each.callback_id == kept.id}
    for attempt in tried:
        if attempt.callback_id == other.id:
            attempt.due_for = None if (attempt.due_for, attempt.staff_id) in rung else attempt.due_for
            attempt.callback_id = kept.id
    session.flush()


def _part(session: Session, callback: Callback, number: str, rest: str, now: dt.datetime) -> None:
    """One open callback of two people: each keeps what rang from their numbers."""
    calls = list(
        session.scalars(sa.select(Call).where(Call.callback_id == callback.id).order_by(Call.received_at, Call.id))
    )
    sides: dict[str, list[Call]] = {number: [], rest: []}
    for call in calls:
        sides[number if (call.caller or callback.caller) == number else rest].append(call)
    stays = number if callback.caller == number else rest
    if not sides[stays]:  # staff chose to ring a number nobody rang from
        stays = rest if stays == number else number
    leaves = rest if stays == number else number
    theirs = [call.caller for call in sides[stays] if call.caller]
    callback.caller_key = stays
    if callback.caller not in theirs and theirs:
        callback.caller = theirs[-1]
    session.flush()
    if sides[leaves]:
        callback.calls -= len(sides[leaves])
        callback.first_called_at = sides[stays][0].received_at
        callback.last_called_at = sides[stays][-1].received_at
        _place(session, callback, leaves, sides[leaves], now)


def _place(session: Session, was: Callback, key: str, calls: Sequence[Call], now: dt.datetime) -> None:
    """A place of their own for whoever made these calls, as they were promised."""
    ids = [call.id for call in calls]
    told = sa.select(Promise.promised_by).where(Promise.call_id.in_(ids)).order_by(Promise.made_at.desc())
    promised = session.scalar(told.limit(1))
    times = {"first_called_at": calls[0].received_at, "last_called_at": calls[-1].received_at}
    row = Callback(
        id=id_from(calls[0].received_at), line=was.line, caller=calls[-1].caller, caller_key=key, state="waiting",
        reason=calls[0].cause or was.reason, calls=len(calls), promised_by=promised or was.promised_by,
        due_at=promised or was.promised_by, **times,
    )  # fmt: skip
    session.add(row)
    session.flush()
    session.execute(sa.update(Call).where(Call.id.in_(ids)).values(callback_id=row.id))
    session.execute(sa.update(Promise).where(Promise.call_id.in_(ids)).values(callback_id=row.id))
    moves.note(session, "separated", now, callback=row, other=was.id)
    if callbacks.hold_if_forbidden(session, row, now) is None and promised is None:
        promising.tell(session, row, None, "", "none", now)  # what was told to both is owed to each
