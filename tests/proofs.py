"""What was promised and what must be survived, by id, and the tests that show it: read off the files, not run."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

TESTS = Path(__file__).resolve().parent


class Proof(NamedTuple):
    """A test that names an id; without a name, all tests of the file."""

    path: Path
    test: str
    line: int

    @property
    def place(self) -> str:
        """For a message."""
        return f"{self.path.relative_to(TESTS)}:{self.line}"


def promised() -> dict[str, str]:
    """The bullets we promised to show, by id."""
    return _read("bullets.txt")


def faults() -> dict[str, str]:
    """What must be survived and what must hold, by id."""
    return _read("faults.txt")


def not_shown() -> dict[str, str]:
    """Of `faults`: what is not shown yet, with what is missing. This list only shrinks."""
    return _read("not_shown.txt")


def _read(name: str) -> dict[str, str]:
    """One row a line: its id, and what it says."""
    lines = (TESTS / name).read_text().splitlines()
    rows = [line.split(" ", 1) for line in lines if line.strip()]
    ids = [row[0] for row in rows]
    assert len(set(ids)) == len(ids), f"{name} has an id twice"
    return {row[0]: row[1] for row in rows}


@functools.cache
def proven() -> dict[str, list[Proof]]:
    """The ids that tests name in `@pytest.mark.proves(...)`, each with the tests that do."""
    found: dict[str, list[Proof]] = {}
    for path in sorted(TESTS.rglob("*.py")):
        for test, call in _marks(ast.parse(path.read_text())):
            for argument in call.args:
                found.setdefault(ast.literal_eval(argument), []).append(Proof(path, test, call.lineno))
    return found


def _marks(module: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    for node in module.body:
        name = node.name if isinstance(node, ast.FunctionDef) else ""
        for at in node.decorator_list if isinstance(node, ast.FunctionDef) else [node]:
            for call in ast.walk(at):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "proves":
                    yield name, call
