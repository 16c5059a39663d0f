"""One line that moves while the set-up works: per cent, seconds, and what is being done. Standard library only."""

import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from voice import clock

Report = tuple[float, str]


class Progress:
    """Runs the set-up's programs and shows how far they are; on something that is no terminal, a line now and then."""

    def __init__(self, lock: int) -> None:
        """`lock`: a held file descriptor the programs inherit, so that it stays held while any of them lives."""
        self._lock = lock
        self._began = clock.monotonic()
        self._report: Callable[[], Report] = lambda: (0.0, "")
        self._live = sys.stdout.isatty()
        self._drawn_at = -10.0

    def say(self, percent: float, what: str) -> None:
        """From now on, this is being done."""
        self._report = lambda: (percent, what)

    def follow(self, report: Callable[[], Report]) -> None:
        """From now on, `report` is asked what is being done."""
        self._report = report

    def run(self, command: Sequence[str], on_line: Callable[[str], None], *, may_fail: bool = False) -> None:
        """Run a program to its end, handing on each line it prints. Exits with its last lines when it fails."""
        last: deque[str] = deque(maxlen=15)
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            pass_fds=[self._lock],
            start_new_session=True,  # so that all that it starts in turn can be ended with it
        )

        def read() -> None:
            for line in process.stdout or ():
                last.append(line)
                on_line(line)

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        try:
            while reader.is_alive():
                self._draw()
                reader.join(0.2)
        except KeyboardInterrupt:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            self._end("Interrupted. The next start begins the set-up again.")
            sys.exit(130)
        if process.wait() and not may_fail:
            self._end(f"Set-up failed; it ran {' '.join(command)}\n{''.join(last)}")
            sys.exit(1)

    def done(self, folder: Path) -> None:
        """Close with what it took: packages, megabytes on disk, seconds."""
        sizes = (file.lstat().st_size for top, _, names in os.walk(folder) for file in (Path(top, n) for n in names))
        megabytes = sum(sizes) / 1_000_000
        self._end(f"Ready: {count_packages(folder)} packages, {megabytes:.0f} MB, {self._seconds():.0f} s.")

    def _seconds(self) -> float:
        return clock.monotonic() - self._began

    def _draw(self) -> None:
        percent, what = self._report()
        text = f"{percent:3.0f} %  {self._seconds():3.0f} s  {what}"
        if self._live:
            sys.stdout.write(f"\r\x1b[K{text[:78]}")
            sys.stdout.flush()
        elif clock.monotonic() - self._drawn_at >= 3:
            self._drawn_at = clock.monotonic()
            print(text, flush=True)

    def _end(self, text: str) -> None:
        print(f"\r\x1b[K{text}" if self._live else text, flush=True)


def count_packages(folder: Path) -> int:
    """Packages unpacked in the environment so far."""
    return sum(1 for _ in folder.glob("lib/python*/site-packages/*.dist-info"))
