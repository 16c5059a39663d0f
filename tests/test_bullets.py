"""Each bullet of what was promised has a test that names it."""

import ast
from pathlib import Path

TESTS = Path(__file__).resolve().parent


def bullets() -> dict[str, str]:
    """What was promised, by its id."""
    lines = (TESTS / "bullets.txt").read_text().splitlines()
    return dict(line.split(" ", 1) for line in lines if line.strip())


def proven() -> dict[str, list[str]]:
    """The ids that tests name in `@pytest.mark.proves(...)`, each with the places that do."""
    found: dict[str, list[str]] = {}
    for path in sorted(TESTS.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "proves":
                place = f"{path.relative_to(TESTS)}:{node.lineno}"
                for argument in node.args:
                    found.setdefault(ast.literal_eval(argument), []).append(place)
    return found


def test_every_bullet_has_a_test() -> None:
    named = proven()
    without = [f"{number} {says}" for number, says in bullets().items() if number not in named]
    assert not without, f"{len(without)} bullets have no test:\n" + "\n".join(without)


def test_every_id_that_a_test_names_is_a_bullet() -> None:
    known = bullets()
    unknown = [f"{number} at {', '.join(places)}" for number, places in proven().items() if number not in known]
    assert not unknown, "no such bullet:\n" + "\n".join(unknown)
