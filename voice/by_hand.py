"""Dialling a caller with one's own phone: nobody else dials them meanwhile, and how it went is asked afterwards."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice import attempts, claims, moves
from voice.claims import Refusal
from voice.models import Callback


def dial(session: Session, callback: Callback, staff_id: str, now: dt.datetime, anyway: bool = False) -> Refusal | None:
    """Keep the callback for this person while they dial; after ten minutes without a word it is listed again.

    The number policy and the caller's hours hold as they do for ringing back; `anyway` goes beyond the hours.
    """
    refused = attempts.unfit_to_dial(session, callback, staff_id, now, anyway)
    if refused := refused or claims.claim(session, callback, staff_id, now):
        return refused
    here = [Callback.id == callback.id, Callback.claimed_by == staff_id, Callback.state == "claimed"]
    mine = sa.update(Callback).where(*here, claims.no_live_attempt())
    until = claims.lease_until(session, callback, now, "by_hand")
    told = mine.values(by_hand_at=now, lease_until=until).returning(Callback.id)
    dialling = session.execute(told, execution_options={"synchronize_session": False}).first() is not None
    session.refresh(callback)
    if not dialling:
        return claims.refusal(callback, staff_id)
    moves.note(session, "dialling_by_hand", now, callback=callback, staff=staff_id)
    return None
