"""The third witness: what no delivery tells us, the sweeper finds out from the carrier."""

import datetime as dt

import pytest
import sqlalchemy as sa

from tests import firm
from tests.conftest import MakeWorld
from tests.signed import arrival, call_sid, post
from tests.world import World
from voice.ledger import CallEvent, Message
from voice.models import Call, Callback, Leg
from voice.simulator import scripts
from voice.simulator.legs import Leg as PhoneLeg
from voice.simulator.switches import Rudeness

STATUS = "/voice/(status|legs/.*/status|ladder/.*/status)"
FOUND_WITHIN = dt.timedelta(minutes=3)


def lost(world: World, path: str) -> None:
    """Deliveries that never arrive."""
    world.day.carrier.moods.webhooks.append(Rudeness("drop", path=path))


def settled(world: World, leg: PhoneLeg) -> Call:
    """The call, which must have left `pending` within three minutes of its end; no leg may be left behind."""
    assert leg.ended_at is not None
    world.run_until(max(world.now, leg.ended_at + FOUND_WITHIN))
    call = world.call(leg)
    assert call.ended_at is not None
    assert call.outcome != "pending"
    return call


@pytest.mark.proves("01-2.16", "A5", "A6", "L1")
@pytest.mark.parametrize("patience", [1.0, 3.0, 8.0, 14.0])
def test_the_end_of_a_call_is_found_though_no_delivery_ever_tells_of_it(world: World, patience: float) -> None:
    lost(world, STATUS)
    world.day.carrier.switches.set(enqueue_action_on_hangup=False, dial_action_on_hangup=False)
    world.staff("sam", scripts.Script())
    world.staff("alex", scripts.Script())
    leg = world.rings(patience=patience)
    world.advance(120)
    call = settled(world, leg)
    assert call.outcome == "callback"
    assert abs((call.ended_at - leg.ended_at).total_seconds()) <= 20 if call.ended_at and leg.ended_at else False
    assert len(world.callbacks()) == 1


@pytest.mark.proves("01-2.16", "A5", "L1")
def test_a_talk_whose_end_nobody_told_us_of_is_a_talk(world: World) -> None:
    lost(world, STATUS + "|/left")
    world.staff("sam", scripts.Answers(after=3))
    leg = world.rings(talk=45)
    world.advance(150)
    call = settled(world, leg)
    assert (call.outcome, call.answered_by) == ("talked", "sam")
    assert call.talk_seconds == pytest.approx(45, abs=10)
    world.advance(120)
    legs = world.read(lambda session: session.scalars(sa.select(Leg)).all())
    assert all(each.ended_at for each in legs)


@pytest.mark.proves("01-2.16", "A5")
@pytest.mark.parametrize("script", [scripts.Script(), scripts.Declines(after=3), scripts.Mailbox(after=4)], ids=repr)
def test_phones_whose_news_is_lost_are_freed_again(make_world: MakeWorld, script: scripts.Script) -> None:
    world = make_world(staff=("sam",))
    lost(world, "/voice/legs/.*/status")
    sam = world.staff("sam", script)
    leg = world.rings(patience=60)
    world.advance(200)
    assert settled(world, leg).outcome == "callback"
    legs = world.read(lambda session: session.scalars(sa.select(Leg)).all())
    assert all(each.ended_at for each in legs)
    rung = len(sam.rings)
    world.day.carrier.moods.clear()
    world.staff("sam", scripts.Answers(after=3))
    again = world.rings("+12125550178", talk=30)
    world.advance(60)
    assert len(sam.rings) == rung + 1
    assert world.call(again).outcome == "talked"


@pytest.mark.proves("01-2.16")
@pytest.mark.parametrize(
    ("script", "cause"), [(scripts.Declines(after=3), "declined"), (scripts.Mailbox(after=3), "mailbox")]
)
def test_the_cause_is_what_the_phones_say_however_late_they_say_it(
    make_world: MakeWorld, script: scripts.Script, cause: str
) -> None:
    world = make_world(ring_seconds=10)
    world.day.carrier.moods.webhooks.append(Rudeness("delay", path="/voice/legs/.*/(status|silent)", seconds=30))
    world.staff("sam", script)
    world.staff("alex", script)
    leg = world.rings()
    world.advance(100)
    given_up = sa.select(CallEvent.data).where(CallEvent.kind == "unanswered")
    assert [data["cause"] for data in world.read(lambda session: session.scalars(given_up).all())] == ["rang_out"]
    assert (world.call(leg).outcome, world.call(leg).cause) == ("callback", cause)
    assert [callback.reason for callback in world.callbacks()] == [cause]


@pytest.mark.proves("01-2.16")
def test_a_caller_whose_wait_requests_stop_coming_is_fetched_out_and_told(world: World) -> None:
    leg = world.rings(patience=90)
    world.staff("sam", scripts.Off())
    world.staff("alex", scripts.Off())
    world.advance(6)
    world.day.carrier.switches.set(wait_failure="silence")
    world.day.carrier.moods.webhooks.append(Rudeness("drop", path="/wait"))
    world.advance(60)
    assert "will ring you" in world.caller().said_to_it()
    assert world.call(leg).outcome == "callback"
    told = world.call(leg).told_at
    assert told is not None
    assert told - leg.created_at <= dt.timedelta(seconds=20 + 10 + 6)


@pytest.mark.proves("01-2.16", "01-2.10", "A8")
@pytest.mark.parametrize("status", ["completed", "no-answer", "canceled", "busy", "failed"])
def test_a_call_whose_only_trace_is_its_status_is_recorded_and_called_back(world: World, status: str) -> None:
    sid = call_sid()
    form = arrival(sid, CallStatus=status, CallDuration="17", Timestamp="Mon, 23 Nov 2026 14:50:17 +0000")
    for _again in range(2):
        assert post(world.app, "/voice/status", form).status_code == 204
    world.advance(10)
    [call] = world.calls()
    assert (call.sid, call.outcome, call.cause, call.source) == (sid, "callback", "our_outage", "status")
    assert call.received_at == dt.datetime(2026, 11, 23, 14, 50, 0, tzinfo=dt.UTC)
    assert [callback.first_called_at for callback in world.callbacks()] == [call.received_at]
    assert [phone.rings for phone in world.phones.values()] == [[], [], []]
    assert world.day.calls() == []  # nobody is dialled for somebody who has hung up


@pytest.mark.proves("01-2.16", "A8")
def test_a_status_that_comes_before_the_call_itself_is_the_end_of_it(world: World) -> None:
    sid = call_sid()
    post(world.app, "/voice/status", arrival(sid, CallStatus="completed"))
    answer = post(world.app, "/voice/incoming", arrival(sid))
    assert answer.status_code == 200
    world.advance(30)
    assert [call.outcome for call in world.calls()] == ["callback"]
    assert len(world.callbacks()) == 1
    assert world.day.calls() == []


RECORDED = {"RecordingSid": "RE" + "d4" * 16, "RecordingStatus": "completed", "RecordingDuration": "7"}


@pytest.mark.proves("01-2.16", "A15")
@pytest.mark.parametrize("order", ["before", "after"])
def test_a_recording_may_come_before_or_after_the_end_of_its_call(world: World, order: str) -> None:
    path = "/voice/recording" if order == "after" else "/voice/status"
    world.day.carrier.moods.webhooks.append(Rudeness("delay", path=path, seconds=200))
    world.staff("sam", scripts.Off())
    world.staff("alex", scripts.Off())
    leg = world.rings(message="My boiler leaks, and the cellar is under water by now.")
    world.advance(400)
    messages = world.read(lambda session: session.scalars(sa.select(Message)).all())
    assert [(message.call_id, message.state) for message in messages] == [(world.call(leg).id, "ready")]
    assert len(world.callbacks()) == 1


@pytest.mark.proves("01-2.16", "A15")
@pytest.mark.parametrize(("status", "state"), [("absent", "empty"), ("failed", "failed")])
def test_a_recording_that_is_not_there_changes_nothing_but_is_known(world: World, status: str, state: str) -> None:
    sid = call_sid()
    post(world.app, "/voice/incoming", arrival(sid))
    for _again in range(2):
        post(world.app, "/voice/recording", arrival(sid, **(RECORDED | {"RecordingStatus": status})))
    post(world.app, "/voice/status", arrival(sid, CallStatus="completed"))
    world.advance(10)
    assert world.read(lambda session: session.scalars(sa.select(Message.state)).all()) == [state]
    assert [call.outcome for call in world.calls()] == ["callback"]


@pytest.mark.proves("01-2.16", "A16")
def test_a_message_left_in_a_call_we_never_heard_of_finds_its_call(world: World) -> None:
    lost(world, "/voice/(incoming|status)")  # the carrier's own fallback took the message
    leg = world.rings()
    world.advance(5)
    world.caller().hang_up()
    world.advance(5)
    assert world.calls() == []
    form = {name: text for name, text in arrival(leg.sid).items() if name in ("AccountSid", "CallSid")}
    world.forgiven.add("job_failed")  # the sound of this made-up recording is not to be had
    post(world.app, "/voice/recording", form | RECORDED)
    world.advance(30)
    [call] = world.calls()
    assert (call.sid, call.caller, call.line, call.outcome) == (leg.sid, "+12125550177", firm.LINE, "callback")
    assert abs((call.received_at - leg.created_at).total_seconds()) <= 1
    assert world.read(lambda session: session.scalars(sa.select(Message.call_id)).all()) == [call.id]
    assert world.read(lambda session: session.scalars(sa.select(Callback.caller)).all()) == ["+12125550177"]
