"""One person of a file, as read and as checked. A person that is not fit is kept with the reason, never dropped."""

from collections.abc import Collection
from dataclasses import dataclass, field

from voice.rules import person, text

YES = frozenset({"yes", "y", "true", "1", "x", "ja", "oui", "sí", "si"})
NO = frozenset({"no", "n", "false", "0", "nein", "non"})
MOST_NUMBERS = 10
BETWEEN_NOTES = "\n---\n"  # several notes in one field, as our own files have them


class Unreadable(Exception):
    """The whole file cannot be used; the text says why and what to do."""


@dataclass
class Raw:
    """One person in the words of the file. `line` is where they begin, counted from 1."""

    line: int
    name: str = ""
    numbers: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    note: str = ""
    language: str = ""
    vip: str = ""
    do_not_text: str = ""
    fault: str = ""


@dataclass(frozen=True)
class Entry:
    """One person, fit to be written, unless `fault` says which field is not and what would mend it.

    None, or nothing in a list: the file says nothing of it, so nothing of it changes.
    """

    line: int
    name: str | None = None
    numbers: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    language: str | None = None
    vip: bool | None = None
    do_not_text: bool | None = None
    fault: str = ""


def check(raw: Raw, country: str, own_lines: Collection[str], seen: dict[str, int]) -> Entry:
    """Make a person fit. `seen` holds the line at which each number of the file came first, and learns these."""
    try:
        if raw.fault:
            raise person.Unfit(raw.fault)
        entry = Entry(
            line=raw.line,
            name=person.name(raw.name),
            numbers=_numbers(raw.numbers, country, own_lines),
            tags=person.tags(raw.tags),
            notes=tuple(note for part in raw.note.split(BETWEEN_NOTES) if (note := person.note(part))),
            language=person.language(raw.language),
            vip=_flag("vip", raw.vip),
            do_not_text=_flag("do not text", raw.do_not_text),
        )
        for number in entry.numbers:
            if number in seen:
                raise person.Unfit(f"phone: {number} is on line {seen[number]} already. Keep one of the two.")
    except person.Unfit as unfit:
        name = text.clean(raw.name, person.LONGEST_NAME) or None
        return Entry(line=raw.line, name=name, fault=str(unfit))
    seen.update(dict.fromkeys(entry.numbers, raw.line))
    return entry


def _numbers(given: list[str], country: str, own_lines: Collection[str]) -> tuple[str, ...]:
    found = dict.fromkeys(person.number(value, country) for value in given if value.strip())
    if not found:
        raise person.Unfit("phone: there is none. Write one, like +12125550111.")
    if len(found) > MOST_NUMBERS:
        raise person.Unfit(f"phone: there are more than {MOST_NUMBERS}. Keep those they ring from.")
    if ours := [number for number in found if number in own_lines]:
        raise person.Unfit(f"phone: {ours[0]} is one of your own lines. Take it out.")
    return tuple(found)


def _flag(field_name: str, value: str) -> bool | None:
    word = value.strip().casefold()
    if word and word not in YES | NO:
        raise person.Unfit(f"{field_name}: “{text.clean(value, 30)}” is neither yes nor no. Write one of the two.")
    return word in YES if word else None
