"""Two witnesses at once: two readers of the call log, and a phone's news that overtakes the answer that placed it."""

import datetime as dt

import pytest
import sqlalchemy as sa

from tests import firm
from tests.conftest import MakeWorld
from tests.outage import ANN, BOB, come_back, go_away, nobody_is_lost
from tests.signed import arrival, post
from tests.test_call_log_command import rows
from tests.world import World, talked_with
from voice.call_log import LogDay
from voice.carrier import client, reconcile
from voice.models import Call, Leg
from voice.simulator import scripts


@pytest.mark.proves("R3")
@pytest.mark.lived_on("postgres")  # where two may write at once
def test_two_readers_of_the_log_at_one_time_find_each_caller_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.advance(1)
    go_away(world)
    for number in (ANN, BOB, ANN):
        world.rings(number, patience=4)
        world.advance(10)
    whole, others = reconcile._find, [reconcile.run]

    def find(*given: object) -> bool:
        while others:  # between looking whether a call is known and writing it down, another reads it all
            assert others.pop()(world.resting.tools, world.now, at_once=True)
        return whole(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(reconcile, "_find", find)
    come_back(world)
    world.advance(5)
    assert others == []
    nobody_is_lost(world)
    assert [callback.calls for callback in world.callbacks()] == [2, 1]
    before = rows(world)
    world.advance(130)
    assert rows(world) == before


@pytest.mark.proves("R19")
@pytest.mark.lived_on("sqlite")
def test_a_call_that_is_missing_on_one_line_is_told_though_another_line_has_one_too_many(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world()
    with world.database.transaction() as session:
        session.add(firm.line_row(number=firm.SECOND_LINE, name="Second line", position=1))
        session.execute(sa.text("UPDATE business SET version = version + 1"))
    world.rest = dt.timedelta(hours=10)
    world.advance(20 * 3600)
    stray = world.rings(ANN, patience=2)
    unknown = world.rings(BOB, line=firm.SECOND_LINE, patience=2)
    world.advance(60)
    world.day.carrier.calls.pop(stray.sid)  # we know it, and the carrier does not
    gone = sa.update(Call).where(Call.sid == unknown.sid).values(sid="x", dialled="x")
    world.write(lambda session: session.execute(gone))
    monkeypatch.setattr(reconcile, "_find", lambda *_: False)  # and it is not filled in
    world.advance(11 * 3600)
    world.rest = dt.timedelta(hours=1)
    world.advance(5 * 3600)  # past midnight, and the two hours by which the log may be late
    days = world.read(lambda session: session.scalars(sa.select(LogDay).order_by(LogDay.line)).all())
    found = {day.line: (day.carrier, day.ours) for day in days if day.carrier != day.ours}
    assert found == {firm.LINE: (0, 1), firm.SECOND_LINE: (1, 0)}
    assert sum("the carrier lists" in notice.words for notice in world.notices()) == 2


@pytest.mark.proves("B16")
@pytest.mark.lived_on("sqlite")
def test_news_of_a_phone_that_overtakes_the_answer_binds_it_and_the_answer_changes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = client.Carrier.place
    seen: list[str | None] = []

    def place(carrier: client.Carrier, to: str, line: str, url: str, status_url: str, ring_seconds: int) -> str:
        sid = whole(carrier, to, line, url, status_url, ring_seconds)
        news = {"CallStatus": "ringing", "Direction": "outbound-api", "From": line, "To": to, "SequenceNumber": "1"}
        path = status_url.removeprefix(world.settings.public_url)
        assert post(world.app, path.partition("#")[0], arrival(sid, **news)).status_code == 204
        leg_id = path.split("/")[3]
        seen.append(world.read(lambda session: session.get_one(Leg, leg_id)).sid)
        assert seen[-1] == sid
        return sid

    monkeypatch.setattr(client.Carrier, "place", place)
    sam, alex = world.staff("sam", scripts.Answers(after=4)), world.staff("alex", scripts.Off())
    leg = world.rings(talk=20)
    world.advance(60)
    assert len(seen) == 2
    assert talked_with(leg) is sam
    assert (len(sam.rings), alex.rings, world.call(leg).outcome) == (1, [], "talked")
    assert len(world.legs(world.call(leg))) == 2
