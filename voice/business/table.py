"""Reads one table of business.toml field by field and collects every fault, so that all are told at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from voice.business.spots import Path


class BadBusiness(ValueError):
    """A file that cannot be applied; `faults` holds a sentence each, with line, field and the fix."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class Fault(NamedTuple):
    """What is wrong with a field: on which line of the file, whose field it is, and why with the fix."""

    line: int
    who: str
    field: str
    words: str


@dataclass
class Faults:
    """What is wrong so far, and where each field stands."""

    places: dict[Path, int]
    found: list[Fault] = field(default_factory=list)

    def add(self, path: Path, who: str, name: str, words: str) -> None:
        """Note a fault of the field `name`, at `path` or at the nearest table around it that the file has."""
        while path and path not in self.places:
            path = path[:-1]
        self.found.append(Fault(self.places.get(path, 1), who, name, words))

    def raise_any(self) -> None:
        """Raise BadBusiness when anything was noted, in the order of the file."""
        if self.found:
            told = ((line, ": ".join(part for part in rest if part)) for line, *rest in sorted(self.found))
            raise BadBusiness([f"line {line}: {sentence}" for line, sentence in told])


class Table:
    """One table: its values, where it stands, what to call it. Every read notes its faults and gives a usable value."""

    def __init__(self, faults: Faults, path: Path, who: str, values: Any) -> None:
        self.faults, self.path, self.who = faults, path, who
        self.values: Mapping[str, Any] = values if isinstance(values, dict) else {}
        self.left = set(self.values)
        if not isinstance(values, dict):
            faults.add(path, who, "", "must be a table.")

    def fault(self, key: str, words: str) -> None:
        """Note a fault of one field."""
        self.faults.add((*self.path, key), self.who, key, words)

    def text(self, key: str, default: str | None = None, check: Callable[[str], str | None] | None = None) -> str:
        """A text; without a default it must be there and not empty. `check` returns what is wrong, or None."""
        value: str = self._value(key, str, "text in quotes", default)
        if isinstance(self.values.get(key), str):
            if default is None and not value.strip():
                self.fault(key, "is empty.")
            elif check and (wrong := check(value)):
                self.fault(key, wrong)
        return value.strip()

    def choice(self, key: str, options: tuple[str, ...], default: str) -> str:
        """One of a few words."""
        listed = ", ".join(options)
        return self.text(key, default, lambda word: None if word in options else f'"{word}" is not one of: {listed}.')

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        return bool(self._value(key, bool, "true or false", default))

    def number(self, key: str, default: int, lowest: int, highest: int) -> int:
        """A whole number within limits."""
        value = self._value(key, int, "a whole number", default)
        if not lowest <= value <= highest:
            self.fault(key, f"{value} is not between {lowest} and {highest}.")
        return int(value)

    def numbers(self, key: str, default: Sequence[int], lowest: int, highest: int) -> tuple[int, ...]:
        """A list of whole numbers within limits, none smaller than the one before it."""
        values = self._value(key, list, "a list of whole numbers, like [15, 120]", list(default))
        for value in values:
            if not isinstance(value, int) or isinstance(value, bool):
                self.fault(key, f"{value} must be a whole number.")
                return tuple(default)
            if not lowest <= value <= highest:
                self.fault(key, f"{value} is not between {lowest} and {highest}.")
        if sorted(values) != values:
            self.fault(key, "each must be at least as long as the one before it.")
        return tuple(values)

    def texts(self, key: str, check: Callable[[str], str | None]) -> tuple[str, ...]:
        """A list of texts, each checked, none twice."""
        values = self._value(key, list, 'a list, like ["…", "…"]', [])
        good: list[str] = []
        for value in values:
            if not isinstance(value, str):
                self.fault(key, f"{value} must be text in quotes.")
            elif value in good:
                self.fault(key, f'"{value}" is there twice.')
            elif wrong := check(value):
                self.fault(key, wrong)
            else:
                good.append(value)
        return tuple(good)

    def table(self, key: str) -> "Table | None":
        """A table inside this one; None when it is absent."""
        self.left.discard(key)
        if key not in self.values:
            return None
        return Table(self.faults, (*self.path, key), f"{self.who}: {key}", self.values[key])

    def close(self) -> None:
        """Call when all known fields are read: whatever is left is unknown."""
        for key in sorted(self.left):
            self.fault(key, "there is no such field here; take the line out, or correct its name.")

    def _value(self, key: str, kind: type, wanted: str, default: Any) -> Any:
        self.left.discard(key)
        value = self.values.get(key)
        if value is None:
            if default is None:
                self.fault(key, f"is missing; it must be {wanted}.")
            return kind() if default is None else default
        # In Python true is a number too; in the file it is not.
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self.fault(key, f"must be {wanted}.")
            return kind() if default is None else default
        return value
