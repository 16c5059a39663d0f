"""The second factor that is a code: from an app on the phone (TOTP, RFC 6238), or a recovery code from a drawer."""

import base64
import datetime as dt
import hmac
import re
import secrets

import pyotp
import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy.orm import Session

from voice import accounts
from voice.db import one_row
from voice.doors import Passkey, RecoveryCode
from voice.ledger import User

STEP = 30  # seconds, as RFC 6238 recommends and every app assumes
SLACK = (-1, 0, 1)  # steps: the phone's clock may be half a minute off
RECOVERY_CODES = 10
GROUPS, GROUP = 4, 6  # 24 letters of 32: 120 random bits, so that a plain hash keeps them safe


def new_secret() -> str:
    """A TOTP secret of 160 random bits, as apps take it."""
    return pyotp.random_base32()


def address(secret: str, email: str, firm: str) -> str:
    """What the QR code says: `otpauth://…`."""
    return pyotp.TOTP(secret, interval=STEP).provisioning_uri(name=email, issuer_name=f"Ringback {firm}".strip())


def seal(secret: str, key: str) -> str:
    """A secret as it is stored: a stolen database gives no codes without the installation's key."""
    return _box(key).encrypt(secret.encode()).decode()


def unseal(sealed: str, key: str) -> str | None:
    """The secret again; None: sealed with another key, so the installation's `SECRET_KEY` was changed."""
    try:
        return _box(key).decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None


def looks_like_totp(code: str) -> bool:
    """Whether somebody typed the six digits of an app, perhaps with a space between; else it is a recovery code."""
    return re.fullmatch(r"\s*\d{3}\s?\d{3}\s*", code, re.ASCII) is not None


def matching_step(secret: str, code: str, now: dt.datetime) -> int | None:
    """The half minute whose code this is, within SLACK of now; None: none of them."""
    if not looks_like_totp(code):
        return None
    code, here = re.sub(r"\s", "", code), int(now.timestamp()) // STEP
    totp = pyotp.TOTP(secret, interval=STEP)
    fitting = [here + off for off in SLACK if hmac.compare_digest(totp.at((here + off) * STEP), code)]
    return fitting[0] if fitting else None


def set_totp(session: Session, user_id: str, sealed: str, step: int) -> None:
    """From now on this user's codes come from that secret; the one just shown is used up."""
    session.execute(sa.update(User).where(User.id == user_id).values(totp_secret=sealed, totp_step=step))


def take_totp(session: Session, user_id: str, code: str, key: str, now: dt.datetime) -> bool:
    """Whether the code is right, and was not used before: a code seen over a shoulder opens nothing."""
    user = session.get_one(User, user_id)
    secret = unseal(user.totp_secret, key) if user.totp_secret else None
    step = matching_step(secret, code, now) if secret else None
    if step is None:
        return False
    unused = sa.or_(User.totp_step.is_(None), User.totp_step < step)
    return one_row(session.execute(sa.update(User).where(User.id == user_id, unused).values(totp_step=step)))


def new_codes(session: Session, user_id: str) -> list[str]:
    """Ten new recovery codes, shown this once; those before them open nothing any more."""
    session.execute(sa.delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    codes = [_code() for _ in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(id=accounts.fingerprint(_plain(code)), user_id=user_id) for code in codes)
    session.flush()
    return codes


def take_recovery_code(session: Session, user_id: str, code: str, now: dt.datetime) -> bool:
    """Whether this is one of the user's recovery codes, and was not used before."""
    mine = sa.update(RecoveryCode).where(
        RecoveryCode.id == accounts.fingerprint(_plain(code)),
        RecoveryCode.user_id == user_id,
        RecoveryCode.used_at.is_(None),
    )
    return one_row(session.execute(mine.values(used_at=now)))


def codes_left(session: Session, user_id: str) -> int:
    """How many recovery codes are still good."""
    unused = sa.select(sa.func.count()).select_from(RecoveryCode)
    return session.scalar(unused.where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))) or 0


def forget_totp(session: Session, user_id: str) -> None:
    """No more codes from the app; the recovery codes go too, unless a passkey still needs them."""
    session.execute(sa.update(User).where(User.id == user_id).values(totp_secret=None, totp_step=None))
    if not accounts.has_second_factor(session, user_id):
        forget_all(session, user_id)


def forget_all(session: Session, user_id: str) -> None:
    """The password alone opens the door again, until they set up a second factor anew."""
    session.execute(sa.update(User).where(User.id == user_id).values(totp_secret=None, totp_step=None))
    for table in (Passkey, RecoveryCode):
        session.execute(sa.delete(table).where(table.user_id == user_id))


def _code() -> str:
    letters = base64.b32encode(secrets.token_bytes(15)).decode().lower()
    return "-".join(letters[start : start + GROUP] for start in range(0, GROUPS * GROUP, GROUP))


def _plain(code: str) -> str:
    """A recovery code without what people add when they copy it."""
    return re.sub(r"[^a-z2-7]", "", code.lower())


def _box(key: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"ringback second factor").derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
