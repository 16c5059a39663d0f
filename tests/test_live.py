"""The doorbell: pages hear within a second that something has changed, and never take the places calls need."""

import contextlib
import dataclasses
import datetime as dt
import http.client
import threading
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from werkzeug.serving import make_server

from dashboard import live
from tests.firm import LINE, PHONES, found
from tests.pages import JANE, Firm
from tests.waiting import until
from voice import changes, claims, clock, moves
from voice.db import Database
from voice.models import Callback, Contact, Leg
from voice.settings import Settings


class Listener:
    """An open page: what it hears of the bell, over a real connection."""

    def __init__(self, address: str, cookie: str) -> None:
        at = urlsplit(address)
        self._line = http.client.HTTPConnection(at.hostname or "", at.port, timeout=5)
        self._line.request("GET", "/live", headers={"Cookie": f"ringback-session={cookie}"})
        self.answer = self._line.getresponse()

    def hears(self) -> str:
        """The next event, by name; empty at the end of the stream."""
        name = "message"
        while line := self.answer.fp.readline().decode():
            if line.startswith("event: "):
                name = line.removeprefix("event: ").strip()
            elif line.startswith("data: "):
                return name
        return ""

    def leaves(self) -> None:
        """The window is shut."""
        self.answer.close()
        self._line.close()


Listen = Callable[..., Listener]


@pytest.fixture
def listen(firm: Firm) -> Iterator[Listen]:
    """Opens streams for somebody signed in, against a real server."""
    server = make_server("127.0.0.1", 0, firm.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    opened = []

    def as_somebody(email: str = "sam@example.com", cookie: str | None = None) -> Listener:
        token = cookie or firm.visitor(email).cookie("session") or ""
        opened.append(Listener(f"http://127.0.0.1:{server.server_port}", token))
        return opened[-1]

    yield as_somebody
    firm.app.extensions["doorbell"].stop()
    for listener in opened:
        with contextlib.suppress(OSError):
            listener.leaves()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.proves("02-1.1")
def test_the_bell_rings_within_a_second_of_a_commit_and_says_only_that(firm: Firm, listen: Listen) -> None:
    rows = [firm.callback(), firm.callback("+12125550143"), firm.callback("+12125550144")]
    page = listen()
    assert page.answer.status == 200
    assert page.answer.headers["Content-Type"].startswith("text/event-stream")
    assert "no-store" in page.answer.headers["Cache-Control"]
    assert page.hears() == "message"  # the first look, for what happened before it
    took = []
    for callback in rows:
        began = time.perf_counter()
        with firm.database.transaction() as session:
            assert claims.claim(session, session.get_one(Callback, callback), "alex", clock.now()) is None
        assert page.hears() == "message"
        took.append(time.perf_counter() - began)
    assert min(took) < 1  # a busy machine may be late once; the unhurried ring comes after three seconds


def test_what_nobody_waits_to_see_rings_too_but_less_often(
    firm: Firm, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "UNHURRIED", 0.5)
    page = listen()
    page.hears()
    for rings in range(2):
        firm.name(f"+1212555018{rings}", "Jane")
        assert page.hears() == "message"


def test_a_quiet_stream_says_that_it_is_alive(listen: Listen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "HEARTBEAT", 0.3)
    page = listen()
    page.hears()
    assert page.hears() == "alive"


def test_streams_leave_threads_for_calls_and_a_page_that_leaves_makes_room(
    firm: Firm, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "HEARTBEAT", 0.1)
    bell = live.Doorbell(firm.database, places=2)
    firm.app.extensions["doorbell"] = bell
    sam, alex = listen("sam@example.com"), listen("alex@example.com")
    third = listen("kim@example.com")
    assert [page.answer.status for page in (sam, alex, third)] == [200, 200, 503]
    assert int(third.answer.headers["Retry-After"]) > 0
    sam.leaves()
    until(lambda: listen("kim@example.com").answer.status == 200, "the place of a page that has gone to be free")


@pytest.mark.parametrize(("threads", "places"), [(64, 40), (32, 8)])
def test_the_last_24_threads_are_never_a_pages(firm: Firm, threads: int, places: int) -> None:
    firm.app.extensions["ringback"] = dataclasses.replace(
        firm.app.extensions["ringback"], settings=dataclasses.replace(firm.settings, web_threads=threads)
    )
    live.add_doorbell(firm.app)
    bell = firm.app.extensions["doorbell"]
    assert [bell.enter(f"page {number}") for number in range(100)] == [*range(places), *[None] * (100 - places)]
    bell.stop()


def test_one_person_with_many_windows_leaves_places_for_the_others(firm: Firm) -> None:
    bell = live.Doorbell(firm.database, places=40)
    assert [bell.enter("sam") for _ in range(40)].count(None) == 40 - live.EACH
    assert bell.enter("alex") is not None
    bell.stop()


def test_the_stream_is_for_those_signed_in_and_is_no_sign_of_life(firm: Firm) -> None:
    assert firm.visitor().get("/live").status_code == 401


def test_a_server_that_is_told_to_end_waits_for_no_page(firm: Firm, listen: Listen) -> None:
    page = listen()
    page.hears()
    began = time.perf_counter()
    firm.app.extensions["doorbell"].stop()
    while page.hears():
        pass
    assert time.perf_counter() - began < 2


def test_a_database_that_goes_and_comes_back_is_rung_for(
    firm: Firm, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "BLIND", 0.1)
    page = listen()
    page.hears()

    def broken(_watcher: changes.Watcher) -> changes.Found:
        raise sa.exc.OperationalError("select", {}, Exception("gone"))

    with monkeypatch.context() as gone:
        gone.setattr(changes.Watcher, "look", broken)
        assert page.hears() == "message"
    firm.callback()
    assert page.hears() == "message"


def test_looking_tells_news_from_other_writing_on_both_databases(settings: Settings) -> None:
    ours, theirs = Database(settings.database_url), Database(settings.database_url)
    found(theirs)
    now = clock.now()
    with changes.Watcher(ours) as watcher:
        assert watcher.look() == "news"
        assert watcher.look() != "news"  # another story's database may share the Postgres server, and it writes too
        with theirs.transaction() as session:
            session.add(Contact(number=JANE, name="Jane Doe"))
        assert watcher.look() == "something"
        with theirs.transaction() as session:
            moves.note(session, "claimed", now)
        assert watcher.look() == "news"
        with ours.transaction() as session:  # also what this very process writes
            times = {"placed_at": now, "stop_at": now + dt.timedelta(seconds=15)}
            session.add(Leg(line=LINE, staff_id="sam", phone=PHONES["sam"], purpose="ring", **times))
        assert watcher.look() == "news"
        assert watcher.look() != "news"
    for database in (ours, theirs):
        database.engine.dispose()
