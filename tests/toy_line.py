"""A phone line as small as can be: a queue, two sentences, and whoever presses a key has the caller."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

import urllib3
from flask import Flask, Response, jsonify, request
from werkzeug.serving import make_server

from tests.simulator import openapi
from voice.simulator.config import Config
from voice.simulator.server import Simulator

LINE, SAM, ALEX, KIM = "+12125550100", "+12125550111", "+12125550112", "+12125550113"
JANE, LUIS, HIDDEN = "+12125550142", "+12125550177", "+266696687"
GREETING = "Thanks for calling Acme, I'm getting someone for you."
OFFER = "Jane Doe: any key to take it."
TOKEN = "rb_a-token-made-up-for-the-phones-page"
OWED = {
    "id": "c1", "line": LINE, "caller": LUIS, "name": "Luis Ortega", "state": "waiting", "reason": "rang_out",
    "calls": 2, "promised_by": "2026-11-24T19:40:00Z", "due_at": "2026-11-24T19:40:00Z",
}  # fmt: skip


class ToyLine:
    """The application behind the line, and its callback list for whoever brings the token."""

    def __init__(self) -> None:
        self.app = Flask("toy", static_folder=None)
        self.ring: Callable[[str], None] = lambda number: None
        self.keys: list[str] = []
        self.owed = [OWED]
        ask = f'<Gather numDigits="1" finishOnKey="" timeout="20" action="/accepted"><Say>{OFFER}</Say></Gather>'
        documents = {
            "/voice": '<Enqueue waitUrl="/wait" action="/left">line</Enqueue>',
            "/wait": f'<Say>{GREETING}</Say><Pause length="20"/>',
            "/answered": ask,
            "/accepted": '<Dial action="/over"><Queue url="/through">line</Queue></Dial>',
            "/through": "<Say>You're through.</Say>",
            "/left": "<Hangup/>",
            "/over": "<Hangup/>",
        }
        for path, verbs in documents.items():
            self.app.add_url_rule(path, path, lambda verbs=verbs: self._answer(verbs), methods=["POST"])
        self.app.add_url_rule("/api/v1/<what>", "api", self._api)

    def _answer(self, verbs: str) -> Response:
        self.keys += request.form.getlist("Digits")
        if request.path == "/voice":
            threading.Thread(target=lambda: [self.ring(number) for number in (SAM, ALEX, KIM)], daemon=True).start()
        return Response(f"<Response>{verbs}</Response>", mimetype="text/xml")

    def _api(self, what: str) -> tuple[Response, int]:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return jsonify({"title": "no token"}), 401
        lines = {"number": LINE, "time_zone": "America/New_York"}
        return jsonify({"items": self.owed if what == "callbacks" else [lines], "next": None}), 200


@contextmanager
def toy_town(with_list: bool = True) -> Iterator[tuple[Simulator, ToyLine]]:
    """The carrier and the toy on sockets of their own, three staff phones, two customers and a hidden number."""
    toy = ToyLine()
    server = make_server("127.0.0.1", 0, toy.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    with Simulator(Config.read(_config(url, with_list))) as simulator:
        toy.ring = lambda number: _place(simulator, url, number)
        yield simulator, toy
    server.shutdown()
    thread.join()
    server.server_close()
    assert openapi.wrong(simulator.carrier.requests) == []


def _config(url: str, with_list: bool) -> dict[str, object]:
    staff = {SAM: "Sam Field", ALEX: "Alex Moor", KIM: "Kim Heath"}
    outside = {JANE: "Jane Doe", LUIS: "Luis Ortega", HIDDEN: "Withheld number"}
    phones = [{"number": number, "name": name, "role": "staff"} for number, name in staff.items()]
    phones += [{"number": number, "name": name} for number, name in outside.items()]
    config: dict[str, object] = {
        "numbers": [{"number": LINE, "friendly_name": "Main line", "voice_url": f"{url}/voice"}],
        "phones": phones,
        "calls_per_second": 20.0,
    }
    return config | ({"ringback_url": url, "ringback_token": TOKEN} if with_list else {})


def _place(simulator: Simulator, url: str, number: str) -> None:
    """Ask the carrier to ring a staff phone."""
    account = simulator.carrier.config
    headers = urllib3.make_headers(basic_auth=f"{account.account_sid}:{account.auth_token}")
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    form = urlencode({"To": number, "From": LINE, "Url": f"{url}/answered"})
    where = f"{simulator.url}/2010-04-01/Accounts/{account.account_sid}/Calls.json"
    with urllib3.PoolManager() as connection:  # urllib3.request would give up after 3 s
        connection.request("POST", where, headers=headers, body=form)
