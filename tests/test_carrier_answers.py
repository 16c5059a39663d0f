"""What the carrier's API may answer, and what we take it for: over a real socket, or with the errors a socket gives."""

import datetime as dt
import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from types import SimpleNamespace
from typing import Any

import pytest
import requests
import urllib3

from tests import firm
from tests.conftest import make_settings
from voice.carrier import client
from voice.carrier.client import Carrier, NotSent, Refused, Unclear

SID = "CA" + "a" * 32
SOUND = "RE" + "b" * 32
MIDNIGHT = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)


class Api(socketserver.ThreadingTCPServer):
    """Answers every request with the same bytes, and writes down what was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.asked: list[str] = []
        self.status, self.body, self.headers = 200, b"{}", {"Content-Type": "application/json"}


class _Answering(BaseHTTPRequestHandler):
    server: Api

    def do_GET(self) -> None:
        self.server.asked.append(f"{self.command} {self.path}")
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(self.server.status)
        for name, value in (self.server.headers | {"Content-Length": str(len(self.server.body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.server.body)

    do_POST = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Not on the screen."""


@pytest.fixture
def api() -> Iterator[Api]:
    with Api() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def carrier(api: Api, tmp_path: Any) -> Carrier:
    """An account whose API is that server."""
    address = f"http://127.0.0.1:{api.server_address[1]}"
    return Carrier(make_settings("", tmp_path, TWILIO_API_BASE_URL=address, ALLOW_OTHER_CARRIER="1"))


def place(carrier: Carrier) -> str:
    """Ask for a phone to be rung."""
    return carrier.place(firm.PHONES["sam"], firm.LINE, "https://x.test/a", "https://x.test/s", 15)


NO_ANSWER = [
    b"<html>Bad gateway</html>",
    b'{"sid": "CA',
    b"",
    b"[]",
    b"null",
    b'"CA"',
    b"7",
    b"{}",
    b'{"sid": 7}',
    b"\xff",
]


@pytest.mark.proves("B13")
@pytest.mark.parametrize("body", NO_ANSWER)
def test_an_answer_that_cannot_be_read_is_unclear_and_never_a_crash(api: Api, carrier: Carrier, body: bytes) -> None:
    for api.status in (200, 201):
        api.body = body
        with pytest.raises(Unclear):
            place(carrier)
    with pytest.raises(Unclear):
        carrier.look(SID)
    with pytest.raises(Unclear):
        carrier.log(MIDNIGHT, MIDNIGHT, to=firm.LINE)


@pytest.mark.proves("B14")
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(api: Api, carrier: Carrier, status: int) -> None:
    api.status, api.headers = status, {"Location": "/elsewhere"}
    asks: list[Callable[[], object]] = [
        lambda: place(carrier), lambda: carrier.look(SID), lambda: carrier.recording(SOUND, 100),
        lambda: carrier.log(MIDNIGHT, MIDNIGHT, to=firm.LINE),
    ]  # fmt: skip
    for ask in asks:
        with pytest.raises(client.CarrierError):
            ask()
    assert len(api.asked) == len(asks)
    assert not [asked for asked in api.asked if "elsewhere" in asked]


@pytest.mark.proves("F23")
def test_the_sound_of_a_message_is_asked_for_by_its_id_and_never_taken_whole(api: Api, carrier: Carrier) -> None:
    api.body = b"x" * 100
    assert carrier.recording(SOUND, 100) == api.body
    assert api.asked[-1].endswith(f"/Recordings/{SOUND}.mp3")
    with pytest.raises(Refused, match="too large"):
        carrier.recording(SOUND, 99)
    api.status = 404
    assert carrier.recording(SOUND, 100) is None
    api.status = 503
    with pytest.raises(Unclear):
        carrier.recording(SOUND, 100)


def _row(minute: int, **more: object) -> dict[str, object]:
    times = {"start_time": f"Mon, 23 Nov 2026 15:{minute:02}:00 +0000", "end_time": "Mon, 23 Nov 2026 15:59:00 +0000"}
    usual = {"sid": f"CA{minute:032x}", "status": "completed", "direction": "inbound", "to": firm.LINE, "from": "+1"}
    return usual | times | {"duration": "5"} | more


@pytest.mark.proves("A21", "R5")
def test_a_listing_whose_next_page_is_itself_comes_to_an_end_and_counts_for_nothing(
    api: Api, carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "MOST", 6)
    listing = {"calls": [_row(1), _row(2)], "page": 0, "page_size": 2, "next_page_uri": None}
    api.body = json.dumps(listing).encode()
    assert [seen.sid[-1] for seen in carrier.log(MIDNIGHT, MIDNIGHT, to=firm.LINE)] == ["1", "2"]
    api.body = json.dumps(listing | {"next_page_uri": "/2010-04-01/Accounts/AC/Calls.json?Page=1"}).encode()
    with pytest.raises(Unclear):
        carrier.log(MIDNIGHT, MIDNIGHT, to=firm.LINE)


@pytest.mark.proves("A20")
def test_a_row_of_the_log_without_its_length_is_one_and_one_without_its_times_is_none(
    api: Api, carrier: Carrier
) -> None:
    for missing, whole in (({"duration": None, "price": None}, True), ({"end_time": None}, False)):
        api.body = json.dumps({"calls": [_row(1, **missing)], "next_page_uri": None}).encode()
        if whole:
            assert [seen.seconds for seen in carrier.log(MIDNIGHT, MIDNIGHT, to=firm.LINE)] == [0]
        else:
            with pytest.raises(Unclear):
                carrier.log(MIDNIGHT, MIDNIGHT, to=firm.LINE)


def _broken(error: Exception) -> requests.ConnectionError:
    """As `requests` wraps what a socket has said."""
    return requests.ConnectionError(error)


POOL = SimpleNamespace(host="api.twilio.com", port=443)
UNSENT: dict[str, requests.RequestException] = {
    "no address": _broken(urllib3.exceptions.NameResolutionError("api.twilio.com", POOL, OSError())),  # type: ignore[arg-type]
    "refused": _broken(urllib3.exceptions.NewConnectionError(POOL, "[Errno 111] Connection refused")),  # type: ignore[arg-type]
    "no route in time": requests.ConnectTimeout("timed out"),
    "TLS": requests.exceptions.SSLError(urllib3.exceptions.SSLError("certificate has expired")),
}
PERHAPS_SENT: dict[str, requests.RequestException] = {
    "reset after the request": _broken(urllib3.exceptions.ProtocolError("aborted", ConnectionResetError(104, "reset"))),
    "closed without a word": _broken(urllib3.exceptions.ProtocolError("aborted", ConnectionAbortedError())),
    "silence": requests.ReadTimeout("timed out"),
    "cut in the answer": requests.exceptions.ChunkedEncodingError("cut"),
}


@pytest.mark.proves("B4", "B5")
@pytest.mark.parametrize("what", [*UNSENT, *PERHAPS_SENT])
def test_what_was_not_sent_and_what_may_have_been_are_told_apart(tmp_path: Any, what: str) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise (UNSENT | PERHAPS_SENT)[what]

    carrier = Carrier(make_settings("", tmp_path), http_client=SimpleNamespace(request=breaks))
    with pytest.raises(NotSent if what in UNSENT else Unclear):
        place(carrier)


@pytest.mark.proves("B5")
def test_a_line_that_breaks_once_the_request_is_out_leaves_it_unclear(
    api: Api, carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_Answering, "do_POST", lambda self: self.connection.close())
    with pytest.raises(Unclear):
        place(carrier)


@pytest.mark.proves("B12")
def test_no_request_waits_longer_than_ten_seconds(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[object] = []

    def send(*_: object, timeout: object = None, **__: object) -> None:
        waits.append(timeout)
        raise requests.ReadTimeout

    monkeypatch.setattr(requests.Session, "send", send)
    carrier = Carrier(make_settings("", tmp_path))
    for ask in (lambda: place(carrier), lambda: carrier.recording(SOUND, 100)):
        with pytest.raises(Unclear):
            ask()
    assert waits == [10.0, 10.0]
