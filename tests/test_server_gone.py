"""Our server is gone: the carrier answers with what it holds itself, and what happened is on the list afterwards."""

from pathlib import Path

import pytest
from flask import Flask, Response

from tests import documents, firm
from tests.world import URL, World
from voice import cli
from voice.carrier import held
from voice.rules.wording import LANGUAGES
from voice.simulator import scripts

pytest_plugins = ["tests.interface"]

HELD = "https://held.at.the.carrier.test"


def carrier_holds(world: World) -> None:
    """Do what the README says: two static documents at the carrier, one of them the number's fallback."""
    app = Flask("held")
    texts = {"message": held.message("en-US", URL, f"{HELD}/thanks"), "thanks": held.thanks("en-US")}
    app.add_url_rule(
        "/<name>", "show", lambda name: Response(texts[name], mimetype="text/xml"), methods=["GET", "POST"]
    )  # fmt: skip
    world.day.mount(HELD, app)
    world.day.carrier.numbers[firm.LINE].voice_fallback_url = f"{HELD}/message"
    world.held.append(HELD)


@pytest.mark.proves("01-2.14", "01-6.13")
def test_a_caller_who_rings_while_our_server_is_gone_may_leave_a_message_and_is_on_the_list(world: World) -> None:
    carrier_holds(world)
    world.staff("sam", scripts.Answers(after=2))
    world.day.transport.down.add(URL)
    world.rings(message="The boiler is leaking.")
    world.advance(8)
    assert world.ringing() == []
    assert "tell us your name, your number and what it's about" in world.caller().said_to_it()
    world.day.transport.down.remove(URL)
    world.advance(90)
    (callback,) = world.callbacks()
    assert (callback.state, callback.caller) == ("waiting", "+12125550177")
    (message,) = world.messages()
    assert message.state == "ready"
    assert world.phones["sam"].rings == []


@pytest.mark.proves("R16")
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_carrier_holds_promises_no_time_and_asks_our_server_for_nothing_but_the_recording(
    language: str,
) -> None:
    text = held.message(language, URL, f"{HELD}/thanks")
    assert text.count(URL) == 1
    assert f"{URL}/voice/recording" in text
    assert " by " not in text.partition("<Record")[0].partition("<Say")[2].partition(">")[2]
    form = {"Direction": "inbound", "CallSid": "CA1"}
    for each in (text, held.thanks(language)):
        assert documents.answered(f"{URL}/x", form, "text/xml", each.replace(HELD, URL)) == []
    assert URL not in held.thanks(language)


@pytest.mark.proves("01-2.18")
def test_the_command_prints_both_documents(
    home: Path, acme_file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli.main(["fallback"]) == 1
    assert "There is no line yet" in capsys.readouterr().err
    cli.main(["apply", str(acme_file)])
    monkeypatch.setenv("PUBLIC_URL", URL)
    capsys.readouterr()
    assert cli.main(["fallback"]) == 0
    assert capsys.readouterr().out.strip() == held.thanks("en-US")
    assert cli.main(["fallback", "--thanks-url", f"{HELD}/thanks"]) == 0
    assert capsys.readouterr().out.strip() == held.message("en-US", URL, f"{HELD}/thanks")
