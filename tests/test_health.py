"""Whether a process answers, whether the whole is ready, and the figures; nothing of it tells a stranger anything."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from tests import firm, storage
from tests.conftest import make_settings
from tests.signed import arrival, call_sid, post
from voice import call_log, carrier_pace
from voice.app import create_app
from voice.db import Database
from voice.rules import evidence
from voice.settings import Settings

NEAR = {"REMOTE_ADDR": "127.0.0.1"}
FAR = {"REMOTE_ADDR": "203.0.113.9"}


@pytest.fixture
def app(settings: Settings, database: Database) -> Iterator[Flask]:
    """The phone side on a Monday at ten."""
    firm.found(database)
    with time_machine.travel(firm.MONDAY_TEN, tick=False):
        yield create_app(settings, database)


def worker_was_here(database: Database, seconds_ago: float) -> None:
    """The worker's last sign of life."""
    with database.transaction() as session:
        at = firm.MONDAY_TEN - dt.timedelta(seconds=seconds_ago)
        carrier_pace.row(session, at).worker_seen_at = at


def log_was_read(database: Database, seconds_ago: float) -> None:
    """The carrier's call log was last read to its end."""
    with database.transaction() as session:
        at = firm.MONDAY_TEN - dt.timedelta(seconds=seconds_ago)
        call_log.take(session, firm.LINE, at, at_once=True)
        call_log.has_read(session, firm.LINE, evidence.Window(at, at), at, at)


@pytest.mark.proves("01-2.18", "F47")
def test_a_process_that_answers_says_one_word(app: Flask) -> None:
    answer = app.test_client().get("/healthz")
    assert (answer.status_code, answer.data) == (200, b"ok")


@pytest.mark.proves("01-2.18")
@pytest.mark.parametrize(
    ("seconds", "word", "status"), [(None, "never", 503), (1, "ok", 200), (14, "ok", 200), (60, "late", 503)]
)
def test_ready_means_that_a_call_coming_in_now_would_be_served_in_full(
    app: Flask, database: Database, seconds: float | None, word: str, status: int
) -> None:
    log_was_read(database, 60)
    if seconds is not None:
        worker_was_here(database, seconds)
    answer = app.test_client().get("/readyz")
    assert answer.status_code == status
    checks = {"database": "ok", "worker": word, "reconcile": "ok"}
    assert answer.json == {"ready": status == 200, "checks": checks}


@pytest.mark.proves("01-2.18")
@pytest.mark.parametrize(("seconds", "word", "status"), [(None, "never", 503), (290, "ok", 200), (310, "late", 503)])
def test_ready_also_means_that_nobody_who_rang_is_missing(
    app: Flask, database: Database, seconds: float | None, word: str, status: int
) -> None:
    worker_was_here(database, 1)
    if seconds is not None:
        log_was_read(database, seconds)
    answer = app.test_client().get("/readyz")
    assert answer.status_code == status
    assert answer.json == {"ready": status == 200, "checks": {"database": "ok", "worker": "ok", "reconcile": word}}


@pytest.mark.proves("01-2.18")
def test_without_its_database_it_is_not_ready_but_still_answers(app: Flask, database: Database) -> None:
    worker_was_here(database, 1)
    storage.lose(database.url)
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 503
    checks = {"database": "down", "worker": "down", "reconcile": "down"}
    assert answer.json == {"ready": False, "checks": checks}
    assert app.test_client().get("/healthz").status_code == 200
    assert app.test_client().get("/metrics", environ_base=NEAR).status_code == 503


@pytest.mark.proves("01-2.18", "F47")
def test_figures_are_for_this_machine_or_for_who_has_the_token(database: Database, tmp_path: Path) -> None:
    firm.found(database)
    client = create_app(make_settings(database.url, tmp_path, METRICS_TOKEN="scrape"), database).test_client()
    assert client.get("/metrics", environ_base=NEAR).status_code == 200
    for header in ("X-Forwarded-For", "Forwarded", "X-Forwarded-Proto"):
        assert client.get("/metrics", environ_base=NEAR, headers={header: "127.0.0.1"}).status_code == 403
    assert client.get("/metrics", environ_base=FAR).status_code == 403
    right = {"Authorization": "Bearer scrape"}
    for guess in ("guess", "gu\xe9ss"):  # the second is no ASCII
        wrong = {"Authorization": f"Bearer {guess}"}
        assert client.get("/metrics", environ_base=FAR, headers=wrong).status_code == 403
    assert client.get("/metrics", environ_base=FAR, headers=right).status_code == 200


@pytest.mark.proves("01-2.18")
def test_without_a_token_set_no_token_opens_the_figures(app: Flask) -> None:
    for given in ("", "Bearer ", "Bearer x"):
        answer = app.test_client().get("/metrics", environ_base=FAR, headers={"Authorization": given})
        assert answer.status_code == 403


@pytest.mark.proves("01-2.18", "F47", "S23")
def test_figures_count_and_name_nobody(app: Flask) -> None:
    post(app, "/voice/incoming", arrival(call_sid()))
    missed = call_sid()
    post(app, "/voice/incoming", arrival(missed, From="+12125550178"))
    post(app, "/voice/status", arrival(missed, From="+12125550178", CallStatus="completed"))
    text = app.test_client().get("/metrics", environ_base=NEAR).get_data(as_text=True)
    figures = {family.name: family.samples[0].value for family in text_string_to_metric_families(text)}
    assert figures["ringback_calls_live"] == 1
    assert figures["ringback_callbacks_open"] == 1
    assert "+1212" not in text
