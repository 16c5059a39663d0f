"""Where no browser is installed: the stories that need one are left out, and the run says so at its end."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import browsers

STORIES = """
import pytest

@pytest.mark.parametrize("width", [375, 1280])
def test_a_page(browser, width):
    raise AssertionError("there is no browser to see it")

def test_a_sum():
    assert 1 + 1 == 2
"""


@pytest.mark.proves("01-1.2")
def test_the_run_says_which_browser_tests_it_left_out_and_how_to_have_them(tmp_path: Path) -> None:
    (tmp_path / "test_there.py").write_text(STORIES)
    env = {name: value for name, value in os.environ.items() if name not in ("CHROME_BIN", "PYTEST_ADDOPTS")}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "tests.browsers", "--rootdir"]
    ran = subprocess.run(
        [*command, str(tmp_path), "-c", os.devnull, str(tmp_path)], check=False, capture_output=True, text=True,
        env=env | {"PATH": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}, cwd=Path(browsers.__file__).parents[1],
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"2 browser tests did not run: {browsers.MISSING}." in ran.stdout
    assert "1 passed, 2 skipped" in ran.stdout
