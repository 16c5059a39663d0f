"""Why a phone was rung, for whoever looks at the call afterwards. Only looks."""

import datetime as dt
from typing import Any

from sqlalchemy.orm import Session

from voice import callbacks, contacts, mailboxes, ringing
from voice.firm import StaffMember
from voice.models import Call
from voice.rules import ring_plan


def reason(session: Session, call: Call, member: StaffMember, now: dt.datetime) -> dict[str, Any]:
    """What a `phone_placed` event tells of the choice: `why`, and for who spoke with them last, `spoke` (ISO).

    And where that phone's mailbox is known, `rings` and `mailbox`: the seconds it may ring, and may not.
    """
    known = mailboxes.limit(session, member, now)
    return _why(session, call, member.id, now) | ({"rings": known.seconds, "mailbox": known.mailbox} if known else {})


def _why(session: Session, call: Call, staff_id: str, now: dt.datetime) -> dict[str, str]:
    why = ring_plan.why(ringing.waiting(session, call, now), staff_id)
    if why != "first":
        return {"why": why}
    if callbacks.owed_by(session, call.line, call.caller_key) == staff_id:
        return {"why": "owes"}
    contact = contacts.find(session, call.caller)
    spoke = contact.last_talk_at if contact else None
    return {"why": "spoke", "spoke": spoke.isoformat() if spoke else ""}
