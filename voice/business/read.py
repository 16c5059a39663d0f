"""business.toml from text to plan: everything is checked, and all faults are told at once."""

import contextlib
import datetime as dt
import functools
import re
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any, TypeVar

import phonenumbers

from voice.business.plan import LinePlan, Plan, StaffPlan, Week
from voice.business.spots import spots
from voice.business.table import BadBusiness, Faults, Table
from voice.rules import greeting, hours, numbers, wording
from voice.rules.keeping import LIMITS, Keeping
from voice.rules.promise import RETRY_MINUTES

Built = TypeVar("Built")
STAFF_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
RING_WAYS = ("everyone", "in_order", "fewest_recent")
# Limits against slips of the pen, wide enough for any real line.
RING_SECONDS, STEP_SECONDS, PROMISE_MINUTES, ATTEMPTS = (1, 300), (1, 120), (5, 7 * 24 * 60), (1, 20)
# A page says every 30 s that somebody is there: a shorter lease would lapse under their hands.
RETRY_GAP, WRAP_UP_MINUTES, LEASE_SECONDS = (1, 7 * 24 * 60), (1, 24 * 60), (60, 3600)


def read(text: str) -> Plan:
    """The plan a file describes. Raises BadBusiness with every fault there is."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as broken:
        raise BadBusiness([_syntax(str(broken))]) from None
    faults = Faults(spots(text))
    top = Table(faults, (), "file", document)
    name, country, zone, keeping = business(top.table("business") or Table(faults, ("business",), "business", {}))
    staff = _each(top, "staff", "id", person)
    lines = _each(top, "lines", "number", lambda table: line(table, name))
    blocked = _blocked(top.table("numbers"))
    top.close()
    _check_together(faults, staff, lines)
    faults.raise_any()
    return Plan(name, country, zone, keeping, staff, lines, blocked)


def _syntax(broken: str) -> str:
    """The parser's sentence, with the line first."""
    place = re.search(r" \(at line (\d+), column \d+\)", broken)
    if place is None:
        return f"line 1: the file is no TOML: {broken}"
    return f"line {place[1]}: the file is no TOML from here: {broken.replace(place[0], '')}."


def _each(top: Table, key: str, name_key: str, build: Callable[[Table], Built]) -> tuple[Built, ...]:
    """All tables of an array `[[key]]`."""
    top.left.discard(key)
    values: Any = top.values.get(key, [])
    if not isinstance(values, list):
        top.fault(key, f"must be written [[{key}]], once for each.")
        return ()
    word = {"staff": "staff", "lines": "line"}[key]
    built = []
    for index, value in enumerate(values):
        called = value.get(name_key) if isinstance(value, dict) else None
        who = f"{word} '{called}'" if isinstance(called, str) else f"{word} number {index + 1}"
        built.append(build(Table(top.faults, (key, index), who, value)))
    return tuple(built)


def business(table: Table) -> tuple[str, str, str, Keeping]:
    """[business]: its name, country and time zone, and how long it keeps what."""
    table.who = "business"
    name = table.text("name")
    country = table.text("country", check=_country_fault)
    zone = table.text("time_zone", check=_fault_of(hours.check_zone))
    usual = asdict(Keeping())
    keeping = Keeping(**{field: table.number(field, usual[field], *LIMITS[field]) for field in usual})
    table.close()
    return name, country, zone, keeping


def person(table: Table) -> StaffPlan:
    """One of [[staff]]."""
    shifts = table.table("shifts")
    plan = StaffPlan(
        id=table.text("id", check=_id_fault),
        name=table.text("name"),
        phone=table.text("phone", "", lambda phone: numbers.staff_phone_fault(phone) if phone else None),
        email=table.text("email", "", _email_fault),
        role=table.choice("role", ("staff", "owner"), "staff"),
        no_mailbox=table.flag("no_mailbox", False),
        shifts=None if shifts is None else _week(shifts),
        time_zone=table.text("time_zone", "", lambda zone: _fault_of(hours.check_zone)(zone) if zone else None),
        days_off=sorted(table.texts("days_off", _day_fault)),
        desk_phone=table.text("desk_phone", "", lambda phone: numbers.staff_phone_fault(phone) if phone else None),
    )
    table.close()
    return plan


def line(table: Table, firm: str) -> LinePlan:
    """One of [[lines]] of that firm, which its default greeting names."""
    language = table.text("language", "en-US", _fault_of(wording.check_language))
    week = table.table("hours")
    if week is None:
        table.fault("hours", 'is missing; add [lines.hours] below the line, with days like mon = "09:00-17:30".')
    plan = LinePlan(
        number=table.text("number", check=_number_fault),
        name=table.text("name"),
        greeting=_greeting(table, language, firm),
        language=language,
        staff=table.texts("staff", lambda _: None),
        ring=table.choice("ring", RING_WAYS, "everyone"),
        last_person_first=table.flag("last_person_first", True),
        ring_seconds=table.number("ring_seconds", 20, *RING_SECONDS),
        in_order_step_seconds=table.number("in_order_step_seconds", 12, *STEP_SECONDS),
        promise_minutes=table.number("promise_minutes", 60, *PROMISE_MINUTES),
        max_attempts=table.number("max_attempts", 4, *ATTEMPTS),
        holidays=table.text("holidays", "", _fault_of(hours.check_holidays)),
        closed_days=sorted(table.texts("closed_days", _day_fault)),
        hours={} if week is None else _week(week),
        retry_minutes=list(table.numbers("retry_minutes", RETRY_MINUTES, *RETRY_GAP)),
        wrap_up_minutes=table.number("wrap_up_minutes", 10, *WRAP_UP_MINUTES),
        lease_seconds=table.number("lease_seconds", 90, *LEASE_SECONDS),
        due_ring=table.flag("due_ring", True),
    )
    table.close()
    return plan


def _greeting(table: Table, language: str, firm: str) -> str:
    if language not in wording.LANGUAGES:
        return table.text("greeting", "")  # without its language a greeting cannot be judged
    default = wording.default_greeting(firm, language)
    return table.text("greeting", default, lambda words: greeting.greeting_fault(words, language))


def _week(table: Table) -> Week:
    """Days and their hours; a day that is absent or empty is closed."""
    week: Week = {}
    for day in hours.DAYS:
        week[day] = table.text(day, "", _fault_of(functools.partial(hours.parse_day, day)))
    table.close()
    try:
        return hours.WeekHours.from_dict(week).to_dict()
    except ValueError:
        return {}  # each day has told its fault already


def _blocked(table: Table | None) -> tuple[str, ...] | None:
    if table is None:
        return None
    table.who = "numbers"
    blocked = table.texts("blocked", _number_fault)
    table.close()
    return tuple(sorted(blocked))


def _check_together(faults: Faults, staff: tuple[StaffPlan, ...], lines: tuple[LinePlan, ...]) -> None:
    """What no table can see by itself: things that are there twice, and names that lead nowhere."""
    _unique(faults, "staff", "id", [person.id for person in staff], "this id")
    _unique(faults, "staff", "phone", [person.phone for person in staff], "this phone")
    _unique(faults, "lines", "number", [line.number for line in lines], "this number")
    known, ours = {person.id for person in staff}, {line.number for line in lines}
    for index, person in enumerate(staff):
        for field in ("phone", "desk_phone"):
            if getattr(person, field) in ours:
                words = "is one of the lines, and a line cannot ring itself; give the person's own phone."
                faults.add(("staff", index, field), f"staff '{person.id}'", field, words)
    for index, line in enumerate(lines):
        for name in line.staff:
            if name not in known:
                words = f"nobody has the id '{name}'; add them as [[staff]] or take the name out."
                faults.add(("lines", index, "staff"), f"line '{line.number}'", "staff", words)


def _unique(faults: Faults, key: str, field: str, values: Iterable[str], what: str) -> None:
    word = "staff" if key == "staff" else "line"
    first: dict[str, int] = {}
    for index, value in enumerate(values):
        if value and first.setdefault(value, index) != index:
            faults.add((key, index, field), f"{word} '{value}'", field, f"somebody above has {what} already.")


def _fault_of(check: Callable[[str], object]) -> Callable[[str], str | None]:
    """A check that raises ValueError, as one that returns what is wrong."""

    def wrong(value: str) -> str | None:
        try:
            check(value)
        except ValueError as fault:
            return str(fault).removeprefix("holidays: ")
        return None

    return wrong


def _country_fault(code: str) -> str | None:
    if code in phonenumbers.SUPPORTED_REGIONS:
        return None
    return f'"{code}" is not a country; write its two capital letters, like "US".'


def _id_fault(name: str) -> str | None:
    if STAFF_ID.fullmatch(name):
        return None
    return f'"{name}" must be small letters, digits, - and _, at most 40.'


def _email_fault(email: str) -> str | None:
    if not email or re.fullmatch(r"[^\s@]+@[^\s@]+", email):
        return None
    return f'"{email}" is not an email address.'


def _number_fault(number: str) -> str | None:
    if numbers.E164.fullmatch(number):
        return None
    return f'"{number}" must be written with its country code and nothing else, like +12125550100.'


def _day_fault(day: str) -> str | None:
    with contextlib.suppress(ValueError):
        if dt.date.fromisoformat(day).isoformat() == day:
            return None
    return f'"{day}" is not a date; write it like "2026-12-24".'
