"""Contacts come in from a file, looked at first, a few at a time, and go out again as they were."""

import csv
import io
import pathlib
import re

import pytest
import sqlalchemy as sa
import vobject
from werkzeug.test import TestResponse

from tests.conftest import make_settings
from tests.firm import LINE
from tests.pages import JANE, Firm, Visitor, reads
from voice import clock, contacts, imports, persons
from voice.carrier.client import Carrier
from voice.ledger import Outbox
from voice.models import Contact
from voice.people import Import, ImportRow
from voice.rules import contact_files as files
from voice.rules import person
from voice.rules.contact_files import csv_file
from voice.undo import OFFERED
from voice.work import jobs, outbox
from voice.work.tools import Tools

LUIS = "+12125550177"
BOTH = "Name,Phone,Tags,Notes\r\nJane Doe,(212) 555-0142,boiler,Side door\r\nLuis,+12125550177,,\r\n"


def upload(visitor: Visitor, content: bytes | str, name: str = "contacts.csv") -> TestResponse:
    """Send a file by the page's form."""
    data = content.encode() if isinstance(content, str) else content
    fields = {"csrf_token": visitor.token("/people/import"), "file": (io.BytesIO(data), name)}
    return visitor.client.post("/people/import/file", base_url=visitor.origin, data=fields)


def looked_at(visitor: Visitor, content: bytes | str) -> str:
    """Send a file; the address of its preview."""
    answer = upload(visitor, content)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"]).removeprefix(visitor.origin)


def run_jobs(firm: Firm, tmp_path: pathlib.Path) -> None:
    """Let the worker do what is due when nothing can be undone any more."""
    then = clock.now() + OFFERED
    settings = make_settings(firm.settings.database_url, tmp_path)
    tools = Tools(settings, firm.database, Carrier(settings))
    with firm.database.reading() as session:
        due = [row.id for row in outbox.due(session, then)]
    for row_id in due:
        jobs.run(tools, row_id, then)


def people(firm: Firm) -> dict[str, str | None]:
    """Names by number."""
    with firm.database.reading() as session:
        return {contact.number: contact.name for contact in session.scalars(sa.select(Contact))}


@pytest.mark.parametrize(
    "content",
    [
        b"Name,Phone\nJane Doe,(212) 555-0142\n",
        "\ufeffFull name;Téléphone;Notes\r\nJane Doe;212-555-0142;\r\n".encode(),
        "sep=;\r\nVorname;Nachname;Mobil\r\nJane;Doe;+1 212 555 0142\r\n".encode("utf-16"),
        "First Name,Last Name,Phone 1 - Label,Phone 1 - Value\nJane,Doe,mobile,+1 212-555-0142".encode("utf-16-le"),
        b"name\tphone\nJane Doe\t'+12125550142\n",
        b"Jane Doe,+12125550142\n",
        b"BEGIN:VCARD\r\nVERSION:3.0\r\nN:Doe;Jane;;;\r\nFN:Jane Doe\r\nTEL;TYPE=CELL:(212) 555-0142\r\nEND:VCARD\r\n",
        b"BEGIN:VCARD\nVERSION:4.0\nFN:Jane Doe\nTEL;VALUE=uri:tel:+1-212-555-0142\nPHOTO:data:x\n y\nEND:VCARD\n",
        b"BEGIN:VCARD\nVERSION:2.1\nN;ENCODING=QUOTED-PRINTABLE:Doe;Ja=\n=6Ee\nTEL;CELL:+12125550142\nEND:VCARD\n",
        "BEGIN:VCARD\rFN:Jane\u2028Doe\rNOTE:Gate\x0b\x85\0 left\rTEL:+12125550142\rEND:VCARD\r".encode(),
    ],
    ids=[
        "csv",
        "Excel, semicolons",
        "UTF-16",
        "Google",
        "tabs",
        "no heading",
        "vCard 3",
        "vCard 4",
        "vCard 2.1",
        "odd",
    ],
)
def test_files_of_the_usual_programs_are_read(content: bytes) -> None:
    (entry,) = files.read(content, "US", {LINE})
    assert (entry.name, entry.numbers, entry.fault) == ("Jane Doe", (JANE,), "")


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("Jane,", "phone: there is none"),
        ("Jane,12ab", "phone: “12ab” is not a phone number"),
        ("Jane,911", "phone: “911” is not"),
        (f"Us,{LINE}", "is one of your own lines"),
        ("Hidden,+86282452253", "not a number a person rings from"),
        (f"{'x' * 201},{JANE}", "name: it has more than 200 characters"),
        (f"Jane,{JANE},maybe", "vip: “maybe” is neither yes nor no"),
    ],
)
@pytest.mark.proves("02-2.5")
def test_a_row_that_is_not_fit_is_refused_with_its_line_the_field_and_what_to_do(row: str, says: str) -> None:
    entries = files.read(f'name,phone,vip\n"two\nlines",{LUIS},\n{row}\n'.encode(), "US", {LINE})
    assert [entry.line for entry in entries] == [2, 4]
    assert says in entries[1].fault
    assert entries[0].fault == ""


def test_the_same_number_twice_in_a_file_is_refused_the_second_time() -> None:
    entries = files.read(f"name,phone\nJane,{JANE}\nJ.,{JANE}\n".encode(), "US", set())
    assert [entry.fault for entry in entries] == ["", f"phone: {JANE} is on line 2 already. Keep one of the two."]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"colour,size\nred,4\n", "No column with phone numbers"),
        (b"name,phone\n", "Nobody is in this file"),
        (b"name,phone\n" + b"a,+12125550142\n" * 5001, "more than 5,000 people"),
        (b'name,phone\n"' + b"x" * 200_000 + b"\n", "cannot be read from line"),
        (bytes(range(256)) * 40, ""),
    ],
    ids=["empty", "no phones", "nobody", "too many", "endless field", "not text"],
)
def test_a_file_that_cannot_serve_is_refused_on_the_page(firm: Firm, content: bytes, says: str) -> None:
    answer = upload(firm.visitor("sam@example.com"), content)
    assert answer.status_code == 400
    assert says in answer.text


def test_a_file_is_read_up_to_two_megabytes() -> None:
    with pytest.raises(files.Unreadable, match="larger than 2 MB"):
        files.read(b"x" * (files.MAX_BYTES + 1), "US", set())


@pytest.mark.proves("02-2.5")
def test_nothing_is_written_before_the_owner_has_seen_what_would_change(firm: Firm, tmp_path: pathlib.Path) -> None:
    firm.name(JANE, "Jane")
    sam = firm.visitor("sam@example.com")
    preview = looked_at(sam, BOTH + "Nobody,abc,,\r\n")
    page = reads(sam.get(preview).text)
    assert "1 new 1 changed 0 as they are 1 refused" in page
    assert "4 Nobody phone: “abc” is not a phone number" in page
    assert "name: Jane → Jane Doe; tags: + boiler; a note" in page
    assert people(firm) == {JANE: "Jane"}
    sam.press(f"{preview}/start")
    with firm.database.reading() as session:
        assert outbox.due(session, clock.now()) == [], "ten seconds to undo it, as one"
    assert re.search(r"0 of 2 brought in Stop Nothing is written yet\. Undo", reads(sam.get(preview).text))
    run_jobs(firm, tmp_path)
    assert "Undo" not in sam.get(preview).text
    assert people(firm) == {JANE: "Jane Doe", LUIS: "Luis"}
    assert "Done: 2 people are in" in reads(sam.get(preview).text)
    assert sam.get(f"{preview}/progress").json == {"state": "done", "done": 2, "total": 2}
    card = reads(sam.get(f"/people/{JANE}").text)
    assert "Side door" in card
    assert "Sam Field, from a file, changed the name" in card
    assert "0 new 0 changed 2 as they are" in reads(sam.get(looked_at(sam, BOTH)).text)


def test_a_job_that_dies_and_runs_again_writes_each_person_once(firm: Firm, tmp_path: pathlib.Path) -> None:
    sam = firm.visitor("sam@example.com")
    count = imports.CHUNK + 20
    rows = "".join(f"Person {index},+1212555{1000 + index},a note\n" for index in range(count))
    preview = looked_at(sam, f"name,phone,notes\n{rows}")
    sam.press(f"{preview}/start")
    sam.press(f"{preview}/start")
    import_id = preview.rpartition("/")[2]
    with firm.database.transaction() as session:
        assert imports.bring_in(session, import_id, clock.now())  # and then whoever did it was killed
    assert sam.get(f"{preview}/progress").json == {"state": "running", "done": imports.CHUNK, "total": count}
    run_jobs(firm, tmp_path)
    assert sam.get(f"{preview}/progress").json == {"state": "done", "done": count, "total": count}
    with firm.database.reading() as session:
        assert len(session.scalars(sa.select(Outbox).where(Outbox.job == imports.JOB)).all()) == 1
        assert len(persons.notes_of(session, ["+12125551003"])) == 1


def test_an_import_can_be_stopped_and_who_is_in_stays(firm: Firm, tmp_path: pathlib.Path) -> None:
    sam = firm.visitor("sam@example.com")
    rows = "".join(f"Person {index},+1212555{1000 + index}\n" for index in range(imports.CHUNK + 20))
    preview = looked_at(sam, f"name,phone\n{rows}")
    sam.press(f"{preview}/start")
    with firm.database.transaction() as session:
        imports.bring_in(session, preview.rpartition("/")[2], clock.now())
    sam.press(f"{preview}/cancel")
    run_jobs(firm, tmp_path)
    assert len(people(firm)) == imports.CHUNK
    assert f"{imports.CHUNK} of {imports.CHUNK + 20} had been brought in" in reads(sam.get(preview).text)
    preview = looked_at(sam, BOTH)
    sam.press(f"{preview}/start")
    sam.press(f"{preview}/cancel")  # as Undo does
    run_jobs(firm, tmp_path)
    assert "Stopped. Nobody of 2 had been brought in" in reads(sam.get(preview).text)
    assert LUIS not in people(firm)


def test_a_file_neither_blocks_nor_frees_anybody(firm: Firm, tmp_path: pathlib.Path) -> None:
    with firm.database.transaction() as session:
        contacts.block(session, JANE, blocked=True)
    sam = firm.visitor("sam@example.com")
    preview = looked_at(sam, f"name,phone,blocked\nJane,{JANE},no\nLuis,{LUIS},yes\n")
    sam.press(f"{preview}/start")
    run_jobs(firm, tmp_path)
    with firm.database.reading() as session:
        assert {c.number: c.blocked for c in session.scalars(sa.select(Contact))} == {JANE: True, LUIS: False}


def _a_full_book(firm: Firm) -> None:
    with firm.database.transaction() as session:
        now = clock.now()
        tags = person.tags(["a;b", "-boiler"])
        persons.change(session, JANE, "Sam", now, name='=HYPERLINK("x")', tags=tags, vip=True, language="es")
        persons.change(session, JANE, "Sam", now, do_not_text=True)
        persons.add_note(session, JANE, "+1 for the\nside door", "Sam", now)
        persons.add_note(session, JANE, "@noon", "Sam", now)
        persons.merge(session, JANE, "+13105550147", "Sam", now)
        persons.change(session, LUIS, "Sam", now, name="Löis, “Lu” Ö.")
        persons.change(session, "+13105550148", "Sam", now, vip=True)  # whose name nobody knows


@pytest.mark.parametrize("kind", ["csv", "vcf"])
@pytest.mark.proves("02-2.5")
def test_what_goes_out_comes_in_again_as_it_was(firm: Firm, tmp_path: pathlib.Path, kind: str) -> None:
    _a_full_book(firm)
    sam = firm.visitor("sam@example.com")
    answer = sam.get(f"/people/export.{kind}")
    assert "attachment" in answer.headers["Content-Disposition"]
    if kind == "vcf":
        assert len(list(vobject.readComponents(answer.text))) == 3
    page = reads(sam.get(looked_at(sam, answer.data)).text)
    assert "0 new 0 changed 3 as they are 0 refused" in page, page
    with firm.database.transaction() as session:
        for table in ("contact_notes", "contact_tags", "contacts"):
            session.execute(sa.text(f"DELETE FROM {table}"))  # noqa: S608
    preview = looked_at(sam, answer.data)
    sam.press(f"{preview}/start")
    run_jobs(firm, tmp_path)
    assert sam.get(f"/people/export.{kind}").data == answer.data


@pytest.mark.proves("F22")
def test_a_spreadsheet_finds_no_formula_in_what_goes_out(firm: Firm) -> None:
    _a_full_book(firm)
    rows = list(csv.reader(io.StringIO(firm.visitor("sam@example.com").get("/people/export.csv").text)))
    cells = [cell for row in rows for cell in row if cell.startswith(csv_file.FORMULA)]
    assert all(cell[1:].isdecimal() for cell in cells), cells  # bare numbers are all that begins with a sign


def test_files_are_the_owners_business(firm: Firm) -> None:
    alex = firm.visitor("alex@example.com")
    for path in ("/people/import", "/people/import/x", "/people/import/x/progress", "/people/export.csv",
                 "/people/export.vcf"):  # fmt: skip
        assert alex.get(path).status_code == 403, path
    assert upload(alex, BOTH).status_code in (400, 403)
    assert firm.visitor("sam@example.com").get("/people/import/x").status_code == 404


def test_files_looked_at_are_forgotten_after_a_week(firm: Firm) -> None:
    sam = firm.visitor("sam@example.com")
    looked_at(sam, BOTH)
    with firm.database.transaction() as session:
        session.execute(sa.update(Import).values(at=clock.now() - imports.KEPT * 2))
    looked_at(sam, BOTH)
    with firm.database.reading() as session:
        assert len(session.scalars(sa.select(Import)).all()) == 1
        assert len(session.scalars(sa.select(ImportRow)).all()) == 2
