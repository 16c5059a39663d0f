"""Who did what, and when: one row each, written in the transaction of the deed itself.

Never a phone number, never anything said or written: an object is an id, or the name of a thing of the firm's own.
"""

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice.accounts import Visit
from voice.doors import AuditEntry
from voice.logs import NUMBER

COMMAND_LINE = "command line"
LONGEST = 200
BATCH = 500


@dataclass(frozen=True)
class Wanted:
    """Which entries: of one person, of one kind, from a time on and until just before another."""

    user_id: str | None = None
    what: str | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None


def record(session: Session, who: Visit | str, what: str, object_: str, now: dt.datetime) -> None:
    """Write down a deed. `who` is a visit, or the name of a program; `what` is one word like `message_heard`."""
    name, user_id = (who, None) if isinstance(who, str) else (who.name, who.user_id)
    session.add(AuditEntry(at=now, user_id=user_id, who=_clean(name), what=what, object=_clean(object_)))


def record_user(session: Session, user_id: str | None, name: str, what: str, now: dt.datetime) -> None:
    """Write down something at the door, where there is no visit yet; no user id: somebody we do not know."""
    session.add(AuditEntry(at=now, user_id=user_id, who=_clean(name), what=what, object=""))


def page(session: Session, wanted: Wanted, limit: int, before: int | None = None) -> list[AuditEntry]:
    """The newest entries, older than the one with the id `before`."""
    rows = _select(wanted).order_by(AuditEntry.id.desc()).limit(limit)
    return list(session.scalars(rows.where(AuditEntry.id < before) if before is not None else rows))


def everything(session: Session, wanted: Wanted) -> Iterator[AuditEntry]:
    """All entries, the newest first, a batch at a time."""
    before: int | None = None
    while batch := page(session, wanted, BATCH, before):
        yield from batch
        before = batch[-1].id


def last(
    session: Session, object_: str, kinds: Collection[str], since: dt.datetime, but: str
) -> AuditEntry | None:  # fmt: skip
    """The newest deed of one of these kinds on that object from `since` on, by anybody but the user with the id `but`.

    What a file brought in is a deed on everything.
    """
    about = sa.or_(
        sa.and_(AuditEntry.what.in_(kinds), AuditEntry.object == _clean(object_)),
        AuditEntry.what == "business_applied",
    )
    rows = sa.select(AuditEntry).where(about, AuditEntry.at >= since, AuditEntry.user_id.is_distinct_from(but))
    return session.scalars(rows.order_by(AuditEntry.id.desc()).limit(1)).first()


def kinds(session: Session) -> list[str]:
    """Every kind of deed there is an entry of."""
    return list(session.scalars(sa.select(AuditEntry.what).distinct().order_by(AuditEntry.what)))


def _select(wanted: Wanted) -> sa.Select[AuditEntry]:
    rows = sa.select(AuditEntry)
    if wanted.user_id:
        rows = rows.where(AuditEntry.user_id == wanted.user_id)
    if wanted.what:
        rows = rows.where(AuditEntry.what == wanted.what)
    if wanted.since:
        rows = rows.where(AuditEntry.at >= wanted.since)
    return rows.where(AuditEntry.at < wanted.until) if wanted.until else rows


def _clean(text: str) -> str:
    """No number gets in, whoever wrote it, and no line break or control character."""
    plain = "".join(letter for letter in text if letter.isprintable())
    return NUMBER.sub("(a number)", plain)[:LONGEST]
