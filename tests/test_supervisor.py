"""One supervisor keeps the processes running and leaves nothing behind. Real processes, small ones."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import until

# Each child writes what happens to it, with its pid, into one shared diary, a line at a time.
CHILD = """
import os, signal, subprocess, sys, time
name, diary, manner = sys.argv[1:]
def write(what):
    with open(diary, "a") as file:
        file.write(f"{name} {what} {os.getpid()}\\n")
def stop(number, frame):
    write("stopping")
    sys.exit(0)
signal.signal(signal.SIGTERM, signal.SIG_IGN if manner == "stubborn" else stop)
if manner == "parent":
    child = subprocess.Popen([sys.executable, __file__, name + "-child", diary, "stubborn"])
if manner == "broken":
    write("broken")
    sys.exit(3)
write("up")
while True:
    time.sleep(60)
"""

SUPERVISOR = """
import json, sys
from pathlib import Path
from voice.embedded.supervisor import Process, Supervisor
child, diary, told = sys.argv[1:]
def ready(name, manner):
    up = lambda: f"{name} up" in Path(diary).read_text()
    return (lambda: False) if manner == "late" else up
processes = [
    Process(
        name,
        [sys.executable, child, name, diary, manner],
        ready=ready(name, manner),
        start_seconds=1 if manner == "late" else 10,
        stop_seconds=1,
    )
    for name, manner in json.loads(told)
]
sys.exit(Supervisor(processes, on_ready=lambda: print("all up", flush=True)).run())
"""


class Stage:
    """A supervisor in its own process, and the diary its children write."""

    def __init__(self, folder: Path) -> None:
        self.diary = folder / "diary"
        self.diary.touch()
        self.child = folder / "child.py"
        self.child.write_text(CHILD)
        self.process: subprocess.Popen[str] | None = None

    def start(self, **manners: str) -> "subprocess.Popen[str]":
        """One child for each name; its manner is how it behaves."""
        command: list[str | Path] = [
            sys.executable,
            "-c",
            SUPERVISOR,
            self.child,
            self.diary,
            json.dumps(list(manners.items())),
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        return self.process

    def lines(self, what: str = "") -> list[list[str]]:
        """[name, what, pid] of each diary line, in order."""
        return [line.split() for line in self.diary.read_text().splitlines() if what in line]

    def pids(self) -> set[int]:
        return {int(pid) for _, _, pid in self.lines()}

    def wait_until_up(self) -> None:
        """Until the supervisor itself says so: a child may be up before the supervisor has seen it."""
        assert self.process
        assert self.process.stdout
        assert self.process.stdout.readline() == "all up\n"


def _runs(pid: int) -> bool:
    if sys.platform != "linux":
        with suppress(ProcessLookupError):
            os.kill(pid, 0)
            return True
        return False
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(tmp_path)
    yield stage
    if stage.process and stage.process.poll() is None:
        stage.process.kill()
    for pid in filter(_runs, stage.pids()):
        os.kill(pid, signal.SIGKILL)
    if stage.process:
        stage.process.communicate()  # last, as whoever was left over would hold its pipes open


def _as_many(stage: Stage, lives: int) -> bool:
    return len(stage.lines("web up")) == lives


def _finish(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    out, err = process.communicate(timeout=20)
    return process.returncode, out, err


def test_processes_start_in_order_and_stop_in_reverse(stage: Stage) -> None:
    process = stage.start(redis="good", web="good", worker="good")
    stage.wait_until_up()
    assert [name for name, _, _ in stage.lines("up")] == ["redis", "web", "worker"]
    process.send_signal(signal.SIGTERM)
    status, _, err = _finish(process)
    assert (status, err) == (0, "")
    assert [name for name, _, _ in stage.lines("stopping")] == ["worker", "web", "redis"]
    assert not any(map(_runs, stage.pids()))


@pytest.mark.proves("01-1.1")
def test_ctrl_c_leaves_nothing_running(stage: Stage) -> None:
    process = stage.start(redis="good", web="parent")
    stage.wait_until_up()
    until(lambda: stage.lines("web-child up"), "the child of web")
    process.send_signal(signal.SIGINT)
    assert _finish(process)[0] == 0
    assert not any(map(_runs, stage.pids()))


@pytest.mark.proves("E4")
def test_one_that_is_killed_is_started_again_and_said_so(stage: Stage) -> None:
    process = stage.start(redis="good", web="parent")
    stage.wait_until_up()
    until(lambda: stage.lines("web-child up"), "the child of web")
    first = {name: int(pid) for name, _, pid in stage.lines("up")}
    os.kill(first["web"], signal.SIGKILL)
    until(lambda: len(stage.lines("web up")) == 2, "the second life of web")
    until(lambda: not _runs(first["web-child"]), "what the first life had started to be gone")
    process.send_signal(signal.SIGTERM)
    status, _, err = _finish(process)
    assert status == 0
    assert err.startswith("web was killed by SIGKILL; starting it again in 0.5 s.\n")
    assert len(stage.lines("redis up")) == 1


def test_one_that_keeps_dying_is_started_again_ever_more_slowly(stage: Stage) -> None:
    process = stage.start(redis="good", web="good")
    stage.wait_until_up()
    for lives in (2, 3):
        os.kill(int(stage.lines("web up")[-1][2]), signal.SIGKILL)
        until(partial(_as_many, stage, lives), "another life of web")
    process.send_signal(signal.SIGTERM)
    _, _, err = _finish(process)
    assert [line.rpartition(" in ")[2] for line in err.splitlines()] == ["0.5 s.", "1.0 s."]


@pytest.mark.parametrize(
    ("manner", "says"),
    [("broken", "web ended with status 3 while starting."), ("late", "web was not ready after 1 s.")],
    ids=["it ends", "it is never ready"],
)
def test_a_start_that_fails_stops_what_was_started(stage: Stage, manner: str, says: str) -> None:
    status, out, err = _finish(stage.start(redis="good", web=manner, worker="good"))
    assert (status, out) == (1, "")
    assert err == f"{says} Stopping.\n"
    assert not stage.lines("worker up")
    assert not any(map(_runs, stage.pids()))


def test_one_that_will_not_stop_is_killed(stage: Stage) -> None:
    process = stage.start(redis="good", web="stubborn")
    stage.wait_until_up()
    process.send_signal(signal.SIGTERM)
    status, _, err = _finish(process)
    assert status == 0
    assert err == "web did not stop in 1 s; killing it.\n"
    assert not any(map(_runs, stage.pids()))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_a_supervisor_that_is_killed_leaves_no_orphans(stage: Stage) -> None:
    process = stage.start(redis="good", web="good")
    stage.wait_until_up()
    process.kill()
    until(lambda: not any(map(_runs, stage.pids())), "the children to end")


def test_a_program_that_is_not_there_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    from voice.embedded.supervisor import Process, Supervisor

    assert Supervisor([Process("web", ["/nowhere/at/all"])]).run() == 1
    assert capfd.readouterr().err.startswith("web cannot be started: ")


def test_signals_mean_what_they_meant_before_once_it_ends(capfd: pytest.CaptureFixture[Any]) -> None:
    from voice.embedded.supervisor import Process, Supervisor

    before = signal.getsignal(signal.SIGTERM)
    Supervisor([Process("web", ["/nowhere/at/all"])]).run()
    assert signal.getsignal(signal.SIGTERM) is before
