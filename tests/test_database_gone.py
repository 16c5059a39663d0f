"""The database is gone at some moment of a call, and back: the caller is served, nothing is lost or done twice."""

import itertools
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests import firm
from tests.conftest import MakeWorld
from tests.world import World
from voice import roster
from voice.carrier import spool
from voice.db import Database
from voice.ledger import CarrierEvent, Message
from voice.models import Call, Contact, Leg
from voice.settings import Settings
from voice.simulator import scripts
from voice.simulator.legs import Leg as PhoneLeg

ANSWERED_WITHIN = 2.5  # seconds, whatever is broken


def spooled(settings: Settings) -> list[Path]:
    """What lies in the spool."""
    return spool.waiting(settings)


def talked_seconds(leg: PhoneLeg) -> float:
    """By the carrier's own account."""
    return sum((span.until - span.at).total_seconds() for span in leg.bridges if span.until)


def settled(world: World) -> Call:
    """The one call, after it is over: recorded once, its outcome as the carrier saw it, nothing left over."""
    [call] = world.calls()
    callbacks = world.callbacks()
    assert call.outcome in ("talked", "callback")
    assert len(callbacks) == (call.outcome == "callback")
    assert spooled(world.settings) == []
    assert not list(spool.folder(world.settings).glob("*.failed"))
    legs = world.read(lambda session: session.scalars(sa.select(Leg)).all())
    assert all(leg.ended_at for leg in legs)
    keys = world.read(lambda session: session.scalars(sa.select(CarrierEvent.key)).all())
    assert len(keys) == len(set(keys))
    return call


def knows_the_firm(world: World) -> None:
    """The worker has looked round once, and written the roster file."""
    world.advance(1)
    assert roster.file_path(world.settings.home).exists()


@pytest.mark.proves("01-2.15", "01-6.10", "R20")
def test_a_call_while_the_database_is_gone_rings_staff_from_the_roster_file(world: World) -> None:
    knows_the_firm(world)
    sam, alex = world.staff("sam", scripts.Mailbox(after=3)), world.staff("alex", scripts.Answers(after=4))
    world.lose_storage()
    leg = world.rings(talk=40)
    world.advance(120)
    assert talked_seconds(leg) == pytest.approx(40, abs=1)
    assert [len(sam.rings), len(alex.rings)] == [1, 1]
    files = spooled(world.settings)
    assert len(files) >= 5
    world.restore_storage()
    world.advance(60)
    call = settled(world)
    assert (call.outcome, call.answered_by, call.source, call.sid) == ("talked", "alex", "spool", leg.sid)
    assert abs((call.received_at - leg.created_at).total_seconds()) < 1
    assert [len(sam.rings), len(alex.rings)] == [1, 1]  # what is read back rings nobody


@pytest.mark.proves("01-2.15")
def test_a_caller_nobody_answers_while_the_database_is_gone_leaves_a_message_and_is_called_back(world: World) -> None:
    knows_the_firm(world)
    world.staff("sam", scripts.Off())
    world.staff("alex", scripts.Declines(after=2))
    world.lose_storage()
    leg = world.rings()
    while not leg.beeped.is_set():
        world.advance(1)
    world.caller().speak("My boiler leaks.", seconds=3)
    world.advance(60)
    assert "what it's about" in world.caller().said_to_it()
    assert "will ring you by" not in world.caller().said_to_it()  # no time can be promised here
    assert world.heard(world.caller())[-1].startswith("Thank")
    world.restore_storage()
    world.advance(60)
    call = settled(world)
    assert (call.outcome, call.cause) == ("callback", "our_outage")
    assert world.callbacks()[0].first_called_at == call.received_at
    assert abs((call.received_at - leg.created_at).total_seconds()) < 1
    messages = world.read(lambda session: session.scalars(sa.select(Message.call_id)).all())
    assert messages == [call.id]


# What goes on at that second of the call: nothing yet, the greeting, ringing, being asked for a key, talking, over.
MOMENTS = (0.0, 0.5, 3.0, 4.5, 6.3, 7.6, 8.5, 25.0, 39.0, 41.0)


@pytest.mark.proves("01-2.15", "01-6.10", "S13")
@pytest.mark.parametrize("lasts", [2.0, 9.0, 300.0])
@pytest.mark.parametrize("gone_at", MOMENTS)
def test_the_database_gone_at_any_step_leaves_the_outcome_right(world: World, gone_at: float, lasts: float) -> None:
    knows_the_firm(world)
    sam, alex = world.staff("sam", scripts.Answers(after=5)), world.staff("alex", scripts.Off())
    leg = world.rings(patience=100, talk=30)
    world.advance(gone_at)
    world.lose_storage()
    world.advance(lasts)
    world.restore_storage()
    world.advance(400 - lasts)
    call = settled(world)
    seconds = talked_seconds(leg)
    assert (call.outcome == "talked") == (seconds >= 10), (seconds, call.state, call.cause)
    assert alex.rings == []
    assert len(sam.rings) <= 2  # once in the queue, once more on the ladder
    for one, other in itertools.pairwise(sam.rings):
        assert one.ended is not None
        assert one.ended <= other.started
    assert leg.over
    for seen in world.day.carrier.exchanges:
        assert seen.status in (200, 204)
        assert seen.seconds < ANSWERED_WITHIN


@pytest.mark.proves("01-2.15")
def test_a_caller_who_hangs_up_while_the_database_is_gone_is_called_back_though_only_the_spool_knows(
    world: World,
) -> None:
    knows_the_firm(world)
    world.staff("sam", scripts.Script())
    world.staff("alex", scripts.Script())
    world.lose_storage()
    world.rings(patience=9)
    world.advance(30)
    world.restore_storage()
    world.advance(30)
    call = settled(world)
    assert (call.outcome, call.state, call.path) == ("callback", "abandoned", "fallback")


@pytest.mark.proves("01-2.15")
def test_what_was_heard_of_a_call_is_read_back_before_its_next_news_even_without_a_worker(world: World) -> None:
    knows_the_firm(world)
    world.kill_worker()
    world.staff("sam", scripts.Answers(after=4))
    world.lose_storage()
    leg = world.rings(talk=40)
    world.advance(25)
    world.restore_storage()
    world.advance(60)  # its status is the first thing the tables hear of the call
    call = settled(world)
    assert (call.outcome, call.answered_by) == ("talked", "sam")
    assert abs((call.received_at - leg.created_at).total_seconds()) < 1
    assert call.talk_seconds == pytest.approx(40, abs=2)


@pytest.mark.proves("01-2.15")
def test_questions_that_were_answered_without_the_tables_are_not_decided_again_when_read_back(
    make_world: MakeWorld,
) -> None:
    world = make_world(ring_seconds=14)
    knows_the_firm(world)
    world.staff("sam", scripts.InTurn((scripts.Script(), scripts.Answers(after=3))))
    world.staff("alex", scripts.Off())
    leg = world.rings(talk=40)
    world.advance(11.5)
    world.lose_storage()
    world.advance(30)  # the ring time runs out, but nobody could say so: the caller went up the ladder
    world.restore_storage()
    world.advance(90)
    call = settled(world)
    assert talked_seconds(leg) == pytest.approx(40, abs=1)
    assert (call.outcome, call.answered_by, call.told_at) == ("talked", "sam", None)


@pytest.mark.proves("01-2.15")
@pytest.mark.parametrize("line", [firm.LINE, firm.SECOND_LINE], ids=["a line", "a number we do not know"])
def test_blocked_callers_and_closed_hours_hold_without_the_database_too(make_world: MakeWorld, line: str) -> None:
    world = make_world(hours=dict.fromkeys(("tue",), "09:00-17:00"))
    knows_the_firm(world)
    world.lose_storage()
    world.rings(patience=60, line=line)
    world.advance(90)
    assert [phone.rings for phone in world.phones.values()] == [[], [], []]
    assert "getting someone" not in world.caller().said_to_it()
    assert "what it's about" in world.caller().said_to_it()
    world.restore_storage()
    world.advance(10)
    assert settled(world).outcome == "callback"
    assert (settled(world).line, settled(world).dialled) == (firm.LINE, line)
    told = [] if line == firm.LINE else ["unknown_number"]
    assert [notice.key.partition(":")[0].replace("-", "_") for notice in world.notices()] == told


@pytest.mark.proves("01-2.15", "01-2.4", "C19")
def test_a_phone_that_forwards_to_the_line_makes_no_new_caller_without_the_database_either(world: World) -> None:
    knows_the_firm(world)
    sam = world.staff("sam", scripts.Forwards(to=firm.LINE, after=1))
    world.staff("alex", scripts.Answers(after=3))
    world.lose_storage()
    leg = world.rings(talk=20)
    world.advance(30)
    told = sam.number.removeprefix("+1")
    forwarded = world.rings("+12125550178", forwarded_from=told, talk=20)  # rang Sam, who is at the office
    world.advance(40)
    assert [span.other.phone.name for span in leg.bridges] == ["alex"]
    world.restore_storage()
    world.advance(30)
    loops = [call for call in world.calls() if call.sid not in (leg.sid, forwarded.sid)]
    assert [(call.outcome, call.cause, call.caller) for call in loops] == [("blocked", "loop", firm.LINE)]
    assert [span.other.phone.name for span in forwarded.bridges] == ["alex"]
    assert world.callbacks() == []


@pytest.mark.proves("01-2.15", "R20")
@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b'{"lines": [{"number": 3}], "blocked": []}', b"\xff\xfe"])
def test_without_a_roster_file_or_with_a_broken_one_the_caller_is_asked_for_a_message(
    world: World, content: bytes | None
) -> None:
    knows_the_firm(world)
    world.lose_storage()
    path = roster.file_path(world.settings.home)
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    world.rings(message="My boiler leaks.")
    world.advance(60)
    assert "what it's about" in world.caller().said_to_it()
    assert [phone.rings for phone in world.phones.values()] == [[], [], []]
    world.restore_storage()
    world.advance(30)
    assert settled(world).outcome == "callback"


@pytest.mark.proves("01-2.15")
def test_the_roster_file_holds_what_the_tables_hold_and_is_for_this_machine_only(world: World) -> None:
    knows_the_firm(world)
    path = roster.file_path(world.settings.home)
    assert path.stat().st_mode & 0o777 == 0o600
    assert roster.kept(world.settings.home) == world.read(roster.current)


def test_where_the_database_file_was_nobody_puts_an_empty_one(sqlite_url: str) -> None:
    database, path = Database(sqlite_url), Path(sqlite_url.removeprefix("sqlite:///"))
    with database.transaction() as session:
        session.add(Contact(number="+12125550177", name="Ann"))  # still in the log beside the file
    path.rename(path.with_suffix(".away"))
    for _ in range(2):
        with pytest.raises(sa.exc.OperationalError), database.transaction():
            pass
    assert not path.exists()
    path.with_suffix(".away").rename(path)
    with database.reading() as session:
        assert session.get_one(Contact, "+12125550177").name == "Ann"
