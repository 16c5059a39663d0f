"""A line's settings as the fields of a form, and back: plain texts there, the values of business.toml here."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from werkzeug.datastructures import MultiDict

from voice.firm import Line
from voice.rules import hours

TEXTS = ("name", "greeting", "language", "ring", "holidays")
NUMBERS = (
    *("ring_seconds", "in_order_step_seconds", "promise_minutes", "max_attempts", "wrap_up_minutes", "lease_seconds"),
)
FLAGS = ("last_person_first", "due_ring")
LONGEST = 400  # characters of one field; what is longer is refused by its own limit
# What the page calls each field: said before what is wrong with it, and in the audit.
LABELS = {
    "name": "Name", "greeting": "Greeting", "language": "Language", "staff": "Who answers", "ring": "Whose phone rings",
    "ring_seconds": "Ring for", "in_order_step_seconds": "Add the next phone after", "promise_minutes": "Promise",
    "last_person_first": "Last person first", "max_attempts": "Tries", "retry_minutes": "Try again after",
    "wrap_up_minutes": "Time for a result", "lease_seconds": "Claims last", "due_ring": "Ring when a promise is near",
    "holidays": "Public holidays", "hours": "Hours", "closed_days": "Closed days", "first": "First closed day",
    "last": "Last closed day",
}  # fmt: skip


def fields_of(line: Line, staff: Sequence[str]) -> dict[str, str]:
    """What the form shows of a line; `staff`: the ids of who answers it, in their order."""
    plain = {name: str(getattr(line, name)) for name in (*TEXTS, *NUMBERS)}
    flags = {name: "1" if getattr(line, name) else "" for name in FLAGS}
    week = {day: line.hours.get(day, "") for day in hours.DAYS}
    return plain | flags | week | {"staff": ",".join(staff), "retry_minutes": ", ".join(map(str, line.retry_minutes))}


def typed(form: MultiDict[str, str]) -> dict[str, str]:
    """What was sent, field by field."""
    names = (*TEXTS, *NUMBERS, *FLAGS, *hours.DAYS, "retry_minutes")
    return {name: form.get(name, "").strip()[:LONGEST] for name in names} | {"staff": ",".join(_in_turn(form))}


def _in_turn(form: MultiDict[str, str]) -> list[str]:
    """Who is ticked, by the turn written beside each name; without a turn, after those who have one."""
    turns = {name: form.get(f"turn-{name}", "") for name in form.getlist("staff")[:200] if "," not in name}
    return sorted(turns, key=lambda name: int(turns[name]) if re.fullmatch(r"\d{1,4}", turns[name], re.ASCII) else 9999)


def said(fields: Mapping[str, str]) -> dict[str, Any]:
    """The same as business.toml would say it. What is no number stays as it was typed, so that it is refused."""
    values: dict[str, Any] = {name: fields[name] for name in TEXTS}
    values |= {name: _number(fields[name]) for name in NUMBERS}
    values |= {name: bool(fields[name]) for name in FLAGS}
    values["greeting"] = " ".join(values["greeting"].split())
    values["hours"] = {day: fields[day] for day in hours.DAYS}
    values["retry_minutes"] = [_number(part) for part in re.split(r"[\s,;]+", fields["retry_minutes"]) if part]
    return values | {"staff": [name for name in fields["staff"].split(",") if name]}


def in_words(field: str, fault: str) -> str:
    """What is wrong, as the page says it: its fields are there on every day, and may be empty."""
    plain = fault.replace("leave the day out when closed", "leave it empty when closed")
    return plain if field in hours.DAYS else f"{LABELS.get(field, field)}: {plain}"


def _number(text: str) -> int | str:
    return int(text) if re.fullmatch(r"\d{1,9}", text, re.ASCII) else text
