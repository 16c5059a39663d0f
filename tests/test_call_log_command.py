"""The carrier's log read again, by hand and on both databases: what is there stays as it is."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests import firm
from tests.conftest import AUTH_TOKEN
from tests.outage import ANN, BOB, come_back, go_away, nobody_is_lost
from tests.signed import arrival, post
from tests.world import URL, World
from voice import cli
from voice.carrier import client, reconcile
from voice.db import Database
from voice.settings import Settings
from voice.simulator.switches import RestFault

pytest_plugins = ["tests.interface"]


@pytest.fixture
def both_worlds(settings: Settings, database: Database) -> Iterator[World]:
    """The usual world, on each of the two databases in turn."""
    firm.found(database)
    world = World(database, settings)
    yield world
    world.close()


def rows(world: World) -> list[tuple[Any, ...]]:
    """All that must stay as it is."""
    calls = [
        (call.sid, call.state, call.outcome, call.cause, call.ended_at, call.callback_id) for call in world.calls()
    ]
    lists = [(each.id, each.state, each.calls, each.first_called_at, each.due_at) for each in world.callbacks()]
    return [*calls, *lists, *((notice.key, notice.words) for notice in world.notices())]


@pytest.mark.proves("01-2.14", "M3")
def test_an_outage_read_twice_and_told_of_late_is_the_same_outage(both_worlds: World) -> None:
    world = both_worlds
    world.advance(1)
    go_away(world)
    legs = []
    for number in (ANN, BOB, "anonymous", ANN):
        legs.append(world.rings(number, patience=4))
        world.advance(10)
    come_back(world)
    world.advance(5)
    nobody_is_lost(world)
    assert [callback.calls for callback in world.callbacks()] == [2, 1, 1]
    before = rows(world)
    assert reconcile.run(world.resting.tools, world.now, at_once=True)
    for leg in legs:
        late = arrival(leg.sid, From=leg.frm, CallStatus="completed", Timestamp="Mon, 23 Nov 2026 15:00:30 +0000")
        assert post(world.app, "/voice/status", late).status_code == 204
        assert (
            post(world.app, "/voice/incoming", arrival(leg.sid, From=leg.frm, CallStatus="completed")).status_code
            == 200
        )
    world.advance(200)
    assert rows(world) == before


@pytest.fixture
def at_hand(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The command's own environment is the world's; it reaches the carrier over the same wire."""
    monkeypatch.setenv("DATABASE_URL", world.database.url)
    monkeypatch.setenv("RINGBACK_HOME", str(world.settings.home))
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", world.settings.twilio_account_sid)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", AUTH_TOKEN)
    monkeypatch.setenv("PUBLIC_URL", URL)
    monkeypatch.setattr(client, "Carrier", lambda _settings: world.resting.tools.carrier)
    return world


def test_the_command_fills_what_is_missing_and_counts_day_by_day(
    at_hand: World, capsys: pytest.CaptureFixture[str]
) -> None:
    at_hand.advance(1)
    go_away(at_hand)
    at_hand.rings(ANN, patience=4)
    at_hand.advance(10)
    assert cli.main(["reconcile", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    day = {"line": firm.LINE, "day": "2026-11-23", "carrier": 1, "ours": 1}
    assert told == {"days": [day], "found": 1, "waiting": 0, "matches": True}
    nobody_is_lost(at_hand)
    assert cli.main(["reconcile", "--since", "2026-11-22", "--until", "2026-11-23T15:00:00Z"]) == 0
    printed = capsys.readouterr().out
    assert f"{firm.LINE}     2026-11-22        0        0" in printed
    assert printed.endswith("Every call is known.\n")


def test_the_command_says_so_when_a_day_differs_or_the_log_cannot_be_read(
    at_hand: World, capsys: pytest.CaptureFixture[str]
) -> None:
    at_hand.advance(1)
    leg = at_hand.rings(ANN, patience=4)
    at_hand.advance(30)
    at_hand.day.carrier.calls.pop(leg.sid)
    assert cli.main(["reconcile"]) == 1
    assert capsys.readouterr().out.endswith("Not every day agrees.\n")
    at_hand.day.carrier.moods.rest.append(RestFault("error", match="GET .*/Calls.json"))
    assert cli.main(["reconcile"]) == 1
    assert "cannot be read" in capsys.readouterr().err
    assert cli.main(["reconcile", "--since", "yesterday"]) == 2
    assert "is no day or moment" in capsys.readouterr().err
