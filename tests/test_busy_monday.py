"""The phones page's busy Monday, played against Ringback: thirty callers in a minute, and not one of them lost."""

import datetime as dt
from collections import Counter

import pytest
from twilio.rest import Client

from tests import firm
from tests.conftest import MakeWorld
from voice.simulator.busy_monday import CALLERS, BusyMonday


@pytest.mark.lived_on("sqlite")  # on the other database more than that add up in test_a_day.py
@pytest.mark.proves("01-5.1")
def test_thirty_callers_in_a_minute_add_up_and_the_carriers_log_agrees(make_world: MakeWorld) -> None:
    world = make_world(staff=("sam", "alex", "kim"))
    world.soon = world.tick = dt.timedelta(seconds=1)  # the worker looks round less often than it would
    monday = BusyMonday(world.day.carrier)
    monday.start()  # as the button does
    while monday.running:
        world.advance(5)
    fates = {one["number"]: one["fate"] for one in monday.score()["callers"]}
    calls = world.calls()
    assert len(fates) == CALLERS
    assert Counter(call.caller for call in calls) == dict.fromkeys(fates, 1)

    outcomes = Counter(call.outcome for call in calls)
    assert outcomes["talked"] + outcomes["callback"] + outcomes["blocked"] == CALLERS
    assert min(outcomes["talked"], outcomes["callback"]) > 3, "a minute in which nothing happened would show nothing"
    listed = Counter(row.caller for row in world.callbacks() if row.state != "closed")
    assert listed == {call.caller: 1 for call in calls if call.outcome == "callback"}
    faces = {number for number, fate in fates.items() if fate == "talked"}
    assert faces == {call.caller for call in calls if call.outcome == "talked"}, "what the page counts is true"

    config = world.day.carrier.config
    log = Client(config.account_sid, config.auth_token, http_client=world.day.http_client).calls.list(to=firm.LINE)
    assert {call.sid: call._from for call in log} == {call.sid: call.caller for call in calls}
    assert {call.status for call in log} == {"completed"}
