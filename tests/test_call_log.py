"""What no delivery has told us is in the carrier's own log: nobody is lost, nothing is counted twice."""

import datetime as dt

import pytest
import sqlalchemy as sa

from tests import firm
from tests.conftest import MakeWorld
from tests.test_server_gone import carrier_holds
from tests.world import URL, World
from voice import call_log, contacts, recovered
from voice.call_log import LogDay, Reading
from voice.carrier import client
from voice.rules import evidence
from voice.simulator import scripts
from voice.simulator.switches import RestFault, Rudeness

ANN, BOB, CY = "+12125550171", "+12125550172", "+12125550173"
LISTING = "GET .*/Calls.json"


def lost(world: World, path: str = "/voice/") -> None:
    """Deliveries that never arrive."""
    world.day.carrier.moods.webhooks.append(Rudeness("drop", path=path))


def go_away(world: World) -> None:
    """Our server is gone, web and worker."""
    world.day.transport.down.add(URL)
    world.kill_worker()


def come_back(world: World) -> None:
    """It is started again: a new process, which remembers nothing but its tables."""
    world.day.transport.down.discard(URL)
    world.day.carrier.moods.clear()
    world.restart_worker()


def truth(world: World) -> set[str]:
    """The carrier's own inbound calls to the line."""
    return {leg.sid for leg in world.day.calls() if leg.direction == "inbound" and leg.to == firm.LINE}


def nobody_is_lost(world: World) -> None:
    """Ours are the carrier's, each with one outcome; one open callback per caller at most."""
    calls = world.calls()
    assert sorted(call.sid for call in calls) == sorted(truth(world))
    assert {call.outcome for call in calls} <= {"talked", "callback", "blocked"}
    assert all(call.callback_id for call in calls if call.outcome == "callback")
    open_ones = [callback.caller_key for callback in world.callbacks() if callback.state != "closed"]
    assert len(open_ones) == len(set(open_ones))


def reading(world: World) -> Reading:
    """How far the log of the line has been read."""
    return world.read(lambda session: session.get_one(Reading, firm.LINE))


@pytest.mark.proves("01-2.14")
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
    assert sorted(callback.due_at for callback in listed) == [callback.due_at for callback in listed]
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
    assert notice.words.startswith("While we were away (Mon 23 Nov 10:00 to 10:06), 2 people rang: Ann <b>Lee</b> and")
    assert BOB in notice.words
    world.advance(4000)
    assert world.notices()[0].words == notice.words
    assert len(world.notices()) == 1


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


@pytest.mark.parametrize("gone_at", [1, 3, 5, 8, 20])
def test_an_outage_that_begins_in_the_middle_of_a_call_settles_it_as_what_it_was(world: World, gone_at: float) -> None:
    """Sam answers at two seconds and talks for half a minute, whoever of us is there to see it."""
    world.staff("sam", scripts.Answers(after=2))
    world.staff("alex", scripts.Script())
    leg = world.rings(ANN, talk=30, patience=60)
    world.advance(gone_at)
    go_away(world)
    world.advance(400)
    come_back(world)
    world.advance(130)
    world.rest = dt.timedelta(minutes=1)
    world.advance(1200)
    nobody_is_lost(world)
    talked = any((span.until - span.at).total_seconds() >= 10 for span in leg.bridges if span.until)
    assert (world.call(leg).outcome == "talked") is talked
    assert [callback.state for callback in world.callbacks() if callback.state != "closed"] == (
        [] if talked else ["waiting"]
    )


def test_a_talk_our_own_rows_have_forgotten_is_read_off_the_carriers_record(world: World) -> None:
    """As after the return to an older backup: neither call nor leg is known any more."""
    world.staff("sam", scripts.Answers(after=2))
    world.advance(1)
    leg = world.rings(ANN, talk=40)
    world.advance(60)
    assert world.call(leg).outcome == "talked"
    forget_everything(world)
    assert world.calls() == []
    world.advance(200)
    world.rest = dt.timedelta(minutes=1)
    assert world.calls() == []  # somebody of ours was on the phone then: what came of it can be read after 15 minutes
    world.advance(1000)
    call = world.call(leg)
    assert (call.outcome, call.answered_by, call.source, call.path) == ("talked", "sam", "log", "queue")
    assert call.talk_seconds == pytest.approx(40, abs=4)
    assert world.callbacks() == []
    nobody_is_lost(world)


def forget_everything(world: World) -> None:
    """The tables of calls are empty, as in a backup made before them."""

    def empty(session: sa.orm.Session) -> None:
        if session.get_bind().dialect.name == "sqlite":
            session.execute(sa.text("PRAGMA defer_foreign_keys=ON"))
        for table in ("call_events", "legs", "promises", "messages", "calls", "callbacks"):
            session.execute(sa.text(f"DELETE FROM {table}"))  # noqa: S608  our own names

    world.write(empty)


def test_what_cannot_be_proven_is_called_back(world: World) -> None:
    """A mailbox answered, and nobody talked; our rows are gone, and the carrier shows no acceptance."""
    world.staff("sam", scripts.Mailbox(after=3))
    world.staff("alex", scripts.Off())
    leg = world.rings(ANN, patience=40)
    world.advance(70)
    forget_everything(world)
    world.rest = dt.timedelta(minutes=1)
    world.advance(1300)
    assert world.call(leg).outcome == "callback"
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


def test_a_listing_that_breaks_off_moves_nothing_and_is_tried_again(world: World) -> None:
    world.advance(1)
    before = reading(world).watermark
    go_away(world)
    world.rings(ANN, patience=4)
    world.advance(100)
    come_back(world)
    world.day.carrier.moods.rest.append(RestFault("error", match=LISTING, times=2))
    world.advance(30)
    kept = reading(world)
    assert (kept.watermark, kept.error is None, world.calls()) == (before, False, [])
    world.advance(120)
    nobody_is_lost(world)
    assert reading(world).error is None


def test_a_page_that_fails_spoils_the_whole_listing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "PAGE", 2)
    world.advance(1)
    before = reading(world).watermark
    go_away(world)
    for number in (ANN, BOB, CY):
        world.rings(number, patience=4)
        world.advance(20)
    come_back(world)
    fails_on_page_two = world.day.carrier.moods.for_rest
    count = iter((False, True))

    def for_rest(target: str) -> RestFault | None:
        if target.startswith("GET") and target.endswith("/Calls.json") and next(count, False):
            return RestFault("error", status=500)
        return fails_on_page_two(target)

    monkeypatch.setattr(world.day.carrier.moods, "for_rest", for_rest)
    world.advance(10)
    assert (world.calls(), reading(world).watermark) == ([], before)
    world.advance(60)
    nobody_is_lost(world)


def test_nobody_is_rung_back_before_the_log_has_been_read_once(world: World) -> None:
    world.staff("sam", scripts.Answers(after=2))
    world.rings(ANN, patience=1)
    world.advance(5)
    world.kill_worker()
    world.day.carrier.moods.rest.append(RestFault("error", match="GET .*/Calls.json", times=1))
    world.restart_worker()
    world.advance(1)
    before = len(world.phones["sam"].rings)
    world.ring_back("sam")
    world.advance(20)
    assert len(world.phones["sam"].rings) == before
    caller = world.rings(BOB, patience=30, talk=15)
    world.advance(30)
    assert world.call(caller).outcome == "talked"  # who is on the line is served all the same
    world.advance(40)
    assert len(world.phones["sam"].rings) > before + 1


def test_the_log_may_be_late(world: World) -> None:
    """A call that is listed an hour after it came in, long behind the watermark, is found all the same."""
    world.advance(1)
    lost(world)
    leg = world.rings(ANN, patience=4)
    world.advance(5)
    hidden = world.day.carrier.calls.pop(leg.sid)
    world.rest = dt.timedelta(minutes=5)
    world.advance(3 * 3600)
    assert world.calls() == []
    world.day.carrier.calls[leg.sid] = hidden
    world.advance(3700)
    nobody_is_lost(world)
    assert world.callbacks()[0].first_called_at - leg.created_at < dt.timedelta(seconds=1)


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


def test_days_are_counted_and_one_that_differs_is_told(world: World) -> None:
    world.staff("sam", scripts.Answers(after=2))
    world.rest = dt.timedelta(minutes=10)
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


def test_a_talk_the_log_contradicts_is_kept_and_its_caller_rung_back(world: World) -> None:
    world.staff("sam", scripts.Answers(after=2))
    leg = world.rings(ANN, talk=30)
    world.advance(60)
    staff = next(each for each in world.day.calls() if each.direction == "outbound-api" and each.answered_at)
    joined = world.call(leg).joined_at
    assert joined is not None
    staff.ended_at = joined + dt.timedelta(seconds=3)
    world.rest = dt.timedelta(minutes=5)
    world.advance(3700)
    call = world.call(leg)
    assert (call.outcome, world.events(call).count("records_disagree")) == ("talked", 1)
    assert [callback.reason for callback in world.callbacks()] == ["short_talk"]
    world.advance(3700)
    assert world.events(call).count("records_disagree") == 1


@pytest.mark.parametrize(
    ("known", "over", "ended_ago", "verdict"),
    [
        (None, False, 0, "wait"),
        (None, True, 60, "wait"),
        (None, True, 121, "find"),
        (evidence.Known(pending=True, talked=False, unsure=False), True, 60, "wait"),
        (evidence.Known(pending=True, talked=False, unsure=False), True, 121, "end"),
        (evidence.Known(pending=False, talked=False, unsure=True), True, 60, "examine"),
        (evidence.Known(pending=False, talked=True, unsure=False), True, 60, "compare"),
        (evidence.Known(pending=False, talked=False, unsure=False), True, 60, "settled"),
        (evidence.Known(pending=False, talked=False, unsure=False), False, 0, "settled"),
    ],
)
def test_what_is_done_about_a_call_of_the_log(
    known: evidence.Known | None, over: bool, ended_ago: float, verdict: str
) -> None:
    now = firm.MONDAY_TEN
    assert evidence.verdict(over, now - dt.timedelta(seconds=ended_ago), known, now, at_once=False) == verdict
