"""The same carrier in real time behind a socket: REST, webhooks, and the phones over HTTP."""

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests
from twilio.base.exceptions import TwilioException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.conftest import make_settings
from tests.simulator import openapi
from tests.simulator.town import LINE, Toy
from voice.carrier import client as ours
from voice.simulator.config import Config
from voice.simulator.server import Simulator

pytestmark = pytest.mark.proves("01-4.5", "01-4.6")
ANN, SAM = "+12125550177", "+12125550111"


class Quiet(WSGIRequestHandler):
    """A server that keeps its log to itself."""

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing."""


class Wire:
    """A simulator and a toy application, both listening."""

    def __init__(self) -> None:
        self.toy = Toy("token", lambda: datetime.now(UTC))
        self._server = make_server("127.0.0.1", 0, self.toy, threaded=True, request_handler=Quiet)
        self.app = self.toy.origin = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=lambda: self._server.serve_forever(0.05))
        self._thread.start()
        number = {"number": LINE, "voice_url": f"{self.app}/voice", "status_callback": f"{self.app}/over"}
        staff = {"number": SAM, "name": "Sam", "role": "staff", "script": {"script": "answers", "after": 0.2}}
        phones = [{"number": ANN, "name": "Ann"}, staff]
        self.simulator = Simulator(
            Config.read({"auth_token": "token", "numbers": [number], "phones": phones, "setup_seconds": 0.05})
        ).start()
        self.toy.answers["/over"] = 204
        config = self.simulator.carrier.config
        self.client = Client(config.account_sid, config.auth_token, http_client=TwilioHttpClient(timeout=2))
        self.client.api.base_url = self.simulator.url

    def get(self, path: str) -> Any:
        """Read from the control API."""
        return requests.get(f"{self.simulator.url}/simulator/{path}", timeout=5).json()

    def post(self, path: str, **asked: Any) -> Any:
        """Do something through the control API."""
        return requests.post(f"{self.simulator.url}/simulator/{path}", json=asked, timeout=5).json()

    def phone(self, number: str) -> Any:
        """A phone as the page sees it."""
        return next(phone for phone in self.get("phones")["phones"] if phone["number"] == number)

    def close(self) -> None:
        """Stop both; all that was asked of the carrier, and answered, was as its files say."""
        self.simulator.stop()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
        assert openapi.wrong(self.simulator.carrier.requests) == []


@pytest.fixture
def wire() -> Iterator[Wire]:
    made = Wire()
    yield made
    made.close()


def until(check: Any, seconds: float = 8.0) -> Any:
    """What `check` returns once it is true."""
    deadline = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)
    return found


def test_two_phones_talk_through_an_application_over_real_sockets(wire: Wire) -> None:
    wire.toy.answers["/voice"] = f"<Dial action='/dialled'><Number url='/screen'>{SAM}</Number></Dial>"
    wire.toy.answers["/screen"] = "<Pause/>"
    wire.toy.answers["/dialled"] = "<Hangup/>"
    wire.post(f"phones/{ANN}/dial", to=LINE)
    until(lambda: wire.phone(ANN)["talking_to"] == SAM)
    wire.post(f"phones/{ANN}/speak", text="My tap drips.", seconds=1)
    assert wire.phone(SAM)["captions"][-1]["text"] == "My tap drips."
    wire.post(f"phones/{SAM}/hang_up")
    until(lambda: wire.toy.at("/over"))
    assert wire.toy.at("/dialled")[0]["DialBridged"] == "true"
    assert wire.phone(SAM)["rings"][0]["answered"]
    ended = {call["to"]: call["status"] for call in wire.get("calls")["calls"]}
    assert ended == {LINE: "completed", SAM: "completed"}
    kinds = {line["kind"] for line in wire.get("timeline")["timeline"]}
    assert {"dial", "webhook", "answer", "heard", "joined", "ended"} <= kinds
    last = wire.get("timeline")["timeline"][-1]["n"]
    assert wire.get(f"timeline?since={last}")["timeline"] == []
    assert not wire.get("complaints")["complaints"]


def test_the_sdk_places_calls_over_the_wire(wire: Wire) -> None:
    call = wire.client.calls.create(to=SAM, from_=LINE, url=f"{wire.app}/leg")
    until(lambda: wire.toy.at("/leg"))
    assert wire.client.calls(call.sid).fetch().to == SAM
    assert wire.get("requests")["requests"][0]["method"] == "POST"


@pytest.mark.proves("01-4.1")
def test_every_list_is_walked_page_by_page_and_so_is_ours(
    wire: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire.toy.answers |= {"/voice": "<Enqueue waitUrl='/wait'>one</Enqueue>", "/wait": "<Pause length='60'/>"}
    carrier, client = wire.simulator.carrier, wire.client
    for n in range(3):
        phone = wire.post("phones", number=f"+1212555018{n}")["number"]
        wire.post(f"phones/{phone}/dial", to=LINE)
        wire.post(f"phones/{phone}/text", to=LINE, body="Hello")
        wire.post("numbers", number=f"+1212555010{n + 1}")
        client.queues.create(friendly_name=f"queue {n}")
    until(lambda: len(carrier.queues) == 4)
    (queue,) = (row for row in client.queues.list() if row.friendly_name == "one")
    members = client.queues(queue.sid).members
    until(lambda: len(members.list()) == 3)
    now = carrier.now()
    for leg in list(carrier.calls.values()):
        carrier.on_loop(partial(carrier.recordings.keep, leg, "RecordVerb", now, 1.0, "My tap drips."))
    resources = (
        client.calls,
        client.recordings,
        client.messages,
        members,
        client.queues,
        client.incoming_phone_numbers,
    )
    for rows in resources:
        assert len(rows.list(page_size=2)) == len(rows.list()) > 2
        assert len(rows.list(page_size=2, limit=3)) == 3
    account = carrier.config
    settings = make_settings(
        "", tmp_path, TWILIO_ACCOUNT_SID=account.account_sid, TWILIO_AUTH_TOKEN=account.auth_token,
        TWILIO_API_BASE_URL=wire.simulator.url, ALLOW_OTHER_CARRIER="1",
    )  # fmt: skip
    monkeypatch.setattr(ours, "PAGE", 1)
    log = ours.Carrier(settings).log(now - timedelta(days=1), now + timedelta(days=1), to=LINE)
    assert [row.sid for row in log] == [leg.sid for leg in reversed(carrier.calls.values())]
    assert sum("PageToken" in entry["query"] for entry in carrier.requests) == 6 * 2 + 2


def test_headers_and_body_arrive_in_one_piece(wire: Wire) -> None:
    host, _, port = wire.simulator.url.removeprefix("http://").partition(":")
    for _ in range(10):
        with socket.create_connection((host, int(port)), 5) as connection:
            connection.sendall(b"GET /simulator/clock HTTP/1.1\r\nHost: here\r\n\r\n")
            head, _, body = connection.recv(65536).partition(b"\r\n\r\n")
            assert b"200 OK" in head
            assert b"now" in body  # a second write would wait for the first one's acknowledgement, 40 ms


def test_answers_get_lost_on_the_wire_too(wire: Wire) -> None:
    wire.client.http_client.timeout = 0.3
    wire.post("moods", rest=[{"kind": "timeout_done", "match": "POST .*/Calls.json", "times": 1}])
    with pytest.raises(requests.exceptions.Timeout):
        wire.client.calls.create(to=SAM, from_=LINE, url=f"{wire.app}/leg")
    wire.post("moods", rest=[{"kind": "refused", "match": "POST .*/Calls.json", "times": 1}])
    with pytest.raises(requests.exceptions.ConnectionError):
        wire.client.calls.create(to=SAM, from_=LINE, url=f"{wire.app}/leg")
    assert len(wire.get("calls")["calls"]) == 1
    wire.post("moods", rest=[{"kind": "error", "status": 429, "code": 20429}])
    with pytest.raises(TwilioException):  # the SDK's lists raise its plain exception
        wire.client.calls.list()
    assert requests.delete(f"{wire.simulator.url}/simulator/moods", timeout=5).json() == {"rest": [], "webhooks": []}
    assert len(wire.client.calls.list()) == 1


def test_an_application_that_is_away_is_a_failed_connection(wire: Wire) -> None:
    wire.simulator.carrier.numbers[LINE].voice_url = "http://127.0.0.1:9/voice"
    wire.post(f"phones/{ANN}/dial", to=LINE)
    until(lambda: any("application error" in caption["text"] for caption in wire.phone(ANN)["captions"]))
    assert wire.get("webhooks")["webhooks"][0]["error"] == 11205


def test_the_control_api_sets_phones_switches_and_numbers_and_refuses_nonsense(wire: Wire) -> None:
    made = wire.post("phones", number="+12125550112", name="Alex", role="staff", script={"script": "mailbox"})
    assert made["script"]["after"] == 22.0
    assert wire.post("switches", accept_wins=True)["accept_wins"]
    assert "no switch is called x" in wire.post("switches", x=1)["error"]
    assert "no phone" in wire.post("phones/+1/dial", to=LINE)["error"]
    assert "cannot dance" in wire.post(f"phones/{ANN}/dance")["error"]
    assert "no number" in wire.post(f"phones/{ANN}/dial", to="+12125550999")["error"]
    assert "not ringing" in wire.post(f"phones/{ANN}/pick_up")["error"]
    assert wire.post("numbers", number="+12125550101", voice_url="http://127.0.0.1:9/")["sid"].startswith("PN")
    assert wire.get("clock")["now"].endswith("+00:00")


def test_another_sites_page_may_not_touch_the_phones(wire: Wire) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    url = f"{wire.simulator.url}/simulator/phones"
    assert requests.get(url, headers=headers, timeout=5).status_code == 403


def test_it_runs_alone_and_prints_its_address_last() -> None:
    command = [sys.executable, "-m", "voice.simulator", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert requests.get(f"{url}/simulator/clock", timeout=5).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.communicate()
