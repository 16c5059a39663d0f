"""The demo's firm and its week: plausible, the same for everyone, made once."""

import datetime as dt
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.program import NOON
from voice import availability, clock, figures, topics
from voice.db import Database
from voice.demo import firm, week
from voice.firm import Line, StaffMember
from voice.models import Attempt, Call, Callback
from voice.rules.periods import Range
from voice.settings import Settings


def test_the_week_adds_up_and_its_promises_were_mostly_kept(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    firm.found(database, tmp_path / "keys.json", NOON)
    with database.reading() as session:
        asked = Range(NOON - dt.timedelta(days=week.DAYS + 1), NOON, "America/New_York")
        counted = figures.period(session, asked, NOON).totals
        assert counted["calls"] == counted["talked"] + counted["callback"]
        assert counted["pending"] == counted["blocked"] == 0
        closed = session.scalars(sa.select(Callback).where(Callback.state == "closed")).all()
        kept = [each for each in closed if each.rang_at and each.rang_at <= each.promised_by]
        assert len(closed) / 2 < len(kept) < len(closed)
        for call in session.scalars(sa.select(Call)):
            assert call.received_at < (call.ended_at or NOON) <= NOON
        assert not session.scalars(sa.select(Attempt).where(Attempt.ended_at > NOON)).all()
        assert not session.scalars(sa.select(Call).where(Call.received_at > NOON)).all()
        told = firm.carrier(session, settings, "a token")["phones"]
        answers = {phone["number"] for phone in told if phone.get("script") == firm.ANSWERS}
        assert set(session.scalars(sa.select(Callback.caller).where(Callback.caller.is_not(None)))) <= answers
        # Who plays the first call and lets it ring is not told that everybody's phone rests.
        assert [availability.rings_missed(session, each) for each in session.scalars(sa.select(StaffMember))] == [0] * 3


def test_what_talks_are_about_is_there_to_choose_from_and_was_chosen(database: Database, tmp_path: Path) -> None:
    firm.found(database, tmp_path / "keys.json", NOON)
    with database.reading() as session:
        assert [topic.name for topic in topics.active(session)][:2] == ["A leak", "No hot water"]
        chosen = session.scalars(sa.select(Callback.topic_id).where(Callback.state == "closed")).all()
        assert 0 < chosen.count(None) < len(chosen) / 2


def test_the_day_off_of_the_week_is_a_closed_day_of_the_line(database: Database, tmp_path: Path) -> None:
    firm.found(database, tmp_path / "keys.json", NOON)
    with database.reading() as session:
        assert session.get_one(Line, firm.LINE).closed_days == ["2026-11-21"]
        days = {
            call.received_at.date().isoformat()
            for call in session.scalars(sa.select(Call).where(Call.cause == "closed"))
        }
        assert days == {"2026-11-21"}


def test_a_second_start_makes_nothing_anew(database: Database, tmp_path: Path) -> None:
    def calls() -> int:
        with database.reading() as session:
            return session.scalar(sa.select(sa.func.count()).select_from(Call)) or 0

    path = tmp_path / "keys.json"
    first, before = firm.found(database, path, NOON), calls()
    assert path.stat().st_mode & 0o077 == 0
    assert firm.found(database, path, NOON) == first
    assert calls() == before


@pytest.mark.parametrize("known_to", ["/proc/self/stat", "/nowhere"])
def test_the_time_a_start_took_counts_from_the_interpreters_own(known_to: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "OURSELVES", Path(known_to))
    assert clock.monotonic() - clock.started() > time.process_time() - 0.1 > 0
