"""The Day mount: the product, the carrier in a box and the clock in one process, with time that is moved, never slept.

`world.advance(seconds)` lets everything happen in order: webhooks, the worker's loop, the phones' scripts.
Silence is asserted: at the end a phone that nobody expected to ring, or any complaint of the carrier's, fails the test.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from tests import documents, firm, storage
from tests.simulator import openapi
from voice import attempts, results, ringing
from voice.db import Database
from voice.ledger import CallEvent, Message, Notice
from voice.models import Attempt, Call, Callback, Leg, Promise
from voice.replay.box import Box
from voice.settings import Settings
from voice.simulator import scripts
from voice.simulator.legs import Leg as PhoneLeg
from voice.simulator.phones import Phone
from voice.work.worker import Worker

URL = "https://ringback.test"
QUIET = dt.timedelta(
    seconds=20
)  # between looks of the worker while nothing is under way: in life it looks all the time
LOUD = ("handler_failed", "job_failed", "impossible", "call_log_failed")  # events of the log that no story may cause
Row = TypeVar("Row")


def seconds(later: dt.datetime, earlier: dt.datetime) -> float:
    """How much later."""
    return (later - earlier).total_seconds()


def talked_with(leg: PhoneLeg) -> Phone:
    """The one phone a caller's leg was joined with, by the carrier's own account."""
    assert len(leg.bridges) == 1, leg.bridges
    return leg.bridges[0].other.phone


class World(Box):
    """One firm, one carrier, one clock."""

    def __init__(self, database: Database, settings: Settings, start: dt.datetime = firm.MONDAY_TEN) -> None:
        self.held: list[str] = []  # other places documents may lead to: what the carrier holds itself
        self._capture = capture_logs()
        self.logs = self._capture.__enter__()
        self._travel = time_machine.travel(start, tick=False)
        self.clock = self._travel.start()
        super().__init__(settings, database, (firm.LINE, firm.SECOND_LINE), start)
        self.day.on_time = self.clock.move_to
        self.rest = QUIET
        assert self.worker is not None
        self.resting: Worker = self.worker
        self.storage_is_gone = False
        self.forgiven: set[str] = set()  # loud events that are part of the story
        self.phones = {name: self.day.staff(number, name=name) for name, number in firm.PHONES.items()}

    def close(self) -> None:
        """End of the story: no complaint of the carrier's may be left."""
        wrong = self.wrong()
        super().close()
        self._travel.stop()
        self._capture.__exit__(None, None, None)
        assert wrong == [], wrong

    def wrong(self) -> list[object]:
        """All that is wrong so far: complaints, bad documents, requests unlike the carrier's files, loud log lines."""
        seen = self.day.carrier.documents
        faults = [*documents.faults(seen, URL, *self.held), *documents.unannounced(seen)]
        loud = [line for line in self.logs if line["event"] in LOUD and line["event"] not in self.forgiven]
        unheard_of = openapi.faults(self.day.carrier.requests) if openapi.folder() else []
        return [*self.day.carrier.complaints, *faults, *unheard_of, *loud]

    # --- people

    def staff(self, name: str, script: scripts.Script | None = None) -> Phone:
        """A staff member's phone, with what it does when it rings (None: by hand)."""
        phone = self.phones[name]
        phone.script = script
        return phone

    def caller(self, number: str = "+12125550177") -> Phone:
        """Somebody outside."""
        return self.day.phone(number)

    def rings(self, number: str = "+12125550177", line: str = firm.LINE, **how: Any) -> PhoneLeg:
        """Somebody rings a line; their leg."""
        return self.caller(number).dial(line, **how)

    def take_it(self, leg: PhoneLeg, name: str) -> bool:
        """A staff member taps "Take it" on the page; whether it was theirs to take."""
        return self.refused(leg, name) is None

    def refused(self, leg: PhoneLeg, name: str) -> str | None:
        """The same; why it was not theirs."""
        call_id = self.call(leg).id
        no = self.write(lambda session: ringing.reserve(session, session.get_one(Call, call_id), name, self.now))
        return no.kind if no else None

    def ring_back(self, name: str) -> None:
        """A staff member taps "Call" on the first callback of the list."""

        def tap(session: Session) -> None:
            first = session.scalars(sa.select(Callback).order_by(Callback.due_at)).first()
            assert first is not None
            assert isinstance(attempts.ring_back(session, first, name, self.now), Attempt)

        self.write(tap)

    def give_result(self, name: str, result: str) -> None:
        """A staff member says how the ring-back they hold ended."""

        def say(session: Session) -> None:
            held = session.scalars(sa.select(Callback).where(Callback.claimed_by == name)).one()
            assert results.give_result(session, held, name, result, self.now) is None

        self.write(say)

    # --- time

    def advance(self, seconds: float) -> None:
        """Let that much time go by."""
        self.run_until(self.day.now + dt.timedelta(seconds=seconds))

    def look(self) -> bool:
        """One pass of the worker. Where storage is gone it tries again, as the process around it does."""
        try:
            return super().look()
        except sa.exc.SQLAlchemyError:
            assert self.storage_is_gone
            return True

    def lose_storage(self) -> None:
        """The database is gone."""
        storage.lose(self.database.url)
        self.storage_is_gone = True

    def restore_storage(self) -> None:
        """It is back as it was."""
        storage.restore(self.database.url)
        self.storage_is_gone = False

    def kill_worker(self) -> None:
        """The worker is gone."""
        self.worker = None

    def restart_worker(self) -> None:
        """A new worker, which remembers nothing but what is in the tables."""
        self.worker = self.resting = Worker(self.resting.tools, run=lambda work: work())

    def wake_worker(self) -> None:
        """The worker is back."""
        self.worker = self.resting

    # --- what was heard

    def heard(self, phone: Phone) -> list[str]:
        """The sentences documents have spoken to a phone, in order."""
        return [caption.text for caption in phone.captions if caption.kind == "say"]

    def documents(self, leg: PhoneLeg) -> list[str]:
        """The documents a leg was given, in order."""
        return [seen.body for seen in self.day.carrier.documents if seen.call_sid == leg.sid]

    def ringing(self) -> list[str]:
        """Whose phones ring now."""
        return [name for name, phone in self.phones.items() if phone.ringing]

    # --- rows

    def write(self, change: Callable[[Session], Row]) -> Row:
        """Do what a page or a job would do, in a transaction."""
        with self.database.transaction() as session:
            return change(session)

    def read(self, look: Callable[[Session], Row]) -> Row:
        """Look at the tables."""
        with self.database.reading() as session:
            return look(session)

    def call(self, leg: PhoneLeg) -> Call:
        """Our row of a caller's leg."""
        return self.read(lambda session: session.scalars(sa.select(Call).where(Call.sid == leg.sid)).one())

    def calls(self) -> list[Call]:
        """All calls, in order."""
        return self.read(lambda session: list(session.scalars(sa.select(Call).order_by(Call.received_at))))

    def callbacks(self) -> list[Callback]:
        """All callbacks, in order of their first call."""
        return self.read(lambda session: list(session.scalars(sa.select(Callback).order_by(Callback.first_called_at))))

    def legs(self, call: Call) -> list[Leg]:
        """Our rows of the phones rung for a call, in order."""
        mine = sa.or_(Leg.call_id == call.id, Leg.offered_call_id == call.id)
        return self.read(lambda session: list(session.scalars(sa.select(Leg).where(mine).order_by(Leg.placed_at))))

    def promises(self) -> list[Promise]:
        """All promises, in order."""
        return self.read(lambda session: list(session.scalars(sa.select(Promise).order_by(Promise.id))))

    def messages(self) -> list[Message]:
        """What callers have said, in order."""
        return self.read(lambda session: list(session.scalars(sa.select(Message).order_by(Message.received_at))))

    def notices(self) -> list[Notice]:
        """What the owner is told."""
        return self.read(lambda session: list(session.scalars(sa.select(Notice).order_by(Notice.id))))

    def events(self, call: Call) -> list[str]:
        """What happened to a call, in words, in the order it was written down."""
        mine = sa.select(CallEvent.kind).where(CallEvent.call_id == call.id).order_by(CallEvent.id)
        return self.read(lambda session: list(session.scalars(mine)))
