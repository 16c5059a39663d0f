"""Commands as a person starts them: real processes at a terminal, and the phones of a demo behind its address."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from tests import documents
from tests.simulator import openapi
from tests.waiting import until
from voice.embedded.supervisor import die_with_parent
from voice.simulator.document import DocumentSeen


class Terminal:
    """A command running in a process of its own; what it prints is read line by line."""

    def __init__(self, line: tuple[str, ...], env: dict[str, str], log: Path) -> None:
        self._log = log
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "voice.cli", *line], env={**os.environ, **env}, stdout=out, stderr=out,
                stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=die_with_parent,
            )  # fmt: skip

    def printed(self) -> str:
        """Everything it has said so far."""
        return self._log.read_text()

    def address(self) -> str:
        """The URL on its last line, once it stands there."""

        def last() -> str:
            assert self.process.poll() is None, self.printed()
            found = re.search(r"^(http://\S+)\n\Z", self.printed(), re.MULTILINE)
            return found[1].rstrip("/") if found else ""

        return until(last, "an address to be printed", seconds=60)

    def interrupt(self) -> int:
        """Ctrl-C; its exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(45)

    def children(self) -> dict[str, int]:
        """Processes below this one that do the work, by what they are."""
        found: dict[str, int] = {}
        for pid in _below(self.process.pid):
            words = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
            for name, mark in MARKS.items():
                if mark in words and name not in found:
                    found[name] = pid
        return found

    def family(self, name: str) -> set[int]:
        """That process and those it has started itself."""
        first = self.children()[name]
        return {first, *_below(first)}


MARKS = {
    "phones": "voice.simulator",
    "redis": "valkey-server",
    "web": "gunicorn",
    "jobs": "voice.work.rq_worker",
    "worker": "voice.cli worker",
}


def _below(pid: int) -> list[int]:
    direct = [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [each for child in direct for each in (child, *_below(child))]


class Phones:
    """The phones of a running carrier in a box, by its control interface."""

    def __init__(self, url: str) -> None:
        self.page = url.rstrip("/")
        self.url = f"{self.page}/simulator"

    def get(self, path: str) -> Any:
        """Look at something."""
        with urllib.request.urlopen(f"{self.url}/{path}", timeout=10) as answer:  # noqa: S310  this machine's http
            return json.load(answer)

    def list_panel(self) -> Any:
        """Ringback's callback list, as the phones page shows it."""
        with urllib.request.urlopen(f"{self.page}/desk/callbacks", timeout=10) as answer:  # noqa: S310
            return json.load(answer)

    def list_address(self) -> str:
        """Where Ringback's own pages are, as the phones page links to them."""
        with urllib.request.urlopen(f"{self.page}/desk/setting", timeout=10) as answer:  # noqa: S310
            return str(json.load(answer)["ringback"]).rstrip("/")

    def do(self, number: str, deed: str, **how: Any) -> Any:
        """Have a phone do something."""
        return self._post(f"phones/{quote(number)}/{deed}", how)

    def script(self, number: str, script: str, **how: Any) -> None:
        """What a phone does when it rings."""
        self._post("phones", {"number": number, "script": {"script": script} | how})

    def of(self, number: str) -> dict[str, Any]:
        """A phone as it is now."""
        found: dict[str, Any] = next(p for p in self.get("phones")["phones"] if p["number"] == number)
        return found

    def wrong(self) -> list[str]:
        """All that is wrong so far: complaints, bad documents, requests and answers unlike the carrier's files."""
        addresses = [urlsplit(number["voice_url"]) for number in self.get("numbers")["numbers"]]
        ours = {f"{address.scheme}://{address.netloc}" for address in addresses}
        seen = [DocumentSeen(**each) for each in self.get("documents")["documents"]]
        assert seen, "no document was ever asked for"
        unheard_of = openapi.wrong(self.get("requests")["requests"])
        return [*self.get("complaints")["complaints"], *documents.faults(seen, *ours), *unheard_of]

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/{path}", json.dumps(body).encode(), headers)  # noqa: S310
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return json.load(answer)
