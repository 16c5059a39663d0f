"""What business.toml says, read and found right: plain values, no rows."""

from dataclasses import dataclass

from voice.rules.keeping import Keeping

Week = dict[str, str]  # {"mon": "09:00-17:30"}: only days with hours


@dataclass(frozen=True)
class StaffPlan:
    """One person; the fields are the columns of StaffMember. `shifts` None: the line's hours."""

    id: str
    name: str
    phone: str
    email: str
    role: str
    no_mailbox: bool
    shifts: Week | None
    time_zone: str
    days_off: list[str]
    desk_phone: str


@dataclass(frozen=True)
class LinePlan:
    """One line; `staff` holds ids in ringing order, the other fields are columns of Line."""

    number: str
    name: str
    greeting: str
    language: str
    staff: tuple[str, ...]
    ring: str
    last_person_first: bool
    ring_seconds: int
    in_order_step_seconds: int
    promise_minutes: int
    max_attempts: int
    holidays: str
    closed_days: list[str]
    hours: Week
    retry_minutes: list[int]
    wrap_up_minutes: int
    lease_seconds: int
    due_ring: bool


@dataclass(frozen=True)
class Plan:
    """The whole file. `blocked` None: the file does not speak of numbers, so what is blocked stays blocked."""

    name: str
    country: str
    time_zone: str
    keeping: Keeping
    staff: tuple[StaffPlan, ...]
    lines: tuple[LinePlan, ...]
    blocked: tuple[str, ...] | None
