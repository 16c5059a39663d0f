"""What the first command takes on a machine with only Python: seconds and megabytes of the set-up and the next start.

`python -m bench.start [--json]`. Clones the committed tree into a temporary folder, runs the demo there from an empty
pip cache until everything is up, ends it as Ctrl-C does, and starts it again. Needs git and a package index; what the
index and the disk take is part of the figure. On a machine that is busy otherwise, look at the processors' work. Ends
with 1 when one start takes longer than its aim.
"""

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TypedDict

ROOT = Path(__file__).resolve().parent.parent
BARE_PYTHON = str(getattr(sys, "_base_executable", sys.executable))  # the environment's own already has everything
UP = "Everything is up"
AIMS = {"first": 60.0, "second": 5.0}  # seconds


class Start(TypedDict):
    """One start: until everything was up, the processors' work in it with its end, what then lay on the disk."""

    seconds: float
    cpu_seconds: float
    environment_MB: float
    data_MB: float


def start(folder: Path) -> Start:
    """Start the demo in this folder's clone, wait until everything is up, and end it."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("RINGBACK_", "PYTHONPATH"))}
    env |= {"PIP_CACHE_DIR": str(folder / "cache"), "PORT": "0", "PYTHONUNBUFFERED": "1"}
    began, worked = time.monotonic(), _worked()
    command = [BARE_PYTHON, "-m", "voice", "demo", "--no-browser"]
    with subprocess.Popen(command, cwd=folder / "tree", env=env, stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None  # noqa: S101  we asked for it
        said = []
        try:
            for line in demo.stdout:
                said.append(line)
                if UP in line:
                    break
            else:
                raise SystemExit("the demo did not start:\n" + "".join(said[-15:]))
            seconds = time.monotonic() - began
        finally:
            demo.send_signal(signal.SIGINT)
            demo.communicate(timeout=40)
    return {
        "seconds": round(seconds, 1),
        "cpu_seconds": round(_worked() - worked, 1),
        "environment_MB": megabytes(folder / "tree/.venv"),
        "data_MB": megabytes(folder / "tree/instance"),
    }


def _worked() -> float:
    """Seconds that all programs started from here, and ended since, kept a processor busy."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def megabytes(folder: Path) -> float:
    """What a folder's files take, as the set-up counts them."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return round(sum(path.stat().st_size for path in files) / 1e6, 1)


def measure() -> dict[str, Start]:
    """The first start and the second."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        subprocess.run(["git", "clone", "-q", str(ROOT), str(folder / "tree")], check=True)  # noqa: S607
        return {name: start(folder) for name in AIMS}


def holds(figures: dict[str, Start]) -> bool:
    """Whether both were as quick as they are to be."""
    return all(figures[name]["seconds"] <= aim for name, aim in AIMS.items())


def main() -> None:
    """Measure, print, and say by the exit status whether the aims hold."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--json", action="store_true")
    args = asked.parse_args()
    figures = measure()
    if args.json:
        print(json.dumps(figures))
    else:
        for name, told in figures.items():
            told_as = "  ".join(f"{what} {value}" for what, value in told.items())
            print(f"{name:<8}{told_as}  (aim: {AIMS[name]:.0f} s)")
    sys.exit(0 if holds(figures) else 1)


if __name__ == "__main__":
    main()
