"""The tables of the door: second factors, invitations, what is half done, and who did what."""

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from voice.models import Base, Count, one_of


class Passkey(Base):
    """A key that a device or a password manager holds; here is its public half."""

    __tablename__ = "passkeys"
    id: Mapped[str] = mapped_column(primary_key=True)  # the id the device gave it, in base64url
    user_id: Mapped[str] = mapped_column(sa.ForeignKey("users.id"), index=True)
    public_key: Mapped[bytes]
    sign_count: Mapped[int]
    name: Mapped[str]
    made_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime | None]


class RecoveryCode(Base):
    """Opens the door once when the phone or key is lost."""

    __tablename__ = "recovery_codes"
    id: Mapped[str] = mapped_column(primary_key=True)  # sha256 of the code: its 120 random bits need no salt
    user_id: Mapped[str] = mapped_column(sa.ForeignKey("users.id"), index=True)
    used_at: Mapped[dt.datetime | None]


HALF_DONE = dt.timedelta(minutes=10)  # how long what was begun at the door may be finished


class Halfway(Base):
    """Something begun at the door and not finished: it is forgotten after ten minutes."""

    __tablename__ = "halfway"
    __table_args__ = (one_of("kind", ("second_factor", "passkey", "new_passkey", "new_totp")),)
    id: Mapped[str] = mapped_column(primary_key=True)  # sha256 of a token that one browser holds
    kind: Mapped[str]
    user_id: Mapped[str | None] = mapped_column(sa.ForeignKey("users.id"))
    secret: Mapped[str] = mapped_column(default="")  # the challenge of a passkey, or a sealed TOTP secret
    tries: Mapped[int] = mapped_column(default=0)
    made_at: Mapped[dt.datetime]


class Invitation(Base):
    """A link with which one person can let themselves in, once."""

    __tablename__ = "invitations"
    id: Mapped[str] = mapped_column(primary_key=True)  # sha256 of the link's token
    email: Mapped[str]
    role: Mapped[str]
    lines: Mapped[list[Any] | None] = mapped_column(sa.JSON(none_as_null=True))  # None: every line
    made_by: Mapped[str] = mapped_column(sa.ForeignKey("users.id"))
    made_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime | None]


class Tries(Base):
    """How often somebody has tried something in one window of time. No address is kept, only its hash."""

    __tablename__ = "tries"
    id: Mapped[str] = mapped_column(primary_key=True)  # sha256 of what, where from, and which window
    since: Mapped[dt.datetime]
    count: Mapped[int]


class AuditEntry(Base):
    """Who did what, and when. No phone number and nothing anybody said is ever written here."""

    __tablename__ = "audit"
    __table_args__ = (sa.Index("ix_audit_at_id", "at", "id"),)  # the page: the newest first
    id: Mapped[int] = mapped_column(Count, primary_key=True)
    at: Mapped[dt.datetime]
    user_id: Mapped[str | None] = mapped_column(sa.ForeignKey("users.id"))
    who: Mapped[str]  # their name then; for a program, the name of its token
    what: Mapped[str]
    object: Mapped[str]  # the id of what it was done to, or a name that is no secret
