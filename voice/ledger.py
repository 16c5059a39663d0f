"""The tables that remember: what the carrier said, what we derived, what must follow, who may sign in."""

import datetime as dt
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from voice.models import Base, Count, new_id

ALL_SCOPES = "read work manage"


class Message(Base):
    """What a caller chose to say."""

    __tablename__ = "messages"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    call_id: Mapped[str] = mapped_column(sa.ForeignKey("calls.id"), index=True)
    recording_sid: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str]  # arriving, ready, failed (no audio), empty, erasing (the carrier still has it), erased
    seconds: Mapped[int] = mapped_column(default=0)
    received_at: Mapped[dt.datetime]
    audio_id: Mapped[str | None] = mapped_column(sa.ForeignKey("audio.id"), index=True)
    transcript: Mapped[str | None]


class CarrierEvent(Base):
    """One delivery, kept raw with the answer it got: the same delivery again gets the same bytes."""

    __tablename__ = "carrier_events"
    id: Mapped[int] = mapped_column(Count, primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    route: Mapped[str]
    sid: Mapped[str] = mapped_column(index=True)
    received_at: Mapped[dt.datetime]
    form: Mapped[dict[str, Any]]
    answer: Mapped[str] = mapped_column(default="")


TEXT_IDS = ("SM", "MM")  # how the carrier's ids of texts begin; 32 of 0-9 and a-f follow


def texts_of(numbers: Collection[str]) -> sa.ColumnElement[bool]:
    """Whether a delivery is a text of one of these numbers: by its id, so that the index leads past those of calls."""
    ids = (CarrierEvent.sid.between(f"{begins}0", f"{begins}g") for begins in TEXT_IDS)
    return sa.and_(sa.or_(*ids), CarrierEvent.form["From"].as_string().in_(numbers))


class CallEvent(Base):
    """One derived fact about a call or callback; the strip of seconds is drawn from these rows alone."""

    __tablename__ = "call_events"
    __table_args__ = (
        sa.Index("ix_call_events_call_id", "call_id", "id"),
        sa.Index("ix_call_events_callback_id", "callback_id", "id"),
    )
    id: Mapped[int] = mapped_column(Count, primary_key=True)
    call_id: Mapped[str | None] = mapped_column(sa.ForeignKey("calls.id"))
    callback_id: Mapped[str | None] = mapped_column(sa.ForeignKey("callbacks.id"))
    at: Mapped[dt.datetime]
    kind: Mapped[str]
    data: Mapped[dict[str, Any]]


class Outbox(Base):
    """Work that must follow a commit. Redis holds a copy of its id, never the truth."""

    __tablename__ = "outbox"
    __table_args__ = (
        sa.Index("ix_outbox_open", "due_at", sqlite_where=sa.text("done_at IS NULL"),
                 postgresql_where=sa.text("done_at IS NULL")),  # the relay: what is due
    )  # fmt: skip
    id: Mapped[int] = mapped_column(Count, primary_key=True)
    job: Mapped[str]
    args: Mapped[dict[str, Any]]
    key: Mapped[str | None] = mapped_column(unique=True)
    due_at: Mapped[dt.datetime]
    handed_at: Mapped[dt.datetime | None]
    taken_at: Mapped[dt.datetime | None]
    done_at: Mapped[dt.datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]


class Pace(Base):
    """What the carrier bears: when the next leg may start, how many at once, and whether its API answers."""

    __tablename__ = "pace"
    id: Mapped[int] = mapped_column(Count, primary_key=True)
    next_leg_at: Mapped[dt.datetime]
    cap: Mapped[int | None]  # legs at once, learned from refusals
    cap_until: Mapped[dt.datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    shut_until: Mapped[dt.datetime | None]  # the circuit: no API call before this
    worker_seen_at: Mapped[dt.datetime | None]


class Notice(Base):
    """Something the owner must be told, once per key."""

    __tablename__ = "notices"
    id: Mapped[int] = mapped_column(Count, primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    words: Mapped[str]
    at: Mapped[dt.datetime]
    seen_at: Mapped[dt.datetime | None]


class User(Base):
    """Somebody who may sign in."""

    __tablename__ = "users"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(unique=True)  # lower case
    name: Mapped[str]
    role: Mapped[str]
    staff_id: Mapped[str | None] = mapped_column(sa.ForeignKey("staff.id"))
    password_hash: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[dt.datetime | None]
    lines: Mapped[list[Any] | None] = mapped_column(sa.JSON(none_as_null=True))  # those they may see; None: every line
    totp_secret: Mapped[str | None]  # sealed: see `voice.second_factor`
    totp_step: Mapped[int | None]  # the half minute of the last code taken: no code is taken twice

    @property
    def in_sight(self) -> frozenset[str] | None:
        """The lines they see; None: every line, as an owner always does."""
        return None if self.lines is None or self.role == "owner" else frozenset(self.lines)


class SignIn(Base):
    """A server-side session: signing out kills it, whatever the cookie says."""

    __tablename__ = "sign_ins"
    id: Mapped[str] = mapped_column(primary_key=True)  # sha256 of the cookie's token
    user_id: Mapped[str] = mapped_column(sa.ForeignKey("users.id"), index=True)
    csrf: Mapped[str]
    created_at: Mapped[dt.datetime]
    seen_at: Mapped[dt.datetime]
    proved_at: Mapped[dt.datetime | None]  # when they last proved who they are; old: asked again at the owner's pages
    device: Mapped[str] = mapped_column(default="", server_default="")  # what the browser says it is


class Token(Base):
    """A bearer token of the JSON interface; only its hash is kept."""

    __tablename__ = "tokens"
    id: Mapped[str] = mapped_column(primary_key=True)  # sha256 of the token
    name: Mapped[str]
    created_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime | None]
    scopes: Mapped[str] = mapped_column(default=ALL_SCOPES, server_default=ALL_SCOPES)  # words, by space
    lines: Mapped[list[Any] | None] = mapped_column(sa.JSON(none_as_null=True))  # those it may see; None: every line
