"""The tables of the roll-ups: sums of figures by quarter of an hour and by day, and what has to be summed anew."""

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from voice.models import Base, Count, one_of


class Rollup(Base):
    """The figures of one line over a quarter of an hour, or over a day of the line's clock. No row: there was nothing.

    A quarter, because it lies within one hour of any zone's clock; the days are there so that a year is 365 rows.
    """

    __tablename__ = "rollups"
    __table_args__ = (one_of("span", ("quarter", "day")),)
    line: Mapped[str] = mapped_column(sa.ForeignKey("lines.number"), primary_key=True)
    span: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[dt.datetime] = mapped_column(primary_key=True)
    until: Mapped[dt.datetime]
    counts: Mapped[dict[str, Any]]  # how many, by name: see `voice.figures.tallies`
    waiting: Mapped[dict[str, Any]]  # who still waits: by kind and second since which
    bins: Mapped[bytes]  # how long the others waited: see `voice.rules.histogram`


class Mark(Base):
    """A quarter of an hour whose figures have changed; written by triggers, so that no change can forget it.

    Appended, never updated: two calls at once must not wait for each other here.
    """

    __tablename__ = "rollup_marks"
    # A page asks which of its days are marked; after an upgrade, for a while, all there ever were are.
    __table_args__ = (sa.Index("ix_rollup_marks_line_at", "line", "at"),)
    id: Mapped[int] = mapped_column(Count, primary_key=True)
    line: Mapped[str]
    at: Mapped[dt.datetime]  # when the call came in, or the caller first rang
