"""The tables. States are text with a check; every index names the question it answers."""

import datetime as dt
import uuid
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from voice.db import UTC
from voice.rules import states

Count = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # SQLite numbers rows by itself only for INTEGER


def new_id() -> str:
    """A random id of 32 hex digits: safe in an address, never to be guessed."""
    return uuid.uuid4().hex


def id_from(moment: dt.datetime) -> str:
    """The same, sorting by `moment` to the millisecond: of two that are due at the same time, the older comes first."""
    return f"{int(moment.timestamp() * 1000):012x}{uuid.uuid4().hex[:20]}"


class Base(DeclarativeBase):
    """All tables; constraint names are fixed so that migrations can name them."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        dt.datetime: UTC,
        dict[str, Any]: sa.JSON,
        list[Any]: sa.JSON,
        str: sa.Text,
    }


def one_of(column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    """A check that a text column holds one of these words."""
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


class Contact(Base):
    """What we remember of a caller."""

    __tablename__ = "contacts"
    # Of those that have one: counted with all that have none, SQLite takes the index for useless and reads the table.
    __table_args__ = (
        sa.Index("ix_contacts_same_as", "same_as", sqlite_where=sa.text("same_as IS NOT NULL"),
                 postgresql_where=sa.text("same_as IS NOT NULL")),
    )  # fmt: skip
    number: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str | None]  # given by staff
    carrier_name: Mapped[str | None]  # claimed by the carrier
    blocked: Mapped[bool] = mapped_column(default=False)
    last_staff_id: Mapped[str | None] = mapped_column(sa.ForeignKey("staff.id"))
    last_talk_at: Mapped[dt.datetime | None]
    # What staff say of a person stands on each of their numbers, so that ringing and lists read one row.
    same_as: Mapped[str | None]  # the person's first number; None: this one is
    vip: Mapped[bool] = mapped_column(default=False)
    do_not_text: Mapped[bool] = mapped_column(default=False)
    language: Mapped[str | None]
    allowed: Mapped[bool] = mapped_column(default=False)  # the owner lets it be dialled although the rules forbid it


class Call(Base):
    """One inbound call. Moves only along `rules.states.CALL`, by conditional UPDATE."""

    __tablename__ = "calls"
    __table_args__ = (
        one_of("state", states.CALL_STATES),
        one_of("outcome", ("pending", "talked", "callback", "blocked")),
        one_of("path", ("queue", "dial", "fallback")),
        sa.Index("ix_calls_open", "received_at", sqlite_where=sa.text("ended_at IS NULL"),
                 postgresql_where=sa.text("ended_at IS NULL")),  # pacer and sweeper: which calls are live
        sa.Index("ix_calls_line_received_at", "line", "received_at"),  # lists and figures of a line
        sa.Index("ix_calls_caller_received_at", "caller", "received_at"),  # "third call today"
        sa.Index("ix_calls_caller_key_received_at", "caller_key", "received_at"),  # figures: when they rang again
        sa.Index("ix_calls_received_at_caller", "received_at", "caller"),  # people, by when they rang last
        sa.Index("ix_calls_callback_id", "callback_id"),  # the list: the calls and messages behind its rows
        # No phone is rung twice at once: the database itself refuses a second caller's ladder.
        sa.Index("uq_calls_ladder_phone", "ladder_phone", unique=True,
                 sqlite_where=sa.text("ladder_phone IS NOT NULL"),
                 postgresql_where=sa.text("ladder_phone IS NOT NULL")),
        sa.Index("ix_calls_nobody_on_shift", "line", "received_at", sqlite_where=sa.text("cause = 'nobody_on_shift'"),
                 postgresql_where=sa.text("cause = 'nobody_on_shift'")),  # the owner's warnings
    )  # fmt: skip
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    sid: Mapped[str] = mapped_column(unique=True)
    line: Mapped[str] = mapped_column(sa.ForeignKey("lines.number"))
    dialled: Mapped[str]  # what the caller dialled; differs from `line` only for a number we do not know
    caller: Mapped[str | None]  # E.164, None when withheld
    # E.164, or anon:<sid> so that unknown people never merge; or erased:<erasure>:<n>, one for each number that was.
    caller_key: Mapped[str]
    caller_name: Mapped[str | None]
    verstat: Mapped[str | None]  # the carrier's word on the number at arrival; "": none, None: we do not know
    source: Mapped[str]  # webhook, status, spool or log: which witness told us first
    state: Mapped[str] = mapped_column(default="received")
    outcome: Mapped[str] = mapped_column(default="pending")
    cause: Mapped[str | None]
    path: Mapped[str] = mapped_column(default="queue")
    round: Mapped[int] = mapped_column(
        default=0
    )  # grows when the caller is queued again (cut off): new queue, new deadline
    received_at: Mapped[dt.datetime]
    ring_from: Mapped[dt.datetime]
    ring_until: Mapped[dt.datetime]
    ring_claimed_at: Mapped[dt.datetime | None]  # a worker has taken the ring; none in time: path=dial
    greeted_at: Mapped[dt.datetime | None]
    first_ring_at: Mapped[dt.datetime | None]
    reserved_by: Mapped[str | None]
    reserved_until: Mapped[dt.datetime | None]
    accepted_at: Mapped[dt.datetime | None]
    accepted_leg_id: Mapped[str | None]
    answered_by: Mapped[str | None] = mapped_column(sa.ForeignKey("staff.id"))
    joined_at: Mapped[dt.datetime | None]
    talking_since: Mapped[dt.datetime | None]  # while joined; then added to talk_seconds
    talk_seconds: Mapped[int] = mapped_column(default=0)
    told_at: Mapped[dt.datetime | None]  # when the promise was spoken
    ended_at: Mapped[dt.datetime | None]
    seen_at: Mapped[dt.datetime]  # last sign of life from the carrier; old and not ended: the sweeper asks
    callback_id: Mapped[str | None] = mapped_column(sa.ForeignKey("callbacks.id"))
    queue_sid: Mapped[str | None]  # the carrier's id of `queue`, to delete it by afterwards
    ladder_phone: Mapped[str | None]  # the phone that documents alone have dialled for them, until that is over

    @property
    def queue(self) -> str:
        """The caller's own queue: random, and another one when they are queued again."""
        return f"rb-{self.id}-{self.round}"


class Leg(Base):
    """One carrier channel to a staff phone. Moves along `states.LEG`, guarded by the carrier's sequence number."""

    __tablename__ = "legs"
    __table_args__ = (
        one_of("state", states.LEG_STATES),
        one_of("purpose", ("ring", "cut_off", "ring_back", "dial")),
        # No phone is rung twice at once: the database itself refuses the second live leg.
        sa.Index("uq_legs_live_phone", "phone", unique=True, sqlite_where=sa.text("ended_at IS NULL"),
                 postgresql_where=sa.text("ended_at IS NULL")),
        sa.Index("ix_legs_call_id", "call_id"),
        sa.Index("ix_legs_offered_call_id", "offered_call_id"),
        sa.Index("ix_legs_staff_id_placed_at", "staff_id", "placed_at"),  # fewest_recent
        # The owner's warnings: a mailbox that picks up, a phone that cannot be reached.
        sa.Index("ix_legs_in_vain", "placed_at", sqlite_where=sa.text("state IN ('not_screened', 'failed')"),
                 postgresql_where=sa.text("state IN ('not_screened', 'failed')")),
    )  # fmt: skip
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    call_id: Mapped[str | None] = mapped_column(sa.ForeignKey("calls.id"))  # the caller it rings for
    offered_call_id: Mapped[str | None] = mapped_column(sa.ForeignKey("calls.id"))  # the caller named at pick-up
    attempt_id: Mapped[str | None]
    line: Mapped[str] = mapped_column(sa.ForeignKey("lines.number"))
    staff_id: Mapped[str] = mapped_column(sa.ForeignKey("staff.id"))
    phone: Mapped[str]
    purpose: Mapped[str]
    state: Mapped[str] = mapped_column(default="placed")
    sequence: Mapped[int] = mapped_column(default=-1)
    sid: Mapped[str | None] = mapped_column(unique=True)
    placed_at: Mapped[dt.datetime]
    ringing_at: Mapped[dt.datetime | None]
    ring_seconds: Mapped[int] = mapped_column(default=15, server_default="15")  # how long the phone may ring
    stop_at: Mapped[dt.datetime]  # so: rung no longer than this, below the phone's mailbox
    stopping_at: Mapped[dt.datetime | None]  # the carrier has been asked to end it
    picked_up_at: Mapped[dt.datetime | None]
    accepted_at: Mapped[dt.datetime | None]  # a key was pressed, be it that somebody had been faster
    joined_at: Mapped[dt.datetime | None]
    join_tries: Mapped[int] = mapped_column(default=0)
    ended_at: Mapped[dt.datetime | None]


class Mailbox(Base):
    """When machines have picked up one phone of the staff, whoever's it is: see `rules.ring_limit`."""

    __tablename__ = "mailboxes"
    phone: Mapped[str] = mapped_column(primary_key=True)
    seen: Mapped[list[Any]]  # [seconds of ringing, ISO moment], the newest first


SET_ASIDE = "state = 'waiting' AND later IS NOT NULL AND rang_at IS NULL"


class Callback(Base):
    """The promise to ring a person back: one open row per caller and line."""

    __tablename__ = "callbacks"
    __table_args__ = (
        one_of("state", states.CALLBACK_STATES),
        sa.Index("uq_callbacks_open_caller", "line", "caller_key", unique=True,
                 sqlite_where=sa.text("state <> 'closed'"), postgresql_where=sa.text("state <> 'closed'")),
        sa.Index("ix_callbacks_open_due", "due_at", "id", sqlite_where=sa.text("state <> 'closed'"),
                 postgresql_where=sa.text("state <> 'closed'")),  # the list, in order of promise
        sa.Index("ix_callbacks_open_state", "state", "due_at", "id", "later", sqlite_where=sa.text("state <> 'closed'"),
                 postgresql_where=sa.text("state <> 'closed'")),  # one group of it, and how many are in each
        sa.Index("ix_callbacks_set_aside", "promised_by", "id", sqlite_where=sa.text(SET_ASIDE),
                 postgresql_where=sa.text(SET_ASIDE)),  # those whose promise is late all the same
        sa.Index("ix_callbacks_closed_at", "closed_at", "id", sqlite_where=sa.text("state = 'closed'"),
                 postgresql_where=sa.text("state = 'closed'")),  # closed today; search of the last 30 days
        sa.Index("ix_callbacks_line_first_called_at", "line", "first_called_at"),  # figures of a line
        sa.Index("ix_callbacks_caller", "caller"),  # all there ever was of somebody
        sa.Index("ix_callbacks_caller_key", "caller_key"),
        sa.Index("ix_callbacks_claimed_by", "claimed_by", sqlite_where=sa.text("claimed_by IS NOT NULL"),
                 postgresql_where=sa.text("claimed_by IS NOT NULL")),  # what somebody has in hand
    )  # fmt: skip
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    line: Mapped[str] = mapped_column(sa.ForeignKey("lines.number"))
    caller: Mapped[str | None]  # the number that is rung: the one they rang from last, or that staff chose
    caller_key: Mapped[str]  # of the person: their first number, from whichever they ring; or as the call's
    state: Mapped[str] = mapped_column(default="waiting")
    reason: Mapped[str]  # cause of the call that opened it
    held_reason: Mapped[str | None]
    closed_reason: Mapped[str | None]
    merged_into: Mapped[str | None]  # the id of the callback it goes on in: then it is none of its own any more
    calls: Mapped[int] = mapped_column(default=1)
    first_called_at: Mapped[dt.datetime]
    last_called_at: Mapped[dt.datetime]
    promised_by: Mapped[dt.datetime]
    due_at: Mapped[dt.datetime]
    owed_by: Mapped[str | None] = mapped_column(
        sa.ForeignKey("staff.id")
    )  # who last held it: rung first if they ring in
    claimed_by: Mapped[str | None] = mapped_column(sa.ForeignKey("staff.id"))
    lease_until: Mapped[dt.datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)  # tries that rang
    result: Mapped[str | None]
    note: Mapped[str] = mapped_column(default="")
    rang_at: Mapped[dt.datetime | None]  # the caller's phone first rang: the promise was kept if by then
    closed_at: Mapped[dt.datetime | None]
    later: Mapped[str | None]  # why it waits for `due_at`: snoozed, retry, call_again; None: it waits for its promise
    by_hand_at: Mapped[dt.datetime | None]  # dialled with a phone of somebody's own; nobody has said how it went
    topic_id: Mapped[int | None]  # what it was about, of `topics`
    bought: Mapped[bool | None]
    why_not: Mapped[str] = mapped_column(default="", server_default="")
    handed_by: Mapped[str | None]  # who gave it to whom, with which word
    handed_to: Mapped[str | None]
    handed_word: Mapped[str] = mapped_column(default="", server_default="")


class Promise(Base):
    """A time somebody was told, in the exact words. Appended, never changed."""

    __tablename__ = "promises"
    id: Mapped[int] = mapped_column(Count, primary_key=True)
    callback_id: Mapped[str] = mapped_column(sa.ForeignKey("callbacks.id"), index=True)
    call_id: Mapped[str | None] = mapped_column(sa.ForeignKey("calls.id"))
    made_at: Mapped[dt.datetime]
    promised_by: Mapped[dt.datetime]
    channel: Mapped[str]  # voice, or none when the caller was gone before it could be said
    words: Mapped[str]


class Attempt(Base):
    """One callback attempt, written before the carrier is asked."""

    __tablename__ = "attempts"
    __table_args__ = (
        one_of("state", states.ATTEMPT_STATES),
        # A dial is at most once: one live attempt per callback, refused by the database.
        sa.Index("uq_attempts_live_callback", "callback_id", unique=True, sqlite_where=sa.text("ended_at IS NULL"),
                 postgresql_where=sa.text("ended_at IS NULL")),
        # Nobody's phone is rung by itself twice for one promise; attempts that a person asked for have no `due_for`.
        sa.Index("uq_attempts_due_for", "callback_id", "due_for", "staff_id", unique=True),
    )  # fmt: skip
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    callback_id: Mapped[str] = mapped_column(sa.ForeignKey("callbacks.id"), index=True)
    staff_id: Mapped[str] = mapped_column(sa.ForeignKey("staff.id"))
    leg_id: Mapped[str | None]
    state: Mapped[str] = mapped_column(default="intended")
    sequence: Mapped[int] = mapped_column(default=-1)
    child_sid: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[dt.datetime]
    sending_at: Mapped[dt.datetime | None]
    rang_at: Mapped[dt.datetime | None]
    answered_at: Mapped[dt.datetime | None]
    ended_at: Mapped[dt.datetime | None]
    ending: Mapped[
        str | None
    ]  # talked, short_talk, machine, no_answer, busy, failed, cancelled: the caller was dialled;
    # not_placed, not_accepted, refused: they were not; crossed: they rang in meanwhile
    talk_seconds: Mapped[int] = mapped_column(default=0)
    due_for: Mapped[dt.datetime | None]  # the promise we rang this phone for by ourselves; None: a person asked
