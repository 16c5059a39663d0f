"""Starts processes in order, starts again what dies, stops them in reverse order, and leaves nothing running.

In reverse, because a worker that loses its queue before it can finish abandons the job in hand.
"""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import FrameType

from voice import clock

SETTLED_SECONDS = 60.0  # one that ran this long and then dies is started again as if for the first time
LONGEST_PAUSE = 30.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)  # loaded here: the child between fork and exec should do as little as it can


def _always() -> bool:
    return True


@dataclass(frozen=True)
class Process:
    """One thing to keep running. `ready` is asked until it says yes, `start_seconds` at most."""

    name: str
    command: Sequence[str]
    ready: Callable[[], bool] = _always
    start_seconds: float = 20.0
    stop_seconds: float = 15.0
    env: Mapping[str, str] = field(default_factory=dict)


class CannotStart(Exception):
    """A process that ended, or did not become ready, while everything was being started."""


def die_with_parent() -> None:
    """Run in a child before exec. Linux only; elsewhere a killed supervisor can leave its children running."""
    if sys.platform == "linux":
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Supervisor:
    """Keeps a list of processes running until a signal, or `stop`, ends them all."""

    def __init__(self, processes: Sequence[Process], *, on_ready: Callable[[], None] = lambda: None) -> None:
        """`on_ready` is called once, when all have become ready."""
        self._children = [_Child(process) for process in processes]
        self._on_ready = on_ready
        self._asked_to_stop = 0

    def stop(self) -> None:
        """Ask for the end; asked twice, whatever still runs is killed."""
        self._asked_to_stop += 1

    def run(self) -> int:
        """Run until stopped, from the main thread. 0 when asked to stop, 1 when the start failed."""
        with self._signals():
            try:
                if self._start_all():
                    self._on_ready()
                while not self._asked_to_stop:
                    for child in self._children:
                        child.restart_if_dead()
                    clock.sleep(0.1)
            except CannotStart as problem:
                _say(f"{problem} Stopping.")
                return 1
            finally:
                self._stop_all()
        return 0

    def _start_all(self) -> bool:
        for child in self._children:
            child.start()
            deadline = clock.monotonic() + child.process.start_seconds
            while not child.is_ready(deadline):
                if self._asked_to_stop:
                    return False
                clock.sleep(0.05)
        return True

    def _stop_all(self) -> None:
        for child in reversed(self._children):
            child.ask_to_stop()
            while child.stopping(in_haste=self._asked_to_stop > 1):
                clock.sleep(0.05)

    @contextmanager
    def _signals(self) -> Iterator[None]:
        # A flag, not an exception: an exception could strike between two lines that belong together.
        def asked(_number: int, _frame: FrameType | None) -> None:
            self.stop()

        before = {number: signal.signal(number, asked) for number in STOP_SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


class _Child:
    """One process through its lives."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self._popen: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._deaths = 0
        self._restart_at: float | None = None
        self._kill_at = 0.0

    def start(self) -> None:
        self._started_at = clock.monotonic()
        self._restart_at = None
        try:
            self._popen = subprocess.Popen(
                self.process.command,
                env={**os.environ, **self.process.env},
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C in the terminal must reach the supervisor alone: the order is its own
                preexec_fn=die_with_parent,
            )
        except OSError as problem:
            raise CannotStart(f"{self.process.name} cannot be started: {problem}.") from problem

    def is_ready(self, deadline: float) -> bool:
        status = self._popen.poll() if self._popen else None
        if status is not None:
            raise CannotStart(f"{self.process.name} {_ended(status)} while starting.")
        if self.process.ready():
            return True
        if clock.monotonic() >= deadline:
            raise CannotStart(f"{self.process.name} was not ready after {self.process.start_seconds:.0f} s.")
        return False

    def restart_if_dead(self) -> None:
        status = self._popen.poll() if self._popen else None
        if status is None:
            return
        now = clock.monotonic()
        if self._restart_at is None:
            self._kill_group()
            self._deaths = 1 if now - self._started_at > SETTLED_SECONDS else self._deaths + 1
            pause = min(LONGEST_PAUSE, 0.25 * 2**self._deaths)
            self._restart_at = now + pause
            _say(f"{self.process.name} {_ended(status)}; starting it again in {pause:.1f} s.")
        elif now >= self._restart_at:
            try:
                self.start()
            except CannotStart as problem:
                self._restart_at = now + LONGEST_PAUSE
                _say(f"{problem} Trying again in {LONGEST_PAUSE:.0f} s.")

    def ask_to_stop(self) -> None:
        if self._popen and self._popen.poll() is None:
            self._popen.terminate()
        self._kill_at = clock.monotonic() + self.process.stop_seconds

    def stopping(self, *, in_haste: bool) -> bool:
        """Whether it still runs; past its time, or in haste, it is killed."""
        if self._popen is None:
            return False
        if self._popen.poll() is None and clock.monotonic() < self._kill_at and not in_haste:
            return True
        if self._popen.poll() is None:
            if not in_haste:
                _say(f"{self.process.name} did not stop in {self.process.stop_seconds:.0f} s; killing it.")
            self._popen.kill()
            self._popen.wait()
        self._kill_group()
        return False

    def _kill_group(self) -> None:
        """End what the process itself had started: a second life must not meet the leftovers of the first."""
        if self._popen:
            with suppress(ProcessLookupError, PermissionError):  # macOS says the latter of a group already gone
                os.killpg(self._popen.pid, signal.SIGKILL)


def _ended(status: int) -> str:
    if status >= 0:
        return f"ended with status {status}"
    return f"was killed by {signal.Signals(-status).name}"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
