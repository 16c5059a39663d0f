"""On which line of a TOML text each field stands: parsers throw that away, and a fault without a line helps nobody."""

import tomllib
from collections import Counter
from typing import Any

Path = tuple[str | int, ...]


def spots(text: str) -> dict[Path, int]:
    """The line (from 1) of every table and key of a valid TOML text, by path: ("staff", 1, "phone") -> 14."""
    found: dict[Path, int] = {}
    seen: Counter[str] = Counter()
    prefix: Path = ()
    for number, statement in _statements(text):
        parsed = tomllib.loads(statement)
        if statement.lstrip().startswith("["):
            prefix = _header(parsed, statement.lstrip().startswith("[["), seen)
            found.setdefault(prefix, number)
        else:
            _record(found, prefix, parsed, number)
    return found


def _statements(text: str) -> list[tuple[int, str]]:
    """(first line, text) of each header and each `key = value`, however many lines it takes."""
    statements: list[tuple[int, str]] = []
    pending, start = "", 1
    for number, line in enumerate(text.splitlines(), 1):
        start = start if pending else number
        pending = f"{pending}\n{line}" if pending else line
        try:
            parsed = tomllib.loads(pending)
        except tomllib.TOMLDecodeError:
            continue  # an array or a long string goes on in the next line
        if parsed:
            statements.append((start, pending))
        pending = ""
    return statements


def _header(parsed: dict[str, Any], is_array: bool, seen: Counter[str]) -> Path:
    """The path a table header opens; tables in an array are counted."""
    names: list[str] = []
    inner: Any = parsed
    while isinstance(inner, dict) and inner:
        names.append(next(iter(inner)))
        inner = inner[names[-1]]
    if is_array:
        seen[names[0]] += 1
    path: list[str | int] = [names[0]]
    if seen[names[0]]:
        path.append(seen[names[0]] - 1)
    return (*path, *names[1:])


def _record(found: dict[Path, int], prefix: Path, parsed: dict[str, Any], number: int) -> None:
    for key, value in parsed.items():
        found.setdefault((*prefix, key), number)
        if isinstance(value, dict):
            _record(found, (*prefix, key), value, number)
