"""The table of replays: what was asked, how far it is, what it found."""

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from voice.models import Base, new_id, one_of


class Replay(Base):
    """Some weeks of one line, played again. Its result names calls, never callers."""

    __tablename__ = "replays"
    __table_args__ = (
        one_of("state", ("running", "done", "cancelled", "failed")),
        # One at a time, or they would take the machine from the calls: the database itself refuses a second.
        sa.Index("uq_replays_running", "state", unique=True, sqlite_where=sa.text("state = 'running'"),
                 postgresql_where=sa.text("state = 'running'")),
        sa.Index("ix_replays_line_asked_at", "line", "asked_at"),  # the newest of a line
    )  # fmt: skip
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    line: Mapped[str] = mapped_column(sa.ForeignKey("lines.number"))
    asked_by: Mapped[str]
    asked_at: Mapped[dt.datetime]
    since: Mapped[dt.datetime]
    until: Mapped[dt.datetime]
    wish: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))  # None: find what is best
    state: Mapped[str] = mapped_column(default="running")
    done: Mapped[int] = mapped_column(default=0)  # calls played
    of: Mapped[int] = mapped_column(default=0)  # 0: not known yet
    ended_at: Mapped[dt.datetime | None]
    result: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    problem: Mapped[str] = mapped_column(default="", server_default="")
