"""The firm as it is played: a throw-away database with one line, its people, and numbers made up for all of them."""

import contextlib
import datetime as dt
import pathlib
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voice import findable, migrate, person_words, rollup_marks, roster
from voice.db import Database
from voice.firm import Business, Line, LineStaff, StaffMember
from voice.models import Call, Contact, Leg, Mailbox
from voice.rules import ring_limit
from voice.rules.other_settings import EXTRA, Change
from voice.rules.past import Held, Past, PastCall
from voice.rules.ring_plan import LEG_SECONDS
from voice.settings import Settings

# What is played knows no number of anybody's, not even the line's own.
LINE = "+12035550100"
CALLERS, STAFF = "+1201555", "+1202555"
NEVER_MISSED = dt.datetime(9000, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Outcome:
    """How a call went when it was played again."""

    id: str
    outcome: str
    cause: str | None
    answered_by: str | None

    @property
    def talked(self) -> bool:
        """Whether a person had them."""
        return self.outcome == "talked"


@contextlib.contextmanager
def empty_database() -> Iterator[pathlib.Path]:
    """An SQLite file the migrations have built, in a folder that is thrown away at the end.

    Nobody looks at pages of it: sums and words to be found by are not kept.
    """
    with tempfile.TemporaryDirectory(prefix="ringback-replay-") as folder:
        path = pathlib.Path(folder) / "empty.db"
        migrate.upgrade(f"sqlite:///{path}")
        engine = sa.create_engine(f"sqlite:///{path}")
        with engine.begin() as connection:
            for watched in (rollup_marks, findable, person_words):
                watched.lift(connection)
        engine.dispose()
        yield path


class Stage:
    """The rows of one playing, and what is known there of who could be rung."""

    def __init__(self, template: pathlib.Path, past: Past, change: Change, name: str) -> None:
        ids = [person["id"] for person in past.people]
        self.numbers = {
            who: f"{STAFF}{place:04d}" for place, who in enumerate([*ids, *([EXTRA] if change.extra else [])])
        }
        self._file = template.with_name(f"{name}.db")
        self._file.write_bytes(template.read_bytes())
        self.settings = _settings(self._file)
        self.database = Database(self.settings.database_url)
        sa.event.listen(self.database.engine, "connect", _in_haste)
        self._limits = change.phones
        self._found(past, change)
        self.played: dict[str, PastCall] = {}  # by the carrier's id

    def close(self) -> None:
        """Throw the rows away."""
        self.database.engine.dispose()
        self._file.unlink()

    def _found(self, past: Past, change: Change) -> None:
        extra = {"id": EXTRA, "no_mailbox": False, "shifts": dict(change.extra), "time_zone": "", "days_off": []}
        everybody = [*past.people, *([extra] if change.extra else [])]
        # A promise near its time would have phones ring by themselves: what was rung back is held instead.
        line = dict(past.line) | dict(change.line) | {"number": LINE, "position": 0, "due_ring": False}
        with self.database.transaction() as session:
            session.add(Business(id=1, name="", country="US", time_zone=past.line["time_zone"]))
            session.add(Line(**line))
            for person in everybody:
                # Who was away is known: what rings in vain here makes nobody be away.
                more = {"name": person["id"], "phone": self.numbers[person["id"]], "on_since": NEVER_MISSED}
                session.add(StaffMember(**(person | more)))
            session.flush()
            for place, person in enumerate(everybody):
                session.add(LineStaff(line=LINE, staff_id=person["id"], position=place))

    def on_shift(self, at: dt.datetime) -> list[str]:
        """Who would be working then by today's settings, whether or not they were there."""
        with self.database.reading() as session:
            card = roster.current(session).line(LINE)
        if card is None:
            return []
        here = replace(card, people=tuple(replace(person, back_at=None) for person in card.people))
        return [person.id for person in here.on_shift(at) if person.id != EXTRA]

    def caller(self, call: PastCall) -> str:
        """The number this caller rings from."""
        return "anonymous" if call.withheld else f"{CALLERS}{call.who:04d}"

    def knows(self, call: PastCall) -> None:
        """Set whom this caller knows, where it is told; else whoever has talked with them here, as in real life.

        And for how long the phones that rang might ring then, whatever has been learned of their mailboxes in playing.
        And that nobody rests because of rings in vain: whoever came back was given a new start.
        """
        with self.database.transaction() as session:
            for member in session.scalars(sa.select(StaffMember)):
                _set(member, on_since=NEVER_MISSED)
            if not call.withheld and call.first in self.numbers:
                session.merge(Contact(number=self.caller(call), last_staff_id=call.first))
            then = {ring.staff: ring.limit for ring in call.rings if ring.staff in self.numbers}
            for staff, seconds in (then | dict(self._limits)).items():
                self._limit(session, self.numbers[staff], min(seconds, then.get(staff, seconds)), call.at)

    def _limit(self, session: Session, phone: str, seconds: int, now: dt.datetime) -> None:
        known = roster.current(session).limit(phone, now)
        if seconds != (known.seconds if known else LEG_SECONDS):
            mailbox = session.merge(Mailbox(phone=phone))
            mailbox.seen = [[seconds + ring_limit.MARGIN, now.isoformat()]] * ring_limit.ENOUGH
            session.flush()

    def goes(self, away: Held) -> None:
        """Somebody is not to be rung from now on."""
        with self.database.transaction() as session:
            _set(session.get_one(StaffMember, away.staff), availability="away", away_until=away.until)

    def all_back(self) -> None:
        """Whoever works is there."""
        with self.database.transaction() as session:
            for member in session.scalars(sa.select(StaffMember)):
                _set(member, availability="on", away_until=None)

    def remember(self, talks: Iterable[Held]) -> None:
        """Talks that were over before, in place of those played so far: they count when the phones of those who took
        fewest calls are rung first."""
        played = sa.update(Leg).where(Leg.purpose == "ring", Leg.joined_at.is_not(None), Leg.ended_at.is_not(None))
        with self.database.transaction() as session:
            session.execute(played.values(joined_at=None))
            for held in talks:
                session.add(self._leg(held, held.since, "ended", held.until))

    def hold(self, held: Held, now: dt.datetime) -> None:
        """A phone is in use for something that is not played: a leg of ours stands on it."""
        phone = self.numbers[held.staff]
        with self.database.transaction() as session:
            if session.scalar(sa.select(Leg.id).where(Leg.phone == phone, Leg.ended_at.is_(None)).limit(1)) is None:
                session.add(self._leg(held, now, "joined"))

    def _leg(self, held: Held, now: dt.datetime, state: str, ended: dt.datetime | None = None) -> Leg:
        return Leg(
            line=LINE, staff_id=held.staff, phone=self.numbers[held.staff], purpose="ring_back", state=state,
            placed_at=now, stop_at=held.until + dt.timedelta(days=1), joined_at=now if held.talked else None,
            ended_at=ended,
        )  # fmt: skip

    def let_go(self, held: Held, now: dt.datetime) -> None:
        """That is over."""
        mine = sa.update(Leg).where(Leg.staff_id == held.staff, Leg.purpose == "ring_back", Leg.ended_at.is_(None))
        with self.database.transaction() as session:
            session.execute(mine.values(state="ended", ended_at=now))

    def joined_at(self, sid: str) -> dt.datetime | None:
        """Since when a caller has talked, as the product counts it."""
        with self.database.reading() as session:
            return session.scalar(sa.select(Call.joined_at).where(Call.sid == sid))

    def call_of(self, sid: str) -> PastCall | None:
        """The caller for whom a staff leg with this id of the carrier's was placed."""
        rung = sa.select(Call.sid).join(Leg, Leg.call_id == Call.id).where(Leg.sid == sid)
        with self.database.reading() as session:
            return self.played.get(session.scalar(rung) or "")

    def outcomes(self) -> list[Outcome]:
        """How all the calls went."""
        with self.database.reading() as session:
            rows = session.execute(sa.select(Call.sid, Call.outcome, Call.cause, Call.answered_by)).all()
        return [
            Outcome(self.played[sid].id, outcome, cause, who if outcome == "talked" else None)
            for sid, outcome, cause, who in rows
        ]


def _set(member: StaffMember, **values: Any) -> None:
    """Set what differs: a change of the row has the roster read anew."""
    for name, value in values.items():
        if getattr(member, name) != value:
            setattr(member, name, value)


def _settings(file: pathlib.Path) -> Settings:
    """Of an installation that exists nowhere: made-up keys, and a carrier's address at which nobody listens."""
    return Settings.from_env(
        {
            "DATABASE_URL": f"sqlite:///{file}", "RINGBACK_HOME": str(file.with_suffix("")),
            "PUBLIC_URL": "https://replay.invalid", "SECRET_KEY": "0" * 64, "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
            "TWILIO_AUTH_TOKEN": "made-up", "TWILIO_API_BASE_URL": "http://127.0.0.1:9", "ALLOW_OTHER_CARRIER": "1",
        }
    )  # fmt: skip


def _in_haste(connection: Any, _record: Any) -> None:
    """Nothing here must survive a power cut."""
    connection.execute("PRAGMA synchronous=OFF")
