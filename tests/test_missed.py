"""Nobody takes the caller: the callback comes first, then the words, and the words are true."""

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa

from tests import firm
from tests.conftest import MakeWorld
from tests.world import World, seconds
from voice import allowed
from voice.firm import StaffMember
from voice.models import Callback
from voice.rules import wording
from voice.simulator import scripts
from voice.simulator.legs import Leg as PhoneLeg
from voice.stats import FIGURES

ABROAD = "+442079460123"
NEW_YORK = "America/New_York"
SUNDAY_NOON = dt.datetime(2026, 11, 22, 17, 0, tzinfo=dt.UTC)
THANKSGIVING = dt.datetime(2026, 11, 26, 15, 0, tzinfo=dt.UTC)
FOUR_FIFTY = dt.datetime(2026, 11, 23, 21, 50, tzinfo=dt.UTC)


def promise_heard(world: World) -> str:
    """The one sentence with the promise that was spoken to the caller."""
    spoken = [words for words in world.heard(world.caller()) if "will ring you" in words]
    assert len(spoken) == 1
    return spoken[0]


def words_are_true(world: World, leg: PhoneLeg) -> None:
    """What was said, what was written down and what is owed are one and the same time."""
    call, callback, promise = world.call(leg), world.callbacks()[0], world.promises()[0]
    assert call.told_at is not None
    when = wording.say_time(callback.promised_by, call.told_at, NEW_YORK, "en-US")
    assert f"will ring you by {when}." in promise_heard(world)
    assert (promise.words, promise.channel) == (promise_heard(world), "voice")
    assert promise.promised_by == callback.promised_by
    assert callback.promised_by > call.told_at


def nobody_rang(world: World) -> None:
    """No phone of the staff made a sound."""
    assert all(phone.captions == [] for phone in world.phones.values())


@pytest.mark.proves("01-2.8")
@pytest.mark.parametrize("gone", [False, True])
def test_a_number_nobody_may_ring_is_promised_no_time_until_the_owner_allows_it(
    make_world: MakeWorld, gone: bool
) -> None:
    world = make_world(staff=())
    if gone:
        world.lose_storage()
    world.rings(ABROAD, message="It's about the boiler.")
    world.advance(30)
    if gone:
        world.restore_storage()
        world.advance(30)
    assert world.heard(world.caller(ABROAD))[0] == wording.message_only("en-US")
    assert not any("will ring you" in words for words in world.heard(world.caller(ABROAD)))
    held = world.callbacks()[0]
    assert (held.state, held.held_reason, world.promises()) == ("held", "foreign", [])
    assert (counted(world, "owed"), counted(world, "running"), counted(world, "broken")) == (0, 0, 0)
    later = world.now + dt.timedelta(hours=2)
    assert world.write(lambda session: allowed.allow_number(session, ABROAD, later)) is None
    promise, waiting = world.promises()[0], world.callbacks()[0]
    assert (promise.channel, promise.promised_by, waiting.due_at) == ("none", waiting.promised_by, waiting.promised_by)
    assert later + dt.timedelta(minutes=60) <= promise.promised_by < later + dt.timedelta(minutes=65)
    assert (counted(world, "owed"), counted(world, "running"), counted(world, "broken")) == (1, 1, 0)


def counted(world: World, figure: str) -> int | None:
    """How many callbacks a figure counts."""
    of = FIGURES[figure]
    minus = FIGURES[of.but].counts if of.but else sa.false()
    which = sa.and_(FIGURES[of.all_of].counts if of.all_of else of.counts, ~minus)
    count = sa.select(sa.func.count()).select_from(Callback).where(which)
    return world.read(lambda session: session.scalar(count, {"now": world.now}))


@pytest.mark.proves("01-2.8", "C6")
def test_nobody_in_time(world: World) -> None:
    for name in ("sam", "alex"):
        world.staff(name, scripts.Answers(after=100))
    leg = world.rings(message="It's about the boiler, it has been leaking since last night.")
    world.advance(60)
    call = world.call(leg)
    assert (call.state, call.outcome, call.cause) == ("unanswered", "callback", "rang_out")
    words_are_true(world, leg)
    assert world.callbacks()[0].promised_by == firm.MONDAY_TEN + dt.timedelta(minutes=65)  # 10:00:25 + 60 min, up to 5
    assert "by eleven oh five." in promise_heard(world)
    assert [(row.state, row.call_id) for row in world.messages()] == [("ready", call.id)]
    assert world.messages()[0].audio_id is not None


@pytest.mark.proves("01-2.8", "C20")
@pytest.mark.parametrize(
    ("says", "answer"), [("", "Thank you. Goodbye."), ("A leak.", "Thank you, we have that. Goodbye.")]
)
def test_whoever_says_nothing_is_not_told_that_we_have_it(world: World, says: str, answer: str) -> None:
    for name in ("sam", "alex"):
        world.staff(name, scripts.Declines(after=2))
    world.rings()
    world.advance(18)
    if says:
        world.caller().speak(says)
    world.advance(30)
    assert world.heard(world.caller())[-1] == answer


@pytest.mark.proves("01-2.8")
def test_the_callback_is_committed_before_the_words_are_sent(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("sam", "alex"):
        world.staff(name, scripts.Off())
    known: list[int] = []
    hear = type(world.caller()).hear

    def listen(phone: object, leg: PhoneLeg, kind: str, text: str, *more: object) -> object:
        if "will ring you" in text:
            known.append(len(world.callbacks()) * len(world.promises()))
        return hear(phone, leg, kind, text, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(type(world.caller()), "hear", listen)
    leg = world.rings()
    world.advance(40)
    assert known == [1]
    kinds = world.events(world.call(leg))
    assert kinds.index("callback_opened") < kinds.index("promised")


@pytest.mark.proves("C20")
def test_a_caller_who_says_nothing_is_thanked_and_keeps_the_callback(world: World) -> None:
    for name in ("sam", "alex"):
        world.staff(name, scripts.Off())
    leg = world.rings()
    world.advance(90)
    assert leg.over
    assert [row.state for row in world.messages()] == ["empty"]
    assert world.callbacks()[0].state == "waiting"


@pytest.mark.proves("C21")
def test_a_message_of_the_longest_kind_is_cut_cleanly_and_thanked(make_world: MakeWorld) -> None:
    world = make_world(staff=())
    leg = world.rings()
    world.advance(12)
    world.caller().speak("and another thing", seconds=150)
    world.advance(170)
    assert leg.over
    assert "Thank" in world.heard(world.caller())[-1]
    assert [(row.state, row.seconds) for row in world.messages()] == [("ready", 120)]


@pytest.mark.proves("C22", "S9")
@pytest.mark.parametrize(
    ("ignored", "gone_at"),
    [(True, None), (False, None), (False, 0), (False, 12)],
    ids=["keys ignored", "keys end the recording", "without the tables", "tables lost in the middle"],
)
def test_a_key_during_the_message_leads_nowhere(make_world: MakeWorld, ignored: bool, gone_at: int | None) -> None:
    world = make_world(staff=())
    world.day.carrier.switches.record_keys_ignored = ignored
    world.advance(1)
    if gone_at == 0:
        world.lose_storage()
    leg = world.rings()
    world.advance(12)
    if gone_at == 12:
        world.lose_storage()
    caller = world.caller()
    caller.speak("It's the boiler", seconds=3)
    world.advance(2)
    heard = world.heard(caller)
    caller.press("1")
    world.advance(2)
    assert world.heard(caller) == heard  # not a word: it goes on recording
    assert not leg.over
    caller.press("#")
    world.advance(1)
    caller.hang_up()
    if gone_at is not None:
        world.restore_storage()
    world.advance(10)
    assert world.call(leg).outcome == "callback"
    assert len(world.callbacks()) == 1


CLOSED: dict[str, tuple[dt.datetime, dict[str, Any], str, str]] = {
    "closed": (SUNDAY_NOON, {"hours": firm.OFFICE}, "closed", "by ten tomorrow."),
    "holiday": (THANKSGIVING, {"hours": firm.OFFICE, "holidays": "US"}, "holiday", "by ten tomorrow."),
    "own closed day": (
        firm.MONDAY_TEN,
        {"hours": firm.OFFICE, "closed_days": ["2026-11-23"]},
        "closed",
        "by ten tomorrow.",
    ),
    "nobody on the line": (firm.MONDAY_TEN, {"staff": ()}, "nobody_on_shift", "by eleven oh five."),
}


@pytest.mark.proves("01-6.7", "01-2.8", "01-2.17")
@pytest.mark.parametrize("kind", CLOSED)
def test_closed_goes_straight_to_the_promise_without_ringing_for_show(make_world: MakeWorld, kind: str) -> None:
    start, columns, cause, when = CLOSED[kind]
    world = make_world(start=start, **columns)
    leg = world.rings()
    world.advance(30)
    call = world.call(leg)
    assert (call.state, call.outcome, call.cause) == ("unanswered", "callback", cause)
    assert world.callbacks()[0].reason == cause
    nobody_rang(world)
    words_are_true(world, leg)
    first = next(caption for caption in world.caller().captions if caption.kind == "say")
    assert seconds(first.at, leg.created_at) < 1
    assert when in first.text
    assert ("closed" in first.text) == (cause in ("closed", "holiday"))


@pytest.mark.proves("01-6.7", "01-2.8")
@pytest.mark.parametrize(
    "why", [{"shifts": {"mon": "12:00-17:00"}}, {"availability": "away"}, {"availability": "off"}, {"phone": ""}]
)
def test_nobody_on_shift_goes_straight_to_the_promise(world: World, why: dict[str, object]) -> None:
    def change(session: object) -> None:
        for name in ("sam", "alex"):
            for column, value in why.items():
                setattr(session.get_one(StaffMember, name), column, value)  # type: ignore[attr-defined]

    world.write(change)
    leg = world.rings()
    world.advance(20)
    assert world.call(leg).cause == "nobody_on_shift"
    nobody_rang(world)
    words_are_true(world, leg)


@pytest.mark.proves("01-3.1")
def test_late_in_the_day_the_promise_is_for_the_next_morning(make_world: MakeWorld) -> None:
    world = make_world(start=FOUR_FIFTY, staff=(), hours=firm.OFFICE)
    leg = world.rings()
    world.advance(20)
    assert world.callbacks()[0].promised_by == dt.datetime(2026, 11, 24, 14, 25, tzinfo=dt.UTC)
    words_are_true(world, leg)


@pytest.mark.proves("01-6.7", "01-2.9", "C3")
def test_all_declined_at_once_does_not_wait_out_the_ring_time(make_world: MakeWorld) -> None:
    world = make_world(staff=("sam", "alex"), ring_seconds=60)
    sam, alex = world.staff("sam", scripts.Declines(after=2)), world.staff("alex", scripts.Declines(after=5))
    world.day.carrier.switches.declined_status = "no-answer"  # as Sam's network calls it; Alex's says busy
    leg = world.rings()
    world.advance(4)
    world.day.carrier.switches.declined_status = "busy"
    world.advance(16)
    call = world.call(leg)
    assert (call.state, call.cause) == ("unanswered", "declined")
    assert alex.rings[0].ended is not None
    assert call.told_at is not None
    assert seconds(call.told_at, alex.rings[0].ended) < 1  # fetched out of the ringback by REST
    assert (len(sam.rings), len(alex.rings)) == (1, 1)
    words_are_true(world, leg)


@pytest.mark.proves("01-2.9")
def test_all_declined_and_the_api_dead_the_next_wait_request_does_it(make_world: MakeWorld) -> None:
    world = make_world(staff=("sam",), ring_seconds=60)
    sam = world.staff("sam")
    leg = world.rings()
    world.advance(6)
    world.kill_worker()
    sam.decline()
    declined = world.now
    world.advance(8)
    call = world.call(leg)
    assert call.told_at is not None
    assert seconds(call.told_at, declined) <= 6.2
    words_are_true(world, leg)
    world.wake_worker()  # its move comes too late, and says nothing twice
    world.advance(20)
    assert promise_heard(world)
