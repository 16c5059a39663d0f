"""Builds `.venv` once, with the standard library alone, and runs the command inside it.

Ready means: a stamp that fits the project's files. One that was cut short leaves a mark instead and is begun again.
"""

import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shutil
import sys
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from voice.progress import Progress, count_packages

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
VENV = Path(os.path.abspath(os.environ.get("RINGBACK_VENV") or ROOT / ".venv"))
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".ready.json"
UNFINISHED = VENV / ".unfinished"
# Two patch releases of Python can share an environment, two minor ones cannot.
VERSION = "{}.{}".format(*sys.version_info[:2])


def enter(arguments: Sequence[str]) -> None:
    """Return at once inside the environment; outside, set it up if need be and start again inside (never returns)."""
    if _inside():
        return
    prepare({"test"} if arguments[:1] == ["test"] else set())
    os.execv(PYTHON, [str(PYTHON), "-m", "voice", *arguments])  # noqa: S606  no shell is wanted


def run_tests(arguments: Sequence[str]) -> NoReturn:
    """Become pytest, so that its closing line and exit status are the command's own."""
    if not (ROOT / "tests").is_dir():
        sys.exit("The tests are part of the project's folder, which is not here: clone it and start there.")
    if importlib.util.find_spec("pytest") is None:
        if not _inside():
            sys.exit("The tests need their own packages: pip install -e '.[test]'")
        prepare({"test"})
    os.chdir(ROOT)
    # One worker more than cores: a third of the time a story waits for a browser or a process. More than four would
    # mostly wait for the one Postgres they share. A file goes to one worker: its stories may share what is slow to
    # start, a browser or a whole demo. In order of name: the longest begin with an a.
    count = min((os.cpu_count() or 1) + 1, 4)
    workers = ["-n", str(count), "--dist", "loadfile", "--no-loadscope-reorder"]
    # xdist never hands out the rest of a crashed worker's file and waits for it for ever: let the run end and say so.
    workers += ["--max-worker-restart", "0"]
    # The stories start our programs some sixty times, which need not compile themselves each time.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *workers, *arguments])  # noqa: S606  no shell is wanted


def prepare(extras: set[str]) -> None:
    """Make the environment ready, with those extras; safe when several starts do it at once. Exits when it cannot."""
    if _ready(extras):
        return
    _need_whole_python()
    with _locked() as lock:
        if not _ready(extras):  # another start may just have done it
            _set_up(extras | set(_stamp().get("extras", ())), lock)


def _inside() -> bool:
    return Path(sys.prefix).resolve() == VENV.resolve()


def _stamp() -> dict[str, Any]:
    try:
        found = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _wanted() -> dict[str, str]:
    """What the stamp must say: scripts inside hold absolute paths, so a moved folder is not ready either."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    needs = repr((project["project"], project["build-system"], LOCK.read_text()))  # the tools' settings install nothing
    digest = hashlib.sha256(needs.encode()).hexdigest()
    return {"needs": digest, "python": VERSION, "place": str(VENV), "project": str(ROOT)}


def _ready(extras: set[str]) -> bool:
    stamp = _stamp()
    has = set(stamp.pop("extras", ()))
    return stamp == _wanted() and extras <= has and os.access(PYTHON, os.X_OK)


def _need_whole_python() -> None:
    try:
        import ensurepip

        ensurepip.version()
    except (ImportError, OSError):
        sys.exit(
            f"This Python {VERSION} cannot make virtual environments: its `ensurepip` is missing.\n"
            f"Debian, Ubuntu: sudo apt install python{VERSION}-venv\n"
            "Elsewhere: install Python from python.org or your package manager, whole."
        )


@contextmanager
def _locked() -> Iterator[int]:
    """Hold the environment's folder itself: no file is left behind, and a dead holder holds nothing."""
    VENV.mkdir(parents=True, exist_ok=True)
    folder = os.open(VENV, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"Another start is setting up {VENV}; waiting for it.", flush=True)
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield folder
    finally:
        os.close(folder)


def _set_up(extras: set[str], lock: int) -> None:
    progress = Progress(lock)
    _leave_anothers()
    print(f"Setting up {VENV} (once).", flush=True)
    if UNFINISHED.exists() or not _reusable():
        _clear()
    UNFINISHED.touch()
    STAMP.unlink(missing_ok=True)
    if not os.access(PYTHON, os.X_OK):
        progress.say(0, "making the environment")
        progress.run([_base_python(), "-m", "venv", str(VENV)], lambda line: None)
        # The pip that comes with Python takes twice as long over our packages. Where there is no newer one, it will do.
        progress.run([*_pip(), "--upgrade", "pip"], lambda line: None, may_fail=True)
    _install(extras, progress)
    _compile(progress)
    draft = STAMP.with_suffix(".draft")
    draft.write_text(json.dumps({**_wanted(), "extras": sorted(extras)}))
    draft.replace(STAMP)
    UNFINISHED.unlink()
    progress.done(VENV)


def _reusable() -> bool:
    """An environment of this Python at this place, made by an earlier set-up or by hand, only needs what is missing."""
    stamp = _stamp()
    same_place = not stamp or (stamp.get("place"), stamp.get("project")) == (str(VENV), str(ROOT))
    return same_place and os.access(PYTHON, os.X_OK) and (VENV / "lib" / f"python{VERSION}").is_dir()


def _leave_anothers() -> None:
    """Exit where the environment is that of another project's folder, which still needs it: it was put here by name or
    by a link. One that came along with a copy of a folder is rebuilt."""
    stamp = _stamp()
    theirs = Path(stamp.get("project", ROOT))
    at_home = VENV.resolve() == Path(stamp.get("place", VENV)).resolve()
    if theirs != ROOT and at_home and (theirs / "voice" / "bootstrap.py").exists():
        fix = "leave RINGBACK_VENV out" if "RINGBACK_VENV" in os.environ else f"remove {VENV}"
        sys.exit(f"{VENV} is the environment of {theirs}. For one of this folder's own, {fix}.")


def _clear() -> None:
    """Empty the folder, and keep it: others may be waiting on its lock."""
    if any(VENV.iterdir()) and not (VENV / "pyvenv.cfg").exists() and not UNFINISHED.exists():
        sys.exit(f"{VENV} is not an environment of ours and not empty: name another folder in RINGBACK_VENV.")
    UNFINISHED.touch()
    for path in set(VENV.iterdir()) - {UNFINISHED}:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _base_python() -> str:
    """The Python outside: this one may live in the folder that has just been emptied."""
    return getattr(sys, "_base_executable", None) or sys.executable


def _pip() -> list[str]:
    # Compiling is left to `_compile`, which uses every core and can tell how far it is.
    return [str(PYTHON), "-m", "pip", "--no-input", "--disable-pip-version-check", "install", "--no-compile"]


def _install(extras: set[str], progress: Progress) -> None:
    project = str(ROOT) + (f"[{','.join(sorted(extras))}]" if extras else "")
    seen: list[str] = []
    expected = max(1, sum(1 for line in LOCK.read_text().splitlines() if "==" in line))

    def follow(line: str) -> None:
        first, _, rest = line.strip().partition(" ")
        if first in ("Collecting", "Processing", "Requirement"):
            seen.append(line)
            last = rest.removeprefix("already satisfied: ").split(" ")[0].rpartition("/")[2]
            name = re.match(r"\w+([.-][a-zA-Z]\w*)*", last)
            progress.say(10 + 50 * min(1, len(seen) / expected), f"fetching {name.group() if name else ''}")
        elif line.startswith("Installing collected packages: "):
            names = line.partition(": ")[2].split(", ")
            before = count_packages(VENV)
            progress.follow(lambda: (60 + 25 * min(1, (count_packages(VENV) - before) / len(names)), "unpacking"))

    progress.run([*_pip(), "-c", str(LOCK), "-e", project], follow)


def _compile(progress: Progress) -> None:
    """Compile ahead: a machine that may not write into the environment later would pay at every start."""
    library = VENV / "lib" / f"python{VERSION}" / "site-packages"
    files = max(1, sum(1 for _ in library.rglob("*.py")))
    seen: list[str] = []

    def follow(line: str) -> None:
        if line.startswith("Compiling"):
            seen.append(line)
            progress.say(85 + 15 * min(1, len(seen) / files), "compiling")

    # Some packages carry files for other Pythons, which do not compile: not an error.
    progress.run([str(PYTHON), "-m", "compileall", "-j", "0", str(library)], follow, may_fail=True)
