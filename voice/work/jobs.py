"""The jobs behind the outbox: each asks the carrier for one thing, may run twice, and says what went wrong."""

import contextlib
import datetime as dt
import hashlib
from collections.abc import Callable

import structlog

from voice import (
    attempts,
    calls,
    clock,
    dialled,
    findable,
    imports,
    legs,
    letters,
    messages,
    notices,
    replays,
    retention,
    same_person,
)
from voice.carrier import client, words
from voice.carrier.delivery import RETRY
from voice.figures import rollups
from voice.firm import Audio
from voice.ledger import Message, Outbox
from voice.models import Attempt, Call, Leg
from voice.rules import numbers
from voice.work import erasing_jobs, outbox, replaying, telling
from voice.work.tools import Again, Tools

log = structlog.get_logger()

MESSAGE_BYTES = 8 * 1024 * 1024
WANTED_TOMORROW = frozenset({"fetch_recording", "drop_recording", "erase_person", "erase_late_news"})
IN_WORDS = {  # what the owner is told of work that was given up
    "fetch_recording": "fetching what a caller said from the carrier",
    "drop_recording": "having the carrier delete what a caller said",
    "erase_person": "erasing a person (ask for it once more, from their card)",
    "send_letter": "sending a letter",
    "push": "telling a device of yours that somebody is waiting",
    "push_alert": "telling a device of yours what you should know at once",
    "roll_up": "adding up the figures",
}
QUEUES = "rb-"  # how the names of our queues begin
LONG_JOB_SECONDS = 20.0  # well below the time after which it would be taken for dead
PAUSE = 0.05  # seconds between two transactions of a long job, so that calls get at the database
OLD_QUEUE = dt.timedelta(hours=5)  # longer than any call: nobody can be on the way into it


def run(tools: Tools, row_id: int, now: dt.datetime) -> None:
    """Run one row of the outbox, if nobody else does."""
    with tools.database.transaction() as session:
        row = outbox.take(session, row_id, now)
        if row is None:
            return
        job, args = JOBS[row.job], dict(row.args)
    try:
        job(tools, now, **args)
    except Again as error:
        _again(tools, row, now, str(error))
    except Exception as error:
        # Whatever it was must not stop the jobs behind it; the row keeps the reason and comes again.
        log.warning("job_failed", job=job.__name__, row=row_id, error=type(error).__name__, tries=row.tries)
        _again(tools, row, now, f"{type(error).__name__}: {error}"[:200])
    else:
        with tools.database.transaction() as session:
            outbox.done(session, row_id, clock.now())


def _again(tools: Tools, row: Outbox, now: dt.datetime, why: str) -> None:
    with tools.database.transaction() as session:
        if outbox.again(session, row, now, why, outbox.ALL_DAY if row.job in WANTED_TOMORROW else outbox.GAPS):
            return
        log.error("given_up", job=row.job, row=row.id)
        if row.job == fetch_recording.__name__:
            messages.lost(session, row.args["message_id"])
        what = IN_WORDS.get(row.job, f"a piece of its own work ({row.job})")
        notices.tell(session, f"given-up:{row.job}:{now.date()}", now, "given_up", what=what)


def end_leg(tools: Tools, now: dt.datetime, leg_id: str) -> None:
    """Stop a phone that rings. One picked up meanwhile is left alone: somebody is there, and is told what happened."""
    with tools.database.reading() as session:
        leg = session.get_one(Leg, leg_id)
        sid, rings = leg.sid, leg.state in ("placed", "ringing")
    if not rings:
        return
    if sid is None:
        raise Again("the carrier has not said yet which leg it is")
    try:
        tools.carrier.end(sid)
    except client.Gone:
        look_at_leg(tools, now, leg_id)  # it was over already, and the news of it is lost or late


def move_caller(tools: Tools, now: dt.datetime, call_id: str) -> None:
    """Fetch a caller out of their queue: to the promise, or to the goodbye."""
    with tools.database.reading() as session:
        call = session.get_one(Call, call_id)
        sid, told = call.sid, call.told_at is not None or call.ended_at is not None
    if told:
        return
    try:
        tools.carrier.move(sid, f"{tools.settings.public_url}/voice/calls/{call_id}/promise{RETRY}")
    except client.Gone:
        log.info("caller_was_gone", call=call_id)


def join_leg(tools: Tools, now: dt.datetime, leg_id: str, call_id: str, child_sid: str | None) -> None:
    """A caller rang in while we dialled them: take the staff leg into their queue, and end our dial."""
    with tools.database.reading() as session:
        sid = session.get_one(Leg, leg_id).sid
    if sid is None:
        raise Again("the carrier has not said yet which leg it is")
    try:
        tools.carrier.move(sid, f"{tools.settings.public_url}/voice/legs/{leg_id}/crossed{RETRY}")
        if child_sid is not None:
            tools.carrier.end(child_sid)
    except client.Gone:
        log.info("leg_was_over", leg=leg_id, call=call_id)


def fetch_recording(tools: Tools, now: dt.datetime, message_id: str) -> None:
    """Bring a caller's message home."""
    with tools.database.reading() as session:
        message = session.get_one(Message, message_id)
        recording_sid, is_wanted = message.recording_sid, message.state == "arriving"
    if not is_wanted:
        return
    sound = tools.carrier.recording(recording_sid, MESSAGE_BYTES)
    if sound is None:
        raise Again("not ready yet")
    name = hashlib.sha256(sound).hexdigest()
    with tools.database.transaction() as session:
        message = session.get_one(Message, message_id, with_for_update=True)
        if message.state != "arriving":  # erased meanwhile
            return
        if session.get(Audio, name) is None:
            session.add(Audio(id=name, content_type="audio/mpeg", seconds=message.seconds, data=sound))
            session.flush()
        message.audio_id, message.state = name, "ready"


def drop_queue(tools: Tools, now: dt.datetime, queue_sid: str) -> None:
    """Tidy up a caller's queue, some time after they left it. What is not done now is done at night: no error."""
    with contextlib.suppress(client.CarrierError):
        tools.carrier.drop_queue(queue_sid)


def tidy_queues(tools: Tools, now: dt.datetime) -> None:
    """Once a night: empty queues of ours that no call has tidied up."""
    for queue_sid in tools.carrier.empty_queues(QUEUES, before=now - OLD_QUEUE):
        drop_queue(tools, now, queue_sid)


def forget_words(tools: Tools, now: dt.datetime) -> None:
    """Once a night: nobody looks any more for whom was closed a month ago."""
    with tools.database.transaction() as session:
        findable.forget(session, now)


def let_go(tools: Tools, now: dt.datetime, step: int = 0, behind: str | int = "") -> None:
    """Once a night: what has been kept long enough. What is not done in one go is another job's, from there on."""
    until, at = clock.monotonic() + LONG_JOB_SECONDS, behind or None
    while step < len(retention.STEPS):
        with tools.database.transaction() as session:
            if clock.monotonic() >= until:
                outbox.emit(session, retention.JOB, now, step=step, behind=at or "")
                return
            at = retention.STEPS[step](session, retention.of(session), now, at or "")
        step += at is None
        clock.sleep(PAUSE)


def look_at_call(tools: Tools, now: dt.datetime, call_id: str) -> None:
    """Ask the carrier about a call that has been silent for too long."""
    with tools.database.reading() as session:
        call = session.get_one(Call, call_id)
        sid, leg_id = call.sid, call.accepted_leg_id
    try:
        seen = tools.carrier.look(sid)
    except client.Gone:
        seen = None  # the carrier has never had it, or no longer: nobody is on the line
    over = seen is None or seen.over
    if over and leg_id is not None:
        look_at_leg(tools, now, leg_id)  # they talked until one of the two hung up, and it may have been our side
    with tools.database.transaction() as session:
        call = session.get_one(Call, call_id)
        if over:
            at = seen.ended_at if seen and seen.ended_at else now
            calls.end(session, call, max(at, call.received_at))
        else:
            call.seen_at = now


def learn_call(
    tools: Tools, now: dt.datetime, call_sid: str, recording_sid: str, status: str, seconds: int
) -> None:  # fmt: skip
    """A message was left in a call we have not heard of: ask the carrier whose it is."""
    seen = tools.carrier.look(call_sid)
    with tools.database.transaction() as session:
        call = calls.by_sid(session, call_sid)
        if call is None:
            caller = numbers.parse_caller(seen.sender, call_sid)
            arrival = calls.Arrival(call_sid, seen.to, caller, source="log")
            call = calls.over_elsewhere(session, arrival, seen.started_at or now)
        if seen.status in words.OVER and call.ended_at is None:
            calls.end(session, call, seen.ended_at or now)
        messages.heard(session, call, recording_sid, status, seconds, now)


def look_at_leg(tools: Tools, now: dt.datetime, leg_id: str) -> None:
    """Ask the carrier about a staff leg that should have ended by now."""
    with tools.database.reading() as session:
        leg = session.get_one(Leg, leg_id)
        sid, over = leg.sid, leg.ended_at is not None
    if sid is None or over:
        return
    try:
        seen = tools.carrier.look(sid)
    except client.Gone:
        seen = None
    if seen is not None and seen.status not in words.OVER:
        return
    with tools.database.transaction() as session:
        leg = session.get_one(Leg, leg_id)
        event = words.leg_event(seen.status) if seen else "failed"
        legs.over(session, leg, event or "failed", (seen and seen.ended_at) or now)


def look_up_attempt(tools: Tools, now: dt.datetime, attempt_id: str) -> None:
    """Find out what became of a ring-back whose news was lost."""
    with tools.database.reading() as session:
        parent = attempts.staff_sid(session, session.get_one(Attempt, attempt_id))
    children = tools.carrier.children(parent) if parent else []
    news = [dialled.News(words.leg_event(child.status), sid=child.sid, seconds=child.seconds) for child in children]
    with tools.database.transaction() as session:
        dialled.found(session, session.get_one(Attempt, attempt_id), news, now)


def import_contacts(tools: Tools, now: dt.datetime, import_id: str) -> None:
    """Bring a file of contacts in, a few rows a transaction, until it is done, cancelled, or another job's turn."""
    until = clock.monotonic() + LONG_JOB_SECONDS
    while clock.monotonic() < until:
        with tools.database.transaction() as session:
            if not imports.bring_in(session, import_id, now):
                return
        clock.sleep(PAUSE)
    with tools.database.transaction() as session:
        imports.go_on(session, import_id, now)


def roll_up(tools: Tools, now: dt.datetime) -> None:
    """Make the figures' roll-ups anew where something has changed, a few quarters of an hour a transaction."""
    until = clock.monotonic() + LONG_JOB_SECONDS
    while clock.monotonic() < until:
        with tools.database.transaction() as session:
            if not rollups.roll(session):
                return
        clock.sleep(PAUSE)
    with tools.database.transaction() as session:
        outbox.emit(session, "roll_up", now, after=PAUSE)


def gather_person(tools: Tools, now: dt.datetime, number: str) -> None:
    """Two numbers have become one person's: look once more that they have one place on the list."""
    with tools.database.transaction() as session:
        same_person.gather(session, number, now)


def replay(tools: Tools, now: dt.datetime, replay_id: str) -> None:
    """Play past calls again, in another process, until it is done, cancelled, or the worker stops."""
    try:
        replaying.play(tools.database, replay_id)
    except replaying.Stopped as stopped:
        raise Again(str(stopped)) from None


# These take long, or wait for others than the carrier, so they have threads of their own: no phone rings on because
# of one.
SLOW = frozenset({"push", "push_alert", "roll_up", "erase_person", "leave_nothing_behind"}) | {
    retention.JOB, imports.JOB, letters.JOB, replays.JOB,
}  # fmt: skip
JOBS: dict[str, Callable[..., None]] = {
    job.__name__: job
    for job in (
        end_leg, move_caller, join_leg, fetch_recording, drop_queue, tidy_queues, forget_words,
        look_at_call, look_at_leg, learn_call, look_up_attempt, telling.wake, telling.push,
        import_contacts, gather_person, roll_up, telling.send_letter, telling.push_alert, replay,
        erasing_jobs.erase_person, erasing_jobs.erase_late_news, erasing_jobs.drop_recording,
        erasing_jobs.leave_nothing_behind, let_go,
    )
}  # fmt: skip
