"""What the owner must be told, once per matter."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from voice.ledger import Notice

WORDS = {
    "unknown_number": "Somebody rang {number}, which is not a line of yours. They were answered as if they had rung "
    "your first line. Add the number to your lines, or take it off this service at the carrier.",
    "no_service": "The carrier refuses our calls ({code}). Callers are still answered, one phone at a time. "
    "Check the account's balance, its profile and the auth token.",
    "not_placed": "The carrier will not ring {who} ({code}). Check the phone number in the staff settings.",
    "away": "While we were away ({from_} to {to}), {people} rang: {who}. Whoever has not been spoken to since is "
    "on the callback list, in the order they rang.{more}",
    "log_differs": "On {day} (UTC) the carrier lists {carrier} calls to {line}, and we know of {ours}. "
    "To see where, run: ringback reconcile --since {day}",
    "missed": "{count} callers in a row reached nobody on {line}. The last one rang at {at}. They are on the callback "
    "list; look on the Team page whose phone is on.",
    "promise": "{who} was told {line} would ring back by {at}, and nobody has taken it in hand.{more} Take it on the "
    "callback list.",
    "given_up": "Ringback has given up {what}, after trying again and again. Why is in its log, under given_up.",
    "silent": "No call has come in on {line} since {since}. At such times about {expected} would have come by now. "
    "Ring {number} from another phone; if no phone of yours rings, look at the number's settings at the carrier.",
}


def tell(session: Session, key: str, now: dt.datetime, kind: str, **values: str | int) -> bool:
    """Leave a notice for the owner; the same `key` again changes nothing. Whether it is a new one."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    row = {"key": key, "words": WORDS[kind].format(**values), "at": now}
    added = insert(Notice).values(**row).on_conflict_do_nothing(index_elements=["key"]).returning(Notice.id)
    return session.scalar(added) is not None


def newest(session: Session, kind: str) -> Notice | None:
    """The newest notice of a kind: the first part of its key."""
    mine = sa.select(Notice).where(Notice.key.startswith(f"{kind}:"))
    return session.scalars(mine.order_by(Notice.at.desc(), Notice.id.desc()).limit(1)).first()


def told_since(session: Session, kind: str, since: dt.datetime) -> bool:
    """Whether a notice of that kind (the first parts of its key) was left after that time."""
    mine = sa.exists().where(Notice.key.startswith(f"{kind}:", autoescape=True), Notice.at > since)
    return bool(session.scalar(sa.select(mine)))


def unseen(session: Session) -> list[Notice]:
    """Notices the owner has not put away, the newest first."""
    return list(session.scalars(sa.select(Notice).where(Notice.seen_at.is_(None)).order_by(Notice.at.desc())))
