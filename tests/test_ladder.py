"""The degraded ladder: a caller whom no worker and no API can serve is taken from phone to phone by documents alone."""

import datetime as dt
import itertools
import re

import pytest
import sqlalchemy as sa

from tests import firm
from tests.conftest import MakeWorld
from tests.signed import arrival, call_sid, post
from tests.world import World
from voice import clock, ringing
from voice.app import create_app
from voice.db import Database
from voice.firm import LineStaff, StaffMember
from voice.models import Call, Leg
from voice.settings import Settings
from voice.simulator import scripts
from voice.simulator.legs import Leg as PhoneLeg
from voice.simulator.switches import RestFault, Rudeness

DEAD = RestFault("error", match="POST .*/Calls.json", status=400, code=10003)
SILENT = {"dial_action_on_hangup": False, "enqueue_action_on_hangup": False}  # only the status tells of a hang-up
ALL = ("sam", "alex", "kim")


def dials(world: World) -> list[str]:
    """The documents that dialled a phone for a caller, in order."""
    seen = [
        seen.body for seen in world.day.carrier.documents if seen.facing == "caller" and b"<Dial" in _bytes(seen.body)
    ]
    return [_bytes(body).decode() for body in seen]


def _bytes(body: bytes | str) -> bytes:
    return body.encode() if isinstance(body, str) else body


def talked_seconds(leg: PhoneLeg) -> float:
    """By the carrier's own account."""
    return sum((span.until - span.at).total_seconds() for span in leg.bridges if span.until)


def one_callback(world: World, leg: PhoneLeg) -> None:
    """The call is over, with exactly one callback, and nothing rings any more."""
    assert world.call(leg).outcome == "callback"
    assert [callback.calls for callback in world.callbacks()] == [1]
    assert not any(phone.ringing for phone in world.phones.values())


def api_is_dead(world: World) -> None:
    """The account may not call; a first caller has found that out."""
    world.day.carrier.moods.rest.append(DEAD)


@pytest.mark.proves("01-2.14", "01-6.10")
def test_without_the_api_one_screened_phone_is_dialled_after_the_other_and_then_the_promise(
    make_world: MakeWorld,
) -> None:
    world = make_world(staff=ALL)
    api_is_dead(world)
    for name in ALL:
        world.staff(name, scripts.Script())
    leg = world.rings()
    world.advance(120)
    documents = dials(world)
    assert len(documents) == 3
    for document in documents:
        assert document.count("<Number") == 1
        assert re.search(r'<Number[^>]* url="[^"]+/screen', document)
        assert 'timeout="12"' in document
        assert "sequential" not in document
    rings = [world.phones[name].rings for name in ALL]
    assert [len(each) for each in rings] == [1, 1, 1]
    for one, other in itertools.pairwise(rings):
        assert one[0].ended is not None
        assert one[0].ended <= other[0].started
        assert (one[0].ended - one[0].started) <= dt.timedelta(seconds=17)
    assert "will ring you" in world.caller().said_to_it()
    one_callback(world, leg)
    assert (world.call(leg).path, world.call(leg).cause) == ("dial", "rang_out")


@pytest.mark.proves("01-2.14")
def test_no_more_than_four_phones_are_dialled_and_those_passed_over_are_not_among_them(make_world: MakeWorld) -> None:
    world = make_world(staff=ALL)
    _hire(world, 4)
    api_is_dead(world)
    for phone in world.phones.values():
        phone.script = scripts.Off()
    with world.database.transaction() as session:
        for name in ("sam", "kim"):
            leg = {"staff_id": name, "phone": firm.PHONES[name], "line": firm.LINE, "state": "joined"}
            session.add(Leg(**leg, purpose="ring", placed_at=world.now, ring_seconds=15, stop_at=world.now))
    caller = world.rings()
    world.advance(180)
    numbers = [re.findall(r"<Number[^>]*>(\+\d+)<", document) for document in dials(world)]
    assert numbers == [[world.phones[name].number] for name in ("alex", "p0", "p1", "p2")]
    one_callback(world, caller)


def _hire(world: World, more: int) -> None:
    with world.database.transaction() as session:
        for n in range(more):
            number = f"+1212555015{n}"
            session.add(StaffMember(id=f"p{n}", name=f"Person {n}", phone=number))
            session.flush()
            session.add(LineStaff(line=firm.LINE, staff_id=f"p{n}", position=10 + n))
            world.phones[f"p{n}"] = world.day.staff(number)


MACHINES = {
    "mailbox": scripts.Mailbox(after=3),
    "a mailbox that says yes": scripts.Mailbox(after=3, greeting="Yes. Yes, go on. Please speak after the tone."),
    "screener": scripts.Screener(after=1),
    "drops": scripts.Drops(after=3, drops_after=1),
    "off, with a mailbox": scripts.Off(to_mailbox=True),
    "forwards to the line": scripts.Forwards(to=firm.LINE, after=1),
}


@pytest.mark.proves("01-2.14", "01-6.5", "01-2.5", "C2")
@pytest.mark.parametrize("accept_wins", [False, True])
@pytest.mark.parametrize("machine", MACHINES)
def test_a_machine_on_the_ladder_is_never_a_person_and_the_next_phone_is_dialled(
    world: World, machine: str, accept_wins: bool
) -> None:
    world.day.carrier.switches.accept_wins = accept_wins
    api_is_dead(world)
    world.staff("sam", MACHINES[machine])
    alex = world.staff("alex", scripts.Answers(after=3))
    leg = world.rings(talk=30)
    world.advance(150)
    assert [span.other.phone.name for span in leg.bridges] == ["alex"]
    assert len(alex.rings) == 1
    call = world.call(leg)
    assert (call.outcome, call.answered_by) == ("talked", "alex")


@pytest.mark.proves("01-2.14", "01-6.5")
@pytest.mark.parametrize("accept_wins", [False, True])
def test_only_machines_on_the_ladder_end_in_the_promise(world: World, accept_wins: bool) -> None:
    world.day.carrier.switches.accept_wins = accept_wins
    api_is_dead(world)
    world.staff("sam", scripts.Mailbox(after=3))
    world.staff("alex", scripts.Screener(after=2))
    leg = world.rings()
    world.advance(180)
    assert leg.bridges == []
    assert "will ring you" in world.caller().said_to_it()
    one_callback(world, leg)


@pytest.mark.proves("01-2.14")
def test_a_phone_without_a_mailbox_is_accepted_by_being_picked_up_on_the_ladder_too(world: World) -> None:
    with world.database.transaction() as session:
        session.get_one(StaffMember, "sam").no_mailbox = True
    api_is_dead(world)
    sam = world.staff("sam", scripts.Answers(after=3, key=""))
    leg = world.rings(talk=30)
    world.advance(90)
    assert (world.call(leg).outcome, world.call(leg).answered_by) == ("talked", "sam")
    assert "any key" not in sam.said_to_it()


@pytest.mark.proves("01-2.14", "01-2.10", "A6", "C1")
@pytest.mark.parametrize(
    ("patience", "switch"), [*((n, {}) for n in range(1, 46)), *((n, SILENT) for n in range(2, 46, 6))]
)
def test_a_caller_who_hangs_up_anywhere_on_the_ladder_is_called_back_once(
    world: World, patience: int, switch: dict[str, bool]
) -> None:
    world.day.carrier.switches.set(**switch)
    api_is_dead(world)
    world.staff("sam", scripts.Mailbox(after=5))
    world.staff("alex", scripts.Script())
    leg = world.rings(patience=patience)
    world.advance(patience + 30)
    assert leg.ended_at is not None
    one_callback(world, leg)
    for phone in world.phones.values():
        assert all(ring.ended and (ring.ended - leg.ended_at).total_seconds() <= 3 for ring in phone.rings)


@pytest.mark.proves("01-2.14")
@pytest.mark.parametrize("who_ends", ["caller", "staff"])
@pytest.mark.parametrize("seconds", [4.0, 40.0])
def test_a_talk_on_the_ladder_counts_as_one_when_it_lasts(world: World, seconds: float, who_ends: str) -> None:
    api_is_dead(world)
    ends = seconds if who_ends == "staff" else None
    world.staff("sam", scripts.Answers(after=3, talk=ends))
    leg = world.rings(talk=seconds + 2 if ends else seconds)  # a goodbye, and they hang up too
    world.advance(120)
    call = world.call(leg)
    assert call.answered_by == "sam"
    assert call.talk_seconds == pytest.approx(seconds, abs=2)
    assert (call.outcome, call.cause) == (("talked", None) if seconds >= 10 else ("callback", "short_talk"))
    assert len(world.callbacks()) == (seconds < 10)
    assert call.joined_at is not None


@pytest.mark.proves("01-2.14", "01-2.16")
@pytest.mark.parametrize("path", ["/voice/status", "/voice/ladder/.*/over", "/voice/ladder/.*/status"])
def test_the_ladders_news_may_come_in_any_order(world: World, path: str) -> None:
    world.day.carrier.moods.webhooks.append(Rudeness("reorder", path=path, seconds=5))
    api_is_dead(world)
    world.staff("sam", scripts.Answers(after=3))
    leg = world.rings(talk=30)
    world.advance(120)
    assert world.call(leg).outcome == "talked"
    assert world.callbacks() == []


@pytest.mark.proves("01-2.14", "01-2.8")
def test_with_nobody_on_shift_nothing_rings_for_show(make_world: MakeWorld) -> None:
    world = make_world(staff=())
    api_is_dead(world)
    leg = world.rings()
    world.advance(60)
    assert dials(world) == []
    assert "getting someone" not in world.caller().said_to_it()
    assert "will ring you" in world.caller().said_to_it()
    one_callback(world, leg)


@pytest.mark.proves("01-2.14")
@pytest.mark.parametrize(
    ("result", "taken"), [("error", False), ("system-error", True), ("queue-full", False), ("error", True)]
)
def test_a_caller_whose_queue_is_no_use_is_taken_up_the_ladder_at_once(
    settings: Settings, database: Database, result: str, taken: bool
) -> None:
    firm.found(database)
    app, sid = create_app(settings, database), call_sid()
    post(app, "/voice/incoming", arrival(sid))
    with database.transaction() as session:
        call = session.scalars(sa.select(Call)).one()
        call_id = call.id
        if taken:  # by Sam, who waits for the caller's queue
            leg = {"staff_id": "sam", "phone": firm.PHONES["sam"], "line": firm.LINE, "state": "picked_up"}
            session.add(
                Leg(id="l1", **leg, purpose="ring", placed_at=call.seen_at, ring_seconds=15, stop_at=call.seen_at)
            )
            session.flush()
            assert ringing.accept(session, session.get_one(Leg, "l1"), call, call.seen_at)
    form = arrival(sid, CallStatus="in-progress", QueueResult=result)
    answer = post(app, f"/voice/calls/{call_id}/left?turn=1", form)
    assert b"<Dial" in answer.data
    assert firm.PHONES["alex" if taken else "sam"].encode() in answer.data
    with database.reading() as session:
        assert session.execute(sa.select(Call.path, Call.state)).one() == ("dial", "ringing")
    # Somebody unknown in an address of the ladder, as after an update: the two are joined all the same.
    child = arrival(call_sid(), ParentCallSid=sid, Digits="1")
    assert b"<Response />" in post(app, "/voice/ladder/1/nobody/accepted", child).data
    talked = arrival(sid, CallStatus="in-progress", DialBridged="true", DialCallDuration="30")
    assert b"/nobody/still-there" in post(app, "/voice/ladder/1/nobody/over", talked).data
    assert b"will ring you by" in post(app, "/voice/ladder/1/nobody/still-there", talked).data
    with database.reading() as session:
        assert session.execute(sa.select(Call.outcome, Call.answered_by)).one() == ("callback", None)
    gone = arrival(sid, CallStatus="completed", QueueResult=result)
    assert b"<Dial" not in post(app, f"/voice/calls/{call_id}/left?turn=2", gone).data


@pytest.mark.proves("01-2.14")
@pytest.mark.parametrize("alex_is", ["at Sam's phone", "away"])
def test_who_said_take_it_is_dialled_first_and_a_phone_two_people_share_once(
    settings: Settings, database: Database, alex_is: str
) -> None:
    firm.found(database)
    with database.transaction() as session:
        alex = session.get_one(StaffMember, "alex")
        if alex_is == "away":
            alex.availability = "away"
        else:
            alex.phone_today, alex.phone_until = firm.PHONES["sam"], clock.now() + dt.timedelta(hours=1)
    app, sid = create_app(settings, database), call_sid()
    post(app, "/voice/incoming", arrival(sid))
    with database.transaction() as session:
        call = session.scalars(sa.select(Call)).one()
        assert ringing.reserve(session, call, "alex", call.seen_at) is None
        address = f"/voice/calls/{call.id}/left?turn=1"
    first = post(app, address, arrival(sid, CallStatus="in-progress", QueueResult="error")).text
    assert re.findall(r"/voice/ladder/(\d+/\w+)/over", first)[0].endswith("/alex")
    over = re.findall(r'action="https://[^/]+(/[^"#]+)', first)[0]
    declined = arrival(sid, CallStatus="in-progress", DialCallStatus="busy", DialBridged="false")
    assert ("/alex.sam/over" if alex_is == "away" else "will ring you by") in post(app, over, declined).text
