"""What was heard while storage was gone: kept on disk, read back once, and never in anybody's way."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict
from xml.etree import ElementTree

import pytest
from flask import Flask
from structlog.testing import capture_logs

from tests import firm, storage
from tests.signed import arrival, call_sid, count, post
from voice import clock, roster
from voice.app import create_app
from voice.carrier import spool, webhooks
from voice.db import Database
from voice.ledger import CarrierEvent, Message
from voice.models import Call, Callback
from voice.settings import Settings
from voice.work import worker


@pytest.fixture
def spooling(settings: Settings, database: Database) -> Iterator[Flask]:
    """The phone side with a firm, and its database gone."""
    firm.found(database)
    app = create_app(settings, database)
    with database.reading() as session:
        roster.keep(roster.current(session), settings.home)
    storage.lose(database.url)
    with capture_logs():
        yield app


@pytest.mark.proves("01-2.15")
def test_what_is_spooled_is_synced_and_for_this_machine_only(
    spooling: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced, real = [], os.fsync

    def noted(handle: int) -> None:
        synced.append(handle)
        real(handle)

    monkeypatch.setattr(os, "fsync", noted)
    assert post(spooling, "/voice/incoming", arrival(call_sid())).status_code == 200
    [file] = spool.waiting(settings)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert len(synced) == 2  # the content, and its name
    assert json.loads(file.read_text())["form"]["To"] == firm.LINE


@pytest.mark.proves("01-2.15")
def test_the_spool_is_read_once_however_often_and_by_however_many(
    spooling: Flask, settings: Settings, database: Database
) -> None:
    sids = [call_sid() for _ in range(8)]
    for sid in sids:
        post(spooling, "/voice/incoming", arrival(sid, From=f"+1212555{int(sid[-4:], 16) + 2000}"))
        post(
            spooling, "/voice/status", arrival(sid, CallStatus="completed", From=f"+1212555{int(sid[-4:], 16) + 2000}")
        )
    copies = {file: file.read_bytes() for file in spool.waiting(settings)}
    assert len(copies) == 16
    storage.restore(database.url)
    start = threading.Barrier(4)

    def read() -> None:
        start.wait(10)
        webhooks.read_spool(Database(database.url), settings)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(30)
    assert spool.waiting(settings) == []
    expected = {Call: 8, Callback: 8, CarrierEvent: 16}
    assert {table: count(database, table) for table in expected} == expected
    for file, content in copies.items():  # a copy that was put back, as from a backup
        file.write_bytes(content)
    assert webhooks.read_spool(database, settings) == 16
    assert {table: count(database, table) for table in expected} == expected


@pytest.mark.proves("01-2.15")
def test_a_worker_that_has_never_answered_a_request_reads_the_spool_as_well(
    spooling: Flask, settings: Settings, database: Database
) -> None:
    post(spooling, "/voice/incoming", arrival(call_sid()))
    storage.restore(database.url)
    tick = (
        "from voice import clock; from voice.settings import Settings; from voice.work import worker; "
        "worker.Worker(worker.tools_for(Settings.from_env()), lambda work: None).tick(clock.now())"
    )
    told = {name.upper(): str(value) for name, value in asdict(settings).items()}
    subprocess.run([sys.executable, "-c", tick], env=os.environ | told, check=True, timeout=60)
    assert list(spool.folder(settings).iterdir()) == []
    assert count(database, Call) == 1


@pytest.mark.proves("01-2.15", "E24")
def test_a_torn_or_foreign_file_in_the_spool_stops_none_of_the_others(
    spooling: Flask, settings: Settings, database: Database
) -> None:
    post(spooling, "/voice/incoming", arrival(call_sid()))
    [good] = spool.waiting(settings)
    torn = good.with_name("00000000T000000-torn.json")
    torn.write_bytes(good.read_bytes()[:100])
    good.with_name("00000000T000001-odd.json").write_text('{"name": "nothing of ours"}')
    good.with_name("00000000T000002-x.draft").write_bytes(b"half")  # a power cut: never named, so never heard of
    storage.restore(database.url)
    webhooks.read_spool(database, settings)
    assert count(database, Call) == 1
    assert spool.waiting(settings) == []
    assert sorted(file.suffix for file in torn.parent.iterdir()) == [".draft", ".failed", ".failed"]
    assert webhooks.read_spool(database, settings) == 0


@pytest.mark.proves("01-2.15", "01-2.1")
def test_a_call_before_there_is_any_line_is_kept_until_there_is_one(settings: Settings, database: Database) -> None:
    app, sid = create_app(settings, database), call_sid()
    heard = arrival(sid, RecordingSid=f"RE{sid[2:]}", RecordingStatus="completed", RecordingDuration="4")
    hands = worker.Worker(worker.tools_for(settings), lambda work: None, reads_the_log=False)
    with capture_logs() as logs:
        assert b"<Record" in post(app, "/voice/incoming", arrival(sid)).data
        post(app, "/voice/recording", heard)
        post(app, "/voice/status", arrival(sid, CallStatus="completed"))
        hands.tick(clock.now())  # nobody's mail need wait for a line
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["no_line"] * 3
    assert (len(spool.waiting(settings)), count(database, Call)) == (3, 0)
    firm.found(database)
    hands.tick(clock.now())
    assert list(spool.folder(settings).iterdir()) == []
    assert [count(database, table) for table in (Call, Callback, Message)] == [1, 1, 1]


@pytest.mark.proves("01-2.15")
def test_a_disk_that_takes_nothing_either_costs_the_caller_nothing(spooling: Flask, settings: Settings) -> None:
    spool.folder(settings).write_text("a file where the folder should be")
    answer = post(spooling, "/voice/incoming", arrival(call_sid()))
    assert answer.status_code == 200
    assert ElementTree.fromstring(answer.data).find("Redirect") is not None  # noqa: S314


@pytest.mark.proves("01-2.15", "01-2.1")
def test_a_roster_file_that_cannot_be_written_costs_the_caller_nothing(settings: Settings, database: Database) -> None:
    firm.found(database)
    roster.file_path(settings.home).mkdir()
    with capture_logs() as logs:
        answer = post(create_app(settings, database), "/voice/incoming", arrival(call_sid()))
    assert b"Enqueue" in answer.data
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["roster_not_kept"]
