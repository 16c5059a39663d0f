"""A firm with a history: the demo's week, a second line, and the endings the week lacks."""

import datetime as dt
import pathlib
from typing import Any

import pytest
import time_machine
from sqlalchemy.orm import Session

from tests.firm import LINE, MONDAY_TEN, SECOND_LINE, line_row
from tests.pages import Firm
from voice import clock, pictures
from voice.demo import week
from voice.figures import rollups
from voice.firm import Line
from voice.models import Attempt, Call, Callback, new_id

WITHHELD, PAUL, ZOE = None, "+12125550161", "+12125550162"


def write(empty: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """A database with that history, made of an empty one; to be copied, as making it takes a while."""
    made = folder / "lived-in.db"
    made.write_bytes(empty.read_bytes())
    lived_in(Firm(f"sqlite:///{made}", folder)).close()
    return made


@pytest.fixture(scope="module")
def history(sqlite_template: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A week of a firm, on the Monday morning at which its stories begin."""
    with time_machine.travel(MONDAY_TEN, tick=False):
        return write(sqlite_template, tmp_path_factory.mktemp("history"))


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Where an installation keeps its pictures, with the script that draws them in a browser: each drawn once a run."""
    home = tmp_path_factory.mktemp("drawn")
    return pictures.library(home).parent


def copy(history: pathlib.Path, folder: pathlib.Path) -> Firm:
    """The firm of a copy."""
    own = folder / "firm.db"
    own.write_bytes(history.read_bytes())
    return Firm(f"sqlite:///{own}", folder, is_new=False)


def lived_in(firm: Firm) -> Firm:
    """The same firm with a week behind it, and some of the week before."""
    now = clock.now()
    with firm.database.transaction() as session:
        line = session.get_one(Line, LINE)
        session.add(line_row(number=SECOND_LINE, name="Second line", position=1))
        session.flush()
        week.write(session, line, now)
        _more(session, firm, now)
        while rollups.roll(session):  # what figures are read off, save for what happens from now on
            pass
    return firm


def _more(session: Session, firm: Firm, now: dt.datetime) -> None:
    """On the second line: one each of what the week has none of; and three calls of the week before."""

    def call(ago: dt.timedelta, caller: str | None, **values: Any) -> Call:
        at = now - ago
        times = {"received_at": at, "ring_from": at, "ring_until": at + dt.timedelta(seconds=20), "seen_at": at}
        return firm.call(session, caller, line=SECOND_LINE, dialled=SECOND_LINE, **(times | values))

    minute, day = dt.timedelta(minutes=1), dt.timedelta(days=1)
    call(2 * minute, PAUL, state="ringing")
    call(day, WITHHELD, state="blocked", outcome="blocked", cause="blocked", ended_at=now - day)
    talked = call(2 * day, ZOE, state="completed", outcome="talked", answered_by="alex", talk_seconds=60)
    talked.joined_at, talked.ended_at = talked.received_at + 4 * minute / 60, talked.received_at + minute
    for days in (9, 10, 11):
        missed = call(days * day, ZOE, state="unanswered", outcome="callback", cause="rang_out", ended_at=now)
        _rung_twice(session, missed)
    session.flush()


def _rung_twice(session: Session, call: Call) -> None:
    at = call.received_at
    promised, minute = at + dt.timedelta(hours=1), dt.timedelta(minutes=1)
    row = Callback(line=call.line, caller=call.caller, caller_key=f"{call.caller}:{new_id()}", state="closed",
                   closed_reason="talked", reason="rang_out", first_called_at=at, last_called_at=at,
                   promised_by=promised, due_at=promised, attempts=2, rang_at=at + 10 * minute,
                   closed_at=at + 50 * minute)  # fmt: skip
    session.add(row)
    session.flush()
    call.callback_id = row.id
    for minutes, ending in ((10, "no_answer"), (40, "talked")):
        then = at + minutes * minute
        session.add(Attempt(callback_id=row.id, staff_id="sam", state="ended", created_at=then, rang_at=then,
                            answered_at=then if ending == "talked" else None, ended_at=then + minute,
                            ending=ending))  # fmt: skip
