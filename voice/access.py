"""Who may sign in, as what, and for which lines: changed by an owner, or by an invitation an owner made."""

import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice import accounts
from voice.accounts import ROLES, BadUser
from voice.db import one_row
from voice.doors import Invitation, Passkey
from voice.firm import Line, StaffMember
from voice.ledger import SignIn, User

GOOD_FOR = dt.timedelta(days=7)
MOST_OPEN = 50  # invitations at once
LONGEST_NAME = 80


@dataclass(frozen=True)
class Access:
    """What somebody may do here. `lines`: those they may see; None: every line, also those to come."""

    role: str
    lines: Sequence[str] | None


@dataclass(frozen=True)
class Person:
    """A user as the owner's page shows them."""

    user: User
    second_factor: bool
    seen_at: dt.datetime | None


def everybody(session: Session) -> list[Person]:
    """All users, those switched off last."""
    seen = sa.select(sa.func.max(SignIn.seen_at)).where(SignIn.user_id == User.id).scalar_subquery()
    keys = sa.exists().where(Passkey.user_id == User.id)
    rows = sa.select(User, sa.or_(User.totp_secret.is_not(None), keys), seen)
    found = session.execute(rows.order_by(User.active.desc(), sa.func.lower(User.name), User.id))
    return [Person(user, bool(has_one), seen_at) for user, has_one, seen_at in found]


def few_lines(session: Session) -> dict[str, frozenset[str]]:
    """The lines that may be seen by those of the staff who may not see all, by staff id; not in it: every line."""
    sights: dict[str, frozenset[str] | None] = {}
    for staff_id, user in session.execute(sa.select(StaffMember.id, User).join(User, accounts.IS_MEMBER)):
        before, more = sights.get(staff_id, frozenset()), user.in_sight  # two users may be one person: they see both
        sights[staff_id] = None if before is None or more is None else before | more
    return {staff_id: lines for staff_id, lines in sights.items() if lines is not None}


def may_see(session: Session, staff_id: str, line: str) -> bool:
    """Whether a staff member may be given what belongs to this line: they would hold it without seeing it."""
    return line in few_lines(session).get(staff_id, (line,))


def change(session: Session, user: User, access: Access, staff_id: str | None, active: bool) -> None:
    """Give a user other rights; it counts from their next click on. Raises BadUser."""
    check(session, access)
    if staff_id is not None and session.get(StaffMember, staff_id) is None:
        raise BadUser("Staff member: choose one of those in the list.")
    stays_owner = active and access.role == "owner"
    # Locked in one order: two owners who take each other's role at one time must not both succeed.
    owners = sa.select(User.id).where(User.role == "owner", User.active).order_by(User.id).with_for_update()
    if not stays_owner and session.scalars(owners).all() == [user.id]:
        raise BadUser("They are the only owner left. Make somebody else an owner first.")
    user.role, user.lines = access.role, None if access.lines is None else list(access.lines)
    user.staff_id, user.active = staff_id, active
    if not active:
        accounts.sign_out_everywhere(session, user.id)


def check(session: Session, access: Access) -> None:
    """Refuse a role or a line that there is not. Raises BadUser."""
    if access.role not in ROLES:
        raise BadUser(f"Role: choose one of {', '.join(ROLES)}.")
    if access.lines is not None:
        if not access.lines:
            raise BadUser("Lines: choose at least one, or every line.")
        known = set(session.scalars(sa.select(Line.number).where(Line.number.in_(access.lines))))
        if known != set(access.lines):
            raise BadUser("Lines: choose from those in the list.")


def invite(session: Session, email: str, access: Access, by: str, now: dt.datetime) -> str:
    """An invitation by the user `by`; returns the link's token, shown this once. An older one to the same address
    ends. Raises BadUser."""
    email = accounts.checked_email(email)
    check(session, access)
    if session.scalar(sa.select(User.id).where(User.email == email)):
        raise BadUser(f"Email: {email} can already sign in.")
    session.execute(sa.delete(Invitation).where(Invitation.email == email, Invitation.used_at.is_(None)))
    if len(invitations(session, now)) >= MOST_OPEN:
        raise BadUser(f"There are {MOST_OPEN} open invitations already. Withdraw those that nobody will use.")
    token = secrets.token_urlsafe(32)
    lines = None if access.lines is None else list(access.lines)
    row = Invitation(id=accounts.fingerprint(token), email=email, role=access.role, lines=lines, made_by=by)
    row.made_at, row.expires_at = now, now + GOOD_FOR
    session.add(row)
    session.flush()
    return token


def invitations(session: Session, now: dt.datetime) -> list[Invitation]:
    """Those that can still be used, the newest first."""
    still_good = sa.select(Invitation).where(Invitation.used_at.is_(None), Invitation.expires_at > now)
    return list(session.scalars(still_good.order_by(Invitation.made_at.desc(), Invitation.id)))


def invitation(session: Session, token: str, now: dt.datetime) -> Invitation | None:
    """The invitation behind a link; None: used, withdrawn, too old, or never made."""
    row = session.get(Invitation, accounts.fingerprint(token))
    return row if row and row.used_at is None and row.expires_at > now else None


def accept(session: Session, row: Invitation, name: str, password_hash: str, now: dt.datetime) -> User:
    """The invited person becomes a user. Raises BadUser, also when the link was used a moment ago."""
    if not name.strip():
        raise BadUser("Name: tell the others what to call you.")
    unused = sa.update(Invitation).where(Invitation.id == row.id, Invitation.used_at.is_(None))
    if not one_row(session.execute(unused.values(used_at=now))):
        raise BadUser("This link has been used already. Sign in instead.")
    user = accounts.add_user(session, row.email, name.strip()[:LONGEST_NAME], row.role, password_hash)
    user.lines = row.lines
    return user


def withdraw(session: Session, invitation_id: str) -> None:
    """An invitation that nobody shall use any more."""
    session.execute(sa.delete(Invitation).where(Invitation.id == invitation_id, Invitation.used_at.is_(None)))
