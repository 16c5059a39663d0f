"""The tables of the firm: its lines and staff, which `apply` and the settings pages edit."""

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from voice.models import Base, Count, one_of
from voice.rules.promise import RETRY_MINUTES


class Business(Base):
    """The firm: one row, and the version of everything `apply` and the settings pages edit."""

    __tablename__ = "business"
    id: Mapped[int] = mapped_column(Count, primary_key=True)
    name: Mapped[str]
    country: Mapped[str]
    time_zone: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)  # grows with every change; the roster file carries it
    # Whether everybody has to have a second factor to come in.
    ask_second_factor: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    # See `rules.keeping`.
    keep_people_months: Mapped[int] = mapped_column(default=13, server_default="13")
    keep_messages_days: Mapped[int] = mapped_column(default=90, server_default="90")
    keep_deliveries_days: Mapped[int] = mapped_column(default=30, server_default="30")
    keep_audit_months: Mapped[int] = mapped_column(default=24, server_default="24")


class Audio(Base):
    """A sound: an uploaded greeting or a caller's message. In the database, so that every process can play it."""

    __tablename__ = "audio"
    id: Mapped[str] = mapped_column(primary_key=True)  # sha256 of the bytes
    content_type: Mapped[str]
    seconds: Mapped[float]
    data: Mapped[bytes]


class Line(Base):
    """A number of ours."""

    __tablename__ = "lines"
    __table_args__ = (one_of("ring", ("everyone", "in_order", "fewest_recent")),)
    number: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    position: Mapped[int]
    active: Mapped[bool] = mapped_column(default=True)
    greeting: Mapped[str]
    greeting_audio: Mapped[str | None] = mapped_column(sa.ForeignKey("audio.id"))
    language: Mapped[str]
    ring: Mapped[str] = mapped_column(default="everyone")
    last_person_first: Mapped[bool] = mapped_column(default=True)
    ring_seconds: Mapped[int] = mapped_column(default=20)
    in_order_step_seconds: Mapped[int] = mapped_column(default=12)
    promise_minutes: Mapped[int] = mapped_column(default=60)
    max_attempts: Mapped[int] = mapped_column(default=4)
    hours: Mapped[dict[str, Any]]  # {"mon": "09:00-17:30", …}
    holidays: Mapped[str] = mapped_column(default="")
    closed_days: Mapped[list[Any]]  # ISO dates
    time_zone: Mapped[str]
    retry_minutes: Mapped[list[Any]] = mapped_column(default=lambda: list(RETRY_MINUTES))  # after the 1st, 2nd … try
    wrap_up_minutes: Mapped[int] = mapped_column(default=10)  # to say how a talk ended
    lease_seconds: Mapped[int] = mapped_column(default=90)  # a claim lasts so long after the last sign of life
    due_ring: Mapped[bool] = mapped_column(default=True)  # a phone rings when a promise is near and nobody has it


class StaffMember(Base):
    """Somebody who answers. Missing from the file: switched off, never deleted."""

    __tablename__ = "staff"
    __table_args__ = (
        one_of("role", ("staff", "owner")),
        one_of("availability", ("on", "away", "off")),
    )
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    phone: Mapped[str]
    email: Mapped[str] = mapped_column(default="")
    role: Mapped[str] = mapped_column(default="staff")
    no_mailbox: Mapped[bool] = mapped_column(default=False)
    shifts: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))  # None: the line's hours
    time_zone: Mapped[str] = mapped_column(default="")  # the clock of their shifts; empty: each line's own
    days_off: Mapped[list[Any]] = mapped_column(default=list)  # ISO dates on that clock
    desk_phone: Mapped[str] = mapped_column(default="")  # a second phone of theirs, one tap away
    availability: Mapped[str] = mapped_column(default="on")
    away_until: Mapped[dt.datetime | None]  # back by themselves then; None: when they say so
    away_why: Mapped[str] = mapped_column(default="")  # "missed": we set them away, because their phone rang in vain
    on_since: Mapped[dt.datetime | None]  # rings missed before this are forgiven
    phone_today: Mapped[str | None]  # rung in place of `phone` until `phone_until`
    phone_until: Mapped[dt.datetime | None]
    active: Mapped[bool] = mapped_column(default=True)


class LineStaff(Base):
    """Who answers which line, in which order."""

    __tablename__ = "line_staff"
    line: Mapped[str] = mapped_column(sa.ForeignKey("lines.number"), primary_key=True)
    staff_id: Mapped[str] = mapped_column(sa.ForeignKey("staff.id"), primary_key=True)
    position: Mapped[int]
