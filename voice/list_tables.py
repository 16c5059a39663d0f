"""The tables the list keeps beside the callbacks: topics, what colleagues did, and what a change replaced."""

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from voice.models import Base, Count


class Topic(Base):
    """What a talk can be about: a short list the owner keeps. One that was used is switched off, never deleted."""

    __tablename__ = "topics"
    id: Mapped[int] = mapped_column(Count, primary_key=True)
    name: Mapped[str]
    position: Mapped[int]
    active: Mapped[bool] = mapped_column(default=True)


class Told(Base):
    """A line on a staff member's page: what a colleague did with a callback of theirs, or gave them."""

    __tablename__ = "told"
    __table_args__ = (
        sa.Index("ix_told_unseen", "staff_id", sqlite_where=sa.text("seen_at IS NULL"),
                 postgresql_where=sa.text("seen_at IS NULL")),  # the top of each person's page
    )  # fmt: skip
    id: Mapped[int] = mapped_column(Count, primary_key=True)
    staff_id: Mapped[str] = mapped_column(sa.ForeignKey("staff.id"))
    by_staff_id: Mapped[str] = mapped_column(sa.ForeignKey("staff.id"))
    callback_id: Mapped[str] = mapped_column(sa.ForeignKey("callbacks.id"))
    kind: Mapped[str]  # took_over, handed_over
    word: Mapped[str] = mapped_column(default="")
    at: Mapped[dt.datetime]
    seen_at: Mapped[dt.datetime | None]


class LastChange(Base):
    """The last thing a staff member did to each callback: the row before and after it, so that it can be undone."""

    __tablename__ = "last_changes"
    staff_id: Mapped[str] = mapped_column(sa.ForeignKey("staff.id"), primary_key=True)
    callback_id: Mapped[str] = mapped_column(sa.ForeignKey("callbacks.id"), primary_key=True)
    what: Mapped[str]
    at: Mapped[dt.datetime]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]


class LastCardChange(Base):
    """The last thing a user did on a card: all that it touched, before and after, so that it can be undone."""

    __tablename__ = "last_card_changes"
    user_id: Mapped[str] = mapped_column(primary_key=True)  # or that of a token
    at: Mapped[dt.datetime]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]


class LastTeamChange(Base):
    """The last thing a user did on the page Team: what of that person's row it changed, so that it can be undone."""

    __tablename__ = "last_team_changes"
    user_id: Mapped[str] = mapped_column(primary_key=True)
    staff_id: Mapped[str] = mapped_column(sa.ForeignKey("staff.id"))
    what: Mapped[str]
    at: Mapped[dt.datetime]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
