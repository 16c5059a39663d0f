"""Any call opens as the caller lived it: a strip of seconds and the rule behind each choice, from its event rows."""

import datetime as dt
import re
from typing import Any

import pytest
import sqlalchemy as sa

from dashboard import strip, strip_words
from tests.conftest import MakeWorld
from tests.signed import arrival, call_sid, post
from tests.world import World
from voice import contacts
from voice.ledger import CallEvent
from voice.models import Call
from voice.simulator import scripts

ZONE = "America/New_York"
NAMES = {"sam": "Sam Field", "alex": "Alex Moor", "kim": "Kim Heath"}


def facts(world: World, call: Call) -> list[strip.Fact]:
    """The event rows of a call as the page reads them."""
    rows = sa.select(CallEvent).where(CallEvent.call_id == call.id).order_by(CallEvent.at, CallEvent.id)
    seen = world.read(lambda session: list(session.scalars(rows)))
    return [strip.Fact((row.at - call.received_at).total_seconds(), row.kind, row.data) for row in seen]


def reasons(world: World, call: Call) -> list[str]:
    """The rules the page tells, in order."""
    told, hidden = facts(world, call), call.caller is None
    found = (strip_words.why(told, place, NAMES, call.received_at, ZONE, hidden) for place in range(len(told)))
    return [words for words in found if words]


def bars(world: World, call: Call, staff: str = "") -> list[tuple[str, int, int]]:
    """What one lane shows: kind, from and to in whole seconds."""
    drawn = strip.draw(facts(world, call))
    assert drawn is not None
    lane = next(lane for lane in drawn.lanes if lane.staff == staff)
    return [(bar.kind, round(bar.start), round(bar.end)) for bar in lane.bars]


@pytest.mark.proves("02-2.6")
def test_a_call_that_is_answered_shows_each_phone_and_the_talk(world: World) -> None:
    world.staff("sam", scripts.Answers(after=4))
    world.staff("alex", scripts.Declines(after=2))
    leg = world.rings(talk=40)
    world.advance(90)
    call = world.call(leg)
    kinds = [kind for kind, _, _ in bars(world, call)]
    assert kinds[:2] == ["greeting", "wait"]
    assert kinds[-1] == "talk"
    talk = bars(world, call)[-1]
    assert 39 <= talk[2] - talk[1] <= 44
    assert [kind for kind, _, _ in bars(world, call, "sam")] == ["asked", "rings", "listens", "connecting", "talk"]
    assert bars(world, call, "alex")[-1][0] == "rings"
    told = reasons(world, call)
    assert told[0] == "Everyone at once: the line's setting, for 20 s at most"
    assert told.count("Everyone at once: the line's setting") == 2
    assert "Declined, so not rung again for this call" in told
    assert "The first to accept has the caller: picking up alone proves nothing" in told


@pytest.mark.proves("02-2.6")
def test_a_call_nobody_takes_shows_the_phones_stopping_before_their_mailbox_and_what_was_said(world: World) -> None:
    for name in ("sam", "alex"):
        world.staff(name, scripts.Answers(after=100))
    leg = world.rings(message="It's about the boiler, it has been leaking since last night.")
    world.advance(70)
    call = world.call(leg)
    kinds = [kind for kind, _, _ in bars(world, call)]
    assert kinds[:2] == ["greeting", "wait"]
    assert kinds[-2:] == ["promise", "message"]
    told = reasons(world, call)
    assert "Stopped at 15 s, before the mailbox" in told
    assert "Phones ring for 20 s at most; then nobody is kept waiting" in told


def test_the_person_they_spoke_with_last_is_first_and_the_page_says_when(make_world: MakeWorld) -> None:
    world = make_world(staff=("alex", "sam"))
    yesterday = world.now - dt.timedelta(days=1)
    world.write(
        lambda session: contacts.remember(session, "+12125550177", last_staff_id="sam", last_talk_at=yesterday)
    )  # fmt: skip
    world.staff("sam", scripts.Declines(after=3))
    world.staff("alex", scripts.Answers(after=3))
    leg = world.rings(talk=15)
    world.advance(60)
    told = reasons(world, world.call(leg))
    assert "Sam Field first: spoke with them yesterday 10:00 am" in told
    assert told.index("Sam Field first: spoke with them yesterday 10:00 am") < told.index(
        "Everyone at once: the line's setting"
    )


def test_a_phone_that_stops_because_another_was_faster_says_so(world: World) -> None:
    world.staff("sam", scripts.Answers(after=3))
    world.staff("alex", scripts.Answers(after=100))
    leg = world.rings(talk=15)
    world.advance(40)
    assert "Sam Field had taken the call" in reasons(world, world.call(leg))


def test_who_hides_their_number_is_given_longer_and_the_page_says_why(world: World) -> None:
    for name in ("sam", "alex"):
        world.staff(name, scripts.Answers(after=100))
    leg = world.rings("anonymous", patience=50)
    world.advance(70)
    told = reasons(world, world.call(leg))
    assert told[0] == "Everyone at once, and half as long again (30 s): they hide their number"
    assert "Everyone at once: they hide their number" in told


@pytest.mark.proves("F8")
def test_what_the_carrier_says_of_the_number_is_kept_with_the_call(world: World) -> None:
    world.staff("sam", scripts.Off())
    world.staff("alex", scripts.Off())
    leg = world.rings(patience=3)
    world.advance(10)
    assert world.call(leg).verstat == "TN-Validation-Passed-A"
    for said in ({"StirVerstat": "TN-Validation-Failed-C"}, {}):
        sid = call_sid()
        post(world.app, "/voice/incoming", arrival(sid, **said))
        post(world.app, "/voice/status", arrival(sid, CallStatus="completed", StirVerstat="TN-Validation-Passed-A"))
        kept = world.read(lambda session, sid=sid: session.scalars(sa.select(Call).where(Call.sid == sid)).one())  # type: ignore[misc]
        assert kept.verstat == said.get("StirVerstat", "")


def test_a_phone_cut_off_rings_once_more_in_the_same_lane(make_world: MakeWorld) -> None:
    world = make_world(staff=("sam",))
    world.staff("sam", scripts.InTurn((scripts.Answers(after=2, talk=20), scripts.Answers(after=3))))
    leg = world.rings()
    world.advance(60)
    world.caller().hang_up()
    world.advance(10)
    call = world.call(leg)
    assert [kind for kind, _, _ in bars(world, call)].count("talk") == 2
    assert [kind for kind, _, _ in bars(world, call, "sam")].count("talk") == 2
    assert "The phone they were cut off from, once more" in reasons(world, call)


def fact(at: float, kind: str, **data: Any) -> strip.Fact:
    """A row as older calls have them."""
    return strip.Fact(at, kind, data)


@pytest.mark.parametrize(
    "rows",
    [
        [fact(0, "received")],
        [fact(0, "received"), fact(0, "blocked", cause="blocked")],
        [fact(0, "received"), fact(0.8, "phone_rings", staff="sam"), fact(9, "joined"), fact(200, "ended", staff="x")],
        [fact(0, "a_kind_of_tomorrow", staff="sam"), fact(-3, "phone_rings", staff="kim")],
        [fact(5, "phone_stops", staff="sam", how="cancelled"), fact(5, "message", seconds=None)],
        [fact(0, "received"), fact(20, "unanswered", cause="rang_out"), fact(90_000, "ended")],
    ],
    ids=["just arrived", "blocked", "an old call", "unknown kinds", "no beginning", "a day long"],
)
def test_rows_that_lack_what_newer_ones_hold_are_drawn_all_the_same(rows: list[strip.Fact]) -> None:
    drawn = strip.draw(rows)
    assert drawn is not None
    for lane in drawn.lanes:
        assert all(bar.x >= 0 and bar.x + bar.width <= 100.7 for bar in lane.bars)
    for place in range(len(rows)):
        strip_words.why(rows, place, NAMES, dt.datetime(2026, 11, 23, tzinfo=dt.UTC), ZONE, hidden=False)


def test_a_long_talk_leaves_room_for_the_seconds_that_matter() -> None:
    told = [fact(0, "received"), fact(4, "accepted", staff="sam"), fact(5, "joined", staff="sam"), fact(605, "ended")]
    drawn = strip.draw(told)
    assert drawn is not None
    assert drawn.shortened
    waiting = drawn.lanes[0].bars[0]
    assert waiting.kind == "wait"
    assert waiting.width > 7
    labels = [label for _, label in drawn.ticks]
    assert labels[0] == "0 s"
    assert all(re.fullmatch(r"\d+ s|\d+:\d\d", label) for label in labels)
