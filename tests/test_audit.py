"""Who did what: written with the deed, without numbers, shown to the owner. ASVS 16.2.1, 16.3.1-16.3.3, 14.2.4."""

import csv
import datetime as dt
import io
import pathlib
import re

import pytest
import sqlalchemy as sa
import time_machine

from tests.pages import JANE, PASSWORD, Firm, reads
from voice import accounts, audit, clock, retention, tokens
from voice.audit import Wanted
from voice.doors import AuditEntry
from voice.ledger import CallEvent

NOON = dt.datetime(2026, 11, 23, 17, tzinfo=dt.UTC)
SAM, ALEX = "sam@example.com", "alex@example.com"


def deeds(firm: Firm) -> list[tuple[str, str, str]]:
    """(who, what, object) of every entry, the oldest first."""
    with firm.database.reading() as session:
        rows = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id))
        return [(row.who, row.what, row.object) for row in rows]


def add(firm: Firm, who: str, what: str, object_: str = "", at: dt.datetime = NOON) -> None:
    """An entry."""
    with firm.database.transaction() as session:
        audit.record(session, who, what, object_, at)


def test_sign_ins_that_worked_and_that_did_not_are_written_down(firm: Firm) -> None:
    firm.visitor().sign_in(SAM, "not the password")
    firm.visitor().sign_in("nobody@example.com")
    sam = firm.visitor(SAM)
    sam.press("/account/letters", daily="1")
    sam.press("/logout")
    assert deeds(firm) == [
        ("Sam Field", "sign_in_failed", ""),
        ("somebody unknown", "sign_in_failed", ""),
        ("Sam Field", "signed_in", ""),
        ("Sam Field", "letters_chosen", ""),
        ("Sam Field", "signed_out", ""),
    ]


@pytest.mark.proves("02-4.8")
def test_who_heard_which_message_is_written_down_once_a_listening(firm: Firm) -> None:
    message = firm.message(firm.callback(), b"RIFF" * 100)
    alex = firm.visitor(ALEX)
    assert alex.get(f"/messages/{message}/audio", Range="bytes=0-").status_code == 206
    assert alex.get(f"/messages/{message}/audio", Range="bytes=200-300").status_code == 206
    assert [each for each in deeds(firm) if each[1] == "message_heard"] == [("Alex Moor", "message_heard", message)]


def test_what_programs_change_is_written_down_and_what_was_refused_is_not(firm: Firm) -> None:
    callback = firm.callback()
    with firm.database.transaction() as session:
        token = tokens.make_token(session, "till", NOON)
    client, headers = firm.app.test_client(), {"Authorization": f"Bearer {token}"}
    client.patch(f"/api/v1/contacts/{JANE}", json={"blocked": True}, headers=headers)
    client.post(f"/api/v1/callbacks/{callback}/claim", json={"staff": "nobody"}, headers=headers)
    client.post(f"/api/v1/callbacks/{callback}/reopen", json={}, headers=headers)
    assert deeds(firm) == [
        ("token till", "change_contact", "blocked"),
        ("token till", "reopen", callback),
    ]


@pytest.mark.proves("02-4.8")
def test_what_is_changed_of_a_person_is_written_down_by_field_with_who_and_never_with_its_words(firm: Firm) -> None:
    """ASVS 16.2.5."""
    firm.callback()
    with firm.database.transaction() as session:
        token = tokens.make_token(session, "till", NOON)
    alex, office = firm.visitor(ALEX), "+12125550143"
    alex.press(f"/people/{JANE}/change", name="Jane Doe", tags="boiler", vip="no")
    alex.press(f"/people/{JANE}/change", name="Jane Doe")
    alex.press(f"/people/{JANE}/notes", note="Owes us money")
    alex.press(f"/people/{JANE}/merge", other=office)
    alex.press(f"/people/{office}/split")
    note = alex.get(f"/people/{JANE}").text.partition("/notes/")[2].partition('"')[0].partition("/")[0]
    alex.press(f"/people/{JANE}/notes/{note}/remove")
    alex.press(f"/people/{JANE}/notes/{note}/remove")
    headers = {"Authorization": f"Bearer {token}"}
    body = {"name": "Jane D.", "language": "es", "add_note": "Prefers mornings"}
    firm.app.test_client().patch(f"/api/v1/contacts/{JANE}", json=body, headers=headers)
    assert deeds(firm)[1:] == [
        ("Alex Moor", "contact_changed", "name, tags"),
        ("Alex Moor", "note_added", ""),
        ("Alex Moor", "numbers_joined", ""),
        ("Alex Moor", "number_taken_off", ""),
        ("Alex Moor", "note_removed", ""),
        ("token till", "change_contact", "name, language, note"),
    ]
    assert "token till changed the name" in reads(alex.get(f"/people/{JANE}").text)


def test_who_put_somebody_back_or_entered_their_number_is_kept_with_what_happened(firm: Firm) -> None:
    closed = firm.callback(state="closed", closed_reason="talked", closed_at=clock.now())
    hidden = firm.callback(None, state="no_number")
    alex = firm.visitor(ALEX)
    assert alex.press(f"/callbacks/{closed}/reopen").status_code == 303
    assert alex.press(f"/callbacks/{hidden}/number", number="(212) 555-0143").status_code == 303
    with firm.database.reading() as session:
        told = session.execute(sa.select(CallEvent.callback_id, CallEvent.kind, CallEvent.data))
        assert {each: (kind, data) for each, kind, data in told} == {
            closed: ("reopened", {"staff": "alex"}),
            hidden: ("number_given", {"staff": "alex"}),
        }
    assert deeds(firm)[1:] == [("Alex Moor", "reopened", closed), ("Alex Moor", "number_given", hidden)]


@pytest.mark.proves("02-4.8")
def test_who_did_what_with_a_callback_is_written_down_on_the_page_as_for_programs(firm: Firm) -> None:
    with time_machine.travel(NOON, tick=False):
        callback, sam, alex = firm.callback(), firm.visitor(SAM), firm.visitor(ALEX)
        pressed = [
            (sam, "claim", {}), (sam, "hand-over", {"to": "alex", "word": "yours"}), (sam, "take-over", {}),
            (alex, "result", {"result": "sorted"}), (sam, "release", {}), (sam, "snooze", {"until": "hour"}),
            (sam, "undo", {}), (sam, "by-hand", {}), (sam, "result", {"result": "no_answer", "note": "Owes money"}),
            (sam, "close", {"reason": "wrong_person"}),
        ]  # fmt: skip
        answers = [who.press(f"/callbacks/{callback}/{verb}", **fields).status_code for who, verb, fields in pressed]
        assert answers == [303, 303, 303, 409, *[303] * 6], "what is refused is no deed"
        done = ["claimed", "handed_over", "took_over", "released", "snoozed", "undone", "dialling_by_hand"]
        assert deeds(firm)[2:] == [("Sam Field", what, callback) for what in (*done, "no_answer", "closed")]
        assert "Sam Field said “no answer” of:" in reads(sam.get("/audit").text)


@pytest.mark.parametrize("told", ["+12125550142", "rang +12125550142 twice", "%2B12125550142\nSam signed in"])
def test_no_number_and_no_second_line_gets_into_an_entry(firm: Firm, told: str) -> None:
    add(firm, told, "exported", told)
    ((who, _, object_),) = deeds(firm)
    assert "5550142" not in who + object_
    assert "\n" not in who + object_


def test_the_page_shows_the_newest_first_by_person_kind_and_day(firm: Firm) -> None:
    with time_machine.travel(NOON, tick=False):
        add(firm, "The <b>till</b>", "exported", "contacts", NOON - dt.timedelta(days=2))
        sam, alex = firm.visitor(SAM), firm.visitor(ALEX)
        alex.press("/account/password", current=PASSWORD, password="seven teal otters dancing")
        page = sam.get("/audit").text
        assert "<b>till</b>" not in page
        assert page.index("changed their password") < page.index("The &lt;b&gt;till")
        alexs = re.search(r'<option value="(\w+)" >Alex Moor', page) or re.search(r'value="(\w+)"[^>]*>Alex Moor', page)
        assert alexs

        def rows(query: str) -> list[str]:
            return re.findall(r"<tr><td>.*?</tr>", sam.get(f"/audit?{query}").text, re.DOTALL)

        assert len(rows("")) == 4
        assert len(rows(f"who={alexs[1]}")) == 2
        assert len(rows("what=exported")) == 1
        assert len(rows("since=2026-11-23")) == 3
        assert len(rows("until=2026-11-21")) == 1
        assert "Nothing here" in sam.get("/audit?what=invited").text
        assert "Since: choose a day" in sam.get("/audit?since=yesterday").text
        assert sam.get("/audit?until=9999-12-31").status_code == 400
        assert sam.get("/audit?before=x").status_code == 400


def test_older_entries_are_a_page_further(firm: Firm) -> None:
    for count in range(105):
        add(firm, "till", "exported", f"file {count}")
    sam = firm.visitor(SAM)
    page = sam.get("/audit?what=exported").text
    assert "file 104" in page
    assert "file 4<" not in page
    older = re.search(r'href="(/audit\?[^"]*before=[^"]*)"', page)
    assert older
    page = sam.get(older[1].replace("&amp;", "&")).text
    assert "file 4<" in page
    assert "file 5<" not in page


@pytest.mark.proves("02-4.8", "F22")
def test_as_a_table_no_cell_is_a_formula_and_taking_it_is_written_down(firm: Firm) -> None:
    """F22, F45."""
    add(firm, "=cmd()", "exported", "@sum", NOON)
    answer = firm.visitor(SAM).get("/audit/export.csv?what=exported")
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert rows[0] == ["time", "who", "what", "object"]
    assert rows[1][1:] == ["Sam Field", "exported", "audit.csv"]
    assert rows[2] == ["2026-11-23T17:00:00Z", "'=cmd()", "exported", "'@sum"]


def test_what_happened_two_years_ago_is_forgotten(firm: Firm) -> None:
    with time_machine.travel(NOON, tick=False):
        add(firm, "till", "exported", "old", NOON - dt.timedelta(days=731))
        add(firm, "till", "exported", "kept", NOON - dt.timedelta(days=729))
        with firm.database.transaction() as session:
            for step in retention.STEPS:
                step(session, retention.of(session), NOON, "")
        assert [each[2] for each in deeds(firm) if each[1] == "exported"] == ["kept"]


def test_every_deed_of_the_code_has_words(firm: Firm) -> None:
    from dashboard import list_words
    from dashboard.api.operation import OPERATIONS, WORK
    from dashboard.audit import BY_PROGRAM, WORDS

    folder = pathlib.Path(accounts.__file__).parent.parent
    text = "".join(path.read_text() for place in ("voice", "dashboard") for path in (folder / place).rglob("*.py"))
    written = set(re.findall(r'audit\.record\w*\([^)]*?"([a-z]+(?:_[a-z]+)+)"', text))
    assert len(written) > 15
    assert written <= WORDS.keys()
    assert list_words.DONE.keys() - {"allowed"} | set(BY_PROGRAM.values()) <= WORDS.keys()
    work = {each.name for each in OPERATIONS if each.method != "GET" and each.rule.startswith(WORK)}
    assert work <= WORDS.keys() | BY_PROGRAM.keys()


def test_a_deed_that_fails_leaves_no_entry(firm: Firm) -> None:
    sam = firm.visitor(SAM)
    sam.press("/users/invitations", email="not an address", role="staff", every_line="1")
    sam.press("/prove/check", password=PASSWORD)
    assert [each[1] for each in deeds(firm)] == ["signed_in"]
    with firm.database.reading() as session:
        assert len(audit.page(session, Wanted(what="signed_in"), 5)) == 1
        assert reads(sam.get("/audit").text).count("Sam Field") >= 1
