"""Erasing a person: what came in by every door is gone to the last byte, and the figures remain as they were."""

import datetime as dt
import io
import json
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from tests import firm
from tests.conftest import MakeWorld
from tests.pages import Firm, _let_in
from tests.program import MAIN, NOON, Program
from tests.signed import arrival, count, post
from tests.world import World, talked_with
from voice import audit, callbacks, contacts, erasing, messages, persons, stats, tokens
from voice.carrier import spool
from voice.carrier.client import Carrier
from voice.db import Database
from voice.doors import AuditEntry
from voice.figures import rollups
from voice.firm import Audio
from voice.ledger import CarrierEvent, Message, Notice, Outbox
from voice.models import Base, Call, Callback
from voice.moments import TALKED_AT
from voice.people import Erasure
from voice.rollup_tables import Rollup
from voice.settings import Settings
from voice.simulator import scripts
from voice.work import erasing_jobs, jobs, outbox
from voice.work.tools import Tools

pytest_plugins = ["tests.interface"]

ZEB, OFFICE, JANE, LUIS = "+19175558364", "+442079460712", "+12125550142", "+12125550178"
NAME, SAID = "Zebedee Quuxley", "the vermilion boiler"
TRACES = ("9175558364", "5558364", "(917) 555-8364", "917 555 8364", "2079460712", "20 7946 0712", "Zebedee", "Quuxley",
          "vermilion")  # fmt: skip


def shape(world: World) -> list[tuple[object, ...]]:
    """What is counted of each call and callback, but for why an open one was closed."""
    calls = [(call.id, call.outcome, call.cause, call.joined_at, call.talk_seconds) for call in world.calls()]
    reached = world.read(lambda session: session.execute(sa.select(Call.id, TALKED_AT).order_by(Call.id)).all())
    return (
        calls
        + [tuple(row) for row in reached]
        + [(row.id, row.calls, row.promised_by, row.rang_at) for row in world.callbacks()]
    )


def let_go(world: World, days: float) -> None:
    """A night so many days from now, and what follows from it."""
    tools, then = world.resting.tools, world.now + dt.timedelta(days=days)
    jobs.let_go(tools, then)
    with world.database.transaction() as session:
        due = [row.id for row in outbox.due(session, then)]
    for row_id in due:
        jobs.run(tools, row_id, then)


def contents(world: World) -> list[object]:
    """Every row of every table, but for the work itself."""
    tables = [table for table in Base.metadata.sorted_tables if table.name != "outbox"]
    return world.read(lambda session: [sorted(map(str, session.execute(sa.select(table)))) for table in tables])


@pytest.mark.proves("F34")
def test_what_was_kept_long_enough_is_let_go_and_who_is_owed_a_call_is_not(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(staff=())
    world.day.carrier.numbers[firm.LINE].sms_url = f"{world.settings.public_url}/sms/incoming"
    words = "Could you ring me about the bill, please? It is too high."
    world.caller(ZEB).text(firm.LINE, "Hello!")
    for number in (ZEB, JANE, OFFICE):
        world.rings(number, message=words)
        world.advance(30)

    def settle(session: sa.orm.Session) -> None:
        for row in session.scalars(sa.select(Callback).where(Callback.caller.in_([ZEB, OFFICE]))):
            callbacks.shut(session, row, "withdrawn_by_caller", world.now)
        persons.change(session, ZEB, "Sam", world.now, name=NAME)
        persons.change(session, LUIS, "Sam", world.now, name=NAME, tags=("far",), do_not_text=True)
        contacts.block(session, OFFICE, True)
        audit.record(session, "Sam", "blocked", "", world.now)

    world.write(settle)
    before = counts(world)
    let_go(world, 29)
    assert count(world.database, CarrierEvent) > 9
    let_go(world, 89)
    assert [row.sid[:2] for row in world.read(lambda session: session.scalars(sa.select(CarrierEvent)).all())] == ["SM"]
    assert [message.state for message in world.messages()] == ["ready"] * 3
    let_go(world, 91)
    assert (count(world.database, CarrierEvent), count(world.database, Audio)) == (0, 1)
    assert sorted(message.state for message in world.messages()) == ["erased", "erased", "ready"], "Jane is owed a call"
    assert sum(kept.status == "deleted" for kept in world.day.carrier.recordings.by_sid.values()) == 2
    let_go(world, 390)
    assert NAME in str(contents(world))
    let_go(world, 400)
    assert {call.caller for call in world.calls()} == {None, JANE, OFFICE}
    assert (NAME in str(contents(world)), ZEB in str(contents(world))) == (False, False)
    assert counts(world) == before
    luis = world.read(lambda session: contacts.find(session, LUIS))
    assert luis is not None
    assert luis.do_not_text, "a wish stays, and nothing else of them"
    kept = contents(world)
    monkeypatch.setattr(erasing, "erase", None)  # there is nobody more to forget
    let_go(world, 400)
    assert contents(world) == kept
    let_go(world, 725)
    assert count(world.database, AuditEntry) == 1
    let_go(world, 735)
    assert count(world.database, AuditEntry) == 0
    world.write(lambda session: session.execute(sa.update(Message).values(state="erasing")))
    walked = [""]
    while (last := world.write(lambda session: messages.drop_again(session, world.now, walked[-1], 1))) is not None:
        walked.append(last)
    assert walked == ["", *sorted(message.id for message in world.messages())], "one a transaction"


def test_a_program_erases_only_whom_it_names_twice_and_with_every_line_in_sight(
    program: Program, acme: Database, add_call: Callable[..., str]
) -> None:
    path = f"/contacts/{JANE}/erase"
    assert program.post(path, confirm=ZEB)[0] == 422
    assert program.post("/contacts/+12125550111/erase", confirm="+12125550111")[0] == 422, "that is Sam's phone"
    assert program.post(f"/contacts/{MAIN}/erase", confirm=MAIN)[0] == 422, "and that a line"
    assert program.get("/erasures/nobody")[0] == 404
    status, erasure = program.post(path, confirm=JANE)
    assert (status, erasure["done_at"], program.post(path, confirm=JANE)[1]) == (202, None, erasure)
    assert program.get(f"/erasures/{erasure['id']}") == (200, erasure)
    add_call()
    with acme.transaction() as session:
        limited = tokens.make_token(session, "few", NOON, lines=[MAIN])
        entry = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert entry is not None
        assert (entry.what, entry.object) == ("erase_person", erasure["id"])
    assert Program(program.client, limited).post(path, confirm=JANE)[0] == 403


def test_an_erasure_that_was_given_up_after_a_day_is_begun_again_by_asking(
    program: Program, acme: Database, settings: Settings
) -> None:
    asked = program.post(f"/contacts/{JANE}/erase", confirm=JANE)[1]
    ours = sa.select(Outbox).where(Outbox.job == erasing.JOB, Outbox.done_at.is_(None))
    tools, now = Tools(settings, acme, Carrier(settings, http_client=object())), NOON
    spool.folder(settings).mkdir(parents=True)
    (spool.folder(settings) / "x.json").write_bytes(b"\xff")  # which nobody can read
    with capture_logs():
        while True:
            with acme.reading() as session:
                row = session.scalar(ours)
            if row is None:
                break
            now = row.due_at
            jobs.run(tools, row.id, now)
    assert now - NOON > dt.timedelta(hours=20)
    with acme.transaction() as session:
        assert erasing.ask(session, JANE, "Sam", now).id == asked["id"]
        assert session.scalars(ours).one().due_at == now


def remains(world: World, home: Path) -> list[str]:
    """Where anything of theirs still stands: in a column, a file or the log."""
    found = []
    with world.database.reading() as session:
        for table in Base.metadata.sorted_tables:
            for row in session.execute(sa.select(table)).mappings():
                found += [f"{table.name}.{name}: {v}" for name, v in row.items() if traced(v)]
    for path in (path for path in home.rglob("*") if path.is_file()):
        kept = path.read_bytes()
        found += [f"{path.name}: {trace}" for trace in TRACES if trace.encode() in kept]
    return found + [str(line) for line in world.logs if traced(line)]


def traced(value: object) -> bool:
    return any(trace in str(value) for trace in TRACES)


def counts(world: World) -> list[object]:
    """The sums of calls, made anew, and who of them still waits for a person."""

    def summed(session: sa.orm.Session) -> list[object]:
        while rollups.roll(session):
            pass
        rows = session.scalars(sa.select(Rollup).order_by(Rollup.line, Rollup.span, Rollup.since))
        of_calls = {figure.name for figure in stats.COUNTED}
        return [
            (row.span, row.since, {name: n for name, n in row.counts.items() if name in of_calls or "/" in name},
             row.waiting.get("to_person"))
            for row in rows
        ]  # fmt: skip

    return world.write(summed)


@pytest.mark.proves("F35")
def test_nothing_of_an_erased_person_is_left_and_the_figures_stay(make_world: MakeWorld, tmp_path: Path) -> None:
    world = make_world()
    if world.database.is_sqlite:  # some builds of it are careful by themselves

        @sa.event.listens_for(world.database.engine, "connect", insert=True)
        def _careless(connection: sqlite3.Connection, _record: object) -> None:
            connection.execute("PRAGMA secure_delete=OFF")

        world.database.engine.dispose()
    people = Firm(world.database.url, tmp_path, is_new=False)
    with world.database.transaction() as session:
        _let_in(session)
        token = tokens.make_token(session, "crm", world.now)
    world.day.carrier.numbers[firm.LINE].sms_url = f"{world.settings.public_url}/sms/incoming"
    sam = people.visitor("sam@example.com")

    world.caller(ZEB).text(firm.LINE, f"It's {NAME} about {SAID}")
    world.rings(ZEB, message=f"I'm {NAME}, {SAID} leaks.")
    world.staff("sam", scripts.Off())
    world.staff("alex", scripts.Off())
    world.advance(120)
    sam.press(f"/people/{ZEB}/change", name=NAME, tags="vermilion")
    sam.press(f"/people/{ZEB}/notes", note=f"{SAID}; also on 917 555 8364")
    sam.press(f"/people/{ZEB}/merge", other=OFFICE)
    sam.press(f"/people/{OFFICE}/blocked", blocked="yes")
    world.rings(JANE, message="Could you ring me about the bill, please? It is too high.")
    world.advance(90)
    sam.press(f"/people/{JANE}/notes", note="Her brother is on (917) 555-8364.")
    bearer = {"Authorization": f"Bearer {token}"}
    api = people.app.test_client()
    assert api.patch(f"/api/v1/contacts/{ZEB}", json={"add_note": SAID}, headers=bearer).status_code == 200
    file = f"Name,Phone,Notes\r\n{NAME},917-555-8364,{SAID}\r\nLuis,+12125550178,\r\n"
    fields = {"csrf_token": sam.token("/people/import"), "file": (io.BytesIO(file.encode()), "contacts.csv")}
    assert sam.client.post("/people/import/file", base_url=sam.origin, data=fields).status_code == 303
    world.write(lambda session: session.add(Notice(key="x", words=f"{NAME} was told", at=world.now)))
    spool.folder(world.settings).mkdir(parents=True)
    (spool.folder(world.settings) / "x.failed").write_text(json.dumps({"form": {"From": ZEB}}))
    world.staff("sam", scripts.Answers(after=2))
    leg = world.rings(ZEB)
    world.advance(8)
    assert remains(world, tmp_path), "or nothing is shown here"

    assert "Sent a text" in sam.get(f"/people/{ZEB}").text
    with zipfile.ZipFile(io.BytesIO(sam.get(f"/people/{OFFICE}/everything.zip").data)) as zipped:
        person = zipped.read("person.json").decode()
        assert [name.partition("/")[0] for name in zipped.namelist()] == ["person.json", "messages"]
    assert all(each in person for each in (ZEB, OFFICE, NAME, f"about {SAID}", "also on 917"))
    assert firm.PHONES["sam"] not in person, "that is Sam's"
    wrong = sam.press(f"/people/{ZEB}/erase", confirm=JANE)
    assert (wrong.status_code, "nothing was erased" in wrong.text) == (400, True)
    answer = sam.press(f"/people/{ZEB}/erase", confirm="(917) 555-8364")
    assert answer.status_code == 303
    where = answer.headers["Location"]
    world.advance(60)
    assert "Waiting for a call to end" in sam.get(where).text
    assert talked_with(leg).name == "sam"
    world.caller(ZEB).hang_up()
    world.staff("sam", scripts.Off())
    world.rings(ZEB)
    world.advance(5)
    world.caller(ZEB).hang_up()
    world.advance(0.5)
    before, shown = counts(world), shape(world)
    assert world.read(lambda session: session.scalars(sa.select(Erasure)).one()).done_at is None
    world.advance(60)
    assert "was erased, as" in sam.get(where).text
    assert remains(world, tmp_path) == []
    assert "Everything of this person was erased" in sam.get(f"/calls/{world.call(leg).id}").text
    assert "Somebody who was erased" in sam.get("/").text
    assert (counts(world), shape(world)) == (before, shown)
    assert sorted(row.closed_reason or "" for row in world.callbacks()) == ["", "erased", "got_through"]
    assert {kept.status for kept in world.day.carrier.recordings.by_sid.values() if kept.leg.phone.number == ZEB} == {
        "deleted"
    }
    [message] = [each for each in world.messages() if each.state == "ready"]
    assert message.audio_id, "Jane's"
    late = {"From": ZEB, "RecordingSid": "RE" + "9" * 32, "RecordingStatus": "completed", "RecordingDuration": "9"}
    assert post(world.app, "/voice/recording", arrival(leg.sid, **late)).status_code == 204
    assert remains(world, tmp_path), "the carrier is late"
    world.advance(700)
    assert {each.state for each in world.messages()} == {"ready", "erased"}
    assert remains(world, tmp_path) == []
    rows = world.read(lambda session: session.scalars(sa.select(Outbox).where(Outbox.job == erasing_jobs.TIDY)).all())
    [night] = [row for row in rows if row.args.get("anew")]
    assert (len(rows), night.due_at.astimezone(ZoneInfo("America/New_York")).hour) == (3, 3)
    jobs.run(world.resting.tools, night.id, night.due_at)
    if world.database.is_sqlite:
        with world.database.reading() as session:
            assert session.scalar(sa.text("PRAGMA freelist_count")) == 0, "it was written anew"
