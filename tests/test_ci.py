"""What continuous integration runs: the script itself, among stand-ins that write down what they are asked."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.source import ROOT

RUN = ROOT / ".ci" / "run"
STAND_IN = """#!/bin/sh
[ -z "$DEBIAN_FRONTEND" ] || more=" ($DEBIAN_FRONTEND)"
[ -z "$RINGBACK_SCREENSHOTS" ] || more=" (pictures in ${RINGBACK_SCREENSHOTS##*/project/})"
echo "${0##*/} $*$more" >> "$ASKED"
case "${0##*/} $*" in $FAILS) exit 3;; esac
"""
APT = [
    "apt-get update -qq",
    "apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core (noninteractive)",
]
CHECKS = ["ruff check .", "ruff format --check .", "mypy "]
ALL = ["python3 -m voice test --version", *CHECKS, "python3 -m voice test (pictures in build/screenshots)"]


class Machine:
    """A machine with nothing but stand-ins, bash and what every system has."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for path in ("bin", "environment/bin", "project/.ci"):
            (folder / path).mkdir(parents=True)
        shutil.copy(RUN, folder / "project/.ci/run")
        self.has("apt-get", "python3")
        self.has("ruff", "mypy", where="environment/bin")
        for name in ("bash", "sh", "dirname", "env"):
            (folder / "bin" / name).symlink_to(str(shutil.which(name)))
        self.says("id", "0")

    def has(self, *names: str, where: str = "bin") -> None:
        """Put stand-ins there."""
        for name in names:
            (self.folder / where / name).write_text(STAND_IN)
            (self.folder / where / name).chmod(0o755)

    def says(self, name: str, words: str) -> None:
        """A program that only prints."""
        (self.folder / "bin" / name).write_text(f"#!/bin/sh\necho {words}\n")
        (self.folder / "bin" / name).chmod(0o755)

    def run(self, fails: str = "nothing", **more: str) -> tuple[int, list[str]]:
        """Its exit status, and all it asked for, in order. `fails`: what ends with an error."""
        asked = self.folder / "asked"
        asked.write_text("")
        env = {"PATH": str(self.folder / "bin"), "RINGBACK_VENV": str(self.folder / "environment")}
        env |= {"ASKED": str(asked), "FAILS": fails, **more}
        done = subprocess.run([self.folder / "project/.ci/run"], cwd="/", env=env, capture_output=True, check=False)
        return done.returncode, asked.read_text().splitlines()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.proves("01-1.3")
def test_a_browser_is_installed_then_it_lints_then_runs_the_readmes_test_command(machine: Machine) -> None:
    assert machine.run() == (0, [*APT, *ALL])
    assert "\npython3 -m voice test\n" in (ROOT / "README.md").read_text()
    machine.has("chromium")
    assert machine.run() == (0, ALL), "a browser that is there is not installed again"
    assert machine.run(RINGBACK_SCREENSHOTS="/elsewhere")[1][-1] == "python3 -m voice test (pictures in /elsewhere)"


def test_who_is_not_root_asks_for_it(machine: Machine) -> None:
    machine.says("id", "1000")
    (machine.folder / "bin/sudo").write_text('#!/bin/sh\nunset DEBIAN_FRONTEND\necho sudo >> "$ASKED"\nexec "$@"\n')
    (machine.folder / "bin/sudo").chmod(0o755)
    assert machine.run() == (0, ["sudo", APT[0], "sudo", APT[1], *ALL])


@pytest.mark.parametrize("at", range(len(APT) + len(ALL)))
def test_it_stops_at_the_first_step_that_fails(machine: Machine, at: int) -> None:
    steps = [*APT, *ALL]
    assert machine.run(fails=steps[at].partition(" (")[0]) == (3, steps[: at + 1])
