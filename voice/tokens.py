"""Bearer tokens of the JSON interface: what a program may do, and which lines it may see. Only hashes are stored."""

import datetime as dt
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice.accounts import BadUser, fingerprint
from voice.db import one_row
from voice.ledger import Token

SCOPES = {
    "read": "See calls, callbacks, contacts, staff and figures; read and hear messages",
    "work": "Claim, call, close and everything else staff do with a callback",
    "manage": "Change contacts and staff, block numbers",
}
USED_STEP = dt.timedelta(minutes=1)  # how exactly we remember the last use: most calls write nothing
LONGEST_NAME = 80


@dataclass(frozen=True)
class Program:
    """Whoever brought a token, as one request sees them."""

    token_id: str
    name: str
    scopes: frozenset[str]
    lines: frozenset[str] | None  # those it may see; None: every line
    used_at: dt.datetime | None


def make_token(
    session: Session,
    name: str,
    now: dt.datetime,
    scopes: Collection[str] = tuple(SCOPES),
    lines: Sequence[str] | None = None,
) -> str:
    """A bearer token, shown this once. Raises BadUser for an empty name, or no scope we know."""
    if not name.strip():
        raise BadUser("A token needs a name: what will use it?")
    if not scopes or not set(scopes) <= SCOPES.keys():
        raise BadUser(f"Say what the token may do: one or more of {', '.join(SCOPES)}.")
    token = "rb_" + secrets.token_urlsafe(32)
    row = Token(id=fingerprint(token), name=name.strip()[:LONGEST_NAME], created_at=now)
    row.scopes = " ".join(word for word in SCOPES if word in scopes)
    row.lines = None if lines is None else list(lines)
    session.add(row)
    session.flush()
    return token


def program(session: Session, token: str) -> Program | None:
    """Who brought this token; None: there is no such token. Reads only."""
    row = session.get(Token, fingerprint(token))
    if row is None:
        return None
    lines = None if row.lines is None else frozenset(row.lines)
    return Program(row.id, row.name, frozenset(row.scopes.split()), lines, row.used_at)


def token_used(session: Session, token_id: str, now: dt.datetime) -> None:
    """Note when a token was last used, to the minute."""
    stale = sa.or_(Token.used_at.is_(None), Token.used_at < now - USED_STEP)
    session.execute(sa.update(Token).where(Token.id == token_id, stale).values(used_at=now))


def all_tokens(session: Session) -> list[Token]:
    """Every token, the newest first."""
    return list(session.scalars(sa.select(Token).order_by(Token.created_at.desc(), Token.id)))


def revoke(session: Session, token_id: str) -> bool:
    """End a token; whether there was one."""
    return one_row(session.execute(sa.delete(Token).where(Token.id == token_id)))
