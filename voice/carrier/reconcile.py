"""The last witness: the carrier's own call log, read every minute, fills what no delivery has told us.

A listing is whole or it counts for nothing; the watermark never passes a call that is not settled. Each call is
decided in a transaction of its own, so that a crash, or two readers at once, lead to the same rows.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from voice import call_log, calls, messages, moves, notices, recovered, roster
from voice.carrier import client
from voice.carrier.proof import Proofs, end_of, start_of
from voice.db import chunks
from voice.ledger import CallEvent, Message
from voice.models import Call, Leg
from voice.rules import evidence, numbers, text
from voice.work import jobs
from voice.work.tools import Tools

log = structlog.get_logger()

EXAMINED = ("evidence_read", "records_disagree")  # events of a call whose proof has been looked at
LOG_LAG = dt.timedelta(hours=2)  # a day is held against the carrier's when its log can be late no more
RECORDED = ("completed", "absent", "failed")  # what a recording may be; others are not ready yet


@dataclass
class Read:
    """What came of reading one line's log over one window."""

    line: str
    window: evidence.Window
    at_once: bool
    settled_until: dt.datetime
    found: list[str] = field(default_factory=list)  # ids of calls we had never heard of
    waiting: int = 0  # calls that cannot be decided about yet
    disagreements: int = 0
    days: list[evidence.Day] = field(default_factory=list)


def run(tools: Tools, now: dt.datetime, at_once: bool = False) -> bool:
    """Read what is due of every line's log. `at_once`: all lines, and waiting for no late delivery, as at the start.

    True when every line has been read to its end. Never raises: without the log, calls are answered all the same.
    """
    try:
        with tools.database.reading() as session:
            lines = sorted(roster.current(session).numbers())
        read = [_run_line(tools, line, now, at_once) for line in lines]
    except sa.exc.SQLAlchemyError as error:
        log.warning("call_log_unread", error=type(error).__name__)
    except Exception:
        log.exception("call_log_failed")
    else:
        return all(read)
    return False


def _run_line(tools: Tools, line: str, now: dt.datetime, at_once: bool) -> bool:
    with tools.database.transaction() as session:
        taken = call_log.take(session, line, now, at_once)
    if taken is None:
        return False
    window = evidence.next_window(now, taken.since, taken.watermark, taken.day_read_at, taken.week_read_at)
    try:
        read = read_line(tools, line, window, now, at_once)
    except client.CarrierError as error:
        log.warning("call_log_unread", line=line, error=type(error).__name__, code=error.code)
        with tools.database.transaction() as session:
            call_log.broke_off(session, line, f"{type(error).__name__}: {error}"[:200])
        return False
    with tools.database.transaction() as session:
        call_log.has_read(session, line, window, read.settled_until, now)
        _keep_days(session, read, now)
    return True


def read_line(tools: Tools, line: str, window: evidence.Window, now: dt.datetime, at_once: bool) -> Read:
    """Read one line's log over a window, and settle every call in it that can be. Raises CarrierError."""
    listed = {row.sid: row for row in tools.carrier.log(*window.days, to=line) if row.direction == "inbound"}
    rows = [row for row in listed.values() if window.holds(start_of(row))]
    read, proofs = Read(line, window, at_once, window.until), Proofs(tools, line, window, now)
    with tools.database.reading() as session:
        known = _known(session, [row.sid for row in rows], window.is_day)
    for row in sorted(rows, key=lambda row: (start_of(row), row.sid)):
        _settle(tools, proofs, read, row, known.get(row.sid))
    if listed and (read.found or window.is_day):
        _take_messages(tools, window, set(listed))
    from_log = [*read.found, *(row.id for row in known.values() if row.from_log)]
    for some in chunks(from_log):
        with tools.database.transaction() as session:
            recovered.report(session, some, now)
    if window.is_day:
        starts = {row.sid: start_of(row) for row in listed.values()}
        with tools.database.reading() as session:
            ours = _ours(session, line, window, list(starts))
        read.days = list(evidence.days(starts, ours, window.since, window.until))
    return read


@dataclass(frozen=True)
class _Row:
    """Our row of a call of the log."""

    id: str
    from_log: bool
    said: evidence.Known
    leg_sid: str | None
    joined_at: dt.datetime | None


def _known(session: Session, sids: Sequence[str], is_day: bool) -> dict[str, _Row]:
    found: dict[str, _Row] = {}
    for some in chunks(sids):
        query = sa.select(Call, Leg.sid).outerjoin(Leg, Leg.id == Call.accepted_leg_id).where(Call.sid.in_(some))
        rows = [(call, sid) for call, sid in session.execute(query)]
        doubtful = [call.id for call, _ in rows if call.outcome == "callback" and call.joined_at is None]
        talks = [call.id for call, _ in rows if call.outcome == "talked" and is_day]
        accepted = _with_event(session, doubtful, ["accepted"])
        done = _with_event(session, [*doubtful, *talks], EXAMINED)
        for call, leg_sid in rows:
            unsure = call.id in doubtful and (call.path == "fallback" or call.id in accepted)
            pending = call.ended_at is None or call.outcome == "pending"
            said = evidence.Known(pending, call.id in talks and call.id not in done, unsure and call.id not in done)
            found[call.sid] = _Row(call.id, call.source == "log", said, leg_sid, call.joined_at)
    return found


def _with_event(session: Session, call_ids: Sequence[str], kinds: Sequence[str]) -> set[str]:
    if not call_ids:
        return set()
    events = sa.select(CallEvent.call_id).where(CallEvent.call_id.in_(call_ids), CallEvent.kind.in_(kinds))
    return {call_id for call_id in session.scalars(events) if call_id}


def _settle(tools: Tools, proofs: Proofs, read: Read, row: client.Seen, known: _Row | None) -> None:
    """Do what there is to do about one call; what cannot be decided yet holds the watermark back."""
    now, ended = proofs.now, end_of(row, proofs.now)
    verdict = evidence.verdict(row.over, ended, known.said if known else None, now, read.at_once)
    settled = verdict in ("settled", "compare")
    if verdict == "find":
        settled = _find(tools, proofs, read, row)
    elif known is None:
        settled = False
    elif verdict == "end":
        jobs.look_at_call(tools, now, known.id)  # it asks once more, and settles at the next reading
    elif verdict == "examine":
        settled = _examine(tools, proofs, row, known)
    elif verdict == "compare":
        _compare(tools, proofs, read, row, known)
    if not settled:
        read.waiting += 1
        read.settled_until = min(read.settled_until, start_of(row))


def _find(tools: Tools, proofs: Proofs, read: Read, row: client.Seen) -> bool:
    proof = proofs.of(row, None)
    if proof.wait:
        return False
    caller, name = numbers.parse_caller(row.sender, row.sid), text.clean(row.caller_name) or None
    arrival = calls.Arrival(row.sid, row.to, caller, name, row.forwarded_from or None, source="log")
    found = recovered.Found(arrival, start_of(row), end_of(row, proofs.now), failed=row.status == "failed")
    try:
        with tools.database.transaction() as session:
            call = recovered.find(session, found, proof.talk, proofs.now)
            if proof.read:
                moves.note(session, "evidence_read", proofs.now, call=call)
    except sa.exc.IntegrityError:
        return False  # its own delivery, or another reader, was faster by a moment
    read.found.append(call.id)
    return True


def _examine(tools: Tools, proofs: Proofs, row: client.Seen, known: _Row) -> bool:
    proof = proofs.of(row, known.id)
    if proof.read:
        with tools.database.transaction() as session:
            recovered.examined(session, session.get_one(Call, known.id), proof.talk, proofs.now)
    return not proof.wait


def _compare(tools: Tools, proofs: Proofs, read: Read, row: client.Seen, known: _Row) -> None:
    leg = proofs.legs.get(known.leg_sid or "")
    if leg is None or leg.ended_at is None or known.joined_at is None:
        return
    if evidence.contradicts(known.joined_at, leg.ended_at, end_of(row, proofs.now)):
        log.warning("records_disagree", call=known.id)
        read.disagreements += 1
        with tools.database.transaction() as session:
            recovered.disagree(session, session.get_one(Call, known.id), proofs.now)


def _take_messages(tools: Tools, window: evidence.Window, sids: set[str]) -> None:
    """Messages whose delivery was lost; the sound is fetched after the commit, as for any other."""
    heard = [one for one in tools.carrier.recordings(*window.days) if one.call_sid in sids and one.status in RECORDED]
    with tools.database.reading() as session:
        known = {
            sid
            for some in chunks([one.sid for one in heard])
            for sid in session.scalars(sa.select(Message.recording_sid).where(Message.recording_sid.in_(some)))
        }
    for one in heard:
        if one.sid in known:
            continue
        with tools.database.transaction() as session:
            call = calls.by_sid(session, one.call_sid)
            if call is not None:
                messages.heard(session, call, one.sid, one.status, one.seconds, one.at)


def _ours(session: Session, line: str, window: evidence.Window, sids: Sequence[str]) -> dict[str, dt.datetime]:
    """The calls to a line that we know: those of the window, and those the carrier lists."""
    columns = sa.select(Call.sid, Call.received_at)
    inside = columns.where(Call.dialled == line, Call.received_at >= window.since, Call.received_at < window.until)
    listed = [columns.where(Call.sid.in_(some)) for some in chunks(sids)]
    return {sid: at for rows in (inside, *listed) for sid, at in session.execute(rows)}


def _keep_days(session: Session, read: Read, now: dt.datetime) -> None:
    """Keep the counts of whole days that are long over, and tell the owner of one that differs."""
    whole = [day for day in read.days if read.window.since <= evidence.midnight(day.day)]
    settled = [day for day in whole if evidence.midnight(day.day) + evidence.DAY + LOG_LAG <= now]
    call_log.count(session, read.line, settled, now)
    for day in settled:
        if day.carrier != day.ours:
            notices.tell(
                session, f"log:{read.line}:{day.day}", now, "log_differs",
                day=day.day.isoformat(), line=read.line, carrier=day.carrier, ours=day.ours,
            )  # fmt: skip
