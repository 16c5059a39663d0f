"""The tables of what is written to owners by e-mail: who wants which letters, and each letter, once."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from voice.models import Base, one_of

KINDS = ("daily", "weekly", "alert")


class LetterWish(Base):
    """Which letters a user wants; nobody's row: they have never chosen."""

    __tablename__ = "letter_wishes"
    user_id: Mapped[str] = mapped_column(sa.ForeignKey("users.id"), primary_key=True)
    daily: Mapped[bool]
    weekly: Mapped[bool]
    alerts: Mapped[bool]


class Letter(Base):
    """One letter, written down before it is sent. It goes out at most once: what may have arrived is not sent again."""

    __tablename__ = "letters"
    __table_args__ = (
        one_of("kind", KINDS),
        one_of("state", ("waiting", "sending", "sent", "unknown", "refused")),
        sa.Index("ix_letters_waiting", "stale_at", sqlite_where=sa.text("state = 'waiting'"),
                 postgresql_where=sa.text("state = 'waiting'")),  # what is to be sent, or sent again
        sa.Index("ix_letters_user_id_made_at", "user_id", "made_at"),  # the last one: how did it go?
    )  # fmt: skip
    id: Mapped[str] = mapped_column(primary_key=True)  # kind:period:user, so that there is one of each
    user_id: Mapped[str] = mapped_column(sa.ForeignKey("users.id"))
    kind: Mapped[str]
    period: Mapped[str]  # the first day it tells of, or the key of the notice it is about
    state: Mapped[str] = mapped_column(default="waiting")
    made_at: Mapped[dt.datetime]
    stale_at: Mapped[dt.datetime]  # nobody is sent it later than this
    settled_at: Mapped[dt.datetime | None]
    problem: Mapped[str] = mapped_column(default="")  # what the mail server said when it did not take it
