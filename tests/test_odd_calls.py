"""Calls that go an unlikely way: answered too late, left by everybody, leading back to us, or never made at all."""

import datetime as dt

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests import firm
from tests.outage import come_back, go_away, nobody_is_lost
from tests.signed import arrival, call_sid, post
from tests.test_server_gone import HELD, carrier_holds
from tests.world import World, seconds, talked_with
from voice import callbacks
from voice.carrier.delivery import RETRY
from voice.firm import StaffMember
from voice.models import Callback
from voice.simulator import scripts
from voice.simulator.switches import RestFault, Rudeness

pytestmark = pytest.mark.lived_on("sqlite")  # the rows are those of any other call


def switched_off(session: Session) -> None:
    """Everybody has gone."""
    session.execute(sa.update(StaffMember).values(active=False))
    session.execute(sa.text("UPDATE business SET version = version + 1"))


@pytest.mark.proves("A14")
def test_an_answer_that_comes_after_the_fallback_has_the_caller_changes_nothing_for_them(world: World) -> None:
    carrier_holds(world)
    world.advance(1)
    world.staff("sam", scripts.Off())
    world.staff("alex", scripts.Off())
    world.day.carrier.moods.webhooks.append(Rudeness("slow", path="/voice/incoming", times=1, seconds=20))
    leg = world.rings(message="The boiler is leaking.")
    world.advance(90)
    assert leg.over
    assert "getting someone" not in world.caller().said_to_it()
    assert "what it's about" in world.caller().said_to_it()
    world.advance(240)
    nobody_is_lost(world)
    assert world.call(leg).outcome == "callback"
    assert [message.state for message in world.messages()] == ["ready"]


@pytest.mark.proves("C7")
def test_when_everybody_goes_while_it_rings_the_caller_is_told_within_eight_seconds(world: World) -> None:
    world.staff("sam")
    world.staff("alex")
    leg = world.rings(patience=90)
    world.advance(6)
    assert world.ringing() == ["sam", "alex"]
    world.write(switched_off)
    gone = world.now
    world.advance(30)
    call = world.call(leg)
    assert (call.state, call.outcome, world.ringing()) == ("unanswered", "callback", [])
    assert call.told_at is not None
    assert seconds(call.told_at, gone) <= 8


@pytest.mark.proves("C9")
def test_who_is_switched_off_while_they_talk_goes_on_talking(world: World) -> None:
    sam = world.staff("sam", scripts.Answers(after=2))
    world.staff("alex", scripts.Off())
    leg = world.rings(talk=40)
    world.advance(12)
    assert sam.state == "talking"
    world.write(switched_off)
    world.advance(20)
    assert sam.state == "talking"
    world.advance(40)
    assert (world.call(leg).outcome, talked_with(leg)) == ("talked", sam)


@pytest.mark.proves("C18")
def test_a_number_rung_back_that_forwards_to_the_line_ends_as_a_loop(world: World) -> None:
    world.rings(patience=6)
    world.advance(12)
    world.staff("sam", scripts.Answers(after=2))
    alex = world.staff("alex", scripts.Answers(after=2))
    alex.rings.clear()
    world.caller().script = scripts.Forwards(to=firm.LINE, after=1)
    world.ring_back("sam")
    world.advance(90)
    assert [(call.outcome, call.cause) for call in world.calls()[1:]] == [("blocked", "loop")]
    assert alex.rings == []
    assert [(row.calls, row.state != "closed") for row in world.callbacks()] == [(1, True)]


@pytest.mark.proves("F2")
def test_an_old_delivery_of_a_call_the_carrier_no_longer_has_ends_by_itself(world: World) -> None:
    world.staff("sam", scripts.Off())
    world.staff("alex", scripts.Off())
    form = arrival(call_sid(), From="+12125550199")
    for _again in range(3):
        assert post(world.app, "/voice/incoming", form).status_code == 200
    world.advance(240)
    [call] = world.calls()
    assert (call.outcome, call.ended_at is not None) == ("callback", True)
    assert [leg for leg in world.day.calls() if leg.to == "+12125550199"] == []
    assert [row.calls for row in world.callbacks()] == [1]


COSTLY = [f"+1809555{number:04}" for number in range(6)] + [f"+1900555{number:04}" for number in range(6)]


@pytest.mark.proves("R8")
def test_costly_callers_of_an_outage_are_held_and_none_is_dialled(world: World) -> None:
    world.advance(1)
    go_away(world)
    for number in COSTLY:
        world.rings(number, patience=1)
        world.advance(3)
    come_back(world)
    world.advance(130)
    nobody_is_lost(world)
    assert {(row.state, row.held_reason) for row in world.callbacks()} == {("held", "foreign"), ("held", "premium")}
    assert len(world.callbacks()) == len(COSTLY)
    assert [leg for leg in world.day.calls() if leg.direction != "inbound"] == []
    assert world.day.carrier.texts.by_sid == {}


BROKEN = {
    "refused": None, "no answer in time": Rudeness("slow", seconds=30), "500": Rudeness("answer", status=500),
}  # fmt: skip


@pytest.mark.proves("R17")
@pytest.mark.parametrize("how", BROKEN)
def test_the_carriers_own_words_are_heard_within_nine_seconds(world: World, how: str) -> None:
    carrier_holds(world)
    world.day.carrier.numbers[firm.LINE].voice_url += RETRY
    if (rude := BROKEN[how]) is None:
        world.day.transport.down.add(world.settings.public_url)
    else:
        world.day.carrier.moods.webhooks.append(Rudeness(**(vars(rude) | {"path": "/voice/incoming"})))
    world.forgiven.add("job_failed")
    leg = world.rings(patience=20)
    world.advance(30)
    said = next(caption for caption in world.caller().captions if caption.kind == "say")
    assert "what it's about" in said.text
    assert seconds(said.at, leg.created_at) <= 9
    assert {seen.url.startswith(HELD) for seen in world.day.carrier.documents} == {True}


@pytest.mark.proves("A4")
def test_news_that_is_hours_late_after_a_restart_adds_and_reopens_nothing(world: World) -> None:
    for name in ("sam", "alex"):
        world.staff(name, scripts.Off())
    for path in ("/voice/status", "/voice/recording", "/voice/legs/.*/status"):
        world.day.carrier.moods.webhooks.append(Rudeness("delay", path=path, seconds=5 * 3600))
    leg = world.rings(message="The boiler is leaking, all over the floor by now.")
    world.advance(90)
    [callback] = world.callbacks()
    with world.database.transaction() as session:
        row = session.get_one(Callback, callback.id)
        assert callbacks.close(session, row, "sam", "done_by_staff", world.now) is None
    world.restart_worker()
    world.rest = dt.timedelta(hours=1)
    world.advance(4 * 3600)
    before = world.call(leg)
    assert before.ended_at is not None  # the carrier was asked
    world.advance(2 * 3600)
    after, [now] = world.call(leg), world.callbacks()
    assert (now.state, now.closed_reason, now.calls) == ("closed", "done_by_staff", 1)
    assert (after.state, after.outcome, after.ended_at) == (before.state, before.outcome, before.ended_at)
    assert [message.state for message in world.messages()] == ["ready"]


@pytest.mark.proves("B18", "L5", "L7")
@pytest.mark.parametrize(("hours", "state"), [(7, "ready"), (48, "failed")])
def test_what_was_said_is_asked_for_all_day_and_then_nobody_waits_for_it(world: World, hours: int, state: str) -> None:
    world.forgiven |= {"job_failed", "given_up"}
    for name in ("sam", "alex"):
        world.staff(name, scripts.Off())
    world.day.carrier.moods.rest.append(RestFault("error", match="GET .*/Recordings/.*mp3"))
    world.rings(message="The boiler is leaking, all over the floor by now.")
    world.advance(90)
    world.rest = dt.timedelta(hours=1)
    world.advance(hours * 3600)
    assert [message.state for message in world.messages()] == ["failed" if hours == 48 else "arriving"]
    world.day.carrier.moods.clear()
    world.advance(17 * 3600)
    assert [message.state for message in world.messages()] == [state]
    told = [notice.words for notice in world.notices() if "given up" in notice.words]
    assert len(told) == (state == "failed")
    assert len(world.callbacks()) == 1
