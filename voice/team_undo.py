"""Undo on the page Team: for ten seconds a user can take back the last thing they said there, if nobody has since."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice.db import UTC
from voice.firm import StaffMember
from voice.list_tables import LastTeamChange
from voice.undo import GRACE, OFFERED

KEPT = ("availability", "away_until", "away_why", "on_since", "phone_today", "phone_until")


def remembering(
    session: Session, user_id: str, member: StaffMember, what: str, now: dt.datetime, verb: Callable[[], None]
) -> None:
    """Do `verb` on this person's row, and keep what it replaced; `what` names it."""
    before = _snapshot(member)
    verb()
    after = _snapshot(member)
    if after == before:
        return
    stale = LastTeamChange.at <= now - OFFERED - GRACE  # of no use to anybody any more
    session.execute(sa.delete(LastTeamChange).where((LastTeamChange.user_id == user_id) | stale))
    session.add(LastTeamChange(user_id=user_id, staff_id=member.id, what=what, at=now, before=before, after=after))
    session.flush()


def offered(session: Session, user_id: str, now: dt.datetime) -> tuple[LastTeamChange, StaffMember] | None:
    """What this user can take back just now, and of whom it was said."""
    return _kept(session, user_id, now, OFFERED)


def take_back(session: Session, user_id: str, now: dt.datetime) -> StaffMember | None:
    """Put the row back as it was, and say whose; None: it is too late, or somebody has said otherwise since."""
    found = _kept(session, user_id, now, OFFERED + GRACE)
    if found is None:
        return None
    change, member = found
    for name in KEPT:
        kept = change.before[name]
        is_time = kept is not None and isinstance(StaffMember.__table__.c[name].type, UTC)
        setattr(member, name, dt.datetime.fromisoformat(kept) if is_time else kept)
    session.delete(change)
    session.flush()
    return member


def _kept(
    session: Session, user_id: str, now: dt.datetime, within: dt.timedelta
) -> tuple[LastTeamChange, StaffMember] | None:
    change = session.get(LastTeamChange, user_id)
    if change is None or now - change.at >= within:
        return None
    member = session.get_one(StaffMember, change.staff_id)
    return (change, member) if member.active and _snapshot(member) == change.after else None


def _snapshot(member: StaffMember) -> dict[str, Any]:
    values = {name: getattr(member, name) for name in KEPT}
    return {name: value.isoformat() if isinstance(value, dt.datetime) else value for name, value in values.items()}
