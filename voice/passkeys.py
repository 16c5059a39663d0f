"""Passkeys (WebAuthn): the device proves that it holds a key, and asks its owner for a finger, a face or a PIN.

So a passkey is both factors in one, and lets its owner in without the password.
"""

import datetime as dt
import json
from dataclasses import dataclass

import sqlalchemy as sa
import webauthn
from sqlalchemy.orm import Session
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from voice import accounts, halfway, second_factor
from voice.accounts import Visit
from voice.db import one_row
from voice.doors import Halfway, Passkey
from voice.ledger import User

MOST = 20  # passkeys of one person
LONGEST_NAME = 60
LONGEST_ANSWER = 20_000  # characters of what a browser sends


class BadPasskey(ValueError):
    """A passkey that cannot be taken; the text says what to do."""


@dataclass(frozen=True)
class Site:
    """Where we are, as browsers see it: passkeys are made for one site and work nowhere else."""

    rp_id: str
    origin: str


def begin_making(session: Session, visit: Visit, site: Site, now: dt.datetime) -> tuple[str, str]:
    """(options for the browser as JSON, the token to bring back with its answer)."""
    mine = [PublicKeyCredentialDescriptor(base64url_to_bytes(each.id)) for each in all_of(session, visit.user_id)]
    options = webauthn.generate_registration_options(
        rp_id=site.rp_id,
        rp_name="Ringback",
        user_id=visit.user_id.encode(),
        user_name=visit.email,
        user_display_name=visit.name,
        exclude_credentials=mine,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
    )
    challenge = bytes_to_base64url(options.challenge)
    return webauthn.options_to_json(options), halfway.begin(session, "new_passkey", now, visit.user_id, challenge)


def make(
    session: Session, visit: Visit, begun: Halfway | None, answer: str, name: str, site: Site, now: dt.datetime
) -> Passkey:
    """Keep the passkey that the browser has made. Raises BadPasskey."""
    if begun is None or begun.user_id != visit.user_id or not halfway.finish(session, begun):
        raise BadPasskey("That took too long. Please try again.")
    if len(all_of(session, visit.user_id)) >= MOST:
        raise BadPasskey(f"You have {MOST} passkeys already: remove one you no longer use.")
    try:
        made = webauthn.verify_registration_response(
            credential=answer[:LONGEST_ANSWER],
            expected_challenge=base64url_to_bytes(begun.secret),
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except WebAuthnException as refused:
        raise BadPasskey("That passkey could not be taken. Please try again, or use another device.") from refused
    row = Passkey(id=bytes_to_base64url(made.credential_id), user_id=visit.user_id, made_at=now)
    row.public_key, row.sign_count = made.credential_public_key, made.sign_count
    row.name = name.strip()[:LONGEST_NAME] or "Passkey"
    if session.get(Passkey, row.id) is not None:
        raise BadPasskey("This passkey is known already.")
    session.add(row)
    session.flush()
    return row


def begin_entering(session: Session, site: Site, now: dt.datetime) -> tuple[str, str]:
    """(options for the browser as JSON, the token to bring back). Whose passkey it will be is not asked."""
    options = webauthn.generate_authentication_options(
        rp_id=site.rp_id, user_verification=UserVerificationRequirement.REQUIRED
    )
    challenge = bytes_to_base64url(options.challenge)
    return webauthn.options_to_json(options), halfway.begin(session, "passkey", now, secret=challenge)


def enter(session: Session, begun: Halfway | None, answer: str, site: Site, now: dt.datetime) -> str | None:
    """The user whose passkey has answered; None: nobody's, or not rightly."""
    if begun is None or not halfway.finish(session, begun):
        return None
    row = session.get(Passkey, _credential_id(answer))
    user = session.get(User, row.user_id) if row else None
    if row is None or user is None or not user.active:
        return None
    try:
        proof = webauthn.verify_authentication_response(
            credential=answer[:LONGEST_ANSWER],
            expected_challenge=base64url_to_bytes(begun.secret),
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            credential_public_key=row.public_key,
            credential_current_sign_count=row.sign_count,
            require_user_verification=True,
        )
    except WebAuthnException:
        return None
    row.sign_count, row.used_at = proof.new_sign_count, now
    return user.id


def all_of(session: Session, user_id: str) -> list[Passkey]:
    """The passkeys of a user, the oldest first."""
    return list(session.scalars(sa.select(Passkey).where(Passkey.user_id == user_id).order_by(Passkey.made_at)))


def remove(session: Session, user_id: str, passkey_id: str) -> bool:
    """Take a passkey away; whether that user had it. With the last second factor go the recovery codes."""
    mine = sa.delete(Passkey).where(Passkey.id == passkey_id, Passkey.user_id == user_id)
    gone = one_row(session.execute(mine))
    if gone and not accounts.has_second_factor(session, user_id):
        second_factor.forget_all(session, user_id)
    return gone


def _credential_id(answer: str) -> str:
    try:
        found = json.loads(answer[:LONGEST_ANSWER])["id"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return found if isinstance(found, str) else ""
