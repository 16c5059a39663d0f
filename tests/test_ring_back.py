"""Ringing a caller back, over the wire: the staff phone first, a key, then the caller from the line's number."""

import datetime as dt

import pytest
import sqlalchemy as sa

from tests import firm
from tests.conftest import MakeWorld
from tests.world import World
from voice import attempts, results
from voice.claims import Refusal
from voice.models import Attempt, Callback
from voice.simulator import scripts
from voice.simulator.legs import Leg as PhoneLeg
from voice.simulator.switches import Rudeness

JANE = "+12125550177"
QUARTER = dt.timedelta(minutes=15)


@pytest.fixture
def owing(world: World) -> World:
    """Jane hung up before anybody took her call, and is on the list. Sam alone answers a second line."""
    firm.second_line(world.database, "sam")
    miss(world)
    return world


def miss(world: World) -> None:
    """Jane rings and hangs up; nobody was quick enough."""
    world.rings(JANE, patience=6)
    world.advance(12)
    assert [row.state for row in world.callbacks()] == ["waiting"]
    assert not any(phone.ringing for phone in world.phones.values())


def tap(world: World, who: str = "sam", anyway: bool = False) -> Attempt | Refusal:
    """That person's button: ring Jane back."""
    with world.database.transaction() as session:
        return attempts.ring_back(session, session.scalars(sa.select(Callback)).one(), who, world.now, anyway)


def callback(world: World) -> Callback:
    """Jane's."""
    return world.callbacks().pop()


def tries(world: World) -> list[tuple[str | None, int]]:
    """How each attempt ended, and the seconds of talk."""
    rows = sa.select(Attempt).order_by(Attempt.created_at)
    return world.read(lambda session: [(row.ending, row.talk_seconds) for row in session.scalars(rows)])


def dials(world: World) -> list[PhoneLeg]:
    """Every leg of ours that has reached for Jane's phone, by the carrier's own books."""
    return [leg for leg in world.day.calls() if leg.to == JANE and leg.direction != "inbound"]


def result(world: World, what: str) -> Refusal | None:
    """Sam says how it ended."""
    with world.database.transaction() as session:
        return results.give_result(session, session.scalars(sa.select(Callback)).one(), "sam", what, world.now)


@pytest.mark.proves("01-6.14", "01-3.3")
def test_answered_they_talk_and_the_result_closes_it(owing: World) -> None:
    sam = owing.staff("sam", scripts.Answers(after=2, key_after=6))
    jane = owing.caller(JANE)
    jane.script = scripts.Answers(after=3, key="", talk=30)
    tap(owing)
    owing.advance(5)
    for words in ("Ringing back 2 1 2, 5 5 5, 0 1 7 7", "any key to ring them now"):
        assert words in sam.said_to_it()
    assert dials(owing) == []  # not before a person has pressed a key
    owing.advance(50)
    (dialled,) = dials(owing)
    assert dialled.frm == firm.LINE
    assert [heard.text for heard in jane.captions if heard.call_sid == dialled.sid and heard.kind == "say"] == []
    row = callback(owing)
    assert (row.state, row.claimed_by, row.attempts) == ("wrapping_up", "sam", 1)
    assert row.rang_at is not None
    assert dialled.rang_at is not None
    assert abs(row.rang_at - dialled.rang_at) < dt.timedelta(seconds=1)
    ((ending, seconds),) = tries(owing)
    assert ending == "talked"
    assert 29 <= seconds <= 31
    assert result(owing, "sorted") is None
    assert (callback(owing).state, callback(owing).closed_reason) == ("closed", "talked")


@pytest.mark.proves("01-6.14", "01-3.3")
@pytest.mark.parametrize(
    ("script", "ending", "said"),
    [(scripts.Script(), "no_answer", "No answer."), (scripts.Busy(), "busy", "Their line is busy.")],
)
def test_not_reached_it_is_counted_and_comes_back(owing: World, script: scripts.Script, ending: str, said: str) -> None:
    sam = owing.staff("sam", scripts.Answers(after=2))
    owing.caller(JANE).script = script
    tap(owing)
    owing.advance(60)
    row = callback(owing)
    assert (row.state, row.attempts, row.claimed_by) == ("waiting", 1, None)
    assert tries(owing) == [(ending, 0)]
    assert said in sam.said_to_it()
    (dialled,) = dials(owing)
    assert dialled.ended_at is not None
    assert abs(row.due_at - dialled.ended_at - QUARTER) < dt.timedelta(seconds=1)


@pytest.mark.proves("01-6.14", "C16")
def test_the_callers_mailbox_is_no_talk_until_staff_say_so(owing: World) -> None:
    owing.staff("sam", scripts.Answers(after=2, talk=20))
    owing.caller(JANE).script = scripts.Mailbox(after=5)
    tap(owing)
    owing.advance(60)
    assert callback(owing).state == "wrapping_up"
    assert result(owing, "left_voicemail") is None
    row = callback(owing)
    assert (row.state, row.attempts, row.due_at) == ("waiting", 1, owing.now + QUARTER)


@pytest.mark.proves("01-6.14")
def test_a_number_that_cannot_be_reached_counts_nothing_and_stays_with_who_tried(owing: World) -> None:
    sam, owing.caller(JANE).script = owing.staff("sam", scripts.Answers(after=2)), scripts.Fails()
    tap(owing)
    owing.advance(30)
    row = callback(owing)
    assert (row.state, row.claimed_by, row.attempts, row.rang_at) == ("claimed", "sam", 0, None)
    assert "The call did not go through." in sam.said_to_it()
    assert tries(owing) == [("failed", 0)]


@pytest.mark.proves("01-6.14", "01-3.3", "F9", "S16")
def test_a_held_number_is_dialled_by_nobody(world: World) -> None:
    world.rings("+19005550100", patience=6)
    world.advance(12)
    assert (callback(world).state, callback(world).held_reason) == ("held", "premium")
    assert tap(world) == Refusal("held", reason="premium")
    world.advance(30)
    assert [leg for leg in world.day.calls() if leg.to == "+19005550100"] == []


@pytest.mark.proves("01-6.14", "01-3.3")
def test_two_people_at_once_one_rings_and_the_other_is_told_who(owing: World) -> None:
    sam, alex = owing.staff("sam", scripts.Answers(after=2)), owing.staff("alex")
    rung = len(alex.rings)
    assert isinstance(tap(owing, "sam"), Attempt)
    assert tap(owing, "alex") == Refusal("held_by", holder="sam")
    assert isinstance(tap(owing, "sam"), Attempt)
    owing.advance(60)
    assert [ending for ending, _ in tries(owing)] == ["no_answer"]
    assert (len(dials(owing)), len(alex.rings)) == (1, rung)
    assert sam.answered


@pytest.mark.parametrize("script", [scripts.Mailbox(after=2), scripts.Declines(after=2), scripts.Script()])
def test_a_staff_phone_without_a_person_never_rings_the_caller(owing: World, script: scripts.Script) -> None:
    owing.staff("sam", script)
    tap(owing)
    owing.advance(40)
    assert dials(owing) == []
    row = callback(owing)
    assert (row.state, row.claimed_by, row.attempts) == ("claimed", "sam", 0)
    assert tries(owing) == [("not_accepted", 0)]
    owing.advance(120)
    assert callback(owing).state == "waiting"  # and the lease lapses


def test_a_result_nobody_gives_puts_it_back_on_the_list(owing: World) -> None:
    owing.staff("sam", scripts.Answers(after=2))
    owing.caller(JANE).script = scripts.Answers(after=3, key="", talk=30)
    tap(owing)
    owing.advance(60)
    assert callback(owing).state == "wrapping_up"
    owing.advance(11 * 60)
    assert (callback(owing).state, callback(owing).result) == ("waiting", "not_recorded")


@pytest.mark.proves("01-3.3")
def test_outside_the_callers_hours_only_on_purpose(make_world: MakeWorld) -> None:
    world = make_world(start=firm.MONDAY_TEN + dt.timedelta(hours=12))
    miss(world)
    refused = tap(world)
    eight = firm.MONDAY_TEN + dt.timedelta(hours=22)
    assert refused == Refusal("outside_hours", retry_at=eight)
    assert callback(world).state == "waiting"
    assert isinstance(tap(world, anyway=True), Attempt)


@pytest.mark.proves("01-6.14", "02-3.2", "C10")
@pytest.mark.parametrize("line", [firm.LINE, firm.SECOND_LINE], ids=["", "on another line"])
def test_the_caller_rings_in_before_the_staff_phone_is_picked_up(owing: World, line: str) -> None:
    sam = owing.staff("sam")
    tap(owing)
    owing.advance(3)
    assert sam.ringing
    leg = owing.rings(JANE, line, talk=20)
    owing.advance(1)
    sam.pick_up()
    owing.advance(2)
    sam.press("1")
    owing.advance(40)
    assert (owing.call(leg).outcome, owing.call(leg).answered_by) == ("talked", "sam")
    assert dials(owing) == []
    assert tries(owing) == [("crossed", 0)]
    row = callback(owing)
    assert (row.state, row.closed_reason, row.attempts) == ("closed", "got_through", 0)


@pytest.mark.proves("01-6.14", "02-3.2", "C10")
@pytest.mark.parametrize("line", [firm.LINE, firm.SECOND_LINE], ids=["", "on another line"])
def test_the_caller_rings_in_while_their_own_phone_rings(owing: World, line: str) -> None:
    owing.staff("sam", scripts.Answers(after=1))
    owing.staff("alex", scripts.Off())
    tap(owing)
    owing.advance(10)
    (dialled,) = dials(owing)
    assert dialled.rang_at is not None
    leg = owing.rings(JANE, line, talk=20)
    owing.advance(40)
    assert (owing.call(leg).outcome, owing.call(leg).answered_by) == ("talked", "sam")
    assert dialled.answered_at is None
    assert dialled.ended_at is not None
    assert dialled.ended_at - leg.created_at < dt.timedelta(seconds=3)
    assert tries(owing) == [("crossed", 0)]
    row = callback(owing)
    assert (row.state, row.closed_reason, row.attempts) == ("closed", "got_through", 0)


@pytest.mark.parametrize(
    "rude",
    [
        Rudeness("duplicate", path="/voice/attempts/", same_token=False),
        Rudeness("delay", path="/voice/attempts/.*/child", seconds=20),
        Rudeness("drop", path="/voice/attempts/.*/child"),
        Rudeness("drop", path="/voice/attempts/.*/dialled"),
        Rudeness("drop", path="/voice/attempts/"),
    ],
    ids=["twice", "late", "no news of the leg", "no end of the dial", "no news at all"],
)
def test_whatever_is_lost_or_repeated_the_talk_is_found(owing: World, rude: Rudeness) -> None:
    owing.staff("sam", scripts.Answers(after=2))
    owing.caller(JANE).script = scripts.Answers(after=3, key="", talk=30)
    owing.day.carrier.moods.webhooks.append(rude)
    tap(owing)
    owing.advance(150)
    ((ending, seconds),) = tries(owing)
    assert ending == "talked"
    assert 29 <= seconds <= 31
    row = callback(owing)
    assert (row.state, row.attempts) == ("wrapping_up", 1)
    assert len(dials(owing)) == 1


def test_a_phone_or_a_caller_that_is_busy_with_us_is_not_rung(owing: World) -> None:
    owing.staff("sam", scripts.Answers(after=2))
    owing.staff("alex", scripts.Off())
    owing.rings("+12125550178", talk=60)
    owing.advance(10)
    assert tap(owing, "sam") == Refusal("phone_busy")
    owing.rings(JANE, talk=30)
    owing.advance(1)
    assert tap(owing, "alex") == Refusal("on_the_line")
    owing.advance(60)


@pytest.mark.proves("01-2.7")
def test_a_caller_who_hung_up_first_is_rung_back_on_the_same_staff_leg_with_one_key(world: World) -> None:
    sam = world.staff("sam")
    world.staff("alex", scripts.Off())
    world.rings(JANE, patience=8)
    world.advance(4)
    sam.pick_up()
    world.advance(5)  # Jane is gone, Sam still listens to who it is
    sam.press("1")
    world.advance(2)
    assert "They have hung up; any key to ring them back now." in sam.said_to_it()
    world.caller(JANE).script = scripts.Answers(after=3, key="", talk=30)
    sam.press("1")
    world.advance(60)
    (dialled,) = dials(world)
    assert dialled.frm == firm.LINE
    assert len(sam.rings) == 1
    assert [ending for ending, _ in tries(world)] == ["talked"]
    assert (callback(world).state, callback(world).claimed_by) == ("wrapping_up", "sam")


def test_a_callback_that_another_closed_meanwhile_is_not_dialled(owing: World) -> None:
    sam = owing.staff("sam")
    tap(owing)
    owing.advance(3)
    with owing.database.transaction() as session:  # as after a talk on another phone of theirs
        row = session.scalars(sa.select(Callback)).one()
        row.state, row.closed_reason = "closed", "got_through"
    sam.pick_up()
    owing.advance(15)
    assert "already dealt with" in sam.said_to_it()
    assert dials(owing) == []
    assert tries(owing) == [("not_accepted", 0)]
