"""What no delivery has told us is in the carrier's own log: nobody is lost, nothing is counted twice."""

import datetime as dt
import itertools

import pytest
import sqlalchemy as sa

from tests import firm
from tests.conftest import MakeWorld
from tests.outage import ANN, BOB, CY, come_back, go_away, lost, nobody_is_lost, reading
from tests.test_server_gone import carrier_holds
from tests.world import QUIET, World
from voice import call_log, contacts, recovered
from voice.call_log import LogDay
from voice.carrier import client
from voice.simulator import scripts
from voice.simulator.switches import RestFault

LISTING = "GET .*/Calls.json"


@pytest.mark.proves("01-2.14", "E1", "L4")
@pytest.mark.parametrize("away", [40, 600, 36_000], ids=["40 s", "10 min", "10 h"])
def test_who_rang_while_we_were_away_is_on_the_list_in_the_order_they_rang(world: World, away: float) -> None:
    carrier_holds(world)
    world.advance(1)
    go_away(world)
    legs = []
    for number in (ANN, BOB, CY):
        legs.append(world.rings(number, patience=4))
        world.advance(10)
    world.advance(away - 30)
    come_back(world)
    world.advance(130)
    nobody_is_lost(world)
    listed = world.callbacks()
    assert [callback.caller for callback in listed] == [ANN, BOB, CY]
    assert sorted(listed, key=lambda each: (each.due_at, each.id)) == listed
    for callback, leg in zip(listed, legs, strict=True):
        assert (callback.state, callback.reason, callback.calls) == ("waiting", "our_outage", 1)
        assert abs((callback.first_called_at - leg.created_at).total_seconds()) <= 1
    assert {call.source for call in world.calls()} == {"log"}
    assert all(phone.rings == [] for phone in world.phones.values())
    assert world.day.carrier.texts.by_sid == {}


def test_the_owner_is_told_once_and_the_notice_grows(world: World) -> None:
    world.write(lambda session: contacts.block(session, ANN, name="Ann <b>Lee</b>"))
    world.advance(1)
    lost(world)
    for number in (ANN, BOB, ANN):
        world.rings(number, patience=4)
        world.advance(200)
    world.rest = dt.timedelta(minutes=5)
    [notice] = world.notices()
    assert notice.words.startswith(
        "While we were away (Mon 23 Nov 10:00 am to 10:06 am), 2 people rang: Ann <b>Lee</b> and"
    )
    assert BOB in notice.words
    world.advance(4000)
    assert world.notices()[0].words == notice.words
    assert len(world.notices()) == 1


@pytest.mark.proves("R11")
def test_a_message_the_carrier_took_for_us_is_found_though_its_delivery_is_lost(world: World) -> None:
    carrier_holds(world)
    world.advance(1)
    go_away(world)
    world.rings(ANN, message="The boiler is leaking.")
    world.advance(60)
    come_back(world)
    world.advance(10)
    nobody_is_lost(world)
    assert [message.state for message in world.messages()] == ["ready"]
    assert world.notices()[0].words.endswith("1 left a message.")
    world.rest = dt.timedelta(minutes=5)
    world.advance(3700)
    assert len(world.messages()) == 1


def test_a_withheld_caller_and_a_blocked_one_are_found_as_what_they_are(world: World) -> None:
    world.write(lambda session: contacts.block(session, BOB, blocked=True))
    world.advance(1)
    go_away(world)
    for number in ("anonymous", BOB, firm.SECOND_LINE):
        world.rings(number, patience=4)
        world.advance(10)
    come_back(world)
    world.advance(5)
    assert [(call.caller, call.outcome) for call in world.calls()][:2] == [(None, "callback"), (BOB, "blocked")]
    assert [callback.state for callback in world.callbacks() if callback.caller is None] == ["no_number"]


@pytest.mark.proves("S20")
def test_an_earlier_call_of_the_same_caller_found_late_moves_their_place_not_their_promise(world: World) -> None:
    world.advance(1)
    lost(world)
    world.rings(ANN, patience=4)
    world.advance(5)
    world.day.carrier.moods.clear()
    world.rings(BOB, patience=6)
    world.advance(20)
    world.rings(ANN, patience=6)
    world.advance(10)
    promised = {callback.caller: callback.promised_by for callback in world.callbacks()}
    assert [callback.caller for callback in world.callbacks()] == [BOB, ANN]
    world.advance(200)
    [ann, bob] = world.callbacks()
    assert (ann.caller, ann.calls) == (ANN, 2)
    assert ann.due_at <= bob.due_at
    assert {ANN: ann.promised_by, BOB: bob.promised_by} == promised
    nobody_is_lost(world)


@pytest.mark.proves("R10")
def test_who_got_through_meanwhile_is_not_put_on_the_list_again(world: World) -> None:
    world.staff("sam", scripts.Answers(after=2))
    world.advance(1)
    lost(world)
    for _again in range(3):
        world.rings(ANN, patience=4)
        world.advance(6)
    world.day.carrier.moods.clear()
    world.rings(ANN, talk=30)
    world.advance(50)
    lost(world)
    world.staff("sam", scripts.Script())
    world.rings(BOB, patience=4)
    world.advance(200)
    nobody_is_lost(world)
    by_caller = {callback.caller: callback for callback in world.callbacks()}
    assert len(world.callbacks()) == 2
    assert (by_caller[ANN].state, by_caller[ANN].closed_reason, by_caller[ANN].calls) == ("closed", "got_through", 3)
    assert by_caller[BOB].state == "waiting"


@pytest.mark.proves("R10")
def test_who_rang_again_after_the_talk_is_on_the_list(world: World) -> None:
    world.staff("sam", scripts.Answers(after=2))
    world.advance(1)
    lost(world)
    world.rings(ANN, patience=4)
    world.advance(6)
    world.day.carrier.moods.clear()
    world.rings(ANN, talk=30)
    world.advance(50)
    lost(world)
    world.rings(ANN, patience=4)
    world.advance(200)
    assert [callback.state for callback in world.callbacks()] == ["closed", "waiting"]
    nobody_is_lost(world)


def test_a_call_in_progress_is_never_decided_about(world: World) -> None:
    carrier_holds(world)
    world.advance(1)
    go_away(world)
    leg = world.rings(ANN, message="It is a long story. " * 60)
    world.advance(20)
    come_back(world)
    world.advance(10)
    assert leg.ended_at is None
    assert world.calls() == []
    assert reading(world).watermark <= leg.created_at
    world.caller(ANN).hang_up()
    world.advance(200)
    nobody_is_lost(world)


@pytest.mark.proves("R13")
def test_a_listing_that_breaks_off_moves_nothing_and_is_tried_again(world: World) -> None:
    world.advance(1)
    before = reading(world).watermark
    go_away(world)
    world.rings(ANN, patience=4)
    world.advance(100)
    come_back(world)
    world.day.carrier.moods.rest.append(RestFault("error", match=LISTING))
    world.advance(30)
    kept = reading(world)
    assert (kept.watermark, kept.error is None, world.calls()) == (before, False, [])
    world.day.carrier.moods.clear()
    world.advance(20)
    nobody_is_lost(world)
    assert reading(world).error is None


@pytest.mark.proves("R4")
def test_a_page_that_fails_spoils_the_whole_listing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "PAGE", 2)
    world.advance(1)
    before = reading(world).watermark
    go_away(world)
    for number in (ANN, BOB, CY):
        world.rings(number, patience=4)
        world.advance(20)
    come_back(world)
    whole = world.day.carrier.moods.for_rest
    fails = itertools.cycle((False, True))  # the first page comes, the second never does

    def for_rest(target: str) -> RestFault | None:
        if target.startswith("GET") and target.endswith("/Calls.json") and next(fails):
            return RestFault("error", status=500)
        return whole(target)

    monkeypatch.setattr(world.day.carrier.moods, "for_rest", for_rest)
    world.advance(30)
    assert (world.calls(), reading(world).watermark) == ([], before)
    monkeypatch.setattr(world.day.carrier.moods, "for_rest", whole)
    world.advance(20)
    nobody_is_lost(world)


@pytest.mark.proves("A20", "R6")
@pytest.mark.parametrize(("hours", "found_within"), [(3, 1), (40, 24)])
def test_the_log_may_be_late(world: World, hours: float, found_within: float) -> None:
    """A call that is listed hours after it came in, long behind the watermark, is found all the same."""
    if hours > 24:  # the day of the first reading is not a whole one, and not counted
        world.rest = dt.timedelta(hours=1)
        world.advance(20 * 3600)
    world.rest = QUIET
    world.advance(1)
    lost(world)
    leg = world.rings(ANN, patience=4)
    world.advance(5)
    hidden = world.day.carrier.calls.pop(leg.sid)
    world.rest = dt.timedelta(minutes=5 if hours < 24 else 60)
    world.advance(hours * 3600)
    assert world.calls() == []
    world.day.carrier.calls[leg.sid] = hidden
    world.advance(found_within * 3600 + 100)
    nobody_is_lost(world)
    if hours > 24:
        days = world.read(lambda session: session.scalars(sa.select(LogDay)).all())
        assert [(day.carrier, day.ours) for day in days if day.day == leg.created_at.date()] == [(1, 1)]
    assert world.callbacks()[0].first_called_at - leg.created_at < dt.timedelta(seconds=1)


@pytest.mark.proves("E25", "R4")
@pytest.mark.parametrize("step", ["find", "report", "has_read"])
def test_a_crash_within_a_reading_loses_nothing_and_doubles_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    world.advance(1)
    go_away(world)
    for number in (ANN, BOB):
        world.rings(number, patience=4)
        world.advance(10)
    come_back(world)
    owner = call_log if step == "has_read" else recovered
    whole = getattr(owner, step)
    crashed: list[str] = []

    def crash(*args: object, **more: object) -> object:
        whole_answer = whole(*args, **more)
        if not crashed:
            crashed.append(step)
            raise SystemExit
        return whole_answer

    monkeypatch.setattr(owner, step, crash)
    with pytest.raises(SystemExit):
        world.advance(5)
    world.restart_worker()
    world.advance(10)
    assert crashed == [step]
    nobody_is_lost(world)
    assert [callback.calls for callback in world.callbacks()] == [1, 1]


def test_what_was_before_us_is_not_ours_to_answer(make_world: MakeWorld) -> None:
    world = make_world()
    go_away(world)
    world.rings(ANN, patience=4)
    world.advance(3000)
    come_back(world)
    world.rest = dt.timedelta(minutes=5)
    world.advance(8000)
    assert world.calls() == []
    assert world.callbacks() == []


@pytest.mark.proves("L4")
def test_days_are_counted_and_one_that_differs_is_told(world: World) -> None:
    world.staff("sam", scripts.Answers(after=2))
    world.rest = dt.timedelta(hours=1)
    world.advance(20 * 3600)
    leg = world.rings(ANN, talk=15)
    world.advance(60)
    stray = world.rings(BOB, patience=2)
    world.advance(10)
    world.day.carrier.calls.pop(stray.sid)  # we know it, and the carrier does not
    world.advance(26 * 3600)
    days = world.read(lambda session: session.scalars(sa.select(LogDay)).all())
    assert [(day.day, day.carrier, day.ours) for day in days] == [(dt.date(2026, 11, 24), 1, 2)]
    assert leg.created_at.date() == dt.date(2026, 11, 24)
    assert ["the carrier lists 1 calls" in notice.words for notice in world.notices()] == [True]
