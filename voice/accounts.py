"""Who may come in: people by password and a session kept here, programs by token. Only hashes are stored.

Hashing takes tens of milliseconds on purpose, so it has verbs of its own and is never done inside a transaction.
"""

import base64
import datetime as dt
import hashlib
import re
import secrets
import threading
from dataclasses import dataclass

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.orm import Session

from voice.devices import Device
from voice.doors import HALF_DONE, Halfway, Passkey
from voice.firm import Business, StaffMember
from voice.ledger import SignIn, User

ROLES = ("staff", "owner")
IDLE = dt.timedelta(hours=12)
LONGEST = dt.timedelta(days=7)
SEEN_STEP = dt.timedelta(minutes=1)  # how exactly we remember the last sign of life: not a write per request
FREE_TRIES = 5
FIRST_WAIT = dt.timedelta(seconds=30)
LONGEST_WAIT = dt.timedelta(minutes=15)
SHORTEST_PASSWORD, LONGEST_PASSWORD = 8, 128
STRONG_ENOUGH = 3  # of 4: more than 10^8 guesses, as `zxcvbn` counts them
LONGEST_DEVICE = 200

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# A flood of sign-ins must not take the processor from calls: two hashes at once, the others wait.
_turns = threading.BoundedSemaphore(2)


class BadUser(ValueError):
    """A user that cannot be made; the text says why and what to do."""


@dataclass(frozen=True)
class Visit:
    """Somebody signed in, as one request sees them. Times are UTC."""

    sign_in_id: str
    csrf: str
    seen_at: dt.datetime
    user_id: str
    name: str
    email: str
    role: str
    staff_id: str | None
    proved_at: dt.datetime  # when they last proved who they are
    lines: frozenset[str] | None  # those they may see; None: every line
    must_enrol: bool  # everybody has to have a second factor, and they have none yet
    member: StaffMember | None = None  # who they are among the staff, as they were when the request came in

    @property
    def is_owner(self) -> bool:
        """Whether they may see and change everything."""
        return self.role == "owner"


def fingerprint(token: str) -> str:
    """What is stored of a secret of 256 random bits: it cannot be turned back, and needs no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


def hash_password(password: str) -> str:
    """An argon2id hash. Raises BadUser for a password that is too short or too long."""
    _check_length(password)
    with _turns:
        return _hasher.hash(password)


def refuse_weak(password: str, *about: str) -> None:
    """Raises BadUser for a password too short, too long, or guessed early, as are words `about` its owner and firm."""
    _check_length(password)
    # Its lists take a while to load, and most requests do without. It takes 72 characters at most: hence the cut.
    from zxcvbn import zxcvbn

    words = [word for text in (*about, "ringback") for word in re.split(r"[\W_]+", text.lower()) if word]
    if zxcvbn(password[:64], user_inputs=words)["score"] < STRONG_ENOUGH:
        raise BadUser("New password: this one would be guessed early. Three or four words nobody would expect do well.")


def _check_length(password: str) -> None:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        lengths = f"{SHORTEST_PASSWORD} to {LONGEST_PASSWORD}"
        raise BadUser(f"The password must have {lengths} characters; a few words do well.")


def _hash_of_nothing() -> str:
    """Written as the hasher writes, of no password: it need not be computed at each start."""
    salt, digest = (base64.b64encode(secrets.token_bytes(length)).decode().rstrip("=") for length in (16, 32))
    costs = f"m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    return f"$argon2id$v=19${costs}${salt}${digest}"


# Somebody unknown is checked against this, so that the answer takes as long as for somebody known.
_nobody = _hash_of_nothing()


def check_password(user: User | None, password: str) -> bool:
    """Whether `password` is that user's. Always costs one hash, also for no user. Call outside a transaction."""
    with _turns:
        try:
            _hasher.verify(user.password_hash if user else _nobody, password[: LONGEST_PASSWORD + 1])
        except (VerificationError, InvalidHashError):
            return False
    return user is not None


def find_user(session: Session, email: str) -> User | None:
    """The user with that address, in any spelling of its case; None: nobody, or switched off."""
    return session.scalar(sa.select(User).where(User.email == email.strip().lower(), User.active))


def add_user(
    session: Session, email: str, name: str, role: str, password_hash: str, staff_id: str | None = None
) -> User:
    """A new user; `password_hash` comes from hash_password. Raises BadUser."""
    email = checked_email(email)
    if role not in ROLES:
        raise BadUser(f"The role must be one of: {', '.join(ROLES)}.")
    if session.scalar(sa.select(User.id).where(User.email == email)):
        raise BadUser(f"{email} can already sign in; `ringback user reset` gives them a new password.")
    if staff_id is not None and session.get(StaffMember, staff_id) is None:
        raise BadUser(f"There is no staff member {staff_id!r}: add them to business.toml first, then `ringback apply`.")
    user = User(email=email, name=name.strip() or email, role=role, staff_id=staff_id, password_hash=password_hash)
    session.add(user)
    session.flush()
    return user


def checked_email(text: str) -> str:
    """An address as it is kept: in lower case. Raises BadUser for what cannot be one."""
    email = text.strip().lower()
    if email.count("@") != 1 or email.startswith("@") or email.endswith("@") or len(email) > 254:
        raise BadUser(f"{email!r} is not an email address.")
    return email


def reset_user(session: Session, email: str, password_hash: str) -> User:
    """A new password for somebody who is locked out; ends their sessions and any waiting. Raises BadUser."""
    user = session.scalar(sa.select(User).where(User.email == email.strip().lower()))
    if user is None:
        raise BadUser(f"Nobody signs in as {email!r}.")
    user.password_hash, user.active, user.failures, user.locked_until = password_hash, True, 0, None
    sign_out_everywhere(session, user.id)
    return user


def set_password(session: Session, visit: Visit, password_hash: str) -> None:
    """Another password, chosen by its owner; every other session of theirs ends."""
    session.execute(sa.update(User).where(User.id == visit.user_id).values(password_hash=password_hash))
    sign_out_everywhere(session, visit.user_id, but=visit.sign_in_id)


def has_second_factor(session: Session, user_id: str) -> bool:
    """Whether a password alone does not let this user in."""
    return bool(session.scalar(sa.select(_second_factor()).where(User.id == user_id)))


def _second_factor() -> sa.ColumnElement[bool]:
    return sa.or_(User.totp_secret.is_not(None), sa.exists().where(Passkey.user_id == User.id).correlate(User))


def judge_try(
    session: Session, user_id: str | None, fits: bool, now: dt.datetime,
    known_device: bool = False, last_step: bool = True,
) -> bool:  # fmt: skip
    """Whether this try may go on, and remembers it. Wrong tries are only forgiven by one that fits at the last step:
    else whoever has a password could guess codes for ever.

    After FREE_TRIES wrong ones each further try has to wait, twice as long each time up to LONGEST_WAIT. Tries made
    while waiting neither count nor succeed, except from a device the person has signed in on before: a stranger who
    keeps guessing can therefore never keep them out.
    """
    user = session.get(User, user_id, with_for_update=True) if user_id else None
    if user is None or not user.active:
        return False
    waiting = user.locked_until is not None and user.locked_until > now
    if waiting and not (known_device and fits):
        return False
    if fits:
        if last_step:
            user.failures, user.locked_until = 0, None
        return True
    user.failures += 1
    over = user.failures - FREE_TRIES
    if over >= 0:
        user.locked_until = now + min(FIRST_WAIT * 2 ** min(over, 10), LONGEST_WAIT)
    return False


def sign_in(session: Session, user_id: str, now: dt.datetime, device: str = "") -> str:
    """A new session; returns the token for the cookie, which is kept nowhere else. Ended ones are cleared away."""
    session.execute(sa.delete(SignIn).where(sa.or_(SignIn.created_at < now - LONGEST, SignIn.seen_at < now - IDLE)))
    session.execute(sa.delete(Halfway).where(Halfway.made_at < now - HALF_DONE))  # secrets of no use any more
    token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    row = SignIn(id=fingerprint(token), user_id=user_id, csrf=csrf, created_at=now, seen_at=now, proved_at=now)
    row.device = device[:LONGEST_DEVICE]
    session.add(row)
    session.flush()
    return token


# Who a user is among the staff: the one they were linked to, else whoever has their email address.
IS_MEMBER = sa.and_(
    StaffMember.active,
    sa.case(
        (sa.func.coalesce(User.staff_id, "") != "", StaffMember.id == User.staff_id),
        else_=sa.func.lower(StaffMember.email) == User.email,
    ),
)
_MEMBERS = sa.select(StaffMember).join(User, IS_MEMBER).where(User.id == sa.bindparam("user")).limit(2)
_ASKED_OF_ALL = sa.select(sa.func.coalesce(sa.func.max(sa.cast(Business.ask_second_factor, sa.Integer)), 0))
# Asked by every page, so put together once. A user may be two people's: then they are neither.
_SIGNED_IN = (
    sa.select(SignIn, User, _second_factor(), _ASKED_OF_ALL.scalar_subquery(), StaffMember)
    .join(User, User.id == SignIn.user_id)
    .outerjoin(StaffMember, IS_MEMBER)
    .where(SignIn.id == sa.bindparam("id"))
    .limit(2)
)


def signed_in(session: Session, token: str, now: dt.datetime) -> Visit | None:
    """Who holds this session token; None when it has ended, gone idle, or its user was switched off. Reads only."""
    found = session.execute(_SIGNED_IN, {"id": fingerprint(token)}).all()
    if not found:
        return None
    row, user, has_one, asked, member = found[0]
    if not user.active or now - row.created_at >= LONGEST or now - row.seen_at >= IDLE:
        return None
    member = member if len(found) == 1 else None
    return Visit(
        sign_in_id=row.id,
        csrf=row.csrf,
        seen_at=row.seen_at,
        user_id=user.id,
        name=user.name,
        email=user.email,
        role=user.role,
        staff_id=member.id if member else None,
        proved_at=row.proved_at or row.created_at,
        lines=user.in_sight,
        must_enrol=bool(asked) and not has_one,
        member=member,
    )


def staff_of(session: Session, user: User) -> str | None:
    """The staff member a user is: the one they were linked to, else the only one with their email address."""
    found = session.scalars(_MEMBERS, {"user": user.id}).all()
    return found[0].id if len(found) == 1 else None


def keep_signed_in(session: Session, visit: Visit, now: dt.datetime) -> None:
    """Note a sign of life. Worth calling once `visit.seen_at` is SEEN_STEP old."""
    session.execute(sa.update(SignIn).where(SignIn.id == visit.sign_in_id).values(seen_at=now))


def proved(session: Session, visit: Visit, now: dt.datetime) -> str:
    """They have just proved again who they are: the session goes on under another token, which is returned.

    The one it had opens nothing any more. Forms that are open in other tabs stay good.
    """
    token = secrets.token_urlsafe(32)
    session.execute(sa.update(SignIn).where(SignIn.id == visit.sign_in_id).values(id=fingerprint(token), proved_at=now))
    return token


def sign_ins(session: Session, user_id: str, now: dt.datetime) -> list[SignIn]:
    """The sessions of a user that are alive, the one used last first."""
    alive = sa.select(SignIn).where(SignIn.created_at > now - LONGEST, SignIn.seen_at > now - IDLE)
    return list(session.scalars(alive.where(SignIn.user_id == user_id).order_by(SignIn.seen_at.desc(), SignIn.id)))


def sign_out(session: Session, sign_in_id: str) -> None:
    """End one session, whatever its cookie says afterwards; that browser is woken no more, either."""
    session.execute(sa.delete(Device).where(Device.sign_in_id == sign_in_id))
    session.execute(sa.delete(SignIn).where(SignIn.id == sign_in_id))


def sign_out_everywhere(session: Session, user_id: str, but: str = "") -> None:
    """End every session of a user, and wake none of their browsers, except the one with the id `but`."""
    session.execute(sa.delete(Device).where(Device.user_id == user_id, Device.sign_in_id != but))
    session.execute(sa.delete(SignIn).where(SignIn.user_id == user_id, SignIn.id != but))
