"""How often one address may try: counted in the database, so that it holds over all processes and their restarts."""

import datetime as dt
import ipaddress
from dataclasses import dataclass

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from voice.accounts import fingerprint
from voice.doors import Tries


@dataclass(frozen=True)
class Limit:
    """At most so many in each window of time."""

    what: str
    most: int
    window: dt.timedelta


SIGN_INS = Limit("sign-in", 30, dt.timedelta(minutes=10))  # wrong ones, of everybody behind one address
PASSKEYS = Limit("passkey", 60, dt.timedelta(minutes=10))  # asked for at the sign-in page: each is a row
LINKS = Limit("invitation link", 30, dt.timedelta(minutes=10))  # links that do not open anything
INVITATIONS = Limit("invitation", 30, dt.timedelta(hours=1))  # made by one owner


def reached(session: Session, limit: Limit, who: str, now: dt.datetime) -> bool:
    """Whether there were too many in this window. Reads only: a flood is refused without a write."""
    row = session.get(Tries, _key(limit, who, now))
    return row is not None and row.count >= limit.most


def count(session: Session, limit: Limit, who: str, now: dt.datetime) -> None:
    """One more."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    first = insert(Tries).values(id=_key(limit, who, now), since=now, count=1)
    session.execute(first.on_conflict_do_update(index_elements=["id"], set_={"count": Tries.count + 1}))


def network(address: str | None) -> str:
    """What stands for one household or office: an IPv4 address, or the /64 around an IPv6 address."""
    try:
        known = ipaddress.ip_address(address or "")
    except ValueError:
        return ""
    return str(known) if known.version == 4 else str(ipaddress.ip_network((known, 64), strict=False))


def _key(limit: Limit, who: str, now: dt.datetime) -> str:
    return fingerprint(f"{limit.what}|{who}|{now.timestamp() // limit.window.total_seconds()}")
