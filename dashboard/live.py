"""The doorbell: a page keeps one stream open, and hears that something has changed; what, it then asks for itself.

One thread of each web process looks at the database while anybody listens. No Redis is needed, and none can fail.
"""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import cast

import sqlalchemy as sa
import structlog
from flask import Blueprint, Flask, Response, abort, current_app

from dashboard import visits
from voice import changes, claims, clock
from voice.db import Database
from voice.installation import Installation, installation
from voice.models import Callback

live = Blueprint("live", __name__)
log = structlog.get_logger()

FOR_CALLS = 24  # threads that live pages may never hold: calls need them
EACH = 6  # streams of one sign-in: more windows than that take turns asking
LOOK_EVERY = 0.3  # seconds
APART = 0.012  # seconds between two pages' rings: forty that ask at the same moment would keep a call waiting
UNHURRIED = 3.0  # seconds between rings for what nobody waits to see
BLIND = 3.0  # seconds until a database that is gone is tried again
WATCHER_LIVES = 60.0  # seconds; then a new connection is taken, as the pool would have done
HEARTBEAT = 10.0  # seconds; writing one is also how we notice that a page has gone
LONGEST = 600.0  # seconds; then the page opens another, and its sign-in is looked at again
TRY_AGAIN = 60  # seconds until a page that got no place may ask for one


class Doorbell:
    """Rings for everybody who listens in this process, `places` of them at most."""

    def __init__(self, database: Database, places: int) -> None:
        self._database, self._places = database, places
        self._open: dict[int, str] = {}  # who holds which place
        self._bell = threading.Condition()
        self._watching = False
        self.rings = 0
        self.stopped = False

    def enter(self, who: str) -> int | None:
        """Take a place, the first that is free; None when there is none left, for all or for this one."""
        with self._bell:
            free = next((place for place in range(self._places) if place not in self._open), None)
            if free is None or list(self._open.values()).count(who) >= EACH or self.stopped:
                return None
            self._open[free] = who
            if not self._watching:
                self._watching = True
                threading.Thread(target=self._watch, name="doorbell", daemon=True).start()
            return free

    def leave(self, place: int) -> None:
        """Give the place back."""
        with self._bell:
            self._open.pop(place, None)

    def wait(self, heard: int, seconds: float) -> int:
        """Wait for a ring after `heard`, or until the time is over; the count of rings then."""
        with self._bell:
            self._bell.wait_for(lambda: self.rings != heard or self.stopped, seconds)
            return self.rings

    def stop(self) -> None:
        """Let everybody go: the process is to end, and must not wait for pages."""
        # No lock: a signal may find this very thread holding it. The watcher passes the word on.
        self.stopped = True

    def _ring(self) -> None:
        with self._bell:
            self.rings += 1
            self._bell.notify_all()

    def _watch(self) -> None:
        while not self._may_end():
            try:
                with changes.Watcher(self._database) as watcher:
                    self._look_on(watcher, clock.monotonic() + WATCHER_LIVES)
            except sa.exc.SQLAlchemyError as error:
                log.warning("doorbell_blind", error=type(error).__name__)
                self._ring()  # the pages ask, find out, and say so
                clock.sleep(BLIND)

    def _look_on(self, watcher: changes.Watcher, until: float) -> None:
        owed, rang_at = False, 0.0
        while self._open and not self.stopped and clock.monotonic() < until:
            found = watcher.look()
            owed = owed or found == "something"
            if found == "news" or (owed and clock.monotonic() - rang_at > UNHURRIED):
                owed, rang_at = False, clock.monotonic()
                self._ring()
            clock.sleep(LOOK_EVERY)

    def _may_end(self) -> bool:
        """Whether nobody listens any more; who enters after this starts another watch."""
        with self._bell:
            if self.stopped:
                self._bell.notify_all()
            self._watching = not self.stopped and bool(self._open)
            return not self._watching


def add_doorbell(app: Flask) -> None:
    """Give an application that has its installation a doorbell."""
    here: Installation = app.extensions["ringback"]
    app.extensions["doorbell"] = Doorbell(here.database, here.settings.web_threads - FOR_CALLS)


def stop_with_the_server(app: Flask) -> None:
    """When the server is told to end, let the pages go first: it waits for whoever it still serves."""
    bell, before = _doorbell(app), signal.getsignal(signal.SIGTERM)
    if not callable(before):
        return  # nobody is there who waits for what is still being served

    def told(number: int, frame: FrameType | None) -> None:
        bell.stop()
        before(number, frame)

    with contextlib.suppress(ValueError):  # not the main thread, so not a server of ours
        signal.signal(signal.SIGTERM, told)


@live.get("/live")
def stream() -> Response:
    """A stream of server-sent events: `message` when something has changed, `alive` when nothing has. 503: no place."""
    bell, who = _doorbell(current_app), visits.here().sign_in_id
    place = bell.enter(who)
    if place is None:
        return Response("No place left: ask again later.\n", 503, {"Retry-After": str(TRY_AGAIN)}, "text/plain")
    answer = Response(_rings(bell, place), mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})
    answer.call_on_close(lambda: bell.leave(place))  # also for a stream nobody has read a word of
    return answer


@live.post("/callbacks/<callback_id>/renew")
def renew(callback_id: str) -> Response:
    """A page's sign of life for what its reader has in hand. It claims nothing: what has gone back on the list stays
    there, and nobody has done anything that “Who did what” should tell. 409: they have it no more."""
    staff_id = visits.here().staff_id
    with installation().database.transaction() as session:
        row = session.get(Callback, callback_id) or abort(404)
        kept = staff_id is not None and claims.renew(session, row, staff_id, clock.now())
    return Response(status=204 if kept else 409)


def _rings(bell: Doorbell, place: int) -> Iterator[str]:
    heard, until = bell.rings, clock.monotonic() + LONGEST
    yield "retry: 2000\n\n"
    while not bell.stopped and clock.monotonic() < until:
        rings = bell.wait(heard, HEARTBEAT)
        if rings != heard:
            clock.sleep(place * APART)
        yield "data: changed\n\n" if rings != heard else "event: alive\ndata: yes\n\n"
        heard = rings


def _doorbell(app: Flask) -> Doorbell:
    return cast(Doorbell, app.extensions["doorbell"])
