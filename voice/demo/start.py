"""Starts the demo: a home of its own, ports that are free, everything under one supervisor, one address printed."""

import json
import secrets
import sys
import webbrowser
from pathlib import Path

from voice import clock, migrate, running
from voice.db import Database
from voice.demo import firm
from voice.embedded.supervisor import Process, Supervisor
from voice.settings import Settings

PHONES_PORT = 8400


def run(settings: Settings, open_browser: bool) -> int:
    """Play until Ctrl-C. Exit status. Nothing of a real installation is read or written, except its port and home."""
    home = settings.home / "demo"
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    # PORT=0 asks for ports nobody can meanwhile take: for tests and benches, several of which may start at once.
    phones = f"http://127.0.0.1:{running.free_port(PHONES_PORT if settings.port else 0)}"
    env = _environment(home, running.free_port(settings.port), phones)
    demo = Settings.from_env(env | {"RINGBACK_REDIS_SERVER": settings.ringback_redis_server})
    if settings.port not in (0, demo.port):
        running.say(f"Port {settings.port} is taken, so the pages are on port {demo.port}.")
    keys = _prepare(demo)

    def ready() -> None:
        running.say(f"The list, linked there, lets {firm.OWNER} in with the password {keys.password}")
        running.say(f"Everything is up after {clock.monotonic() - clock.started():.1f} s. Ctrl-C ends it.  The phones:")
        running.say(f"{phones}/")
        if open_browser:
            webbrowser.open(f"{phones}/")

    processes = [_phones(home, phones), *running.processes(demo, env)]
    with running.children_write_to(home / "log"):
        return Supervisor(processes, on_ready=ready).run()


def _environment(home: Path, port: int, phones: str) -> dict[str, str]:
    """What the processes are told. The empty ones keep a real installation's settings out of the demo."""
    account = {"TWILIO_ACCOUNT_SID": "AC" + "0" * 31 + "1", "TWILIO_AUTH_TOKEN": secrets.token_hex(16)}
    ours = {
        "PORT": str(port),
        "BIND": "127.0.0.1",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "RINGBACK_HOME": str(home),
    }
    carrier = {"TWILIO_API_BASE_URL": phones, "ALLOW_OTHER_CARRIER": "1"}
    other = (
        "DATABASE_URL",
        "REDIS_URL",
        "SECRET_KEY",
        "TWILIO_AUTH_TOKEN_PREVIOUS",
        "TWILIO_API_KEY",
        "TWILIO_API_SECRET",
        "SMTP_URL",
        "MAIL_FROM",
        "METRICS_TOKEN",
        "PROXY_HOPS",
        "PUSH_SERVICES",
    )
    return dict.fromkeys(other, "") | account | ours | carrier


def _prepare(demo: Settings) -> firm.Keys:
    """Tables, firm and week, and the file that tells the carrier in a box about them."""
    migrate.upgrade(demo.database_url)
    database = Database(demo.database_url)
    keys = firm.found(database, demo.home / "keys.json", clock.now())
    with database.reading() as session:
        told = firm.carrier(session, demo, keys.token)
    database.engine.dispose()
    path = demo.home / "carrier.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(told))
    return keys


def _phones(home: Path, url: str) -> Process:
    port = url.rpartition(":")[2]
    line = [sys.executable, "-m", "voice.simulator", "--port", port, "--config", str(home / "carrier.json")]
    return Process("phones", line, running.answers(f"{url}/simulator/clock"), env={"PYTHONUNBUFFERED": "1"})
