"""All processes of an installation under one supervisor: what `ringback run` starts, and `ringback demo` with it."""

import contextlib
import dataclasses
import json
import os
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from voice import migrate
from voice.embedded.redis_server import embedded_url, redis_process
from voice.embedded.supervisor import Process, Supervisor
from voice.settings import BadSetting, Settings

# The last calls are answered before the process goes: shorter than the supervisor waits for it.
GRACE_SECONDS = 20


def web_command(settings: Settings) -> list[str]:
    """The line that serves both sides."""
    flags = {
        "--worker-class": "gthread",
        "--workers": "1",
        "--threads": str(settings.web_threads),
        "--graceful-timeout": str(GRACE_SECONDS),
        "--log-level": "warning",
        "--bind": f"{settings.bind}:{settings.port}",
    }
    words = [word for flag in flags.items() for word in flag]
    # Without the last flag a second gunicorn of the same user would take over the socket of the first.
    return [sys.executable, "-m", "gunicorn", *words, "--no-control-socket", "dashboard.wsgi:both"]


def run(settings: Settings, port_is_fixed: bool) -> int:
    """Everything, until a signal. Exit status. Raises BadSetting when it cannot start as it is set up."""
    settings.require_carrier()
    port = settings.port if is_free(settings.port, settings.bind) else _other_port(settings, port_is_fixed)
    if port != settings.port:
        settings = dataclasses.replace(settings, port=port, public_url=f"http://127.0.0.1:{port}")
    migrate.upgrade(settings.database_url)
    return Supervisor(processes(settings), on_ready=lambda: say(f"{settings.public_url}/")).run()


def processes(settings: Settings, env: Mapping[str, str] | None = None) -> list[Process]:
    """Redis (unless one is given), web and worker, in the order they are to start."""
    redis, redis_url = None, settings.redis_url
    if not redis_url:
        redis = redis_process(settings.home, settings.ringback_redis_server)
        redis_url = embedded_url(settings.home, settings.ringback_redis_server) or ""
    told = {**(env or {}), "REDIS_URL": redis_url, "PORT": str(settings.port), "PUBLIC_URL": settings.public_url}
    here = local_url(settings)
    web = Process("web", web_command(settings), answers(f"{here}/healthz"), stop_seconds=GRACE_SECONDS + 5, env=told)
    # Not the whole of readiness: a carrier that does not answer now must not keep callers from being answered.
    worker = Process("worker", command("worker"), is_ok(f"{here}/readyz", "worker"), stop_seconds=30, env=told)
    return [redis, web, worker] if redis else [web, worker]


def command(*words: str) -> list[str]:
    """A `ringback` command in a process of its own, with the Python and packages that run this one."""
    return [sys.executable, "-m", "voice.cli", *words]


def local_url(settings: Settings) -> str:
    """Where this machine itself reaches the web process."""
    host = "127.0.0.1" if settings.bind in ("0.0.0.0", "::", "") else settings.bind  # noqa: S104  compared, not bound
    return f"http://{host}:{settings.port}"


def answers(url: str) -> Callable[[], bool]:
    """Whether a GET of this address succeeds."""

    def ask() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  our own http address
                return bool(answer.status == 200)
        except (OSError, urllib.error.HTTPError):
            return False

    return ask


def is_ok(url: str, check: str) -> Callable[[], bool]:
    """Whether `check` is ok in the answer of a `/readyz`, whatever the others say."""

    def ask() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  our own http address
                told = answer.read()
        except urllib.error.HTTPError as refused:
            with refused:
                told = refused.read()
        except OSError:
            return False
        try:
            return bool(json.loads(told)["checks"][check] == "ok")
        except (ValueError, LookupError, TypeError):
            return False

    return ask


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether nobody listens there yet."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(wanted: int) -> int:
    """`wanted`, or another port of this machine when it is taken or 0."""
    if wanted and is_free(wanted):
        return wanted
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def say(words: str) -> None:
    """A line for the person at the terminal."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


@contextlib.contextmanager
def children_write_to(log: Path) -> Iterator[None]:
    """Processes started meanwhile write into a file; what we say ourselves still reaches the terminal."""
    kept = {stream: os.fdopen(os.dup(stream.fileno()), "w") for stream in (sys.stdout, sys.stderr)}
    before = sys.stdout, sys.stderr
    log.touch(mode=0o600)
    with log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.stdout, sys.stderr = kept[before[0]], kept[before[1]]
    try:
        yield
    finally:
        for number, stream in enumerate((sys.stdout, sys.stderr), 1):
            stream.flush()
            os.dup2(stream.fileno(), number)
            stream.close()
        sys.stdout, sys.stderr = before


def _other_port(settings: Settings, port_is_fixed: bool) -> int:
    """Another port, if nobody counts on this one."""
    if port_is_fixed:
        raise BadSetting(f"Port {settings.port} is taken: set PORT to a free one, or stop what listens there.")
    port = free_port(0)
    say(f"Port {settings.port} is taken, so this is port {port}.")
    return port
