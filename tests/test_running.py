"""Everything under one supervisor, as real processes: `run`, `simulate`, `demo`."""

import json
import re
import socket
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.program import ACME, MAIN
from tests.terminal import Phones, Terminal
from tests.waiting import until
from voice import cli, running

pytest_plugins = ["tests.interface"]

Start = Callable[..., "Terminal"]


@pytest.fixture
def start(home: Path, tmp_path: Path) -> Iterator[Start]:
    """Runs a command: `start("demo", "--no-browser", PORT="8123")`."""
    running: list[Terminal] = []

    def run(*line: str, **env: str) -> Terminal:
        running.append(Terminal(line, env, tmp_path / f"printed-{len(running)}"))
        return running[-1]

    yield run
    for terminal in running:
        if terminal.process.poll() is None:
            terminal.interrupt()


def ask(url: str, token: str = "", body: dict[str, Any] | None = None) -> Any:
    """The JSON (or text) at an address."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request(url, headers=headers, data=data)  # noqa: S310  this machine's http
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  the same
        text = answer.read().decode()
    return json.loads(text) if answer.headers.get_content_type() == "application/json" else text


def is_ready(url: str) -> bool:
    """Whether a call that came in now would be served in full."""
    try:
        return ask(f"{url}/readyz")["ready"] is True
    except urllib.error.HTTPError:
        return False


def nobody_listens(*urls: str) -> bool:
    return all(running.is_free(int(url.rpartition(":")[2])) for url in urls)


@pytest.mark.proves("01-2.18", "01-4.6")
def test_simulate_prints_its_address_last_and_knows_the_firm(start: Start, acme_file: Path) -> None:
    cli.main(["apply", str(acme_file)])
    account = {"TWILIO_ACCOUNT_SID": "AC" + "b2" * 16, "TWILIO_AUTH_TOKEN": "t" * 32}
    simulator = start("simulate", "--port", "0", **account)
    url = simulator.address()
    (main, _other) = ask(f"{url}/simulator/numbers")["numbers"]
    assert (main["number"], main["voice_url"]) == (MAIN, "http://127.0.0.1:8000/voice/incoming")
    phones = ask(f"{url}/simulator/phones")["phones"]
    assert {(phone["name"], phone["role"]) for phone in phones} == {("Sam Field", "staff"), ("Alex Reed", "staff")}
    assert f"TWILIO_ACCOUNT_SID={account['TWILIO_ACCOUNT_SID']}" in simulator.printed()
    assert simulator.interrupt() == 0
    assert nobody_listens(url)


@pytest.mark.proves("01-2.18")
def test_run_starts_everything_and_commands_work_beside_it(
    start: Start, acme_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.main(["apply", str(acme_file)])
    account = {"TWILIO_ACCOUNT_SID": "AC" + "b2" * 16, "TWILIO_AUTH_TOKEN": "t" * 32, "PORT": str(running.free_port(0))}
    simulator = start("simulate", "--port", "0", **account)
    carrier = {"TWILIO_API_BASE_URL": simulator.address(), "ALLOW_OTHER_CARRIER": "1"}
    everything = start("run", **account, **carrier)
    url = everything.address()
    assert ask(f"{url}/healthz") == "ok"
    until(lambda: is_ready(url), "the call log to be read", seconds=10)
    cli.main(["token", "create", "--name", "tests"])
    token = capsys.readouterr().out.splitlines()[-1]
    acme_file.write_text(ACME.replace("Sam Field", "Samuel Field"))
    assert cli.main(["apply", str(acme_file)]) == 0
    assert ask(f"{url}/api/v1/staff/sam", token)["name"] == "Samuel Field"

    for name, value in account.items():
        monkeypatch.setenv(name, value)
    assert cli.main(["run"]) == 1
    assert f"Port {account['PORT']} is taken" in capsys.readouterr().err

    assert everything.interrupt() == 0
    assert nobody_listens(url)


@pytest.mark.proves("01-1.1", "01-4.6")
def test_the_demo_is_a_firm_with_a_week_behind_it_whose_phones_ring(start: Start, home: Path, tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    demo = start("demo", PORT="0", BROWSER=f"sh -c 'echo %s >>{opened}'")
    phones = demo.address()
    assert until(lambda: opened.exists() and opened.read_text(), "the browser to be opened", 10) == f"{phones}/\n"
    assert re.findall(r"http://\S+", demo.printed()) == [f"{phones}/"]  # one address, and everything from there
    pages = Phones(phones).list_address()
    token = json.loads((home / "demo" / "keys.json").read_text())["token"]

    counted = ask(f"{pages}/api/v1/stats", token)
    assert counted["calls"] > 50
    assert min(counted["talked"], counted["missed"], counted["closed"], counted["abandoned"]) > 0
    states = {callback["state"] for callback in ask(f"{pages}/api/v1/callbacks", token)["items"]}
    assert states == {"waiting", "unreached", "no_number"}
    assert ask(f"{pages}/api/v1/callbacks?state=closed", token)["items"]

    assert "<html" in ask(f"{phones}/")
    panel = json.dumps(ask(f"{phones}/desk/callbacks"))
    assert "Maria Lopez" in panel
    assert token not in panel

    ask(f"{phones}/simulator/phones/%2B12125550142/dial", body={"to": "+12125550100"})

    def all_ring() -> bool:
        ringing = {phone["name"] for phone in ask(f"{phones}/simulator/phones")["phones"] if phone["ringing"]}
        return ringing == {"Sam Field", "Alex Reed", "Kim Novak"}

    until(all_ring, "all three phones to ring", seconds=20)
    assert ask(f"{phones}/simulator/complaints")["complaints"] == []

    assert demo.interrupt() == 0
    assert nobody_listens(phones, pages)
    assert not list(home.glob("ringback.db")), "demo data lies beside real data"


def test_a_port_that_is_taken_is_not_chosen() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert not running.is_free(port)
        other = running.free_port(port)
        assert other not in (0, port)
        assert running.is_free(other)
    assert running.free_port(0) > 0
