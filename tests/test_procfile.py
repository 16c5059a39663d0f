"""The Procfile's own lines, started as a platform would, with a real Postgres and a real Redis-protocol server."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import psycopg
import pytest
from twilio.request_validator import RequestValidator

from tests import documents
from tests.signed import arrival, call_sid
from tests.source import ROOT
from tests.waiting import until

Answer = tuple[int, str]


def _lines() -> dict[str, str]:
    text = (ROOT / "Procfile").read_text()
    return dict(line.split(": ", 1) for line in text.splitlines() if line.strip())


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
    return port


class Platform:
    """Runs a Procfile's lines in an environment, each in a shell and a session of its own."""

    def __init__(self, env: dict[str, str], folder: Path) -> None:
        self.env = env
        self.folder = folder
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, name: str) -> "subprocess.Popen[bytes]":
        """Start that line; what it prints is kept for a failure's message."""
        command = ["sh", "-c", f"exec {_lines()[name]}"]
        with self._log(name).open("wb") as out:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.env,
                stdout=out,
                stderr=out,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self.running.append(process)
        return process

    def said(self) -> str:
        """All that the processes printed."""
        return "\n".join(f"{path.name}:\n{path.read_text()}" for path in sorted(self.folder.glob("*.log")))

    def get(self, path: str) -> Answer | None:
        """Status and body; None when nobody listens."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.env['PORT']}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read().decode()
        except OSError:
            return None

    def stop(self) -> None:
        """End all of them, the last started first."""
        for process in reversed(self.running):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"


@pytest.fixture
def platform(new_postgres_database: Callable[[], str], redis_url: str, tmp_path: Path) -> Iterator[Platform]:
    port = str(_free_port())
    env = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "DATABASE_URL": new_postgres_database(),
        "REDIS_URL": redis_url,
        "RINGBACK_HOME": str(tmp_path / "home"),
        "SECRET_KEY": "only-for-this-test",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "0" * 32,
        "TWILIO_API_BASE_URL": "http://127.0.0.1:9",  # nobody listens there: no carrier is needed to be ready
        "ALLOW_OTHER_CARRIER": "1",
        "PORT": port,
    }
    platform = Platform(env, tmp_path)
    yield platform
    platform.stop()


def _checks(platform: Platform) -> dict[str, str]:
    _, body = platform.get("/readyz") or (0, "{}")
    found: dict[str, str] = json.loads(body).get("checks", {})
    return found


def _call(platform: Platform) -> str:
    """Somebody rings: the carrier asks us, signed, and gets a document that is as all of them must be."""
    url, account, token = (platform.env[name] for name in ("PUBLIC_URL", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"))
    url, form = f"{url}/voice/incoming", arrival(call_sid(), AccountSid=account)
    signature = {"X-Twilio-Signature": RequestValidator(token).compute_signature(url, form)}
    asked = urllib.request.Request(url, urlencode(form).encode(), signature)  # noqa: S310  this machine's http
    with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310
        kind, body = answer.headers["Content-Type"], answer.read().decode()
    assert documents.answered(url, form, kind, body) == []
    return str(body)


def _status(platform: Platform) -> int:
    return (platform.get("/readyz") or (0, ""))[0]


def test_the_lines_are_the_three_a_platform_looks_for() -> None:
    assert set(_lines()) == {"release", "web", "worker"}
    assert _lines()["release"] == "alembic upgrade head"


@pytest.mark.proves("01-1.4", "01-6.15")
def test_the_procfile_serves_calls_from_a_real_postgres_and_redis(platform: Platform) -> None:
    assert platform.start("release").wait(60) == 0, platform.said()
    with psycopg.connect(platform.env["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)
    web = platform.start("web")
    until(lambda: platform.get("/healthz") or web.poll() is not None, "the web process to listen", 30)
    assert platform.get("/healthz") == (200, "ok"), platform.said()
    assert _checks(platform).get("worker") != "ok", "no worker has been started yet"
    worker = platform.start("worker")
    until(lambda: _status(platform) == 200 or worker.poll() is not None, "everything to be ready", 45)
    assert _status(platform) == 200, platform.said()
    assert _checks(platform)["database"] == "ok"
    assert "<Say" in _call(platform), platform.said()
    for process in (worker, web):
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0, platform.said()
