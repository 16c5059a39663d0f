"""`python3 -m voice` on a bare machine: the set-up itself, in a small project of its own that needs no network."""

import os
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.source import ROOT
from tests.waiting import until

# Not the environment's own Python: that one already has everything.
BARE_PYTHON = str(getattr(sys, "_base_executable", sys.executable))
LOCK = "needed==1\npytest==1\n"
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "small"
version = "1"
dependencies = ["needed"]
[project.optional-dependencies]
test = ["pytest"]
"""
# The least that pip asks of a project it installs in place.
BACKEND = """
import zipfile
def build_editable(folder, config_settings=None, metadata_directory=None):
    name = "small-1-py3-none-any.whl"
    with zipfile.ZipFile(f"{folder}/{name}", "w") as wheel:
        wheel.writestr("small-1.dist-info/METADATA", META)
        wheel.writestr("small-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("small-1.dist-info/RECORD", "")
    return name
META = '''Metadata-Version: 2.1
Name: small
Version: 1
Provides-Extra: test
Requires-Dist: needed
Requires-Dist: pytest; extra == "test"
'''
"""
CLI = """
import sys
def main(arguments):
    import needed
    print("ran", *arguments, "in", sys.prefix)
    return 7
"""


class Project:
    """A copy of the real start, with one small library to install from a folder."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "project"
        self.venv = folder / "environment"
        (self.root / "voice").mkdir(parents=True)
        (self.root / "tests").mkdir()
        for name in ("__init__", "__main__", "bootstrap", "progress", "clock"):
            shutil.copy(ROOT / "voice" / f"{name}.py", self.root / "voice")
        (self.root / "voice" / "cli.py").write_text(CLI)
        (self.root / "pyproject.toml").write_text(PROJECT)
        (self.root / "backend.py").write_text(BACKEND)
        (self.root / "requirements.lock").write_text(LOCK)
        self.wheels = folder / "wheels"
        self.wheels.mkdir()
        self.offer("needed", "__init__.py", "")
        self.offer("pytest", "__main__.py", "import sys; print('1 passed', *sys.argv[1:])")

    def offer(self, name: str, file: str, text: str) -> None:
        """Put a package where pip will find it."""
        with zipfile.ZipFile(self.wheels / f"{name}-1-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{name}/{file}", text)
            wheel.writestr(f"{name}-1.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
            wheel.writestr(
                f"{name}-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            )
            wheel.writestr(f"{name}-1.dist-info/RECORD", "")

    def start(self, *arguments: str, before: str = "") -> "subprocess.Popen[str]":
        """`python3 -m voice ARGUMENTS`; `before` is run first in the same Python."""
        env = {"PATH": os.environ["PATH"], "HOME": str(self.root), "RINGBACK_VENV": str(self.venv)}
        env |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.wheels), "PIP_CONFIG_FILE": os.devnull}
        after = "import runpy, sys; sys.path.insert(0, '.'); runpy.run_module('voice', run_name='__main__')"
        command = [BARE_PYTHON, "-c", f"{before}\n{after}"] if before else [BARE_PYTHON, "-m", "voice"]
        return subprocess.Popen(
            [*command, *arguments], cwd=self.root, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def run(self, *arguments: str, before: str = "") -> tuple[int, str]:
        """Its exit status and all it printed."""
        process = self.start(*arguments, before=before)
        out, _ = process.communicate(timeout=100)
        return process.returncode, out


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project(tmp_path_factory.mktemp("bare"))


@pytest.fixture
def ready(project: Project) -> Project:
    """The project with its set-up done; the tests below share one environment, which takes seconds to make."""
    (project.root / "requirements.lock").write_text(LOCK)
    assert project.run("demo")[0] == 7
    return project


def test_a_set_up_that_is_cut_short_does_not_count(project: Project) -> None:
    shutil.rmtree(project.venv, ignore_errors=True)
    process = project.start("demo")
    until(lambda: (project.venv / "pyvenv.cfg").exists(), "the set-up to be under way", 30)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not (project.venv / ".ready.json").exists()
    left = project.venv / "left"
    left.touch()
    status, said = project.run("demo")
    assert status == 7, said
    assert "Setting up" in said
    assert not left.exists(), "what was cut short is begun again, not built upon"


@pytest.mark.proves("01-1.1")
def test_two_starts_at_once_share_one_set_up(project: Project) -> None:
    shutil.rmtree(project.venv, ignore_errors=True)
    both = [project.start("demo", "--no-browser") for _ in range(2)]
    said = [process.communicate(timeout=100)[0] for process in both]
    assert [process.returncode for process in both] == [7, 7], said
    assert sum("Setting up" in text for text in said) == 1, said
    for text in said:
        assert text.endswith(f"ran demo --no-browser in {project.venv}\n")
    first = next(text for text in said if "Setting up" in text)
    assert " % " in first
    ready = next(line for line in first.splitlines() if line.startswith("Ready: "))
    assert " MB, " in ready
    assert ready.endswith(" s.")


def test_the_second_start_sets_nothing_up(ready: Project) -> None:
    assert ready.run("demo") == (7, f"ran demo in {ready.venv}\n")


@pytest.mark.proves("01-1.2")
def test_the_test_command_adds_what_tests_need_and_becomes_pytest(ready: Project) -> None:
    status, said = ready.run("test", "-k", "something")
    assert "Setting up" in said
    assert status == 0, said
    closing = said.splitlines()[-1]
    assert closing.startswith("1 passed -n ")
    assert closing.endswith(" -k something")


def test_a_changed_lock_is_noticed_and_what_was_added_stays(ready: Project) -> None:
    assert ready.run("test")[0] == 0
    lock = ready.root / "requirements.lock"
    lock.write_text(lock.read_text() + "# another day\n")
    status, said = ready.run("demo")
    assert status == 7
    assert "Setting up" in said
    assert ready.run("test")[1].startswith("1 passed")


def test_the_environment_of_another_folder_is_left_alone_and_what_to_do_is_said(ready: Project, tmp_path: Path) -> None:
    other = Project(tmp_path)
    other.venv = ready.venv
    before = sorted(ready.venv.rglob("*"))
    said = f"{ready.venv} is the environment of {ready.root}. For one of this folder's own, leave RINGBACK_VENV out.\n"
    assert other.run("demo") == (1, said)
    assert sorted(ready.venv.rglob("*")) == before


def test_what_cannot_be_installed_is_shown(ready: Project) -> None:
    lock = ready.root / "requirements.lock"
    lock.write_text("needed==2\n")
    status, said = ready.run("demo")
    assert status == 1
    assert "Set-up failed" in said
    assert "needed" in said.partition("Set-up failed")[2]


def test_a_python_without_ensurepip_is_told_what_to_install(project: Project) -> None:
    shutil.rmtree(project.venv, ignore_errors=True)
    status, said = project.run("demo", before="import sys; sys.modules['ensurepip'] = None")
    assert status == 1
    assert "apt install python3." in said


def test_an_older_python_is_told_so(project: Project) -> None:
    status, said = project.run("demo", before="import sys; sys.version_info = (3, 10)")
    assert status == 1
    assert said.startswith("Ringback needs Python 3.11 or newer")
