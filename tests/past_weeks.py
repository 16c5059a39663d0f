"""A line with some weeks behind it, and a replay of them that has been asked for."""

import datetime as dt
from typing import Any

from tests.firm import LINE
from tests.pages import JANE
from voice import clock, moves, replays
from voice.db import Database
from voice.models import Call, new_id
from voice.replay_tables import Replay
from voice.rules.other_settings import Change


def call(session: Any, at: dt.datetime, outcome: str = "callback", cause: str | None = "rang_out", **how: Any) -> Call:
    """A call that is over, as the demo writes them: Sam's phone rang for 15 seconds."""
    row = Call(
        sid=f"CA{new_id()}", line=LINE, dialled=LINE, caller=JANE, caller_key=JANE, source="webhook", received_at=at,
        ring_from=at, ring_until=at + dt.timedelta(seconds=20), seen_at=at, told_at=at + dt.timedelta(seconds=21),
        ended_at=at + dt.timedelta(seconds=30), state="unanswered", outcome=outcome, cause=cause, **how,
    )  # fmt: skip
    session.add(row)
    session.flush()
    for name in ("sam", "alex"):
        moves.note(session, "phone_placed", at, row, staff=name, why="everyone")
        moves.note(session, "phone_rings", at + dt.timedelta(seconds=0.5), row, staff=name)
        moves.note(session, "phone_stops", at + dt.timedelta(seconds=15.5), row, staff=name, how="no_answer")
    return row


def some_calls(database: Database, count: int = 10) -> list[str]:
    """So many of them in the last day; their ids."""
    begin = clock.now() - dt.timedelta(hours=20)
    with database.transaction() as session:
        return [call(session, begin + dt.timedelta(minutes=5 * place)).id for place in range(count)]


def asked(database: Database, wish: Change | None = None) -> str:
    """A replay has been asked for; its id."""
    with database.transaction() as session:
        row = replays.ask(session, LINE, 1, "Sam", clock.now(), wish)
        assert row is not None
        return row.id


def state(database: Database, replay_id: str) -> Replay:
    """A replay as it is now."""
    with database.reading() as session:
        return session.get_one(Replay, replay_id)
