"""The README says what the code does: its settings table, its commands, its files."""

import dataclasses
import re
import tomllib
from pathlib import Path

import pytest

from voice.cli import _parser
from voice.rules.greeting import greeting_fault
from voice.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()


@pytest.mark.proves("01-1.5", "01-6.16")
def test_the_settings_table_is_the_code_s() -> None:
    told = re.findall(r"^\| `([A-Z_]+)` \| (?:`(.*?)`)? ?\| (.+) \|$", README, re.MULTILINE)
    known = [(f.name.upper(), str(f.default), f.metadata["says"]) for f in dataclasses.fields(Settings)]
    assert told == known


@pytest.mark.proves("01-1.5")
def test_every_command_the_readme_names_exists() -> None:
    named = set(re.findall(r"(?:ringback|-m voice) ([a-z]+)", README))
    known = _parser().format_help()
    assert named
    assert [name for name in named if not re.search(rf"^\s+{name}\s", known, re.MULTILINE)] == []


@pytest.mark.proves("01-1.5")
def test_every_file_the_readme_and_the_guide_point_to_exists() -> None:
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")):
        text = page.read_text()
        links = [page.parent / link for link in re.findall(r"\]\((?!http)([^)#]+)\)", text)]
        paths = [ROOT / path for path in re.findall(r"`((?:voice|dashboard|tests)/[\w./]*)`", text)]
        assert [path for path in (*links, *paths) if not path.exists()] == [], page.name


def test_every_test_that_the_page_on_security_names_exists() -> None:
    page = (ROOT / "docs/security.md").read_text()
    named = re.findall(r"`(test_\w+)`: (\*[^*]+\*(?: · \*[^*]+\*)*)", page)
    claims = [(file, words) for file, told in named for words in re.findall(r"\*([^*]+)\*", told)]
    assert len(claims) > 120
    tests = {file: (ROOT / f"tests/{file}.py").read_text() for file, _ in claims}
    unknown = [
        f"{file}: {words}"
        for file, words in claims
        if not re.search(rf"^def test_{words.replace(' ', '_')}[_(]", tests[file], re.MULTILINE)
    ]
    assert unknown == []
    assert re.findall(r"`test_\w+`(?!: \*)", page) == [], "a file alone shows nothing"


def test_the_way_into_the_house_is_one_page_and_every_file_of_its_index_exists() -> None:
    assert len((ROOT / "CONTRIBUTING.md").read_text().split()) <= 700
    named = set(re.findall(r"`(?:[a-z_]+/)*([a-z_]+\.(?:py|js|mako))`", (ROOT / "docs/house.md").read_text()))
    files = {path.name for top in ("voice", "dashboard") for path in (ROOT / top).rglob("*.*")}
    assert len(named) > 100
    assert named - files == set()


@pytest.mark.proves("01-1.5")
def test_the_business_file_of_the_readme_is_one() -> None:
    firm = tomllib.loads(re.search(r"```toml\n(.*?)```", README, re.DOTALL)[1])  # type: ignore[index]
    line = firm["lines"][0]
    assert greeting_fault(line["greeting"], line["language"]) is None


@pytest.mark.proves("01-1.5")
def test_one_file_configures_every_tool() -> None:
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    assert {"ruff", "mypy", "pytest", "alembic"} <= set(tools)
    stray = ("alembic.ini", "pytest.ini", "mypy.ini", "setup.cfg", "tox.ini", "ruff.toml", ".ruff.toml", "setup.py")
    assert [name for name in stray if (ROOT / name).exists()] == []
