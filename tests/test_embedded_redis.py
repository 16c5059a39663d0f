"""The Redis server that comes by pip: found, private, kept on disk, and never started twice."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis

from tests.waiting import until
from voice.embedded.redis_server import LONGEST_SOCKET_PATH, NoServer, embedded_url, find_server, redis_process

Starter = Callable[[Path], "subprocess.Popen[bytes]"]


@pytest.fixture
def start() -> Iterator[Starter]:
    """Starts the wheel's server for a home and waits until it answers."""
    running: list[subprocess.Popen[bytes]] = []

    def start(home: Path) -> "subprocess.Popen[bytes]":
        told = redis_process(home, "wheel")
        assert told is not None
        running.append(subprocess.Popen(told.command))
        until(told.ready, "the server to answer")
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait()


def _client(home: Path) -> Redis:
    url = embedded_url(home, "wheel")
    assert url is not None
    return Redis.from_url(url)


def test_jobs_outlive_a_crash(start: Starter, tmp_path: Path) -> None:
    first = start(tmp_path)
    with _client(tmp_path) as client:
        client.rpush("jobs", "ring")
        until(lambda: client.info("persistence")["aof_last_write_status"] == "ok", "the append-only file")
        client.waitaof(1, 0, 5000)
    first.send_signal(signal.SIGKILL)
    first.wait()
    start(tmp_path)
    with _client(tmp_path) as client:
        assert client.lrange("jobs", 0, -1) == [b"ring"]


def test_a_second_server_for_the_same_home_is_refused(start: Starter, tmp_path: Path) -> None:
    start(tmp_path)
    with pytest.raises(NoServer, match="runs already"):
        redis_process(tmp_path, "wheel")


def test_of_two_that_start_at_once_one_is_refused(tmp_path: Path) -> None:
    assert redis_process(tmp_path, "wheel") is not None
    other = "import pathlib, sys; from voice.embedded.redis_server import *; redis_process(pathlib.Path(sys.argv[1]))"
    ended = subprocess.run([sys.executable, "-c", other, tmp_path], capture_output=True, text=True, check=False)
    assert "runs already" in ended.stderr


def test_a_deep_home_gets_a_short_socket_of_its_own(start: Starter, tmp_path: Path) -> None:
    deep = tmp_path / ("deep" * 20) / ("deeper" * 10)
    start(deep)
    with _client(deep) as client:
        assert client.ping()
    url = embedded_url(deep, "wheel")
    assert url is not None
    socket = Path(url.removeprefix("unix://"))
    assert len(os.fsencode(socket)) <= LONGEST_SOCKET_PATH
    assert socket.parent.stat().st_mode & 0o777 == 0o700
    assert url != embedded_url(deep / "another", "wheel")
    socket.unlink()
    socket.parent.rmdir()


def test_a_folder_others_may_write_in_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "redis"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(NoServer, match="others may write"):
        redis_process(tmp_path, "wheel")


def test_a_server_on_the_path_comes_before_the_wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "valkey-server"
    program.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_server("auto") == program
    assert find_server("path") == program
    assert find_server("wheel") not in (program, None)


def test_what_was_asked_for_and_is_not_here_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoServer, match="RINGBACK_REDIS_SERVER=path"):
        embedded_url(tmp_path, "path")


def test_none_means_none(tmp_path: Path) -> None:
    assert embedded_url(tmp_path, "none") is None
    assert redis_process(tmp_path, "none") is None
