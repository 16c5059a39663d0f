"""The log: one line for each transition, ids as fields, and nothing in it that somebody could misuse."""

import datetime as dt
import io
import itertools
import json
import logging
import sys
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from tests import firm
from tests.conftest import AUTH_TOKEN, MakeWorld
from tests.signed import arrival, call_sid, post
from tests.world import World
from voice import calls, logs, moves
from voice.models import Call
from voice.simulator import scripts
from voice.simulator.switches import RestFault

CALLER = "+12125550177"


@pytest.fixture
def lines(make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[World, io.StringIO]]:
    """A world whose log is written as in production, and what was written."""
    world = make_world()
    written = io.StringIO()
    before = structlog.get_config()
    monkeypatch.setattr(sys, "stderr", written)
    logs.set_up()
    yield world, written
    structlog.configure(**before)


def read(written: io.StringIO) -> list[dict[str, object]]:
    """The lines, each one JSON."""
    return [json.loads(line) for line in written.getvalue().splitlines()]


def a_full_story(world: World) -> Call:
    """A mailbox, a carrier's refusal, a talk, a missed call with a message, a forged delivery, a database that goes."""
    world.day.carrier.moods.rest.append(RestFault("error", match="POST .*/Calls.json", times=1, status=400, code=21211))
    world.staff("sam", scripts.Mailbox(after=3))
    world.staff("alex", scripts.Answers(after=4))
    talk = world.rings(CALLER, talk=30)
    world.advance(60)
    world.staff("alex", scripts.Declines(after=2))
    world.rings(CALLER, message="My boiler leaks, and the cellar is under water by now.")
    world.advance(60)
    post(world.app, "/voice/incoming", arrival(call_sid()), token="forged")
    post(world.app, "/voice/incoming", arrival(call_sid(), To="+12125559999"))
    world.lose_storage()
    world.rings("+12125550178", patience=20)
    world.advance(30)
    world.restore_storage()
    world.advance(30)
    return world.call(talk)


@pytest.mark.proves("01-2.19")
def test_each_transition_is_one_line_with_its_ids_as_fields(lines: tuple[World, io.StringIO]) -> None:
    world, written = lines
    call = a_full_story(world)
    moved = [line for line in read(written) if line["event"] == "moved" and line["id"] == call.id]
    assert [(line["before"], line["on"], line["after"]) for line in moved] == [
        ("received", "ring", "ringing"),
        ("ringing", "accept", "accepted"),
        ("accepted", "join", "joined"),
        ("joined", "hang_up", "completed"),
    ]
    assert {line["kind"] for line in moved} == {"call"}
    assert {"timestamp", "level"} <= set(moved[0])
    assert str(moved[0]["timestamp"]).endswith("Z")


@pytest.mark.proves("01-2.19")
def test_what_was_rolled_back_is_no_transition_and_what_was_tried_again_is_one(
    lines: tuple[World, io.StringIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, written = lines
    tries, arrive = itertools.count(), calls.arrive

    def too_soon(session: Session, arrival: calls.Arrival, now: dt.datetime) -> Call:
        call = arrive(session, arrival, now)
        if next(tries) < 2:
            raise sa.exc.IntegrityError("two at once", None, Exception())
        return call

    monkeypatch.setattr(calls, "arrive", too_soon)
    leg = world.rings(CALLER)
    world.advance(0.1)
    call = world.call(leg)
    with world.database.transaction() as session:
        row = session.get_one(Call, call.id)
        savepoint = session.begin_nested()
        moves.move(session, row, "accept", world.now)
        savepoint.rollback()
        with session.begin_nested():
            moves.move(session, row, "give_up", world.now)
        assert "give_up" not in written.getvalue()
    with world.database.transaction() as session:
        moves.begin(session, Call(id="c", state="received"), "block")
        session.rollback()
    moved = [(line["id"], line["on"]) for line in read(written) if line["event"] == "moved" and line["kind"] == "call"]
    assert moved == [(call.id, "ring"), (call.id, "give_up")]


@pytest.mark.proves("01-2.19", "F32", "S23")
def test_no_line_holds_a_number_or_a_secret(lines: tuple[World, io.StringIO]) -> None:
    world, written = lines
    a_full_story(world)
    text = written.getvalue()
    assert text.count("\n") > 20
    secret = (AUTH_TOKEN, world.settings.secret_key, world.settings.database_url, "boiler", "X-Twilio-Signature")
    numbers = (CALLER, "+12125550178", "+12125559999", firm.LINE, *firm.PHONES.values())
    for word in (*secret, *numbers, *(number.removeprefix("+") for number in numbers)):
        assert word not in text, word


@pytest.mark.proves("01-2.19", "F32", "S23")
def test_numbers_are_masked_whoever_writes_them(lines: tuple[World, io.StringIO]) -> None:
    _world, written = lines
    try:
        raise ValueError(f"cannot ring {CALLER}")
    except ValueError:
        structlog.get_logger().exception("odd", to=CALLER, more=[CALLER], deep={"to": CALLER}, url="tel:%2B12125550177")
    text = written.getvalue()
    assert "2125550177" not in text
    assert "+1212" in text
    assert read(written)[0]["to"] == "+1212…77"


@pytest.mark.proves("F32", "S23")
def test_neither_do_flask_and_the_database_when_something_breaks(
    lines: tuple[World, io.StringIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, written = lines
    monkeypatch.setattr(sys, "stderr", written)
    monkeypatch.setattr(logging.root, "handlers", [])
    logs.set_up()
    statement = sa.text("SELECT * FROM nowhere WHERE number = :number AND name = :name")
    given = {"number": CALLER, "name": "Zebulon"}  # not in the line that breaks: a traceback shows it
    try:
        world.read(lambda session: session.execute(statement, given))
    except sa.exc.SQLAlchemyError:
        world.app.logger.exception("Exception on %s [GET]", f"/people/{CALLER}")  # as Flask does
    [line] = [line for line in read(written) if line["level"] == "error"]
    assert (line["event"], line["logger"]) == ("Exception on /people/+1212…77 [GET]", world.app.logger.name)
    assert "nowhere" in str(line["exception"])
    assert not any(word in written.getvalue() for word in ("Zebulon", "2125550177"))


class Full(io.StringIO):
    """A disk without a byte left."""

    def write(self, _text: str) -> int:
        raise OSError(28, "No space left on device")

    def flush(self) -> None:
        self.write("")


@pytest.mark.lived_on("sqlite")
def test_a_log_that_cannot_be_written_costs_nobody_their_call(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    before = structlog.get_config()
    monkeypatch.setattr(sys, "stderr", Full())
    logs.set_up()
    world.staff("sam", scripts.Answers(after=3))
    leg = world.rings(talk=15)
    world.advance(40)
    assert post(world.app, "/voice/incoming", arrival(call_sid()), token="forged").status_code == 403
    structlog.configure(**before)
    assert world.call(leg).outcome == "talked"


@pytest.mark.proves("01-2.19", "F33")
def test_control_characters_cannot_forge_a_line(lines: tuple[World, io.StringIO]) -> None:
    _world, written = lines
    structlog.get_logger().info("odd", name='Ann"\n{"event": "forged"}\x1b[31m\r')
    assert len(read(written)) == 1
    assert "\x1b" not in written.getvalue()


def test_the_libraries_beside_us_do_not_log_numbers_either() -> None:
    assert logging.getLogger("twilio").getEffectiveLevel() >= logging.WARNING
