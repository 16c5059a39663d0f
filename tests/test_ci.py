"""What continuous integration runs, without running it from within itself."""

import os
import subprocess

import pytest

from tests.source import ROOT

RUN = ROOT / ".ci" / "run"


@pytest.mark.proves("01-1.3")
def test_ci_installs_a_browser_then_lints_then_runs_the_readmes_test_command() -> None:
    steps = ["apt-get install", 'ruff" check', 'ruff" format --check', '/mypy"', "python3 -m voice test\n"]
    text = RUN.read_text()
    places = [text.find(step) for step in steps]
    assert -1 not in places, dict(zip(steps, places, strict=True))
    assert places == sorted(places)
    assert "chromium" in text
    assert os.access(RUN, os.X_OK)
    assert subprocess.run(["bash", "-n", RUN], check=False).returncode == 0


def test_ci_stops_at_the_first_step_that_fails() -> None:
    assert "set -euo pipefail" in RUN.read_text()
