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

import psycopg
import pytest

from tests import firm
from tests.source import ROOT
from tests.terminal import Phones
from tests.waiting import until
from voice.db import Database
from voice.simulator.config import Config
from voice.simulator.server import Simulator

ACCOUNT, TOKEN = "AC" + "0" * 32, "0" * 32
JANE = "+12125550142"

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
    public = f"http://127.0.0.1:{port}"
    hooks = {"voice_url": f"{public}/voice/incoming", "status_callback": f"{public}/voice/status"}
    config = {"account_sid": ACCOUNT, "auth_token": TOKEN, "numbers": [{"number": firm.LINE} | hooks]}
    with Simulator(
        Config.read(config | {"phones": [{"number": JANE}, {"number": firm.PHONES["sam"], "role": "staff"}]})
    ) as carrier:
        platform = _platform(new_postgres_database(), redis_url, tmp_path, port, carrier.url)
        yield platform
        platform.stop()


def _platform(database: str, redis: str, folder: Path, port: str, carrier: str) -> Platform:
    env = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "DATABASE_URL": database,
        "REDIS_URL": redis,
        "RINGBACK_HOME": str(folder / "home"),
        "SECRET_KEY": "only-for-this-test",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_API_BASE_URL": carrier,
        "ALLOW_OTHER_CARRIER": "1",
        "PORT": port,
    }
    return Platform(env, folder)


def _checks(platform: Platform) -> dict[str, str]:
    _, body = platform.get("/readyz") or (0, "{}")
    found: dict[str, str] = json.loads(body).get("checks", {})
    return found


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
    database = Database(platform.env["DATABASE_URL"])
    firm.found(database, staff=("sam",))
    database.engine.dispose()
    web = platform.start("web")
    until(lambda: platform.get("/healthz") or web.poll() is not None, "the web process to listen", 30)
    assert platform.get("/healthz") == (200, "ok"), platform.said()
    assert _checks(platform).get("worker") != "ok", "no worker has been started yet"
    worker = platform.start("worker")
    until(lambda: _status(platform) == 200 or worker.poll() is not None, "everything to be ready", 45)
    assert _status(platform) == 200, platform.said()
    assert _checks(platform)["database"] == "ok"
    _a_call_is_taken(platform)
    for process in (worker, web):
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0, platform.said()


def _a_call_is_taken(platform: Platform) -> None:
    """A caller rings over the wire, Sam's phone rings and takes them, and Postgres has it."""
    phones = Phones(platform.env["TWILIO_API_BASE_URL"])
    phones.script(firm.PHONES["sam"], "answers", after=0.2, key_after=0.2)
    phones.do(JANE, "dial", to=firm.LINE)
    until(lambda: phones.of(JANE)["state"] == "talking", f"Jane to be talking\n{platform.said()}", seconds=30)
    phones.do(JANE, "hang_up")
    columns = "caller, path, answered_by, state, ended_at IS NOT NULL"
    taken = (JANE, "queue", "sam", "completed", True)
    with psycopg.connect(platform.env["DATABASE_URL"], autocommit=True) as connection:
        asked = f"SELECT {columns} FROM calls"  # noqa: S608  no word of it is from outside
        until(lambda: connection.execute(asked).fetchall() == [taken], "Postgres to have the call whole", seconds=20)
    assert phones.wrong() == []
