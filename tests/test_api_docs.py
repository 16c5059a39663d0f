"""`docs/api.md`: every example is sent to a real server, in order, and the page must say what was answered.

`RINGBACK_WRITE_DOCS=1 pytest tests/test_api_docs.py` writes the answers, the operations and the statuses anew.
"""

import argparse
import json
import os
import re
import shlex
import string
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from dashboard.api.description import description
from tests.program import add_people_side
from tests.world import World
from voice import tokens
from voice.simulator import scripts

PAGE = Path(__file__).resolve().parent.parent / "docs" / "api.md"
JANE = "+12125550177"
OURS = re.compile(r"CA[0-9a-f]{32}|[0-9a-f]{32}")  # ids are made anew each time; the page keeps the ones it has
EXAMPLE = re.compile(
    r"(?P<sh>```sh\n(?P<line>[^`]*?)\n```\n\n```json\n(?P<json>.*?)\n```)"
    r"|(?P<sound>```sh\n(?P<get>curl [^\n]* -o .*?)\n```\n\n```text\n.*?```)"
    r"|(?P<python>```python\n(?P<script>.*?)\n```\n\n```text\n.*?```)"
    r"|(?P<then><!-- (?P<happens>[A-Z].*?\.) -->)"
    r"|(?P<table><!-- (?P<of>operations|statuses) -->\n.*?<!-- end -->)",
    re.DOTALL,
)

curl = argparse.ArgumentParser("curl")
curl.add_argument("-H", action="append")
curl.add_argument("-X", default=None)
curl.add_argument("--json", default=None)
curl.add_argument("-r", default=None)
curl.add_argument("-o", default=None)
curl.add_argument("-w", default=None)
curl.add_argument("url")


def jane_hangs_up(world: World) -> None:
    """Nobody was quick enough."""
    world.rings(JANE, patience=6)
    world.advance(12)


def they_talk(world: World) -> None:
    """Sam takes the ring-back, Jane answers."""
    world.staff("sam", scripts.Answers(after=2, key_after=6))
    world.caller(JANE).script = scripts.Answers(after=3, key="", talk=30)
    world.advance(60)


def jane_says_it(world: World) -> None:
    """Nobody takes it; she leaves a message."""
    for name in ("sam", "alex"):
        world.staff(name, scripts.Declines())
    world.rings(JANE, message="It is about the boiler.")
    world.advance(90)


HAPPENS: dict[str, Callable[[World], None]] = {
    "Jane rings, and hangs up before anybody answers.": jane_hangs_up,
    "They talk for half a minute.": they_talk,
    "Jane rings again and leaves a message.": jane_says_it,
}


class Reader:
    """Somebody who does all that the page says, from top to bottom."""

    def __init__(self, world: World, url: str, token: str) -> None:
        self.world, self.env = world, {"RINGBACK": url, "TOKEN": token}
        self.real: dict[str, str] = {}  # the page's ids, and what they are called this time

    def rewrite(self, found: re.Match[str]) -> str:
        """What should stand there."""
        if found["then"]:
            HAPPENS[found["happens"]](self.world)
            return found["then"]
        if found["table"]:
            return f"<!-- {found['of']} -->\n{TABLES[found['of']]()}\n<!-- end -->"
        if found["python"]:
            return f"```python\n{found['script']}\n```\n\n```text\n{self._run(found['script'])}```"
        if found["sound"]:
            return f"```sh\n{found['get']}\n```\n\n```text\n{self._fetch(found['get'])}\n```"
        answer, told = self._ask(found["line"]), json.loads(found["json"])
        self._learn(told, answer)
        text = json.dumps(answer, indent=2, ensure_ascii=False)
        for page, real in self.real.items():
            text = text.replace(real, page)
        return f"```sh\n{found['line']}\n```\n\n```json\n{text}\n```"

    def _given(self, line: str) -> tuple[argparse.Namespace, dict[str, str]]:
        """A line as curl reads it, and the headers it sends."""
        given = curl.parse_args(shlex.split(string.Template(line).substitute(self.env))[1:])
        for page, real in self.real.items():
            given.url = given.url.replace(page, real)
        return given, dict(header.split(": ", 1) for header in given.H)

    def _fetch(self, line: str) -> str:
        """Bytes that are kept in a file, and what curl is asked to print of them."""
        given, headers = self._given(line)
        request = urllib.request.Request(given.url, headers=headers | {"Range": f"bytes={given.r}"})  # noqa: S310
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310  this machine's http
            size = len(answer.read())
        told = {"http_code": answer.status, "content_type": answer.headers["Content-Type"], "size_download": size}
        return re.sub(r"%\{(\w+)\}", lambda found: str(told[found[1]]), str(given.w))

    def _ask(self, line: str) -> Any:
        given, headers = self._given(line)
        if given.json is not None:
            headers["Content-Type"] = "application/json"
        method = given.X or ("GET" if given.json is None else "POST")
        data = given.json.encode() if given.json else None
        request = urllib.request.Request(given.url, data, headers, method=method)  # noqa: S310  this machine's http
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310  the same
                return json.load(answer)
        except urllib.error.HTTPError as problem:
            with problem:
                return json.load(problem)

    def _learn(self, told: Any, answer: Any) -> None:
        """Which id of this time stands where the page has one."""
        if isinstance(told, dict) and isinstance(answer, dict):
            for name in told.keys() & answer.keys():
                self._learn(told[name], answer[name])
        elif isinstance(told, list) and isinstance(answer, list):
            for one, other in zip(told, answer, strict=False):
                self._learn(one, other)
        elif isinstance(told, str) and isinstance(answer, str) and OURS.fullmatch(told) and OURS.fullmatch(answer):
            self.real.setdefault(told, answer)

    def _run(self, script: str) -> str:
        line, env = [sys.executable, "-c", script], os.environ | self.env
        ended = subprocess.run(line, env=env, capture_output=True, text=True, timeout=30, check=False)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout


def operations() -> str:
    """All there is, with what it is for."""
    rows = [
        f"| `{method.upper()} {path}` | {told['summary']} |"
        for path, methods in description()["paths"].items()
        for method, told in methods.items()
    ]
    return "\n".join(["| operation | what it does |", "|---|---|", *rows])


def statuses() -> str:
    """Every error that some operation may answer."""
    told = {
        int(status): answer["description"]
        for methods in description()["paths"].values()
        for operation in methods.values()
        for status, answer in operation["responses"].items()
        if int(status) >= HTTPStatus.BAD_REQUEST
    }
    return "\n".join(["| status | when |", "|---|---|", *(f"| {status} | {told[status]} |" for status in sorted(told))])


TABLES = {"operations": operations, "statuses": statuses}


@pytest.fixture
def reader(world: World) -> Iterator[Reader]:
    """A reader with a token, and a server on this machine."""
    add_people_side(world.app)
    token = world.write(lambda session: tokens.make_token(session, "reader", world.now))
    server = make_server("127.0.0.1", 0, world.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Reader(world, f"http://127.0.0.1:{server.port}/api/v1", token)
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.proves("01-2.18", "02-5.5")
def test_the_page_says_what_a_real_server_answers(reader: Reader) -> None:
    told = PAGE.read_text()
    true = EXAMPLE.sub(reader.rewrite, told)
    if os.environ.get("RINGBACK_WRITE_DOCS"):
        PAGE.write_text(true)
    assert true == told, "docs/api.md is no longer true; see above how to write it anew, and read what changed"
