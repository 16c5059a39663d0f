"""What is not built is silent: no text is ever sent, nobody asks for a message in words, and no talk is recorded."""

import re

import pytest
from flask import Flask

from tests import firm
from tests.conftest import ACCOUNT
from tests.outage import come_back, go_away
from tests.signed import post
from tests.source import ROOT, modules, within
from tests.world import World
from voice.app import create_app
from voice.db import Database
from voice.settings import Settings
from voice.simulator import scripts

STOP = ("STOP", "please stop", "Unsubscribe.", " quit ", "cancel!", "revoke", "opt out", "START", "x" * 1600)
OURS = [module for module in modules("voice", "dashboard") if not within(module.name, "voice.simulator")]


@pytest.mark.proves("B9", "B10", "F50")
def test_nothing_of_ours_asks_the_carrier_to_send_a_text() -> None:
    sends = re.compile(r"\.messages\.create|\.messages\(|MessagingResponse\(\)\.message|<Message")
    wrong = [str(module.path.relative_to(ROOT)) for module in OURS if sends.search(module.path.read_text())]
    assert wrong == []


@pytest.mark.proves("A17")
@pytest.mark.lived_on("sqlite")
def test_nobody_asks_for_a_message_in_words_and_no_route_takes_them(settings: Settings, database: Database) -> None:
    app: Flask = create_app(settings, database)
    assert [rule.rule for rule in app.url_map.iter_rules() if "transcri" in rule.rule] == []
    asks = [module.name for module in OURS if re.search(r"transcribe(_callback)?\W?=", module.path.read_text())]
    assert asks == []


@pytest.mark.proves("B9", "F13", "F14", "R9")
@pytest.mark.lived_on("sqlite")
def test_whatever_is_texted_to_us_also_while_we_were_away_nobody_gets_a_text(world: World) -> None:
    for name in ("sam", "alex"):
        world.staff(name, scripts.Off())
    world.advance(1)
    go_away(world)
    world.rings(patience=4)
    world.advance(30)
    come_back(world)
    for number, body in enumerate(STOP * 2):  # each a second time, as from a machine that answers every text
        text = {"AccountSid": ACCOUNT, "MessageSid": f"SM{number:032x}", "To": firm.LINE, "SmsStatus": "received"}
        answer = post(world.app, "/sms/incoming", text | {"From": "+12125550177", "Body": body})
        assert (answer.status_code, answer.text.endswith("<Response />")) == (200, True)
    world.advance(130)
    world.rings(patience=6)
    world.advance(60)
    assert [row.calls for row in world.callbacks()] == [2]
    assert world.day.carrier.texts.by_sid == {}
