"""Each bullet of what was promised, and each fault that must be survived, has a test that names it.

`RINGBACK_WRITE_DOCS=1 pytest tests/test_bullets.py` writes `docs/reliability.md` anew.
"""

import os
from pathlib import Path

from tests.proofs import TESTS, Proof, faults, not_shown, promised, proven

PAGE = TESTS.parent / "docs" / "reliability.md"
GROUPS = {
    "A": "From the carrier to us",
    "B": "From us to the carrier",
    "C": "People and their calls",
    "D": "Where rows are kept",
    "E": "Processes, releases and time",
    "F": "Abuse and attack",
    "S": "What must hold after every step",
    "L": "What must come in the end",
    "M": "Two runs of one story",
    "R": "After an outage",
}
ABOUT = """# What goes wrong, and how it is shown that nobody is lost

Everything we know of that can go wrong between a caller and a person, what must become of it, and the tests that
show it. A row counts as shown when tests show the whole of it; half of it does not count. Made from
`tests/faults.txt`, `tests/not_shown.txt` and the marks of the tests by `RINGBACK_WRITE_DOCS=1 .venv/bin/pytest
tests/test_bullets.py`: not written by hand.
"""


def test_every_bullet_has_a_test() -> None:
    named = proven()
    without = [f"{number} {says}" for number, says in promised().items() if number not in named]
    assert not without, f"{len(without)} bullets have no test:\n" + "\n".join(without)


def test_every_id_that_a_test_names_is_a_bullet_or_a_fault() -> None:
    known = promised() | faults()
    unknown = [f"{number} at {proofs[0].place}" for number, proofs in proven().items() if number not in known]
    assert not unknown, "no such bullet or fault:\n" + "\n".join(unknown)


def test_every_fault_has_a_test_or_says_what_is_missing_and_never_both() -> None:
    named, missing = proven(), not_shown()
    neither = [f"{number} {says}" for number, says in faults().items() if number not in named and number not in missing]
    assert not neither, "neither a test names it nor does not_shown.txt say what is missing:\n" + "\n".join(neither)
    shown = [f"{number} at {named[number][0].place}" for number in missing if number in named]
    assert not shown, "shown by now, so take it off not_shown.txt:\n" + "\n".join(shown)
    assert missing.keys() <= faults().keys()


def test_the_page_says_what_is_shown_and_what_is_not() -> None:
    page = _page()
    if os.environ.get("RINGBACK_WRITE_DOCS"):
        PAGE.write_text(page)
    assert PAGE.read_text() == page, "run it with RINGBACK_WRITE_DOCS=1"


def _page() -> str:
    rows, missing, named = faults(), not_shown(), proven()
    counts = [f"**{len(rows) - len(missing)} of {len(rows)} rows are shown, {len(missing)} are not yet.**", ""]
    counts += ["| group | rows | shown | not yet |", "|---|---|---|---|"]
    tables: list[str] = []
    for group, title in GROUPS.items():
        mine = [number for number in rows if number[0] == group]
        open_ = sum(number in missing for number in mine)
        counts.append(
            f"| [{group}](#{_anchor(f'{group}. {title}')}) {title} | {len(mine)} | {len(mine) - open_} | {open_} |"
        )
        tables += ["", f"## {group}. {title}", "", "| id | what | how it is shown |", "|---|---|---|"]
        tables += [
            f"| {number} | {_said(rows[number])} | {_how(missing.get(number, ''), named.get(number, []))} |"
            for number in mine
        ]
    return "\n".join([ABOUT, *counts, *tables, ""])


def _anchor(title: str) -> str:
    return title.lower().replace(".", "").replace(",", "").replace(" ", "-")


def _said(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _how(missing: str, proofs: list[Proof]) -> str:
    if missing:
        return f"*Not yet:* {missing}."
    return "<br>".join(dict.fromkeys(map(_link, proofs)))


def _link(proof: Proof) -> str:
    words = proof.test.removeprefix("test_").replace("_", " ") or "every story"
    path = Path("..", "tests", proof.path.relative_to(TESTS))
    return f"{words} ([{proof.path.stem}]({path}))"
