"""Whether anything has changed since one last looked: cheap enough to be asked several times a second."""

import hashlib
from types import TracebackType
from typing import Literal, Self

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice.db import Database
from voice.firm import Business
from voice.ledger import CallEvent, SignIn
from voice.models import Attempt, Call, Leg

# Both differ as soon as anybody, in any process, has committed anything, and neither reads a table.
# https://www.sqlite.org/pragma.html#pragma_data_version and, for Postgres, the snapshot of running transactions.
COMMITS = {"sqlite": sa.text("PRAGMA data_version"), "postgresql": sa.text("SELECT pg_current_snapshot()::text")}

# Not the newest alone: on Postgres a lower number may be committed after a higher one.
NEWEST = sa.select(CallEvent.id).order_by(CallEvent.id.desc()).limit(40)
CALLS = sa.select(Call.id, Call.state, Call.reserved_by).where(Call.ended_at.is_(None)).order_by(Call.id)
LEGS = sa.select(Leg.id, Leg.state).where(Leg.ended_at.is_(None)).order_by(Leg.id)
ATTEMPTS = (
    sa.select(Attempt.id, Attempt.state, Attempt.rang_at, Attempt.answered_at)
    .where(Attempt.ended_at.is_(None))
    .order_by(Attempt.id)
)
FIRM = sa.select(Business.version)
SESSIONS = sa.select(sa.func.count(), sa.func.max(SignIn.created_at))  # who signed out elsewhere is to see nothing
SHOWN = (NEWEST, CALLS, LEGS, ATTEMPTS, FIRM, SESSIONS)

Found = Literal["nothing", "something", "news"]


class Watcher:
    """Looks again and again, over one connection of its own: SQLite counts the commits of all others."""

    def __init__(self, database: Database) -> None:
        self._connection = database.engine.connect().execution_options(reading=True)
        self._commits: str | None = None
        self._shown: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        self._connection.close()

    def look(self) -> Found:
        """`news`: a person waits to see it, that is: it was noted (`moves.note`), or something live moved.
        `something`: anything else was written. The first look finds news. Raises what the database raises."""
        with self._connection.begin():
            commits = str(self._connection.scalar(COMMITS[self._connection.dialect.name]))
            if commits == self._commits:
                return "nothing"
            shown = _shown(Session(self._connection))
        known, self._commits, self._shown = self._shown, commits, shown
        return "something" if shown == known else "news"


def _shown(session: Session) -> str:
    seen = hashlib.sha256()
    for question in SHOWN:
        seen.update(repr(session.execute(question).all()).encode())
    return seen.hexdigest()
